"""What the canvas shows of an avatar file before anything runs: a thumbnail and the rig report, over one HTTP route."""

from __future__ import annotations

import asyncio
import base64
import functools
import io
from pathlib import Path

ROUTE = "/avatar-scene/avatar"
_WIDTH, _HEIGHT = 192, 256
_ARMS_DOWN = 1.1  # radians about the shoulders, from the T-pose
_one_at_a_time = asyncio.Lock()


def register_route() -> None:
    """Add the route to ComfyUI's server; nothing happens where the nodes run without one.

    POST {"avatar": "input/me.vrm", "bone_override": ""} -> {"thumbnail": "data:image/png;base64,...", "report": "..."},
    or status 400 and {"error": one line}. Names are confined as in `files.find_file`.
    """
    from aiohttp import web
    from server import PromptServer

    server = getattr(PromptServer, "instance", None)
    if server is None:
        return

    @server.routes.post(ROUTE)
    async def preview(request: web.Request) -> web.Response:
        try:
            wanted = await request.json()
            name, override = wanted["avatar"], wanted.get("bone_override", "")
            if not isinstance(name, str) or not isinstance(override, str):
                raise ValueError("avatar and bone_override must be strings")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return web.json_response({"error": "expected a JSON object with the string 'avatar'"}, status=400)
        async with _one_at_a_time:  # reading a file may take hundreds of MB
            try:
                answer = await asyncio.get_running_loop().run_in_executor(None, describe, name, override)
            except (ValueError, OSError, RuntimeError) as error:
                return web.json_response({"error": " ".join(str(error).split())[:600]}, status=400)
        return web.json_response(answer)


def describe(name: str, bone_override: str) -> dict[str, str]:
    """Thumbnail and report of the avatar with this name. Raises ValueError or OSError, with one line."""
    from ..rendering import parse_bone_override
    from .avatar import read_avatar
    from .files import AVATAR_FILE, file_fingerprint, find_file

    override = tuple(parse_bone_override(bone_override).items())
    path, fingerprint = find_file(AVATAR_FILE, name), file_fingerprint(AVATAR_FILE, name)
    return {
        "thumbnail": _thumbnail(path, fingerprint, override),
        "report": read_avatar(path, fingerprint, override).report(),
    }


@functools.lru_cache(maxsize=64)
def _thumbnail(path: Path, fingerprint: tuple, override: tuple[tuple[str, str], ...]) -> str:
    """The avatar with its arms down, as a data URL."""
    import torch
    from PIL import Image

    from ..rendering import CameraSettings, aim, avatar_figure, take_pictures
    from ..smpl import JOINT_NAMES, SMPLPose
    from .avatar import read_avatar

    pose = torch.zeros(1, 21, 3)
    for joint, way in (("left_shoulder", -1.0), ("right_shoulder", 1.0)):
        pose[0, JOINT_NAMES.index(joint) - 1, 2] = way * _ARMS_DOWN
    figure = avatar_figure(read_avatar(path, fingerprint, override), SMPLPose.create(pose))
    cameras = aim(CameraSettings(yaw=20.0, pitch=5.0, fill=0.92), figure, _WIDTH, _HEIGHT)
    (picture,) = take_pictures(figure, cameras)
    file = io.BytesIO()
    Image.fromarray((picture.rgba * 255).round().byte().cpu().numpy()).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
