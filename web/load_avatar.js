// Load Avatar on the canvas: upload by button, or by drop on the node or the empty canvas; thumbnail, rig report.
// Nothing here is needed to run.
import { api } from '../../scripts/api.js'
import { app } from '../../scripts/app.js'

const READ = ['.vrm', '.glb', '.gltf']
const HEIGHT = 250 // of the panel below the widgets
const ABOVE = 170 // outputs, widgets and button over it
const TEXTS = {
  en: {
    upload: 'choose avatar to upload', reading: 'reading the avatar …', report: 'rig report',
    kind: 'is no .vrm, .glb or .gltf file', large: 'is larger than ComfyUI accepts (start it with --max-upload-size)',
    fbx: 'FBX is not read; open the file in Blender (File > Import > FBX) and export glTF 2.0 (.glb)',
    failed: 'could not be uploaded',
  },
  zh: {
    upload: '选择要上传的虚拟形象', reading: '正在读取虚拟形象……', report: '骨骼报告',
    kind: '不是 .vrm、.glb 或 .gltf 文件', large: '超过 ComfyUI 允许的大小（启动时用 --max-upload-size）',
    fbx: '不支持 FBX；请在 Blender 中打开（文件 > 导入 > FBX）并导出 glTF 2.0（.glb）', failed: '无法上传',
  },
  ja: {
    upload: 'アバターを選んでアップロード', reading: 'アバターを読み込み中…', report: 'リグのレポート',
    kind: 'は .vrm、.glb、.gltf ファイルではありません', large: 'は ComfyUI の上限を超えています（--max-upload-size で起動）',
    fbx: 'FBX は読めません。Blender で開き（ファイル > インポート > FBX）、glTF 2.0（.glb）で書き出してください',
    failed: 'をアップロードできませんでした',
  },
  fr: {
    upload: "choisir l'avatar à envoyer", reading: "lecture de l'avatar…", report: 'rapport du squelette',
    kind: "n'est pas un fichier .vrm, .glb ou .gltf", large: 'dépasse la taille acceptée par ComfyUI (--max-upload-size)',
    fbx: "FBX n'est pas lu ; ouvrez-le dans Blender (Fichier > Importer > FBX) et exportez en glTF 2.0 (.glb)",
    failed: "n'a pas pu être envoyé",
  },
  es: {
    upload: 'elegir avatar para subir', reading: 'leyendo el avatar…', report: 'informe del esqueleto',
    kind: 'no es un archivo .vrm, .glb o .gltf', large: 'supera el tamaño que acepta ComfyUI (--max-upload-size)',
    fbx: 'FBX no se lee; ábralo en Blender (Archivo > Importar > FBX) y exporte glTF 2.0 (.glb)',
    failed: 'no se pudo subir',
  },
}

function text(key) {
  const locale = app.extensionManager?.setting?.get?.('Comfy.Locale') ?? 'en'
  return (TEXTS[locale.slice(0, 2)] ?? TEXTS.en)[key]
}

const suffixOf = (name) => (name.match(/\.[^./\\]*$/)?.[0] ?? '').toLowerCase()

function complain(message) {
  const toast = app.extensionManager?.toast
  if (toast) toast.add({ severity: 'warn', summary: 'Load Avatar', detail: message, life: 8000 })
  else alert(message)
}

/** Put a file into ComfyUI's input folder; returns its name for the `avatar` widget, or null after saying why not. */
async function upload(file) {
  const suffix = suffixOf(file.name)
  if (!READ.includes(suffix)) {
    complain(suffix === '.fbx' ? `${file.name}: ${text('fbx')}` : `${file.name} ${text('kind')}`)
    return null
  }
  const body = new FormData()
  body.append('image', file) // the route's name for any file
  const answer = await api.fetchApi('/upload/image', { method: 'POST', body }).catch(() => null)
  if (!answer?.ok) {
    complain(`${file.name} ${text(answer?.status === 413 ? 'large' : 'failed')}`)
    return null
  }
  const { name, subfolder } = await answer.json()
  return `input/${subfolder ? `${subfolder}/` : ''}${name}`
}

/** The element below the widgets: thumbnail, or what is wrong, and the report folded away. */
function panel() {
  const root = document.createElement('div')
  root.className = 'pas-load-avatar'
  root.style.cssText = 'display:flex;flex-direction:column;gap:4px;overflow:hidden;font:12px sans-serif;'
    + `box-sizing:border-box;height:100%;min-height:${HEIGHT - 20}px`
  const picture = document.createElement('img')
  picture.alt = ''
  picture.draggable = false
  // It takes what room there is, and never makes the node taller: `flex:1` would start from the picture's own height.
  picture.style.cssText = 'flex:1 1 0px;min-height:0;max-height:360px;object-fit:contain;pointer-events:none'
  const line = document.createElement('div')
  line.style.cssText = 'overflow-wrap:anywhere;opacity:.8'
  const details = document.createElement('details')
  details.style.cssText = 'flex:none;max-height:70%;overflow:auto'
  const summary = document.createElement('summary')
  summary.textContent = text('report')
  const report = document.createElement('pre')
  report.style.cssText = 'margin:0;font-size:10px;user-select:text'
  details.append(summary, report)
  root.append(picture, line, details)
  const show = (thumbnail, message, lines) => {
    picture.style.display = thumbnail ? '' : 'none'
    if (thumbnail) picture.src = thumbnail
    line.textContent = message
    details.style.display = lines ? '' : 'none'
    report.textContent = lines
  }
  return { root, show }
}

