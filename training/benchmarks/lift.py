"""How well a pose is found again from its own 2D keypoints: the action book's poses, projected and lifted.

    python -m avatar_scene.training.benchmarks.lift [--poses 100] [--noise 0] [--seed 0] [--sheet OUT.png]

Prints the mean distance of the 22 joints with the pelvises laid on each other (MPJPE, millimetres, in the camera's
axes) and after the best turn, shift and scale (PA-MPJPE), the reprojection error and the seconds a person.
noise: standard deviation of the keypoints as a share of the person's height in the picture; estimators have about 0.01.
sheet: a picture of the first twelve: keypoints, the pose they come from, the lifted pose from the same camera and from
its right.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import roma
import torch
from PIL import Image

from ...pose_prior import Landmarks, Lifted, Person, lift_people, load_vposer, read_people
from ...rendering import (
    Camera,
    CameraSettings,
    Figure,
    aim,
    body_joints,
    body_landmarks,
    gray_figure,
    load_body,
    openpose_picture,
    pose_keypoints,
    take_pictures,
)
from ...smpl import SMPLPose

BOOK = Path(__file__).resolve().parents[1] / "action_book" / "poses.npz"
SIDE = 512
SHEET = 12


def book_poses(count: int, seed: int) -> SMPLPose:
    """Some poses of the action book."""
    with np.load(BOOK) as book:
        rows = np.random.default_rng(seed).permutation(len(book["body"]))[:count]
        body, root = (torch.from_numpy(book[key][rows].astype(np.float32)) for key in ("body", "root"))
        return SMPLPose.create(body, root, texts=[str(book["names"][k]) for k in book["action"][rows]])


def observe(figure: Figure, camera: Camera, index: int, noise: float, generator: torch.Generator) -> Person:
    """What an estimator would see of one figure."""
    person = read_people(pose_keypoints(figure.keypoints[index], camera))[0]
    known = person.body[person.body[:, 2] > 0]
    height = float(known[:, 1].max() - known[:, 1].min())
    for points in (person.body, person.left_hand, person.right_hand):
        if points is not None:
            points[:, :2] += noise * height * torch.randn(len(points), 2, generator=generator)
    return person


def joint_errors(figure: Figure, cameras: tuple[Camera, ...], lifted: Lifted) -> tuple[torch.Tensor, torch.Tensor]:
    """(B,) MPJPE and PA-MPJPE in millimetres."""
    turn = torch.stack([camera.rotation for camera in cameras]).float()
    true = (figure.joints[:, :22] - figure.joints[:, :1]) @ turn.transpose(1, 2)
    found = body_joints(lifted.pose.body_pose, lifted.pose.global_orient)[:, :22]
    found = found - found[:, :1]
    plain = (found - true).norm(dim=-1).mean(1)
    true, found = true - true.mean(1, keepdim=True), found - found.mean(1, keepdim=True)
    rotation = roma.special_procrustes(true.transpose(1, 2) @ found)
    found = found @ rotation.transpose(1, 2)
    scale = (found * true).sum((1, 2)) / (found**2).sum((1, 2))
    return 1000 * plain, 1000 * (scale[:, None, None] * found - true).norm(dim=-1).mean(1)


def write_sheet(path: Path, figure: Figure, cameras: tuple[Camera, ...], lifted: Lifted) -> None:
    """Four columns a pose: its skeleton, its body, the lifted body, the lifted body from its right."""
    count = min(SHEET, len(figure.meshes))
    found = gray_figure(lifted.pose.select(slice(0, count)))
    front = aim(CameraSettings(yaw=0.0, pitch=0.0), found, SIDE, SIDE)
    side = aim(CameraSettings(yaw=-90.0, pitch=0.0), found, SIDE, SIDE)
    rows = []
    for k in range(count):
        pictures = [openpose_picture(figure.keypoints[k], cameras[k])]
        for drawn, camera in ((figure, cameras[k]), (found, front[k]), (found, side[k])):
            single = Figure(drawn.meshes[k : k + 1], drawn.joints[k : k + 1], drawn.keypoints[k : k + 1])
            rgba = take_pictures(single, [camera], gray=True)[0].rgba
            pictures.append(torch.where(rgba[..., 3:] > 0, rgba[..., :3], torch.ones(3)))
        rows.append(torch.cat([picture[::2, ::2] for picture in pictures], 1))
    rows += [torch.ones_like(rows[0])] * (-count % 2)
    sheet = torch.cat([torch.cat(pair, 1) for pair in zip(rows[::2], rows[1::2])])
    Image.fromarray((255 * sheet).byte().numpy()).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--poses", type=int, default=100)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    body = load_body()
    figure = gray_figure(book_poses(options.poses, options.seed))
    cameras = aim(CameraSettings(pitch=5.0, fill=0.8), figure, SIDE, SIDE)
    generator = torch.Generator().manual_seed(options.seed)
    people = [observe(figure, camera, k, options.noise, generator) for k, camera in enumerate(cameras)]
    landmarks, vposer = Landmarks(*body_landmarks(body), body.rest_joints), load_vposer()
    started = time.process_time()
    lifted = lift_people(people, landmarks, vposer)
    seconds = (time.process_time() - started) / len(people)
    plain, aligned = joint_errors(figure, cameras, lifted)
    print(f"{len(people)} poses, noise {options.noise:g}, one thread")
    print(f"MPJPE     {plain.mean():5.1f} mm (median {plain.median():.1f}, 90 % below {plain.quantile(0.9):.1f})")
    print(f"PA-MPJPE  {aligned.mean():5.1f} mm (median {aligned.median():.1f})")
    print(f"points    {lifted.error.mean():5.2f} px of {SIDE}")
    print(f"time      {seconds:5.2f} s a person (processor)")
    if options.sheet:
        write_sheet(options.sheet, figure, cameras, lifted)


if __name__ == "__main__":
    main()
