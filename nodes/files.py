"""Which files a graph may name, and where they are. Graphs come from strangers: nothing outside these folders opens.

A file is named by a prefix and a path inside the folder it stands for: `bundled/default_avatar.glb`,
`input/my_avatar.vrm` (ComfyUI's input folder), `models/my_avatar.vrm` (the model folder of its kind).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import folder_paths

from ..weights import bundled, manifest


@dataclass(frozen=True)
class FileKind:
    """A kind of file: the word errors use for it, its model folder's name if it has one, and its suffixes."""

    word: str
    model_folder: str | None
    suffixes: tuple[str, ...]
    in_input: bool = True  # people put it in ComfyUI's input folder too
    bundled: tuple[str, ...] = ()  # names in weights/files, the first is the default
    foreign: tuple[tuple[str, str], ...] = ()  # suffixes people try, and what to do about them


FBX_ADVICE = "FBX is not read; open the file in Blender (File > Import > FBX) and export glTF 2.0 (.glb)"
AVATAR_FILE = FileKind(
    "avatar",
    "avatars",
    (".glb", ".vrm", ".gltf"),
    bundled=("default_avatar.glb",),
    foreign=((".fbx", FBX_ADVICE),),
)
BODY_FILE = FileKind("body", "smpl", (".npz", ".pkl"), in_input=False, bundled=("body.npz",))
POSE_MODEL_FILE = FileKind(
    "pose model", "pas_pose", (".safetensors",), in_input=False, bundled=("text_to_pose.safetensors",)
)
VPOSER_FILE = FileKind("VPoser", "vposer", (".safetensors", ".ckpt"), in_input=False, bundled=("vposer.safetensors",))
POSE_FILE = FileKind("pose", "poses", (".npz", ".bvh", ".vrma", ".json"))
PROMPT_FILE = FileKind("prompt file", None, (".txt",))
FILE_KINDS = (AVATAR_FILE, BODY_FILE, POSE_MODEL_FILE, VPOSER_FILE, POSE_FILE, PROMPT_FILE)


def register_model_folders() -> None:
    """Make `models/<folder>` known to ComfyUI for each kind that has one: extra_model_paths.yaml can add to it."""
    for kind in FILE_KINDS:
        if kind.model_folder is None:
            continue
        default = str(Path(folder_paths.models_dir) / kind.model_folder)
        folder_paths.add_model_folder_path(kind.model_folder, default, is_default=True)
        folder_paths.folder_names_and_paths[kind.model_folder][1].update(kind.suffixes)


def list_files(kind: FileKind) -> list[str]:
    """Every name of this kind a graph may use, bundled first; last, foreign files of the input folder, which tell what
    to do about them when they are chosen."""
    names = [f"bundled/{name}" for name in kind.bundled if name in manifest()]
    if kind.in_input:
        names += [f"input/{name}" for name in _files_below(Path(folder_paths.get_input_directory()), kind.suffixes)]
    if kind.model_folder is not None:
        names += [f"models/{name}" for name in folder_paths.get_filename_list(kind.model_folder)]
    if kind.in_input and kind.foreign:
        suffixes = tuple(suffix for suffix, _ in kind.foreign)
        names += [f"input/{name}" for name in _files_below(Path(folder_paths.get_input_directory()), suffixes)]
    return names


def _files_below(folder: Path, suffixes: tuple[str, ...]) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def find_file(kind: FileKind, name: str) -> Path:
    """The path behind a file's name in a graph.

    Raises ValueError if the name is no text, leaves its folder (`..`, absolute, a link that points out) or has a suffix
    of another kind, FileNotFoundError if there is no such file.
    """
    if not isinstance(name, str):
        raise ValueError(f"{kind.word}: expected the name of a file, got {name!r}")
    prefix, _, inside = name.replace("\\", "/").partition("/")
    if prefix == "bundled" and inside in kind.bundled:
        return bundled(inside)
    for suffix, advice in kind.foreign:
        if inside.lower().endswith(suffix):
            raise ValueError(f"{kind.word}: {name!r}: {advice}")
    if not inside.lower().endswith(kind.suffixes):
        raise ValueError(f"{kind.word}: {name!r} is not a {' or '.join(kind.suffixes)} file")
    if prefix == "input" and kind.in_input:
        roots = [folder_paths.get_input_directory()]
    elif prefix == "models" and kind.model_folder is not None:
        roots = folder_paths.get_folder_paths(kind.model_folder)
    elif prefix == "bundled" and kind.bundled:
        raise FileNotFoundError(f"{kind.word}: no file {inside!r} is bundled; bundled: {', '.join(kind.bundled)}")
    else:
        known = (("bundled/", kind.bundled), ("input/", kind.in_input), ("models/", kind.model_folder))
        *others, last = [prefix for prefix, there in known if there]
        prefixes = f"{', '.join(others)} or {last}" if others else last
        raise ValueError(f"{kind.word}: {name!r} must start with {prefixes}")
    for root in roots:
        path = (Path(root) / inside).resolve()
        if not path.is_relative_to(Path(root).resolve()):
            raise ValueError(f"{kind.word}: {name!r} points outside ComfyUI's folders")
        if path.is_file():
            return path
    where = "ComfyUI's input folder" if prefix == "input" else f"models/{kind.model_folder}"
    raise FileNotFoundError(f"{kind.word}: there is no file {inside!r} in {where}")


def check_file(kind: FileKind, name: str) -> bool | str:
    """For `validate_inputs`: True, or the one line that says what is wrong with the name.

    ComfyUI repeats the line for every input that `validate_inputs` takes, and checks neither the range nor the choices
    of those: it takes the name of one file and nothing else.
    """
    try:
        find_file(kind, name)
    except (ValueError, FileNotFoundError) as error:
        return str(error)
    return True


def file_fingerprint(kind: FileKind, name: str) -> tuple[str, int, int] | str:
    """For `fingerprint_inputs`: changes when the file behind the name changes."""
    try:
        status = find_file(kind, name).stat()
    except (ValueError, FileNotFoundError) as error:
        return str(error)
    return name, status.st_mtime_ns, status.st_size
