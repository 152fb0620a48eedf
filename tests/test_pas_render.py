"""`./pas render` and `./pas pose` without ComfyUI: files in, files out, one line for bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from avatar_scene.__main__ import main
from avatar_scene.pose_prior import save_pose
from avatar_scene.smpl import SMPLPose
from avatar_scene.weights import manifest
from PIL import Image

needs_pose_model = pytest.mark.skipif("text_to_pose.safetensors" not in manifest(), reason="no pose model is bundled")


@pytest.fixture
def poses(tmp_path: Path) -> Path:
    raised = torch.zeros(2, 21, 3)
    raised[1, 15, 2] = 1.2  # the second pose raises the left arm
    save_pose(tmp_path / "poses.npz", SMPLPose.create(raised, texts=["rest", "raised"]))
    return tmp_path / "poses.npz"


def picture(path: Path) -> np.ndarray:
    image = Image.open(path)
    assert image.mode == "RGBA"
    return np.asarray(image)


@pytest.mark.parametrize("options", [[], ["--gray"]])
def test_render_writes_a_straight_alpha_picture_of_the_asked_size(tmp_path: Path, poses: Path, options: list[str]):
    shots = []
    for index in "01":
        out = tmp_path / "new folder" / f"{index}.png"
        assert main(["render", "--pose", str(poses), "--index", index, "--size", "96", "-o", str(out), *options]) == 0
        shots.append(picture(out))
    assert shots[0].shape == (96, 96, 4)
    alpha = shots[0][..., 3]
    assert alpha[0, 0] == 0 and 0.05 < (alpha == 255).mean() < 0.6
    # Straight alpha: at the half-covered border the colour is the surface's, not darkened by the empty half.
    inside, border = shots[0][alpha == 255][:, :3].max(-1), shots[0][(alpha > 60) & (alpha < 130)][:, :3].max(-1)
    assert border.mean() > 0.6 * inside.mean()
    assert (shots[0] != shots[1]).any()


def test_gray_is_gray_and_fitted_under_an_avatar_when_one_is_given(tmp_path: Path, poses: Path):
    from avatar_scene.weights import bundled

    shots = []
    for extra in ([], ["--avatar", str(bundled("default_avatar.glb"))]):
        out = tmp_path / "gray.png"
        assert main(["render", "--pose", str(poses), "--size", "64", "--gray", "-o", str(out), *extra]) == 0
        shots.append(picture(out))
        solid = shots[-1][shots[-1][..., 3] == 255].astype(int)
        assert (solid[:, :3].max(-1) - solid[:, :3].min(-1)).max() <= 12
    assert (shots[0] != shots[1]).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pose", "no.npz"], "'no.npz': there is no such file"),
        (["--index", "2"], "--index 2: poses.npz has poses 0 to 1"),
        (["--index", "-1"], "--index -1: poses.npz has poses 0 to 1"),
        (["--avatar", "no.glb"], "'no.glb': there is no such file"),
        (["--size", "0"], "expected a whole number from 1 to"),
        (["--size", "1000000"], "expected a whole number from 1 to"),
        (["--yaw", "nan"], "yaw is nan"),
        (["-o", "."], "Is a directory"),
    ],
)
def test_bad_input_is_one_line_and_status_2(poses: Path, tmp_path: Path, capsys, arguments: list[str], message: str):
    given = ["render", "--pose", str(poses), "--size", "64", "-o", str(tmp_path / "x.png"), *arguments]
    assert main(given) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one prompt"),
        (["a person sits", "--texts", "x.txt"], "give one prompt"),
        (["--texts", "no.txt"], "no.txt: No such file"),
        (["a person sits", "-n", "0"], "-n 0 is out of range, choose 1 to 256"),
        (["a person sits", "-n", "100000"], "-n 100000 is out of range"),
    ],
)
def test_bad_pose_arguments_are_one_line_and_status_2(tmp_path: Path, capsys, arguments: list[str], message: str):
    assert main(["pose", "-o", str(tmp_path / "x.npz"), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@needs_pose_model
def test_pose_writes_what_the_readme_says(tmp_path: Path):
    out = tmp_path / "poses.npz"
    assert main(["pose", "a person is sitting", "-n", "3", "--seed", "1", "-o", str(out)]) == 0
    with np.load(out, allow_pickle=False) as file:
        assert file["body_pose"].shape == (3, 21, 3)
        assert file["global_orient"].shape == (3, 3)
        assert file["joints"].shape == (3, 24, 3)
        assert 0.5 < np.ptp(file["joints"][0, :, 1]) < 2.5  # metres
        assert list(file["texts"]) == ["a person is sitting"] * 3
    assert main(["render", "--pose", str(out), "--size", "64", "-o", str(tmp_path / "x.png")]) == 0


@needs_pose_model
def test_a_file_of_prompts_gives_a_file_a_line_the_same_as_one_by_one(tmp_path: Path):
    (tmp_path / "texts.txt").write_text("a person is kneeling\na person is running\n", encoding="utf-8")
    assert main(["pose", "--texts", str(tmp_path / "texts.txt"), "-n", "2", "-o", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.npz", "1.npz"]
    assert main(["pose", "a person is running", "-n", "2", "-o", str(tmp_path / "one.npz")]) == 0
    with np.load(tmp_path / "out" / "1.npz") as many, np.load(tmp_path / "one.npz") as one:
        np.testing.assert_allclose(many["body_pose"], one["body_pose"], atol=1e-5)
