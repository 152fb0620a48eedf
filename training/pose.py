"""Train the text-to-pose transformer: `python -m avatar_scene.training.pose --data POSES --vposer FILE --out RUN`.

The loss is the mean squared error of the clean body code and root (paper section 3.3). Several noised poses that a
caption describes share one sequence behind the caption, each blind to the others: the same gradient as training on a
sequence a pose at a fraction of the cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ..pose_prior.checkpoint import load_checkpoint, load_weights, save_checkpoint
from ..pose_prior.clip_encoder import load_encoder
from ..pose_prior.code import BODY_DIM
from ..pose_prior.denoiser import ROOT_DIM, Denoiser, DenoiserConfig
from ..pose_prior.hand_head import HandHead
from ..pose_prior.kinematics import rotvec_to_6d
from ..pose_prior.sampling import TRAIN_STEPS, alphas_cumprod
from ..pose_prior.text_encoder import TOKEN_SLOTS, MiniLMEncoder, TextFeatures
from ..pose_prior.text_to_pose import KIND, TextToPose, pose_bundle
from ..pose_prior.vposer import load_vposer
from .common import TrainConfig, is_main_process, parse_config, seed_step, train
from .data.captions import CaptionBank
from .data.corpus import Corpus, describe, load_corpus
from .data.poses import PoseSet
from .mdm import EncoderDenoiser

STD_FLOOR = 0.05  # targets that hardly vary are not blown up to unit variance
TEXT_NOISE, CODE_NOISE = 0.02, 0.3  # on what the finger states are found from: samples are not quite training poses


@dataclass
class PoseConfig(TrainConfig):
    out: Path = Path("runs/pose")
    data: str = ""  # folder of the mocap poses; empty: AVATAR_SCENE_POSES
    book: str = ""  # solved action book; empty: the product's own, "none": mocap alone
    body: str = ""  # SMPL-format body npz; empty: the bundled one
    vposer: str = ""  # VPoser weights; empty: the bundled ones
    encoder: str = "minilm"  # or clip:FOLDER, open_clip:ARCHITECTURE:WEIGHTS
    architecture: str = "decoder"  # or "mdm", the encoder transformer of the comparison
    representation: str = "vposer32"  # or "6d"
    layers: int = 3  # of the transformer
    width: int = 256  # of its positions
    hidden: int = 768  # of its feed-forward layers
    pooled_hidden: int = 1024  # of the perceptron that reads the pooled text embedding; 0: a linear map
    book_share: float = 0.7  # share of the draws from the action book
    geometry_share: float = 0.22  # share of captions that speak of visible geometry
    situation_share: float = 0.15  # share of captions that speak of situations found by geometry
    caption_seed: int = 0  # of the automatic captions' wording, apart from `seed` so that runs share encoded captions
    hold_out: bool = False  # train without the actions and wordings of held_out.json
    drop_text: float = 0.1  # captions replaced by none, for classifier-free guidance
    pooled_steps: float = 0.75  # steps that show pooled embeddings without tokens: one pose each of many captions
    hide_tokens: float = 0.5  # captions of other steps with a random share of tokens hidden: wordings matter less
    text_noise: float = 0.1  # length of the noise on the pooled text embedding, as a share of its own
    paraphrase_noise: float = 1.0  # times the difference of two captions of one action, which moves it too
    poses_per_caption: int = 8  # noised poses that share one caption where tokens are shown
    read_captions: int = 512  # captions a step whose pose is also read off the embedded pooled slot alone, or 0
    init: str = ""  # a text_to_pose checkpoint of the same shape to start from; empty: from scratch
    steps: int = 15000
    batch: int = 256  # noised poses a step
    learning_rate: float = 1e-3
    cache: Path = Path("runs/captions")  # encoded captions are kept here


class DenoisingLoss:
    """Callable for `train`: draws captions and poses, noises the poses and scores the prediction."""

    def __init__(self, targets: torch.Tensor, corpus: Corpus, bank: CaptionBank, config: PoseConfig, device):
        self.targets = targets.to(device)  # (N, body_dim + 6), standardised
        self.pairs, self.paraphrases = corpus.sampler(bank), corpus.paraphrases(bank)
        self.bank, self.config, self.device = bank, config, device
        self.signal = alphas_cumprod().to(device)

    def __call__(self, model: nn.Module, step: int) -> dict[str, torch.Tensor]:
        config = self.config
        pooled = bool(torch.rand(()) < config.pooled_steps)
        repeat = 1 if pooled else config.poses_per_caption
        captions = max(1, config.batch // repeat)
        caption, rows, _ = self.pairs.draw(captions, repeat)
        clean = self.targets[rows.flatten().to(self.device)]
        time = torch.randint(TRAIN_STEPS, (len(clean),)).to(self.device)
        noise = torch.randn(clean.shape).to(self.device)
        signal = self.signal[time][:, None]
        noised = signal.sqrt() * clean + (1 - signal).sqrt() * noise
        drop = (torch.rand(captions) < config.drop_text).to(self.device)
        features = self.blur(self.bank.features(caption, 1 if pooled else TOKEN_SLOTS)).to(self.device)
        read, shown = self.reading() if config.read_captions else (None, None)
        guess, predicted = model(noised, time, features, drop, read)
        error = (predicted.float() - clean) ** 2
        size = clean.shape[1] - ROOT_DIM
        loss, parts = error.mean(), {"body": error[:, :size].mean(), "root": error[:, size:].mean()}
        if read is not None:
            parts["read"] = ((guess.float() - shown) ** 2).mean()
            loss = loss + parts["read"]
        return {"loss": loss, **parts}

    def reading(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Pooled embeddings of `read_captions` captions, and a pose of each."""
        caption, rows, _ = self.pairs.draw(self.config.read_captions, 1)
        pooled = self.blur(self.bank.features(caption, 1)).pooled
        return pooled.to(self.device), self.targets[rows[:, 0].to(self.device)]

    def blur(self, features: TextFeatures) -> TextFeatures:
        """The texts with some tokens hidden, never the first, and the pooled embeddings moved a little."""
        texts, slots = features.mask.shape
        kept = torch.where(torch.rand(texts) < self.config.hide_tokens, torch.rand(texts), 1.0)[:, None]
        mask = features.mask & ((torch.rand(texts, slots) < kept) | (torch.arange(slots) == 0))
        pooled = self.paraphrases.blur(features.pooled, self.config.text_noise, self.config.paraphrase_noise)
        return TextFeatures(features.tokens, mask, pooled)


