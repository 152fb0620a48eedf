"""PASLoadPose and PASSavePose: poses from and to files."""

from __future__ import annotations

from pathlib import Path

import folder_paths
from comfy_api.latest import io

from .compat import check_values, node_schema
from .files import POSE_FILE, check_file, file_fingerprint, find_file, list_files
from .lift import choose, lift
from .sockets import SMPLPoseSocket

CATEGORY = "avatar-scene/pose"


class PASLoadPose(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASLoadPose",
            display_name="Load Pose",
            category=CATEGORY,
            description="Reads poses from an .npz file that PASSavePose or `./pas pose` wrote, from a BVH or VRM "
            "Animation file, or from 2D keypoints in OpenPose's JSON, which are lifted to 3D.",
            search_aliases=[
                "open pose file",
                "npz",
                "SMPL file",
                "BVH",
                "motion capture",
                "VRMA",
                "VRM animation",
                "OpenPose JSON",
            ],
            inputs=[
                io.Combo.Input(
                    "file",
                    options=list_files(POSE_FILE),
                    tooltip="An .npz, .bvh, .vrma or .json file of ComfyUI's input folder (input/...) or of "
                    "models/poses (models/...).",
                ),
                io.Int.Input(
                    "index", default=-1, min=-1, max=99_999, tooltip="Which pose of the file, from 0. -1 loads all."
                ),
            ],
            outputs=[SMPLPoseSocket.Output(display_name="pose", tooltip="The poses of the file.")],
        )

    @classmethod
    def validate_inputs(cls, file) -> bool | str:
        return check_file(POSE_FILE, file)

    @classmethod
    def fingerprint_inputs(cls, file, **_) -> tuple[str, int, int] | str:
        return file_fingerprint(POSE_FILE, file)

    @classmethod
    def execute(cls, file, index) -> io.NodeOutput:
        from ..pose_prior import load_people, load_pose
        from ..rendering import load_bvh, load_vrma

        path = find_file(POSE_FILE, file)
        kind = path.suffix.lower()
        motion = {".bvh": load_bvh, ".vrma": load_vrma}.get(kind)
        if motion:
            return io.NodeOutput(motion(path, index))  # one frame of a long file is read without the others
        if kind == ".json":
            return io.NodeOutput(lift(choose(load_people(path), index, repr(file))).pose)
        pose = load_pose(path)
        if index >= len(pose):
            raise ValueError(f"index: {file!r} holds {len(pose)} poses, numbered from 0; {index} is not one of them")
        return io.NodeOutput(pose if index < 0 else pose.select(index))


class PASSavePose(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASSavePose",
            display_name="Save Pose",
            category=CATEGORY,
            description="Writes poses to an .npz or BVH file in ComfyUI's output folder.",
            search_aliases=["export pose", "npz", "SMPL file", "BVH", "motion capture"],
            is_output_node=True,
            inputs=[
                SMPLPoseSocket.Input("pose", tooltip="The poses to save."),
                io.String.Input(
                    "filename_prefix",
                    default="poses/pose",
                    tooltip="Where in the output folder; a number and the format's suffix are added.",
                ),
                io.Combo.Input(
                    "format",
                    options=["npz", "bvh"],
                    default="npz",
                    optional=True,
                    tooltip="npz: everything, for this pack and Python. bvh: a motion file for Blender and other 3D "
                    "programs, one frame for each pose, without hands and shape.",
                ),
            ],
            outputs=[SMPLPoseSocket.Output(display_name="pose", tooltip="The same poses, to go on with.")],
        )

    @classmethod
    def execute(cls, pose, filename_prefix, format="npz") -> io.NodeOutput:
        from ..pose_prior import save_pose
        from ..rendering import load_body, save_bvh

        check_values(cls, format=format)
        folder, name, counter, subfolder, _ = folder_paths.get_save_image_path(
            filename_prefix, folder_paths.get_output_directory()
        )
        filename = f"{name}_{counter:05}_.{format}"
        if format == "bvh":
            save_bvh(Path(folder) / filename, pose)
        else:
            _, joints = load_body().posed(pose)
            save_pose(Path(folder) / filename, pose, joints)
        return io.NodeOutput(pose, ui={"files": [{"filename": filename, "subfolder": subfolder, "type": "output"}]})


NODES = [PASLoadPose, PASSavePose]
