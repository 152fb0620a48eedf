"""Where a posed body touches itself and the ground, and where the same places are on an avatar.

The body is divided into 15 parts, each carried by one bone. A place on a part is carried over to the avatar by the
part's bounding box, in axes of the T-pose, and from there to the part's surface: a hand on the ear is a hand on the ear
of a head three times the size. Places ride rigidly on their bone, on the body and on the avatar alike, so that on
SMPL's own shape nothing is left to mend.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import torch

from ..smpl import JOINT_NAMES
from .avatar import Avatar
from .body import Body
from .rig import Rig
from .solids import surface_points

# Part -> (the joint whose bone carries it, the joints whose vertices belong to it, number of sample points).
_CENTRAL = {
    "head": ("head", ("head", "neck"), 32),
    "chest": ("spine3", ("spine2", "spine3", "left_collar", "right_collar"), 40),
    "hips": ("pelvis", ("pelvis", "spine1"), 32),
}
_PAIRED = {
    "upper_arm": ("shoulder", ("shoulder",), 8), "forearm": ("elbow", ("elbow",), 10),
    "hand": ("wrist", ("wrist", "hand"), 16), "thigh": ("hip", ("hip",), 16), "shin": ("knee", ("knee",), 10),
    "foot": ("ankle", ("ankle", "foot"), 12),
}  # fmt: skip
_SIDES = ("left", "right")
PARTS = (*_CENTRAL, *(f"{side}_{part}" for part in _PAIRED for side in _SIDES))
_INDEX = {name: k for k, name in enumerate(PARTS)}

# Who may touch what: hands everything but their own arm; feet the other leg and the seat; forearms trunk and other arm.
_TOUCHES = {
    "hand": (
        "head", "chest", "hips", "-upper_arm", "-forearm", "-hand", "thigh", "-thigh", "shin", "-shin", "foot", "-foot",
    ),
    "foot": ("hips", "-thigh", "-shin", "-foot"),
    "forearm": ("head", "chest", "-forearm", "thigh", "-thigh"),
}  # fmt: skip


def _pairs() -> tuple[tuple[int, int], ...]:
    """(part, other part) for everything in `_TOUCHES`; "-" means the other side's. Like with like counts once."""
    pairs = []
    for part, others in _TOUCHES.items():
        for side, opposite in (("left", "right"), ("right", "left")):
            for other in others:
                if other == f"-{part}" and side == "right":
                    continue
                name = (
                    other if other in _CENTRAL else f"{opposite}_{other[1:]}" if other[0] == "-" else f"{side}_{other}"
                )
                pairs.append((_INDEX[f"{side}_{part}"], _INDEX[name]))
    return tuple(pairs)


PAIRS = _pairs()
# Metres between sample points (3-5 cm apart) at which a contact counts fully, and not at all.
TOUCH = (0.03, 0.09)
GROUND = (0.02, 0.06)
_ENDS = torch.tensor([way for way in itertools.product((-1.0, 0.0, 1.0), repeat=3) if any(way)])
_QUANTILES = (0.02, 0.98)  # box sides ignore single vertices of a neighbouring part


@dataclass(frozen=True, eq=False)
class Places:
    """P points fixed to parts. part (P,) long; at (P, 3) metres from the part's joint, in T-pose axes."""

    part: torch.Tensor
    at: torch.Tensor


@dataclass(frozen=True, eq=False)
class Contacts:
    """What touches what in B poses; every weight is 0..1.

    first, second:  (B, C) points of `Places` that are nearest for each pair in `PAIRS`; weight (B, C).
    offset:         (B, C, 3) metres from the second to the first in the source.
    height:         (B, 15) metres from the lowest point of all to the lowest of every part.
    grounded:       (B, 15) how far that counts as standing on the ground.
    ground:         (B,) height of the lowest point, metres.
    """

    first: torch.Tensor
    second: torch.Tensor
    offset: torch.Tensor
    weight: torch.Tensor
    height: torch.Tensor
    grounded: torch.Tensor
    ground: torch.Tensor


