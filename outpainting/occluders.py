"""Things the scene model drew in front of the avatar (the paper's open limitation, Fig. 5), where that is certain.

A sampler that may touch the avatar redraws most of it faithfully. Where it drew something else, and that something
goes on across the avatar's edge into the scene, it stands in front of the avatar. Everything doubtful is left out: a
missed occluder costs depth, a false one costs the avatar a limb.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .image_filters import distance_to, gaussian_blur, label_regions
from .paste import fit_scene
from .pictures import broadcast, check_mask, check_picture

WORK_SIDE = 384  # pixels of the longer side while searching
SHIFT = 2  # pixels the sampler may have moved the avatar's details at that size
MIN_DIFFERENCE = 0.14  # sRGB distance (three channels) below which scene and avatar count as the same
NOISE_FACTOR = 6.0  # times the usual difference on this avatar
MAX_USUAL_DIFFERENCE = 0.14  # above it the avatar was redrawn as a whole: nothing is certain
MIN_AREA, MAX_AREA = 0.006, 0.6  # shares of the avatar's area
MIN_DEPTH = 0.022  # share of the avatar's height that an occluder reaches in from the edge: more than a lost outline
MIN_CROSSING = 6  # edge pixels over which it continues outside
MAX_STEP = 0.045  # sRGB distance across the avatar's edge that still counts as one thing
EDGE = 3  # pixels on either side of the edge that are compared
RIM = 1  # pixels inside the edge
DEPTH_LIMIT = math.ceil(MIN_DEPTH * WORK_SIDE) + 1


@dataclass(frozen=True)
class _View:
    """One picture at working size: (H, W, 3) sRGB scene and avatar, (H, W) bool matte."""

    scene: torch.Tensor
    avatar: torch.Tensor
    inside: torch.Tensor


def find_occluders(
    scene: torch.Tensor,  # (B or 1, H', W', 3) straight sRGB, sampled without noise mask
    avatar: torch.Tensor,  # (B or 1, H, W, 3) straight sRGB
    mask: torch.Tensor,  # (B or 1, H, W), 1 = avatar
) -> torch.Tensor:
    """(B, H, W) mask in 0..1 of what stays in front of the avatar; all zeros where nothing is certain.

    Raises ValueError with one line if the pictures do not fit each other.
    """
    scene, avatar = check_picture("scene", scene), check_picture("avatar", avatar)
    mask = check_mask("mask", mask, "avatar", avatar)
    batch = max(scene.shape[0], avatar.shape[0])
    avatar, mask = broadcast("avatar", avatar, "scene", batch), broadcast("mask", mask, "scene", batch)
    scene = fit_scene(broadcast("scene", scene, "avatar", batch), avatar)
    height, width = mask.shape[1:]
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    found = []
    for picture, render, matte in zip(scene.float(), avatar.float(), mask.float()):
        stack = torch.cat([picture, render, matte[..., None]], -1).permute(2, 0, 1)[None]
        small = F.interpolate(stack, size=size, mode="area")[0].permute(1, 2, 0)
        view = _View(small[..., :3], small[..., 3:6], small[..., 6] > 0.5)
        front = _front_mask(view)
        soft = gaussian_blur(front.float()[None, None], 0.7)
        found.append(F.interpolate(soft, size=(height, width), mode="bilinear", align_corners=False)[0, 0])
    return torch.stack(found) * (mask > 0)


def _front_mask(view: _View) -> torch.Tensor:
    """(H, W) bool: the certain occluders of one picture."""
    nothing = torch.zeros_like(view.inside)
    area = int(view.inside.sum())
    if area < 64:
        return nothing
    difference = _difference(view)
    usual = difference[view.inside].median()
    if usual > MAX_USUAL_DIFFERENCE:
        return nothing
    spread = (difference[view.inside] - usual).abs().median()
    threshold = max(MIN_DIFFERENCE, float(usual + NOISE_FACTOR * 1.4826 * spread))
    changed = _open(view.inside & (difference > threshold))
    labels = label_regions(changed)
    rows = torch.nonzero(view.inside.any(1)).flatten()
    figure_height = int(rows[-1] - rows[0]) + 1
    depth = distance_to(~view.inside[None], DEPTH_LIMIT)[0]
    step = _step_across_edge(view)
    front = nothing.clone()
    for label in labels.unique().tolist():
        if label == 0:
            continue
        region = labels == label
        share = int(region.sum()) / area
        crossing = region & (depth <= EDGE)
        if not MIN_AREA <= share <= MAX_AREA or int(crossing.sum()) < MIN_CROSSING * EDGE:
            continue
        if float(depth[region].max()) < MIN_DEPTH * figure_height or float(step[crossing].median()) > MAX_STEP:
            continue
        front |= region
    front = _tighten(front, difference)
    # Up to and across the avatar's edge, where scene and avatar blend: else a hairline of avatar is left behind.
    return _grow(front, depth <= RIM, RIM + 1)


def _difference(view: _View) -> torch.Tensor:
    """(H, W) sRGB distance between scene and avatar, blind to small shifts and to an even change of light."""
    scene, avatar = view.scene, _relight(view)
    smooth = gaussian_blur(torch.cat([scene, avatar], -1).permute(2, 0, 1)[None], 0.8)[0]
    padded = F.pad(smooth[None, 3:], (SHIFT,) * 4, mode="replicate")[0]
    height, width = view.inside.shape
    best = scene.new_full((height, width), torch.inf)
    for dy in range(2 * SHIFT + 1):
        for dx in range(2 * SHIFT + 1):
            moved = padded[:, dy : dy + height, dx : dx + width]
            best = torch.minimum(best, (smooth[:3] - moved).square().sum(0))
    return best.sqrt()


def _relight(view: _View) -> torch.Tensor:
    """The avatar under the scene's light: a gain and an offset per channel, fitted where the two agree best."""
    source, target = view.avatar[view.inside], view.scene[view.inside]  # (N, 3)
    keep = torch.ones_like(source[:, 0], dtype=torch.bool)
    gain, offset = torch.ones_like(source[0]), torch.zeros_like(source[0])
    for _ in range(4):
        mean_source, mean_target = source[keep].mean(0), target[keep].mean(0)
        centered = source[keep] - mean_source
        slope = (centered * (target[keep] - mean_target)).sum(0) / centered.square().sum(0).clamp(min=1e-6)
        gain = slope.clamp(0.7, 1.4)
        offset = (mean_target - gain * mean_source).clamp(-0.15, 0.15)
        residual = (source * gain + offset - target).norm(dim=-1)
        keep = residual <= residual.median() * 1.5 + 1e-6
    return view.avatar * gain + offset


