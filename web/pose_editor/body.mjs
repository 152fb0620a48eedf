// The body: how the server sends it (rendering/body_asset.py writes the layout), and linear blend skinning.
import { IDENTITY, multiply } from './rotations.mjs'

const ARRAYS = { f4: Float32Array, u1: Uint8Array, u2: Uint16Array }

/** ArrayBuffer -> { names, parents, mirror, vertices, joints, bones, weights, faces, limits: [21 of clampRotation's] }. */
export function readBody(buffer) {
  const length = new DataView(buffer).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)))
  const body = { names: header.names, parents: header.parents, mirror: header.mirror }
  let offset = 4 + length
  for (const { name, type, length } of header.arrays) {
    body[name] = new ARRAYS[type](buffer, offset, length)
    offset += Math.ceil(body[name].byteLength / 4) * 4
  }
  const range = body.limits
  body.limits = header.axis.map((axis, i) => ({
    axis,
    components: header.components[i],
    range: [0, 1, 2].map((part) => [range[6 * i + 2 * part], range[6 * i + 2 * part + 1]]),
  }))
  return body
}

/** 22 local rotations (root, then joints 1..21) -> 24 world frames { turn: matrix, place: [x, y, z] in metres. */
export function forwardKinematics(body, rotations) {
  const rest = (joint) => body.joints.subarray(3 * joint, 3 * joint + 3)
  const frames = []
  body.parents.forEach((parent, joint) => {
    const local = rotations[joint] ?? IDENTITY // the hands follow the wrists
    if (parent < 0) return frames.push({ turn: local, place: [...rest(joint)] })
    const { turn, place } = frames[parent]
    const bone = [0, 1, 2].map((i) => rest(joint)[i] - rest(parent)[i])
    frames.push({
      turn: multiply(turn, local),
      place: place.map((p, i) => p + turn[3 * i] * bone[0] + turn[3 * i + 1] * bone[1] + turn[3 * i + 2] * bone[2]),
    })
  })
  return frames
}

/** Posed vertices into `out`, a Float32Array of 3 V numbers: each moves with up to four joints. */
export function skin(body, frames, out) {
  const matrices = new Float64Array(12 * frames.length)
  frames.forEach(({ turn, place }, joint) => {
    const [x, y, z] = body.joints.subarray(3 * joint, 3 * joint + 3)
    for (let row = 0; row < 3; row++) {
      const r = turn.slice(3 * row, 3 * row + 3)
      matrices.set([...r, place[row] - r[0] * x - r[1] * y - r[2] * z], 12 * joint + 4 * row)
    }
  })
  const { vertices, bones, weights } = body
  const blended = new Float64Array(12)
  for (let v = 0; v < vertices.length / 3; v++) {
    blended.fill(0)
    for (let k = 4 * v; k < 4 * v + 4 && weights[k]; k++) {
      const weight = weights[k] / 65535
      const start = 12 * bones[k]
      for (let i = 0; i < 12; i++) blended[i] += weight * matrices[start + i]
    }
    const [x, y, z] = [vertices[3 * v], vertices[3 * v + 1], vertices[3 * v + 2]]
    for (let row = 0; row < 3; row++) {
      const i = 4 * row
      out[3 * v + row] = blended[i] * x + blended[i + 1] * y + blended[i + 2] * z + blended[i + 3]
    }
  }
  return out
}