@functools.lru_cache(maxsize=4)
def body_places(body: Body) -> Places:
    """Sample points over the body's surface, mirror-symmetric."""
    template, rest = body.v_template, body.rest_joints[list(body.smpl_joints)]
    parts, vertices = [], []
    for name in PARTS:
        if name.startswith("right_"):  # the mirror images of the left side's points
            left = [v for v, p in zip(vertices, parts) if PARTS[p] == name.replace("right", "left")]
            chosen = [_mirror_vertex(template, v) for v in left]
        else:
            chosen = _spread(
                template, _vertices_of(body.vertex_part, name), _definition(name)[2], central=name in _CENTRAL
            )
        parts += [_INDEX[name]] * len(chosen)
        vertices += chosen
    part, vertex = torch.tensor(parts), torch.tensor(vertices)
    joint = torch.tensor([JOINT_NAMES.index(_definition(PARTS[p])[0]) for p in parts])
    return Places(part, template[vertex] - rest[joint])


def find_contacts(body: Body, frames: torch.Tensor) -> tuple[Contacts, Places]:
    """Contacts of B poses whose joint frames (B, 24, 4, 4) are given."""
    places = body_places(body)
    carrier = frames[:, torch.tensor(part_joints())[places.part]]
    points = carrier[..., :3, 3] + (carrier[..., :3, :3] @ places.at[..., None])[..., 0]
    apart = torch.cdist(points, points)
    of_part = [torch.nonzero(places.part == k)[:, 0] for k in range(len(PARTS))]
    first, second = [], []
    for a, b in PAIRS:
        block = apart[:, of_part[a]][:, :, of_part[b]].flatten(1)
        nearest = block.argmin(1)
        first.append(of_part[a][nearest // len(of_part[b])])
        second.append(of_part[b][nearest % len(of_part[b])])
    first, second = torch.stack(first, 1), torch.stack(second, 1)
    offset = _at(points, first) - _at(points, second)
    of_parts = frames[:, list(part_joints())]
    lowest = (of_parts[:, :, None, 1, :3] @ body_parts(body).ends.mT)[:, :, 0].amin(-1) + of_parts[..., 1, 3]
    ground = lowest.amin(1)
    height = lowest - ground[:, None]
    touching = _fade(offset.norm(dim=-1), *TOUCH)
    return Contacts(first, second, offset, touching, height, _fade(height, *GROUND), ground), places


@dataclass(frozen=True, eq=False)
class Parts:
    """The 15 parts of a figure, in T-pose axes, metres from the joint or bone that carries each.

    lower, upper: (15, 3) corners of each part's box. surface: per part, (S, 3) points all over it.
    ends:         (15, 26, 3) the points of each part that lie farthest in 26 directions.
    """

    lower: torch.Tensor
    upper: torch.Tensor
    surface: tuple[torch.Tensor, ...]
    ends: torch.Tensor


@functools.lru_cache(maxsize=4)
def body_parts(body: Body) -> Parts:
    """The body's parts."""
    rest = body.rest_joints[list(body.smpl_joints)]
    local = []
    for name, joint in zip(PARTS, part_joints()):
        local.append(_part(body.v_template - rest[joint], body.faces, _vertices_of(body.vertex_part, name)))
    return _collected(local)


@functools.lru_cache(maxsize=4)
def avatar_parts(avatar: Avatar, body: Body) -> Parts:
    """The avatar's parts; where too few vertices belong to one, the body's in the avatar's scale stands in."""
    rig, standard = avatar.rig, body_parts(body)
    scale = avatar.height / float(body.v_template[:, 1].max() - body.v_template[:, 1].min())
    local = []
    for k, (name, bone) in enumerate(zip(PARTS, carrying_bones(rig))):
        own = _vertices_of(avatar.vertex_part, name)
        if name == "chest":  # without capes and coat tails
            own = own[avatar.rest_vertices[own, 1] > rig.rest[0, 1]]
        if len(own) < 12:
            local.append(
                tuple(scale * value[k] for value in (standard.lower, standard.upper, standard.surface, standard.ends))
            )
        else:
            local.append(_part((avatar.rest_vertices - rig.rest[bone]) @ rig.correction[bone].T, avatar.faces, own))
    return _collected(local)


def carrying_bones(rig: Rig) -> tuple[int, ...]:
    """The bone of a rig that carries each part."""
    return tuple(_carrying_bone(rig.roles, _definition(name)[0]) for name in PARTS)


@functools.lru_cache(maxsize=4)
def carried_over(avatar: Avatar, body: Body) -> torch.Tensor:
    """(P, 3) the places of `body_places` on the avatar, in its rest pose."""
    places, source, parts = body_places(body), body_parts(body), avatar_parts(avatar, body)
    share = (places.at - source.lower[places.part]) / (source.upper - source.lower)[places.part].clamp(min=1e-4)
    there = parts.lower[places.part] + share * (parts.upper - parts.lower)[places.part]
    for k, surface in enumerate(parts.surface):
        own = places.part == k
        there[own] = surface[torch.cdist(there[own], surface).argmin(1)]
    bone = torch.tensor(carrying_bones(avatar.rig))[places.part]
    turn_back = avatar.rig.correction[bone].transpose(-1, -2)
    return avatar.rig.rest[bone] + (turn_back @ there[..., None])[..., 0]


def _part(vertices: torch.Tensor, faces: torch.Tensor, own: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Lower and upper corner, surface and ends of a part whose vertices (of all) are given."""
    mine = torch.zeros(len(vertices), dtype=torch.bool)
    mine[own] = True
    points = vertices[own]
    surface = surface_points(points, vertices[faces[mine[faces].all(1)]])
    return (*_box(points), surface, points[(points @ _ENDS.to(points).T).argmax(0)])


def _collected(parts: list[tuple[torch.Tensor, ...]]) -> Parts:
    lower, upper, surface, ends = zip(*parts)
    return Parts(torch.stack(lower), torch.stack(upper), surface, torch.stack(ends))


def part_joints() -> tuple[int, ...]:
    """The SMPL joint that carries each part."""
    return tuple(JOINT_NAMES.index(_definition(name)[0]) for name in PARTS)


def _definition(name: str) -> tuple[str, tuple[str, ...], int]:
    """(joint, joints of its vertices, sample points) of a part."""
    if name in _CENTRAL:
        return _CENTRAL[name]
    side, _, part = name.partition("_")
    joint, owners, count = _PAIRED[part]
    return f"{side}_{joint}", tuple(f"{side}_{owner}" for owner in owners), count


def _carrying_bone(roles: tuple[str, ...], joint: str) -> int:
    """The rig's bone for a joint, or the nearest above it."""
    side, _, part = joint.partition("_")
    for name in {"ankle": ("ankle", "knee"), "wrist": ("wrist", "elbow")}.get(part, (part,)):
        if f"{side}_{name}" in roles:
            return roles.index(f"{side}_{name}")
    if joint == "spine3":
        return max(k for k, role in enumerate(roles) if role.startswith("spine") or role == "pelvis")
    return roles.index(joint)


def _vertices_of(vertex_part: torch.Tensor, name: str) -> torch.Tensor:
    owners = torch.tensor([JOINT_NAMES.index(owner) for owner in _definition(name)[1]])
    return torch.nonzero(torch.isin(vertex_part.cpu(), owners))[:, 0]


def _spread(template: torch.Tensor, candidates: torch.Tensor, count: int, *, central: bool) -> list[int]:
    """`count` vertices far from each other (farthest-point sampling); of central parts, mirrored pairs."""
    points = template[candidates]
    if central:
        candidates = candidates[points[:, 0] >= 0]
        points, count = template[candidates], count // 2
    chosen = [int((points - points.mean(0)).norm(dim=1).argmax())]
    distance = (points - points[chosen[0]]).norm(dim=1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(distance.argmax()))
        distance = torch.minimum(distance, (points - points[chosen[-1]]).norm(dim=1))
    vertices = candidates[chosen].tolist()
    return vertices + [_mirror_vertex(template, vertex) for vertex in vertices] if central else vertices


def _mirror_vertex(template: torch.Tensor, vertex: int) -> int:
    return int((template - template[vertex] * template.new_tensor([-1.0, 1.0, 1.0])).norm(dim=1).argmin())


def _box(points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    lower, upper = torch.quantile(points, points.new_tensor(_QUANTILES), dim=0)
    return lower, upper


def _at(points: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """points (B, P, 3) at index (B, C) -> (B, C, 3)."""
    return points.gather(1, index[..., None].expand(-1, -1, 3))


def _fade(distance: torch.Tensor, full: float, none: float) -> torch.Tensor:
    """1 up to `full`, 0 from `none` on, smooth between."""
    share = ((none - distance) / (none - full)).clamp(0, 1)
    return share * share * (3 - 2 * share)
