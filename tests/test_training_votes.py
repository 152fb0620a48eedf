"""The vote page hides who made what, and the tally finds out again."""

from __future__ import annotations

import csv
import json
import re

import pytest
from avatar_scene.training.votes.__main__ import main
from avatar_scene.training.votes.survey import Pair, make_survey
from avatar_scene.training.votes.tally import COLUMNS, read_votes, sign_test, tally
from PIL import Image

RED, BLUE = (255, 0, 0), (0, 0, 255)


def make_pairs(count: int, text: str = "a person waves") -> list[Pair]:
    return [
        Pair(f"{text} {k}", {"ours": Image.new("RGB", (64, 64), RED), "theirs": Image.new("RGB", (640, 640), BLUE)})
        for k in range(count)
    ]


def survey_of(page: str) -> dict:
    return json.loads(re.search(r"const survey = (.*);\n", page)[1])


def write_votes(path, key: dict, rater: str, choose) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([key["survey"], rater, pair, choose(value)] for pair, value in key["pairs"].items())


def side_of(system: str):
    return lambda pair: "left" if pair["left"] == system else "right"


def test_the_page_names_no_system_and_both_sides_are_used():
    page, key = make_survey(make_pairs(40))
    assert "ours" not in page.replace("yours", "") and "theirs" not in page
    assert {pair["left"] for pair in key["pairs"].values()} == {"ours", "theirs"}
    assert "http" not in page  # one file that loads nothing
    assert [pair["text"] for pair in survey_of(page)["pairs"]] == [pair["text"] for pair in key["pairs"].values()]


def test_the_pictures_stand_where_the_key_says():
    import base64
    import io

    page, key = make_survey(make_pairs(6))
    for pair in survey_of(page)["pairs"]:
        for side in ("left", "right"):
            picture = Image.open(io.BytesIO(base64.b64decode(pair[side].split(",")[1])))
            assert max(picture.size) <= 512 and not picture.getexif()
            red = picture.getpixel((5, 5))[0] > 128
            assert red == (key["pairs"][pair["id"]][side] == "ours")


def test_a_text_cannot_break_out_of_the_page():
    page, _ = make_survey(make_pairs(2, "</script><script>alert(1)</script>"))
    assert "<script>alert" not in page
    assert survey_of(page)["pairs"][0]["text"].startswith("</script>")


def test_the_majority_of_five_wins_each_pair(tmp_path):
    _, key = make_survey(make_pairs(10))
    files = [tmp_path / f"{k}.csv" for k in range(5)]
    for k, file in enumerate(files):
        write_votes(file, key, f"rater{k}", side_of("ours" if k < 3 else "theirs"))
    result = tally(read_votes(files, key), key)
    assert result.wins == (10, 0) and result.undecided == 0 and result.raters == 5
    assert result.share == 1 and result.p == pytest.approx(2 / 2**10)
    assert result.agreement == pytest.approx(4 / 10)  # 3 + 1 of 10 pairs of raters


def test_pairs_without_enough_raters_wait_and_one_rater_counts_once(tmp_path):
    _, key = make_survey(make_pairs(4))
    write_votes(tmp_path / "a.csv", key, "same", side_of("ours"))
    write_votes(tmp_path / "b.csv", key, "same", side_of("theirs"))
    votes = read_votes([tmp_path / "a.csv", tmp_path / "b.csv"], key)
    assert tally(votes, key, raters=1).wins == (0, 4)
    with pytest.raises(ValueError, match="no pair has 2 raters"):
        tally(votes, key, raters=2)


def test_neither_leaves_a_pair_undecided(tmp_path):
    _, key = make_survey(make_pairs(3))
    write_votes(tmp_path / "a.csv", key, "a", lambda pair: "neither")
    result = tally(read_votes([tmp_path / "a.csv"], key), key, raters=1)
    assert result.undecided == 3 and result.share == 0.5 and result.p == 1


def test_votes_of_another_survey_are_refused_by_file_and_line(tmp_path):
    _, key = make_survey(make_pairs(3))
    write_votes(tmp_path / "a.csv", key | {"survey": "other"}, "a", side_of("ours"))
    with pytest.raises(ValueError, match=r"'a.csv', line 2.*'other'"):
        read_votes([tmp_path / "a.csv"], key)


def test_sign_test():
    assert sign_test(5, 5) == 1 and sign_test(0, 0) == 1
    assert sign_test(9, 1) == pytest.approx(2 * 11 / 1024)


def test_one_command_makes_the_page_from_two_folders_and_another_counts(tmp_path, capsys):
    for system, colour in (("a", RED), ("b", BLUE)):
        (tmp_path / system).mkdir()
        for number in (0, 2):  # line 1 is empty
            Image.new("RGB", (32, 32), colour).save(tmp_path / system / f"{number}.png")
    (tmp_path / "texts.txt").write_text("waving\n\nsitting\n", encoding="utf-8")
    page = tmp_path / "vote.html"
    where = [f"{system}={tmp_path / system}" for system in "ab"]
    assert main(["pictures", *where, "--texts", str(tmp_path / "texts.txt"), "-o", str(page)]) == 0
    key = json.loads((tmp_path / "vote.key.json").read_text(encoding="utf-8"))
    write_votes(tmp_path / "v.csv", key, "r", side_of("b"))
    assert main(["tally", str(tmp_path / "vote.key.json"), str(tmp_path / "v.csv"), "--raters", "1"]) == 0
    assert "a 0, b 2, undecided 0" in capsys.readouterr().out
    (tmp_path / "b" / "2.png").unlink()
    assert main(["pictures", *where, "--texts", str(tmp_path / "texts.txt"), "-o", str(page)]) == 2
    assert "2.png" in capsys.readouterr().err
