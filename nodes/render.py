"""Pose and avatar to pictures: PASCamera, RetargetAndRender, GrayBodyRender."""

from __future__ import annotations

import torch
from comfy_api.latest import io

from .compat import check_values, expert, node_schema
from .files import BODY_FILE, check_file, file_fingerprint, find_file, list_files
from .progress import reporter
from .sockets import AvatarSocket, CameraSocket, PoseKeypointSocket, SMPLPoseSocket

CATEGORY = "avatar-scene/render"
EMPTY = 0.5  # colour where nothing is drawn: what inpainting encodes under its mask


def _size_inputs() -> list[io.Input]:
    return [
        io.Int.Input("width", default=512, min=64, max=4096, step=8, tooltip="Picture width in pixels."),
        io.Int.Input("height", default=512, min=64, max=4096, step=8, tooltip="Picture height in pixels."),
    ]


def _supersampling_input() -> io.Int.Input:
    return expert(
        io.Int.Input(
            "supersampling",
            default=2,
            min=1,
            max=4,
            tooltip="Samples a pixel along each side: 1 is a draft, 2 is smooth, 4 is for fine hair and print.",
        )
    )


def _camera_input(tooltip: str) -> io.Input:
    return CameraSocket.Input("camera", optional=True, tooltip=tooltip)


def _cameras(camera, figure, width: int, height: int):
    """The socket's value as one camera a pose: settings are aimed at the figure, finished cameras are kept."""
    from ..rendering import CameraSettings, aim

    settings = CameraSettings() if camera is None else camera
    return aim(settings, figure, width, height) if isinstance(settings, CameraSettings) else settings


def _pack(pictures) -> tuple[torch.Tensor, torch.Tensor]:
    """IMAGE (B, H, W, 3) and MASK (B, H, W), 1 on the figure, from render passes."""
    rgba = torch.stack([picture.rgba for picture in pictures]).float().cpu()
    alpha = rgba[..., 3]
    image = torch.where(alpha[..., None] > 0, rgba[..., :3], torch.tensor(EMPTY))
    return image, alpha


class PASCamera(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASCamera",
            display_name="Avatar Camera",
            category=CATEGORY,
            description="Where the camera stands, how long its lens is, and where the figure stands in the frame.",
            search_aliases=["view", "angle", "framing", "focal length", "orbit"],
            inputs=[
                io.Combo.Input(
                    "view",
                    options=["auto", "manual"],
                    default="auto",
                    tooltip="auto: the side from which the action reads best. manual: the yaw below.",
                ),
                io.Float.Input(
                    "yaw",
                    default=0.0,
                    min=-180.0,
                    max=180.0,
                    step=1.0,
                    tooltip="Degrees around the figure (manual view): 0 is the front, 90 shows their left side, 180 "
                    "the back.",
                ),
                io.Float.Input(
                    "pitch",
                    default=5.0,
                    min=-89.0,
                    max=89.0,
                    step=1.0,
                    tooltip="Degrees: positive looks down from above, negative looks up from below.",
                ),
                io.Float.Input(
                    "roll", default=0.0, min=-180.0, max=180.0, step=1.0, tooltip="Degrees: tilts the camera."
                ),
                io.Float.Input(
                    "focal_mm",
                    default=50.0,
                    min=10.0,
                    max=400.0,
                    step=1.0,
                    tooltip="Focal length as on a 35 mm camera: 24 is wide and dramatic, 50 natural, 85 a portrait.",
                ),
                io.Float.Input(
                    "fill",
                    default=0.8,
                    min=0.05,
                    max=4.0,
                    step=0.01,
                    tooltip="How much of the frame the figure fills; above 1 crops it.",
                ),
                io.Float.Input(
                    "center_x",
                    default=0.5,
                    min=-1.0,
                    max=2.0,
                    step=0.01,
                    tooltip="Where the figure's middle stands: 0 is the left edge, 1 the right edge.",
                ),
                io.Float.Input(
                    "center_y",
                    default=0.52,
                    min=-1.0,
                    max=2.0,
                    step=0.01,
                    tooltip="Where the figure's middle stands: 0 is the top edge, 1 the bottom edge.",
                ),
                expert(
                    io.Float.Input(
                        "distance",
                        default=0.0,
                        min=0.0,
                        max=1000.0,
                        step=0.1,
                        tooltip="Metres from the figure's middle. 0: as far as `fill` asks.",
                    )
                ),
                expert(
                    io.Combo.Input(
                        "projection",
                        options=["perspective", "orthographic"],
                        default="perspective",
                        tooltip="orthographic has no vanishing points: for sprites and sheets.",
                    )
                ),
            ],
            outputs=[CameraSocket.Output(display_name="camera", tooltip="Give it to RetargetAndRender.")],
        )

    @classmethod
    def execute(cls, view, yaw, pitch, roll, focal_mm, fill, center_x, center_y, distance, projection) -> io.NodeOutput:
        from ..rendering import CameraSettings

        check_values(
            cls, view=view, projection=projection, yaw=yaw, pitch=pitch, roll=roll, focal_mm=focal_mm, fill=fill,
            center_x=center_x, center_y=center_y, distance=distance,
        )  # fmt: skip
        return io.NodeOutput(
            CameraSettings(
                yaw=None if view == "auto" else yaw,
                pitch=pitch,
                roll=roll,
                focal_mm=focal_mm,
                distance=distance or None,
                fill=fill,
                center=(center_x, center_y),
                orthographic=projection == "orthographic",
            )
        )


