"""Regions of a sprite: what a pixel of a person belongs to, told from where the surface lies in the rest pose.

Lengths of sleeves, trousers, skirts and hair are a matter of colour: the arm is cut into bands, and a long sleeve is a
band in the shirt's colour. The numbers below are metres in the rest pose of the bundled default avatar (T-pose, 1.84 m
tall, facing +z).
"""

from __future__ import annotations

import numpy as np

REGIONS = (
    "face", "scalp_top", "scalp_back", "beard", "neck", "eye_white", "iris", "brow", "mouth", "glasses",
    "arm0", "arm1", "arm2", "fore0", "fore1", "fore2", "hand",
    "collar", "shirt_a", "shirt_b", "chest", "hem",
    "hip", "thigh0", "thigh1", "knee", "shin0", "shin1", "ankle", "shoe", "sole",
    "hair_top", "hair_mid", "hair_low", "skirt0", "skirt1",
)  # fmt: skip
LABEL = {name: number for number, name in enumerate(REGIONS, 1)}  # 0: nothing
ARM = ("arm0", "arm1", "arm2", "fore0", "fore1", "fore2")  # shoulder to wrist
LEG = ("hip", "thigh0", "thigh1", "knee", "shin0", "shin1", "ankle")  # waist to shoe
SKIN = ("face", "beard", "neck", *ARM, "hand")
STRIPE = 0.055  # metres
_ARM_ENDS = (0.30, 0.38, 0.4665, 0.56, 0.65, 0.715)  # |x| where each band ends; elbow 0.4665, wrist 0.72
_LEG_ENDS = (0.93, 0.78, 0.64, 0.46, 0.30, 0.18)  # y where each band ends, going down; knee 0.54
_EYE, _BROW, _MOUTH = (0.033, 1.716), (0.034, 1.741), 1.634


def label_pixels(rest: np.ndarray, material: np.ndarray) -> np.ndarray:
    """(n,) uint8 labels of surface points.

    rest:     (n, 3) where the points lie in the rest pose.
    material: (n,) of str, the material's name: skin, shirt, trousers, shoes, soles, hair or skirt.
    """
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    arm = np.array([LABEL[name] for name in (*ARM, "hand")], np.uint8)[np.searchsorted(_ARM_ENDS, x)]
    leg = np.array([LABEL[name] for name in LEG], np.uint8)[np.searchsorted(-np.array(_LEG_ENDS), -y)]
    label = np.full(len(rest), LABEL["shoe"], np.uint8)

    on = material == "skin"
    label[on] = np.where(x < 0.16, _head(x, y, z), arm)[on]
    on = material == "shirt"
    label[on] = np.where(x < 0.2, _torso(x, y, z), arm)[on]
    on = material == "trousers"
    label[on] = leg[on]
    label[material == "soles"] = LABEL["sole"]
    on = material == "hair"
    hair = np.select([y > 1.74, y > 1.6], [LABEL["hair_top"], LABEL["hair_mid"]], LABEL["hair_low"])
    label[on] = hair[on]
    on = material == "skirt"
    label[on] = np.where(y > 0.8, LABEL["skirt0"], LABEL["skirt1"])[on]
    return label


def _head(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    front = z > 0.075
    eye = np.hypot((x - _EYE[0]) / 0.0175, (y - _EYE[1]) / 0.0105)
    iris = np.hypot((x - _EYE[0]) / 0.0085, (y - _EYE[1]) / 0.0100)
    rim = np.hypot((x - _EYE[0]) / 0.0290, (y - _EYE[1] + 0.002) / 0.0220)
    brow = (np.abs(x - _BROW[0]) < 0.021) & (np.abs(y - _BROW[1] - 0.12 * (0.03 - x)) < 0.0048)
    mouth = np.hypot(x / 0.0245, (y - _MOUTH) / 0.0078) < 1
    hairline = 1.79 - 0.35 * np.clip(x - 0.05, 0, 1)
    scalp = (y > hairline) & (z > 0.02) | (y > 1.70) & (z <= 0.02) | (y > 1.64) & (z < -0.03)
    return np.select(
        [
            front & mouth,
            front & (iris < 1),
            front & (eye < 1),
            front & brow,
            front & (np.abs(rim - 1) < 0.13) | front & (x < 0.008) & (np.abs(y - 1.722) < 0.003),
            y < 1.575,
            scalp & (y > 1.755),
            scalp,
            (y < 1.655) & (z > 0.03) & ~((y > 1.645) & (x < 0.012)),
        ],
        [
            LABEL[name]
            for name in (
                "mouth",
                "iris",
                "eye_white",
                "brow",
                "glasses",
                "neck",
                "scalp_top",
                "scalp_back",
                "beard",
            )
        ],
        LABEL["face"],
    )


def _torso(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    badge = (z > 0) & (np.hypot(x / 0.075, (y - 1.33) / 0.06) < 1)
    stripe = np.floor(y / STRIPE).astype(int) % 2 == 0
    return np.select(
        [y > 1.525, y < 1.015, badge, stripe],
        [LABEL[name] for name in ("collar", "hem", "chest", "shirt_a")],
        LABEL["shirt_b"],
    )
