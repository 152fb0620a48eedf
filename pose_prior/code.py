"""What the diffusion model samples, before the pose prior: the POSE_CODE socket type."""

from __future__ import annotations

from dataclasses import dataclass

import torch

BODY_DIM = {"vposer32": 32, "6d": 126}  # body code size of every representation (paper section 3.1)


@dataclass(frozen=True)
class PoseCode:
    """A batch of B sampled poses.

    representation: "vposer32" (a VPoser code) or "6d" (21 continuous rotations).
    body:           (B, 32) or (B, 126).
    root:           (B, 6) continuous rotation of the pelvis.
    texts:          B normalised prompts, "" where there was none.
    encoder:        name of the text encoder the sampler was conditioned with.
    left_hand, right_hand: B finger states (`hands.FINGER_STATES`), or empty for relaxed hands.

    Raises ValueError on an unknown representation, wrong shapes and values that are not finite.
    """

    representation: str
    body: torch.Tensor
    root: torch.Tensor
    texts: tuple[str, ...]
    encoder: str = ""
    left_hand: tuple[str, ...] = ()
    right_hand: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.representation not in BODY_DIM:
            raise ValueError(f"pose code: representation {self.representation!r}; known: {', '.join(BODY_DIM)}")
        batch = len(self.body)
        for name, size in (("body", BODY_DIM[self.representation]), ("root", 6)):
            value = getattr(self, name)
            if tuple(value.shape) != (batch, size):
                raise ValueError(f"pose code: {name} has shape {tuple(value.shape)}, expected {(batch, size)}")
            if not torch.isfinite(value).all():
                raise ValueError(f"pose code: {name} contains NaN or infinite values")
        for name in ("texts", "left_hand", "right_hand"):
            values = tuple(getattr(self, name))
            if len(values) != batch and (values or name == "texts"):
                raise ValueError(f"pose code: {len(values)} entries of {name} for {batch} poses")
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return len(self.body)

    def select(self, rows: list[int]) -> PoseCode:
        """The sub-batch at `rows`, in that order."""
        pick = lambda values: tuple(values[row] for row in rows) if values else ()  # noqa: E731
        return PoseCode(
            self.representation,
            self.body[rows],
            self.root[rows],
            pick(self.texts),
            self.encoder,
            pick(self.left_hand),
            pick(self.right_hand),
        )
