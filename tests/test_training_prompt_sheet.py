"""The sheet of prompts and their poses: every prompt has its place, every model its column."""

from __future__ import annotations

import numpy as np
import torch
from avatar_scene.smpl import SMPLPose
from avatar_scene.training.prompt_sheet import PROMPTS, draw_sheet, spread


def test_prompts_are_spread_over_the_whole_file():
    lines = PROMPTS.read_text(encoding="utf-8").splitlines()
    chosen = spread(lines, 100)
    assert len(lines) == 390 and len(set(chosen)) == 100 and chosen[0] == lines[0] and chosen[-1] in lines[380:]
    assert spread(["a", "b"], 100) == ["a", "b"]


def test_every_model_has_a_column_beside_the_others():
    still, bent = SMPLPose.create(torch.zeros(1, 21, 3)), SMPLPose.create(torch.full((1, 21, 3), 0.2))
    prompts = ["standing still and waiting for nobody in particular", "bending", "a third one"]
    sheet = np.asarray(draw_sheet(prompts, [[still, bent]] * 3, None, 32))
    height = len(sheet)
    assert sheet.shape == (height, 320, 3) and 32 < height < 80
    pictures = [sheet[:32, left : left + 32] for left in range(0, 192, 32)]
    assert (pictures[0] == pictures[2]).all() and (pictures[1] == pictures[3]).all()
    assert (pictures[0] != pictures[1]).any() and (sheet[:32, 192:] == 255).all()
