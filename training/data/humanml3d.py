"""Reader for AMASS motions with HumanML3D's captions, for a user who has both (neither can be bundled).

    python -m avatar_scene.training.data.humanml3d --amass AMASS --humanml3d HUMANML3D -o FOLDER

    AMASS/        the archives of amass.is.tue.mpg.de unpacked: KIT/3/kick_high_left02_poses.npz, ...
    HUMANML3D/    index.csv, train.txt, val.txt, test.txt, texts/ (texts.zip unpacked)
    FOLDER/       poses.npz and poses_clips.json, as the trainers' --data reads them: alone, or beside other folders

Captions tell a whole motion. As in the paper (section 4) they are split into sentences that each tell one frame, and of
every motion the best pairs of frame and sentence are kept, 10 for training and 1 for testing, by the score of a
text-pose model: our ranker (the paper's is CLIP on renders).
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...pose_prior.pose_file import load_pose
from ...pose_prior.ranker import PoseRanker
from ...pose_prior.text_encoder import TextEncoder
from ...smpl import SMPLPose
from ..generators import encode_prompts
from .skeleton import face_forward

FPS = 20.0  # HumanML3D's; its start and end frames count at this rate
FRAME_STEP = 2  # ten frames a second are looked at
BEST = {"train": 10, "val": 1, "test": 1}

Score = Callable[[SMPLPose, list[str]], torch.Tensor]  # F poses, S sentences -> (F, S), higher fits better


@dataclass(frozen=True)
class Clip:
    """A captioned stretch of an AMASS motion; times in seconds, `end` None for all of it."""

    name: str
    file: Path
    start: float
    end: float | None
    captions: tuple[tuple[str, float, float | None], ...]  # one-frame sentences, and the part of the clip they tell


def read_clips(amass: Path, humanml3d: Path, split: str) -> Iterator[Clip]:
    """The clips of a split whose AMASS file is there; mirrored ones ("M000001") are left to `with_mirrored`.

    Raises FileNotFoundError for missing lists, ValueError for a damaged index or caption line.
    """
    names = _existing(humanml3d / f"{split}.txt").read_text(encoding="utf-8").split()
    with open(_existing(humanml3d / "index.csv"), newline="", encoding="utf-8") as file:
        index = {Path(row["new_name"]).stem: row for row in csv.DictReader(file)}
    for name in names:
        if name.startswith("M") or name not in index:
            continue
        row = index[name]
        file = amass / Path(*Path(row["source_path"]).parts[_skipped(row["source_path"]) :]).with_suffix(".npz")
        if not file.is_file():
            continue
        try:
            start, end = float(row["start_frame"]) / FPS, float(row["end_frame"]) / FPS
        except ValueError:
            raise ValueError(f"index.csv: the frames of {name} are not numbers") from None
        texts = _existing(humanml3d / "texts" / f"{name}.txt")
        yield Clip(name, file, start, None if end < 0 else end, tuple(_captions(texts)))


def convert(amass: Path, humanml3d: Path, score: Score, folder: Path) -> int:
    """Write the best frames of every motion, each with the sentence it shows; returns how many.

    One "clip" a pair: a pose and its sentence are one example. Raises ValueError if no AMASS file was found.
    """
    bodies, roots, clips = [], [], []
    for split, count in BEST.items():
        for clip in read_clips(amass, humanml3d, split):
            pose, times = clip_frames(clip)
            for frame, text in best_pairs(pose, times, clip.captions, score, count):
                bodies.append(pose.body_pose[frame].numpy())
                roots.append(pose.global_orient[frame].numpy())
                clips.append({**_CLIP, "id": clip.name, "split": split, "captions": [text], "actions": [clip.name]})
    if not bodies:
        raise ValueError(f"HumanML3D: none of its motions is in '{amass}'; unpack AMASS there")
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"body": np.stack(bodies), "root": np.stack(roots), "key": np.ones(len(bodies), np.float32)}
    np.savez_compressed(folder / "poses.npz", **arrays, clip=np.arange(len(bodies)))
    (folder / "poses_clips.json").write_text(json.dumps(clips), encoding="utf-8")
    return len(bodies)


_CLIP = {"source": "amass", "licence": "AMASS and HumanML3D, the user's own copies", "multi_action": 0}


def ranker_score(ranker: PoseRanker, encoder: TextEncoder) -> Score:
    """Scores by the pack's ranker; sentences are normalised like prompts."""

    @torch.no_grad()
    def score(pose: SMPLPose, sentences: list[str]) -> torch.Tensor:
        text = ranker.embed_text(encode_prompts(encoder, sentences))
        return ranker.embed_pose(pose.body_pose, pose.global_orient) @ text.T

    return score


def clip_frames(clip: Clip) -> tuple[SMPLPose, np.ndarray]:
    """Frames at ten a second, y up, heading removed, and their times in the clip, seconds."""
    with np.load(clip.file, allow_pickle=False) as arrays:
        rate = next((float(arrays[key]) for key in ("mocap_framerate", "mocap_frame_rate") if key in arrays), 0.0)
    if rate <= 0:
        raise ValueError(f"AMASS file '{clip.file.name}': it does not say its frame rate (mocap_framerate)")
    whole = load_pose(clip.file)
    end = len(whole) if clip.end is None else min(len(whole), round(clip.end * rate))
    rows = np.arange(round(clip.start * rate), end, rate * FRAME_STEP / FPS).round().astype(int)
    rows = rows[rows < len(whole)]
    if not len(rows):
        raise ValueError(f"AMASS file '{clip.file.name}': has no frames from {clip.start:.1f} s on ({clip.name})")
    pose = whole.select(rows.tolist())
    return face_forward(pose), (rows - rows[0]) / rate


