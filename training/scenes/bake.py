"""Bake people: bodies posed for their action, in many builds, as sprites that can be dressed and lit later.

A sprite holds no colours. It holds region labels, normals and ambient occlusion of the avatar, and beside them the
real gray body render of the same pose and camera, once in the pack's light and once in its mirror image, so that a
mirrored sprite has the light on the right side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from multiprocessing import get_context

import cv2
import numpy as np
import torch

from ... import rendering
from ...pose_prior import PosePrior
from ...rendering.camera import Camera, auto_yaw, camera_rotation
from ...rendering.geometry import Geometry
from ...rendering.gray_body import avatar_build, fit_body
from ...rendering.mesh import Mesh
from ...rendering.occlusion import vertex_occlusion
from ...rendering.rasterizer import ZBuffer
from ...rendering.render import CLAY, CLAY_LIGHT, render
from ...rendering.retarget import avatar_joints, retarget, skin_avatar
from ...smpl import SMPLPose
from ...weights import bundled
from .actions import Action, all_actions
from .builds import Build, build_avatar, decode_rest
from .regions import label_pixels

PPM = 92.0  # pixels of a metre in the gray picture
LABEL_SCALE, SURFACE_SCALE = 2, 0.75  # the others, relative to it: outlines are sharp, normals are smooth
DISTANCE = (4.5, 8.0)  # metres from camera to person
PITCH = (1.0, 11.0)  # degrees, looking down
_MASS = {15: 8, 9: 30, 0: 24, 4: 9, 5: 9, 7: 4, 8: 4, 18: 3, 19: 3, 20: 2, 21: 2}  # per cent of a body, by joint
_REACH = 0.12  # metres from a joint to the edge of the foot or hand that it carries
STANDING = 0.89  # metres, the bundled body's hips when it stands


class Baker:
    """Poses actions and bakes their sprites."""

    def __init__(self) -> None:
        self.prior = PosePrior.load()
        self.avatar = rendering.load_avatar(bundled("default_avatar.glb"))
        self.body = rendering.load_body()

    @torch.inference_mode()
    def bake(self, action: Action, rng: np.random.Generator) -> Iterator[dict]:
        """The action's sprites: `action.poses` poses, each seen from two sides, each side in a build of its own."""
        pose, _ = self.prior.generate([action.prompt], n=8, seed=int(rng.integers(1 << 30)), oversampling=5)
        bodies = self.body.posed(pose)[1].numpy()
        bases = [body_base(joints) for joints in bodies]
        fitting = [k for k, base in enumerate(bases) if not action.bases or base in action.bases]
        order = fitting or list(range(len(pose)))  # best first
        if not action.motion:
            order.sort(key=lambda k: bases[k] == "stand" and not balanced(bodies[k]))
        order = order[: action.poses]
        pose, bases = pose.select(order), [bases[k] for k in order]
        matrices = retarget(self.avatar, pose, self.body)
        for k, joints in enumerate(avatar_joints(self.avatar, matrices)):
            yaw = auto_yaw(joints)
            turn = float(rng.choice([-1, 1])) * rng.uniform(20, 55)
            may_skirt = bases[k] in ("stand", "sit") and bool(
                joints[15, 1] > joints[0, 1]
            )  # others: it would hang wrong
            for view in (yaw + rng.normal(0, 6), yaw + turn):
                build = Build.draw(rng, may_skirt)
                sprite = self._sprite(pose.select(k), matrices[k : k + 1], joints, view, build, rng)
                yield {**sprite, "action": action.name, "base": action.motion or bases[k]}

    def _sprite(
        self, pose: SMPLPose, matrices: torch.Tensor, joints: torch.Tensor, yaw: float, build: Build, rng
    ) -> dict:
        avatar = build_avatar(self.avatar, build)
        mesh = skin_avatar(avatar, matrices)[0]
        proportions = avatar_build(self.body, pose, mesh, joints)
        vertices = fit_body(self.body, pose, joints[None], proportions)[0]
        gray = rendering.body_mesh(self.body, vertices)
        camera = _camera(torch.cat([mesh.vertices, gray.vertices]), yaw, rng.uniform(*PITCH), rng.uniform(*DISTANCE))
        label, normal, occlusion = _surface_picture(mesh, _finer(camera, LABEL_SCALE))
        shades = [_clay(gray, camera, mirrored) for mirrored in (False, True)]
        place, _ = camera.project(joints)
        lowest = float(mesh.vertices[:, 1].min())
        return {
            "label": label,
            "surface": _coarse(_smooth_surface(label > 0, normal, occlusion)),
            "gray": np.dstack([_coarse(shades[0][..., 0]), _coarse(shades[1][..., 0]), shades[0][..., 1]]),
            "joints": place.numpy().round(1).tolist(),
            "depth": camera.project(joints)[1].numpy().round(3).tolist(),
            "height": round(float(mesh.vertices[:, 1].max()) - lowest, 3),
            "seat": round(float(joints[0, 1]) - lowest, 3),
        }


