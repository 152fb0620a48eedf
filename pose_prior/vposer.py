"""VPoser, the variational human pose prior (Pavlakos et al. 2019), in the published V02_05 layout.

Our own implementation of the layout: the module and parameter names are those of the published checkpoints, so official
V02_05 weights load as they are; the bundled weights are trained by `training/vposer.py` on free data.
"""

from __future__ import annotations

import pickle
import types
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from ..smpl import NUM_BODY_JOINTS, canonical_axis_angle
from ..weights import bundled
from .checkpoint import as_float32, load_checkpoint, load_weights
from .kinematics import sixd_to_rotmat, sixd_to_rotvec

KIND = "vposer"
LATENT_DIM = 32
NUM_NEURONS = 512


class GaussianHead(nn.Module):
    """A diagonal Gaussian: mean = mu(x), standard deviation = softplus(logvar(x))."""

    def __init__(self, features: int, latent_dim: int):
        super().__init__()
        self.mu = nn.Linear(features, latent_dim)
        self.logvar = nn.Linear(features, latent_dim)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.mu(x), functional.softplus(self.logvar(x))


class VPoser(nn.Module):
    """Encoder and decoder between 21 body joints and a 32-dimensional, roughly normal code (paper section 3.1)."""

    def __init__(self, num_neurons: int = NUM_NEURONS, latent_dim: int = LATENT_DIM):
        super().__init__()
        features = NUM_BODY_JOINTS * 3
        self.latent_dim = latent_dim
        self.encoder_net = nn.Sequential(
            nn.Flatten(),
            nn.BatchNorm1d(features),
            nn.Linear(features, num_neurons),
            nn.LeakyReLU(),
            nn.BatchNorm1d(num_neurons),
            nn.Dropout(0.1),
            nn.Linear(num_neurons, num_neurons),
            nn.Linear(num_neurons, num_neurons),
            GaussianHead(num_neurons, latent_dim),
        )
        self.decoder_net = nn.Sequential(
            nn.Linear(latent_dim, num_neurons),
            nn.LeakyReLU(),
            nn.Dropout(0.1),
            nn.Linear(num_neurons, num_neurons),
            nn.LeakyReLU(),
            nn.Linear(num_neurons, NUM_BODY_JOINTS * 6),
        )

    def forward(self, body_pose: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Training pass: (B, 21, 3) -> mean and deviation (B, latent_dim), decoded random code (B, 21, 6)."""
        mean, deviation = self.posterior(body_pose)
        return mean, deviation, self.decode_6d(mean + deviation * torch.randn_like(mean))

    def posterior(self, body_pose: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """body_pose (B, 21, 3) axis-angle -> mean and standard deviation of its code, both (B, latent_dim)."""
        return self.encoder_net(canonical_axis_angle(body_pose))

    def encode(self, body_pose: torch.Tensor) -> torch.Tensor:
        """(B, 21, 3) axis-angle -> (B, latent_dim), the posterior's mean."""
        return self.posterior(body_pose)[0]

    def decode_6d(self, code: torch.Tensor) -> torch.Tensor:
        """(B, latent_dim) -> (B, 21, 6), not yet orthonormal."""
        return self.decoder_net(code).unflatten(-1, (NUM_BODY_JOINTS, 6))

    def decode_rotmat(self, code: torch.Tensor) -> torch.Tensor:
        """(B, latent_dim) -> (B, 21, 3, 3)."""
        return sixd_to_rotmat(self.decode_6d(code))

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """(B, latent_dim) -> (B, 21, 3) axis-angle."""
        return sixd_to_rotvec(self.decode_6d(code))


def load_vposer(path: str | Path | None = None) -> VPoser:
    """VPoser in evaluation mode from the bundled weights, a safetensors file of ours, a V02_05 folder or its .ckpt.

    Raises FileNotFoundError if there is nothing at `path`, ValueError if it is not a VPoser v2 checkpoint.
    """
    path = bundled("vposer.safetensors") if path is None else Path(path)
    if path.is_dir() or path.suffix in (".ckpt", ".pt", ".pth"):
        tensors = _official_state(path)
    else:
        tensors = load_checkpoint(path, KIND)[0]
    width = tensors.get("decoder_net.0.weight")
    if width is None:
        raise ValueError(f"VPoser: '{path.name}' has no decoder_net.0.weight; expected a VPoser v2 (V02_05) checkpoint")
    model = VPoser(*width.shape)
    load_weights(model, tensors, f"VPoser '{path.name}'")
    return model.eval().requires_grad_(False)


def _official_state(path: Path) -> dict[str, torch.Tensor]:
    """The VPoser part of a published checkpoint; of a folder, its newest snapshot."""
    if path.is_dir():
        snapshots = sorted(path.glob("snapshots/*.ckpt"), key=lambda file: file.stat().st_mtime)
        if not snapshots:
            raise FileNotFoundError(f"VPoser: folder '{path}' has no snapshots/*.ckpt; expected the V02_05 layout")
        path = snapshots[-1]
    if not path.is_file():
        raise FileNotFoundError(f"VPoser: no checkpoint at '{path}'")
    try:
        content = _load_tensors(path)
    except Exception as error:  # a damaged file fails in many ways, all of them with the same remedy
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"VPoser: '{path.name}' is damaged or no checkpoint ({reason}); copy it again") from None
    state = content.get("state_dict", content) if isinstance(content, dict) else {}
    prefix = "vp_model." if any(key.startswith("vp_model.") for key in state) else ""
    nets = (prefix + "encoder_net.", prefix + "decoder_net.")
    return {key.removeprefix(prefix): as_float32(value) for key, value in state.items() if key.startswith(nets)}


def _load_tensors(path: Path):
    """The content of a torch file; whatever is not a tensor or a plain container becomes an inert stand-in."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        return torch.load(path, map_location="cpu", weights_only=False, pickle_module=_tensors_only)


class _Ignored:
    """Stands in for any pickled object that is not a tensor (Lightning callbacks, hyper-parameters)."""

    def __init__(self, *args, **kwargs):
        pass

    def __setstate__(self, state):
        pass


class _TensorUnpickler(pickle.Unpickler):
    """Rebuilds tensors and plain containers; nothing else a pickle names is ever imported or called."""

    _allowed = {  # noqa: RUF012
        ("collections", "OrderedDict"),
        ("torch._utils", "_rebuild_tensor_v2"),
        ("torch._utils", "_rebuild_parameter"),
    }

    def find_class(self, module: str, name: str):
        if (module, name) in self._allowed or (module == "torch" and name.endswith("Storage")):
            return super().find_class(module, name)
        return _Ignored


_tensors_only = types.SimpleNamespace(
    __name__="tensors_only",
    Unpickler=_TensorUnpickler,
    load=lambda file, **options: _TensorUnpickler(file, **options).load(),
)
