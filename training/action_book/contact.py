"""What poses may not do: pass through themselves, the floor or a prop, or stand out of balance. Depths in metres."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .book import Spec
from .capsules import Capsules, rotate, segment_distance
from .program import Figures
from .vocabulary import Rigid

# Skin gives way: depths up to these, in metres, are touching.
SELF_SLACK, FLOOR_SLACK, TIP_SLACK, BALL_SLACK, BAR_SLACK = 0.015, 0.02, 0.01, 0.015, 0.005
_BOX_SAMPLES = 5  # points along a capsule that are tested against a box
# A raised elbow costs more than a raised forearm; lying limbs fall (`slump`).
_ELBOW_WEIGHT, _FOREARM_WEIGHT, _SLUMP_WEIGHT = 0.03, 0.006, 0.06


@dataclass(frozen=True)
class PropRule:
    """Collision with one prop of some poses: `poses` (n,), prop `slot`, the capsules it stops (K,)."""

    kind: str
    poses: torch.Tensor
    slot: int
    stops: torch.Tensor
    span: tuple[float, float] = (0.0, 0.0)  # of a bar, metres along its axis
    half: torch.Tensor | None = None  # (3,) of a box, metres


class Contacts:
    """Collision and balance of P poses of several specifications."""

    def __init__(
        self,
        capsules: Capsules,
        centimetre: float,
        owners: list[tuple[Spec, torch.Tensor]],  # which poses belong to which specification
        supports: list[tuple[torch.Tensor, list[Rigid]]],  # which poses may rest on which points
        tips: list[Rigid],  # points the capsules do not reach, kept over the floor as well
        count: int,
    ):
        self.capsules, self.centimetre, self.count = capsules, centimetre, count
        pairs = len(capsules.pairs)
        self.first, self.second = capsules.pairs.T.contiguous()
        self.reach = capsules.radius[self.first] + capsules.radius[self.second] - SELF_SLACK
        half_length = (capsules.end - capsules.start).norm(dim=1) / 2
        self.sphere_reach = (self.reach + half_length[self.first] + half_length[self.second]) ** 2
        self.tip_joint = torch.tensor([tip.joint for tip in tips])
        self.tip_offset = torch.tensor([tip.offset for tip in tips])
        self.pair_on = torch.ones(count, pairs, dtype=torch.bool)
        self.floor_on = torch.ones(count)
        self.effort = torch.zeros(count, len(capsules.names))
        self.rules: list[PropRule] = []
        elbow = _ELBOW_WEIGHT * capsules.mask("uarm") + _FOREARM_WEIGHT * capsules.mask("farm")
        limbs = _SLUMP_WEIGHT * capsules.mask("head uarm farm hand thigh shin foot")
        for spec, poses in owners:
            self.pair_on[poses] = ~capsules.allowed_pairs(list(spec.allow))
            self.floor_on[poses] = float(spec.floor)
            self.effort[poses] = elbow * spec.effort + limbs * spec.slump
            for slot, prop in enumerate(spec.props.values()):
                self.rules += _prop_rule(capsules, centimetre, poses, slot, prop)
        self._lay_supports(owners, supports)

    def _lay_supports(self, owners, supports) -> None:
        width = max([len(points) for _, points in supports] + [1])
        self.support_joint = torch.zeros(self.count, width, dtype=torch.long)
        self.support_offset = torch.zeros(self.count, width, 3)
        self.support_on = torch.zeros(self.count, width, dtype=torch.bool)
        for poses, points in supports:
            for place, point in enumerate(points):
                self.support_joint[poses, place] = point.joint
                self.support_offset[poses, place] = torch.tensor(point.offset)
                self.support_on[poses, place] = True
        self.support_frame = (torch.arange(self.count)[:, None] * 24 + self.support_joint).flatten()
        self.balanced = self.support_on.any(1).float()
        for spec, poses in owners:
            if not spec.balance:
                self.balanced[poses] = 0.0

    def penetration(self, figures: Figures) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Penalty (sum of squared depths), (P,) deepest, (P,) effort, and (P, 3) centre of mass."""
        start, end = self.capsules.place(figures.rotations, figures.positions)
        cost, deepest = self._self_contact(start, end)
        turn = figures.rotations.index_select(1, self.tip_joint)
        origin = figures.positions.index_select(1, self.tip_joint)
        tips = (-TIP_SLACK - (rotate(turn, self.tip_offset) + origin)[..., 1]).clamp(min=0)
        floor = torch.cat([self._under_floor(start), self._under_floor(end), tips], 1) * self.floor_on[:, None]
        cost = cost + (floor**2).sum()
        deepest = torch.maximum(deepest, floor.detach().amax(1))
        for rule in self.rules:
            depth = self._prop_depth(rule, figures, start[rule.poses], end[rule.poses])
            cost = cost + (depth**2).sum()
            deepest = deepest.scatter_reduce(0, rule.poses, depth.detach().amax(1), "amax")
        middle = (start + end) / 2
        mass_centre = (middle * self.capsules.mass[:, None]).sum(1)
        raised = (middle[..., 1] - figures.positions[:, :1, 1]) / self.centimetre
        return cost, deepest, (raised * self.effort).sum(1), mass_centre

    def imbalance(self, figures: Figures, mass_centre: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """(P, 2) metres between the centre of mass and a convex combination of the support points, on the floor.

        logits: (P, S); the softmax makes any point of the support polygon reachable without computing its hull.
        """
        turn = figures.rotations.flatten(0, 1).index_select(0, self.support_frame)
        origin = figures.positions.flatten(0, 1).index_select(0, self.support_frame)
        points = (rotate(turn, self.support_offset.flatten(0, 1)) + origin).view_as(self.support_offset)
        share = torch.softmax(logits.masked_fill(~self.support_on, -1e4), 1)
        centre = (share[..., None] * points).sum(1)
        return (mass_centre - centre)[:, ::2] * self.balanced[:, None]

    def _self_contact(self, start: torch.Tensor, end: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Squared depths and (P,) deepest. Only the pairs that overlap, a few in a hundred, enter the graph."""
        with torch.no_grad():
            pose, pair = torch.nonzero(self._close(start, end) & self.pair_on).unbind(1)
            depth = self._pair_depth(start, end, pose, pair)
            deepest = start.new_zeros(self.count).scatter_reduce(0, pose, depth, "amax")
            overlapping = torch.nonzero(depth)[:, 0]
        depth = self._pair_depth(start, end, pose[overlapping], pair[overlapping])
        return (depth**2).sum(), deepest

    def _close(self, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
        """(P, N) whether the spheres around two capsules meet."""
        middle = (start + end) / 2
        gap = middle.index_select(1, self.first) - middle.index_select(1, self.second)
        return (gap * gap).sum(-1) < self.sphere_reach

    def _pair_depth(self, start, end, pose: torch.Tensor, pair: torch.Tensor) -> torch.Tensor:
        """How deep the capsules of each (pose, pair) overlap, (n,)."""
        width = start.shape[1]
        i, j = pose * width + self.first[pair], pose * width + self.second[pair]
        start, end = start.flatten(0, 1), end.flatten(0, 1)
        ends = [part.index_select(0, index) for index in (i, j) for part in (start, end)]
        return (self.reach[pair] - segment_distance(*ends)).clamp(min=0)

    def _under_floor(self, points: torch.Tensor) -> torch.Tensor:
        return (self.capsules.radius - FLOOR_SLACK - points[..., 1]).clamp(min=0)

    def _prop_depth(self, rule: PropRule, figures: Figures, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
        """(n, K) how deep each capsule is inside the prop."""
        centre, axis = (part[rule.poses, rule.slot][:, None] for part in (figures.props.centre, figures.props.axis))
        radius = self.capsules.radius
        if rule.kind == "wall":
            inside = [radius - FLOOR_SLACK - ((point - centre) * axis).sum(-1) for point in (start, end)]
            depth = torch.maximum(*inside)
        elif rule.kind == "box":
            share = torch.linspace(0, 1, _BOX_SAMPLES).view(-1, 1, 1, 1)
            outside = (start + (end - start) * share - centre).abs() - rule.half
            gap = outside.clamp(min=0).pow(2).sum(-1).add(1e-9).sqrt() + outside.amax(-1).clamp(max=0)
            depth = (radius - BALL_SLACK - gap).amax(0)
        elif rule.kind == "ball":
            gap = segment_distance(start, end, centre.expand_as(start), centre.expand_as(start) + 1e-4)
            depth = figures.props.radius[rule.poses, rule.slot][:, None] + radius - BALL_SLACK - gap
        else:
            low, high = ((centre + axis * place).expand_as(start) for place in rule.span)
            depth = radius - BAR_SLACK - segment_distance(start, end, low, high)
        return depth.clamp(min=0) * rule.stops


def _prop_rule(capsules: Capsules, centimetre: float, poses: torch.Tensor, slot: int, prop: dict) -> list[PropRule]:
    """The collision rule of an authored prop; none if it is not solid."""
    kind = prop.get("kind", "bar")
    if not prop.get("solid", True):
        return []
    through = "hand" if kind == "bar" else ""
    stops = (~capsules.mask(f"{prop.get('through', '')} {through}")).float()
    span = tuple(centimetre * place for place in prop.get("span", (-60, 60)))
    half = torch.tensor(prop.get("size", (0.0, 0.0, 0.0)), dtype=torch.float32) * (centimetre / 2)
    return [PropRule(kind, poses, slot, stops, span, half)]
