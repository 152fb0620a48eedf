"""Many measurements of many poses at once.

The rows of a set of facts are compiled into a `Program` for one pose: unique points, vectors, and rows that refer to
them by number. `Measurements` lays several programs over many poses, so that one indexed operation evaluates all
distances (angles, ...) of all poses of all actions in a batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from .capsules import Capsules, rotate, segment_distance
from .facts import ALONG, ANGLE, ASIDE, DISTANCE, PLANAR, SIGHT, SINE, Row
from .vocabulary import Axis, Between, Mean, OnProp, Origin, Point, PropAxis, Rigid, Vector

DEGREES = 180 / math.pi
_KINDS = (DISTANCE, ALONG, ASIDE, ANGLE, PLANAR, SINE, SIGHT)
_SIGHT_START_CM = 6.0  # the line of sight begins this far before the eyes
_SIGHT_SHARE = 0.7  # and is watched this share of the way to what is looked at: the hands may hold it


@dataclass(frozen=True)
class Props:
    """The props of P poses, S slots each: centre (P, S, 3), unit axis (P, S, 3), radius (P, S), metres."""

    centre: torch.Tensor
    axis: torch.Tensor
    radius: torch.Tensor

    def detached(self) -> Props:
        """Copies without gradients."""
        return Props(self.centre.detach().clone(), self.axis.detach().clone(), self.radius.clone())


@dataclass(frozen=True)
class Figures:
    """P posed bodies: joint frames (P, 24, 3, 3), joint positions (P, 24, 3) and their props."""

    rotations: torch.Tensor
    positions: torch.Tensor
    props: Props

    def points(self, rigid: list[Rigid]) -> torch.Tensor:
        """(P, len(rigid), 3) world positions of the same rigid points of every body."""
        joint = torch.tensor([point.joint for point in rigid], dtype=torch.long)
        offset = self.positions.new_tensor([point.offset for point in rigid])
        return rotate(self.rotations[:, joint], offset) + self.positions[:, joint]


class Program:
    """The rows of one set of facts, for one pose."""

    def __init__(self, rows: list[Row]):
        self.rows = sorted(rows, key=lambda row: row.kind)
        self._points: dict[Point, int] = {}
        self._vectors: dict[Vector, int] = {}
        for row in self.rows:
            for point in row.points:
                self._add_point(point)
            for vector in row.vectors:
                self._add_vector(vector)
        points, vectors = list(self._points), list(self._vectors)
        self.rigid = [point for point in points if isinstance(point, Rigid)]
        self.mean = [point for point in points if isinstance(point, Mean)]
        self.on_prop = [point for point in points if isinstance(point, OnProp)]
        self.axes = [vector for vector in vectors if isinstance(vector, Axis)]
        self.between = [vector for vector in vectors if isinstance(vector, Between)]
        self.prop_axes = [vector for vector in vectors if isinstance(vector, PropAxis)]
        # Numbers within the pose: points are origin, rigid, mean, on_prop; vectors are axes, between, prop_axes.
        self.point_number = {p: i for i, p in enumerate([Origin(), *self.rigid, *self.mean, *self.on_prop])}
        self.vector_number = {v: i for i, v in enumerate([*self.axes, *self.between, *self.prop_axes])}

    def _add_point(self, point: Point) -> None:
        if isinstance(point, Mean):
            self._points.setdefault(point.first, 0)
            self._points.setdefault(point.second, 0)
        self._points.setdefault(point, 0)

    def _add_vector(self, vector: Vector) -> None:
        if isinstance(vector, Between):
            self._add_point(vector.start)
            self._add_point(vector.end)
        self._vectors.setdefault(vector, 0)


@dataclass(frozen=True)
class Limits:
    """Per row: the pose it belongs to, its range, its tolerance, and its number in the list of all rows given."""

    pose: torch.Tensor
    low: torch.Tensor
    high: torch.Tensor
    sigma: torch.Tensor
    source: torch.Tensor

    def excess(self, values: torch.Tensor) -> torch.Tensor:
        """How far each value lies outside its range, in tolerances."""
        return ((self.low - values).clamp(min=0) + (values - self.high).clamp(min=0)) / self.sigma

    def worst(self, values: torch.Tensor, poses: int) -> torch.Tensor:
        """(P,) the largest excess of each pose."""
        worst = values.new_zeros(poses)
        return worst.scatter_reduce(0, self.pose, self.excess(values), "amax")


class Measurements:
    """Programs laid over poses. Calling it with the figures gives the values of all rows."""

    def __init__(self, uses: list[tuple[Program, torch.Tensor]], capsules: Capsules, centimetre: float):
        """uses: programs and the numbers of the poses they apply to; `limits` describes the rows in output order."""
        self.capsules = capsules
        self.centimetre = centimetre
        self._lay_points(uses)
        self._lay_vectors(uses)
        self._lay_rows(uses)

    def _lay_points(self, uses: list[tuple[Program, torch.Tensor]]) -> None:
        """Flat lists of rigid, mean and prop points, and where each pose's points are in them."""
        counts = [(len(p.rigid) * len(n), len(p.mean) * len(n), len(p.on_prop) * len(n)) for p, n in uses]
        total = [sum(column) for column in zip(*counts)]
        starts = [1, 1 + total[0], 1 + total[0] + total[1]]
        self.point_maps: list[torch.Tensor] = []  # per use: (poses, points of the program) -> flat number
        rigid_pose, rigid_joint, rigid_offset, mean_first, mean_second = [], [], [], [], []
        prop_pose, prop_slot, prop_along = [], [], []
        for program, poses in uses:
            n = len(poses)
            maps = [torch.zeros(n, 1, dtype=torch.long)]
            for group, members in enumerate((program.rigid, program.mean, program.on_prop)):
                maps.append(starts[group] + torch.arange(n * len(members)).view(n, len(members)))
                starts[group] += n * len(members)
            mapping = torch.cat(maps, 1)
            self.point_maps.append(mapping)
            rigid_pose.append(poses.repeat_interleave(len(program.rigid)))
            rigid_joint.append(torch.tensor([p.joint for p in program.rigid], dtype=torch.long).repeat(n))
            rigid_offset.append(torch.tensor([p.offset for p in program.rigid]).view(-1, 3).repeat(n, 1))
            number = program.point_number
            mean_first.append(mapping[:, [number[p.first] for p in program.mean]].flatten())
            mean_second.append(mapping[:, [number[p.second] for p in program.mean]].flatten())
            prop_pose.append(poses.repeat_interleave(len(program.on_prop)))
            prop_slot.append(torch.tensor([p.slot for p in program.on_prop], dtype=torch.long).repeat(n))
            prop_along.append(torch.tensor([p.along for p in program.on_prop]).repeat(n))
        self.rigid_frame = torch.cat(rigid_pose) * 24 + torch.cat(rigid_joint)
        self.rigid_offset = torch.cat(rigid_offset)
        self.mean_first, self.mean_second = torch.cat(mean_first), torch.cat(mean_second)
        self.prop_point = (torch.cat(prop_pose), torch.cat(prop_slot))
        self.prop_along = torch.cat(prop_along)

    def _lay_vectors(self, uses: list[tuple[Program, torch.Tensor]]) -> None:
        """Flat lists of constant axes, directions between points, and prop axes."""
        counts = [(len(p.axes) * len(n), len(p.between) * len(n), len(p.prop_axes) * len(n)) for p, n in uses]
        total = [sum(column) for column in zip(*counts)]
        starts = [0, total[0], total[0] + total[1]]
        self.vector_maps: list[torch.Tensor] = []
        pose_of, joint_of, constant, start_of, end_of, prop_pose, prop_slot, prop_sign = ([] for _ in range(8))
        for (program, poses), point_map in zip(uses, self.point_maps):
            n = len(poses)
            maps = []
            for group, members in enumerate((program.axes, program.between, program.prop_axes)):
                maps.append(starts[group] + torch.arange(n * len(members)).view(n, len(members)))
                starts[group] += n * len(members)
            self.vector_maps.append(torch.cat(maps, 1))
            pose_of.append(poses.repeat_interleave(len(program.axes)))
            joint_of.append(torch.tensor([v.joint for v in program.axes], dtype=torch.long).repeat(n))
            constant.append(torch.tensor([v.vector for v in program.axes]).view(-1, 3).repeat(n, 1))
            number = program.point_number
            start_of.append(point_map[:, [number[v.start] for v in program.between]].flatten())
            end_of.append(point_map[:, [number[v.end] for v in program.between]].flatten())
            prop_pose.append(poses.repeat_interleave(len(program.prop_axes)))
            prop_slot.append(torch.tensor([v.slot for v in program.prop_axes], dtype=torch.long).repeat(n))
            prop_sign.append(torch.tensor([v.sign for v in program.prop_axes]).repeat(n))
        joint = torch.cat(joint_of)
        # World axes are constants; the frames of joints turn the others.
        self.world_axis = joint == 24
        self.axis_frame = torch.cat(pose_of) * 24 + joint.clamp(max=23)
        self.axis_constant = torch.cat(constant)
        self.between_start, self.between_end = torch.cat(start_of), torch.cat(end_of)
        self.prop_axis = (torch.cat(prop_pose), torch.cat(prop_slot))
        self.prop_sign = torch.cat(prop_sign)[:, None]

    def _lay_rows(self, uses: list[tuple[Program, torch.Tensor]]) -> None:
        """For every kind of measurement the numbers of its points and vectors, over all poses."""
        self.points: dict[int, list[torch.Tensor]] = {}
        self.vectors: dict[int, list[torch.Tensor]] = {}
        self.slot, self.undirected, self.reach = {}, {}, {}
        columns: list[list[torch.Tensor]] = [[], [], [], [], []]
        self.row_pose: dict[int, torch.Tensor] = {}
        self.chosen = {kind: [[i for i, r in enumerate(p.rows) if r.kind == kind] for p, _ in uses] for kind in _KINDS}
        first_row = [0]
        for program, _ in uses:
            first_row.append(first_row[-1] + len(program.rows))
        for kind in _KINDS:
            points, vectors, slot, undirected, reach, pose_of = ([] for _ in range(6))
            for use, (program, poses) in enumerate(uses):
                chosen = self.chosen[kind][use]
                if not chosen:
                    continue
                rows, n = [program.rows[i] for i in chosen], len(poses)
                pick = lambda mapping, numbers: mapping[:, numbers].flatten(0, 1)  # noqa: E731
                numbers = torch.tensor([[program.point_number[p] for p in row.points] for row in rows])
                points.append(pick(self.point_maps[use], numbers.long()))
                numbers = torch.tensor([[program.vector_number[v] for v in row.vectors] for row in rows])
                vectors.append(pick(self.vector_maps[use], numbers.long()))
                slot.append(torch.tensor([row.slot for row in rows]).repeat(n))
                undirected.append(torch.tensor([row.undirected for row in rows]).repeat(n))
                reach.append(torch.tensor([row.reach for row in rows]).repeat(n))
                pose_of.append(poses.repeat_interleave(len(rows)))
                low_high = torch.tensor([[row.low, row.high, row.sigma] for row in rows]).repeat(n, 1)
                source = first_row[use] + torch.tensor(chosen)
                for column, values in zip(columns, (pose_of[-1], *low_high.unbind(1), source.repeat(n))):
                    column.append(values)
            if points:
                self.points[kind] = list(torch.cat(points).unbind(1))
                self.vectors[kind] = list(torch.cat(vectors).unbind(1))
                self.slot[kind], self.reach[kind] = torch.cat(slot), torch.cat(reach)
                self.undirected[kind], self.row_pose[kind] = torch.cat(undirected), torch.cat(pose_of)
        self.limits = Limits(*(torch.cat(column) for column in columns))

    def flat(self, per_use: list[torch.Tensor]) -> torch.Tensor:
        """Values (poses, rows of the program) of every use, in output order."""
        parts = [part[:, self.chosen[kind][use]].flatten() for kind in _KINDS for use, part in enumerate(per_use)]
        return torch.cat(parts)

    def __call__(self, figures: Figures) -> torch.Tensor:
        """(rows,) values: centimetres or degrees."""
        points = self._points(figures)
        vectors = self._vectors(figures, points)
        values = []
        for kind in _KINDS:
            if kind not in self.row_pose:
                continue
            a_b = [points.index_select(0, index) for index in self.points[kind]]
            uvw = [vectors.index_select(0, index) for index in self.vectors[kind]]
            values.append(getattr(self, _OPERATIONS[kind])(kind, figures, a_b, uvw))
        return torch.cat(values)

    def _points(self, figures: Figures) -> torch.Tensor:
        turn = figures.rotations.flatten(0, 1).index_select(0, self.rigid_frame)
        rigid = rotate(turn, self.rigid_offset) + figures.positions.flatten(0, 1).index_select(0, self.rigid_frame)
        parts = [rigid.new_zeros(1, 3), rigid]
        if len(self.mean_first):
            flat = torch.cat(parts)
            parts.append((flat[self.mean_first] + flat[self.mean_second]) / 2)
        if len(self.prop_along):
            centre, axis = figures.props.centre[self.prop_point], figures.props.axis[self.prop_point]
            parts.append(centre + axis * self.prop_along[:, None])
        return torch.cat(parts)

    def _vectors(self, figures: Figures, points: torch.Tensor) -> torch.Tensor:
        turned = rotate(figures.rotations.flatten(0, 1).index_select(0, self.axis_frame), self.axis_constant)
        parts = [torch.where(self.world_axis[:, None], self.axis_constant, turned)]
        if len(self.between_start):
            ends = points.index_select(0, self.between_end), points.index_select(0, self.between_start)
            parts.append(_unit(ends[0] - ends[1]))
        if len(self.prop_sign):
            parts.append(figures.props.axis[self.prop_axis] * self.prop_sign)
        return torch.cat(parts)

    def _distance(self, kind, figures, points, vectors) -> torch.Tensor:
        slot = self.slot[kind]
        radius = figures.props.radius[self.row_pose[kind], slot.clamp(min=0)] * (slot >= 0)
        return (_length(points[0] - points[1]) - radius) / self.centimetre

    def _along(self, kind, figures, points, vectors) -> torch.Tensor:
        return ((points[0] - points[1]) * vectors[0]).sum(-1) / self.centimetre

    def _aside(self, kind, figures, points, vectors) -> torch.Tensor:
        gap = points[0] - points[1]
        return _length(gap - vectors[0] * (gap * vectors[0]).sum(-1, keepdim=True)) / self.centimetre

    def _angle(self, kind, figures, points, vectors) -> torch.Tensor:
        cosine = (vectors[0] * vectors[1]).sum(-1)
        cosine = torch.where(self.undirected[kind], cosine.abs(), cosine)
        return torch.atan2(_length(torch.linalg.cross(*vectors)), cosine) * DEGREES

    def _planar(self, kind, figures, points, vectors) -> torch.Tensor:
        u, v, w = vectors
        return torch.atan2((u * v).sum(-1), (u * w).sum(-1) + 1e-9) * DEGREES

    def _sine(self, kind, figures, points, vectors) -> torch.Tensor:
        return torch.asin((vectors[0] * vectors[1]).sum(-1).clamp(-0.9995, 0.9995)) * DEGREES

    def _sight(self, kind, figures, points, vectors) -> torch.Tensor:
        (eyes, goal), direction, pose = points, vectors[0], self.row_pose[kind]
        arms = self.capsules.mask("farm hand")
        start, end = (part[:, arms][pose] for part in self.capsules.place(figures.rotations, figures.positions))
        reach = self.reach[kind] * self.centimetre
        reach = torch.where(reach > 0, reach, _length(goal - eyes) * _SIGHT_SHARE)[:, None]
        near = (eyes + direction * _SIGHT_START_CM * self.centimetre)[:, None].expand_as(start)
        far = (eyes + direction * reach)[:, None].expand_as(start)
        gap = segment_distance(start, end, near, far) - self.capsules.radius[arms]
        return gap.amin(1) / self.centimetre


_OPERATIONS = {
    DISTANCE: "_distance", ALONG: "_along", ASIDE: "_aside", ANGLE: "_angle", PLANAR: "_planar", SINE: "_sine",
    SIGHT: "_sight",
}  # fmt: skip


def _length(vector: torch.Tensor) -> torch.Tensor:
    return (vector * vector).sum(-1).add(1e-10).sqrt()


def _unit(vector: torch.Tensor) -> torch.Tensor:
    return vector / _length(vector)[..., None]
