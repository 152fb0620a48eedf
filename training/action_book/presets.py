"""The pose editor's library: chosen actions of the book as `web/pose_editor/presets.json` and one sheet of pictures.

    python -m avatar_scene.training.action_book.presets [--out web/pose_editor]

Of every action's first stance the medoid is taken: the pose that stands nearest to all others.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ...rendering import CameraSettings, aim, gray_figure, take_pictures
from ...rendering.body import body_joints
from ...smpl import SMPLPose
from .book import FOLDER

TILE, COLUMNS = 128, 8  # pixels, pictures a row
_BACKGROUND = (225, 229, 235)
# What people reach for first, then by theme: action of the book -> words in the library.
PRESETS = {
    "arms_down_neutral": "standing", "a_pose": "A-pose", "hands_on_hips": "hands on hips",
    "arms_crossed": "arms crossed", "hands_in_pockets": "hands in pockets",
    "hands_behind_back": "hands behind back", "model_pose": "model",
    "catwalk": "walking", "wave_right": "waving", "wave_both_arms": "waving with both arms", "arms_up_v": "arms up",
    "open_arms_welcome": "welcome", "point_forward_right": "pointing forward", "point_up_right": "pointing up",
    "thumbs_up_right": "thumbs up", "victory_right": "victory sign", "salute": "salute", "shrug": "shrug",
    "facepalm": "facepalm", "think_chin": "thinking", "hand_on_heart": "hand on heart", "clap": "clapping",
    "bow_deep": "bow", "pray_standing": "praying", "sit_upright_chair": "sitting on a chair",
    "sit_chair_leg_crossed": "sitting, legs crossed", "sit_cross_legged": "sitting cross-legged",
    "sit_one_knee_up": "sitting, one knee up", "thinker": "the thinker", "kneel_one_knee": "kneeling on one knee",
    "kneel_both": "kneeling", "squat_deep": "squatting", "lie_back_straight": "lying on the back",
    "lie_side_propped": "lying on the side", "lie_stomach": "lying on the belly", "all_fours_neutral": "on all fours",
    "run": "running", "jump_for_joy": "jumping for joy", "star_jump": "star jump", "soccer_kick": "football kick",
    "tennis_serve": "tennis serve", "slam_dunk": "slam dunk", "boxing_guard": "boxing guard", "high_kick": "high kick",
    "push_up": "push-up", "handstand": "handstand", "lotus": "yoga: lotus", "tree_pose": "yoga: tree",
    "warrior_two": "yoga: warrior", "dancer_pose": "yoga: dancer", "arabesque": "ballet: arabesque",
    "disco_point": "disco", "guitar": "playing guitar", "sword_guard": "sword guard", "archery": "archery",
    "superhero_landing": "superhero landing",
}  # fmt: skip


def choose(actions: list[str]) -> tuple[SMPLPose, list[dict[str, str]]]:
    """The medoid pose of every action, and its finger states by side where they are not relaxed."""
    with np.load(FOLDER / "poses.npz") as book:
        names, action, first = book["names"].tolist(), book["action"], (book["base"] == 0) & (book["mirrored"] == 0)
        poses, roots = torch.from_numpy(book["body"]).float(), torch.from_numpy(book["root"]).float()
        fingers = {side: book[f"{side}_hand"] for side in ("left", "right")}
    rows = []
    for name in actions:
        own = torch.from_numpy(np.flatnonzero((action == names.index(name)) & first))
        joints = body_joints(poses[own], roots[own]).flatten(1)
        rows.append(int(own[torch.cdist(joints, joints).sum(1).argmin()]))
    hands = [{side: str(states[row]) for side, states in fingers.items() if states[row] != "relaxed"} for row in rows]
    return SMPLPose.create(poses[rows], roots[rows]), hands


def draw(poses: SMPLPose) -> Image.Image:
    """The sheet: one TILE x TILE picture a pose, COLUMNS a row, each from the side that shows it best."""
    figure = gray_figure(poses)
    cameras = aim(CameraSettings(pitch=8, fill=0.88), figure, TILE, TILE)
    sheet = Image.new("RGB", (COLUMNS * TILE, -(-len(poses) // COLUMNS) * TILE), _BACKGROUND)
    for index, picture in enumerate(take_pictures(figure, cameras, gray=True)):
        rgba = (picture.rgba.numpy() * 255).round().astype(np.uint8)
        tile = Image.fromarray(rgba, "RGBA")
        sheet.paste(tile, (index % COLUMNS * TILE, index // COLUMNS * TILE), tile)
    return sheet


def main() -> None:
    """Write presets.json and presets.jpg."""
    parser = argparse.ArgumentParser(prog="python -m avatar_scene.training.action_book.presets", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=FOLDER.parents[1] / "web" / "pose_editor", help="folder to write to"
    )
    out = parser.parse_args().out
    poses, hands = choose(list(PRESETS))
    numbers = poses.full_pose()[:, :22].flatten(1).double().numpy().round(3)
    rows = [
        json.dumps({"name": name, "hands": states, "pose": (pose + 0.0).tolist()}, separators=(",", ":"))
        for name, states, pose in zip(PRESETS.values(), hands, numbers)
    ]
    text = f'{{"columns":{COLUMNS},"presets":[\n' + ",\n".join(rows) + "\n]}\n"
    (out / "presets.json").write_text(text, encoding="utf-8")
    draw(poses).save(out / "presets.jpg", quality=82, optimize=True)


if __name__ == "__main__":
    main()
