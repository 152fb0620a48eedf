// The edit: what the widget keeps in the workflow. pose_prior/pose_edit.py describes and replays the same text.
import { fromRotvec, toRotvec } from './rotations.mjs'

export const VERSION = 1
export const FINGER_STATES = ['relaxed', 'open', 'fist', 'grip', 'point', 'flat', 'thumbs_up', 'victory']
export const DEFAULT_CAMERA = Object.freeze({
  yaw: null, pitch: 5, roll: 0, focal_mm: 50, fill: 0.8, center_x: 0.5, center_y: 0.52,
})
const SIDES = ['left', 'right']
const DECIMALS = 1e4

export const emptyEdit = () => ({ joints: {}, root: null, hands: {}, camera: { ...DEFAULT_CAMERA } })

const isTable = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const isRotvec = (value) => Array.isArray(value) && value.length === 3 && value.every(Number.isFinite)

/** Text -> edit. Throws an Error in one line for what the node would refuse; `names` are the 24 joints'. */
export function parseEdit(text, names) {
  const edit = emptyEdit()
  if (!text?.trim()) return edit
  let document
  try {
    document = JSON.parse(text)
  } catch {
    throw new Error('the edit is not JSON')
  }
  if (!isTable(document)) throw new Error('the edit is not an object in braces')
  const { version = VERSION, joints = {}, root = null, hands = {}, camera = {}, ...others } = document
  if (Object.keys(others).length) throw new Error(`the edit has an unknown entry '${Object.keys(others)[0]}'`)
  if (version !== VERSION) throw new Error(`the edit has version ${version}, this pack reads ${VERSION}`)
  if (!isTable(joints) || !isTable(hands) || !isTable(camera)) throw new Error('joints, hands and camera are objects')
  for (const [name, rotvec] of Object.entries(joints)) {
    const joint = names.indexOf(name)
    if (joint < 1 || joint > 21) throw new Error(`there is no joint '${name}'`)
    if (!isRotvec(rotvec)) throw new Error(`joint '${name}' needs 3 numbers`)
    edit.joints[name] = rotvec
  }
  if (root !== null && !isRotvec(root)) throw new Error('root needs 3 numbers')
  edit.root = root
  for (const [side, state] of Object.entries(hands)) {
    if (!SIDES.includes(side) || !FINGER_STATES.includes(state)) throw new Error(`hands: '${side}' is '${state}'`)
    edit.hands[side] = state
  }
  for (const [name, value] of Object.entries(camera)) {
    if (!(name in DEFAULT_CAMERA) || !Number.isFinite(value)) throw new Error(`camera: '${name}' is '${value}'`)
    edit.camera[name] = value
  }
  return edit
}

/** Edit -> text; what has its default is left out, and nothing at all is empty text. */
export function formatEdit(edit) {
  const round = (value) => Math.round(value * DECIMALS) / DECIMALS + 0 // + 0 turns -0 into 0
  const rounded = (rotvec) => rotvec.map(round)
  const camera = Object.fromEntries(
    Object.entries(edit.camera)
      .filter(([name, value]) => value !== DEFAULT_CAMERA[name])
      .map(([name, value]) => [name, round(value)]),
  )
  const document = { version: VERSION }
  const filled = (table) => Object.keys(table).length > 0
  if (filled(edit.joints)) {
    document.joints = Object.fromEntries(Object.entries(edit.joints).map(([name, value]) => [name, rounded(value)]))
  }
  if (edit.root) document.root = rounded(edit.root)
  if (filled(edit.hands)) document.hands = edit.hands
  if (filled(camera)) document.camera = camera
  return Object.keys(document).length > 1 ? JSON.stringify(document) : ''
}

/** 22 axis-angles, root first: the edit's, else the start's (an edit too, or null), else zero. */
export const resolvePose = (edit, start, names) =>
  [edit.root ?? start?.root ?? [0, 0, 0]].concat(
    names.slice(1, 22).map((name) => edit.joints[name] ?? start?.joints[name] ?? [0, 0, 0]),
  )

/** An edit that sets all of 22 axis-angles and keeps the rest of `edit`. */
export const withPose = (edit, pose, names) => ({
  ...edit,
  root: pose[0],
  joints: Object.fromEntries(pose.slice(1).map((rotvec, i) => [names[i + 1], rotvec])),
})

/** Left and right exchanged (x -> -x). Over a start pose every joint is set, or its unmirrored joints would show. */
export function mirrorEdit(edit, start, names) {
  const flip = ([x, y, z]) => [x, -y, -z]
  const other = (name) => name.replace(/^(left|right)/, (side) => (side === 'left' ? 'right' : 'left'))
  const full = start ? withPose(edit, resolvePose(edit, start, names), names) : edit
  return {
    ...full,
    root: full.root && flip(full.root),
    joints: Object.fromEntries(Object.entries(full.joints).map(([name, rotvec]) => [other(name), flip(rotvec)])),
    hands: Object.fromEntries(Object.entries(full.hands).map(([side, state]) => [other(side), state])),
  }
}

/** 22 axis-angles -> matrices, and back. */
export const toMatrices = (pose) => pose.map(fromRotvec)
export const toRotvecs = (matrices) => matrices.map(toRotvec)

/** What was before and after: texts of edits. */
export class History {
  constructor(text) {
    this.reset(text)
  }

  reset(text) {
    this.texts = [text]
    this.at = 0
  }

  push(text) {
    if (text === this.texts[this.at]) return
    this.texts = [...this.texts.slice(0, this.at + 1), text].slice(-200)
    this.at = this.texts.length - 1
  }

  /** The text one step back (-1) or forth (1), or null where there is none. */
  step(by) {
    if (!(this.at + by in this.texts)) return null
    this.at += by
    return this.texts[this.at]
  }
}