def _step_across_edge(view: _View) -> torch.Tensor:
    """(H, W) distance from the scene at a pixel to the most alike scene pixel outside the avatar nearby; inf if none.

    The most alike one, not the mean: leaves, books and stripes go on across an edge too.
    """
    reach = 2 * EDGE
    scene = gaussian_blur(view.scene.permute(2, 0, 1)[None], 0.6)[0]
    outside = F.pad(torch.where(view.inside, torch.inf, scene), (reach,) * 4, value=torch.inf)  # 3HW
    height, width = view.inside.shape
    best = scene.new_full((height, width), torch.inf)
    for dy in range(0, 2 * reach + 1, 2):
        for dx in range(0, 2 * reach + 1, 2):
            near = outside[:, dy : dy + height, dx : dx + width]
            best = torch.minimum(best, (scene - near).square().sum(0))
    return best.sqrt()


def _tighten(front: torch.Tensor, difference: torch.Tensor) -> torch.Tensor:
    """Draws a region's border back to where the difference falls to half of its height nearby.

    Pictures are smoothed before they are compared: a strong difference passes the threshold beyond its true border.
    """
    height = F.max_pool2d(difference[None, None], 5, 1, 2)[0, 0]
    core = 1 - F.max_pool2d(1 - front.float()[None, None], 5, 1, 2)[0, 0]
    return front & ((core > 0.5) | (difference > height / 2))


def _open(region: torch.Tensor) -> torch.Tensor:
    """Erosion, then dilation by one pixel: specks and hairlines vanish."""
    eroded = 1 - F.max_pool2d(1 - region.float()[None, None], 3, 1, 1)
    return F.max_pool2d(eroded, 3, 1, 1)[0, 0] > 0.5


def _grow(region: torch.Tensor, into: torch.Tensor, steps: int) -> torch.Tensor:
    for _ in range(steps):
        region = region | ((F.max_pool2d(region.float()[None, None], 3, 1, 1)[0, 0] > 0.5) & into)
    return region
