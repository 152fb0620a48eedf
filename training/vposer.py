"""Train VPoser: `python -m avatar_scene.training.vposer --data POSES --out RUN`.

Losses after Pavlakos et al. 2019: Kullback-Leibler divergence, geodesic error of the joint rotations and error of the
joint positions; early steps add a direct rotation-matrix term, which has no flat spot at half turns.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import roma
import torch
from torch import nn

from ..pose_prior.checkpoint import save_checkpoint
from ..pose_prior.kinematics import joint_positions, sixd_to_rotmat
from ..pose_prior.vposer import KIND, VPoser, load_vposer
from .common import TrainConfig, is_main_process, parse_config, seed_step, train
from .data.book import BOOK, load_book
from .data.corpus import load_poses
from .data.mocap import load_mocap
from .data.poses import PoseSet
from .data.skeleton import rest_joints
from .held_out import load_held_out


@dataclass
class VPoserConfig(TrainConfig):
    out: Path = Path("runs/vposer")
    data: str = ""  # folder of the mocap poses; empty: AVATAR_SCENE_POSES
    book: str = str(BOOK)  # solved action book, or "none" for mocap alone
    book_share: float = 0.5  # share of the batch drawn from the book
    hold_out: bool = False  # train without the poses of the actions in held_out.json
    body: str = ""  # SMPL-format body npz for the joint loss; empty: the bundled one
    kl_weight: float = 5e-3  # against losses in radians and metres, summed over joints
    joint_weight: float = 4.0  # joint positions, metres
    init: str = ""  # VPoser weights to start from; empty: from scratch
    matrix_steps: float = 0.3  # first part of training with the rotation-matrix term
    steps: int = 12000
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-4


class VPoserLoss:
    """Callable for `train`: draws a batch and returns the losses."""

    def __init__(self, poses: PoseSet, config: VPoserConfig, device: torch.device):
        self.body = torch.from_numpy(poses.body).to(device)
        self.weight = torch.from_numpy(poses.weight).to(device)
        self.rest = rest_joints(config.body or None).to(device)
        self.config = config

    def __call__(self, model: nn.Module, step: int) -> dict[str, torch.Tensor]:
        config = self.config
        rotvec = self.body[torch.multinomial(self.weight, config.batch, replacement=True)]
        target = roma.rotvec_to_rotmat(rotvec)
        mean, deviation, sixd = model(rotvec)
        decoded = sixd_to_rotmat(sixd.float())
        divergence = 0.5 * (mean**2 + deviation**2 - 1 - 2 * torch.log(deviation + 1e-8)).sum(-1).mean()
        angle = geodesic(decoded, target).sum(-1).mean()
        joints = (self._joints(decoded) - self._joints(target)).norm(dim=-1).sum(-1).mean()
        loss = angle + config.joint_weight * joints + config.kl_weight * divergence
        if step < config.matrix_steps * config.steps:
            loss = loss + ((sixd - target[..., :2].flatten(-2)) ** 2).sum((-1, -2)).mean()
        return {"loss": loss, "degrees": angle.rad2deg() / 21, "joints": joints / 24, "kl": divergence}

    def _joints(self, rotmats: torch.Tensor) -> torch.Tensor:
        upright = torch.eye(3, device=rotmats.device).expand(len(rotmats), 1, 3, 3)
        return joint_positions(torch.cat([upright, rotmats], 1), self.rest)


def geodesic(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """(..., 3, 3) rotations -> (...) angle between them, radians; its gradient stays finite at zero."""
    chord = (a - b).flatten(-2).norm(dim=-1)  # 2 sqrt(2) sin(angle / 2)
    return 2 * torch.asin((chord / 8**0.5).clamp(max=1 - 1e-6))


@torch.no_grad()
def reconstruction_degrees(model: VPoser, body: np.ndarray) -> float:
    """Mean angle between a joint's rotation and its reconstruction, degrees."""
    rotvec = torch.from_numpy(body)
    decoded = model.decode_rotmat(model.encode(rotvec))
    return float(geodesic(decoded, roma.rotvec_to_rotmat(rotvec)).mean().rad2deg())


@torch.no_grad()
def active_dimensions(model: VPoser, body: np.ndarray) -> int:
    """Latent dimensions whose posterior mean varies (Burda et al. 2016: variance over the data above 0.01)."""
    return int((model.encode(torch.from_numpy(body)).var(0) > 0.01).sum())


def main() -> None:
    config = parse_config(VPoserConfig, __doc__.splitlines()[0])
    seed_step(config.seed, -1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    held = load_held_out() if config.hold_out else None
    poses = load_poses(config.data, config.book, config.book_share, held)
    model = load_vposer(config.init).requires_grad_(True) if config.init else VPoser()
    state = train(model, VPoserLoss(poses, config, device), config)
    if not is_main_process():
        return
    model.load_state_dict(state)
    model.cpu().eval()
    report = {
        name: reconstruction_degrees(model, load_mocap(config.data or None, name).body) for name in ("val", "test")
    }
    report["train"] = reconstruction_degrees(model, poses.body[:: max(1, len(poses) // 5000)])
    report["active"] = active_dimensions(model, load_mocap(config.data or None, "test").body)
    if config.book != "none":
        report["book"] = reconstruction_degrees(model, load_book(config.book).body)
    print(json.dumps(report))
    halves = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    save_checkpoint(config.out / "vposer.safetensors", halves, KIND, {"report": report})


if __name__ == "__main__":
    main()
