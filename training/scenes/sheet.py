"""Contact sheets: many pictures on one, each with its caption."""

from __future__ import annotations

import cv2
import numpy as np

from .sample import Scene

_LINE = 12  # pixels


def contact_sheet(pictures: list[np.ndarray], captions: list[str], columns: int = 6) -> np.ndarray:
    """Pictures (h, w, 3) uint8 of one size in a grid, each above its caption; returns the sheet."""
    h, w = pictures[0].shape[:2]
    lines = max(1, max(len(_wrapped(text, w)) for text in captions))
    rows, cell = -(-len(pictures) // columns), h + 4 + _LINE * lines
    sheet = np.full((rows * cell, columns * (w + 4), 3), 255, np.uint8)
    for k, (picture, text) in enumerate(zip(pictures, captions)):
        y, x = k // columns * cell, k % columns * (w + 4)
        sheet[y : y + h, x : x + w] = picture
        for number, line in enumerate(_wrapped(text, w)):
            place = (x + 2, y + h + 10 + _LINE * number)
            cv2.putText(sheet, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.33, (0, 0, 0), 1, cv2.LINE_AA)
    return sheet


def over_gray(rgba: np.ndarray, gray: int = 127) -> np.ndarray:
    """(h, w, 3) uint8 of a straight RGBA picture over plain gray."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return (rgba[..., :3] * alpha + gray * (1 - alpha)).round().astype(np.uint8)


def triples(scene: Scene) -> list[np.ndarray]:
    """What a model learns from: the picture, what it is given of the person, and the gray body."""
    return [scene.image, over_gray(scene.person), over_gray(scene.gray, 0)]


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of about `width` pixels."""
    lines, most = [""], int(width / 5.6)
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
