"""What the pose editor in the browser asks the server for: the body to draw, and VPoser's opinion of a pose.

Both answers depend on the bundle and the request alone: no route takes a file name.
"""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

BODY_ROUTE = "/avatar_scene/body"
HUMAN_ROUTE = "/avatar_scene/make_human"


@functools.cache
def body_bytes() -> bytes:
    """The bundled body and its joint limits, as `rendering.body_asset` lays them out."""
    from ..pose_prior.limits import JointLimits
    from ..rendering.body import load_body
    from ..rendering.body_asset import pack_body

    limits = JointLimits()
    return pack_body(
        load_body(),
        {
            "range": limits.range.numpy(),
            "axis": limits.axis.argmax(1).numpy(),
            "components": limits.component.numpy(),
        },
    )


@functools.cache
def _vposer():
    from ..pose_prior import load_vposer

    return load_vposer()


def make_human(text: str) -> str:
    """An edit -> the same edit with all 21 joints as VPoser reconstructs them. Raises ValueError for a bad edit."""
    from dataclasses import replace

    from ..pose_prior import regularize
    from ..pose_prior.pose_edit import edit_of, parse_pose_edit

    edit = parse_pose_edit(text)
    return replace(edit, joints=edit_of(regularize(edit.apply(), _vposer())).joints).to_json()


async def _get_body(_request: web.Request) -> web.Response:
    from aiohttp import web

    content = await asyncio.get_running_loop().run_in_executor(None, body_bytes)
    return web.Response(body=content, content_type="application/octet-stream", headers={"Cache-Control": "no-cache"})


async def _post_make_human(request: web.Request) -> web.Response:
    from aiohttp import web

    from ..pose_prior.pose_edit import MAX_CHARACTERS

    content = bytearray()
    try:
        async for chunk in request.content.iter_chunked(4096):
            content += chunk
            if len(content) > MAX_CHARACTERS:
                raise ValueError(f"pose edit: more than {MAX_CHARACTERS} bytes are too many")
        text = content.decode("utf-8")
        answer = await asyncio.get_running_loop().run_in_executor(None, make_human, text)
    except ValueError as error:  # UnicodeDecodeError is one
        return web.json_response({"error": str(error)}, status=400)
    return web.Response(text=answer, content_type="application/json")


def register_routes() -> None:
    """Add the routes to the running server; without one (ComfyUI as a library) there is nothing to add."""
    from server import PromptServer

    server = getattr(PromptServer, "instance", None)
    if server is not None:
        server.routes.get(BODY_ROUTE)(_get_body)
        server.routes.post(HUMAN_ROUTE)(_post_make_human)
