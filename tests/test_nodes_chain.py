"""The pack's nodes on a real ComfyUI: the whole chain, its caching, its pictures, and what it says to bad input."""

from __future__ import annotations

import copy
import json
import os
import shutil
from io import BytesIO

import numpy as np
import pytest
import torch
from avatar_scene.headless import HeadlessError
from avatar_scene.pose_prior import save_pose
from avatar_scene.pose_prior.vposer import load_vposer
from avatar_scene.smpl import SMPLPose
from avatar_scene.weights import bundled
from host import ROOT, ComfyHost

pytestmark = pytest.mark.host

API = ROOT / "workflows" / "api"


@pytest.fixture
def chain() -> dict:
    return json.loads((API / "avatar_on_backdrop.json").read_text("utf-8"))


@pytest.fixture
def render(comfy: ComfyHost) -> dict:
    """A saved pose, rendered: the chain without its text stage."""
    save_pose(comfy.input_dir / "poses" / "rest.npz", SMPLPose.create(torch.zeros(2, 21, 3), texts=["a", "b"]))
    return {
        "1": {"class_type": "PASLoadPose", "inputs": {"file": "input/poses/rest.npz", "index": 0}},
        "2": {"class_type": "PASLoadAvatar", "inputs": {"avatar": "bundled/default_avatar.glb"}},
        "3": {
            "class_type": "RetargetAndRender",
            "inputs": {"avatar": ["2", 0], "pose": ["1", 0], "width": 256, "height": 256, "supersampling": 2},
        },
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    }


def gray_after(graph: dict, **inputs) -> dict:
    """The graph with a gray body rendered by the avatar's camera, and its mask shown."""
    graph = copy.deepcopy(graph)
    graph["5"] = {
        "class_type": "GrayBodyRender",
        "inputs": {
            "pose": ["1", 0], "width": 64, "height": 64, "supersampling": 2, "body": "bundled/body.npz",
            "avatar": ["2", 0], "camera": ["3", 3], **inputs,
        },
    }  # fmt: skip
    graph["6"] = {"class_type": "MaskToImage", "inputs": {"mask": ["5", 1]}}
    graph["7"] = {"class_type": "MaskToImage", "inputs": {"mask": ["3", 1]}}
    graph["8"] = {"class_type": "ImageBatch", "inputs": {"image1": ["6", 0], "image2": ["7", 0]}}
    graph["9"] = {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}}
    return graph


def test_a_prompt_and_an_avatar_become_a_picture(comfy: ComfyHost, chain: dict):
    (picture,) = comfy.images(comfy.run(chain))
    assert picture.shape == (512, 512, 3)
    teal_shirt = (np.abs(picture.astype(int) - (40, 150, 150)).max(-1) < 60).mean()
    assert teal_shirt > 0.01


def test_a_vposer_checkpoint_of_the_published_layout_is_chosen_from_the_models_folder(comfy: ComfyHost, chain: dict):
    state = {f"vp_model.{key}": value for key, value in load_vposer().state_dict().items()}
    place = comfy.models_dir / "vposer" / "V02_05_epoch=08.ckpt"
    place.parent.mkdir(exist_ok=True)
    torch.save({"state_dict": state, "epoch": 8}, place)
    (expected,) = comfy.images(comfy.run(chain))
    chain["1"]["inputs"]["vposer"] = "models/V02_05_epoch=08.ckpt"
    (picture,) = comfy.images(comfy.run(chain))
    place.unlink()
    assert np.array_equal(picture, expected)


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(comfy: ComfyHost, chain: dict):
    chain["1"]["inputs"]["seed"] = 7
    (first,) = comfy.images(comfy.run(chain))
    chain["1"]["inputs"]["seed"] = 8
    (other,) = comfy.images(comfy.run(chain))
    chain["1"]["inputs"]["seed"] = 7
    run = comfy.run(chain)
    (again,) = comfy.images(run)
    assert "1" in run.executed
    assert (first == again).all()
    assert (first != other).any()


def test_a_change_of_the_last_stage_runs_only_the_last_stage(comfy: ComfyHost, chain: dict):
    comfy.run(chain)
    chain["5"]["inputs"]["red"] = 90
    assert set(comfy.run(chain).executed) == {"5", "6", "7"}