def best_pairs(pose: SMPLPose, times: np.ndarray, captions, score: Score, count: int) -> list[tuple[int, str]]:
    """The `count` best (frame, sentence) pairs, a frame at most once; a sentence speaks of its own stretch alone."""
    scores = score(pose, [text for text, _, _ in captions]).double().numpy().copy()
    for column, (_, start, end) in enumerate(captions):
        outside = (times < start) | (times > end) if end is not None else times < start
        if not outside.all():
            scores[outside, column] = -np.inf
    best = scores.argmax(1)
    order = np.argsort(-scores[np.arange(len(scores)), best], kind="stable")
    return [
        (int(frame), captions[best[frame]][0]) for frame in order[:count] if np.isfinite(scores[frame, best[frame]])
    ]


_BREAK = re.compile(
    r"\s*[.;!?]+\s*|\s*,\s*(?:and\s+)?(?:then\s+)?|\s+(?:and then|then|before|after which|after that|afterwards|while|"
    r"until|followed by|and)\s+",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^((?:a|an|the|this|another|someone|somebody|he|she|they|it)\b(?:\s+(?:stick\s+)?(?:person|man|woman|figure|human|"
    r"individual|guy|character|boy|girl|player))?)\s+(?:(?:is|are|was)\s+)?(?=\w)",
    re.IGNORECASE,
)
_PRONOUNS = ("he", "she", "they", "it", "a", "an", "the", "this", "another")
_NOUNS = frozenset(
    ("arms", "hands", "legs", "feet", "knees", "elbows", "shoulders", "steps", "fists", "sides", "his", "its", "palms")
)


def split_caption(caption: str, verbs: frozenset[str] | None = None) -> list[str]:
    """A caption that tells a sequence -> sentences that each tell one moment, with the subject carried along.

    "a man walks forward, then bends down and picks up a box." -> "a man walks forward", "a man bends down",
    "a man picks up a box". What follows a break without a verb of its own ("a man raises his arms and legs") stays.
    `verbs`: the caption's verbs by HumanML3D's tags; without them, words in -s and -ing count, but for a few nouns.
    """
    subject, sentences = "a person", []
    for piece in _BREAK.split(caption.strip()):
        piece = (piece or "").strip(" ,.")
        if not piece or piece.lower() in _PRONOUNS:  # "he then sits": the verb comes after the break
            continue
        found = _SUBJECT.match(piece)
        named = found is not None and _acts(piece[found.end() :], verbs)
        if named:
            subject = subject if found[1].lower() in _PRONOUNS else found[1]
            piece = piece[found.end() :]
        if named or _acts(piece, verbs) or not sentences:
            is_ = "is " if piece.split()[0].lower().endswith("ing") else ""
            sentences.append(f"{subject} {is_}{piece}")
        else:
            sentences[-1] += f" and {piece}"
    return list(dict.fromkeys(sentences))


def _acts(piece: str, verbs: frozenset[str] | None) -> bool:
    """Whether a piece begins with a verb, maybe after an adverb."""
    words = [word.lower() for word in re.findall(r"[A-Za-z]+", piece)[:2]]
    if len(words) == 2 and words[0].endswith("ly"):
        words = words[1:]
    if not words:
        return False
    if verbs is not None:
        return words[0] in verbs
    return words[0].endswith(("s", "ing")) and words[0] not in _NOUNS


def _verbs(caption: str, tagged: str) -> frozenset[str] | None:
    """The caption's words that are tagged VERB in "a/DET man/NOUN walk/VERB"; None if the tags do not line up."""
    words = re.findall(r"[A-Za-z]+", caption)
    tags = [entry.rsplit("/", 1)[-1] for entry in tagged.split()]
    if len(words) != len(tags):
        return None
    return frozenset(word.lower() for word, tag in zip(words, tags) if tag == "VERB")


def _captions(path: Path) -> Iterator[tuple[str, float, float | None]]:
    """The sentences of a text file of lines caption#tagged words#from#to, seconds in the clip; 0 and 0: all of it."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        parts = line.strip().split("#")
        try:
            start, end = (0.0 if part == "nan" else float(part) for part in parts[2:4])
        except ValueError:
            raise ValueError(f"HumanML3D text '{path.name}', line {number}: expected caption#words#from#to") from None
        for sentence in split_caption(parts[0], _verbs(parts[0], parts[1])):
            yield sentence, start, end or None


def _skipped(path: str) -> int:
    """How many folders of a source path ("./pose_data/KIT/...") stand before AMASS's own."""
    parts = Path(path).parts
    return parts.index("pose_data") + 1 if "pose_data" in parts else 0


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"HumanML3D: there is no '{path.name}' in '{path.parent}'; unpack its archives there")
    return path


def main() -> None:
    from ...pose_prior.ranker import load_ranker
    from ...pose_prior.text_encoder import MiniLMEncoder

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--amass", type=Path, required=True)
    parser.add_argument("--humanml3d", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args()
    count = convert(options.amass, options.humanml3d, ranker_score(load_ranker(), MiniLMEncoder()), options.output)
    print(f"{options.output}: {count} poses")


if __name__ == "__main__":
    main()
