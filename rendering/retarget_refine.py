"""Refining a retargeted pose so that what touches in the source touches on the avatar (paper 3.4).

Rotation transfer gives every bone the right direction; on other proportions the hands then miss the hips and the feet
the ground. A few Levenberg-Marquardt steps, batched and in double precision, turn the bones a little:

- contacts: two places that touch in the source keep their offset, scaled by the avatar's size;
- ground: what stands on the ground stands on it, and nothing sinks into it;
- no new penetration: hands and forearms enter head, trunk and thighs (`solids`) no deeper than in the source;
- knees and elbows bend within their range;
- a pull to the initial rotations, and of the hands to their initial rotation relative to the forearm.

Unknowns are one rotation about the world's axes for each bone but fingers and toes, applied on top of its initial
rotation, and the pelvis' place. A point's derivative by such a rotation is the cross product with its lever, the way
from the bone to the point or to the next bone towards it, so the Jacobian is exact and cheap.
"""

from __future__ import annotations

import functools

import roma
import torch

from .avatar import Avatar
from .body import Body
from .contacts import (
    PARTS,
    Contacts,
    Parts,
    Places,
    avatar_parts,
    body_parts,
    carried_over,
    carrying_bones,
    part_joints,
)
from .humanoid import FINGER_ROLES
from .rig import Rig
from .solids import Hulls, hulls

ITERATIONS = 6
SETTLED = 1e-4  # relative change of the cost
# How far a bone may be turned (radians) before it costs as much as a contact that is off by CONTACT_METRES.
_TURN = {
    "collar": 0.04, "shoulder": 0.12, "elbow": 0.15, "wrist": 0.1, "hip": 0.12, "knee": 0.12, "ankle": 0.15,
    "pelvis": 0.03, "spine": 0.05, "neck": 0.08, "head": 0.08,
}  # fmt: skip
_RELATIVE_TURN = 0.4  # the same for a hand relative to its forearm
CONTACT_METRES = 0.055  # these lengths are for an avatar of the body's size and scale with its height
SLIDE = 0.5  # how much less a contact that slid along the surface costs than one that came off it
TOLERANCE_METRES = 0.014  # a contact that is off by less is left alone: places on other bodies are not that exact
REACH_METRES = 0.2  # contacts that are much farther off cannot be restored without spoiling the pose: they count less
GROUND_METRES = 0.008
GIVE_METRES = 0.012  # clothes, hair and flesh give way that far
# Solid parts: how deep a hand may be for it to cost as much as a contact that is off by CONTACT_METRES, and how deep it
# starts to count less. Short arms at a wide trunk cannot all come out of it; a hand in the head is what people see.
_SOLIDS = {"head": (0.03, 0.4)} | dict.fromkeys(("chest", "hips", "left_thigh", "right_thigh"), (0.055, 0.11))
ROOT_METRES = (0.05, 0.4, 0.05)  # the pelvis is nearly free to rise and sink
_LIMIT_RADIANS = 0.05
# Local rotation vectors of hinges, (lowest, highest): knees bend about x, elbows about y.
_RANGES = {
    "left_knee": ((-0.1, -0.6, -0.6), (2.8, 0.6, 0.6)),
    "right_knee": ((-0.1, -0.6, -0.6), (2.8, 0.6, 0.6)),
    "left_elbow": ((-1.6, -2.8, -1.0), (1.6, 0.2, 1.0)),
    "right_elbow": ((-1.6, -0.2, -1.0), (1.6, 2.8, 1.0)),
}
_SOLID_PARTS = [PARTS.index(name) for name in _SOLIDS]
_DEPTH_METRES, _DEEP_METRES = torch.tensor(list(_SOLIDS.values()), dtype=torch.float64).T
_PROBES = tuple(PARTS.index(name) for name in ("left_hand", "right_hand", "left_forearm", "right_forearm"))


def refine(
    avatar: Avatar,
    body: Body,
    contacts: Contacts,
    places: Places,
    frames: torch.Tensor,  # (B, 24, 4, 4) of the source
    turns: torch.Tensor,  # (B, K, 3, 3) initial rotations away from the rest pose
    pelvis: torch.Tensor,  # (B, 3) initial place of the rig's first bone
    ground: torch.Tensor,  # (B,) height of the ground
) -> tuple[torch.Tensor, torch.Tensor]:
    """Refined rotations (B, K, 3, 3) and pelvis places (B, 3)."""
    problem = _Problem(
        avatar, body, contacts, places, frames.double(), turns.double(), pelvis.double(), ground.double()
    )
    delta, root = _levenberg_marquardt(problem)
    follows = [problem.bones.index(bone) for bone in _nearest_solved(avatar.rig.parents, problem.bones)]
    return (delta[:, follows] @ turns.double()).to(turns), root.to(pelvis)


