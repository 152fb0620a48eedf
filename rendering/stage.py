"""A posed figure before the camera: where the camera stands, and the pictures of avatar and gray body it takes.

Avatar and gray body are drawn with one camera, so the two pictures line up pixel for pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from ..smpl import SMPLPose
from .avatar import Avatar
from .body import Body, body_mesh, load_body
from .camera import Camera, auto_yaw, fit_camera
from .gray_body import avatar_build, fit_body
from .keypoints import Keypoints, avatar_keypoints, body_keypoints
from .light import Lighting
from .mesh import Mesh
from .render import RenderPasses, render, render_gray
from .retarget import avatar_joints, pose_avatar, retarget

MAX_BATCH = 256


@dataclass(frozen=True)
class CameraSettings:
    """How to frame a figure that is not known yet; `aim` turns it into a `Camera`.

    yaw:      degrees around the person, positive shows their left side; None picks the view that shows the action best.
    pitch:    degrees, positive looks down. roll: degrees, positive turns the picture counter-clockwise.
    focal_mm: 35 mm-equivalent focal length. distance: metres, or None to fit the figure by `fill`.
    fill:     share of the frame the figure fills. center: where its middle stands, shares of width and height.
    """

    yaw: float | None = None
    pitch: float = 0.0
    roll: float = 0.0
    focal_mm: float = 50.0
    distance: float | None = None
    fill: float = 0.85
    center: tuple[float, float] = (0.5, 0.5)
    orthographic: bool = False


@dataclass(frozen=True)
class Figure:
    """An avatar (or the body itself) in B poses: its meshes, its joints in SMPL order, (B, 24, 3) metres, and the
    points that OpenPose names."""

    meshes: tuple[Mesh, ...]
    joints: torch.Tensor
    keypoints: tuple[Keypoints, ...]


def avatar_figure(
    avatar: Avatar,
    pose: SMPLPose,
    expression: Mapping[str, float] | None = None,
    *,
    matrices: torch.Tensor | None = None,
) -> Figure:
    """The avatar in every pose of a batch, with a facial expression (name -> strength 0..1, see `Avatar`).

    matrices: (B, N, 4, 4) of `retarget`, if they are known already.
    """
    check_batch(pose)
    matrices = retarget(avatar, pose) if matrices is None else matrices
    expressive = avatar.with_expression(expression) if expression else avatar
    meshes = tuple(pose_avatar(expressive, pose, matrices=matrices))
    keypoints = tuple(avatar_keypoints(avatar, matrix, mesh) for matrix, mesh in zip(matrices, meshes))
    return Figure(meshes, avatar_joints(avatar, matrices), keypoints)


def gray_figure(pose: SMPLPose, avatar: Avatar | None = None, body: Body | None = None) -> Figure:
    """The gray body in every pose: its own build, or fitted under an avatar."""
    check_batch(pose)
    body = body or load_body()
    if avatar is None:
        vertices, joints = body.posed(pose)
    else:
        matrices = retarget(avatar, pose)
        joints = avatar_joints(avatar, matrices).to(body.v_template)
        first = pose_avatar(avatar, pose.select(0), matrices=matrices[:1])[0]
        build = avatar_build(body, pose.select([0]), first, joints[0])
        vertices = fit_body(body, pose, joints, build)
    keypoints = tuple(body_keypoints(body, v, j) for v, j in zip(vertices, joints))
    return Figure(tuple(body_mesh(body, v) for v in vertices), joints, keypoints)


def aim(settings: CameraSettings, figure: Figure, width: int, height: int) -> tuple[Camera, ...]:
    """One camera a pose, each framing its figure as the settings say."""
    return tuple(_frame(settings, [mesh], joints, width, height) for mesh, joints in zip(figure.meshes, figure.joints))


def aim_at_all(settings: CameraSettings, figure: Figure, width: int, height: int) -> Camera:
    """One camera that frames all poses together, from the side that shows the first one best."""
    return _frame(settings, figure.meshes, figure.joints[0], width, height)


def _frame(settings: CameraSettings, meshes: Sequence[Mesh], joints: torch.Tensor, width: int, height: int) -> Camera:
    return fit_camera(
        torch.cat([mesh.vertices[mesh.faces.unique()] for mesh in meshes]),
        width,
        height,
        yaw=auto_yaw(joints) if settings.yaw is None else settings.yaw,
        pitch=settings.pitch,
        roll=settings.roll,
        focal_mm=settings.focal_mm,
        distance=settings.distance,
        fill=settings.fill,
        center=settings.center,
        orthographic=settings.orthographic,
    )


def take_pictures(
    figure: Figure,
    cameras: Sequence[Camera],
    *,
    gray: bool = False,
    supersampling: int = 2,
    lighting: Sequence[Lighting] = (),
    callback: Callable[[int], None] | None = None,
) -> list[RenderPasses]:
    """Render every figure of a batch with its camera; one camera serves all. `callback(done)` may raise to stop.

    lighting: one for all or one a figure; the default light if empty. Clay has a light of its own.

    Raises ValueError if the numbers of figures and cameras or lights do not fit.
    """
    if len(cameras) not in (1, len(figure.meshes)):
        raise ValueError(f"camera: {len(cameras)} cameras for {len(figure.meshes)} poses; connect one, or one a pose")
    if len(lighting) not in (0, 1, len(figure.meshes)):
        raise ValueError(
            f"environment: {len(lighting)} pictures for {len(figure.meshes)} poses; connect one, or one a pose"
        )
    pictures = []
    for index, mesh in enumerate(figure.meshes):
        camera = cameras[index if len(cameras) > 1 else 0]
        if gray:
            pictures.append(render_gray(mesh, camera, supersampling=supersampling))
        else:
            light = lighting[index % len(lighting)] if lighting else None
            pictures.append(render(mesh, camera, supersampling=supersampling, lighting=light))
        if callback is not None:
            callback(index + 1)
    return pictures


def check_batch(pose: SMPLPose) -> None:
    """Raise ValueError for more poses than are drawn at once."""
    if len(pose) > MAX_BATCH:
        raise ValueError(f"pose: {len(pose)} poses are too many to render at once, at most {MAX_BATCH}; select some")
