"""PasteAvatar: the sharp avatar back into the painted scene."""

from __future__ import annotations

import torch
from comfy_api.latest import io

from .compat import check_values, expert, node_schema


class PasteAvatar(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PasteAvatar",
            display_name="Paste Avatar",
            category="avatar-scene/scene",
            description="Lays the rendered avatar over the painted scene. Exact by default: inside the mask the result "
            "is the render, bit for bit.",
            search_aliases=["composite", "image composite masked", "overlay", "blend", "paste"],
            inputs=[
                io.Image.Input("scene", tooltip="The painted scene. Another size is brought to the avatar picture's."),
                io.Image.Input("avatar", tooltip="The avatar render that the scene was painted around."),
                io.Mask.Input("mask", tooltip="1 on the avatar: the render's `mask` output (not `inpaint_mask`)."),
                io.Int.Input(
                    "feather",
                    default=0,
                    min=0,
                    max=64,
                    tooltip="Pixels inside the edge over which the avatar fades in. 0 keeps its own edge.",
                ),
                io.Float.Input(
                    "color_match",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="How far the avatar's rim takes on the colours around it. 0 changes nothing.",
                ),
                expert(
                    io.Int.Input(
                        "color_match_band",
                        default=8,
                        min=1,
                        max=64,
                        tooltip="Width of that rim in pixels; deeper inside the avatar is never changed.",
                    )
                ),
                io.Float.Input(
                    "shadow",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="A soft shadow on the ground where the avatar touches it. 0 draws none.",
                ),
                io.Combo.Input(
                    "occluders",
                    options=["none", "auto"],
                    default="none",
                    tooltip="auto: things the scene model drew in front of the avatar stay in front, where that is "
                    "certain. It needs a scene sampled with noise_mask off or auto on a PAS or inpainting model.",
                ),
                io.Mask.Input(
                    "occluder_mask",
                    optional=True,
                    tooltip="1 where the scene stays in front of the avatar, painted by hand or by a segmenter.",
                ),
                io.Mask.Input(
                    "ground_shadow",
                    optional=True,
                    tooltip="The render's `ground_shadow`: its true shadow on the ground, laid by `shadow` instead of "
                    "a guess from the mask.",
                ),
            ],
            outputs=[
                io.Image.Output(display_name="image", tooltip="The finished picture, of the avatar picture's size."),
                io.Mask.Output(display_name="occluders", tooltip="What stayed in front of the avatar."),
            ],
        )

    @classmethod
    def execute(
        cls, scene, avatar, mask, feather, color_match, color_match_band, shadow, occluders, occluder_mask=None,
        ground_shadow=None,
    ) -> io.NodeOutput:  # fmt: skip
        from ..outpainting.occluders import find_occluders
        from ..outpainting.paste import paste_avatar
        from ..outpainting.pictures import check_mask

        check_values(cls, occluders=occluders, color_match=color_match, shadow=shadow)
        kept = occluder_mask
        if occluders == "auto":
            found = find_occluders(scene, avatar, mask)
            kept = found if kept is None else torch.maximum(found, check_mask("occluder_mask", kept, "avatar", found))
        image = paste_avatar(
            scene, avatar, mask, feather=feather, color_match=color_match, color_match_band=color_match_band,
            shadow=shadow, ground_shadow=ground_shadow, occluder=kept,
        )  # fmt: skip
        front = torch.zeros(image.shape[:3]) if kept is None else check_mask("occluder_mask", kept, "image", image)
        return io.NodeOutput(image, front)


NODES = [PasteAvatar]
