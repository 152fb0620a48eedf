"""Contact sheets of solved actions: one line an action, its poses on the gray body, with props and the floor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from ...rendering.body import Body, body_mesh, load_body
from ...rendering.camera import auto_yaw, fit_camera
from ...rendering.light import Lighting
from ...rendering.mesh import Material, Mesh, vertex_normals
from ...rendering.render import render
from ...smpl import SMPLPose
from .anchors import BOOK_HEIGHT_CM
from .book import Action, Spec
from .solver import SolvedAction

_PLAIN_LIGHT = Lighting(shadow=0.0, occlusion=0.0)  # quick: sheets have thousands of pictures
_BODY, _PROP, _FLOOR = (
    Material("body", (0.46, 0.40, 0.34, 1.0), double_sided=True),
    Material("prop", (0.50, 0.05, 0.02, 1.0), double_sided=True),
    Material("floor", (0.28, 0.34, 0.28, 1.0), double_sided=True),
)
_BACKGROUND = (237, 240, 245)
_FLOOR_RADIUS, _BAR_RADIUS = 0.75, 0.012  # metres
_PITCH = 14.0  # degrees from above
_TITLE = 14  # pixels
Shape = tuple[np.ndarray, np.ndarray]  # vertices (V, 3), faces (F, 3)


def draw_sheets(
    solved: list[tuple[Action, SolvedAction]], folder: Path, per: int = 8, size: int = 150, rows: int = 25
) -> list[Path]:
    """PNG sheets of `rows` actions each, `per` poses an action; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for start in range(0, len(solved), rows):
        part = solved[start : start + rows]
        sheet = Image.new("RGB", (per * size, len(part) * (size + _TITLE)), "white")
        pen = ImageDraw.Draw(sheet)
        for line, (action, poses) in enumerate(part):
            top = line * (size + _TITLE)
            pen.text((3, top + 1), f"{action.name}: {action.captions[0]}", fill="black")
            for column, row in enumerate(_spread_rows(poses, per)):
                sheet.paste(draw_pose(action, poses, row, size), (column * size, top + _TITLE))
        paths.append(folder / f"sheet_{start // rows + 1:02d}.png")
        sheet.save(paths[-1])
    return paths


def draw_pose(action: Action, poses: SolvedAction, row: int, size: int) -> Image.Image:
    """One pose, size x size pixels, from the side that shows it best."""
    body, spec = load_body(), action.specs[poses.base[row]]
    pose = SMPLPose.create(
        torch.from_numpy(poses.body[row : row + 1]),
        torch.from_numpy(poses.root[row : row + 1]),
        transl=torch.from_numpy(poses.transl[row : row + 1]),
    )
    vertices, joints = body.posed(pose)
    camera = fit_camera(vertices[0], size, size, yaw=auto_yaw(joints[0]), pitch=_PITCH, fill=0.8)
    mesh = _scene(body, vertices[0], _prop_shapes(spec, poses.props[row], body))
    rgba = render(mesh, camera, lighting=_PLAIN_LIGHT, passes=("rgba",)).rgba.numpy()
    color = rgba[..., :3] * rgba[..., 3:] + np.array(_BACKGROUND) / 255 * (1 - rgba[..., 3:])
    picture = Image.fromarray((color * 255).round().clip(0, 255).astype(np.uint8))
    if spec.base:
        ImageDraw.Draw(picture).text((3, size - 12), spec.base, fill=(100, 100, 100))
    return picture


def _spread_rows(poses: SolvedAction, count: int) -> list[int]:
    """Up to `count` rows that show every base in turn."""
    by_base = [np.flatnonzero(poses.base == base).tolist() for base in np.unique(poses.base)]
    longest = max(map(len, by_base), default=0)
    return [rows[i] for i in range(longest) for rows in by_base if i < len(rows)][:count]


