"""PASPoseEditor: a pose and a camera that were set by hand in the browser; the node itself needs no browser."""

from __future__ import annotations

from comfy_api.latest import io

from .compat import node_schema
from .sockets import CameraSocket, SMPLPoseSocket


class PASPoseEditor(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASPoseEditor",
            display_name="Pose Editor",
            category="avatar-scene/pose",
            description="Turn joints and camera by hand in 3D. The workflow file keeps the edit; it replays anywhere.",
            search_aliases=["edit pose", "3D pose", "mannequin", "pose library", "pose preset", "posable", "orbit"],
            inputs=[
                io.String.Input(
                    "edit",
                    default="",
                    tooltip="The edit as JSON, written by the 3D view: axis-angle of the edited joints, root, finger "
                    "states, camera. Empty changes nothing.",
                ),
                SMPLPoseSocket.Input(
                    "pose",
                    optional=True,
                    tooltip="Where to start: joints that are not edited stay as here. Not connected: a T-pose. "
                    "Of a batch every pose gets the edit.",
                ),
            ],
            outputs=[
                SMPLPoseSocket.Output(display_name="pose", tooltip="The edited poses."),
                CameraSocket.Output(
                    display_name="camera", tooltip="The 3D view's camera. Give it to RetargetAndRender."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, edit=None) -> bool | str:
        from ..pose_prior.pose_edit import parse_pose_edit

        try:
            if edit is not None:  # a linked text is read when it is known
                parse_pose_edit(edit)
        except ValueError as error:
            return str(error)
        return True

    @classmethod
    def execute(cls, edit, pose=None) -> io.NodeOutput:
        from ..pose_prior.pose_edit import edit_of, parse_pose_edit
        from ..rendering import CameraSettings

        change = parse_pose_edit(edit)
        view = change.camera
        camera = CameraSettings(
            yaw=view.yaw,
            pitch=view.pitch,
            roll=view.roll,
            focal_mm=view.focal_mm,
            fill=view.fill,
            center=(view.center_x, view.center_y),
        )
        start = [] if pose is None else [edit_of(pose).to_json()]  # the 3D view draws what it has not edited like this
        return io.NodeOutput(change.apply(pose), camera, ui={"pas_start": start})


NODES = [PASPoseEditor]
