"""PASExportPose: a posed avatar or body as a 3D model, for core's 3D preview, Blender and game engines."""

from __future__ import annotations

import json
from pathlib import Path

import folder_paths
from comfy.cli_args import args
from comfy_api.latest import io

from .compat import check_values, node_schema
from .progress import reporter
from .sockets import AvatarSocket, SMPLPoseSocket

EACH, ANIMATION = "one file each", "one animation"


class PASExportPose(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASExportPose",
            display_name="Export Posed 3D Model",
            category="avatar-scene/pose",
            description="Writes the avatar in its pose, or the gray body, as a rigged GLB file in ComfyUI's output "
            "folder.",
            search_aliases=["save GLB", "export GLB", "glTF", "Blender", "3D preview", "save avatar", "posed model"],
            is_output_node=True,
            inputs=[
                SMPLPoseSocket.Input("pose", tooltip="The poses to export."),
                io.String.Input(
                    "filename_prefix",
                    default="3d/pose",
                    tooltip="Where in the output folder; a number and .glb are added.",
                ),
                io.Combo.Input(
                    "poses",
                    options=[EACH, ANIMATION],
                    default=EACH,
                    tooltip="Of several poses: a file for each, or one file that plays them at 30 a second.",
                ),
                AvatarSocket.Input(
                    "avatar",
                    optional=True,
                    tooltip="The avatar to pose, with its own meshes, textures and bones. Not connected: the gray "
                    "body, whose bones have SMPL's names.",
                ),
                io.String.Input(
                    "expressions",
                    default="",
                    optional=True,
                    tooltip="Facial expressions of the avatar by name, each with a weight from 0 to 1: happy 0.8, "
                    "blink.",
                ),
            ],
            outputs=[
                io.String.Output(
                    display_name="model_file",
                    is_output_list=True,
                    tooltip="Each file's path in the output folder. Give it to Preview 3D.",
                )
            ],
            hidden=[io.Hidden.prompt, io.Hidden.extra_pnginfo],
        )

    @classmethod
    def execute(cls, pose, filename_prefix, poses, avatar=None, expressions="") -> io.NodeOutput:
        from .. import rendering

        check_values(cls, poses=poses)
        if avatar is None and expressions.strip():
            raise ValueError("expressions: the gray body has no face; connect an avatar or leave the text empty")
        wanted = {} if avatar is None else avatar.expressions.parse(expressions)
        folder, name, counter, subfolder, _ = folder_paths.get_save_image_path(
            filename_prefix, folder_paths.get_output_directory()
        )
        groups = [pose] if poses == ANIMATION else [pose.select(index) for index in range(len(pose))]
        report, extras = reporter(len(groups)), _workflow(cls.hidden)
        files = []
        for number, group in enumerate(groups):
            filename = f"{name}_{counter + number:05}_.glb"
            path = Path(folder) / filename
            if avatar is None:
                rendering.save_body_glb(path, group, grounded=True, extras=extras)
            else:
                matrices = rendering.retarget(avatar, group)
                rendering.save_avatar_glb(path, avatar, matrices, grounded=True, expressions=wanted, extras=extras)
            files.append({"filename": filename, "subfolder": subfolder, "type": "output"})
            report(number + 1)
        return io.NodeOutput([(Path(subfolder) / file["filename"]).as_posix() for file in files], ui={"files": files})


def _workflow(hidden) -> dict[str, str]:
    """The graph, kept in the file as core's Save 3D Model keeps it."""
    if args.disable_metadata:
        return {}
    values = {"prompt": hidden.prompt, **(hidden.extra_pnginfo or {})}
    return {key: json.dumps(value) for key, value in values.items() if value is not None}


NODES = [PASExportPose]
