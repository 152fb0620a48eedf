"""What PasteAvatar's `auto` occluders keep in front of the avatar, against what really stands there.

    python -m avatar_scene.training.benchmarks.occluders [--avatars FILE ...] [--scenes 200] [--sheet OUT.png]

Rendered scenes (`occluder_scenes`), a tenth of each kind: six kinds of things in front, four without. Prints for each
kind, and for all, over the pixels of the avatar

- kept:      share of the avatar that stays behind something;
- precision: share of what is kept in front that really is;
- recall:    share of what really is in front that is kept;
- found:     share of the scenes with something in front where over half of it is kept; for the others, share of the
             scenes where something is kept (it should be 0).

Thresholds were chosen on seed 0: report other seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch

from ...outpainting.occluders import find_occluders
from ...pose_prior import PosePrior
from ...rendering import avatar_figure, load_avatar
from ...weights import bundled
from .occluder_scenes import FRONT, KINDS, OccluderScene, make_scene

PROMPTS = (
    "standing on the beach", "sitting on a bench and reading a book", "waving with the right hand",
    "doing yoga in a meadow", "kneeling and planting flowers", "riding a bicycle", "dancing in the street",
    "raising both hands", "sitting cross-legged", "squatting",
)  # fmt: skip


def scenes(avatars: list[Path], count: int, seed: int, side: int) -> Iterator[OccluderScene]:
    """`count` scenes: kinds, avatars and poses in turn."""
    poses, _ = PosePrior.load().generate(list(PROMPTS), n=1, seed=seed, oversampling=10)
    figures = [avatar_figure(load_avatar(path), poses) for path in avatars]
    for index in range(count):
        turn = index // len(KINDS)
        figure = figures[turn % len(figures)]
        pose = (turn // len(figures) + index) % len(PROMPTS)
        yield make_scene(figure, pose, KINDS[index % len(KINDS)], seed * 10_000 + index, side)


def measure(scene: OccluderScene) -> tuple[torch.Tensor, dict[str, float]]:
    """The mask that `auto` keeps, (H, W), and its sums: avatar, kept, right, there."""
    found = find_occluders(scene.scene[None], scene.avatar[None], scene.mask[None])[0]
    sums = {"avatar": scene.mask.sum(), "kept": found.sum(), "right": found[scene.front].sum()}
    return found, {name: float(value) for name, value in {**sums, "there": scene.front.sum()}.items()}


def table(rows: list[tuple[str, dict[str, float]]]) -> str:
    """One line a kind, one for all."""
    lines = [f"{'kind':18}{'scenes':>7}{'kept %':>8}{'precision':>11}{'recall':>8}{'found %':>9}"]
    for kind in (*KINDS, "all"):
        sums = [row for name, row in rows if kind in (name, "all")]
        if not sums:
            continue
        avatar, kept, right, there = (sum(row[name] for row in sums) for name in ("avatar", "kept", "right", "there"))
        if kind in FRONT:
            hits = [row["right"] > 0.5 * row["there"] for row in sums if row["there"] > 0]
        else:
            hits = [row["kept"] > 0 for row in sums]
        precision = f"{right / kept:.3f}" if kept and there else "-"
        recall = f"{right / there:.3f}" if there else "-"
        found = "-" if kind == "all" or not hits else f"{100 * sum(hits) / len(hits):.0f}"
        lines.append(f"{kind:18}{len(sums):7}{100 * kept / avatar:8.2f}{precision:>11}{recall:>8}{found:>9}")
    return "\n".join(lines)


def sheet_row(scene: OccluderScene, found: torch.Tensor) -> torch.Tensor:
    """(H, 3 W, 3): the avatar, the scene, and the scene with right (green), wrong (red) and missed (blue) pixels."""
    marked = scene.scene * 0.5
    right, wrong, missed = found * scene.front, found * ~scene.front, (1 - found) * scene.front
    marked = marked + 0.5 * torch.stack((wrong, right, missed), -1)
    return torch.cat((scene.avatar * scene.mask[..., None], scene.scene, marked), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--avatars", type=Path, nargs="+", default=[bundled("default_avatar.glb")])
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--size", type=int, default=512, help="picture side in pixels")
    parser.add_argument("--sheet", type=Path, help="PNG of the first twenty scenes: avatar, scene, verdict")
    options = parser.parse_args()
    rows, pictures = [], []
    for scene in scenes(options.avatars, options.scenes, options.seed, options.size):
        found, sums = measure(scene)
        rows.append((scene.kind, sums))
        if options.sheet and len(pictures) < 20:
            pictures.append(sheet_row(scene, found))
    print(table(rows))
    if options.sheet:
        from PIL import Image

        half = -(-len(pictures) // 2)
        columns = [torch.cat(part) for part in (pictures[:half], pictures[half : 2 * half])]
        height = max(len(column) for column in columns)
        columns = [torch.nn.functional.pad(column, (0, 0, 0, 0, 0, height - len(column))) for column in columns]
        sheet = torch.cat(columns, 1)[::2, ::2]
        Image.fromarray((sheet * 255).round().to(torch.uint8).numpy()).save(options.sheet)


if __name__ == "__main__":
    main()