class Learner(nn.Module):
    """The denoiser and, if it `reads`, a linear map that reads the mean pose off the embedding of its pooled slot.

    The map is for training only. The text decides where there is hardly anything but noise, which few of a step's
    samples show; reading costs little and teaches that embedding what poses a text means.
    """

    def __init__(self, denoiser: Denoiser, reads: bool = True):
        super().__init__()
        self.denoiser = denoiser
        self.size = denoiser.config.body_dim
        width = denoiser.config.width
        self.read = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, self.size + ROOT_DIM)) if reads else None

    def forward(self, noised, time, features: TextFeatures, drop, pooled) -> tuple[torch.Tensor | None, torch.Tensor]:
        guess = None if self.read is None else self.read(self.denoiser.pooled_in(pooled))
        clean = self.denoiser(noised[:, : self.size], noised[:, self.size :], time, features, drop, trim=True)
        return guess, torch.cat(clean, 1)


@torch.no_grad()
def pose_targets(poses: PoseSet, representation: str, vposer) -> torch.Tensor:
    """(N, body_dim + 6): what the denoiser learns to predict, not yet standardised."""
    body, root = torch.from_numpy(poses.body), torch.from_numpy(poses.root)
    if representation == "vposer32":
        code = torch.cat([vposer.encode(part) for part in body.split(4096)])
    else:
        code = rotvec_to_6d(body).flatten(1)
    return torch.cat([code, rotvec_to_6d(root)], 1)