def _levenberg_marquardt(problem: _Problem) -> tuple[torch.Tensor, torch.Tensor]:
    """Rotations (B, N, 3, 3) and pelvis places (B, 3) that lower the sum of squared residuals, pose by pose."""
    delta, root = problem.start()
    residual, jacobian = problem.evaluate(delta, root)
    cost = residual.square().sum(1)
    damping = torch.full_like(cost, 1e-3)
    active = torch.ones_like(cost, dtype=torch.bool)  # a settled pose stays as it is, whatever shares its batch
    for _ in range(ITERATIONS):
        normal = jacobian.transpose(1, 2) @ jacobian
        gradient = (jacobian.transpose(1, 2) @ residual[..., None])[..., 0]
        diagonal = normal.diagonal(dim1=1, dim2=2)
        damped = normal + torch.diag_embed(damping[:, None] * diagonal + 1e-9)
        step = -torch.linalg.solve(damped, gradient)
        turn = step[:, 3:].unflatten(1, (-1, 3))
        turn = turn * (0.5 / turn.norm(dim=-1, keepdim=True).clamp(min=0.5))  # at most half a radian at once
        trial = roma.rotvec_to_rotmat(turn) @ delta, root + step[:, :3]
        trial_residual, trial_jacobian = problem.evaluate(*trial)
        trial_cost = trial_residual.square().sum(1)
        better = (trial_cost < cost) & active
        keep = lambda new, old: torch.where(better.view(-1, *[1] * (new.ndim - 1)), new, old)  # noqa: B023, E731
        delta, root = keep(trial[0], delta), keep(trial[1], root)
        residual, jacobian = keep(trial_residual, residual), keep(trial_jacobian, jacobian)
        active = active & ((cost - trial_cost).abs() > SETTLED * cost)
        cost = keep(trial_cost, cost)
        if not active.any():
            break
        damping = torch.where(better, damping / 4, damping * 6).clamp(1e-7, 1e4)
    return delta, root


