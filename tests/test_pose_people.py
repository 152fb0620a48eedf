"""OpenPose documents of every layout become the same people; anything else is refused in one line."""

from __future__ import annotations

import json

import pytest
import torch
from avatar_scene.pose_prior import load_people, read_people

COCO_18 = [k for k in range(19) if k != 8]


def flat(points: torch.Tensor) -> list[float]:
    return points.flatten().tolist()


def body(seed: int = 0) -> torch.Tensor:
    """(25, 3) points in a picture of 200 x 400."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(25, 3, generator=generator) * torch.tensor([190.0, 390.0, 0.9]) + torch.tensor([5.0, 5.0, 0.1])
    points[3] = 0  # the right elbow is not seen
    return points


def frame(people: list[dict], **canvas) -> dict:
    return {"people": people, **canvas}


CANVAS = {"canvas_width": 200, "canvas_height": 400}


def test_body_25_and_coco_18_with_feet_are_the_same_person():
    points, hand = body(), torch.rand(21, 3) + 1
    whole = read_people(frame([{"pose_keypoints_2d": flat(points), "hand_left_keypoints_2d": flat(hand)}], **CANVAS))[0]
    parts = {"pose_keypoints_2d": flat(points[COCO_18]), "foot_keypoints_2d": flat(points[19:])}
    coco = read_people([frame([parts], **CANVAS)])[0]
    torch.testing.assert_close(whole.body, points)
    torch.testing.assert_close(coco.body[COCO_18], points[COCO_18])
    torch.testing.assert_close(coco.body[19:], points[19:])
    assert float(coco.body[8].abs().sum()) == 0 and coco.left_hand is None and whole.right_hand is None
    torch.testing.assert_close(whole.left_hand[:, :2], hand[:, :2])
    assert (whole.width, whole.height) == (200, 400)


def test_shares_of_the_canvas_are_pixels_too():
    points = body()
    shares = points / torch.tensor([200.0, 400.0, 1.0])
    for document in (frame([{"pose_keypoints_2d": flat(shares)}], **CANVAS),):
        torch.testing.assert_close(read_people(document)[0].body, points)
    free = read_people(frame([{"pose_keypoints_2d": flat(shares)}]))[0]
    assert free.width == free.height > 1 and float(free.body[:, :2].max()) > 100


def test_without_a_canvas_the_picture_reaches_as_far_as_the_points():
    person = read_people(frame([{"pose_keypoints_2d": flat(body())}]))[0]
    assert person.width == pytest.approx(float(body()[:, 0].max()))
    assert person.height == pytest.approx(float(body()[:, 1].max()))


def test_people_keep_their_order_through_frames():
    one, two, three = ({"pose_keypoints_2d": flat(body(seed))} for seed in range(3))
    people = read_people([frame([one, two], **CANVAS), frame([], **CANVAS), frame([three], **CANVAS)])
    for seed, person in enumerate(people):
        torch.testing.assert_close(person.body, body(seed))


def test_unknown_points_are_all_zero_and_confidence_is_at_most_one():
    points = body()
    points[5, :2], points[6, 2], points[7, 2] = 0, 0, 7
    person = read_people(frame([{"pose_keypoints_2d": flat(points)}], **CANVAS))[0]
    assert float(person.body[[3, 5, 6]].abs().sum()) == 0
    assert float(person.body[7, 2]) == 1


def test_a_file_is_told_by_its_content(tmp_path):
    path = tmp_path / "person.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(frame([{"pose_keypoints_2d": flat(body())}], **CANVAS)).encode())
    torch.testing.assert_close(load_people(path)[0].body, body())
    for content in (b"", b"[1", b"[" * 100_000, b'{"a": 1}', b"\xff\xfe", b"NaN"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"^Pose file 'person.json': [^\n]+$"):
            load_people(path)
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_people(tmp_path / "none.json")


def dwpose(*people: dict) -> list[dict]:
    """A frame as DWPose's node writes it: COCO-18, hands and faces or null, (0, 0, 0) for what it does not see."""
    parts = {"face_keypoints_2d": [10.0] * 210, "hand_left_keypoints_2d": None, "hand_right_keypoints_2d": None}
    return [{"people": [{**parts, **person} for person in people], "animals": [], **CANVAS}]


def test_of_a_crowd_only_those_who_are_seen_well_enough_have_to_be():
    whole, edge = body()[COCO_18], body(1)[COCO_18]
    edge[2:] = 0  # nose and neck at the edge of the picture
    hand = torch.cat([torch.rand(21, 2) * 100 + 1, torch.full((21, 1), 0.8)], 1)
    hand[4:] = 0
    people = read_people(
        dwpose(
            {"pose_keypoints_2d": flat(edge)},
            {"pose_keypoints_2d": [0.0] * 54, "hand_right_keypoints_2d": flat(hand)},
            {"pose_keypoints_2d": flat(whole), "hand_left_keypoints_2d": flat(hand)},
        )
    )
    assert "known: nose, neck" in people[0].shortfall and "known: none" in people[1].shortfall
    torch.testing.assert_close(people[2].body[COCO_18], whole)
    assert not people[2].shortfall and people[2].right_hand is None
    assert int((people[2].left_hand[:, 2] > 0).sum()) == 4
    with pytest.raises(ValueError, match=r"person 0 has too few points .*known: nose, neck\)$"):
        read_people(dwpose({"pose_keypoints_2d": flat(edge)}, {"pose_keypoints_2d": [0.0] * 54}))


def person_with(**changes) -> dict:
    return frame([{"pose_keypoints_2d": flat(body()), **changes}], **CANVAS)


FEW = torch.zeros(25, 3)
FEW[[0, 1, 15, 16, 17, 18]] = 1.0


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, "no OpenPose document"),
        ({"people": {}}, "no OpenPose document"),
        ([[1]], "no OpenPose document"),
        ([], "nobody"),
        (frame([]), "nobody"),
        (frame(["x"]), "person 0 is no object"),
        (frame([{}]), "no 'pose_keypoints_2d'"),
        (frame([{}] * 300), "more than 256 people"),
        (person_with(pose_keypoints_2d=[0] * 51), "51 numbers, expected a list of 75 or 54"),
        (person_with(pose_keypoints_2d="0" * 75), "has str"),
        (person_with(pose_keypoints_2d=[None] * 75), "no numbers"),
        (person_with(pose_keypoints_2d=[float("nan")] * 75), "no numbers"),
        (person_with(pose_keypoints_2d=[1e300] * 75), "within a million"),
        (person_with(hand_left_keypoints_2d=[1.0] * 60), "expected a list of 63"),
        (person_with(pose_keypoints_2d=flat(FEW)), r"at least 6 .* shoulders or hips \(known: nose, neck"),
        (frame([{"pose_keypoints_2d": flat(body())}], canvas_width=-3, canvas_height=2), "'canvas_width'"),
        (frame([{"pose_keypoints_2d": flat(body())}], canvas_width="512"), "'canvas_width'"),
    ],
)
def test_other_documents_are_refused_in_one_line(document, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        read_people(document)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300