def body_base(joints: np.ndarray) -> str:
    """What carries a body with joints (24, 3): stand, sit (on something), floor or lie."""
    pelvis, head, low = joints[0], joints[15], joints[:, 1].min()
    hips = (joints[1, 1] + joints[2, 1]) / 2 - low + 0.05
    up = (head[1] - pelvis[1]) / (np.linalg.norm(head - pelvis) + 1e-6)
    on_hands = joints[[20, 21], 1].max() - low < 0.15
    if up < 0.45 and on_hands and hips > 0.28 * STANDING and up > -0.6:
        return "floor"
    if up < 0.45 and hips < 0.52 * STANDING:
        return "lie"
    if hips < 0.34 * STANDING:
        return "floor"
    thighs = [(pelvis[1] - joints[k, 1]) / np.linalg.norm(joints[k] - joints[h]) for h, k in ((1, 4), (2, 5))]
    shins = [(joints[k, 1] - joints[a, 1]) / np.linalg.norm(joints[a] - joints[k]) for k, a in ((4, 7), (5, 8))]
    if max(thighs) < 0.55 and up > 0.6 and min(shins) > 0.5 and not balanced(joints):
        return "sit"
    return "floor" if hips < 0.5 * STANDING else "stand"


def balanced(joints: np.ndarray) -> bool:
    """Whether a body with joints (24, 3) can stay as it is: its mass is about over what touches the ground."""
    weights = np.zeros(24)
    for joint, share in _MASS.items():
        weights[joint] = share
    mass = (weights[:, None] * joints).sum(0) / weights.sum()
    ground = joints[joints[:, 1] < joints[:, 1].min() + 0.12]
    low, high = ground[:, [0, 2]].min(0) - _REACH, ground[:, [0, 2]].max(0) + _REACH
    return bool((low < mass[[0, 2]]).all() and (mass[[0, 2]] < high).all())


def _camera(points: torch.Tensor, yaw: float, pitch: float, distance: float) -> Camera:
    """A camera whose picture just holds the points, with PPM pixels a metre at their middle."""
    rotation = camera_rotation(yaw, pitch)
    turned = points.double() @ rotation.T
    pivot = (turned.amin(0) + turned.amax(0)) / 2
    translation = -pivot - torch.tensor([0.0, 0.0, distance], dtype=torch.float64)
    wide = Camera(rotation, translation, PPM * distance, 1024, 1024)
    low, high = (f(0) for f in (wide.project(points.double())[0].amin, wide.project(points.double())[0].amax))
    low, high = low - 2, high + 2
    width, height = (math.ceil(float(v)) for v in high - low)
    center = (512 - float(low[0]), 512 - float(low[1]))
    return Camera(rotation, translation, PPM * distance, width, height, center)


