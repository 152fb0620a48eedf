"""A contact sheet of prompts and the pose that is chosen for each, to look at.

    python -m avatar_scene.training.prompt_sheet -o sheet.png [--prompts FILE] [--count 100] [--seed 0] [--avatar]
                                                 [--model FILE ...]

The prompts are spread evenly over the file (`training/prompts.txt`). Bodies are gray, or the bundled avatar. Several
`--model` files (`bundled` names the bundled one) are drawn beside one another, to compare weights.
"""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw

from ..pose_prior import PosePrior, TextToPose, load_ranker, load_vposer
from ..rendering.avatar import Avatar, load_avatar
from ..rendering.light import Lighting
from ..rendering.stage import CameraSettings, aim, avatar_figure, gray_figure, take_pictures
from ..smpl import SMPLPose
from ..weights import bundled
from .data.unseen import PROMPTS

_BACKGROUND = (237, 240, 245, 255)
_LINE = 11  # pixels of a line of text
_COLUMNS = 10  # pictures a row


def spread(prompts: list[str], count: int) -> list[str]:
    """`count` of the prompts, or all, evenly spread over the list."""
    count = min(count, len(prompts))
    return [prompts[number * len(prompts) // count] for number in range(count)]


def draw_pose(pose: SMPLPose, avatar: Avatar | None, size: int) -> Image.Image:
    """The first pose, size x size pixels, on the avatar or as a gray body."""
    figure = gray_figure(pose) if avatar is None else avatar_figure(avatar, pose)
    cameras = aim(CameraSettings(pitch=8.0), figure, size, size)
    passes = next(iter(take_pictures(figure, cameras, lighting=[Lighting(shadow=0.0, occlusion=0.5)])))
    picture = Image.fromarray((passes.rgba * 255).round().byte().numpy(), "RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, _BACKGROUND), picture).convert("RGB")


def draw_sheet(prompts: list[str], poses: list[list[SMPLPose]], avatar: Avatar | None, size: int) -> Image.Image:
    """A picture a prompt and model, the prompt in three lines below; poses: per prompt one pose of every model."""
    models = len(poses[0])
    columns, height = max(1, _COLUMNS // models), size + 3 * _LINE + 4
    rows = -(-len(prompts) // columns)
    sheet = Image.new("RGB", (columns * models * size, rows * height), "white")
    pen = ImageDraw.Draw(sheet)
    for place, (prompt, row) in enumerate(zip(prompts, poses)):
        left, top = place % columns * models * size, place // columns * height
        for column, pose in enumerate(row):
            sheet.paste(draw_pose(pose, avatar, size), (left + column * size, top))
        for line, text in enumerate(textwrap.wrap(prompt, max(8, models * size // 6))[:3]):
            pen.text((left + 3, top + size + 1 + line * _LINE), text, fill="black")
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, required=True, help="PNG or JPEG")
    parser.add_argument("--prompts", type=Path, default=PROMPTS, help="one prompt a line")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--candidates", type=int, default=40, help="of which the ranker keeps one")
    parser.add_argument("--size", type=int, default=140, help="pixels of one picture")
    parser.add_argument("--avatar", action="store_true", help="the bundled avatar instead of the gray body")
    parser.add_argument("--model", nargs="+", default=["bundled"], help="text_to_pose files to draw side by side")
    options = parser.parse_args()
    lines = [line.strip() for line in options.prompts.read_text(encoding="utf-8").splitlines() if line.strip()]
    prompts = spread(lines, options.count)
    vposer, ranker = load_vposer(), load_ranker()
    models = [TextToPose.load(None if name == "bundled" else name) for name in options.model]
    priors = [PosePrior(model, vposer, ranker) for model in models]
    poses = [
        [prior.generate([text], 1, seed=options.seed, oversampling=options.candidates)[0] for prior in priors]
        for text in prompts
    ]
    avatar = load_avatar(bundled("default_avatar.glb")) if options.avatar else None
    draw_sheet(prompts, poses, avatar, options.size).save(options.out)


if __name__ == "__main__":
    main()
