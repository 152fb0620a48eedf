"""PASPoseToKimodo and PASKimodoToPose: poses to and from ComfyUI's own 3D body nodes."""

from __future__ import annotations

from comfy_api.latest import io

from .compat import check_values, node_schema
from .sockets import AvatarSocket, CameraSocket, KimodoSocket, SMPLPoseSocket

CATEGORY = "avatar-scene/pose"
_LEVEL = {"pitch": 0.0, "fill": 0.8}


def _cameras(camera, figure, width: int, height: int) -> tuple:
    """The socket's value as finished cameras. Settings give one camera for all, so that a motion does not shake."""
    from ..rendering import CameraSettings, aim_at_all

    settings = CameraSettings(**_LEVEL) if camera is None else camera
    return (aim_at_all(settings, figure, width, height),) if isinstance(settings, CameraSettings) else settings


class PASPoseToKimodo(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASPoseToKimodo",
            display_name="Pose to Kimodo Pose Data",
            category=CATEGORY,
            description="Hands poses to ComfyUI's own 3D body nodes (Render 3D Body Pose, Create 3D Animation File).",
            search_aliases=["KIMODO_POSE_DATA", "SAM3D body", "render 3D body pose", "motion"],
            inputs=[
                SMPLPoseSocket.Input("pose", tooltip="The poses: frames of a motion, or people."),
                io.Combo.Input(
                    "layout",
                    options=["frames", "people"],
                    default="frames",
                    tooltip="frames: one person, each pose is a frame. people: one frame, each pose is a person.",
                ),
                io.Int.Input("width", default=512, min=64, max=4096, step=8, tooltip="Picture width in pixels."),
                io.Int.Input("height", default=512, min=64, max=4096, step=8, tooltip="Picture height in pixels."),
                AvatarSocket.Input("avatar", optional=True, tooltip="Who is drawn. Not connected: the bundled body."),
                CameraSocket.Input(
                    "camera",
                    optional=True,
                    tooltip="From PASCamera: one camera for all poses. RetargetAndRender's: core's pictures line up "
                    "with its picture, and have its size. Not connected: a level camera, centred.",
                ),
            ],
            outputs=[
                KimodoSocket.Output(
                    display_name="pose_data", tooltip="For core's 3D body nodes (ComfyUI 0.37 and later)."
                )
            ],
        )

    @classmethod
    def execute(cls, pose, layout, width, height, avatar=None, camera=None) -> io.NodeOutput:
        from ..rendering import kimodo_data, perform

        check_values(cls, layout=layout)
        together = layout == "people"
        acted = perform(pose, avatar)
        return io.NodeOutput(kimodo_data(acted, _cameras(camera, acted.figure, width, height), together=together))


class PASKimodoToPose(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASKimodoToPose",
            display_name="Kimodo Pose Data to Pose",
            category=CATEGORY,
            description="Takes poses out of the pose data of ComfyUI's 3D body nodes, such as a generated motion.",
            search_aliases=["KIMODO_POSE_DATA", "KimodoSample", "text to motion", "motion to pose"],
            inputs=[
                KimodoSocket.Input("pose_data", tooltip="KIMODO_POSE_DATA of a humanoid rig."),
                io.Int.Input(
                    "frame", default=-1, min=-1, max=99_999, tooltip="Which frame, from 0. -1 takes all, one pose each."
                ),
                io.Int.Input("person", default=0, min=0, max=255, tooltip="Which person of a frame, from 0."),
            ],
            outputs=[SMPLPoseSocket.Output(display_name="pose", tooltip="The poses of the person.")],
        )

    @classmethod
    def execute(cls, pose_data, frame, person) -> io.NodeOutput:
        from ..rendering import kimodo_pose

        try:
            return io.NodeOutput(kimodo_pose(pose_data, frame, person))
        except ValueError as error:
            raise ValueError(f"pose_data: {error}") from None


NODES = [PASPoseToKimodo, PASKimodoToPose]
