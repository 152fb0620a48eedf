"""Pictures of a mesh: colour with alpha, depth, normals and body parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import torch

from .camera import Camera
from .geometry import Geometry, check_mesh
from .light import Lighting
from .mesh import Material, Mesh
from .multisample import pixel_groups, samples_of
from .occlusion import vertex_occlusion
from .outline import with_outlines
from .rasterizer import ZBuffer
from .shading import Shader, base_color
from .textures import linear_to_srgb
from .transparency import Layers

PASSES = ("rgba", "depth", "normal", "part")
CLAY = Material(name="clay", base_color=(0.52, 0.52, 0.52, 1.0), double_sided=True)
CLAY_LIGHT = Lighting(
    key=(0.70, 0.70, 0.70), sky=(0.42, 0.42, 0.42), ground=(0.18, 0.18, 0.18), shadow=0.0, occlusion=0.0
)


@dataclass(frozen=True)
class RenderPasses:
    """Pictures of height H and width W; with a leading batch dimension from `render_batch`. None if not asked for.

    rgba:   (H, W, 4) float32, sRGB with straight alpha, 0..1; alpha is exactly 1 where a solid surface fills a pixel.
    depth:  (H, W) float32 metres along the view axis, 0 where there is nothing.
    normal: (H, W, 3) float32 unit vectors in camera space (x right, y up, z to the viewer), 0 where there is nothing.
    part:   (H, W) int64 SMPL joint, -1 where there is nothing or something that belongs to no joint.

    The last three are sampled at one point a pixel, never averaged across an edge; surfaces count from alpha 0.5 up.
    """

    rgba: torch.Tensor | None = None
    depth: torch.Tensor | None = None
    normal: torch.Tensor | None = None
    part: torch.Tensor | None = None


@torch.inference_mode()
def render(
    mesh: Mesh,
    camera: Camera,
    *,
    supersampling: int = 2,
    lighting: Lighting | None = None,
    passes: Sequence[str] = PASSES,
) -> RenderPasses:
    """Draw a mesh, on the device that holds it.

    supersampling: 1 to 4 samples along each side of a pixel.
    lighting:      the default is a key light from the viewer's upper left and a soft sky.
    passes:        any of "rgba", "depth", "normal", "part".

    Raises ValueError on NaN vertices, indices out of range, absurd overdraw, an unknown pass, or supersampling outside
    1..4.
    """
    if isinstance(supersampling, bool) or supersampling not in (1, 2, 3, 4):
        raise ValueError(f"render: supersampling is {supersampling}, expected 1, 2, 3 or 4")
    unknown = [name for name in passes if name not in PASSES]
    if unknown or not passes:
        raise ValueError(f"render: passes {list(passes)} must be some of {', '.join(PASSES)}")
    check_mesh(mesh)
    lighting = lighting or Lighting()
    mesh = with_outlines(mesh)
    lit = any(not (m.unlit or m.toon or m.mtoon) for m in mesh.materials)
    occlusion = vertex_occlusion(mesh) if lit and lighting.occlusion > 0 and "rgba" in passes else None
    geometry = Geometry(mesh, camera, supersampling, occlusion=occlusion)
    shader = Shader(lighting, camera, mesh)
    return _Picture(geometry, mesh, camera, shader, passes).draw()


def render_gray(mesh: Mesh, camera: Camera, *, supersampling: int = 2, passes: Sequence[str] = PASSES) -> RenderPasses:
    """Draw a mesh as neutral gray clay under a soft light, whatever its materials: the paper's gray body render."""
    clay = replace(
        mesh,
        materials=(CLAY,),
        face_material=torch.zeros_like(mesh.face_material),
        colors=torch.ones_like(mesh.colors[:1]).expand_as(mesh.colors),
    )
    return render(clay, camera, supersampling=supersampling, lighting=CLAY_LIGHT, passes=passes)


def render_batch(
    meshes: Sequence[Mesh],
    cameras: Camera | Sequence[Camera],
    *,
    draw: Callable[..., RenderPasses] = render,
    **options,
) -> RenderPasses:
    """Draw B meshes, each through its own camera or all through one; passes gain a leading dimension B.

    draw: `render` or `render_gray`; `options` are passed on to it. Raises ValueError on an empty batch, on a number of
    cameras other than 1 or B, and on cameras of different picture sizes.
    """
    cameras = [cameras] * len(meshes) if isinstance(cameras, Camera) else list(cameras)
    if not meshes:
        raise ValueError("render: the batch of meshes is empty")
    if len(cameras) == 1:
        cameras = cameras * len(meshes)
    if len(cameras) != len(meshes):
        raise ValueError(f"render: {len(cameras)} cameras for {len(meshes)} meshes; give one, or one for each mesh")
    if len({(c.width, c.height) for c in cameras}) > 1:
        raise ValueError("render: the cameras of a batch must share one picture size")
    drawn = [draw(mesh, camera, **options) for mesh, camera in zip(meshes, cameras)]
    columns = {f.name: [getattr(d, f.name) for d in drawn] for f in fields(RenderPasses)}
    return RenderPasses(**{name: None if c[0] is None else torch.stack(c) for name, c in columns.items()})


