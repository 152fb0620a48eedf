"""PASBackdrop: a plain picture to stand in front of when no scene model is at hand."""

from __future__ import annotations

import torch
from comfy_api.latest import io

from .compat import check_values, node_schema


class PASBackdrop(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASBackdrop",
            display_name="Plain Backdrop",
            category="avatar-scene/scene",
            description="A plain studio backdrop of the avatar picture's size. It is no scene and pretends to be none.",
            search_aliases=["background", "solid color", "studio"],
            inputs=[
                io.Image.Input("image", tooltip="The backdrop takes this picture's size and batch."),
                io.Int.Input("red", default=214, min=0, max=255, tooltip="Red of the backdrop, 0-255."),
                io.Int.Input("green", default=222, min=0, max=255, tooltip="Green of the backdrop, 0-255."),
                io.Int.Input("blue", default=230, min=0, max=255, tooltip="Blue of the backdrop, 0-255."),
                io.Float.Input(
                    "falloff",
                    default=0.25,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="How much darker the corners are than the middle: 0 is one flat colour.",
                ),
            ],
            outputs=[io.Image.Output(display_name="image", tooltip="The backdrop.")],
        )

    @classmethod
    def execute(cls, image, red, green, blue, falloff) -> io.NodeOutput:
        check_values(cls, falloff=falloff)
        batch, height, width, _ = image.shape
        y = torch.linspace(-1, 1, height)[:, None]
        x = torch.linspace(-1, 1, width)[None, :]
        shade = 1 - falloff * (x**2 + y**2) / 2  # HW
        color = torch.tensor([red, green, blue], dtype=torch.float32) / 255
        return io.NodeOutput((shade[..., None] * color).expand(batch, -1, -1, -1).clone())


NODES = [PASBackdrop]
