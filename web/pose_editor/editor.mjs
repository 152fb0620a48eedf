// The pose editor: toolbar, 3D view and library around one edit, which lives as text in the node's `edit` widget.
import { api } from '../../../scripts/api.js'
import { app } from '../../../scripts/app.js'
import { readBody } from './body.mjs'
import {
  DEFAULT_CAMERA, emptyEdit, FINGER_STATES, formatEdit, History, mirrorEdit, parseEdit, resolvePose, toMatrices, withPose,
} from './edit.mjs'
import { Library } from './library.mjs'
import { clampRotation, toRotvec } from './rotations.mjs'
import { textsFor } from './texts.mjs'
import { Viewer } from './viewer.mjs'

const START = 'pas_start' // the node property with the start pose that was seen last; saved, never sent
const RANGES = { pitch: [-89, 89], fill: [0.05, 4], center_x: [-1, 2], center_y: [-1, 2] } // PASCamera's

let loadedBody = null
async function loadBody() {
  const answer = await api.fetchApi('/avatar_scene/body')
  if (!answer.ok) throw new Error(`the server's answer is ${answer.status}`)
  return readBody(await answer.arrayBuffer())
}

function addStyle() {
  if (document.querySelector('link[data-pas-pose-editor]')) return
  const link = document.createElement('link')
  Object.assign(link, { rel: 'stylesheet', href: new URL('./editor.css', import.meta.url).href })
  link.dataset.pasPoseEditor = ''
  document.head.append(link)
}

export class PoseEditor {
  /** element: an empty div.  node: the graph node.  widget: the one that holds the edit's text. */
  static async create(element, node, widget) {
    addStyle()
    loadedBody ??= loadBody().catch((error) => {
      loadedBody = null // the next node tries again
      throw error
    })
    return new PoseEditor(element, node, widget, await loadedBody)
  }

  constructor(element, node, widget, body) {
    Object.assign(this, { element, node, widget, body, names: body.names, limited: true, free: null, error: '', hovered: null })
    this.texts = textsFor(app.extensionManager?.setting?.get?.('Comfy.Locale'))
    this.build()
    this.history = new History('')
    this.reload()
  }

  build() {
    const { texts, element } = this
    const make = (tag, properties, parent = element) => {
      const made = Object.assign(document.createElement(tag), properties)
      parent.append(made)
      return made
    }
    const bar = make('div', { className: 'pas-bar' })
    const button = (icon, tip, act, label = '') => {
      const made = make('button', { type: 'button', title: tip, ariaLabel: tip, onclick: act }, bar)
      make('i', { className: `pi pi-${icon}` }, made)
      if (label) make('span', { className: 'pas-label', textContent: label }, made)
      return made
    }
    this.buttons = {
      undo: button('undo', texts.undo, () => this.step(-1)),
      redo: button('undo pas-flip', texts.redo, () => this.step(1)),
      mirror: button('arrows-h', texts.mirror, () => this.commit(mirrorEdit(this.edit, this.start, this.names))),
      human: button('user', texts.human, () => this.makeHuman()),
      resetJoint: button('eraser', texts.resetJoint, () => this.resetJoint()),
      resetAll: button('refresh', texts.resetAll, () => this.commit({ ...emptyEdit(), camera: this.edit.camera })),
      limits: button('lock', texts.limits, () => this.toggleLimits()),
    }
    make('span', { className: 'pas-gap' }, bar)
    this.buttons.lens = button('camera', texts.lens, () => this.toggleLens())
    this.buttons.auto = button('eye', texts.auto, () => this.autoView())
    this.buttons.library = button('images', texts.libraryTip, () => this.toggleLibrary(), texts.library)

    this.view = make('div', { className: 'pas-view' })
    const canvas = make('canvas', {}, this.view)
    // Keys go to a field of its own: the canvas' shortcuts (undo the graph, delete the node) leave fields alone.
    this.keys = make('input', { className: 'pas-keys', readOnly: true, ariaLabel: texts.hint }, this.view)
    canvas.addEventListener('mousedown', (event) => {
      event.preventDefault() // a click on a canvas takes the focus away
      this.keys.focus({ preventScroll: true })
    })
    this.element.addEventListener('keydown', (event) => this.key(event))
    this.frame = make('div', { className: 'pas-frame' }, this.view)
    this.line = make('div', { className: 'pas-line' })

    const hands = make('div', { className: 'pas-bar' })
    this.fingers = ['left', 'right'].map((side) => {
      make('span', { textContent: texts[side] }, hands)
      const list = make('select', { title: texts[side], onchange: () => this.setHand(side, list.value) }, hands)
      list.append(new Option(texts.asStart, ''), ...FINGER_STATES.map((state) => new Option(state.replace('_', ' '), state)))
      return { side, list }
    })
    for (const [name, made] of Object.entries(this.buttons)) made.dataset.act = name
    for (const name of ['pointerdown', 'mousedown', 'dblclick']) {
      element.addEventListener(name, (event) => event.stopPropagation()) // the graph would drag or rename the node
    }

    this.library = new Library(this.view, texts, (preset) => this.takePreset(preset))
    try {
      this.viewer = new Viewer(canvas, this.body, {
        select: (joint) => this.select(joint),
        hover: (joint) => this.hover(joint),
        turn: (joint, matrix) => this.turn(joint, matrix),
        turned: () => this.save(),
        view: (change) => this.moveView(change),
        viewed: () => this.save(),
      })
    } catch {
      this.frame.hidden = true
      this.viewer = null
    }
  }

