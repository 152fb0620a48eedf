// PASCamera in the browser: the same framing as rendering/camera.py, over a square picture of side 1.
import { apply } from './rotations.mjs'

const SENSOR_MM = 36

/** World-to-camera rotation; degrees. */
export function cameraRotation(yaw, pitch, roll) {
  const [a, b, c] = [yaw, pitch, roll].map((degrees) => (degrees * Math.PI) / 180)
  const [sy, cy, sp, cp, sr, cr] = [Math.sin(a), Math.cos(a), Math.sin(b), Math.cos(b), Math.sin(c), Math.cos(c)]
  // lean * tilt * turn
  return [
    cr * cy + sr * sp * sy, -sr * cp, -cr * sy + sr * sp * cy,
    sr * cy - cr * sp * sy, cr * cp, -sr * sy - cr * sp * cy,
    cp * sy, sp, cp * cy,
  ]
}

/**
 * The camera in which points (Float32Array of x, y, z) fill `fill` of the square and stand at its center.
 * Returns { rotation, translation, focal, center: [x, y] } in units of the square's side, y down in the picture.
 */
export function fitCamera(points, { yaw, pitch, roll, focal_mm, fill, center_x, center_y }) {
  const rotation = cameraRotation(yaw ?? 0, pitch, roll)
  const count = points.length / 3
  const turned = new Float64Array(points.length)
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < count; i++) {
    apply(rotation, points.subarray(3 * i, 3 * i + 3)).forEach((value, axis) => {
      turned[3 * i + axis] = value
      low[axis] = Math.min(low[axis], value)
      high[axis] = Math.max(high[axis], value)
    })
  }
  const pivot = low.map((value, axis) => (value + high[axis]) / 2)
  for (let i = 0; i < turned.length; i++) turned[i] -= pivot[i % 3]
  const focal = focal_mm / SENSOR_MM
  const distance = Math.max(fitDistance(turned, 0, fill / focal), fitDistance(turned, 1, fill / focal))
  const translation = [-pivot[0], -pivot[1], -pivot[2] - distance]
  const seen = [[Infinity, -Infinity], [Infinity, -Infinity]]
  for (let i = 0; i < count; i++) {
    const depth = distance - turned[3 * i + 2]
    for (const axis of [0, 1]) {
      const at = 0.5 + ((axis ? -1 : 1) * turned[3 * i + axis] * focal) / depth
      seen[axis] = [Math.min(seen[axis][0], at), Math.max(seen[axis][1], at)]
    }
  }
  const center = [center_x, center_y].map((share, axis) => 0.5 + share - (seen[axis][0] + seen[axis][1]) / 2)
  return { rotation, translation, focal, center }
}

/** Where the widest pair of points spans `extent` on the plane at depth 1; `_fit_distance` of the Python explains it. */
function fitDistance(points, axis, extent) {
  let [nearest, farthest] = [-Infinity, Infinity]
  for (let i = 2; i < points.length; i += 3) {
    nearest = Math.max(nearest, points[i])
    farthest = Math.min(farthest, points[i])
  }
  let distance = nearest + 1e-6 + 1e-3 * (nearest - farthest)
  for (let step = 0; step < 64; step++) {
    let [most, least, i, j] = [-Infinity, Infinity, 0, 0]
    for (let p = 0; p < points.length; p += 3) {
      const ratio = points[p + axis] / (distance - points[p + 2])
      if (ratio > most) [most, i] = [ratio, p]
      if (ratio < least) [least, j] = [ratio, p]
    }
    if (most - least <= extent) break
    const [xi, zi, xj, zj] = [points[i + axis], points[i + 2], points[j + axis], points[j + 2]]
    const b = extent * (zi + zj) + xi - xj
    const c = extent * zi * zj + xi * zj - xj * zi
    const solved = (b + Math.sqrt(Math.max(b * b - 4 * extent * c, 0))) / (2 * extent)
    if (solved <= distance * (1 + 1e-14)) break
    distance = solved
  }
  return distance
}

/** World point -> [x, y] in the square, 0 to 1 from its top left, and the depth in metres. */
export function project({ rotation, translation, focal, center }, point) {
  const [x, y, z] = apply(rotation, point).map((value, axis) => value + translation[axis])
  return [center[0] - (x * focal) / z, center[1] + (y * focal) / z, -z]
}
