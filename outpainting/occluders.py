"""Things the scene model drew in front of the avatar (the paper's open limitation, Fig. 5), where that is certain.

A sampler that may touch the avatar redraws most of it faithfully. Where it drew something else, and that something
goes on across the avatar's edge into the scene, it stands in front of the avatar. Everything doubtful is left out: a
missed occluder costs depth, a false one costs the avatar a limb.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .image_filters import distance_to, gaussian_blur, label_regions
from .paste import fit_scene
from .pictures import broadcast, check_mask, check_picture

WORK_SIDE = 384  # pixels of the longer side while searching
SHADE = 0.7  # sRGB factor of a shadow that falls on the avatar: half of the light
SHIFT = 2  # pixels the sampler may have moved the avatar's details at that size
MIN_DIFFERENCE = 0.14  # sRGB distance (three channels) below which scene and avatar count as the same
FAITHFUL_SHARE = 0.3  # of the avatar is taken to be drawn faithfully: up to two thirds of it may be hidden
NOISE_FACTOR = 4.0  # times the difference that the faithful share stays under
MAX_USUAL_DIFFERENCE = 0.14  # above it the avatar was redrawn as a whole: nothing is certain
MIN_AREA, MAX_AREA = 0.008, 0.8  # shares of the avatar's area
MIN_MEDIAN_DIFFERENCE = 0.22  # sRGB; less may still be another light on the avatar
MIN_DEPTH = 0.03  # share of the avatar's height that an occluder reaches in from the edge: more than a lost outline
MIN_REACH = 0.7  # share of the way to the middle of the limb or trunk that it covers
MAX_THIN = 0.9  # share of it that may lie within THIN pixels of the edge
THIN = 4
MIN_CROSSING = 4  # edge pixels over which it continues outside
CROSSING_SHARE = 0.65  # of the edge pixels it touches over which it must continue outside,
MAX_STEP = 0.06  # within this sRGB distance
EDGE = 3  # pixels on either side of the edge that are compared
RIM = 1  # pixels inside the edge
AROUND = 18  # pixels within which the background beside an occluder is looked up
MIN_BACKGROUND_STEP = 0.1  # sRGB distance to that background below which it may be background that leaked in
BORDER = 0.65  # share of the difference nearby at which an occluder's border lies
LIMB = 20  # pixels: half the width of the thickest limb


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
        front = small.new_zeros(size)
        near = _surroundings(small[..., 6] > 0.5)
        part = small[near]
        front[near] = _front_mask(_View(part[..., :3], part[..., 3:6], part[..., 6] > 0.5)).float()
        soft = gaussian_blur(front[None, None], 0.7)
        found.append(F.interpolate(soft, size=(height, width), mode="bilinear", align_corners=False)[0, 0])
    return torch.stack(found) * (mask > 0)


def _surroundings(inside: torch.Tensor) -> tuple[slice, slice]:
    """Rows and columns of the avatar (H, W) and of all that is compared with it: the search costs by their area."""
    slices = []
    for axis in (1, 0):
        filled = torch.nonzero(inside.any(axis)).flatten().tolist() or [0]
        slices.append(slice(max(0, filled[0] - AROUND - EDGE), filled[-1] + AROUND + EDGE + 1))
    return slices[0], slices[1]


def _front_mask(view: _View) -> torch.Tensor:
    """(H, W) bool: the certain occluders of one picture."""
    nothing = torch.zeros_like(view.inside)
    area = int(view.inside.sum())
    if area < 64:
        return nothing
    difference = _difference(view)
    usual = float(difference[view.inside].quantile(FAITHFUL_SHARE))
    if usual > MAX_USUAL_DIFFERENCE:
        return nothing
    threshold = max(MIN_DIFFERENCE, NOISE_FACTOR * usual)
    changed = _open(view.inside & (difference > threshold))
    labels = label_regions(changed)
    rows = torch.nonzero(view.inside.any(1)).flatten()
    figure_height = int(rows[-1] - rows[0]) + 1
    depth = distance_to(~view.inside[None], LIMB)[0]
    step = _step_across_edge(view)
    background = _step_to_background(view, changed, depth)
    middle = F.max_pool2d(depth[None, None], LIMB + 5, 1, (LIMB + 5) // 2)[0, 0]
    front = nothing.clone()
    for label in labels.unique().tolist():
        if label == 0:
            continue
        region = labels == label
        crossing = region & (depth <= EDGE)
        certain = (
            MIN_AREA <= int(region.sum()) / area <= MAX_AREA
            and int(crossing.sum()) >= MIN_CROSSING * EDGE
            and float(depth[region].max()) >= MIN_DEPTH * figure_height
            and float((depth / middle)[region].max()) >= MIN_REACH
            and float((depth[region] <= THIN).float().mean()) <= MAX_THIN
            and float(difference[region].median()) >= MIN_MEDIAN_DIFFERENCE
            and float(step[crossing].quantile(CROSSING_SHARE)) <= MAX_STEP
            and float(background[crossing].median()) >= MIN_BACKGROUND_STEP
        )
        if certain:
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
            shade = (smooth[:3] * moved).sum(0) / moved.square().sum(0).clamp(min=1e-6)
            moved = moved * shade.clamp(SHADE, 1)
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
        keep = residual <= residual.quantile(FAITHFUL_SHARE) * 1.5 + 1e-6
    return view.avatar * gain + offset


def _step_across_edge(view: _View) -> torch.Tensor:
    """(H, W) distance from the scene at a pixel to the most alike scene pixel outside the avatar nearby; inf if none.

    The most alike one, not the mean: leaves, books and stripes go on across an edge too.
    """
    scene = gaussian_blur(view.scene.permute(2, 0, 1)[None], 0.6)[0]
    return _most_alike(scene, ~view.inside, 2 * EDGE, 2)


def _most_alike(scene: torch.Tensor, among: torch.Tensor, reach: int, stride: int) -> torch.Tensor:
    """(H, W) smallest distance from each pixel of `scene` (3, H, W) to the pixels `among` (H, W) at most `reach` away;
    every `stride`-th is tried. inf if there are none."""
    height, width = among.shape
    others = F.pad(torch.where(among, scene, torch.inf), (reach,) * 4, value=torch.inf)
    best = scene.new_full((height, width), torch.inf)
    for dy in range(0, 2 * reach + 1, stride):
        for dx in range(0, 2 * reach + 1, stride):
            near = others[:, dy : dy + height, dx : dx + width]
            best = torch.minimum(best, (scene - near).square().sum(0))
    return best.sqrt()


def _step_to_background(view: _View, changed: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
    """(H, W) distance from the scene at a pixel to the most alike background nearby; inf if there is none.

    Background is what lies outside the avatar beside an outline that was drawn faithfully. What stands in front ends
    somewhere beside the avatar and differs from it; where a hand or an outline was lost, background leaked in.
    """
    near_changed = F.max_pool2d(changed.float()[None, None], 4 * EDGE + 1, 1, 2 * EDGE)
    kept_edge = (view.inside & (depth <= EDGE)) * (1 - near_changed)
    beside = (F.max_pool2d(kept_edge, 2 * EDGE + 1, 1, EDGE)[0, 0] > 0) & ~view.inside
    scene = gaussian_blur(view.scene.permute(2, 0, 1)[None], 0.8)[0]
    return _most_alike(scene, beside, AROUND, 3)


def _tighten(front: torch.Tensor, difference: torch.Tensor) -> torch.Tensor:
    """Draws a region's border back to where the difference falls to a share of its height nearby.

    Pictures are smoothed before they are compared: a strong difference passes the threshold beyond its true border.
    """
    height = F.max_pool2d(difference[None, None], 5, 1, 2)[0, 0]
    core = 1 - F.max_pool2d(1 - front.float()[None, None], 5, 1, 2)[0, 0]
    return front & ((core > 0.5) | (difference > BORDER * height))


def _open(region: torch.Tensor) -> torch.Tensor:
    """Erosion, then dilation by one pixel: specks and hairlines vanish."""
    eroded = 1 - F.max_pool2d(1 - region.float()[None, None], 3, 1, 1)
    return F.max_pool2d(eroded, 3, 1, 1)[0, 0] > 0.5


def _grow(region: torch.Tensor, into: torch.Tensor, steps: int) -> torch.Tensor:
    for _ in range(steps):
        region = region | ((F.max_pool2d(region.float()[None, None], 3, 1, 1)[0, 0] > 0.5) & into)
    return region
