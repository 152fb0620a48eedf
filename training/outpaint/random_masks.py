"""Random inpainting masks: rectangles, brush strokes and whole sides, as inpainting models are trained with."""

from __future__ import annotations

import cv2
import numpy as np
import torch


def random_mask(height: int, width: int) -> torch.Tensor:
    """(H, W) of 0 and 1, 1 = paint, drawn from torch's generator: a tenth of the masks cover everything."""
    random = np.random.default_rng(int(torch.randint(2**31, ())))
    kind = random.random()
    mask = np.zeros((height, width), np.uint8)
    if kind < 0.1:
        mask[:] = 1
    elif kind < 0.3:  # outpainting: only a window is kept
        keep_h, keep_w = (int(side * random.uniform(0.2, 0.7)) for side in (height, width))
        top, left = random.integers(height - keep_h + 1), random.integers(width - keep_w + 1)
        mask[:] = 1
        mask[top : top + keep_h, left : left + keep_w] = 0
    elif kind < 0.6:
        for _ in range(random.integers(1, 5)):
            tall, wide = (int(side * random.uniform(0.15, 0.6)) for side in (height, width))
            top, left = random.integers(height - tall + 1), random.integers(width - wide + 1)
            mask[top : top + tall, left : left + wide] = 1
    else:
        for _ in range(random.integers(1, 6)):
            points = np.cumsum(random.normal(0, 0.15, (random.integers(3, 8), 2)), 0) + random.uniform(0.2, 0.8, 2)
            thickness = int(min(height, width) * random.uniform(0.08, 0.3))
            pixels = (points * (width, height)).astype(np.int32)
            cv2.polylines(mask, [pixels], False, 1, max(1, thickness))
    return torch.from_numpy(mask).float()
