"""The scores of painted scenes mean what the table says."""

import json

import numpy as np
import pytest
import torch
from avatar_scene.training.evaluate_outpaint import (
    colour_step,
    contact_sheet,
    difference_row,
    edge_energy,
    planted_seen,
    table_row,
    write_pictures,
)
from avatar_scene.training.outpaint.judge_data import HIDDEN, PersonData, PlaceData, another_person
from avatar_scene.training.outpaint.judges import NONE, Judges, PersonJudge, load_judges, place_judge
from avatar_scene.training.shards import Sample
from avatar_scene.training.votes.__main__ import main as vote
from avatar_scene.training.votes.tally import COLUMNS
from PIL import Image

_TWO = tuple(enumerate(("beach", "forest")))


def _person(side=64, color=(200, 40, 40)) -> np.ndarray:
    person = np.zeros((side, side, 4), np.uint8)
    person[16:48, 24:40] = (*color, 255)
    return person


def test_a_blank_scene_has_no_edges_and_the_avatar_does_not_count():
    person = _person()
    mask = person[None, ..., 3] / 255
    blank = np.full((1, 64, 64, 3), 90, np.uint8)
    assert edge_energy(blank, mask)[0] == 0
    noise = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    assert edge_energy(noise, mask)[0] > 10
    inside = np.where(mask[..., None] > 0, noise, blank)
    assert edge_energy(inside, mask)[0] == 0


@pytest.mark.parametrize("difference", [0, 30, 90])
def test_the_colour_step_is_the_difference_across_the_pasted_edge(difference):
    person = _person(color=(100, 100, 100))
    scene = np.full((1, 64, 64, 3), 100 + difference, np.uint8)
    assert colour_step(scene, person[None])[0] == pytest.approx(difference, abs=0.5)


def test_people_count_only_outside_the_grown_mask():
    class Everywhere(torch.nn.Module):
        def forward(self, picture):
            return torch.ones(len(picture), 1, 64, 64)

    judges = Judges(torch.nn.Identity(), [], Everywhere())
    picture = np.zeros((1, 128, 128, 3), np.uint8)
    empty, full = np.zeros((1, 128, 128), np.float32), np.ones((1, 128, 128), np.float32)
    half = empty.copy()
    half[:, :, :64] = 1
    assert judges.person_area(picture, empty)[0] == 100
    assert judges.person_area(picture, full)[0] == 0
    assert judges.person_area(picture, half)[0] == pytest.approx(50 - 400 / 128, abs=1)


def test_judges_come_back_from_their_files_and_name_places(tmp_path):
    torch.manual_seed(0)
    place, person = place_judge(3), PersonJudge()
    torch.save({"model": place.state_dict(), "places": ["beach", "forest"]}, tmp_path / "place.pt")
    torch.save({"model": person.state_dict(), "places": []}, tmp_path / "person.pt")
    judges = load_judges(tmp_path / "place.pt", tmp_path / "person.pt")
    pictures = np.random.default_rng(0).integers(0, 256, (4, 96, 96, 3), np.uint8)
    masks = np.zeros((4, 96, 96), np.float32)
    masks[:, 20:60, 20:60] = 1
    names = judges.name_places(pictures, masks)
    assert len(names) == 4 and set(names) <= {"beach", "forest", NONE}
    pictures[:, 25:55, 25:55] = 7  # hidden by the mask
    assert judges.name_places(pictures, masks) == names
    assert judges.person_area(pictures, masks).shape == (4,)


def test_place_pictures_hide_the_person_and_some_show_no_place():
    samples = [Sample(np.full((64, 64, 3), 40 * k, np.uint8), _person(), _person(), "a", {"place": p}) for k, p in _TWO]
    data = PlaceData(samples, 64)
    inputs, labels = data.draw(np.random.default_rng(0))
    assert data.places == ["beach", "forest"] and inputs.shape == (64, 4, 64, 64)
    assert set(labels.tolist()) == {0, 1, 2}, "the last label is none of these"
    picture, hidden = inputs[:, :3], inputs[:, 3:]
    assert (picture[hidden.expand_as(picture) == 1] == HIDDEN).all() and hidden.mean() > 0.05
    again, _ = data.draw(np.random.default_rng(0))
    assert torch.equal(inputs, again)