def test_a_touched_avatar_file_is_read_again(comfy: ComfyHost, render: dict):
    path = comfy.input_dir / "mine.glb"
    shutil.copy(bundled("default_avatar.glb"), path)
    render["2"]["inputs"]["avatar"] = "input/mine.glb"
    comfy.run(render)
    assert "2" not in comfy.run(render).executed
    os.utime(path, ns=(1, 1))
    assert "2" in comfy.run(render).executed


def test_every_pose_of_a_batch_is_drawn(comfy: ComfyHost, render: dict):
    render["1"]["inputs"]["index"] = -1
    assert len(comfy.images(comfy.run(render))) == 2


def test_the_gray_body_lies_under_the_avatar(comfy: ComfyHost, render: dict):
    gray, avatar = (image[..., 0] > 127 for image in comfy.images(comfy.run(gray_after(render)))[-2:])
    assert gray.shape == avatar.shape == (256, 256)  # the camera's size, not the node's own
    assert (gray & avatar).sum() / (gray | avatar).sum() > 0.8


def test_saved_poses_come_back(comfy: ComfyHost, render: dict):
    graph = {
        "1": render["1"],
        "2": {"class_type": "PASSavePose", "inputs": {"pose": ["1", 0], "filename_prefix": "poses/kept"}},
    }
    saved = comfy.run(graph).outputs["2"]["files"][0]
    with np.load(BytesIO(comfy.server.view(saved))) as poses:
        assert poses["body_pose"].shape == (1, 21, 3)
        assert poses["joints"].shape == (1, 24, 3)
        assert poses["texts"].tolist() == ["a"]


@pytest.mark.parametrize(
    ("avatar", "reason"),
    [
        ("input/none.vrm", "there is no file 'none.vrm' in ComfyUI's input folder"),
        ("input/../secret.glb", "outside ComfyUI's folders"),
        ("/etc/passwd", "must start with|is not a .glb"),
        ("input//etc/x.glb", "outside ComfyUI's folders"),
        ("models/../../x.glb", "outside ComfyUI's folders"),
        ("input/poses/rest.npz", "is not a .glb or .vrm or .gltf file"),
        ("bundled/../manifest.json", "is not a|bundled"),
    ],
)
def test_files_outside_the_folders_are_refused(comfy: ComfyHost, render: dict, avatar: str, reason: str):
    (comfy.base / "secret.glb").write_bytes(b"secret")
    render["2"]["inputs"]["avatar"] = avatar
    with pytest.raises(HeadlessError, match=rf"PASLoadAvatar.*({reason})") as error:
        comfy.run(render)
    assert "\n" not in str(error.value).strip()


def test_links_out_of_the_folders_are_refused(comfy: ComfyHost, render: dict):
    (comfy.base / "secret.glb").write_bytes(b"secret")
    link = comfy.input_dir / "link.glb"
    try:
        link.symlink_to(comfy.base / "secret.glb")
    except OSError:
        pytest.skip("this system makes no symbolic links")
    render["2"]["inputs"]["avatar"] = "input/link.glb"
    with pytest.raises(HeadlessError, match="outside ComfyUI's folders"):
        comfy.run(render)


@pytest.mark.parametrize(
    ("name", "content"), [("empty.glb", b""), ("noise.glb", b"\x00" * 4096), ("text.vrm", b"not an avatar")]
)
def test_files_that_are_no_avatars_are_refused_in_one_line(comfy: ComfyHost, render: dict, name: str, content: bytes):
    (comfy.input_dir / name).write_bytes(content)
    render["2"]["inputs"]["avatar"] = f"input/{name}"
    with pytest.raises(HeadlessError, match=f"PASLoadAvatar.*Avatar '{name}'") as error:
        comfy.run(render)
    assert "\n" not in str(error.value).strip()


def test_a_truncated_avatar_is_refused(comfy: ComfyHost, render: dict):
    (comfy.input_dir / "half.glb").write_bytes(bundled("default_avatar.glb").read_bytes()[:100_000])
    render["2"]["inputs"]["avatar"] = "input/half.glb"
    with pytest.raises(HeadlessError, match=r"Avatar 'half\.glb'"):
        comfy.run(render)


