"""The light of a picture: one key light, and around it a hemisphere of sky and ground or a panorama."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from .camera import Camera
from .environment import Environment


@dataclass(frozen=True)
class Lighting:
    """A key light and ambient light, in linear units: a white surface that faces a light of 1 shows as white.

    key_direction: towards the light, in the frame of the viewer: x right, y up, z to the viewer; "up" stays the
                   world's, so a camera that looks down still sees a person lit from above.
    key, sky, ground: linear RGB. Together they stay near 1 on the brightest side, so that colours keep their own value.
    shadow:        share 0..1 of the key light that a shadow takes away.
    occlusion:     share 0..1 of the ambient light that corners and folds lose.
    environment:   a panorama that takes the place of sky and ground.
    """

    key_direction: tuple[float, float, float] = (-0.45, 0.60, 0.66)
    key: tuple[float, float, float] = (0.68, 0.66, 0.63)
    sky: tuple[float, float, float] = (0.42, 0.44, 0.47)
    ground: tuple[float, float, float] = (0.25, 0.23, 0.21)
    shadow: float = 0.7
    occlusion: float = 0.8
    environment: Environment | None = None

    def __post_init__(self) -> None:
        for name in ("key_direction", "key", "sky", "ground"):
            value = getattr(self, name)
            if len(value) != 3 or not all(math.isfinite(v) for v in value):
                raise ValueError(f"lighting: {name} is {value}, expected three finite numbers")
        if not any(self.key_direction):
            raise ValueError("lighting: key_direction is zero, it must point towards the light")
        for name in ("shadow", "occlusion"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"lighting: {name} is {getattr(self, name)}, expected 0 to 1")

    @classmethod
    def under(cls, panorama: torch.Tensor, strength: float = 1.0) -> Lighting:
        """The light of an equirectangular picture (H, W, 3), sRGB: what is strong on one side of it casts shadows.

        strength: 1 shows a white surface on the brightest side as white, as the default light does, whatever the
                  picture's own exposure.

        Raises ValueError as `Environment` does, and on a negative or infinite strength.
        """
        if not 0 <= strength < math.inf:
            raise ValueError(f"environment: strength is {strength}, expected 0 or more")
        environment = Environment(panorama)
        around = torch.nn.functional.normalize(torch.cartesian_prod(*[torch.linspace(-1, 1, 4)] * 3), dim=1)
        brightest = float(environment.diffuse(around).mean(1).max())
        direction, key, rest = environment.scaled(strength / brightest).parted()
        return cls(key_direction=tuple(direction.tolist()), key=tuple(key.tolist()), environment=rest)

    def towards_key(self, camera: Camera) -> torch.Tensor:
        """(3,) unit vector in the world, float64, from the subject to the key light."""
        direction = viewer_frame(camera).T @ torch.tensor(self.key_direction, dtype=torch.float64)
        return direction / direction.norm()


def viewer_frame(camera: Camera) -> torch.Tensor:
    """(3, 3) rows: right, up and back of an upright viewer who looks the way the camera does, in the world, float64."""
    level = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    back = camera.rotation[2] * level
    if float(back.norm()) < 1e-3:  # looking straight down or up: the picture's vertical tells where the viewer is
        back = -camera.rotation[1] * level * camera.rotation[2, 1].sign()
    back = back / back.norm()
    up = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    return torch.stack((torch.linalg.cross(up, back), up, back))