def _finer(camera: Camera, scale: int) -> Camera:
    return replace(
        camera,
        focal_px=camera.focal_px * scale,
        width=camera.width * scale,
        height=camera.height * scale,
        center=(camera.center[0] * scale, camera.center[1] * scale),
    )


def _surface_picture(mesh: Mesh, camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels (H, W) uint8, camera-space normals (H, W, 3) and ambient occlusion (H, W) of what is seen, 0 elsewhere."""
    geometry = Geometry(mesh, camera, 1, occlusion=vertex_occlusion(mesh))
    left, top = geometry.box[:2]
    buffer = ZBuffer(geometry.triangles, geometry.width, 0, geometry.height, 1 << 20)
    buffer.draw(torch.arange(len(geometry.triangles)))
    sample, ids = buffer.covered()
    surface = geometry.surface(ids, sample, 0)
    names = np.array([material.name for material in mesh.materials])
    material = names[geometry.material[ids].numpy()]
    label = np.zeros((camera.height, camera.width), np.uint8)
    normal = np.zeros((camera.height, camera.width, 3), np.float32)
    occlusion = np.zeros((camera.height, camera.width), np.float32)
    rows, columns = top + sample.numpy() // geometry.width, left + sample.numpy() % geometry.width
    label[rows, columns] = label_pixels(decode_rest(surface.color.numpy()), material)
    normal[rows, columns] = (surface.normal @ camera.rotation.T.float()).numpy()
    occlusion[rows, columns] = surface.occlusion.numpy()
    return label, normal, occlusion


def _smooth_surface(seen: np.ndarray, normal: np.ndarray, occlusion: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 at SURFACE_SCALE: normal x and y, occlusion; continued a few pixels beyond the outline."""
    height, width = (max(1, round(side / LABEL_SCALE * SURFACE_SCALE)) for side in seen.shape)
    values = np.dstack([normal[..., :2] * 0.5 + 0.5, occlusion, np.ones_like(occlusion)]) * seen[..., None]
    values = cv2.resize(values.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    around = cv2.GaussianBlur(values, (0, 0), 1.5)
    values = np.where(values[..., 3:] > 0.05, values, around)
    filled = values[..., :3] / np.maximum(values[..., 3:], 1e-6)
    return _bytes(np.where(values[..., 3:] > 0.01, filled, 0.5))


def _coarse(values: np.ndarray) -> np.ndarray:
    """uint8 in 64 steps: a third off the file, and less than the painter's brush adds."""
    return (values & 0xFC) | 0x02


def _clay(mesh: Mesh, camera: Camera, mirrored: bool) -> np.ndarray:
    """(H, W, 2) uint8 gray and alpha of the gray body, lit as `render_gray` does, or from the other side."""
    x, y, z = CLAY_LIGHT.key_direction
    clay = replace(mesh, materials=(CLAY,), face_material=torch.zeros_like(mesh.face_material))
    light = replace(CLAY_LIGHT, key_direction=(-x, y, z)) if mirrored else CLAY_LIGHT
    return _bytes(render(clay, camera, lighting=light, passes=("rgba",)).rgba.numpy()[..., 2:])


def _bytes(values: np.ndarray) -> np.ndarray:
    return (values.clip(0, 1) * 255).round().astype(np.uint8)


def bake_all(seed: int = 0, workers: int = 1) -> list[dict]:
    """The sprites of all actions, in the actions' order whatever the number of processes."""
    numbers = range(len(all_actions()))
    sprites = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for number, baked in enumerate(pool.map(partial(_bake_one, seed), numbers), 1):
            sprites += baked
            if number % 20 == 0 or number == len(numbers):
                print(f"{number} of {len(numbers)} actions, {len(sprites)} sprites", flush=True)
    return sprites


@cache
def _baker() -> Baker:
    torch.set_num_threads(1)
    return Baker()


def _bake_one(seed: int, number: int) -> list[dict]:
    rng = np.random.default_rng([seed, number])
    return list(_baker().bake(all_actions()[number], rng))