  /** Read the widget anew: a workflow was opened, or the graph's own undo ran. */
  reload() {
    this.start = this.readStart()
    this.free = null
    try {
      this.edit = parseEdit(this.widget.value, this.names)
      this.error = ''
    } catch (error) {
      // Shown and left as it is until something is edited: the text may be from a newer version.
      this.edit = emptyEdit()
      this.error = `${this.texts.unreadable}: ${error.message}`
    }
    const text = String(this.widget.value ?? '')
    if (text !== this.history.texts[this.history.at]) this.history.reset(text)
    this.refresh()
  }

  readStart() {
    const text = this.node.properties?.[START]
    if (!text || !this.connected) return null
    try {
      return parseEdit(text, this.names)
    } catch {
      return null
    }
  }

  get connected() {
    const input = this.node.inputs?.find(({ name }) => name === 'pose')
    return input?.link != null
  }

  /** text: the connected pose as an edit, or null: the node ran without one. */
  setStart(text) {
    if (text) this.node.properties[START] = text
    else delete this.node.properties[START]
    this.start = this.readStart()
    this.refresh()
  }

  connectionsChanged() {
    this.start = this.readStart()
    this.refresh()
  }

  /** Change the edit and keep the change: one step of undo, one value in the workflow. */
  commit(edit) {
    this.edit = edit
    this.error = ''
    this.refresh()
    this.save()
  }

  save() {
    const text = formatEdit(this.edit)
    this.history.push(text)
    this.write(text)
    this.refreshView()
  }

  write(text) {
    if (this.widget.value === text) return
    this.widget.value = text
    this.widget.callback?.(text)
    this.node.graph?.setDirtyCanvas?.(true, true)
    app.extensionManager?.workflow?.activeWorkflow?.changeTracker?.checkState?.() // marks the workflow as changed
  }

  step(by) {
    const text = this.history.step(by)
    if (text === null) return
    this.write(text)
    this.reload()
  }

  select(joint) {
    this.selected = joint
    this.viewer?.select(joint)
    this.refreshView()
  }

  hover(joint) {
    this.hovered = joint
    this.refreshLine()
  }

  turn(joint, matrix) {
    const limit = this.body.limits[joint - 1]
    const rotvec = toRotvec(this.limited && limit ? clampRotation(matrix, limit) : matrix)
    if (joint === 0) this.edit = { ...this.edit, root: rotvec }
    else this.edit = { ...this.edit, joints: { ...this.edit.joints, [this.names[joint]]: rotvec } }
    this.error = ''
    this.refresh()
  }

  resetJoint() {
    if (this.selected == null) return
    const { [this.names[this.selected]]: _, ...joints } = this.edit.joints
    this.commit({ ...this.edit, joints, root: this.selected === 0 ? null : this.edit.root })
  }

  toggleLimits() {
    this.limited = !this.limited
    this.refreshView()
  }

  setHand(side, state) {
    const { [side]: _, ...hands } = this.edit.hands
    this.commit({ ...this.edit, hands: state ? { ...hands, [side]: state } : hands })
  }

  takePreset({ pose, hands }) {
    this.library.show(false)
    this.commit({ ...withPose(this.edit, pose, this.names), hands: { ...hands } })
  }

