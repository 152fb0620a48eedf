"""How well avatars take over poses, against plain rotation transfer.

    python -m avatar_scene.training.benchmarks.retarget [--avatars FOLDER ...] [--sheet OUT.png]

Twelve poses (`retarget_poses.json`: hands on hips, head, chest, knees, together; sitting, kneeling, squatting), three
methods: `plain` (world rotations relative to the rest pose as it is in the file), `transferred` (the rest pose brought
to the T-pose first) and `refined` (contacts and ground restored). Prints for each avatar

- direction: mean angle between the bones of arms and legs and the source's, degrees;
- contact:   where a hand touches head, hips, thighs, chest, arms or the other hand in the source (surfaces within
             2 cm): mean difference of the surfaces' distance, per cent of body height;
- ground:    the same for feet that stand on the ground, which is where the lowest point is (capes do not count);
- inside:    share of the points of hands and forearms that are inside the rest of the avatar, more than in the source,
             per cent (generalised winding number above one half);
- head:      share of the hands' points that are inside the head, likewise;
- ms:        processor time per pose, alone and in a batch of 64.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ...rendering import avatar_joints, load_avatar, load_body, pose_avatar, retarget
from ...rendering.avatar import Avatar
from ...rendering.body import body_mesh
from ...rendering.camera import fit_camera
from ...rendering.mesh import Mesh
from ...rendering.render import render
from ...smpl import JOINT_NAMES, SMPLPose
from ...weights import bundled

METHODS = ("plain", "transferred", "refined")
_LIMBS = ((1, 4), (4, 7), (2, 5), (5, 8), (16, 18), (18, 20), (17, 19), (19, 21))
_HANDS = {"left": (20, 22), "right": (21, 23)}
_ARMS = {"left": (18, 20, 22), "right": (19, 21, 23)}
_TOUCHED = {"head": (15, 12), "hips": (0, 3), "chest": (6, 9, 13, 14), "left thigh": (1, 4), "right thigh": (2, 5)}
_FEET = {"left": (7, 10), "right": (8, 11)}
TOUCH_METRES = 0.02
_PROBES = 60


def poses() -> SMPLPose:
    """The twelve poses; their names are the batch's texts."""
    table = json.loads((Path(__file__).parent / "retarget_poses.json").read_text(encoding="utf-8"))
    body_pose = torch.zeros(len(table), 21, 3)
    for row, rotations in enumerate(table.values()):
        for joint, rotvec in rotations.items():
            body_pose[row, JOINT_NAMES.index(joint) - 1] = torch.tensor(rotvec)
    flat = torch.zeros(len(table), 15, 3)  # the body's own hands are flat, so the avatars' are too
    return SMPLPose.create(body_pose, texts=list(table), left_hand_pose=flat, right_hand_pose=flat)


def transform(avatar: Avatar, pose: SMPLPose, method: str) -> torch.Tensor:
    """Node matrices by one of the methods."""
    if method == "plain":
        untouched = torch.eye(3).expand_as(avatar.rig.correction)
        avatar = replace(avatar, rig=replace(avatar.rig, correction=untouched))
    return retarget(avatar, pose, refined=method == "refined")


def direction_error(source: torch.Tensor, joints: torch.Tensor) -> float:
    """Mean angle in degrees between limb bones of two skeletons (B, 24, 3)."""
    angles = []
    for start, end in _LIMBS:
        a, b = (torch.nn.functional.normalize(j[:, end] - j[:, start], dim=-1) for j in (source, joints))
        angles.append(torch.rad2deg(torch.acos((a * b).sum(-1).clamp(-1, 1))))
    return float(torch.stack(angles).mean())


def contact_distances(mesh: Mesh) -> dict[str, float]:
    """Smallest distances between each hand and what it may touch, and of each foot to the ground; shares of height."""
    points = {joint: mesh.vertices[mesh.vertex_part == joint] for joint in range(24)}
    gather = lambda joints: torch.cat([points[joint] for joint in joints])  # noqa: E731
    hands = {side: gather(joints) for side, joints in _HANDS.items()}
    touched = {name: gather(joints) for name, joints in _TOUCHED.items()}
    pairs = {f"{side} hand, {name}": (hand, touched[name]) for side, hand in hands.items() for name in touched}
    pairs["hands"] = (hands["left"], hands["right"])
    for side, other in (("left", "right"), ("right", "left")):
        pairs[f"{side} hand, {other} arm"] = (hands[side], gather((_ARMS[other][0], *(16 + (other == "right"),))))
    distances = {
        name: float(torch.cdist(_thinned(a), _thinned(b)).min()) for name, (a, b) in pairs.items() if len(a) and len(b)
    }
    ground = float(mesh.vertices[mesh.vertex_part >= 0, 1].min())
    for side, joints in _FEET.items():
        if len(foot := gather(joints)):
            distances[f"{side} foot, ground"] = float(foot[:, 1].min()) - ground
    return distances


def inside_share(mesh: Mesh, limbs: dict = _ARMS, solids: tuple[str, ...] = tuple(_TOUCHED)) -> float:
    """Share of the points of hands and forearms that lie inside head, trunk or thighs."""
    part = mesh.vertex_part
    probes = torch.cat([mesh.vertices[torch.isin(part, torch.tensor(limb))] for limb in limbs.values()])
    probes = probes[torch.linspace(0, len(probes) - 1, min(_PROBES, len(probes))).long()]
    solid = torch.isin(part, torch.tensor([joint for name in solids for joint in _TOUCHED[name]]))
    faces = mesh.faces[solid[mesh.faces].all(1)]
    if not len(probes) or not len(faces):
        return 0.0
    corners = [mesh.vertices[faces[:, k]][None] - probes[:, None] for k in range(3)]  # 3 x (P, F, 3)
    a, b, c = (corner.norm(dim=-1) for corner in corners)
    triple = torch.linalg.vecdot(corners[0], torch.linalg.cross(corners[1], corners[2]))
    dots = [torch.linalg.vecdot(corners[i], corners[j]) for i, j in ((0, 1), (1, 2), (2, 0))]
    solid_angle = 2 * torch.atan2(triple, a * b * c + dots[0] * c + dots[1] * a + dots[2] * b)
    return float((solid_angle.sum(1) / (4 * torch.pi) > 0.5).float().mean())


