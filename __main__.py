"""`python -m avatar_scene pose|render`: text to poses and avatar to picture without ComfyUI (see `./pas --help`)."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

MAX_POSES = 256  # for one prompt


def main(arguments: list[str] | None = None) -> int:
    """Run a command; bad input is one line on stderr and status 2 (PAS_DEBUG=1 shows the traceback)."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (ValueError, OSError) as error:
        if os.environ.get("PAS_DEBUG"):
            raise
        of_the_system = isinstance(error, OSError) and error.filename
        print(f"pas: {error.filename}: {error.strerror}" if of_the_system else f"pas: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pas", description="text to poses, and avatar to picture")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    pose = commands.add_parser("pose", help="text to 3D poses, best first")
    pose.set_defaults(command=_pose)
    pose.add_argument("text", nargs="?", metavar="TEXT", help="what the person does")
    pose.add_argument(
        "--texts", type=Path, metavar="FILE.txt", help="one prompt a line; writes DIR/0.npz, DIR/1.npz, ..."
    )
    pose.add_argument("-n", type=int, default=5, metavar="N", help="how many poses for each prompt (default: 5)")
    pose.add_argument("--seed", type=int, default=0, metavar="N")
    pose.add_argument("-o", "--output", type=Path, required=True, metavar="poses.npz|DIR")

    render = commands.add_parser(
        "render", help="an avatar or the gray body in a pose, as a straight-alpha RGBA picture"
    )
    render.set_defaults(command=_render)
    render.add_argument("--avatar", type=Path, metavar="FILE", help="GLB, glTF or VRM (default: the bundled avatar)")
    render.add_argument("--pose", type=Path, required=True, metavar="poses.npz")
    render.add_argument(
        "--index", type=int, default=0, metavar="N", help="which pose of the file (default: 0, the best)"
    )
    render.add_argument("--size", type=int, default=512, metavar="PIXELS", help="width and height (default: 512)")
    render.add_argument(
        "--yaw", type=float, metavar="DEGREES", help="camera angle (default: where the action shows best)"
    )
    render.add_argument("--pitch", type=float, default=0.0, metavar="DEGREES", help="positive looks down")
    render.add_argument("--gray", action="store_true", help="draw the gray body, fitted under --avatar if one is given")
    render.add_argument("-o", "--output", type=Path, required=True, metavar="out.png")
    return parser


def _pose(options: argparse.Namespace) -> None:
    if (options.text is None) == (options.texts is None):
        raise ValueError('pose: give one prompt, pas pose "TEXT", or a file of them, --texts FILE.txt')
    if not 1 <= options.n <= MAX_POSES:
        raise ValueError(f"pose: -n {options.n} is out of range, choose 1 to {MAX_POSES}")
    if options.texts is None:
        targets = [(options.text, options.output)]
    else:
        texts = options.texts.read_text(encoding="utf-8").splitlines()
        targets = [(text, options.output / f"{index}.npz") for index, text in enumerate(texts)]

    from .pose_prior import PosePrior, save_pose
    from .rendering import load_body

    prior, body = PosePrior.load(), load_body()
    for text, path in targets:
        if note := prior.text_to_pose.prompts([text])[0].note:
            print(f"pas: {note}", file=sys.stderr)
        pose, _ = prior.generate([text], options.n, seed=options.seed)
        save_pose(path, pose, body.posed(pose)[1])


def _render(options: argparse.Namespace) -> None:
    from PIL import Image

    from .pose_prior import load_pose
    from .rendering import CameraSettings, aim, avatar_figure, gray_figure, load_avatar, take_pictures
    from .weights import bundled

    poses = load_pose(options.pose)
    if not 0 <= options.index < len(poses):
        raise ValueError(f"--index {options.index}: {options.pose.name} has poses 0 to {len(poses) - 1}")
    pose = poses.select(options.index)
    if options.gray:
        figure = gray_figure(pose, load_avatar(options.avatar) if options.avatar else None)
    else:
        figure = avatar_figure(load_avatar(options.avatar or bundled("default_avatar.glb")), pose)
    settings = CameraSettings(yaw=options.yaw, pitch=options.pitch)
    cameras = aim(settings, figure, options.size, options.size)
    rgba = take_pictures(figure, cameras, gray=options.gray)[0].rgba
    picture = Image.fromarray((rgba * 255).round().byte().cpu().numpy(), "RGBA")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    picture.save(options.output, format="PNG")


if __name__ == "__main__":
    sys.exit(main())
