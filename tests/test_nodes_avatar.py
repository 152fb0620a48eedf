"""What RetargetAndRender and PASLoadAvatar take besides a file and a pose: expressions, light, corrected bones."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from io import BytesIO

import numpy as np
import pytest
import torch
from avatar_scene.headless import HeadlessError
from avatar_scene.pose_prior import save_pose
from avatar_scene.rendering import parse_bone_override
from avatar_scene.smpl import SMPLPose
from avatar_scene.weights import bundled
from host import ComfyHost
from PIL import Image
from test_avatar_files import edited_default


@pytest.fixture
def render(comfy: ComfyHost, tmp_path) -> dict:
    """An avatar that can puff its skin up, at rest."""

    def puff(document):
        primitive = document["meshes"][0]["primitives"][0]
        primitive["targets"] = [{"POSITION": primitive["attributes"]["NORMAL"]}]
        document["meshes"][0]["extras"] = {"targetNames": ["Puff up"]}
        return document

    (comfy.input_dir / "puff.glb").write_bytes(edited_default(tmp_path, puff).read_bytes())
    save_pose(comfy.input_dir / "poses" / "rest.npz", SMPLPose.create(torch.zeros(1, 21, 3)))
    sockets = {"avatar": ["2", 0], "pose": ["1", 0]}
    return {
        "1": {"class_type": "PASLoadPose", "inputs": {"file": "input/poses/rest.npz", "index": 0}},
        "2": {"class_type": "PASLoadAvatar", "inputs": {"avatar": "input/puff.glb"}},
        "3": {
            "class_type": "RetargetAndRender",
            "inputs": {**sockets, "width": 128, "height": 128, "supersampling": 1},
        },
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    }


def picture(comfy: ComfyHost, graph: dict) -> np.ndarray:
    return comfy.images(comfy.run(graph))[-1].astype(int)


def refusal(comfy: ComfyHost, graph: dict) -> str:
    with pytest.raises(HeadlessError) as error:
        comfy.run(graph)
    message = str(error.value).strip()
    assert "\n" not in message and len(message) < 500
    return message


@pytest.mark.host
def test_an_expression_changes_the_picture_without_reading_the_avatar_again(comfy: ComfyHost, render: dict):
    plain = picture(comfy, render)
    render["3"]["inputs"]["expressions"] = "puff up 0.05"
    run = comfy.run(render)
    assert "2" not in run.executed
    assert (comfy.images(run)[-1] != plain).any()
    render["3"]["inputs"]["expressions"] = "Puff up 0"
    assert (picture(comfy, render) == plain).all()


@pytest.mark.host
def test_an_unknown_expression_is_refused_with_those_the_avatar_has(comfy: ComfyHost, render: dict):
    render["3"]["inputs"]["expressions"] = "grin 0.5"
    assert "no 'grin'; it has: Puff up" in refusal(comfy, render)
    render["3"]["inputs"]["expressions"] = "puff up 1.5"
    assert "weight 1.5, expected 0 to 1" in refusal(comfy, render)


@pytest.mark.host
def test_a_panorama_lights_the_avatar(comfy: ComfyHost, render: dict):
    panorama = np.zeros((32, 64, 3), np.uint8)
    panorama[:, 40:56, 0] = 255  # red, from the right
    Image.fromarray(panorama).save(comfy.input_dir / "panorama.png")
    plain = picture(comfy, render)
    render["5"] = {"class_type": "LoadImage", "inputs": {"image": "panorama.png"}}
    render["3"]["inputs"]["environment"] = ["5", 0]
    lit = picture(comfy, render)
    drawn = (plain != plain[0, 0]).any(-1)
    assert lit[drawn][:, 0].mean() > 5 * lit[drawn][:, 1:].mean()
    render["3"]["inputs"]["environment_strength"] = 0.0
    assert picture(comfy, render)[drawn].mean() < 0.1 * lit[drawn].mean() + 2


@pytest.mark.host
def test_a_black_panorama_and_a_wrong_number_of_them_are_refused(comfy: ComfyHost, render: dict):
    render["5"] = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 32, "batch_size": 2, "color": 0}}
    render["3"]["inputs"]["environment"] = ["5", 0]
    assert "environment: the picture is black" in refusal(comfy, render)
    render["5"]["inputs"]["color"] = 0x808080
    assert "environment: 2 pictures for 1 poses" in refusal(comfy, render)


@pytest.mark.host
def test_an_overridden_bone_is_used_and_reported(comfy: ComfyHost, render: dict):
    plain = picture(comfy, render)
    swapped = {"left_shoulder": "mixamorig:RightArm", "right_shoulder": "mixamorig:LeftArm"}
    render["2"]["inputs"]["bone_override"] = json.dumps(swapped)
    render["6"] = {"class_type": "PreviewAny", "inputs": {"source": ["2", 1]}}
    run = comfy.run(render)
    assert (comfy.images(run)[-1] != plain).any()
    assert "2 given by hand" in run.outputs["6"]["text"][0]
    render["2"]["inputs"]["bone_override"] = '{"left_wrist": "Hnd"}'
    assert "there is no bone 'Hnd'" in refusal(comfy, render)
    render["2"]["inputs"]["bone_override"] = '{"left_hip": "mixamorig:LeftLeg"}'
    assert "'mixamorig:LeftLeg' is both left_hip and left_knee" in refusal(comfy, render)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "no JSON at line 1, column 2"),
        ("[" * 9000, "braces"),
        ('["left_wrist"]', "braces"),
        ('{"left_wirst": "x"}', "'left_wirst' is no SMPL joint; close: left_wrist"),
        ('{"tail": "x"}', "joints are pelvis"),
        ('{"left_wrist": 3}', "a bone's name in quotes"),
        ('{"neck": "a", "neck": "b"}', "'neck' is given twice"),
        (" " * 9 + "x" * 30_000, "too many"),
    ],
)
def test_a_bad_bone_override_is_refused_in_one_line(text: str, reason: str):
    with pytest.raises(ValueError, match=reason) as error:
        parse_bone_override(text)
    message = str(error.value)
    assert message.startswith("bone_override: ") and "\n" not in message and len(message) < 500


def test_a_good_bone_override_is_read():
    assert parse_bone_override(' {"left_wrist": "Hand L", "right_thumb3": "T3"}\n') == {
        "left_wrist": "Hand L",
        "right_thumb3": "T3",
    }
    assert parse_bone_override(" \n") == {}


def test_any_bones_of_a_rig_may_be_named_for_any_joints():
    from avatar_scene.rendering import avatar_joints, load_avatar, retarget
    from avatar_scene.rendering.humanoid import FINGER_ROLES
    from avatar_scene.smpl import JOINT_NAMES

    path, pose = bundled("default_avatar.glb"), SMPLPose.create(torch.full((1, 21, 3), 0.2))
    names = load_avatar(path).node_names
    generator = torch.Generator().manual_seed(0)
    used = 0
    for _ in range(30):
        pick = lambda choices: choices[int(torch.randint(len(choices), (), generator=generator))]  # noqa: E731
        override = {pick((*JOINT_NAMES[:22], *FINGER_ROLES)): pick(names) for _ in range(4)}
        try:
            avatar = load_avatar(path, override)
        except ValueError:
            continue
        used += 1
        assert torch.isfinite(avatar_joints(avatar, retarget(avatar, pose))).all()
    assert used > 3


def asked(comfy: ComfyHost, **wanted) -> tuple[int, dict]:
    """What the preview route answers."""
    request = urllib.request.Request(
        comfy.server.url + "/avatar-scene/avatar", json.dumps(wanted).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.host
def test_the_canvas_gets_a_thumbnail_and_the_report(comfy: ComfyHost):
    status, answer = asked(comfy, avatar="bundled/default_avatar.glb")
    picture = np.asarray(Image.open(BytesIO(base64.b64decode(answer["thumbnail"].split(",")[1]))))
    assert status == 200 and picture.shape == (256, 192, 4)
    assert 0.1 < (picture[..., 3] > 127).mean() < 0.6
    assert "left_wrist" in answer["report"]
    _, corrected = asked(
        comfy, avatar="bundled/default_avatar.glb", bone_override='{"left_wrist": "mixamorig:LeftHand"}'
    )
    assert "1 given by hand" in corrected["report"]


@pytest.mark.host
@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"avatar": "input/../secret.glb"}, "outside ComfyUI's folders"),
        ({"avatar": "/etc/passwd"}, "must start with|is not a"),
        ({"avatar": "input/none.vrm"}, "there is no file"),
        ({"avatar": "input/hero.FBX"}, "FBX is not read; open the file in Blender"),
        ({"avatar": ["x"]}, "expected a JSON object"),
        ({}, "expected a JSON object"),
        ({"avatar": "bundled/default_avatar.glb", "bone_override": "{"}, "bone_override: no JSON"),
    ],
)
def test_the_preview_refuses_in_one_line(comfy: ComfyHost, wanted: dict, reason: str):
    status, answer = asked(comfy, **wanted)
    assert status == 400 and "\n" not in answer["error"]
    assert re.search(reason, answer["error"])


@pytest.mark.host
def test_a_chosen_fbx_is_listed_and_says_how_to_convert(comfy: ComfyHost, render: dict):
    (comfy.input_dir / "hero.fbx").write_bytes(b"Kaydara FBX Binary")
    spec = comfy.node_info("PASLoadAvatar")["input"]["required"]["avatar"]
    names = spec[1]["options"] if isinstance(spec[0], str) else spec[0]
    assert names[0] == "bundled/default_avatar.glb" and names[-1] == "input/hero.fbx"
    render["2"]["inputs"]["avatar"] = "input/hero.fbx"
    assert "export glTF 2.0" in refusal(comfy, render)


@pytest.mark.host
def test_the_canvas_module_is_served(comfy: ComfyHost):
    assert any(path.endswith("/load_avatar.js") for path in comfy.server.get("/extensions"))