class _Problem:
    """Residuals of one avatar in B poses; N bones are turned, P points lie on them."""

    def __init__(self, avatar, body, contacts, places, frames, turns, pelvis, ground):
        rig, parts = avatar.rig, avatar_parts(avatar, body)
        self.bones = [k for k, role in enumerate(rig.roles) if _kind(role) in _TURN and role not in FINGER_ROLES]
        index = {bone: n for n, bone in enumerate(self.bones)}
        above = _nearest_solved(rig.parents, self.bones)
        self.roles = [rig.roles[bone] for bone in self.bones]
        self.parents = [-1 if rig.parents[b] < 0 else index[above[rig.parents[b]]] for b in self.bones]
        self.rest = rig.rest[self.bones].double()
        self.align = rig.correction[self.bones].double().transpose(-1, -2)
        self.initial = turns[:, self.bones]
        self.pelvis, self.ground = pelvis, ground
        self.next_bone = _next_bones(self.parents)  # (N, N)
        self.on_way = (self.next_bone >= 0).double()
        self.carrier = [max(parent, 0) for parent in self.parents]
        self.offset = self.rest - self.rest[self.carrier]  # zero for the pelvis

        carrying = carrying_bones(rig)
        part_bone = torch.tensor([index[above[bone]] for bone in carrying])
        self.point_bone = part_bone[places.part]
        self.point_rest = carried_over(avatar, body).double()
        self.point_normal = _normals(places, body, parts, rig).double()
        self.part_bone = part_bone
        turn_back = rig.correction[list(carrying)].double().transpose(-1, -2)
        ends = parts.ends.double() @ turn_back.transpose(-1, -2) + rig.rest[list(carrying), None].double()
        self.ends = ends - self.rest[part_bone, None]  # (15, 26, 3) from the bones, in the rest pose
        self.scale = avatar.height / float(body.v_template[:, 1].max() - body.v_template[:, 1].min())
        self.contacts = contacts

        self.probes = torch.nonzero(torch.isin(places.part, torch.tensor(_PROBES)))[:, 0]
        self.solid_bone = part_bone[_SOLID_PARTS]
        self.solids = _avatar_hulls(avatar, body)
        self.source_depth = self.scale * _source_depth(body, places, frames, self.probes)
        self.moves_alone = self.next_bone[self.solid_bone] < 0  # (M, N): turning bone n does not move the solid

        turn = [_TURN[_kind(role)] for role in self.roles]
        self.pull = 1.0 / torch.tensor(turn, dtype=torch.float64)
        self.root_pull = 1.0 / (self.scale * torch.tensor(ROOT_METRES, dtype=torch.float64))
        self.hands = [(n, self.parents[n]) for n, role in enumerate(self.roles) if _kind(role) == "wrist"]
        self.pull_jacobian = self._pull_jacobian()
        points, _ = self._points(self.initial, self._places(self.initial, self.pelvis))
        reach = self._misses(points).norm(dim=-1) / (self.scale * REACH_METRES)
        self.hope = 1.0 / (1.0 + reach.square())
        self.depth_strength = None  # (B, probes, M), from the first evaluation
        self.hinges = [n for n, role in enumerate(self.roles) if role in _RANGES and self.parents[n] >= 0]
        self.hinge_parents = [self.parents[n] for n in self.hinges]
        ranges = torch.tensor([_RANGES[self.roles[n]] for n in self.hinges], dtype=torch.float64).view(-1, 2, 3)
        _, local = self._hinge_turns(self.initial)
        self.lowest, self.highest = torch.minimum(ranges[:, 0], local), torch.maximum(ranges[:, 1], local)

    def start(self) -> tuple[torch.Tensor, torch.Tensor]:
        eye = torch.eye(3, dtype=torch.float64).expand(*self.initial.shape[:2], 3, 3)
        return eye, self.pelvis

    def evaluate(self, delta: torch.Tensor, root: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Residuals (B, R) and their Jacobian (B, R, 3 + 3 N): the root's place, then the bones' turns."""
        turns = delta @ self.initial
        place = self._places(turns, root)
        points, levers = self._points(turns, place)
        blocks = [
            self._contact_rows(points, levers, turns),
            self._ground_rows(turns, place),
            self._depth_rows(points, levers, turns, place),
            self._hinge_rows(turns),
            self._pull_rows(delta, root),
        ]
        return torch.cat([rows for rows, _ in blocks], 1), torch.cat([jacobian for _, jacobian in blocks], 1)

    def _places(self, turns: torch.Tensor, root: torch.Tensor) -> torch.Tensor:
        """(B, N, 3) where the bones are: the root plus the turned offsets of all bones on the way."""
        offsets = (turns[:, self.carrier] @ self.offset[..., None])[..., 0]
        return root[:, None] + self.on_way @ offsets

    def _points(self, turns: torch.Tensor, place: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Points (B, P, 3) and their levers (B, P, N, 3) about every bone, zero where a bone does not move a point."""
        bone = self.point_bone
        offset = self.point_rest - self.rest[bone]
        points = place[:, bone] + (turns[:, bone] @ offset[..., None])[..., 0]
        return points, self._levers(points, bone, place)

    def _levers(self, points: torch.Tensor, bone: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        """(B, P, N, 3) from every bone to the points (B, P, 3) that lie on `bone` (P,), or to the next bone on the way;
        zero where a bone does not move a point."""
        way = self.next_bone[bone]  # (P, N)
        end = place[:, way.clamp(min=0)]
        own = torch.zeros_like(way, dtype=torch.bool)
        own[torch.arange(len(bone)), bone] = True
        end = torch.where(own[..., None], points[:, :, None], end)
        return torch.where((way >= 0)[..., None], end - place[:, None], 0.0)

    def _contact_rows(self, points, levers, turns):
        touching = self.contacts
        strength = self.hope * touching.weight.double().sqrt() / (self.scale * CONTACT_METRES)
        miss = self._misses(points)
        lever = _pick(levers, touching.first) - _pick(levers, touching.second)
        normal = (turns[:, self.point_bone] @ self.point_normal[..., None])[..., 0]
        normal = _pick(normal, touching.second)
        measure = SLIDE * torch.eye(3, dtype=miss.dtype) + (1 - SLIDE) * normal[..., None] * normal[..., None, :]
        miss = (measure @ miss[..., None])[..., 0]
        size = miss.norm(dim=-1, keepdim=True).clamp(min=1e-9)
        beyond = (1 - self.scale * TOLERANCE_METRES / size).clamp(min=0)
        rows = strength[..., None] * beyond * miss
        measure = (strength[..., None] * (beyond > 0))[..., None] * measure  # (B, C, 3, 3)
        jacobian = torch.nn.functional.pad(measure @ _cross(lever), (3, 0))  # the root moves both
        return rows.flatten(1), jacobian.flatten(1, 2)

    def _misses(self, points: torch.Tensor) -> torch.Tensor:
        """(B, C, 3) how far contacts are from their offset in the source."""
        apart = _pick(points, self.contacts.first) - _pick(points, self.contacts.second)
        return apart - self.scale * self.contacts.offset.double()

    def _ground_rows(self, turns, place):
        """For every part its lowest point as it is now: where it shall be, or at least not below the ground."""
        bone = self.part_bone
        offset = self.ends @ turns[:, bone].transpose(-1, -2)  # (B, 15, 26, 3)
        low = offset[..., 1].argmin(2)
        offset = offset.gather(2, low[..., None, None].expand(-1, -1, 1, 3))[:, :, 0]
        points = place[:, bone] + offset
        above = points[..., 1] - self.ground[:, None]
        stands = self.contacts.grounded.double().sqrt()
        wanted = above - self.scale * self.contacts.height.double()
        sinks = -above > stands * wanted.abs()  # no part may, whether or not the source's stands there
        strength = torch.where(sinks, 1.0, stands) / (self.scale * GROUND_METRES)
        rows = strength * torch.where(sinks, above, wanted)
        jacobian = torch.cat([_unit_rows(above, 1), _cross(self._levers(points, bone, place))[..., 1, :]], -1)
        return rows, strength[..., None] * jacobian

    def _depth_rows(self, points, levers, turns, place):
        probe, lever = points[:, self.probes], levers[:, self.probes]
        axes = (turns @ self.align)[:, self.solid_bone]  # (B, M, 3, 3) the solids' T-pose axes in the world
        centre = place[:, self.solid_bone] + (turns[:, self.solid_bone] @ self._rest_middle()[..., None])[..., 0]
        depth, outward = self.solids.depth(torch.einsum("bmji,bpmj->bpmi", axes, probe[:, :, None] - centre[:, None]))
        excess = (depth - self.source_depth - self.scale * GIVE_METRES).clamp(min=0)
        if self.depth_strength is None:
            hopeless = (excess / (self.scale * _DEEP_METRES)).square()
            self.depth_strength = 1.0 / ((1.0 + hopeless) * self.scale * _DEPTH_METRES)
        rows, solid = (self.depth_strength * excess).max(2)
        strength = (rows > 0) * self.depth_strength.gather(2, solid[..., None])[..., 0]
        outward = outward.gather(2, solid[..., None, None].expand(-1, -1, 1, 3))[:, :, 0]
        outward = torch.einsum("bpij,bpj->bpi", axes[torch.arange(len(axes))[:, None], solid], outward)
        lever = torch.where(self.moves_alone[solid][..., None], lever, 0.0)
        jacobian = -(outward[..., None, :] @ _cross(lever))[..., 0, :]
        return rows, torch.nn.functional.pad(strength[..., None] * jacobian, (3, 0))

    def _hinge_rows(self, turns):
        """How far knees and elbows are out of range; in range by definition where the source itself is not."""
        above, local = self._hinge_turns(turns)
        beyond = (local - self.highest).clamp(min=0) - (self.lowest - local).clamp(min=0)
        rows = beyond.flatten(1) / _LIMIT_RADIANS
        slope = above.transpose(-1, -2) * (beyond != 0)[..., None] / _LIMIT_RADIANS  # (B, H, 3, 3)
        jacobian = turns.new_zeros(len(turns), len(self.hinges), 3, 1 + len(self.bones), 3)
        for h, (bone, parent) in enumerate(zip(self.hinges, self.hinge_parents)):
            jacobian[:, h, :, 1 + bone] = slope[:, h]
            jacobian[:, h, :, 1 + parent] = -slope[:, h]
        return rows, jacobian.flatten(3).flatten(1, 2)

    def _pull_rows(self, delta, root):
        turn = roma.rotmat_to_rotvec(delta)  # (B, N, 3)
        rows = [(root - self.pelvis) * self.root_pull, (turn * self.pull[:, None]).flatten(1)]
        rows += [(turn[:, hand] - turn[:, arm]) / _RELATIVE_TURN for hand, arm in self.hands]
        return torch.cat(rows, 1), self.pull_jacobian.expand(len(delta), -1, -1)

    def _pull_jacobian(self) -> torch.Tensor:
        """(3 + 3 N + 3 hands, 3 + 3 N), constant: close to the start a turn and its rotation vector are alike."""
        blocks = [torch.diag(torch.cat([self.root_pull, self.pull.repeat_interleave(3)]))]
        for hand, arm in self.hands:
            block = torch.zeros(3, 1 + len(self.bones), 3, dtype=torch.float64)
            block[:, 1 + hand] = torch.eye(3) / _RELATIVE_TURN
            block[:, 1 + arm] = -torch.eye(3) / _RELATIVE_TURN
            blocks.append(block.flatten(1))
        return torch.cat(blocks)

    def _rest_middle(self) -> torch.Tensor:
        """(M, 3) from each solid's bone to the solid's middle, in the rest pose."""
        return (self.align[self.solid_bone] @ self.solids.middle[..., None])[..., 0]

    def _hinge_turns(self, turns: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The upper bones' rotations away from the T-pose (B, H, 3, 3), the lower bones' relative to them (B, H, 3)."""
        above, own = (turns[:, bones] @ self.align[bones] for bones in (self.hinge_parents, self.hinges))
        return above, roma.rotmat_to_rotvec(above.transpose(-1, -2) @ own)


def _kind(role: str) -> str:
    """ "left_elbow" -> "elbow", "spine.2" -> "spine"."""
    return role.partition("_")[2] or role.partition(".")[0]


def _nearest_solved(parents: tuple[int, ...], solved: list[int]) -> list[int]:
    """For every bone itself, or its nearest ancestor, among the solved ones."""
    nearest: list[int] = []
    for bone, parent in enumerate(parents):
        nearest.append(bone if bone in solved else nearest[parent])
    return nearest


def _next_bones(parents: list[int]) -> torch.Tensor:
    """(N, N): on the way from bone a to bone b, the bone after a; b where a is b; -1 where a is not above b."""
    table = torch.full((len(parents), len(parents)), -1)
    for b in range(len(parents)):
        table[b, b] = a = b
        while parents[a] >= 0:
            table[b, parents[a]] = a
            a = parents[a]
    return table


@functools.lru_cache(maxsize=4)
def _avatar_hulls(avatar: Avatar, body: Body) -> Hulls:
    return _hulls(avatar_parts(avatar, body))


@functools.lru_cache(maxsize=4)
def _body_hulls(body: Body) -> Hulls:
    return _hulls(body_parts(body))


def _hulls(parts: Parts) -> Hulls:
    middles = (parts.lower + parts.upper)[_SOLID_PARTS] / 2
    return hulls([parts.surface[k] for k in _SOLID_PARTS], middles)


def _normals(places: Places, body: Body, parts: Parts, rig: Rig) -> torch.Tensor:
    """(P, 3) about which way the surface faces at each point, at rest: the normals of the parts' ellipsoids."""
    lower, upper = body_parts(body).lower[places.part], body_parts(body).upper[places.part]
    share = 2 * (places.at - lower) / (upper - lower).clamp(min=1e-4) - 1  # -1..1 across the part
    half = ((parts.upper - parts.lower) / 2).clamp(min=1e-3)[places.part]
    outward = torch.nn.functional.normalize(share / half, dim=-1)
    turn_back = rig.correction[list(carrying_bones(rig))].transpose(-1, -2)
    return (turn_back[places.part] @ outward[..., None])[..., 0]


def _source_depth(body: Body, places: Places, frames: torch.Tensor, probes: torch.Tensor) -> torch.Tensor:
    """(B, probes, M) how deep the source's own hands and forearms are in its solids, at least zero, metres."""
    joints = torch.tensor(part_joints())
    solids = _body_hulls(body)
    joint, solid = joints[places.part[probes]], joints[_SOLID_PARTS]
    points = _moved(frames[:, joint], places.at[probes].double())
    centre = _moved(frames[:, solid], solids.middle)
    apart = points[:, :, None] - centre[:, None]
    local = torch.einsum("bmji,bpmj->bpmi", frames[:, solid, :3, :3], apart)
    return solids.depth(local)[0].clamp(min=0)


def _moved(frames: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
    return frames[..., :3, 3] + (frames[..., :3, :3] @ offset[..., None])[..., 0]


def _pick(values: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """values (B, P, ...) at index (B, C) -> (B, C, ...)."""
    return values[torch.arange(len(values))[:, None], index]


def _cross(lever: torch.Tensor) -> torch.Tensor:
    """(..., N, 3) levers -> (..., 3, 3 N): d point / d turn, minus the cross product matrix."""
    x, y, z = lever.unbind(-1)
    zero = torch.zeros_like(x)
    rows = [torch.stack(row, -1) for row in ((zero, z, -y), (-z, zero, x), (y, -x, zero))]
    return torch.stack(rows, -3).flatten(-2)


def _unit_rows(like: torch.Tensor, axis: int) -> torch.Tensor:
    """(B, G, 3) rows with a one at `axis`."""
    rows = torch.zeros(*like.shape, 3, dtype=like.dtype)
    rows[..., axis] = 1.0
    return rows
