// Edits a pose on the real canvas in headless Chromium, with the mouse and the keys a person would use.
//
//   node pose_editor.mjs URL WORKFLOW.json FOLDER [RENDERER]     RENDERER: canvas (LiteGraph, the default) or vue
//
// Prints one JSON object of what was seen at each step; screenshots in the dark and the light theme go to FOLDER.
// Needs `playwright-core` in NODE_PATH or beside this file, and Chromium (CHROMIUM=path, default /usr/bin/chromium).
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

const require = createRequire(path.join(process.env.NODE_PATH ?? process.cwd(), 'x.js'))
const { chromium } = require('playwright-core')
const [url, file, folder, renderer = 'canvas'] = process.argv.slice(2)
const LEFT_ELBOW = 18

const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'editor-'))
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  viewport: { width: 1400, height: 900 },
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
await context.route((to) => !['127.0.0.1', 'localhost'].includes(to.hostname), (route) => route.abort())
const page = context.pages()[0] ?? (await context.newPage())
page.setDefaultTimeout(180000)
const errors = []
page.on('pageerror', (error) => errors.push(String(error).slice(0, 300)))

const setting = (name, value) => fetch(`${url}/api/settings/${name}`, {
  method: 'POST', body: JSON.stringify(value), headers: { 'Content-Type': 'application/json' },
})
const find = "window.app.graph._nodes.find((node) => node.type === 'PASPoseEditor')"
const value = () => page.evaluate(`${find}.widgets.find((widget) => widget.name === 'edit').value`)
const line = () => page.locator('.pas-line').textContent()
const shoot = (name) => page.screenshot({ path: path.join(folder, `${renderer}_${name}.png`) })
const press = (key) => page.locator(`.pas-pose-editor button[data-act="${key}"]`).click()

async function load(flow) {
  await page.evaluate((data) => window.app.loadGraphData(data), flow)
  await page.waitForFunction(`${find}?.poseEditor`, null, { timeout: 180000 })
  await page.waitForTimeout(1500) // the canvas moves to the whole workflow
  // Closer to the node, where a person would work.
  await page.evaluate(`(() => {
    const { ds } = window.app.canvas
    const node = ${find}
    ds.scale = 1.2
    ds.offset = [260 - node.pos[0], 60 - node.pos[1]]
    window.app.canvas.setDirty(true, true)
  })()`)
  await page.waitForTimeout(1500)
}

/** Wait until the page was drawn a few times: on a busy machine without a GPU a frame takes seconds. */
const frames = () => page.evaluate(async () => {
  for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame)
})

/** The 3D view's rectangle on the page, once it stays where it is: banners come and go, and a slow canvas moves late. */
async function viewBox() {
  const measure = async () => {
    await frames()
    return page.locator('.pas-pose-editor canvas').boundingBox()
  }
  for (let [before, box] = [null, await measure()]; ; [before, box] = [box, await measure()]) {
    if (box?.width && JSON.stringify(before) === JSON.stringify(box)) return box
  }
}

/** A place in the 3D view, given by an expression over `viewer`, as page coordinates. */
async function place(expression) {
  const box = await viewBox()
  const [x, y, width] = await page.evaluate(`(() => {
    const { viewer } = ${find}.poseEditor
    return [...(${expression}), viewer.canvas.clientWidth]
  })()`)
  return [box.x + (x * box.width) / width, box.y + (y * box.width) / width]
}

/** Where the camera stands, and how many times the body was skinned. */
const framing = () => page.evaluate(`(() => {
  const { viewer } = ${find}.poseEditor
  return { fit: JSON.stringify(viewer.fit), skinned: viewer.mesh.geometry.attributes.position.version }
})()`)

/** Drags; returns the framing before, with the button still down, and after. */
async function drag([x, y], [dx, dy]) {
  const before = await framing()
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + dx, y + dy, { steps: 4 })
  const during = await framing()
  await page.mouse.up()
  return { before, during, after: await framing() }
}

