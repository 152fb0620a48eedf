"""Text to 3D pose, end to end: normalise, encode, sample, decode through VPoser, rank (paper sections 3.1, 3.3, 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ..smpl import SMPLPose
from ..weights import bundled
from .checkpoint import load_checkpoint, load_weights
from .choice import choose
from .code import PoseCode
from .denoiser import ROOT_DIM, Denoiser, DenoiserConfig
from .hand_head import HandHead
from .hands import FINGER_STATES, hand_poses
from .kinematics import rotvec_to_6d, sixd_to_rotvec
from .prompts import Prompt, normalise
from .ranker import PoseRanker, load_ranker
from .sampling import GUIDANCE_SCALE, initial_noise, sample
from .text_encoder import TOKEN_SLOTS, MiniLMEncoder, TextEncoder, TextFeatures
from .vposer import VPoser, load_vposer

KIND = "text_to_pose"
OVERSAMPLING = 8  # candidates drawn for every pose that `generate` returns


class TextToPose:
    """A pose checkpoint with its text encoder, ready to sample."""

    def __init__(self, model: Denoiser, hand_head: HandHead, encoder: TextEncoder, representation: str):
        self.model = model.eval().requires_grad_(False)
        self.hand_head = hand_head.eval().requires_grad_(False)
        self.encoder = encoder
        self.representation = representation

    @staticmethod
    def load(
        checkpoint: str | Path | None = None,
        device: torch.device | str = "cpu",
        encoder: TextEncoder | None = None,
    ) -> TextToPose:
        """The bundled checkpoint, or another; the encoder is MiniLM unless one is given.

        Raises ValueError if the checkpoint is damaged, of another kind or trained with another text encoder.
        """
        path = bundled("text_to_pose.safetensors") if checkpoint is None else Path(checkpoint)
        tensors, config = load_checkpoint(path, KIND)
        name = f"{KIND} '{path.name}'"
        if config.get("architecture", "decoder") != "decoder":
            raise ValueError(f"{name}: holds a comparison model ({config['architecture']}), not the product's")
        encoder = MiniLMEncoder(device) if encoder is None else encoder
        if encoder.name != config["encoder"]:
            raise ValueError(f"{name}: trained with the text encoder {config['encoder']!r}, got {encoder.name!r}")
        bundle = pose_bundle(DenoiserConfig(**config["denoiser"]))
        load_weights(bundle, tensors, name)
        bundle.to(device)
        return TextToPose(bundle["denoiser"], bundle["hand_head"], encoder, config["representation"])

    def prompts(self, texts: list[str]) -> list[Prompt]:
        """The texts as the model will see them, with notes for the user."""
        return [normalise(text, self.encoder.count_tokens, TOKEN_SLOTS) for text in texts]

    def sample(
        self,
        texts: list[str],
        n: int,
        *,
        seed: int = 0,
        steps: int = 25,
        guidance_scale: float = GUIDANCE_SCALE,
        sampler: str = "dpm++",
        callback: Callable[[int, int], None] | None = None,
    ) -> PoseCode:
        """`n` samples for every text, in the order text 0 sample 0, text 0 sample 1, ...

        Sample k of a text depends on the seed, k and the text alone. An empty text is sampled without condition.
        Raises ValueError if there is no text, n is below 1, or steps and sampler are not known to `sampling`.
        """
        return self.sample_with_features(
            texts, n, seed=seed, steps=steps, guidance_scale=guidance_scale, sampler=sampler, callback=callback
        )[0]

    def sample_with_features(
        self,
        texts: list[str],
        n: int,
        *,
        seed: int,
        steps: int,
        guidance_scale: float,
        sampler: str,
        callback: Callable[[int, int], None] | None = None,
    ) -> tuple[PoseCode, TextFeatures]:
        """`sample`, and the encoded texts for whoever needs them next."""
        if n < 1:
            raise ValueError(f"the number of poses is {n}; choose 1 or more")
        if not texts:
            raise ValueError("no prompt was given")
        normalised = [prompt.text for prompt in self.prompts(texts)]
        features = self.encoder.encode(normalised).to(self.model.positions.device)
        noise = initial_noise(self.model.config.body_dim + 6, seed, list(range(n))).repeat(len(texts), 1)
        body, root = sample(
            self.model,
            self.model.encode_prefix(features).repeat(n),
            self.model.encode_prefix(features.select(slice(0, 1)), torch.tensor([True], device=features.mask.device)),
            noise,
            steps=steps,
            guidance_scale=guidance_scale,
            sampler=sampler,
            callback=callback,
        )
        captions = tuple(text for text in normalised for _ in range(n))
        hands = self.finger_states(features, body, root)
        return PoseCode(self.representation, body, root, captions, self.encoder.name, *hands), features

    @torch.no_grad()
    def finger_states(
        self, features: TextFeatures, body: torch.Tensor, root: torch.Tensor
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The most likely finger states of the left and the right hand of n sampled codes for every text."""
        mean, std = self.model.statistics()
        n = len(body) // len(features.pooled)
        logits = self.hand_head(features.pooled.repeat_interleave(n, 0), (torch.cat([body, root], 1) - mean) / std)
        logits[~features.mask.any(1).repeat_interleave(n), :, 0] = torch.inf  # no text: relaxed
        left, right = logits.argmax(-1).T.tolist()
        return tuple(FINGER_STATES[state] for state in left), tuple(FINGER_STATES[state] for state in right)