function attach(node) {
  const avatar = node.widgets?.find((widget) => widget.name === 'avatar')
  if (!avatar) return
  const override = node.widgets.find((widget) => widget.name === 'bone_override')

  const choose = (name) => {
    const names = avatar.options.values
    if (Array.isArray(names) && !names.includes(name)) avatar.options.values = [...names, name]
    avatar.value = name
    avatar.callback?.(name)
    node.graph?.setDirtyCanvas(true, true)
  }
  node.takeAvatar = choose
  const take = async (files) => {
    const file = files.find((one) => READ.includes(suffixOf(one.name))) ?? files[0]
    const name = file && (await upload(file))
    if (name) choose(name)
  }

  const button = node.addWidget('button', 'upload_avatar', null, () => {
    const input = document.createElement('input')
    input.type = 'file'
    input.accept = [...READ, '.fbx'].join(',') // FBX, so that people are told what to do with it
    input.onchange = () => take([...input.files])
    input.click()
  }, { serialize: false })
  button.label = text('upload')
  button.serialize = false

  const { root, show } = panel()
  const view = node.addDOMWidget('avatar_preview', 'PAS_AVATAR_PREVIEW', root, {
    serialize: false,
    hideOnZoom: true,
    getValue: () => '',
    setValue: () => {},
    getMinHeight: () => HEIGHT,
  })
  view.serialize = false
  node.setSize([Math.max(node.size[0], 260), Math.max(node.size[1], HEIGHT + ABOVE)])

  // Files are dropped on the node, in either renderer.
  node.onDragOver = (event) => [...(event.dataTransfer?.items ?? [])].some((item) => item.kind === 'file')
  node.onDragDrop = (event) => {
    const files = [...(event.dataTransfer?.files ?? [])]
    if (files.length) take(files)
    return files.length > 0
  }

  let latest = 0
  let shown = null
  const refresh = async () => {
    const wanted = JSON.stringify({ avatar: String(avatar.value ?? ''), bone_override: String(override?.value ?? '') })
    if (wanted === shown) return
    shown = wanted
    const turn = ++latest
    show('', text('reading'), '')
    const headers = { 'Content-Type': 'application/json' }
    try {
      const answer = await api.fetchApi('/avatar-scene/avatar', { method: 'POST', headers, body: wanted })
      const said = await answer.json()
      if (turn === latest) show(said.thumbnail ?? '', said.error ?? '', said.report ?? '')
    } catch (error) {
      if (turn === latest) show('', String(error?.message ?? error), '')
      shown = null // the server may be back next time
    }
  }
  for (const widget of [avatar, override]) {
    if (!widget) continue
    const before = widget.callback
    widget.callback = function (...values) {
      const result = before?.apply(this, values)
      refresh()
      return result
    }
  }
  const configured = node.onConfigure
  node.onConfigure = function (...values) {
    const result = configured?.apply(this, values)
    refresh()
    return result
  }
  setTimeout(refresh) // after a loaded workflow has set the widgets
}

/** Whether a .glb file carries a workflow, as files saved by ComfyUI do: then it is opened, not posed. */
async function holdsWorkflow(file) {
  try {
    const length = new DataView(await file.slice(0, 20).arrayBuffer()).getUint32(12, true)
    const { asset } = JSON.parse(await file.slice(20, 20 + length).text())
    return Boolean(asset?.extras?.workflow ?? asset?.extras?.prompt)
  } catch {
    return false // no glTF, or damaged: the node will say so
  }
}

/** An avatar dropped on the empty canvas gets a node of its own, as a picture gets ComfyUI's Load Image. */
async function dropOnCanvas(event) {
  const file = event.dataTransfer?.files?.[0]
  const { canvas } = app
  if (!file || !['.vrm', '.glb'].includes(suffixOf(file.name)) || event.target !== canvas?.canvas) return
  const [x, y] = canvas.convertEventToCanvasOffset(event)
  if (canvas.graph.getNodeOnPos(x, y)) return
  event.preventDefault()
  event.stopImmediatePropagation()
  if (await holdsWorkflow(file)) {
    await app.handleFile(file)
    return
  }
  const name = await upload(file)
  if (!name) return
  const node = window.LiteGraph.createNode('PASLoadAvatar')
  node.pos = [x, y]
  canvas.graph.add(node)
  node.takeAvatar(name)
}

app.registerExtension({
  name: 'avatar-scene.LoadAvatar',
  setup() {
    window.addEventListener('drop', dropOnCanvas, true) // before the canvas looks for a workflow in the file
  },
  nodeCreated(node) {
    if (node.comfyClass === 'PASLoadAvatar') attach(node)
  },
})