class _Picture:
    """Draws one picture in horizontal bands, so that memory follows the band and not the picture."""

    def __init__(self, geometry: Geometry, mesh: Mesh, camera: Camera, shader: Shader, passes: Sequence[str]):
        self.geometry, self.mesh, self.camera, self.shader, self.passes = geometry, mesh, camera, shader, passes
        self.device = mesh.vertices.device
        on_cpu = self.device.type == "cpu"
        self.samples_per_band = 1 << 20 if on_cpu else 1 << 24
        self.fragments_at_once = 1 << 19 if on_cpu else 1 << 25
        self.shaded_at_once = 1 << 17 if on_cpu else 1 << 24
        self.mode = {
            mode: [k for k, m in enumerate(mesh.materials) if m.alpha_mode == mode]
            for mode in ("OPAQUE", "MASK", "BLEND")
        }

    def draw(self) -> RenderPasses:
        camera, geometry = self.camera, self.geometry
        frame = (camera.height, camera.width)
        blank = {
            "rgba": lambda: torch.zeros(*frame, 4, device=self.device),
            "depth": lambda: torch.zeros(frame, device=self.device),
            "normal": lambda: torch.zeros(*frame, 3, device=self.device),
            "part": lambda: torch.full(frame, -1, dtype=torch.int64, device=self.device),
        }
        out = {name: blank[name]() for name in self.passes}
        left, top, right, bottom = geometry.box
        if right > left and len(geometry.triangles):
            ss = geometry.supersampling
            tall = max(1, self.samples_per_band // (geometry.width * ss))
            for row in range(0, bottom - top, tall):
                end = min(row + tall, bottom - top)
                for name, picture in self._band(row * ss, end * ss).items():
                    out[name][top + row : top + end, left:right] = picture
        return RenderPasses(**out)

    def _triangles(self, mode: str) -> torch.Tensor:
        wanted = self.mode[mode]
        if len(wanted) == len(self.mesh.materials):
            return torch.arange(len(self.geometry.triangles), device=self.device)
        chosen = torch.tensor([k in wanted for k in range(len(self.mesh.materials))], device=self.device)
        return torch.nonzero(chosen[self.geometry.material])[:, 0]

    def _band(self, first_row: int, last_row: int) -> dict[str, torch.Tensor]:
        geometry, ss = self.geometry, self.geometry.supersampling
        buffer = ZBuffer(geometry.triangles, geometry.width, first_row, last_row, self.fragments_at_once)
        layers = Layers()

        def passes_cutoff(ids: torch.Tensor, sample: torch.Tensor, nearness: torch.Tensor) -> torch.Tensor:
            return self._alpha(ids, sample, first_row, cut=True) > 0

        def is_solid(ids: torch.Tensor, sample: torch.Tensor, nearness: torch.Tensor) -> torch.Tensor:
            return layers.collect(ids, sample, nearness, self._alpha(ids, sample, first_row))

        for mode, keep in (("OPAQUE", None), ("MASK", passes_cutoff), ("BLEND", is_solid)):
            if self.mode[mode]:
                buffer.draw(self._triangles(mode), keep)

        shape = ((last_row - first_row) // ss, ss, geometry.width // ss, ss)
        layered = layers.visible(buffer.nearness).view(shape).any(3).any(1).flatten()
        result = {}
        if "rgba" in self.passes:
            covered = (buffer.ids >= 0).view(shape).any(3).any(1).flatten()
            pixels = torch.nonzero(covered & ~layered)[:, 0]
            rgba = torch.zeros(covered.numel(), 4, device=self.device)
            rgba[pixels] = to_straight(self._solid(buffer.ids, pixels, first_row))
            result["rgba"] = rgba.view(shape[0], shape[2], 4)
        pixels = torch.nonzero(layered)[:, 0]
        if pixels.numel():
            blended = self._blended(buffer, layers, pixels, first_row)
            if "rgba" in self.passes:
                rgba[pixels] = to_straight(blended)
        return result | self._data(buffer.ids.view(shape), buffer.nearness.view(shape), first_row)

    def _solid(self, ids: torch.Tensor, pixels: torch.Tensor, first_row: int) -> torch.Tensor:
        """Premultiplied linear RGBA (P, 4) of pixels without partly transparent layers."""
        ss = self.geometry.supersampling
        groups = pixel_groups(ids, samples_of(pixels, self.geometry.width // ss, ss), ss)
        color = self._shade(groups.ids, groups.sample, first_row, groups.shift) * groups.count[:, None]
        return torch.zeros(len(pixels), 4, device=self.device).index_add_(0, groups.pixel, color) / (ss * ss)

    def _blended(self, buffer: ZBuffer, layers: Layers, pixels: torch.Tensor, first_row: int) -> torch.Tensor:
        """Likewise of pixels with such layers, which are blended sample by sample. Layers of alpha 0.5 and more are
        written into the buffer, for the passes that show no transparency."""
        ss = self.geometry.supersampling
        color = torch.zeros(buffer.ids.numel(), 4, device=self.device)
        samples = samples_of(pixels, self.geometry.width // ss, ss)
        solid = samples[buffer.ids[samples] >= 0]
        color[solid] = self._shade(buffer.ids[solid].long(), solid, first_row)
        front = buffer.ids, buffer.nearness
        layers.composite(color, lambda i, s: self._shade(i, s, first_row), front)
        return color[samples].mean(0)

    def _data(self, ids: torch.Tensor, nearness: torch.Tensor, first_row: int) -> dict[str, torch.Tensor]:
        """The point-sampled passes of a band; ids and nearness are (rows, ss, columns, ss)."""
        geometry, middle = self.geometry, self.geometry.supersampling // 2
        ids, nearness = ids[:, middle, :, middle], nearness[:, middle, :, middle]
        result = {}
        if "depth" in self.passes:
            result["depth"] = geometry.depth(nearness)
        if "normal" not in self.passes and "part" not in self.passes:
            return result
        rows, columns = torch.nonzero(ids >= 0).unbind(1)
        ss = geometry.supersampling
        sample = (rows * ss + middle) * geometry.width + columns * ss + middle
        hit = ids[rows, columns].long()
        surface = geometry.surface(hit, sample, first_row)
        if "part" in self.passes:
            result["part"] = torch.full(ids.shape, -1, dtype=torch.int64, device=self.device)
            result["part"][rows, columns] = surface.part
        if "normal" in self.passes:
            result["normal"] = torch.zeros(*ids.shape, 3, device=self.device)
            result["normal"][rows, columns] = surface.normal @ self.camera.rotation.T.to(surface.normal)
        return result

    def _by_material(self, ids: torch.Tensor):
        if len(self.mesh.materials) == 1:
            yield self.mesh.materials[0], slice(None)
            return
        material = self.geometry.material.index_select(0, ids)
        present = torch.bincount(material, minlength=len(self.mesh.materials)).tolist()
        for k, count in enumerate(present):
            if count:
                yield self.mesh.materials[k], torch.nonzero(material == k)[:, 0]

    def _shade(
        self, ids: torch.Tensor, sample: torch.Tensor, first_row: int, shift: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Premultiplied linear RGBA (n, 4) of fragments, or of what lies `shift` (n, 2) samples from them."""
        color = torch.empty(ids.numel(), 4, device=self.device)
        for start in range(0, ids.numel(), self.shaded_at_once):
            part = slice(start, start + self.shaded_at_once)
            for material, rows in self._by_material(ids[part]):
                chosen = _rows(ids[part], rows), _rows(sample[part], rows)
                surface = self.geometry.surface(*chosen, first_row, None if shift is None else _rows(shift[part], rows))
                color[part][rows] = self.shader(material, surface)
        return color

    def _alpha(self, ids: torch.Tensor, sample: torch.Tensor, first_row: int, cut: bool = False) -> torch.Tensor:
        """Alpha (n,) of fragments; with `cut`, 0 where it is below the material's cutoff."""
        alpha = torch.empty(ids.numel(), device=self.device)
        for start in range(0, ids.numel(), self.shaded_at_once):
            part = slice(start, start + self.shaded_at_once)
            for material, rows in self._by_material(ids[part]):
                surface = self.geometry.surface(_rows(ids[part], rows), _rows(sample[part], rows), first_row)
                value = base_color(material, surface)[1]
                alpha[part][rows] = (value >= material.alpha_cutoff).to(value.dtype) if cut else value
        return alpha


def _rows(column: torch.Tensor, rows: torch.Tensor | slice) -> torch.Tensor:
    return column[rows] if isinstance(rows, slice) else column.index_select(0, rows)


def to_straight(pixels: torch.Tensor) -> torch.Tensor:
    """RGBA (n, 4): premultiplied linear -> straight sRGB, 0..1."""
    alpha = pixels[..., 3:].clamp(0, 1)
    rgb = (pixels[..., :3] / alpha.clamp(min=1e-4)).clamp(0, 1)
    return torch.cat((linear_to_srgb(rgb), alpha), -1)