def _thinned(points: torch.Tensor, most: int = 1500) -> torch.Tensor:
    return points[:: max(1, len(points) // most)]


class Source:
    """The body in the twelve poses, measured once."""

    def __init__(self) -> None:
        body = load_body()
        self.pose = poses()
        vertices, self.joints = body.posed(self.pose)
        self.meshes = [body_mesh(body, v) for v in vertices]
        self.height = float(body.v_template[:, 1].max() - body.v_template[:, 1].min())
        self.contacts = [
            {name: d for name, d in contact_distances(mesh).items() if d < TOUCH_METRES} for mesh in self.meshes
        ]
        self.inside = [inside_share(mesh) for mesh in self.meshes]
        self.in_head = [inside_share(mesh, _HANDS, ("head",)) for mesh in self.meshes]


def measure(avatar: Avatar, source: Source, method: str) -> dict[str, float]:
    """One line of the table."""
    matrices = transform(avatar, source.pose, method)
    touch, ground, inside, in_head = [], [], [], []
    hanging = torch.isin(avatar.vertex_part, torch.tensor(_TOUCHED["chest"]))
    hanging &= avatar.rest_vertices[:, 1] < avatar.rig.rest[0, 1]
    for row, mesh in enumerate(pose_avatar(avatar, source.pose, matrices=matrices)):
        mesh = replace(mesh, vertex_part=torch.where(hanging, -1, mesh.vertex_part))
        distances = contact_distances(mesh)
        for name, wanted in source.contacts[row].items():
            if name in distances:
                error = abs(distances[name] / avatar.height - wanted / source.height)
                (ground if "ground" in name else touch).append(100 * error)
        inside.append(100 * max(0.0, inside_share(mesh) - source.inside[row]))
        in_head.append(100 * max(0.0, inside_share(mesh, _HANDS, ("head",)) - source.in_head[row]))
    return {
        "direction": direction_error(source.joints, avatar_joints(avatar, matrices)),
        "contact": float(np.mean(touch)) if touch else float("nan"),
        "ground": float(np.mean(ground)),
        "inside": float(np.mean(inside)),
        "head": float(np.mean(in_head)),
        "ms": _milliseconds(avatar, source.pose.select(3), method),
        "ms/64": _milliseconds(avatar, source.pose.select([k % len(source.pose) for k in range(64)]), method),
    }


def _milliseconds(avatar: Avatar, pose: SMPLPose, method: str) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        transform(avatar, pose, method)
        times.append(time.process_time() - start)
    return 1000 * min(times)


def sheet(avatars: list[Avatar], source: Source, path: Path, size: int = 220) -> None:
    """A contact sheet: the gray body and every avatar in the twelve poses."""
    from PIL import Image

    rows = [source.meshes] + [pose_avatar(avatar, source.pose) for avatar in avatars]
    pictures = []
    for meshes in rows:
        for mesh in meshes:
            used = mesh.faces.unique()
            subject = mesh.vertices[used][mesh.vertex_part[used] >= 0]
            camera = fit_camera(subject, size, size * 4 // 3, yaw=20.0, pitch=5.0)
            rgba = render(mesh, camera, passes=("rgba",)).rgba
            pictures.append(rgba[..., :3] * rgba[..., 3:] + 0.85 * (1 - rgba[..., 3:]))
    grid = torch.stack(pictures).unflatten(0, (len(rows), -1)).permute(0, 2, 1, 3, 4).flatten(2, 3).flatten(0, 1)
    Image.fromarray((grid.clamp(0, 1) * 255).byte().numpy()).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--avatars", type=Path, nargs="*", default=[], help="folders of more avatars")
    parser.add_argument("--sheet", type=Path, help="also draw every avatar in every pose into this picture")
    options = parser.parse_args()
    files = [bundled("default_avatar.glb")]
    files += [
        f for folder in options.avatars for f in sorted(folder.iterdir()) if f.suffix in (".glb", ".vrm", ".gltf")
    ]
    avatars = []
    for file in files:
        try:
            avatars.append(load_avatar(file))
        except ValueError as error:
            print(f"left out: {error}")
    source = Source()
    columns = ("direction", "contact", "ground", "inside", "head", "ms", "ms/64")
    print(f"{'avatar':28s} {'method':12s}" + "".join(f"{column:>10s}" for column in columns))
    totals = {method: [] for method in METHODS}
    for avatar in avatars:
        for method in METHODS:
            line = measure(avatar, source, method)
            totals[method].append(line)
            print(f"{avatar.name[:28]:28s} {method:12s}" + "".join(f"{line[c]:10.2f}" for c in columns), flush=True)
    for method, lines in totals.items():
        means = [float(np.nanmean([line[c] for line in lines])) for c in columns]
        print(f"{'mean':28s} {method:12s}" + "".join(f"{mean:10.2f}" for mean in means))
    if options.sheet:
        sheet(avatars, source, options.sheet)


if __name__ == "__main__":
    main()
