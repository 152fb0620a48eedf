"""Solving facts into poses: a pose prior's code, a small residual per joint, root, and props, by Adam on all at once.

Per candidate: a branch of every group and a target inside every range are drawn; the pose is pulled softly to the
targets and firmly into the ranges, under joint limits, contacts, balance and gravity. Candidates that miss a fact, a
limit or the balance are rejected; a varied choice of the rest is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import roma
import torch
from torch.nn.functional import huber_loss

from ...pose_prior.limits import JointLimits
from .book import Action
from .problem import BookBody, Candidates, Problem, build_problem
from .program import Figures, Props
from .rotations import gram_schmidt, small_rotation
from .seeds import SeedPoses
from .selection import shape_features, spread_cm, varied_best
from .skeleton import heading, turn_about_vertical

DEGREES = 180 / math.pi
# Weights of the energy; a fact outside its range by one tolerance costs about 1.
_RANGE, _TARGET, _DEPTH, _JOINT_LIMIT, _BALANCE = 2.0, 0.35, 3e3, 60.0, 1500.0
_CODE, _CODE_FROM_SEED, _RESIDUAL, _WRIST, _HEADING, _SYMMETRY = 0.05, 0.03, 2.5, 0.6, 3.0, 15.0
_RATES = {"code": 0.06, "residual": 0.02, "turn": 0.02, "pelvis": 0.015, "load": 0.1, "centre": 0.02, "axis": 0.03}
_WARM_UP, _END_RATE = 10, 0.02
_WRISTS = slice(19, 21)  # joints 20 and 21 in body_pose
# Joints the prior knows badly may leave it more cheaply: wrists, collars, ankles.
_RESIDUAL_SHARE = torch.ones(21)
_RESIDUAL_SHARE[[19, 20]], _RESIDUAL_SHARE[[11, 14]], _RESIDUAL_SHARE[[6, 7]] = 0.25, 0.5, 0.4
_MIRRORED = torch.tensor([[1.0, -1.0, -1.0], [-1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])  # a rotation seen in the mirror
_DROP_WORST = 0.15  # share of the accepted candidates that is never kept


class PosePrior(Protocol):
    """What the solver needs of VPoser."""

    def encode(self, body_pose: torch.Tensor) -> torch.Tensor: ...

    def decode_6d(self, code: torch.Tensor) -> torch.Tensor: ...


@dataclass(frozen=True)
class Settings:
    """How hard to try: poses kept per action, candidates per action, steps, and when a candidate is rejected."""

    kept: int = 24
    candidates: int = 36
    steps: int = 150
    max_excess: float = 3.0  # tolerances outside a range
    max_depth: float = 0.03  # metres
    max_strain: float = 12.0  # degrees over a joint limit
    max_imbalance: float = 0.05  # metres


@dataclass
class SolvedAction:
    """The kept poses of one action.

    body (n, 21, 3), root (n, 3), transl (n, 3): float32, SMPL's convention, heading removed; base (n,): which of the
    action's bases; picks (n, groups): branches drawn, -1 where the base has fewer groups; props (n, slots, 7): centre,
    axis, radius; report: acceptance, spread, what fails.
    """

    name: str
    body: np.ndarray
    root: np.ndarray
    transl: np.ndarray
    base: np.ndarray
    picks: np.ndarray
    props: np.ndarray
    report: dict = field(default_factory=dict)


@dataclass(frozen=True)
class _State:
    rotations: torch.Tensor
    root: torch.Tensor
    figures: Figures


class BookSolver:
    """Solves batches of actions on one body with one prior."""

    def __init__(self, body: BookBody, prior: PosePrior, seeds: SeedPoses, settings: Settings | None = None):
        self.body, self.prior, self.seeds = body, prior, seeds
        self.settings = settings or Settings()
        self.limits = JointLimits()

    def solve(self, actions: list[Action]) -> list[SolvedAction]:
        """Solve the actions together. Raises ValueError naming an action whose facts cannot be compiled."""
        problem = build_problem(actions, self.body, self.seeds, self.settings.candidates)
        solution = _Optimiser(problem, self.prior, self.body, self.limits, self.settings).run()
        return [self._select(name, members, problem, solution) for name, members in problem.members.items()]

    def _select(self, name: str, members: list[Candidates], problem: Problem, solution: _Solution) -> SolvedAction:
        settings, chosen, spare = self.settings, [], []
        features = shape_features(solution.positions)
        share = math.ceil(settings.kept / len(members))
        for made in members:
            good = made.poses[solution.good[made.poses]]
            good = good[solution.score[good].argsort()]
            good = good[: max(len(good) - int(_DROP_WORST * len(good)), min(len(good), share))]
            picked = varied_best(features[good], solution.score[good], share) if len(good) else good
            chosen += good[picked].tolist()
            spare += [int(row) for row in good if int(row) not in chosen]
        rows = torch.tensor((chosen + spare)[: settings.kept], dtype=torch.long)
        everyone = torch.cat([made.poses for made in members])
        return SolvedAction(
            name,
            *(part[rows].numpy() for part in (solution.body, solution.root, solution.transl)),
            *(part[rows].numpy() for part in _draws(members, problem.count)),
            solution.props[rows].numpy(),
            solution.report(everyone, rows, features, problem),
        )


@dataclass
class _Solution:
    """The optimised candidates and how good they are."""

    body: torch.Tensor
    root: torch.Tensor
    transl: torch.Tensor
    positions: torch.Tensor
    props: torch.Tensor
    excess: torch.Tensor  # (rows,) tolerances
    worst: torch.Tensor
    depth: torch.Tensor
    strain: torch.Tensor
    imbalance: torch.Tensor
    good: torch.Tensor
    score: torch.Tensor
    settings: Settings

    def report(self, poses: torch.Tensor, kept: torch.Tensor, features: torch.Tensor, problem: Problem) -> dict:
        """Acceptance, why candidates were rejected, and the facts that fail most often."""
        settings, limits = self.settings, problem.measure.limits
        share = lambda failed: round(float(failed[poses].float().mean()), 3)  # noqa: E731
        ours = torch.isin(limits.pose, poses)
        failed = limits.source[ours & (self.excess > settings.max_excess)]
        labels: dict[str, int] = {}
        for number in failed.tolist():
            label = problem.labels[number]
            labels[label] = labels.get(label, 0) + 1
        failing = sorted(labels.items(), key=lambda item: -item[1])[:3]
        return {
            "accepted": share(self.good),
            "kept": len(kept),
            "spread_cm": round(spread_cm(features[kept]), 1),
            "rejected": {
                "fact": share(self.worst > settings.max_excess),
                "depth": share(self.depth > settings.max_depth),
                "joint limit": share(self.strain > settings.max_strain),
                "balance": share(self.imbalance > settings.max_imbalance),
            },
            "failing": {label: round(count / len(poses), 3) for label, count in failing},
        }


class _Optimiser:
    """The variables of one batch and their energy."""

    def __init__(self, problem: Problem, prior: PosePrior, body: BookBody, limits: JointLimits, settings: Settings):
        self.problem, self.prior, self.body, self.limits, self.settings = problem, prior, body, limits, settings
        count = problem.count
        with torch.no_grad():
            self.seed_code = self._per_action(prior.encode, problem.body_pose)
        supports = problem.contacts.support_on.shape[1]
        self.variables = {
            "code": self.seed_code.clone(),
            "residual": torch.zeros(count, 21, 3),
            "turn": torch.zeros(count, 3),
            "pelvis": problem.pelvis.clone(),
            "load": torch.zeros(count, supports),
            "centre": problem.props.centre.clone(),
            "axis": problem.props.axis.clone(),
        }
        for variable in self.variables.values():
            variable.requires_grad_()

    def run(self) -> _Solution:
        """Adam with a warm-up and a cosine; contacts stiffen over the first part."""
        groups = [{"params": [self.variables[name]], "lr": rate, "peak": rate} for name, rate in _RATES.items()]
        adam = torch.optim.Adam(groups, betas=(0.9, 0.97), fused=True)
        for step in range(self.settings.steps):
            progress = step / self.settings.steps
            shape = min(1.0, (step + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * progress)) + _END_RATE
            for group in adam.param_groups:
                group["lr"] = group["peak"] * shape
            adam.zero_grad(set_to_none=True)
            self.energy(min(1.0, 0.15 + 1.2 * progress)).backward()
            adam.step()
        with torch.no_grad():
            return self._judge()

    def energy(self, stiffness: float) -> torch.Tensor:
        """The sum of all candidates' energies; they do not interact."""
        problem, state = self.problem, self._state()
        values = problem.measure(state.figures)
        excess = problem.measure.limits.excess(values)
        off_target = (values - problem.target) / problem.target_sigma
        zero = torch.zeros_like(excess)
        energy = _RANGE * huber_loss(excess, zero, reduction="sum", delta=4.0)
        energy = energy + _TARGET * huber_loss(off_target, zero, reduction="sum", delta=2.0)
        depth_cost, _, effort, mass_centre = problem.contacts.penetration(state.figures)
        energy = energy + stiffness * _DEPTH * depth_cost + effort.sum()
        off_balance = problem.contacts.imbalance(state.figures, mass_centre, self.variables["load"])
        energy = energy + _BALANCE * (off_balance**2).sum()
        energy = energy + _JOINT_LIMIT * (self.limits.excess(state.rotations) ** 2).sum()
        return energy + self._regularisers(state)

    def _regularisers(self, state: _State) -> torch.Tensor:
        code, residual = self.variables["code"], self.variables["residual"]
        cost = _CODE * (code**2).sum() + _CODE_FROM_SEED * ((code - self.seed_code) ** 2).sum()
        cost = cost + _RESIDUAL * (_RESIDUAL_SHARE[:, None] * residual**2).sum()
        wrists = state.rotations[:, _WRISTS].diagonal(dim1=-2, dim2=-1).sum(-1)
        cost = cost + _WRIST * (3 - wrists).sum()
        pelvis = state.figures.rotations[:, 0]
        facing = torch.atan2(pelvis[:, 0, 2], pelvis[:, 2, 2] + 1e-9)
        cost = cost + _HEADING * (self.problem.face_forward * facing**2).sum()
        if len(self.problem.symmetric):
            pose, left, right = self.problem.symmetric.unbind(1)
            difference = state.rotations[pose, left - 1] - state.rotations[pose, right - 1] * _MIRRORED
            cost = cost + _SYMMETRY * (difference**2).sum()
        return cost

    def _state(self) -> _State:
        variables = self.variables
        decoded = gram_schmidt(self._per_action(self.prior.decode_6d, variables["code"]))
        rotations = decoded @ small_rotation(variables["residual"])
        root = self.problem.root @ small_rotation(variables["turn"])
        axis = torch.nn.functional.normalize(variables["axis"], dim=-1)
        props = Props(variables["centre"], axis, self.problem.props.radius)
        frames = self.body.skeleton.frames(rotations, root, variables["pelvis"])
        return _State(rotations, root, Figures(*frames, props))

    def _per_action(self, network, values: torch.Tensor) -> torch.Tensor:
        """Apply the prior to one action at a time: matrix products round differently for other batch sizes, and an
        action's result must not depend on the rest of the batch."""
        return torch.cat([network(part) for part in values.split(self.settings.candidates)])

    def _judge(self) -> _Solution:
        """Measure the final poses, turn them to face +z, and decide which are good."""
        settings, problem, state = self.settings, self.problem, self._state()
        values = problem.measure(state.figures)
        excess = problem.measure.limits.excess(values)
        worst = problem.measure.limits.worst(values, problem.count)
        _, depth, _, mass_centre = problem.contacts.penetration(state.figures)
        imbalance = problem.contacts.imbalance(state.figures, mass_centre, self.variables["load"]).norm(dim=1)
        strain = self.limits.excess(state.rotations).amax((1, 2)) * DEGREES
        code, residual = self.variables["code"], self.variables["residual"]
        odd = 0.15 * (code**2).mean(1) + 0.3 * (_RESIDUAL_SHARE * (residual**2).sum(2)).sum(1)
        score = worst / settings.max_excess + depth / settings.max_depth + strain / settings.max_strain + odd
        good = (worst <= settings.max_excess) & (depth <= settings.max_depth)
        good &= (strain <= settings.max_strain) & (imbalance <= settings.max_imbalance) & torch.isfinite(score)
        turn = turn_about_vertical(-heading(state.root))
        turned = lambda points: (turn[:, None] @ points[..., None])[..., 0]  # noqa: E731
        positions, props = turned(state.figures.positions), state.figures.props
        return _Solution(
            roma.rotmat_to_rotvec(state.rotations),
            roma.rotmat_to_rotvec(turn @ state.root),
            positions[:, 0] - self.body.skeleton.rest_pelvis,
            positions,
            torch.cat([turned(props.centre), turned(props.axis), props.radius[..., None]], -1),
            excess,
            worst,
            depth,
            strain,
            imbalance,
            good,
            score,
            settings,
        )


def _draws(members: list[Candidates], count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(P,) base and (P, groups) picks of all candidates of the batch; only the members' rows are filled."""
    width = max(made.picks.shape[1] for made in members)
    base, picks = torch.zeros(count, dtype=torch.long), torch.full((count, width), -1, dtype=torch.long)
    for number, made in enumerate(members):
        base[made.poses] = number
        picks[made.poses, : made.picks.shape[1]] = made.picks
    return base, picks
