"""The table: every command it starts is one the trainers take, rows are kept, and it lands between its marks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from avatar_scene.pose_prior.ranker import load_ranker
from avatar_scene.pose_prior.text_encoder import MiniLMEncoder
from avatar_scene.pose_prior.text_to_pose import TextToPose
from avatar_scene.pose_prior.vposer import load_vposer
from avatar_scene.training import bundle, evaluate_poses, pose, ranker, stages, table, vposer
from avatar_scene.training.common import parse_config
from avatar_scene.training.data.poses import PoseSet
from avatar_scene.training.data.skeleton import rest_joints
from avatar_scene.training.generators import from_model, from_set, mean_pose
from avatar_scene.training.metrics import angle_limits
from avatar_scene.training.splits import make_split

CONFIGS = {"pose": pose.PoseConfig, "ranker": ranker.RankerTrainConfig, "vposer": vposer.VPoserConfig}
OPTIONS = argparse.Namespace(
    out=Path("runs"), data="POSES", cache=Path("captions"), steps=100, ranker_steps=60, vposer_steps=50
)
MACHINE = ("--threads", "1", "--precision", "bf16")


def parsed(stage: stages.Stage, monkeypatch):
    line = stages.command(stage, OPTIONS.out, OPTIONS.data, OPTIONS.cache, MACHINE)
    monkeypatch.setattr(sys, "argv", line[2:])
    return parse_config(CONFIGS[stage.module], "")


def test_every_row_of_the_table_is_trained_alike_and_without_what_is_held_out(monkeypatch):
    configs = {stage.name: parsed(stage, monkeypatch) for stage in table.stages(OPTIONS)}
    assert all(config.hold_out == (name != "judge") for name, config in configs.items())  # a judge must know
    models = [configs[stage] for stage, _ in dict.fromkeys(table.ROWS.values())]
    shared = {(model.steps, model.batch, model.learning_rate, model.vposer, model.seed) for model in models}
    assert len(shared) == 1
    assert configs["mdm"].read_captions == 0 and configs["mdm_like_ours"].read_captions == configs["ours"].read_captions
    assert configs["mdm"].architecture == "mdm" and configs["mocap"].book == "none"
    picker, judge = configs["picker"], configs["judge"]
    assert picker.seed != judge.seed and {picker.half, judge.half} == {0, 1}


def test_the_recipe_of_the_bundled_weights_holds_nothing_out_and_uses_its_own_vposer(monkeypatch):
    configs = {stage.name: parsed(stage, monkeypatch) for stage in bundle.stages(Path("runs"), 0)}
    assert not any(config.hold_out for config in configs.values())
    assert configs["pose"].vposer == str(Path("runs") / "vposer" / bundle.VPOSER)
    assert configs["pose"].steps == pose.PoseConfig().steps


def test_finished_stages_are_not_trained_again(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(stages.subprocess, "run", lambda line, check: started.append(line[4]))
    chain = bundle.stages(tmp_path, 0)
    (tmp_path / "vposer").mkdir()
    (tmp_path / "vposer" / bundle.VPOSER).touch()
    stages.run_stages(chain, tmp_path, "", tmp_path, MACHINE)
    assert started == [str(tmp_path / "ranker"), str(tmp_path / "pose")]


def test_installing_replaces_files_and_their_lines_in_the_manifest(tmp_path, monkeypatch):
    recorded = {}
    monkeypatch.setattr(bundle, "register", lambda name, licence, about: recorded.update({name: licence}))
    source = tmp_path / bundle.RANKER
    source.write_bytes(b"new")
    (tmp_path / "files").mkdir()
    bundle.install([source], tmp_path / "files")
    assert (tmp_path / "files" / bundle.RANKER).read_bytes() == b"new" and recorded == {bundle.RANKER: "Apache-2.0"}


@pytest.fixture(scope="module")
def setting():
    torch.manual_seed(0)
    rows = [(f"action {k}", [f"a person is number {k}"]) for k in range(5) for _ in range(12)]
    body = 0.3 * torch.randn(60, 21, 3).numpy()
    real = PoseSet(body, np.zeros((60, 3), np.float32), np.ones(60), [a for a, _ in rows], [c for _, c in rows])
    score = load_ranker()
    return evaluate_poses.Setting(
        [make_split("new people", real, 4)], angle_limits(body), MiniLMEncoder(), score, score, load_vposer(),
        rest_joints(), 2, 2, None,
    )  # fmt: skip


def test_a_row_has_every_column_and_real_poses_are_nearest_to_themselves(setting):
    real = setting.splits[0].real
    rows = {
        "real": evaluate_poses.evaluate({"new people": from_set(real, of_text=True)}, setting),
        "mean": evaluate_poses.evaluate(mean_pose(real, setting.vposer), setting),
    }
    columns = ["FPD", "R@1", "R@3", "mean recall", "CLIPSIM", "diversity", "impossible", "s"]
    assert all(list(row["new people"]) == columns for row in rows.values())
    assert rows["mean"]["new people"]["diversity"] == "0.0" and rows["mean"]["new people"]["CLIPSIM"] == "n/a"
    fpd = {name: float(row["new people"]["FPD"].split()[0]) for name, row in rows.items()}
    assert fpd["real"] < fpd["mean"]
    text = evaluate_poses.markdown(rows, setting, "a test")
    assert "| mean |" in text and "4 texts of 4 actions" in text
    assert text.count("| real |") == 1  # it answers no prompt


def test_models_answer_every_text_with_noise_of_its_own(setting):
    generate = from_model(TextToPose.load(encoder=setting.encoder), setting.vposer, 1.0, steps=2)
    drawn = generate(["a person waves", "a person waves", ""], 2, 0)
    assert len(drawn) == 6 and torch.isfinite(drawn.body_pose).all()
    assert not torch.allclose(drawn.body_pose[:2], drawn.body_pose[2:4])
    assert torch.allclose(drawn.body_pose, generate(["a person waves", "a person waves", ""], 2, 0).body_pose)


def test_a_kept_row_is_taken_until_what_it_depends_on_changes(tmp_path):
    made = []
    make = lambda: made.append(1) or {"x": {"FPD": "1"}}  # noqa: E731
    for basis in (["a"], ["a"], ["b"]):
        assert evaluate_poses.kept_row(tmp_path, "a row", basis, make) == {"x": {"FPD": "1"}}
    assert len(made) == 2


def test_the_table_goes_between_its_marks(tmp_path):
    file = tmp_path / "RESULTS.md"
    file.write_text(f"before\n{evaluate_poses.BEGIN}\nold\n{evaluate_poses.END}\nafter\n", encoding="utf-8")
    evaluate_poses.write_results("new", file)
    evaluate_poses.write_results("newer", file)
    content = file.read_text(encoding="utf-8")
    assert content.startswith("before\n") and content.endswith("\nafter\n")
    assert "newer" in content and "old" not in content
    assert evaluate_poses.BEGIN in evaluate_poses.RESULTS.read_text(encoding="utf-8")
