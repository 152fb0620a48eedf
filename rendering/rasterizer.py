"""Which triangle is seen at which sample: a scanline-span rasterizer in plain torch.

Triangles become rows, rows become spans of exactly covered samples (`repeat_interleave`), spans become fragments, and a
z-buffer keeps the nearest one per sample (`scatter_reduce` with amax). It runs on whatever device the tensors live on,
needs no compiler and no graphics driver, and gives the same result every time.

- Watertight: every edge is evaluated from its upper to its lower end, whichever triangle it belongs to, so neighbours
  agree on the first sample to the right of their common edge and no sample is missed or taken twice.
- Depth along a row is measured from the very edge point that bounds the span, so slivers cannot overshoot.
- 32-bit floats throughout (Apple's MPS has no others); triangle ids are exact as floats below 2^24.
- Memory follows the number of fragments per chunk, not the number of triangles or their size.
- Rows are picked by `index_select`, which is four times as fast on a CPU as indexing with a tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

SNAP = 256.0  # vertices lie on 1/256 sample, as on graphics hardware: duplicated seam vertices coincide exactly
MAX_TRIANGLES = 2**24  # triangle ids travel through float32
MAX_OVERDRAW = 400  # layers over the picture: what people make stays below 30, and time grows with it
_ALWAYS_DRAWN = 2e7  # fragments that are drawn whatever the overdraw: many triangles in a few pixels are no harm
Keep = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class ScreenTriangles:
    """Triangles that may cover a sample, set up for scan conversion. All tensors are indexed by triangle, N of them.

    source:  (N,) int64, row of the triangle in the list it was made from.
    front:   (N,) bool, seen from its front.
    rows:    (N, 2) float, first covered row and one past the last, unclamped.
    columns: (N, 2) float, likewise for columns, of the bounding box.
    scan:    (N, 10) constants of the edges: x0 y0 dx02 y1 x1 dx01 dx12 z0 dz02 dz_dx, corners sorted by y.
    bary:    (N, 9) constants of the barycentric planes: x0 y0, l1 per x and y, l2 per x and y, the 3 corner weights.
    """

    source: torch.Tensor
    front: torch.Tensor
    rows: torch.Tensor
    columns: torch.Tensor
    scan: torch.Tensor
    bary: torch.Tensor

    def __len__(self) -> int:
        return self.source.shape[0]


def set_up(
    x: torch.Tensor,
    y: torch.Tensor,
    nearness: torch.Tensor,
    weight: torch.Tensor,
    faces: torch.Tensor,
    double_sided: torch.Tensor | None,
    width: int,
    height: int,
) -> ScreenTriangles:
    """Triangles that face the camera (or have no back) and whose box holds a sample of a width x height grid.

    x, y:         (V,) vertices in samples, y down; sample (i, j) lies at (j + 0.5, i + 0.5).
    nearness:     (V,) positive, larger is nearer, linear over the picture: 1/depth, or a falling depth if parallel.
    weight:       (V,) weights of perspective-correct interpolation: 1/depth, or 1 if parallel.
    faces:        (F, 3) int64.
    double_sided: (F,) bool, or None if all are.
    """
    a, b, c = faces.unbind(1)
    x0, x1, x2, y0, y1, y2 = x[a], x[b], x[c], y[a], y[b], y[c]
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)  # negative: counter-clockwise on screen, the front
    top, bottom = _samples(torch.minimum(torch.minimum(y0, y1), y2), torch.maximum(torch.maximum(y0, y1), y2))
    left, right = _samples(torch.minimum(torch.minimum(x0, x1), x2), torch.maximum(torch.maximum(x0, x1), x2))
    wanted = area != 0 if double_sided is None else (area < 0) | (double_sided & (area > 0))
    wanted &= (bottom > top) & (right > left) & (bottom > 0) & (top < height) & (right > 0) & (left < width)
    source = torch.nonzero(wanted)[:, 0]

    x0, x1, x2, y0, y1, y2, area = (value[source] for value in (x0, x1, x2, y0, y1, y2, area))
    a, b, c = a[source], b[source], c[source]
    z0, z1, z2 = nearness[a], nearness[b], nearness[c]
    inverse = 1.0 / area
    l1x, l1y = (y2 - y0) * inverse, (x0 - x2) * inverse
    l2x, l2y = (y0 - y1) * inverse, (x1 - x0) * inverse
    dz_dx = l1x * (z1 - z0) + l2x * (z2 - z0)
    bary = torch.stack((x0, y0, l1x, l1y, l2x, l2y, weight[a], weight[b], weight[c]), 1)

    low, middle, high = (x0, y0, z0), (x1, y1, z1), (x2, y2, z2)
    low, middle = _by_height(low, middle)
    middle, high = _by_height(middle, high)
    low, middle = _by_height(low, middle)
    (x0, y0, z0), (x1, y1, _), (x2, y2, z2) = low, middle, high
    tall = y2 - y0
    scan = torch.stack(
        (x0, y0, (x2 - x0) / tall, y1, x1, (x1 - x0) / (y1 - y0), (x2 - x1) / (y2 - y1), z0, (z2 - z0) / tall, dz_dx), 1
    )
    rows = torch.stack((top[source], bottom[source]), 1)
    columns = torch.stack((left[source], right[source]), 1)
    return ScreenTriangles(source, area < 0, rows, columns, scan, bary)


def check_overdraw(triangles: ScreenTriangles, width: int, height: int) -> None:
    """Raise ValueError where drawing would take minutes: thousands of triangles across the whole picture."""
    rows, columns = triangles.rows.clamp(0, height), triangles.columns.clamp(0, width)
    fragments = float((0.5 * (rows[:, 1] - rows[:, 0]) * (columns[:, 1] - columns[:, 0])).sum())
    if fragments > max(_ALWAYS_DRAWN, MAX_OVERDRAW * width * height):
        layers = round(fragments / (width * height))
        raise ValueError(f"mesh: its triangles cover the picture {layers} times over, at most {MAX_OVERDRAW} are drawn")


def _samples(low: torch.Tensor, high: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """First sample covered by [low, high), and one past the last."""
    return low.sub(0.5).ceil_(), high.sub(0.5).ceil_()


def _by_height(p: tuple[torch.Tensor, ...], q: tuple[torch.Tensor, ...]) -> tuple[tuple, tuple]:
    """Corners p and q, each (x, y, z), exchanged where p lies below q."""
    swap = p[1] > q[1]
    pairs = [(torch.where(swap, b, a), torch.where(swap, a, b)) for a, b in zip(p, q)]
    return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)


def fragments(
    triangles: ScreenTriangles, ids: torch.Tensor, width: int, first_row: int, last_row: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Samples covered by triangles `ids` in rows first_row..last_row - 1 of a grid `width` wide.

    Returns per fragment: triangle id (int64), sample index counted from the band's first row (int64), nearness.
    """
    top, bottom = triangles.rows.index_select(0, ids).clamp_(first_row, last_row).T.contiguous()
    owner, offset = _expand((bottom - top).long())
    row = top.index_select(0, owner) + offset
    ids = ids.index_select(0, owner)
    x0, y0, dx02, y1, x1, dx01, dx12, z0, dz02, dz_dx = triangles.scan.index_select(0, ids).T.contiguous()
    down = row + 0.5 - y0
    long_edge = x0 + down * dx02
    below = row + 0.5 - y1
    short_edge = torch.where(below < 0, x0 + down * dx01, x1 + below * dx12)
    start = torch.minimum(long_edge, short_edge).sub_(0.5).ceil_().clamp_(0, width)
    stop = torch.maximum(long_edge, short_edge).sub_(0.5).ceil_().clamp_(0, width)
    z_start = z0 + down * dz02 + (start + 0.5 - long_edge) * dz_dx
    sample_start = ((row - first_row) * width + start).long()

    span, step = _expand((stop - start).long())
    nearness = z_start.index_select(0, span).addcmul_(dz_dx.index_select(0, span), step.to(z_start.dtype))
    return ids.index_select(0, span), step.add_(sample_start.index_select(0, span)), nearness