await setting('Comfy.TutorialCompleted', true)
await setting('Comfy.VueNodes.Enabled', renderer === 'vue')
await setting('Comfy.ColorPalette', 'dark')
await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 180000 })
await page.waitForFunction(
  () => window.app?.extensionManager && window.app?.graph && !document.querySelector('#splash-loader'),
  null, { timeout: 180000 })
await page.waitForTimeout(2500)

const seen = {}
await load(JSON.parse(fs.readFileSync(file, 'utf8')))
seen.start = await value()
seen.before = await page.evaluate(async () => (await window.app.graphToPrompt()).output)

// Select the left elbow and turn it by the ring that bends it.
await page.mouse.click(...(await place(`viewer.toPixels(viewer.frames[${LEFT_ELBOW}].place)`)))
seen.selected = await line()
const ring = await place('viewer.ringPoint(1, 0.9)')
const next = await place('viewer.ringPoint(1, 1.4)')
seen.ringDrag = await drag(ring, [next[0] - ring[0], next[1] - ring[1]])
seen.turned = await value()
await shoot('dark')
await page.keyboard.press('Control+z')
await page.waitForTimeout(300)
seen.undone = await value()
await page.keyboard.press('Control+Shift+z')
await page.waitForTimeout(300)
seen.redone = await value()

// Orbit, then the picture by the canvas' own button.
seen.orbitDrag = await drag(await place('[8, viewer.canvas.clientHeight - 12]'), [80, 0])
seen.orbited = await value()
seen.after = await page.evaluate(async () => (await window.app.graphToPrompt()).output)
const done = page.evaluate(() => new Promise((resolve) => {
  window.app.api.addEventListener('execution_success', ({ detail }) => resolve(detail.prompt_id))
  window.app.api.addEventListener('execution_error', ({ detail }) => resolve(`error: ${detail.exception_message}`))
}))
await page.locator('[data-testid="queue-button"], .comfyui-queue-button, button:has-text("Run")').first().click()
seen.ran = await Promise.race([done, page.waitForTimeout(180000).then(() => 'error: timed out')])

// What a saved file shows when it is opened again.
const pose = `JSON.stringify([...${find}.poseEditor.viewer.vertices.slice(0, 3000)])`
const drawn = await page.evaluate(pose)
const saved = await page.evaluate(() => JSON.parse(JSON.stringify(window.app.graph.serialize())))
await press('resetAll')
seen.reset = await value()
seen.resetDiffers = (await page.evaluate(pose)) !== drawn
await load(saved)
seen.reopened = await value()
seen.reopenedDraws = (await page.evaluate(pose)) === drawn

await press('library')
await page.waitForSelector('.pas-tiles button')
seen.presets = await page.locator('.pas-tiles button').count()
await setting('Comfy.ColorPalette', 'light')
await page.evaluate(() => window.app.extensionManager.setting?.set?.('Comfy.ColorPalette', 'light'))
await page.waitForTimeout(800)
await shoot('light_library')
await page.locator('.pas-tiles button[title="sitting on a chair"]').click()
seen.sitting = await value()
await press('mirror')
seen.mirrored = await value()
await press('human')
await page.waitForFunction((old) => window.app.graph._nodes.find((node) => node.type === 'PASPoseEditor')
  .widgets.find((widget) => widget.name === 'edit').value !== old, seen.mirrored, { timeout: 180000 })
seen.human = await value()
await shoot('light')

// A file that someone edited by hand: one line, nothing else breaks, and the text stays as it is.
const broken = structuredClone(saved)
broken.nodes.find((node) => node.type === 'PASPoseEditor').widgets_values = ['{"joints": {"head": [0, "x", 0]}}']
await load(broken)
seen.broken = [await value(), await line()]
await shoot('broken')

console.log(JSON.stringify({ ...seen, errors }))
await context.close()
fs.rmSync(profile, { recursive: true, force: true })
