"""Shards of (image, person, gray body, caption): what the outpainter is trained on, whoever made them.

A shard is a tar file in the WebDataset manner. Each sample is four members, in this order, with one key before the
first dot:

    000012.image.png   (H, W, 3) the picture with the person in it
    000012.person.png  (H, W, 4) straight alpha: what is visible of the person
    000012.gray.png    (H, W, 4) straight alpha: the gray body in the same pose and camera, hidden parts included
    000012.json        {"caption": "a person is ...", anything else the maker knows}

A folder of shards has a `manifest.jsonl` with a line for each finished shard. A shard is written beside its name,
synced, renamed, and only then listed, so a reader never meets half of one.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

MANIFEST = "manifest.jsonl"
PICTURES = {"image": 3, "person": 4, "gray": 4}  # member -> channels
MEMBERS = (*(f"{name}.png" for name in PICTURES), "json")
MAX_MEMBER_BYTES = 64 << 20
MAX_SIDE = 4096  # pixels


@dataclass(frozen=True)
class Sample:
    """One training example; the three pictures have one size.

    image:   (H, W, 3) uint8 sRGB.
    person:  (H, W, 4) uint8, straight alpha.
    gray:    (H, W, 4) uint8, straight alpha.
    caption: not empty.
    about:   whatever else the maker wrote (the place, the action ...); JSON values.
    """

    image: np.ndarray
    person: np.ndarray
    gray: np.ndarray
    caption: str
    about: dict = field(default_factory=dict)


def write_shard(path: str | Path, samples: Iterable[Sample]) -> int:
    """Write a shard whole or not at all, list it in its folder's manifest, and return how many samples it holds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        with open(part, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                for count, sample in enumerate(samples, 1):
                    for name, content in _members(sample):
                        info = tarfile.TarInfo(f"{count - 1:06d}.{name}")
                        info.size = len(content)
                        tar.addfile(info, io.BytesIO(content))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    with open(path.parent / MANIFEST, "a", encoding="utf-8") as manifest:
        manifest.write(json.dumps({"shard": path.name, "samples": count}) + "\n")
        manifest.flush()
        os.fsync(manifest.fileno())
    return count


def list_shards(folder: str | Path) -> list[Path]:
    """The finished shards of a folder, each once, in the order of their names.

    Raises ValueError if the folder has none, or if a listed one is missing.
    """
    folder = Path(folder)
    names = set()
    if (folder / MANIFEST).is_file():
        for number, line in enumerate((folder / MANIFEST).read_text(encoding="utf-8").splitlines(), 1):
            try:
                name = json.loads(line)["shard"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"shards: line {number} of {MANIFEST} in '{folder}' is no manifest line") from error
            if Path(name).name != name:
                raise ValueError(f"shards: {MANIFEST} in '{folder}' names {name!r}, which is outside the folder")
            names.add(name)
    if not names:
        raise ValueError(f"shards: '{folder}' has no {MANIFEST} that lists a shard; write some with training.scenes")
    missing = sorted(name for name in names if not (folder / name).is_file())
    if missing:
        raise ValueError(f"shards: {missing[0]!r} is listed in '{folder}' and missing")
    return [folder / name for name in sorted(names)]


def read_captions(folder: str | Path) -> set[str]:
    """The captions of a folder's shards, without a look at the pictures.

    Raises ValueError at a damaged shard or a sample without one.
    """
    captions = set()
    for path in list_shards(folder):
        try:
            with tarfile.open(path) as tar:
                members = [info for info in tar if info.isfile() and info.name.endswith(".json")]
                captions |= {json.load(tar.extractfile(info))["caption"] for info in members}
        except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"shard '{path.name}': damaged, or no tar file of samples ({error})") from error
    return captions


def read_shard(path: str | Path) -> Iterator[Sample]:
    """The samples of one shard.

    Raises ValueError, naming shard and sample, at a missing member, pictures of different sizes, an empty caption or a
    damaged file.
    """
    path = Path(path)
    key, members = None, {}
    try:
        with tarfile.open(path, mode="r|") as tar:
            for info in tar:
                if not info.isfile():
                    continue
                stem, _, kind = Path(info.name).name.partition(".")
                if stem != key:
                    if key is not None:
                        yield _sample(path, key, members)
                    key, members = stem, {}
                if kind not in MEMBERS:
                    continue  # makers may add members of their own
                if info.size > MAX_MEMBER_BYTES:
                    raise ValueError(f"shard '{path.name}': sample {key}: {kind} has {info.size >> 20} MiB")
                members[kind] = tar.extractfile(info).read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ValueError(f"shard '{path.name}': damaged or no tar file ({error})") from error
    if key is not None:
        yield _sample(path, key, members)


def _members(sample: Sample) -> Iterator[tuple[str, bytes]]:
    for name in PICTURES:
        picture = getattr(sample, name)
        order = [2, 1, 0, 3][: picture.shape[2]]  # OpenCV's channel order is BGR(A)
        yield f"{name}.png", cv2.imencode(".png", picture[..., order], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    yield "json", json.dumps({"caption": sample.caption, **sample.about}).encode()


def _sample(path: Path, key: str, members: dict[str, bytes]) -> Sample:
    where = f"shard '{path.name}': sample {key}"
    missing = [name for name in MEMBERS if name not in members]
    if missing:
        raise ValueError(f"{where}: {missing[0]} is missing")
    pictures = {name: _picture(members[f"{name}.png"], channels, where, name) for name, channels in PICTURES.items()}
    sizes = {name: picture.shape[:2] for name, picture in pictures.items()}
    for name, size in sizes.items():
        if size != sizes["image"]:
            shown = [f"{width}x{height}" for height, width in (size, sizes["image"])]
            raise ValueError(f"{where}: {name}.png is {shown[0]}, image.png is {shown[1]}; they must be of one size")
    try:
        about = json.loads(members["json"])
        caption = about.pop("caption")
        if not isinstance(caption, str):
            raise TypeError("the caption is no text")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{where}: its json holds no caption ({error})") from error
    if not caption.strip():
        raise ValueError(f"{where}: the caption is empty")
    return Sample(**pictures, caption=caption, about=about)


def _picture(content: bytes, channels: int, where: str, name: str) -> np.ndarray:
    # PNG: the size stands at bytes 16..24; looked at before anything is unpacked.
    side = max(int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big"))
    if content[:8] != b"\x89PNG\r\n\x1a\n" or not 0 < side <= MAX_SIDE:
        raise ValueError(f"{where}: {name}.png is no PNG of at most {MAX_SIDE} pixels a side")
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != channels:
        wanted = "RGB" if channels == 3 else "RGBA"
        raise ValueError(f"{where}: {name}.png is damaged or not 8-bit {wanted}")
    return np.ascontiguousarray(picture[..., [2, 1, 0, 3][:channels]])