def pose_bundle(config: DenoiserConfig) -> nn.ModuleDict:
    """What a text_to_pose checkpoint holds: the denoiser, and the head that finds the finger states of its samples."""
    hand_head = HandHead(config.text_dim, config.body_dim + ROOT_DIM)
    return nn.ModuleDict({"denoiser": Denoiser(config), "hand_head": hand_head})


@torch.no_grad()
def decode(code: PoseCode, vposer: VPoser, strength: float = 1.0) -> SMPLPose:
    """A sampled code as SMPL poses.

    VPoser codes are decoded. 6D rotations are decoded directly and, by `strength` (0..1), drawn towards what VPoser
    makes of them (the paper's "6D + VPoser").
    """
    device = next(vposer.parameters()).device
    body_code, root = code.body.to(device), code.root.to(device)
    if code.representation == "vposer32":
        body = vposer.decode(body_code)
    else:
        body = sixd_to_rotvec(body_code.unflatten(-1, (-1, 6)))
    pose = SMPLPose.create(body, sixd_to_rotvec(root), texts=code.texts)
    if code.representation == "6d":
        pose = regularize(pose, vposer, strength)
    if code.left_hand:
        left, right = hand_poses(list(code.left_hand), "left"), hand_poses(list(code.right_hand), "right")
        pose = replace(pose, left_hand_pose=left.to(device), right_hand_pose=right.to(device))
    return pose


@torch.no_grad()
def regularize(pose: SMPLPose, vposer: VPoser, strength: float = 1.0) -> SMPLPose:
    """Draw a pose towards its reconstruction by VPoser: 0 leaves it, 1 replaces it, between mixes 6D rotations."""
    if not 0 <= strength <= 1:
        raise ValueError(f"strength is {strength}; choose 0 to 1")
    if strength == 0:
        return pose
    parameter = next(vposer.parameters())
    body = pose.body_pose.to(parameter)
    rebuilt = vposer.decode(vposer.encode(body))
    if strength < 1:
        rebuilt = sixd_to_rotvec(torch.lerp(rotvec_to_6d(body), rotvec_to_6d(rebuilt), strength))
    return replace(pose, body_pose=rebuilt.to(pose.body_pose))


class PosePrior:
    """Everything between a prompt and ranked poses: sampler, VPoser and ranker."""

    def __init__(self, text_to_pose: TextToPose, vposer: VPoser, ranker: PoseRanker | None):
        self.text_to_pose = text_to_pose
        self.vposer = vposer
        self.ranker = ranker

    @staticmethod
    def load(device: torch.device | str = "cpu") -> PosePrior:
        """The bundled models."""
        return PosePrior(TextToPose.load(device=device), load_vposer().to(device), load_ranker().to(device))

    def rank(self, pose: SMPLPose, texts: list[str]) -> torch.Tensor:
        """(B,) how well poses fit texts, -1..1; texts are normalised first.

        For C texts and B = n C poses, poses 0..n-1 are compared with text 0, the next n with text 1, ...
        """
        normalised = [prompt.text for prompt in self.text_to_pose.prompts(texts)]
        return self.ranker.score(pose, self.text_to_pose.encoder.encode(normalised))

    def generate(
        self,
        texts: list[str],
        n: int = 5,
        *,
        seed: int = 0,
        steps: int = 25,
        guidance_scale: float = GUIDANCE_SCALE,
        sampler: str = "dpm++",
        oversampling: int = OVERSAMPLING,
        callback: Callable[[int, int], None] | None = None,
    ) -> tuple[SMPLPose, PoseCode]:
        """The `n` best of `n * oversampling` samples for every text, with their raw codes.

        Rows are in the order text 0 best, text 0 second, ...; after the best come those that fit well and differ from
        the ones before. Without a ranker the first n samples are returned.
        """
        drawn = n * max(1, oversampling) if self.ranker is not None else n
        code, features = self.text_to_pose.sample_with_features(
            texts, drawn, seed=seed, steps=steps, guidance_scale=guidance_scale, sampler=sampler, callback=callback
        )
        pose = decode(code, self.vposer)
        if self.ranker is None:
            return pose, code
        chosen = choose(pose, features, self.ranker, n)
        return pose.select(chosen), code.select(chosen)
