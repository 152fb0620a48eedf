"""PASLoadAvatar: an avatar file into the graph."""

from __future__ import annotations

import functools
from pathlib import Path

from comfy_api.latest import io

from .compat import node_schema
from .files import AVATAR_FILE, check_file, file_fingerprint, find_file, list_files
from .sockets import AvatarSocket


@functools.lru_cache(maxsize=2)
def _avatar(path: Path, _fingerprint: tuple):
    from ..rendering import load_avatar

    return load_avatar(path)


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
                )
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
    def fingerprint_inputs(cls, avatar) -> tuple[str, int, int] | str:
        return file_fingerprint(AVATAR_FILE, avatar)

    @classmethod
    def execute(cls, avatar) -> io.NodeOutput:
        loaded = _avatar(find_file(AVATAR_FILE, avatar), (file_fingerprint(AVATAR_FILE, avatar),))
        return io.NodeOutput(loaded, loaded.report())


NODES = [PASLoadAvatar]
