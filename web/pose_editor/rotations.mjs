// Rotations as row-major 3 x 3 arrays and axis-angle vectors in radians, and how far joints turn.

export const IDENTITY = Object.freeze([1, 0, 0, 0, 1, 0, 0, 0, 1])

/** a times b. */
export function multiply(a, b) {
  const out = new Array(9)
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      out[3 * row + column] =
        a[3 * row] * b[column] + a[3 * row + 1] * b[3 + column] + a[3 * row + 2] * b[6 + column]
    }
  }
  return out
}

export const transpose = (m) => [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]]

/** m times the vector v. */
export const apply = (m, v) => [
  m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
  m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
  m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
]

/** Axis-angle -> matrix (Rodrigues). */
export function fromRotvec([x, y, z]) {
  const angle = Math.hypot(x, y, z)
  const a = angle < 1e-8 ? 1 : Math.sin(angle) / angle
  const b = angle < 1e-8 ? 0.5 : (1 - Math.cos(angle)) / (angle * angle)
  return [
    1 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y,
    b * x * y + a * z, 1 - b * (x * x + z * z), b * y * z - a * x,
    b * x * z - a * y, b * y * z + a * x, 1 - b * (x * x + y * y),
  ]
}

/** Matrix -> unit quaternion [x, y, z, w], w >= 0 (Shepperd's method: divide by the largest component). */
export function toQuaternion(m) {
  const [xx, yy, zz] = [m[0], m[4], m[8]]
  const squares = [1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz, 1 + xx + yy + zz] // 4 q^2
  const largest = squares.indexOf(Math.max(...squares))
  const s = 2 * Math.sqrt(squares[largest])
  const sums = { xy: (m[1] + m[3]) / s, xz: (m[2] + m[6]) / s, yz: (m[5] + m[7]) / s }
  const differences = [(m[7] - m[5]) / s, (m[2] - m[6]) / s, (m[3] - m[1]) / s]
  const q = [
    [s / 4, sums.xy, sums.xz, differences[0]],
    [sums.xy, s / 4, sums.yz, differences[1]],
    [sums.xz, sums.yz, s / 4, differences[2]],
    [...differences, s / 4],
  ][largest]
  return q[3] < 0 ? q.map((value) => -value) : q
}

/** Matrix -> axis-angle with an angle of at most pi. */
export function toRotvec(m) {
  const [x, y, z, w] = toQuaternion(m)
  const sine = Math.hypot(x, y, z)
  const scale = sine < 1e-9 ? 2 : (2 * Math.atan2(sine, w)) / sine
  return [x * scale, y * scale, z * scale]
}

/** R = swing * twist about coordinate axis 0, 1 or 2 -> { swing: axis-angle, twist: radians }. */
export function swingTwist(m, axis) {
  const q = toQuaternion(m)
  const norm = Math.hypot(q[axis], q[3]) || 1
  const half = Math.atan2(q[axis] / norm, q[3] / norm)
  const twist = [0, 0, 0]
  twist[axis] = 2 * half
  return { swing: toRotvec(multiply(m, transpose(fromRotvec(twist)))), twist: 2 * half }
}

/**
 * The nearest rotation within a joint's limits.
 * limit: { axis, components: [a, b], range: [[low, high] of twist, of swing a, of swing b] }, radians.
 */
export function clampRotation(m, limit) {
  const { swing, twist } = swingTwist(m, limit.axis)
  const clamp = (value, [low, high]) => Math.min(Math.max(value, low), high)
  const turn = [0, 0, 0]
  turn[limit.axis] = clamp(twist, limit.range[0])
  const lean = [0, 0, 0]
  limit.components.forEach((component, i) => (lean[component] = clamp(swing[component], limit.range[i + 1])))
  return multiply(fromRotvec(lean), fromRotvec(turn))
}