def standardise(targets: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted mean and standard deviation of every column."""
    share = (weight / weight.sum()).to(targets)[:, None]
    mean = (share * targets).sum(0)
    return mean, (share * (targets - mean) ** 2).sum(0).sqrt().clamp(min=STD_FLOOR)


def fit_hand_head(head: HandHead, poses: PoseSet, codes: torch.Tensor, bank: CaptionBank, steps: int = 3000) -> None:
    """Train the finger states on the bank's captions and the poses (codes: standardised) whose hands are known."""
    known = [row for row, hands in enumerate(poses.hands) if hands.min() >= 0]
    if not known:
        return
    pairs = torch.tensor(
        [(row, bank.index[text]) for row in known for text in poses.captions[row] if text in bank.index]
    )
    weight = torch.from_numpy(poses.weight)[pairs[:, 0]]
    states = torch.from_numpy(poses.hands)
    optimizer = torch.optim.AdamW(head.parameters(), 2e-3, weight_decay=0.05)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / steps)
        rows, captions = pairs[torch.multinomial(weight, 512, replacement=True)].T
        text = bank.pooled[captions].float()
        text = text + TEXT_NOISE * torch.randn_like(text)
        code = codes[rows] + CODE_NOISE * torch.randn(len(rows), codes.shape[1])
        loss = nn.functional.cross_entropy(head(text, code).flatten(0, 1), states[rows].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def make_bundle(shape: DenoiserConfig, architecture: str) -> nn.ModuleDict:
    """The modules of a checkpoint: the product's, or with MDM's transformer in the denoiser's place."""
    bundle = pose_bundle(shape)
    if architecture == "mdm":
        bundle["denoiser"] = EncoderDenoiser(shape)
    return bundle


def load_sampler(path: str | Path) -> TextToPose:
    """A checkpoint of this trainer, of either architecture, ready to sample with MiniLM."""
    tensors, header = load_checkpoint(path, KIND)
    bundle = make_bundle(DenoiserConfig(**header["denoiser"]), header["architecture"])
    load_weights(bundle, tensors, f"{KIND} '{Path(path).name}'")
    return TextToPose(bundle["denoiser"], bundle["hand_head"], MiniLMEncoder(), header["representation"])


def main() -> None:
    config = parse_config(PoseConfig, __doc__.splitlines()[0])
    seed_step(config.seed, -1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    corpus = load_corpus(config)
    poses = corpus.poses
    encoder = load_encoder(config.encoder, device)
    bank = CaptionBank(corpus.captions(), encoder, config.cache)
    shape = DenoiserConfig(
        BODY_DIM[config.representation],
        encoder.dim,
        config.width,
        config.layers,
        hidden=config.hidden,
        pooled_hidden=config.pooled_hidden,
    )
    bundle = make_bundle(shape, config.architecture)
    denoiser = bundle["denoiser"]
    targets = pose_targets(poses, config.representation, load_vposer(config.vposer or None))
    if config.init:
        load_weights(bundle, load_checkpoint(config.init, KIND)[0], f"--init '{config.init}'")
    else:
        denoiser.set_statistics(*standardise(targets, torch.from_numpy(poses.weight)))
        denoiser.set_text_scale(*(scale.item() for scale in bank.scale()))
    mean, std = denoiser.statistics()
    loss = DenoisingLoss((targets - mean) / std, corpus, bank, config, device)
    print(f"{describe(corpus)}; {sum(p.numel() for p in denoiser.parameters()):,} parameters")
    state = train(Learner(denoiser, config.read_captions > 0), loss, config)
    prefix = "denoiser."
    state = {key.removeprefix(prefix): value.cpu() for key, value in state.items() if key.startswith(prefix)}
    denoiser.load_state_dict(state)
    if not is_main_process():
        return
    fit_hand_head(bundle["hand_head"], poses, loss.targets.cpu(), bank)
    header = {"encoder": encoder.name, "representation": config.representation, "denoiser": shape.to_dict()}
    header["architecture"] = config.architecture
    save_checkpoint(
        config.out / f"{KIND}.safetensors", {k: v.half() for k, v in bundle.state_dict().items()}, KIND, header
    )


if __name__ == "__main__":
    main()
