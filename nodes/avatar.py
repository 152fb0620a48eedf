"""PASLoadAvatar: an avatar file into the graph."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from comfy_api.latest import io

from .compat import expert, node_schema
from .files import AVATAR_FILE, check_file, file_fingerprint, find_file, list_files
from .sockets import AvatarSocket

if TYPE_CHECKING:
    from ..rendering import Avatar


@functools.lru_cache(maxsize=2)
def read_avatar(path: Path, _fingerprint: tuple, override: tuple[tuple[str, str], ...]) -> Avatar:
    """The avatar in a file, whose fingerprint tells the cache when to read it again."""
    from ..rendering import load_avatar

    return load_avatar(path, dict(override))


class PASLoadAvatar(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASLoadAvatar",
            display_name="Load Avatar",
            category="avatar-scene/avatar",
            description="Reads a rigged avatar: VRM 0 or 1, GLB or glTF with a humanoid skeleton.",
            search_aliases=["VRM", "GLB", "glTF", "character", "load 3D", "vtuber", "Ready Player Me", "Mixamo"],
            inputs=[
                io.Combo.Input(
                    "avatar",
                    options=list_files(AVATAR_FILE),
                    tooltip="A .vrm, .glb or .gltf file: bundled, from ComfyUI's input folder (input/...), or from "
                    "models/avatars (models/...). Press R to list new files.",
                ),
                expert(
                    io.String.Input(
                        "bone_override",
                        default="",
                        multiline=True,
                        optional=True,
                        tooltip="Corrects the rig: JSON from SMPL joint (or finger) to the bone's name in the file, as "
                        "in the report. Empty: the bones found are used.",
                        placeholder='{"left_wrist": "Hand_L", "left_index1": "Index1_L"}',
                    )
                ),
            ],
            outputs=[
                AvatarSocket.Output(display_name="avatar", tooltip="The avatar, ready to be posed."),
                io.String.Output(
                    display_name="report", tooltip="Which bone plays which SMPL joint, and what was mended in the file."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, avatar) -> bool | str:
        return check_file(AVATAR_FILE, avatar)

    @classmethod
    def fingerprint_inputs(cls, avatar, **_) -> tuple[str, int, int] | str:
        return file_fingerprint(AVATAR_FILE, avatar)

    @classmethod
    def execute(cls, avatar, bone_override="") -> io.NodeOutput:
        from ..rendering import parse_bone_override

        override = parse_bone_override(bone_override)
        loaded = read_avatar(
            find_file(AVATAR_FILE, avatar), file_fingerprint(AVATAR_FILE, avatar), tuple(override.items())
        )
        return io.NodeOutput(loaded, loaded.report())


NODES = [PASLoadAvatar]
