"""The avatar's matte on the latent grid."""

from __future__ import annotations

import torch
from avatar_scene.outpainting.latent_masks import opaque_cells, over_gray, soft_cells
from avatar_scene.outpainting.text_context import text_context


def matte():
    alpha = torch.zeros(1, 32, 24)
    alpha[:, 8:24, 4:20] = 1
    alpha[:, 23, 4:20] = 0.5
    return alpha


def test_soft_cells_are_the_covered_share_of_each_cell():
    cells = soft_cells(matte())
    assert cells.shape == (1, 1, 4, 3)
    expected = torch.tensor([[0, 0, 0], [0.5, 1, 0.5], [0.5 * 7.5 / 8, 7.5 / 8, 0.5 * 7.5 / 8], [0, 0, 0]])
    assert torch.allclose(cells[0, 0], expected)


def test_only_wholly_opaque_cells_are_kept():
    kept = opaque_cells(matte())
    assert kept[0, 0].tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_the_picture_is_mid_gray_where_there_is_no_avatar():
    alpha = matte()
    image = torch.rand(1, 32, 24, 3, generator=torch.Generator().manual_seed(0))
    laid = over_gray(image, alpha)
    assert torch.equal(laid[alpha == 0], torch.full_like(laid[alpha == 0], 0.5))
    assert torch.allclose(laid[alpha == 1], image[alpha == 1], atol=1e-7)
    assert torch.allclose(laid[alpha == 0.5], image[alpha == 0.5] / 2 + 0.25)


def test_text_always_fills_one_chunk_of_77():
    tokens = torch.ones(2, 63, 384)
    context = text_context(tokens)
    assert context.shape == (2, 77, 384)
    assert context[:, :63].eq(1).all() and context[:, 63:].eq(0).all()
