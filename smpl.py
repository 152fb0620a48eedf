"""SMPL's skeleton and the pose record that travels through the pack.

Axes: metres, y up, the person faces +z, their left is +x. Rotations are axis-angle in radians, local to the parent
joint, in SMPL joint order (Loper et al. 2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

JOINT_NAMES = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
NUM_BODY_JOINTS = 21  # joints 1..21: what `body_pose` rotates; 22 and 23 follow the wrists
NUM_HAND_JOINTS = 15  # MANO order: index, middle, pinky, ring, thumb; three joints each
NUM_BETAS = 10

# Joint i's partner under left/right mirroring.
MIRROR = tuple(
    JOINT_NAMES.index(name.replace("left", "right") if name.startswith("left") else name.replace("right", "left"))
    for name in JOINT_NAMES
)
# OpenPose's body points in the order of its BODY_25 layout (Cao et al. 2019); those that are joints have their names.
BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "middle_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye",
    "left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe",
    "right_small_toe", "right_heel",
)  # fmt: skip
KNUCKLES = (1, 5, 9, 13, 17)  # of OpenPose's 21 hand points: where thumb, index, middle, ring and little finger begin
BETAS_SPACES = ("bundled", "smpl", "smplx")


@dataclass(frozen=True)
class SMPLPose:
    """A batch of B body poses, the `SMPL_POSE` socket type.

    body_pose:        (B, 21, 3) axis-angle of joints 1..21.
    global_orient:    (B, 3) axis-angle of the pelvis in the world.
    betas:            (B, 10) shape coefficients in the space named by `betas_space`.
    transl:           (B, 3) metres, added after posing; the rotation is about the pelvis' rest position, as in SMPL.
    left_hand_pose:   (B, 15, 3) axis-angle in MANO order, or None for relaxed hands; likewise right_hand_pose.
    texts:            B strings, the prompt each pose was made for ("" if none).
    betas_space:      "bundled", "smpl" or "smplx": a body ignores betas of another space.

    Raises ValueError on wrong shapes, unequal batch sizes and values that are not finite.
    """

    body_pose: torch.Tensor
    global_orient: torch.Tensor
    betas: torch.Tensor
    transl: torch.Tensor
    left_hand_pose: torch.Tensor | None = None
    right_hand_pose: torch.Tensor | None = None
    texts: tuple[str, ...] = ()
    betas_space: str = "bundled"

    def __post_init__(self) -> None:
        batch = self.body_pose.shape[0] if self.body_pose.ndim else 0
        if batch == 0:
            raise ValueError("pose: the batch is empty")
        expected = {
            "body_pose": (batch, NUM_BODY_JOINTS, 3),
            "global_orient": (batch, 3),
            "betas": (batch, NUM_BETAS),
            "transl": (batch, 3),
            "left_hand_pose": (batch, NUM_HAND_JOINTS, 3),
            "right_hand_pose": (batch, NUM_HAND_JOINTS, 3),
        }
        for name, shape in expected.items():
            value = getattr(self, name)
            if value is None and name.endswith("_hand_pose"):
                continue
            if tuple(value.shape) != shape:
                raise ValueError(f"pose: {name} has shape {tuple(value.shape)}, expected {shape}")
            if not torch.isfinite(value).all():
                raise ValueError(f"pose: {name} contains NaN or infinite values")
        if self.betas_space not in BETAS_SPACES:
            raise ValueError(f"pose: betas_space is {self.betas_space!r}, expected one of {', '.join(BETAS_SPACES)}")
        texts = tuple(str(text) for text in self.texts) or ("",) * batch
        if len(texts) != batch:
            raise ValueError(f"pose: {len(texts)} texts for {batch} poses")
        object.__setattr__(self, "texts", texts)

    @staticmethod
    def create(
        body_pose: torch.Tensor,  # (B, 21, 3)
        global_orient: torch.Tensor | None = None,  # (B, 3)
        *,
        betas: torch.Tensor | None = None,
        transl: torch.Tensor | None = None,
        left_hand_pose: torch.Tensor | None = None,
        right_hand_pose: torch.Tensor | None = None,
        texts: tuple[str, ...] | list[str] = (),
        betas_space: str = "bundled",
    ) -> SMPLPose:
        """A pose from its body rotations; everything not given is zero, hands not given are relaxed."""
        batch = body_pose.shape[0] if body_pose.ndim else 0
        return SMPLPose(
            body_pose=body_pose,
            global_orient=body_pose.new_zeros(batch, 3) if global_orient is None else global_orient,
            betas=body_pose.new_zeros(batch, NUM_BETAS) if betas is None else betas,
            transl=body_pose.new_zeros(batch, 3) if transl is None else transl,
            left_hand_pose=left_hand_pose,
            right_hand_pose=right_hand_pose,
            texts=tuple(texts),
            betas_space=betas_space,
        )

    def __len__(self) -> int:
        return self.body_pose.shape[0]

    def select(self, index: int | slice | list[int] | torch.Tensor) -> SMPLPose:
        """The sub-batch at `index` (an int gives a batch of one, in Python's negative counting too)."""
        rows = torch.arange(len(self))[index].reshape(-1)
        pick = lambda value: None if value is None else value[rows]  # noqa: E731
        return replace(
            self,
            body_pose=pick(self.body_pose),
            global_orient=pick(self.global_orient),
            betas=pick(self.betas),
            transl=pick(self.transl),
            left_hand_pose=pick(self.left_hand_pose),
            right_hand_pose=pick(self.right_hand_pose),
            texts=tuple(self.texts[row] for row in rows.tolist()),
        )

    def to(self, *args, **kwargs) -> SMPLPose:
        """The same pose with every tensor moved or cast, as `torch.Tensor.to`."""
        move = lambda value: None if value is None else value.to(*args, **kwargs)  # noqa: E731
        return replace(
            self,
            body_pose=move(self.body_pose),
            global_orient=move(self.global_orient),
            betas=move(self.betas),
            transl=move(self.transl),
            left_hand_pose=move(self.left_hand_pose),
            right_hand_pose=move(self.right_hand_pose),
        )

    def full_pose(self) -> torch.Tensor:
        """(B, 24, 3): root, body joints, and two zero hand joints, as SMPL's 24-joint body takes them."""
        hands = self.body_pose.new_zeros(len(self), 2, 3)
        return torch.cat([self.global_orient[:, None], self.body_pose, hands], 1)


def canonical_axis_angle(rotvec: torch.Tensor) -> torch.Tensor:
    """(..., 3) axis-angle with its angle brought into [0, pi]; the rotation stays the same."""
    angle = rotvec.norm(dim=-1, keepdim=True)
    wrapped = torch.remainder(angle + math.pi, 2 * math.pi) - math.pi
    return torch.where(angle > math.pi, rotvec / angle.clamp(min=1e-12) * wrapped, rotvec)


def mirror_pose(pose: SMPLPose) -> SMPLPose:
    """The pose seen in a mirror: left and right exchanged about the body's symmetry plane (x -> -x)."""
    flip = pose.body_pose.new_tensor([1.0, -1.0, -1.0])
    order = [joint - 1 for joint in MIRROR[1 : NUM_BODY_JOINTS + 1]]
    hand = lambda value: None if value is None else value * flip  # noqa: E731
    return replace(
        pose,
        body_pose=pose.body_pose[:, order] * flip,
        global_orient=pose.global_orient * flip,
        transl=pose.transl * pose.transl.new_tensor([-1.0, 1.0, 1.0]),
        left_hand_pose=hand(pose.right_hand_pose),
        right_hand_pose=hand(pose.left_hand_pose),
    )