def test_nan_poses_are_refused(comfy: ComfyHost, render: dict):
    path = comfy.input_dir / "nan.npz"
    np.savez(path, body_pose=np.full((1, 21, 3), np.nan, np.float32))
    render["1"]["inputs"]["file"] = "input/nan.npz"
    with pytest.raises(HeadlessError, match=r"Pose file 'nan\.npz': .*NaN"):
        comfy.run(render)


def test_pickled_poses_are_refused(comfy: ComfyHost, render: dict):
    path = comfy.input_dir / "pickled.npz"
    np.savez(path, body_pose=np.array([{"x": 1}], dtype=object))
    render["1"]["inputs"]["file"] = "input/pickled.npz"
    with pytest.raises(HeadlessError, match=r"Pose file 'pickled\.npz'"):
        comfy.run(render)


@pytest.mark.parametrize(("width", "height"), [(8, 256), (100_000, 256), (256, -1)])
def test_absurd_sizes_are_refused(comfy: ComfyHost, render: dict, width: int, height: int):
    render["3"]["inputs"].update(width=width, height=height)
    with pytest.raises(HeadlessError, match=r"RetargetAndRender.*(width|height)"):
        comfy.run(render)


def test_picture_and_mask_of_different_sizes_are_refused(comfy: ComfyHost, render: dict):
    render["5"] = {"class_type": "SolidMask", "inputs": {"value": 1.0, "width": 64, "height": 32}}
    options = {"feather": 0, "color_match": 0.0, "color_match_band": 8, "shadow": 0.0, "occluders": "none"}
    sockets = {"scene": ["3", 0], "avatar": ["3", 0], "mask": ["5", 0]}
    render["6"] = {"class_type": "PasteAvatar", "inputs": {**sockets, **options}}
    render["7"] = {"class_type": "PreviewImage", "inputs": {"images": ["6", 0]}}
    with pytest.raises(HeadlessError, match=r"PasteAvatar.*mask.*64.*256|PasteAvatar.*256.*64"):
        comfy.run(render)


@pytest.mark.parametrize("prompt", ["", "   ", "a person " + "waves and " * 1000, "наклоняется вперёд 🙂", "跳舞"])
def test_any_prompt_gives_a_pose(comfy: ComfyHost, chain: dict, prompt: str):
    chain["1"]["inputs"]["prompt"] = prompt
    assert comfy.images(comfy.run(chain))[0].std() > 5


@pytest.mark.parametrize(
    ("prompt", "note"), [("", "sampled without text"), ("a person " + "hops and " * 1000, "was cut after")]
)
def test_what_is_done_with_an_empty_or_long_prompt_is_said(comfy: ComfyHost, chain: dict, prompt: str, note: str):
    chain["1"]["inputs"].update(prompt=prompt, seed=len(prompt))
    before = comfy.server.log.read_text(encoding="utf-8", errors="replace").count(note)
    comfy.run(chain)
    log = comfy.server.log.read_text(encoding="utf-8", errors="replace")
    assert log.count(note) == before + 1 and "TextToSMPLPose: the prompt is" in log


def test_more_poses_cannot_be_kept_than_were_tried(comfy: ComfyHost, chain: dict):
    chain["1"]["inputs"].update(candidates=2, keep=3)
    with pytest.raises(HeadlessError, match="keep: 3 poses cannot be kept of 2 candidates"):
        comfy.run(chain)


def test_every_node_and_every_input_explains_itself(comfy: ComfyHost):
    nodes = {
        name: info for name, info in comfy.server.get("/object_info").items() if "avatar-scene" in info["category"]
    }
    assert len(nodes) >= 15
    for name, info in nodes.items():
        assert info["description"], name
        for group in ("required", "optional"):
            for key, spec in info["input"].get(group, {}).items():
                assert len(spec) > 1 and spec[1].get("tooltip"), f"{name}.{key} has no tooltip"
        assert all(info["output_tooltips"]), f"{name} has an output without tooltip"
