"""Paste the avatar back into the generated scene (paper 3.5.5). Exact by default."""

from __future__ import annotations

import torch

from .color import linear_to_srgb, srgb_to_linear
from .contact_shadow import contact_shadow
from .edge_color import match_edge_color
from .image_filters import distance_to, lanczos_resize
from .pictures import broadcast, check_mask, check_picture, size_text

MAX_ASPECT_ERROR = 0.01  # a scene may differ by 1 % in shape,
LATENT_CELL = 8  # or by one cell of pixels: small scenes are rounded to it
SHADOW_DARKNESS = 0.75  # share of the light that a full shadow takes


def paste_avatar(
    scene: torch.Tensor,  # (B or 1, H', W', 3) straight sRGB
    avatar: torch.Tensor,  # (B or 1, H, W, 3) straight sRGB render
    mask: torch.Tensor,  # (B or 1, H, W), 1 = avatar
    *,
    feather: int = 0,
    color_match: float = 0.0,
    color_match_band: int = 8,
    shadow: float = 0.0,
    ground_shadow: torch.Tensor | None = None,  # (B or 1, H, W), share of the ground's light that the avatar keeps off
    occluder: torch.Tensor | None = None,  # (B or 1, H, W), 1 = the scene stays in front
) -> torch.Tensor:
    """The avatar laid over the scene, (B, H, W, 3) of the avatar picture's size.

    Where the mask is 1 and no option reaches, the result equals `avatar` bit for bit; where it is 0, the scene (if it
    had the right size). Partial alpha blends in linear light. A scene of another size is resized by Lanczos.

    feather:          pixels inside the edge over which the avatar fades in.
    color_match:      0..1, how far the avatar's rim takes on the colours around it, over `color_match_band` pixels.
    shadow:           0..1, strength of the shadow laid on the scene under the avatar.
    ground_shadow:    the shadow as the render knows it; without it, one is guessed from the mask where that stands.
    occluder:         parts of the scene that stay in front of the avatar.

    Raises ValueError with one line that names the input if pictures do not fit each other or hold NaN.
    """
    scene, avatar = check_picture("scene", scene), check_picture("avatar", avatar)
    mask = check_mask("mask", mask, "avatar", avatar)
    batch = max(scene.shape[0], avatar.shape[0])
    avatar = broadcast("avatar", avatar, "scene", batch)
    mask = broadcast("mask", mask, "scene", batch)
    scene = fit_scene(broadcast("scene", scene, "avatar", batch), avatar)
    if occluder is not None:
        occluder = check_mask("occluder_mask", occluder, "avatar", avatar)
    if ground_shadow is not None:
        ground_shadow = check_mask("ground_shadow", ground_shadow, "avatar", avatar)
    dtype = torch.promote_types(scene.dtype, avatar.dtype)
    scene, avatar, coverage = scene.to(dtype), avatar.to(dtype), mask.to(dtype)

    shade = torch.zeros_like(coverage)
    if shadow > 0:
        cast = contact_shadow(coverage) if ground_shadow is None else ground_shadow.to(dtype)
        shade = shadow * SHADOW_DARKNESS * cast
    recolored = torch.zeros_like(coverage, dtype=torch.bool)
    over = None
    if color_match > 0 and color_match_band > 0:
        under = srgb_to_linear(scene) * (1 - shade)[..., None]
        over, recolored = match_edge_color(under, srgb_to_linear(avatar), coverage, color_match, color_match_band)
    if feather > 0:
        depth = distance_to(coverage < 1, feather)
        coverage = coverage * ((depth + 1) / (feather + 1)).clamp(max=1)
    if occluder is not None:
        coverage = coverage * (1 - occluder.to(dtype))

    # sRGB -> linear -> sRGB does not round-trip to the bit: pixels that are all avatar or all scene are copied.
    result = torch.where((coverage == 1)[..., None], avatar, scene)
    mixed = ((coverage > 0) & ((coverage < 1) | recolored)) | ((coverage < 1) & (shade > 0))
    share = coverage[mixed][:, None]
    back = srgb_to_linear(scene[mixed]) * (1 - shade[mixed])[:, None]
    front = srgb_to_linear(avatar[mixed]) if over is None else over[mixed]
    result[mixed] = linear_to_srgb((front * share + back * (1 - share)).clamp(0, 1))
    return result


def fit_scene(scene: torch.Tensor, avatar: torch.Tensor) -> torch.Tensor:
    """The scene (B, H', W', 3) at the avatar picture's size, by Lanczos in linear light; untouched if it has it.

    Raises ValueError if the two have different shapes (aspect ratios).
    """
    height, width = avatar.shape[1:3]
    if scene.shape[1:3] == avatar.shape[1:3]:
        return scene
    expected = scene.shape[1] * width / height
    if abs(scene.shape[2] - expected) > max(MAX_ASPECT_ERROR * expected, min(LATENT_CELL, expected / 8)):
        raise ValueError(
            f"scene: {size_text(scene.shape[1:3])} has another shape than avatar, which is "
            f"{size_text((height, width))}; generate the scene from this avatar picture"
        )
    linear = srgb_to_linear(scene.float()).permute(0, 3, 1, 2)
    return linear_to_srgb(lanczos_resize(linear, height, width).clamp(0, 1)).permute(0, 2, 3, 1).to(scene.dtype)
