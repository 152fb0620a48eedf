// Opens workflows on the real canvas in headless Chromium.
//
//   node canvas.mjs URL check FOLDER FILE.json...    load each file; print what the canvas made of it as JSON lines, and
//                                                   put a screenshot of each into FOLDER
//   node canvas.mjs URL convert FOLDER API.json...  turn API prompts into canvas files of the same names in FOLDER
//   node canvas.mjs URL queue FOLDER FILE.json...   load each file, press the canvas' queue button and wait; print what came
//                                                   of it, and put a screenshot of each into FOLDER
//   node canvas.mjs URL blueprint NAME OUT.png      find a blueprint by double click and name, put it on an empty canvas,
//                                                   give its picture to a preview, press the queue button and wait
//   node canvas.mjs URL drop OUT.png FILE...        drop each file on an empty canvas; print the nodes that are there then
//
// RENDERER=vue draws nodes with Vue; else LiteGraph does. Needs `playwright-core` in NODE_PATH or beside this
// file, and Chromium (CHROMIUM=path, default /usr/bin/chromium).
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

const require = createRequire(path.join(process.env.NODE_PATH ?? process.cwd(), 'x.js'))
const { chromium } = require('playwright-core')
const [url, command, ...files] = process.argv.slice(2)

const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'canvas-'))
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  viewport: { width: 1600, height: 900 },
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
})
// Nothing leaves the machine.
await context.route((to) => !['127.0.0.1', 'localhost'].includes(to.hostname), (route) => route.abort())
const page = context.pages()[0] ?? (await context.newPage())
page.setDefaultTimeout(180000) // a busy machine without a GPU takes its time over a screenshot
const errors = []
page.on('pageerror', (error) => errors.push(String(error).slice(0, 300)))

const setting = (name, value) => fetch(`${url}/api/settings/${name}`, {
  method: 'POST', body: JSON.stringify(value), headers: { 'Content-Type': 'application/json' },
})

async function open() {
  await setting('Comfy.TutorialCompleted', true)
  await setting('Comfy.VueNodes.Enabled', process.env.RENDERER === 'vue') // the server keeps what others have chosen
  await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 180000 })
  await page.waitForFunction(
    () => window.app?.extensionManager && window.app?.graph && !document.querySelector('#splash-loader'),
    null, { timeout: 180000 })
  await page.evaluate(() => {
    window.images = []
    window.app.api.addEventListener('executed', ({ detail }) => window.images.push(...(detail.output?.images ?? [])))
  })
  await page.waitForTimeout(2500)
}

async function load(file) {
  const data = JSON.parse(fs.readFileSync(file, 'utf8'))
  return page.evaluate(async (data) => {
    const { app } = window
    if (data.nodes) await app.loadGraphData(data)
    else await app.loadApiJson(data, 'workflow')
    const missing = app.graph._nodes
      .filter((node) => !(node.type in window.LiteGraph.registered_node_types))
      .map((node) => node.type)
    const prompt = await app.graphToPrompt()
    return { nodes: app.graph._nodes.length, missing, canvas: app.graph.serialize(), api: prompt.output }
  }, data)
}

/** Press the canvas' own button; what came of it, once it has run or was refused: what stands on which node. */
async function queue(screenshot) {
  const done = page.evaluate(() => new Promise((resolve) => {
    window.images.length = 0
    window.app.api.addEventListener('execution_success', () => resolve('success'))
    window.app.api.addEventListener('execution_error', ({ detail }) => resolve(detail.exception_message))
  }))
  const answer = page.waitForResponse((got) => got.url().endsWith('/prompt') && got.request().method() === 'POST')
  await page.locator('[data-testid="queue-button"], .comfyui-queue-button, button:has-text("Run")').first().click()
  const taken = (await answer).ok()
  const outcome = taken ? await Promise.race([done, page.waitForTimeout(300000).then(() => 'timed out')]) : 'refused'
  await page.waitForTimeout(2000)
  await page.screenshot({ path: screenshot })
  await page.keyboard.press('Escape') // some versions show a refusal in a dialog, too
  return page.evaluate((outcome) => {
    const strokes = (node) => Object.values(node.strokeStyles ?? {}).map((style) => style.call(node)?.color)
    const marked = (node) => Boolean(node.has_errors) || strokes(node).includes('red') // how older versions draw it
    const refused = Object.entries(window.app.lastNodeErrors ?? {}).map(([id, { errors }]) => ({
      id, marked: marked(window.app.graph.getNodeById(id)), lines: errors.map(({ details }) => details),
    }))
    return { outcome, refused, images: window.images }
  }, outcome)
}