def chunks(
    triangles: ScreenTriangles, ids: torch.Tensor, width: int, first_row: int, last_row: int, budget: int
) -> Iterator[torch.Tensor]:
    """Runs of those `ids` that reach the band of rows, each run of about `budget` fragments at most."""
    if ids.numel() == 0:
        return
    rows = triangles.rows[ids].clamp(first_row, last_row)
    columns = triangles.columns[ids].clamp(0, width)
    tall = rows[:, 1] - rows[:, 0]
    reach = torch.nonzero(tall > 0)[:, 0]
    ids = ids[reach]
    # A triangle fills at most its box; half of it, plus its perimeter, estimates both compact ones and slivers.
    cost = (0.5 * (columns[:, 1] - columns[:, 0] + 1) * (tall + 1))[reach]
    if float(cost.sum()) <= budget:
        if ids.numel():
            yield ids
        return
    # In sequence on the host: a float32 running sum would stop growing at 2^24.
    bins = (cost.to("cpu", torch.float64).cumsum(0) / budget).floor_().long()
    for run in ids.split(torch.bincount(bins).tolist()):
        if run.numel():
            yield run


class ZBuffer:
    """Nearest triangle per sample of one band of rows; -1 and nearness 0 where there is none.

    Equal depths go to the triangle drawn last, as with a graphics driver's less-or-equal test.
    """

    def __init__(self, triangles: ScreenTriangles, width: int, first_row: int, last_row: int, budget: int):
        self.triangles, self.width, self.rows, self.budget = triangles, width, (first_row, last_row), budget
        samples = width * (last_row - first_row)
        device = triangles.scan.device
        self.nearness = torch.zeros(samples, device=device)
        self.ids = torch.full((samples,), -1.0, device=device)
        self.empty = True

    def draw(self, ids: torch.Tensor, keep: Keep | None = None) -> None:
        """Draw triangles. keep(ids, samples, nearness) -> bool per fragment: which ones count (an alpha test)."""
        for run in chunks(self.triangles, ids, self.width, *self.rows, self.budget):
            owner, sample, z = fragments(self.triangles, run, self.width, *self.rows)
            if keep is not None:
                ahead = z >= self.nearness.index_select(0, sample)
                owner, sample, z = _chosen(ahead, owner, sample, z)
                owner, sample, z = _chosen(keep(owner, sample, z), owner, sample, z)
            self.nearness.scatter_reduce_(0, sample, z, "amax")
            sample, owner = _chosen(z == self.nearness.index_select(0, sample), sample, owner)
            if not self.empty:
                self.ids.index_fill_(0, sample, -1.0)
            self.ids.scatter_reduce_(0, sample, owner.to(self.ids.dtype), "amax")
            self.empty = False

    def covered(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Indices of the samples that hold a triangle, and its ids."""
        sample = torch.nonzero(self.ids >= 0)[:, 0]
        return sample, self.ids[sample].long()


def barycentric(
    triangles: ScreenTriangles,
    ids: torch.Tensor,
    sample: torch.Tensor,
    width: int,
    first_row: int,
    shift: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Perspective-correct weights (n, 3) of the corners at samples counted from the band's first row, and the
    interpolated corner weight (n,): 1/depth, or 1 if parallel. shift: (n, 2) samples to the right and down."""
    x0, y0, l1x, l1y, l2x, l2y, w0, w1, w2 = triangles.bary.index_select(0, ids).unbind(1)
    row = torch.div(sample, width, rounding_mode="floor")
    x = (sample - row * width) + 0.5 - x0
    y = row + (first_row + 0.5) - y0
    if shift is not None:
        x, y = x + shift[:, 0], y + shift[:, 1]
    l1 = (l1x * x + l1y * y).clamp_(0, 1)  # a sliver's planes are steep: rounding must not leave the triangle
    l2 = (l2x * x + l2y * y).clamp_(0, 1)
    weights = torch.stack(((1 - l1 - l2).clamp_(min=0) * w0, l1 * w1, l2 * w2), 1)
    total = weights.sum(1)
    return weights / total[:, None], total


def _expand(counts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """counts (n,) -> for every unit counted: the row it belongs to, and its number within the row."""
    ends = counts.cumsum(0)
    total = int(ends[-1]) if counts.numel() else 0
    owner = torch.repeat_interleave(counts, output_size=total)
    step = torch.arange(total, device=counts.device)
    return owner, step.sub_((ends - counts).index_select(0, owner))


def _chosen(mask: torch.Tensor, *columns: torch.Tensor) -> list[torch.Tensor]:
    """The rows of (n,) columns where the mask (n,) holds."""
    rows = torch.nonzero(mask)[:, 0]
    return [column.index_select(0, rows) for column in columns]
