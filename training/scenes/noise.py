"""Tables that the painter reads again and again: fractal noise, a soft disc, a vignette."""

from __future__ import annotations

import functools

import cv2
import numpy as np


@functools.lru_cache(None)
def fractal(n: int = 512, beta: float = 1.0, seed: int = 0, ax: float = 1.0, ay: float = 1.0) -> np.ndarray:
    """(n, n) tileable 1/f^beta noise of zero mean and unit variance; ax, ay > 1 stretch it along an axis."""
    rng = np.random.default_rng(seed)
    fx, fy = np.meshgrid(np.fft.fftfreq(n) * n * ax, np.fft.fftfreq(n) * n * ay)
    amplitude = 1 / np.maximum(np.hypot(fx, fy), 1.0) ** beta
    amplitude[0, 0] = 0
    noise = np.fft.ifft2(amplitude * np.exp(2j * np.pi * rng.random((n, n)))).real
    return (noise / noise.std()).astype(np.float32)


def wrap(table: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Read a tileable table at pixel coordinates of any size, bilinear."""
    x, y = np.asarray(x, np.float32), np.asarray(y, np.float32)
    return cv2.remap(table, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


@functools.lru_cache(None)
def disc(n: int = 128) -> np.ndarray:
    """(n, n) spot of light that falls off to 0 at its rim."""
    y, x = np.mgrid[:n, :n]
    distance = np.hypot(x - n / 2 + 0.5, y - n / 2 + 0.5) / (n / 2)
    return np.clip(1 - distance, 0, 1).astype(np.float32) ** 2


@functools.lru_cache(None)
def vignette(n: int, strength: float) -> np.ndarray:
    """(n, n) factors that darken the corners."""
    y, x = np.mgrid[:n, :n]
    return (1 - strength * (np.hypot(x - n / 2, y - n / 2) / (n / 2)) ** 2).astype(np.float32)
