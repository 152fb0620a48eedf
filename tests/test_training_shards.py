"""Shards: what is written is read back, and a broken one is refused by name."""

import io
import json
import tarfile

import numpy as np
import pytest
from avatar_scene.training.shards import MANIFEST, Sample, list_shards, read_captions, read_shard, write_shard


def _sample(seed: int, size=(24, 32), caption="a person is waving") -> Sample:
    random = np.random.default_rng(seed)
    image, person, gray = (random.integers(0, 256, (*size, channels), np.uint8) for channels in (3, 4, 4))
    return Sample(image, person, gray, caption, {"place": "beach"})


def _rewrite(path, change) -> None:
    """The tar again, with `change(name, content)` -> new content, or None to drop the member."""
    with tarfile.open(path) as tar:
        members = [(info.name, tar.extractfile(info).read()) for info in tar]
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            content = change(name, content)
            if content is not None:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))


def test_a_shard_comes_back_bit_for_bit(tmp_path):
    samples = [_sample(seed) for seed in range(3)]
    assert write_shard(tmp_path / "00000.tar", samples) == 3
    back = list(read_shard(list_shards(tmp_path)[0]))
    for sample, read in zip(samples, back, strict=True):
        for name in ("image", "person", "gray"):
            assert np.array_equal(getattr(sample, name), getattr(read, name))
        assert (read.caption, read.about) == (sample.caption, sample.about)


def test_a_shard_that_fails_half_way_leaves_nothing(tmp_path):
    def samples():
        yield _sample(0)
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_shard(tmp_path / "00000.tar", samples())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="has no manifest"):
        list_shards(tmp_path)


def test_captions_are_read_without_the_pictures(tmp_path):
    first, second = _sample(0), _sample(1)
    write_shard(tmp_path / "a.tar", [first, second])
    assert read_captions(tmp_path) == {first.caption, second.caption}
    _rewrite(tmp_path / "a.tar", lambda name, content: b"{}" if name.endswith("json") else content)
    with pytest.raises(ValueError, match=r"shard 'a.tar'"):
        read_captions(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda name, content: None if name == "000001.gray.png" else content, "sample 000001: gray.png is missing"),
        (lambda name, content: content[:40] if name.endswith("person.png") else content, "person.png is damaged"),
        (lambda name, content: b"{}" if name.endswith("json") else content, "holds no caption"),
        (lambda name, content: b"[1]" if name.endswith("json") else content, "holds no caption"),
        (
            lambda name, content: json.dumps({"caption": "  "}).encode() if name.endswith("json") else content,
            "the caption is empty",
        ),
        (
            lambda name, content: content[:16] + b"\xff" * 8 + content[24:] if name.endswith("image.png") else content,
            "image.png is no PNG of at most",
        ),
    ],
)
def test_a_broken_sample_is_named(tmp_path, change, message):
    path = tmp_path / "00000.tar"
    write_shard(path, [_sample(0), _sample(1)])
    _rewrite(path, change)
    with pytest.raises(ValueError, match=message) as caught:
        list(read_shard(path))
    assert "shard '00000.tar'" in str(caught.value) and "\n" not in str(caught.value)


def test_pictures_of_two_sizes_are_refused(tmp_path):
    small, large = _sample(0), _sample(0, size=(48, 32))
    write_shard(tmp_path / "a.tar", [Sample(small.image, large.person, small.gray, "a person")])
    with pytest.raises(ValueError, match=r"person.png is 32x48, image.png is 32x24"):
        list(read_shard(tmp_path / "a.tar"))


def test_a_truncated_shard_and_a_foreign_manifest_are_refused(tmp_path):
    path = tmp_path / "a.tar"
    write_shard(path, [_sample(0)])
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(ValueError, match=r"shard 'a.tar'"):
        list(read_shard(path))
    (tmp_path / MANIFEST).write_text('{"shard": "../secret.tar", "samples": 1}\n')
    with pytest.raises(ValueError, match="outside the folder"):
        list_shards(tmp_path)