class RetargetAndRender(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="RetargetAndRender",
            display_name="Retarget and Render Avatar",
            category=CATEGORY,
            description="Puts an avatar into poses and takes its pictures, without a display, GL or a browser.",
            search_aliases=["render avatar", "pose avatar", "VRM render", "GLB render", "character render"],
            inputs=[
                AvatarSocket.Input("avatar", tooltip="From PASLoadAvatar."),
                SMPLPoseSocket.Input("pose", tooltip="One picture is taken of every pose."),
                *_size_inputs(),
                _supersampling_input(),
                _camera_input("From PASCamera, or another render's camera. Not connected: the best view, centred."),
                io.String.Input(
                    "expressions",
                    default="",
                    optional=True,
                    tooltip="Facial expressions by name, each with a weight from 0 to 1: happy 0.8, blink. The names "
                    "are in PASLoadAvatar's report.",
                ),
                io.Image.Input(
                    "environment",
                    optional=True,
                    tooltip="A 360 degree picture (equirectangular) that lights the avatar; its middle is behind the "
                    "avatar. One for all poses, or one a pose. Not connected: studio light.",
                ),
                expert(
                    io.Float.Input(
                        "environment_strength",
                        default=1.0,
                        min=0.0,
                        max=8.0,
                        step=0.05,
                        optional=True,
                        tooltip="Brightness of the environment's light: 1 is as bright as the studio light.",
                    )
                ),
            ],
            outputs=[
                io.Image.Output(display_name="image", tooltip="The avatar; gray where there is nothing."),
                io.Mask.Output(display_name="mask", tooltip="1 on the avatar, soft at its edges."),
                io.Mask.Output(display_name="inpaint_mask", tooltip="1 where there is something to paint."),
                CameraSocket.Output(
                    display_name="camera", tooltip="The very cameras used: GrayBodyRender with them lines up exactly."
                ),
                io.Image.Output(display_name="depth", tooltip="Depth map as ControlNet wants it: near is white."),
                io.Image.Output(display_name="normal", tooltip="Normal map as ControlNet wants it."),
                io.Image.Output(
                    display_name="openpose", tooltip="Skeleton of body, hands and face as ControlNet wants it."
                ),
                PoseKeypointSocket.Output(
                    display_name="keypoints", tooltip="The same points as numbers, for OpenPose editors and savers."
                ),
                io.Mask.Output(
                    display_name="ground_shadow", tooltip="How much the avatar darkens the ground it stands on."
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        avatar,
        pose,
        width,
        height,
        supersampling,
        camera=None,
        expressions="",
        environment=None,
        environment_strength=1.0,
    ) -> io.NodeOutput:
        from .. import rendering

        check_values(cls, environment_strength=environment_strength)
        panoramas = () if environment is None else environment[..., :3]
        lighting = [rendering.Lighting.under(panorama, environment_strength) for panorama in panoramas]
        figure = rendering.avatar_figure(avatar, pose, avatar.expressions.parse(expressions))
        cameras = _cameras(camera, figure, width, height)
        pictures = rendering.take_pictures(
            figure, cameras, supersampling=supersampling, lighting=lighting, callback=reporter(len(pose))
        )
        views = list(cameras) * len(pose) if len(cameras) == 1 else list(cameras)
        image, mask = _pack(pictures)
        return io.NodeOutput(
            image,
            mask,
            1 - mask,
            cameras,
            torch.stack([rendering.depth_picture(picture) for picture in pictures]),
            torch.stack([rendering.normal_picture(picture) for picture in pictures]),
            torch.stack([rendering.openpose_picture(k, view) for k, view in zip(figure.keypoints, views)]),
            [rendering.pose_keypoints(k, view) for k, view in zip(figure.keypoints, views)],
            torch.stack([rendering.ground_shadow(mesh, view) for mesh, view in zip(figure.meshes, views)]),
        )


class GrayBodyRender(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="GrayBodyRender",
            display_name="Gray Body Render",
            category=CATEGORY,
            description="Draws the posed body in plain gray: what tells the scene model where a human body is.",
            search_aliases=["SMPL render", "mannequin", "body render"],
            inputs=[
                SMPLPoseSocket.Input("pose", tooltip="One picture is taken of every pose."),
                *_size_inputs(),
                _supersampling_input(),
                expert(
                    io.Combo.Input(
                        "body",
                        options=list_files(BODY_FILE),
                        tooltip="The bundled CC0 body, or an SMPL, SMPL-H or SMPL-X file of models/smpl.",
                    )
                ),
                AvatarSocket.Input(
                    "avatar", optional=True, tooltip="Connect the avatar to give the gray body its build."
                ),
                _camera_input(
                    "Connect RetargetAndRender's camera: the body then lies under the avatar, and the size is the "
                    "avatar picture's."
                ),
            ],
            outputs=[
                io.Image.Output(display_name="image", tooltip="The gray body; mid gray where there is nothing."),
                io.Mask.Output(display_name="mask", tooltip="1 on the body, soft at its edges."),
                io.Mask.Output(display_name="inpaint_mask", tooltip="1 where there is something to paint."),
            ],
        )

    @classmethod
    def validate_inputs(cls, body) -> bool | str:
        return check_file(BODY_FILE, body)

    @classmethod
    def fingerprint_inputs(cls, body, **_) -> tuple[str, int, int] | str:
        return file_fingerprint(BODY_FILE, body)

    @classmethod
    def execute(cls, pose, width, height, supersampling, body, avatar=None, camera=None) -> io.NodeOutput:
        from ..rendering import gray_figure, load_body, take_pictures

        custom = None if body.startswith("bundled/") else load_body(find_file(BODY_FILE, body))
        figure = gray_figure(pose, avatar, custom)
        cameras = _cameras(camera, figure, width, height)
        pictures = take_pictures(figure, cameras, gray=True, supersampling=supersampling, callback=reporter(len(pose)))
        image, mask = _pack(pictures)
        return io.NodeOutput(image, mask, 1 - mask)


NODES = [PASCamera, RetargetAndRender, GrayBodyRender]