await open()
if (command === 'convert') {
  const [folder, ...apis] = files
  for (const file of apis) {
    const { canvas } = await load(file)
    fs.writeFileSync(path.join(folder, path.basename(file)), JSON.stringify(canvas, null, 1) + '\n')
  }
} else if (command === 'check') {
  const [folder, ...workflows] = files
  for (const file of workflows) {
    const { nodes, missing, api, canvas } = await load(file)
    await page.evaluate(() => window.app.extensionManager.command.execute('Comfy.Canvas.FitView'))
    await page.waitForTimeout(1500)
    await page.screenshot({ path: path.join(folder, path.basename(file, '.json') + '.png') })
    const boxes = canvas.nodes.map(({ title, type, pos, size }) => ({ title: title ?? type, pos, size }))
    const groups = canvas.groups.map(({ title, bounding }) => ({ title, bounding }))
    console.log(JSON.stringify({ file, nodes, missing, api, boxes, groups, errors: errors.splice(0) }))
  }
} else if (command === 'queue') {
  const [folder, ...workflows] = files
  for (const file of workflows) {
    const { nodes, missing } = await load(file)
    const seen = await queue(path.join(folder, path.basename(file, '.json') + '_queued.png'))
    console.log(JSON.stringify({ file, nodes, missing, ...seen, errors: errors.splice(0) }))
  }
} else if (command === 'blueprint') {
  await page.evaluate(() => window.app.graph.clear())
  await page.mouse.dblclick(900, 500)
  await page.waitForTimeout(1500)
  await page.keyboard.type(files[0], { delay: 30 })
  await page.waitForTimeout(2500)
  await page.keyboard.press('Enter')
  await page.waitForTimeout(1500)
  await page.mouse.click(700, 450) // some versions let the new node follow the pointer until a click
  await page.waitForTimeout(1500)
  const placed = await page.evaluate(() => {
    const { app, LiteGraph } = window
    const [blueprint] = app.graph._nodes
    const preview = LiteGraph.createNode('PreviewImage')
    app.graph.add(preview)
    preview.pos = [blueprint.pos[0] + blueprint.size[0] + 60, blueprint.pos[1]]
    blueprint.connect(0, preview, 0)
    return {
      titles: app.graph._nodes.map((node) => node.title),
      widgets: blueprint.widgets.map((widget) => widget.name),
    }
  })
  console.log(JSON.stringify({ ...placed, ...(await queue(files[1])), errors }))
} else if (command === 'drop') {
  const [screenshot, ...dropped] = files
  for (const file of dropped) {
    await page.evaluate(() => window.app.graph.clear())
    await page.waitForTimeout(1000) // the elements of nodes drawn with Vue go a little later
    await page.evaluate(({ name, base64 }) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name))
      const [clientX, clientY] = [600, 300]
      for (const type of ['dragenter', 'dragover', 'drop']) {
        document.elementFromPoint(clientX, clientY).dispatchEvent(
          new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true, clientX, clientY }))
      }
    }, { name: path.basename(file), base64: fs.readFileSync(file, 'base64') })
    await page.waitForFunction(() => window.app.graph._nodes.length > 0)
    await page.waitForTimeout(3000)
    await page.screenshot({ path: screenshot })
    const nodes = await page.evaluate(() => window.app.graph._nodes.map((node) => [node.type, node.widgets?.[0]?.value]))
    console.log(JSON.stringify({ file, nodes, errors: errors.splice(0) }))
  }
}
await context.close()
fs.rmSync(profile, { recursive: true, force: true })
