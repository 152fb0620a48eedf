"""A scene model is shown the avatar at the size it was trained at, and the paste brings the scene back."""

import pytest
import torch
from avatar_scene.outpainting.native_size import native_shape, shrink
from avatar_scene.outpainting.paste import fit_scene


@pytest.mark.parametrize(
    ("shape", "native", "expected"),
    [
        ((512, 512), 128, (128, 128)),
        ((768, 512), 128, (160, 104)),
        ((1024, 1024), 256, (256, 256)),
        ((96, 96), 128, (96, 96)),  # never enlarged
        ((4096, 64), 64, (512, 8)),
    ],
)
def test_native_shape_keeps_the_area_and_the_cell(shape, native, expected):
    assert native_shape(*shape, native) == expected


def test_shrinking_keeps_colours_at_soft_edges():
    alpha = torch.zeros(1, 32, 32)
    alpha[:, 8:19, 8:19] = 1  # its edge does not fall on the smaller grid
    image = torch.full((1, 32, 32, 3), 0.5)
    image[:, 8:19, 8:19] = torch.tensor([0.9, 0.2, 0.1])
    small, matte = shrink(image, alpha, (8, 8))
    assert matte.min() == 0 and matte.max() == 1 and ((matte > 0) & (matte < 1)).any()
    assert torch.allclose(small[matte > 0], torch.tensor([0.9, 0.2, 0.1]).expand(int((matte > 0).sum()), 3), atol=1e-5)
    assert (small[matte == 0] == 0.5).all()


def test_a_picture_of_the_native_shape_is_untouched():
    image, alpha = torch.rand(2, 16, 24, 3), torch.rand(2, 16, 24)
    same, matte = shrink(image, alpha, (16, 24))
    assert same is image and matte is alpha


def test_every_native_shape_can_be_pasted_back():
    for height, width in [(512, 512), (768, 512), (640, 360), (1024, 576), (1536, 512)]:
        scene = torch.rand(1, *native_shape(height, width, 128), 3)
        assert fit_scene(scene, torch.zeros(1, height, width, 3)).shape == (1, height, width, 3)