  async toggleLibrary() {
    try {
      await this.library.show(!this.library.shown)
    } catch (error) {
      this.error = error.message
    }
    this.refresh()
  }

  async makeHuman() {
    const before = this.widget.value
    const full = withPose(this.edit, this.pose, this.names)
    this.buttons.human.disabled = true
    try {
      const answer = await api.fetchApi('/avatar_scene/make_human', { method: 'POST', body: formatEdit(full) })
      const text = await answer.text()
      if (!answer.ok) throw new Error(JSON.parse(text).error ?? answer.status)
      if (before !== this.widget.value) return // edited while the answer was on its way
      const { joints } = parseEdit(text, this.names)
      const kept = Object.entries(joints).map(([name, rotvec]) => {
        const limit = this.body.limits[this.names.indexOf(name) - 1]
        return [name, toRotvec(clampRotation(toMatrices([rotvec])[0], limit))]
      })
      this.commit({ ...this.edit, joints: Object.fromEntries(kept) })
    } catch (error) {
      this.error = error.message
    } finally {
      this.buttons.human.disabled = false
      this.refresh()
    }
  }

  /** change: some of the camera's values. In the free view they are kept apart from the edit. */
  moveView(change) {
    const view = { ...(this.free ?? this.edit.camera), ...change }
    for (const [name, [low, high]] of Object.entries(RANGES)) view[name] = Math.min(Math.max(view[name], low), high)
    if (view.yaw !== null) view.yaw = ((((view.yaw + 180) % 360) + 360) % 360) - 180
    if (this.free) this.free = view
    else this.edit = { ...this.edit, camera: view }
    this.refreshView()
  }

  toggleLens() {
    this.free = this.free ? null : { ...this.edit.camera }
    this.refreshView()
  }

  autoView() {
    this.free = null
    this.commit({ ...this.edit, camera: { ...DEFAULT_CAMERA } })
  }

  key(event) {
    const known = { z: event.shiftKey ? 1 : -1, y: 1 }[event.key.toLowerCase()]
    event.stopPropagation()
    if (event.target.matches('.pas-search')) return
    if ((event.ctrlKey || event.metaKey) && known) {
      event.preventDefault()
      this.step(known)
    } else if (event.key === 'Escape') {
      this.select(null)
    }
  }

  /** Show the edit as it is now. */
  refresh() {
    this.pose = resolvePose(this.edit, this.start, this.names)
    this.viewer?.setPose(toMatrices(this.pose))
    this.refreshView()
  }

  /** Show all but the pose: while the camera moves, the body need not be skinned anew. */
  refreshView() {
    const { texts, buttons, edit, history } = this
    this.viewer?.setView(this.free ?? edit.camera, Boolean(this.free))
    buttons.undo.disabled = !(history.at - 1 in history.texts)
    buttons.redo.disabled = !(history.at + 1 in history.texts)
    buttons.resetJoint.disabled = this.selected == null
    for (const [name, on] of [['limits', this.limited], ['lens', !this.free], ['library', this.library.shown]]) {
      buttons[name].ariaPressed = String(on)
    }
    buttons.auto.ariaPressed = String(!this.free && edit.camera.yaw === null)
    for (const { side, list } of this.fingers) list.value = edit.hands[side] ?? ''
    if (this.viewer) this.frame.hidden = Boolean(this.free)
    this.refreshLine()
  }

  refreshLine() {
    this.line.classList.toggle('pas-error', Boolean(this.error) || !this.viewer)
    this.line.textContent = this.error || this.message()
    this.line.title = this.line.textContent
  }

  message() {
    const { texts, edit, pose } = this
    if (!this.viewer) return texts.noWebGL
    const joint = this.hovered ?? this.selected
    if (joint != null) {
      const degrees = pose[joint].map((radians) => Math.round((radians * 180) / Math.PI))
      return `${this.names[joint].replace('_', ' ')}: ${degrees.join(', ')} ${texts.degrees}`
    }
    if (this.connected && !this.start) return texts.runOnce
    const angles = edit.camera.yaw === null ? texts.autoView : `${Math.round(edit.camera.yaw)}°, ${Math.round(edit.camera.pitch)}°`
    return `${this.free ? texts.free : angles} · ${texts.hint}`
  }

  dispose() {
    this.viewer?.dispose()
    this.viewer = null
  }
}