def _scene(body: Body, vertices: torch.Tensor, props: list[Shape]) -> Mesh:
    """Body, props and a round floor under the lowest point, as one mesh."""
    low, middle = vertices[:, 1].min(), vertices.mean(0)
    angle = np.linspace(0, 2 * np.pi, 33)[:-1]
    rim = np.stack([np.sin(angle), np.zeros(32), np.cos(angle)], 1) * _FLOOR_RADIUS
    floor = np.concatenate([np.zeros((1, 3)), rim]) + [float(middle[0]), float(low) - 0.002, float(middle[2])]
    fan = np.stack([np.zeros(32, int), np.arange(32) + 1, (np.arange(32) + 1) % 32 + 1], 1)
    mesh = replace(body_mesh(body, vertices), materials=(_BODY, _PROP, _FLOOR))
    for number, (points, faces) in [(1, shape) for shape in props] + [(2, (floor, fan))]:
        mesh = _joined(mesh, torch.tensor(points, dtype=torch.float32), torch.tensor(faces), number)
    return mesh


def _joined(mesh: Mesh, vertices: torch.Tensor, faces: torch.Tensor, material: int) -> Mesh:
    """The mesh with another part of the given material."""
    count, total = len(vertices), len(mesh.vertices)
    return replace(
        mesh,
        vertices=torch.cat([mesh.vertices, vertices]),
        faces=torch.cat([mesh.faces, faces + total]),
        normals=torch.cat([mesh.normals, vertex_normals(vertices, faces)]),
        uv=torch.cat([mesh.uv, vertices.new_zeros(count, 2)]),
        colors=torch.cat([mesh.colors, vertices.new_ones(count, 4)]),
        face_material=torch.cat([mesh.face_material, torch.full_like(faces[:, 0], material)]),
        vertex_part=torch.cat([mesh.vertex_part, torch.full((count,), -1)]),
    )


def _prop_shapes(spec: Spec, placed: np.ndarray, body: Body) -> list[Shape]:
    """The props of one pose as meshes, for the eye of the author; walls are left out, they would hide the body."""
    height = float(body.v_template[:, 1].max() - body.v_template[:, 1].min())
    centimetre, shapes = height / BOOK_HEIGHT_CM, []
    for prop, (cx, cy, cz, ax, ay, az, radius) in zip(spec.props.values(), placed):
        centre, axis = np.array([cx, cy, cz]), np.array([ax, ay, az])
        kind = prop.get("kind", "bar")
        if kind == "ball":
            shapes.append(_ball(centre, radius))
        elif kind == "box":
            shapes.append(_box(centre, np.array(prop["size"]) * centimetre / 2))
        elif kind == "bar":
            low, high = (centre + axis * place * centimetre for place in prop.get("span", (-60, 60)))
            shapes.append(_bar(low, high))
    return shapes


def _bar(start: np.ndarray, end: np.ndarray, sides: int = 8) -> Shape:
    axis = (end - start) / (np.linalg.norm(end - start) + 1e-9)
    first = np.cross(axis, [0, 1, 0] if abs(axis[1]) < 0.9 else [1, 0, 0])
    first /= np.linalg.norm(first)
    second, angle = np.cross(axis, first), np.arange(sides) * 2 * np.pi / sides
    ring = _BAR_RADIUS * (np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second)
    here, after = np.arange(sides), (np.arange(sides) + 1) % sides
    faces = np.stack([here, after, sides + here, after, sides + after, sides + here], 1).reshape(-1, 3)
    return np.concatenate([start + ring, end + ring]), faces


def _ball(centre: np.ndarray, radius: float, n: int = 12) -> Shape:
    polar, around = np.meshgrid(np.linspace(0, np.pi, n), np.linspace(0, 2 * np.pi, n), indexing="ij")
    unit = np.stack([np.sin(polar) * np.cos(around), np.cos(polar), np.sin(polar) * np.sin(around)], -1)
    corner = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    faces = np.concatenate(
        [np.stack([corner, corner + 1, corner + n], 1), np.stack([corner + 1, corner + n + 1, corner + n], 1)]
    )
    return unit.reshape(-1, 3) * radius + centre, faces


def _box(centre: np.ndarray, half: np.ndarray) -> Shape:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half + centre
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    faces = [face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))]
    return corners, np.array(faces)
