"""The light of a picture: one key light and a hemisphere of sky and ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from .camera import Camera


@dataclass(frozen=True)
class Lighting:
    """A key light and a hemisphere light, in linear units: a white surface facing a light of 1 shows as white.

    key_direction: towards the light, in the frame of the viewer: x right, y up, z to the viewer; "up" stays the
                   world's, so a camera that looks down still sees a person lit from above.
    key, sky, ground: linear RGB. Together they stay near 1 on the brightest side, so that colours keep their own value.
    """

    key_direction: tuple[float, float, float] = (-0.45, 0.60, 0.66)
    key: tuple[float, float, float] = (0.66, 0.64, 0.61)
    sky: tuple[float, float, float] = (0.42, 0.44, 0.47)
    ground: tuple[float, float, float] = (0.25, 0.23, 0.21)

    def __post_init__(self) -> None:
        for name in ("key_direction", "key", "sky", "ground"):
            value = getattr(self, name)
            if len(value) != 3 or not all(math.isfinite(v) for v in value):
                raise ValueError(f"lighting: {name} is {value}, expected three finite numbers")
        if not any(self.key_direction):
            raise ValueError("lighting: key_direction is zero, it must point towards the light")

    def towards_key(self, camera: Camera) -> torch.Tensor:
        """(3,) unit vector in the world, float64, from the subject to the key light."""
        level = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
        back = camera.rotation[2] * level
        if float(back.norm()) < 1e-3:  # looking straight down or up: the picture's vertical tells where the viewer is
            back = -camera.rotation[1] * level * camera.rotation[2, 1].sign()
        back = back / back.norm()
        right = torch.stack((back[2], torch.zeros_like(back[0]), -back[0]))
        up = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
        x, y, z = self.key_direction
        direction = x * right + y * up + z * back
        return direction / direction.norm()
