"""AMASS and HumanML3D files become poses with sentences that tell one frame."""

from __future__ import annotations

import os

import numpy as np
import pytest
import roma
import torch
from avatar_scene.pose_prior.ranker import load_ranker
from avatar_scene.pose_prior.text_encoder import MiniLMEncoder
from avatar_scene.smpl import SMPLPose
from avatar_scene.training.data.humanml3d import convert, ranker_score, read_clips, split_caption
from avatar_scene.training.data.mocap import load_mocap

QUARTER = np.pi / 2


SPLIT = {
    "a man walks forward, then bends down and picks up a box.": [
        "a man walks forward",
        "a man bends down",
        "a man picks up a box",
    ],
    "a person raises both arms and legs": ["a person raises both arms and legs"],
    "someone is jumping while waving. he then sits down": [
        "someone is jumping",
        "someone is waving",
        "someone sits down",
    ],
    "walks in a circle": ["a person walks in a circle"],
    "the person slowly kneels and quickly stands up": ["the person slowly kneels", "the person quickly stands up"],
}


@pytest.mark.parametrize(("caption", "sentences"), SPLIT.items())
def test_a_long_caption_becomes_sentences_of_one_moment(caption, sentences):
    assert split_caption(caption) == sentences


def test_tags_tell_verbs_from_nouns():
    caption = "a man swings bats and balls and jumps"
    assert split_caption(caption, frozenset({"swings", "jumps"})) == ["a man swings bats and balls", "a man jumps"]


@pytest.fixture
def folders(tmp_path):
    """One AMASS motion of 6 s at 60 frames a second whose left shoulder rises steadily, z up, and its captions."""
    amass, text = tmp_path / "amass", tmp_path / "HumanML3D"
    (amass / "KIT" / "3").mkdir(parents=True)
    (text / "texts").mkdir(parents=True)
    poses = np.zeros((360, 156))
    upright = roma.rotvec_composition([torch.tensor([0.0, 0, 0.7]), torch.tensor([QUARTER, 0, 0])])  # z up, turned
    poses[:, :3] = upright.numpy()
    poses[:, 3 * 16 + 2] = np.linspace(0, 1.8, 360)
    np.savez(amass / "KIT/3/lift01_poses.npz", poses=poses, trans=np.zeros((360, 3)), mocap_framerate=60.0)
    (text / "index.csv").write_text(
        "source_path,start_frame,end_frame,new_name\n./pose_data/KIT/3/lift01_poses.npy,20,100,000007.npy\n"
        "./pose_data/KIT/3/absent_poses.npy,0,200,000008.npy\n",
        encoding="utf-8",
    )
    for split in ("train", "val", "test"):
        (text / f"{split}.txt").write_text("000007\n000008\nM000007\n", encoding="utf-8")
    (text / "texts" / "000007.txt").write_text(
        "a man stands and lifts an arm.#a/DET man/NOUN stand/VERB and/CCONJ lift/VERB an/DET arm/NOUN#0.0#0.0\n"
        "a person rests.#a/DET person/NOUN rest/VERB#0.0#1.0\n",
        encoding="utf-8",
    )
    return amass, text


def arm_score(pose, sentences):
    """Frames with a raised arm fit "lifts", others the rest."""
    raised = pose.body_pose[:, 15, 2:3]
    return torch.cat([raised if "lifts" in text else 1 - raised for text in sentences], 1)


def converted(folders, out, score=arm_score, split="train"):
    convert(*folders, score, out)
    return load_mocap(out, split)


def test_the_best_pairs_of_frame_and_sentence_are_kept(folders, tmp_path):
    poses = converted(folders, tmp_path / "out")
    assert len(poses) == 10 and set(poses.action) == {"mocap: 000007"}
    lifted = [row for row, texts in enumerate(poses.captions) if texts == ["a man lifts an arm"]]
    assert lifted and (poses.body[lifted][:, 15, 2] > 0.9).all()
    assert len(load_mocap(tmp_path / "out", "test")) == 1


def test_a_caption_of_a_part_is_paired_with_frames_of_that_part(folders, tmp_path):
    rests = lambda pose, texts: torch.tensor([["rests" in text for text in texts]] * len(pose)) * 1.0  # noqa: E731
    poses = converted(folders, tmp_path / "out", rests)
    shown = poses.body[[texts == ["a person rests"] for texts in poses.captions]][:, 15, 2]
    assert len(shown) == 10 and shown.max() < 1.8 * (1 + 1 + 0.1) / 6  # from second 1 of the file, one second long


def test_frames_are_y_up_and_face_forward(folders, tmp_path):
    np.testing.assert_allclose(converted(folders, tmp_path / "out").root, 0, atol=1e-5)


def test_several_folders_are_one_set(folders, tmp_path):
    one = converted(folders, tmp_path / "out")
    both = load_mocap(os.pathsep.join([str(tmp_path / "out")] * 2), "train")
    assert len(both) == 2 * len(one) and both.weight.sum() == pytest.approx(1)


def test_clips_without_their_motion_are_left_out_and_missing_lists_are_named(folders, tmp_path):
    (clip,) = read_clips(*folders, "train")
    assert (clip.name, clip.start, clip.end) == ("000007", 1.0, 5.0)
    (folders[1] / "val.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"'val.txt'"):
        list(read_clips(*folders, "val"))
    (folders[1] / "val.txt").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="unpack AMASS"):
        convert(tmp_path / "nothing", folders[1], arm_score, tmp_path / "out")


def test_the_ranker_gives_a_sentence_to_the_frame_that_shows_it():
    body = torch.zeros(2, 21, 3)
    body[0, [0, 1], 0], body[0, [3, 4], 0] = -QUARTER, QUARTER  # hips and knees of the first frame: sitting
    body[:, 15, 2], body[:, 16, 2] = -1.2, 1.2  # arms down
    score = ranker_score(load_ranker(), MiniLMEncoder())
    scores = score(SMPLPose.create(body), ["a man sits on a chair", "a man stands still"])
    assert scores.argmax(0).tolist() == [0, 1]
