// The 3D view: the posed gray body, a dot on every joint, three rings on the selected one, an orbiting camera.
// It draws and listens; what a turn or a view means is its owner's business (editor.mjs).
import { fitCamera, project } from './camera.mjs'
import { forwardKinematics, skin } from './body.mjs'
import { apply, fromRotvec, multiply } from './rotations.mjs'
import * as THREE from './vendor/three.module.min.mjs'

const RING = { radius: 58, share: 0.25, steps: 64, reach: 9 } // pixels, at most this share of the square, points, pixels
const AXIS_COLORS = [0xe5484d, 0x46a758, 0x3e8bff]
const JOINT = { color: 0xffb224, selected: 0xffffff, radius: 4, share: 0.02, reach: 11 } // as with the rings
const BODY_REACH = 6 // pixels
const LAST_JOINT = 21 // 22 and 23 follow the wrists
const GLIDE = 200 // milliseconds
const NEAR = 0.01
const FAR = 100

export class Viewer {
  /**
   * canvas: to draw on.  body: from readBody.  on: { select(joint or null), hover(joint or null), turn(joint, matrix),
   * turned(), view(change), viewed() }; turn and view are called while the pointer moves, turned and viewed when it is
   * let go.
   * Throws an Error where there is no WebGL.
   */
  constructor(canvas, body, on) {
    Object.assign(this, { canvas, body, on, selected: null, hovered: {}, drag: null })
    Object.assign(this, { requested: 0, frozen: null, aimed: false, gliding: null })
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true })
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2))
    this.scene = new THREE.Scene()
    this.camera = new THREE.Camera()
    this.camera.matrixAutoUpdate = this.camera.matrixWorldAutoUpdate = false
    this.scene.add(new THREE.HemisphereLight(0xffffff, 0x6b7280, 2.2))
    this.sun = new THREE.DirectionalLight(0xffffff, 1.6)
    this.scene.add(this.sun)

    this.vertices = new Float32Array(body.vertices.length)
    const geometry = new THREE.BufferGeometry()
    geometry.setAttribute('position', new THREE.BufferAttribute(this.vertices, 3))
    geometry.setIndex(new THREE.BufferAttribute(body.faces, 1))
    this.mesh = new THREE.Mesh(geometry, new THREE.MeshStandardMaterial({ color: 0x9a9a9a, roughness: 0.85 }))
    this.mesh.frustumCulled = false
    this.scene.add(this.mesh)
    this.floor = new THREE.GridHelper(4, 16, 0x888888, 0x888888)
    Object.assign(this.floor.material, { transparent: true, opacity: 0.3 })
    this.scene.add(this.floor)

    const onTop = { depthTest: false, transparent: true }
    this.dots = Array.from({ length: LAST_JOINT + 1 }, () => {
      const dot = new THREE.Mesh(
        new THREE.SphereGeometry(1, 12, 8),
        new THREE.MeshBasicMaterial({ color: JOINT.color, opacity: 0.9, ...onTop }),
      )
      dot.renderOrder = 1
      this.scene.add(dot)
      return dot
    })
    this.rings = AXIS_COLORS.map((color, axis) => {
      const circle = new THREE.TorusGeometry(1, 0.025, 6, RING.steps)
      if (axis === 0) circle.rotateY(Math.PI / 2) // three's torus lies about z
      if (axis === 1) circle.rotateX(Math.PI / 2)
      const ring = new THREE.Mesh(circle, new THREE.MeshBasicMaterial({ color, opacity: 0.85, ...onTop }))
      ring.matrixAutoUpdate = false
      ring.renderOrder = 2
      this.scene.add(ring)
      return ring
    })

    this.listen()
    this.resizing = new ResizeObserver(() => this.resize())
    this.resizing.observe(canvas.parentElement)
  }

  /** matrices: 22 local rotations, root first. */
  setPose(matrices) {
    this.matrices = matrices
    this.frames = forwardKinematics(this.body, matrices)
    skin(this.body, this.frames, this.vertices)
    this.mesh.geometry.attributes.position.needsUpdate = true
    this.mesh.geometry.computeVertexNormals()
    let lowest = Infinity
    for (let i = 1; i < this.vertices.length; i += 3) lowest = Math.min(lowest, this.vertices[i])
    this.floor.position.y = lowest
    this.aimed = false
    this.draw()
  }

  /** view: PASCamera's values. frozen: look at the body as it stands now until this is called again. */
  setView(view, frozen = false) {
    this.view = view
    this.frozen = frozen ? (this.frozen ?? this.vertices.slice()) : null
    this.aimed = false
    this.draw()
  }

  select(joint) {
    this.selected = joint
    this.draw()
  }

  /**
   * The camera over the body as it is now, found when it is asked for. While a ring is dragged it stands still, or the
   * ring would leave the pointer.
   */
  get fit() {
    const turning = this.drag?.axis !== undefined
    if (!this.aimed && !turning && this.view && this.frames) {
      this.lastFit = fitCamera(this.frozen ?? this.vertices, this.view)
      this.aimed = true
    }
    return this.lastFit
  }

  /** The camera to draw with: after a turn it glides to its new place, so that the eye can follow. */
  glide() {
    const { fit, gliding } = this
    const share = gliding ? (performance.now() - gliding.since) / GLIDE : 1
    if (share >= 1) {
      this.gliding = null
      return fit
    }
    this.draw()
    const mix = (from, to) => to.map((value, i) => value + (from[i] - value) * (1 - share) ** 2)
    return {
      ...fit,
      translation: mix(gliding.from.translation, fit.translation),
      center: mix(gliding.from.center, fit.center),
    }
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement
    if (!width || !height) return
    this.renderer.setSize(width, height)
    this.draw()
  }

  /** Left, top and side of the picture's square within the canvas, in CSS pixels. */
  square() {
    const { clientWidth: width, clientHeight: height } = this.canvas
    const side = Math.min(width, height)
    return { width, height, side, left: (width - side) / 2, top: (height - side) / 2 }
  }

  draw() {
    if (!this.requested) this.requested = requestAnimationFrame(() => this.drawNow())
  }

  drawNow() {
    this.requested = 0
    if (!this.fit || !this.canvas.clientWidth) return
    const { width, height, side, left, top } = this.square()
    const { rotation: r, translation: t, focal, center } = this.glide()
    // Clip coordinates of a camera whose picture is the square, over the whole canvas: off-centre by its principal point.
    const x = (2 * (left + side * center[0])) / width - 1
    const y = 1 - (2 * (top + side * center[1])) / height
    this.camera.projectionMatrix.set(
      (2 * side * focal) / width, 0, -x, 0,
      0, (2 * side * focal) / height, -y, 0,
      0, 0, (NEAR + FAR) / (NEAR - FAR), (2 * NEAR * FAR) / (NEAR - FAR),
      0, 0, -1, 0,
    )
    this.camera.projectionMatrixInverse.copy(this.camera.projectionMatrix).invert()
    this.camera.matrixWorldInverse.set(
      r[0], r[1], r[2], t[0], r[3], r[4], r[5], t[1], r[6], r[7], r[8], t[2], 0, 0, 0, 1,
    )
    this.camera.matrixWorld.copy(this.camera.matrixWorldInverse).invert()
    this.sun.position.set(r[0] + r[3] + r[6], r[1] + r[4] + r[7], r[2] + r[5] + r[8]) // over the camera's shoulder
    this.dots.forEach((dot, joint) => {
      const { place } = this.frames[joint]
      const size = Math.min(JOINT.radius, JOINT.share * side)
      const marked = joint === this.selected || joint === this.hovered.joint
      dot.position.set(...place)
      dot.scale.setScalar((marked ? 1.5 : 1) * size * this.metres(place))
      dot.material.color.set(joint === this.selected ? JOINT.selected : JOINT.color)
    })
    this.rings.forEach((ring, axis) => {
      ring.visible = this.selected !== null
      if (!ring.visible) return
      const { turn, place } = this.frames[this.selected]
      const m = turn.map((value) => value * this.ringRadius())
      ring.matrix.set(m[0], m[1], m[2], place[0], m[3], m[4], m[5], place[1], m[6], m[7], m[8], place[2], 0, 0, 0, 1)
      const active = this.drag?.axis ?? (this.drag ? undefined : this.hovered.axis)
      ring.material.opacity = active === undefined ? 0.85 : active === axis ? 1 : 0.25
    })
    this.renderer.render(this.scene, this.camera)
  }

  /** World point -> canvas pixels [x, y]. */
  toPixels(point) {
    const { side, left, top } = this.square()
    const [x, y] = project(this.fit, point)
    return [left + side * x, top + side * y]
  }

  /** How many metres a pixel is at a world point. */
  metres(point) {
    return project(this.fit, point)[2] / (this.square().side * this.fit.focal)
  }

  ringRadius() {
    const pixels = Math.min(RING.radius, RING.share * this.square().side)
    return pixels * this.metres(this.frames[this.selected].place)
  }

  /** A point of a ring of the selected joint, in canvas pixels. */
  ringPoint(axis, angle) {
    const { turn, place } = this.frames[this.selected]
    const offset = [0, 0, 0]
    offset[(axis + 1) % 3] = this.ringRadius() * Math.cos(angle)
    offset[(axis + 2) % 3] = this.ringRadius() * Math.sin(angle)
    return this.toPixels(apply(turn, offset).map((value, i) => value + place[i]))
  }

  /** The ring under the pointer: { axis, angle } or null. */
  ringAt(pointer) {
    let best = null
    let nearest = RING.reach
    if (this.selected === null) return best
    for (let axis = 0; axis < 3; axis++) {
      for (let step = 0; step < RING.steps; step++) {
        const angle = (2 * Math.PI * step) / RING.steps
        const distance = between(this.ringPoint(axis, angle), pointer)
        if (distance < nearest) [nearest, best] = [distance, { axis, angle }]
      }
    }
    return best
  }

  /** The joint whose dot is under the pointer, or null. */
  dotAt(pointer) {
    let best = null
    let nearest = JOINT.reach
    for (let joint = 0; joint <= LAST_JOINT; joint++) {
      const distance = between(this.toPixels(this.frames[joint].place), pointer)
      if (distance < nearest) [nearest, best] = [distance, joint]
    }
    return best
  }

  /** The joint under the pointer: its dot, else the part of the body that is there, else null. */
  jointAt(pointer) {
    let best = this.dotAt(pointer)
    if (best !== null) return best
    let depth = Infinity
    for (let v = 0; v < this.vertices.length / 3; v++) {
      const point = this.vertices.subarray(3 * v, 3 * v + 3)
      const away = project(this.fit, point)[2]
      if (away >= depth || between(this.toPixels(point), pointer) > BODY_REACH) continue
      depth = away
      best = this.body.bones[4 * v]
    }
    return best !== null && best > LAST_JOINT ? this.body.parents[best] : best
  }

  listen() {
    const { canvas } = this
    const at = (event) => {
      const box = canvas.getBoundingClientRect() // scaled by the graph's zoom
      return [
        ((event.clientX - box.left) * canvas.clientWidth) / box.width,
        ((event.clientY - box.top) * canvas.clientHeight) / box.height,
      ]
    }
    const mine = (event) => {
      event.preventDefault()
      event.stopPropagation()
    }
    canvas.addEventListener('contextmenu', mine)
    canvas.addEventListener('pointerdown', (event) => {
      event.stopPropagation()
      if (!this.fit) return
      canvas.setPointerCapture(event.pointerId)
      this.begin(at(event), event.button !== 0 || event.shiftKey)
    })
    canvas.addEventListener('pointermove', (event) => {
      if (!this.fit) return
      if (this.drag) {
        event.stopPropagation()
        this.move(at(event))
      } else {
        const axis = this.ringAt(at(event))?.axis
        this.hover({ axis, joint: axis === undefined ? (this.jointAt(at(event)) ?? undefined) : undefined })
      }
    })
    canvas.addEventListener('pointerleave', () => this.drag || this.hover({}))
    for (const name of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(name, (event) => {
        if (!this.drag) return
        event.stopPropagation()
        this.end(at(event))
      })
    }
    canvas.addEventListener('wheel', (event) => {
      mine(event)
      if (!this.view) return
      this.on.view({ fill: this.view.fill * Math.exp(-event.deltaY * 0.001) })
      clearTimeout(this.wheeling)
      this.wheeling = setTimeout(() => this.on.viewed(), 300)
    }, { passive: false })
    canvas.addEventListener('webglcontextlost', (event) => event.preventDefault()) // three draws again when it is back
    canvas.addEventListener('webglcontextrestored', () => this.draw())
  }

  /** { axis } of a ring or { joint } under the pointer, or neither: marked, so that people see what a click takes. */
  hover({ axis, joint }) {
    const before = this.hovered
    if (before.axis === axis && before.joint === joint) return
    this.hovered = { axis, joint }
    this.canvas.style.cursor = axis === undefined && joint === undefined ? 'grab' : 'pointer'
    if (before.joint !== joint) this.on.hover(joint ?? null)
    this.draw()
  }

  begin(pointer, pan) {
    this.gliding = null
    const ring = pan ? null : this.ringAt(pointer)
    this.drag = { from: pointer, view: { ...this.view }, pan, moved: false }
    if (!ring) return
    const [a, b] = [this.ringPoint(ring.axis, ring.angle - 0.02), this.ringPoint(ring.axis, ring.angle + 0.02)]
    const slope = [(b[0] - a[0]) / 0.04, (b[1] - a[1]) / 0.04] // pixels a radian, along the ring
    Object.assign(this.drag, { axis: ring.axis, slope, matrix: this.matrices[this.selected] })
    this.draw()
  }

  move(pointer) {
    const { from, view, pan, axis, slope, matrix } = this.drag
    const [dx, dy] = [pointer[0] - from[0], pointer[1] - from[1]]
    if (!this.drag.moved && Math.hypot(dx, dy) < 3) return
    this.drag.moved = true
    if (axis !== undefined) {
      const turn = [0, 0, 0]
      turn[axis] = (dx * slope[0] + dy * slope[1]) / Math.max(slope[0] ** 2 + slope[1] ** 2, 400)
      this.on.turn(this.selected, multiply(matrix, fromRotvec(turn)))
    } else if (pan) {
      const { side } = this.square()
      this.on.view({ center_x: view.center_x + dx / side, center_y: view.center_y + dy / side })
    } else {
      this.on.view({ yaw: (view.yaw ?? 0) - dx / 2, pitch: view.pitch + dy / 2 })
    }
  }

  end(pointer) {
    const { moved, axis, pan } = this.drag
    const ring = axis !== undefined
    if (moved && ring) this.gliding = { from: this.fit, since: performance.now() }
    this.drag = null
    if (moved && ring) this.on.turned()
    else if (moved) this.on.viewed()
    else if (ring) this.on.select(this.dotAt(pointer) ?? this.selected) // a dot that lies on a ring
    else if (!pan) this.on.select(this.jointAt(pointer))
    this.draw()
  }

  dispose() {
    cancelAnimationFrame(this.requested)
    this.resizing.disconnect()
    this.mesh.geometry.dispose()
    this.renderer.dispose()
    this.renderer.forceContextLoss() // browsers keep about sixteen contexts; give this one back at once
  }
}

const between = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1])
