"""A blind check of the book: does someone who sees only the pictures pick the right action among eight close ones?

Every action becomes one question: two of its poses on the bundled avatar, without props, and eight wordings. The seven
wrong ones belong to the actions whose captions the text encoder finds closest. The reader gets the pictures and
`questions.txt` and writes lines of "number letter"; `key.json` stays with whoever counts.
"""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from ...pose_prior.hands import hand_poses
from ...pose_prior.text_encoder import MiniLMEncoder
from ...rendering.avatar import Avatar, load_avatar
from ...rendering.light import Lighting
from ...rendering.stage import CameraSettings, aim, avatar_figure, take_pictures
from ...smpl import SMPLPose
from ...weights import bundled
from .book import Action
from .export import ShownPoses

OPTIONS = 8
POSES = 2  # pictures a question
_COLUMNS, _LINES = 3, 4  # questions a sheet
_TITLE = 16  # pixels
_BACKGROUND = (226, 230, 236, 255)


def draw_questions(
    book: list[Action], poses: dict[str, ShownPoses], folder: Path, seed: int = 0, size: int = 230
) -> list[Path]:
    """Ask about the actions of the book that have poses; wrong wordings come from the whole book.

    Writes the sheets, `questions.txt` and `key.json`; returns the sheets' paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    asked = [number for number, action in enumerate(book) if action.name in poses]
    order = draw.sample(asked, len(asked))
    close = closest_actions(book)
    avatar = load_avatar(bundled("default_avatar.glb"))
    lines, key, paths = [], {}, []
    for first in range(0, len(order), _COLUMNS * _LINES):
        part = order[first : first + _COLUMNS * _LINES]
        sheet = Image.new("RGB", (_COLUMNS * POSES * size, _LINES * (size + _TITLE)), "white")
        pen = ImageDraw.Draw(sheet)
        for place, which in enumerate(part):
            number = first + place + 1
            left, top = place % _COLUMNS * POSES * size, place // _COLUMNS * (size + _TITLE)
            pen.text((left + 4, top + 2), str(number), fill="black")
            for column, picture in enumerate(_pictures(avatar, poses[book[which].name], draw, size)):
                sheet.paste(picture, (left + column * size, top + _TITLE))
            shown = draw.sample([which, *close[which]], 1 + len(close[which]))
            wordings = [book[other].captions[0] for other in shown]
            lines += [f"{number}", *(f"  {letter}) {text}" for letter, text in zip(string.ascii_lowercase, wordings))]
            key[number] = {"options": [book[other].name for other in shown], "answer": shown.index(which)}
        paths.append(folder / f"sheet_{len(paths) + 1:02d}.png")
        sheet.save(paths[-1])
    (folder / "questions.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "key.json").write_text(json.dumps(key, indent=0), encoding="utf-8")
    return paths


def closest_actions(actions: list[Action]) -> list[list[int]]:
    """For every action the numbers of the OPTIONS - 1 others of nearest meaning by their captions, closest first."""
    encoder = MiniLMEncoder()
    means = torch.stack([encoder.encode(list(action.captions)).pooled.mean(0) for action in actions])
    unit = torch.nn.functional.normalize(means, dim=1)
    likeness = (unit @ unit.T).fill_diagonal_(-1)
    return likeness.topk(min(OPTIONS, len(actions)) - 1).indices.tolist()


def tally(key: dict, answers: dict[int, str]) -> str:
    """The share of right answers with its 95 % interval (Wilson), and every confusion.

    key: as read from key.json. answers: question -> letter. Raises ValueError for an answer that is no option.
    """
    wrong = []
    for number, letter in answers.items():
        question = key.get(str(number))
        place = string.ascii_lowercase.find(letter.lower())
        if question is None or not letter or not 0 <= place < len(question["options"]):
            raise ValueError(f"answers: '{number} {letter}' is no question and option of this check")
        if place != question["answer"]:
            wrong.append(f"{question['options'][question['answer']]} taken for {question['options'][place]}")
    if not answers:
        raise ValueError("answers: the file holds no line like '17 c'")
    count, share = len(answers), 1 - len(wrong) / len(answers)
    middle = (share + 1.92 / count) / (1 + 3.84 / count)
    half = 1.96 * (share * (1 - share) / count + 0.96 / count**2) ** 0.5 / (1 + 3.84 / count)
    head = f"{count - len(wrong)} of {count} right: {share:.3f} ({middle - half:.3f}-{middle + half:.3f})"
    return "\n".join([head, *sorted(wrong)])


def read_answers(path: Path) -> dict[int, str]:
    """Lines of "number letter" (a question answered twice counts as it was answered last)."""
    answers = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) == 2 and words[0].isdigit():
            answers[int(words[0])] = words[1]
        elif words:
            raise ValueError(f"answers: {line!r} is not 'number letter'")
    return answers


def _pictures(avatar: Avatar, poses: ShownPoses, draw: random.Random, size: int):
    """POSES poses of different bases, if there are several, on the avatar."""
    bases = np.unique(poses.base).tolist()
    chosen = draw.sample(bases, min(POSES, len(bases)))
    rows = [draw.choice(np.flatnonzero(poses.base == base).tolist()) for base in (chosen * POSES)[:POSES]]
    hands = [poses.hands[row] for row in rows]
    pose = SMPLPose.create(
        torch.from_numpy(poses.body[rows]),
        torch.from_numpy(poses.root[rows]),
        left_hand_pose=hand_poses([states["left"] for states in hands], "left"),
        right_hand_pose=hand_poses([states["right"] for states in hands], "right"),
    )
    figure = avatar_figure(avatar, pose)
    cameras = aim(CameraSettings(pitch=8.0), figure, size, size)
    for passes in take_pictures(figure, cameras, lighting=[Lighting(shadow=0.0, occlusion=0.5)]):
        picture = Image.fromarray((passes.rgba * 255).round().byte().numpy(), "RGBA")
        ground = Image.new("RGBA", picture.size, _BACKGROUND)
        yield Image.alpha_composite(ground, picture).convert("RGB")