def test_people_pasted_into_empty_scenes_are_people_and_things_are_not():
    data = PersonData([Sample(np.zeros((64, 64, 3), np.uint8), _person(), _person(), "a")], 8, empty=2)
    pictures, people = data.draw(np.random.default_rng(0))
    assert pictures.shape == (8, 3, 128, 128) and people.shape == (8, 1, 64, 64)
    assert pictures.min() >= 0 and pictures.max() <= 1 and people.min() >= 0 and people.max() <= 1
    shares = [data.scene(np.random.default_rng(seed))[1].mean() for seed in range(40)]
    assert min(shares) == 0 and max(shares) > 0.05
    thing = data._thing(np.random.default_rng(0))
    assert thing[..., 3].max() == 255
    for seed in range(20):
        layer = another_person(data.people[0], np.random.default_rng(seed))
        assert (layer[..., :3] <= layer[..., 3:] + 1).all(), "premultiplied"


def test_a_row_has_every_column_and_the_sheet_every_sample(tmp_path):
    columns = ("place", "person outside", "edges", "colour step")
    row = table_row("ours", {name: np.linspace(0, 1, 20) for name in columns}, 1.234)
    assert row.count("|") == 8 and row.startswith("| ours | 0.50 (") and row.endswith("| n/a | 1.23 |")
    samples = [Sample(np.zeros((64, 64, 3), np.uint8), _person(), _person(), "a person") for _ in range(10)]
    rows = {"real": np.zeros((10, 64, 64, 3), np.uint8), "ours": np.ones((10, 64, 64, 3), np.uint8)}
    contact_sheet(rows, samples, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (8 * 64, 2 * (2 * 64 + 6))


def test_differences_are_taken_sample_by_sample():
    columns = ("place", "person outside", "edges", "colour step")
    reference = {name: np.random.default_rng(0).normal(0, 100, 20) for name in columns}
    row = difference_row("ours", {name: values + 2 for name, values in reference.items()}, reference)
    assert row == "| ours | " + " | ".join(["+2.00 (+2.00 to +2.00)"] * 4) + " |"


def test_a_planted_person_is_seen_by_a_judge_of_its_colour_and_missed_by_a_blind_one():
    class Red(torch.nn.Module):
        def forward(self, picture):
            red = torch.nn.functional.avg_pool2d(picture, 2)
            return red[:, :1] - 2 * red[:, 1:2] - 0.05

    class Blind(torch.nn.Module):
        def forward(self, picture):
            return -torch.ones(len(picture), 1, 64, 64)

    samples = [Sample(np.zeros((128, 128, 3), np.uint8), _person(128), _person(128), "a person") for _ in range(4)]
    pictures = np.stack([sample.image for sample in samples])
    red, blind = (Judges(torch.nn.Identity(), [], judge) for judge in (Red(), Blind()))
    assert planted_seen(pictures, samples, red) > 0.9 and planted_seen(pictures, samples, blind) == 0


def test_people_vote_on_two_rows_from_pictures_to_the_count(tmp_path, capsys):
    """Folders of pictures -> page and key -> CSV -> count; the page's own script is a browser's test."""
    places = ("beach", "moon", "forest")
    samples = [Sample(np.zeros((64, 64, 3), np.uint8), _person(), _person(), f"a person on\na {p}") for p in places]
    scenes = {"ours": np.full((3, 64, 64, 3), 250, np.uint8), "baseline": np.full((3, 64, 64, 3), 5, np.uint8)}
    write_pictures(scenes, samples, tmp_path)
    with Image.open(tmp_path / "ours" / "1.png") as picture:
        assert picture.getpixel((30, 30)) == (200, 40, 40) and picture.getpixel((2, 2)) == (250, 250, 250)
    page, votes = tmp_path / "vote.html", tmp_path / "votes.csv"
    rows = [f"{name}={tmp_path / name}" for name in scenes]
    assert vote(["pictures", *rows, "--texts", str(tmp_path / "texts.txt"), "-o", str(page)]) == 0
    key = json.loads((tmp_path / "vote.key.json").read_text(encoding="utf-8"))
    assert sorted(pair["text"] for pair in key["pairs"].values()) == sorted(f"a person on a {p}" for p in places)
    lines = [",".join(COLUMNS)]
    for pair, sides in key["pairs"].items():
        lines.append(f"{key['survey']},me,{pair},{'left' if sides['left'] == 'ours' else 'right'}")
    votes.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert vote(["tally", str(tmp_path / "vote.key.json"), str(votes), "--raters", "1"]) == 0
    assert "baseline 0, ours 3, undecided 0" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"--row: '\.\./x' cannot name a folder"):
        write_pictures({"../x": scenes["ours"]}, samples, tmp_path)
