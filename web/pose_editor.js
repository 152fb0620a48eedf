// The 3D view on the Pose Editor node. What it needs is loaded when the first such node is made, not at ComfyUI's start.
import { app } from '../../scripts/app.js'

const HEIGHT = 430

/** Call `after` whenever the node's own `name` has run. */
function chain(node, name, after) {
  const before = node[name]
  node[name] = function (...values) {
    const result = before?.apply(this, values)
    after(...values)
    return result
  }
}

function attach(node) {
  const edit = node.widgets?.find((widget) => widget.name === 'edit')
  if (!edit) return
  // The text stays the widget that is saved and sent; people see the view instead.
  edit.hidden = true
  edit.options ??= {}
  edit.options.hidden = true // for Vue nodes, which hold on to this object
  edit.computeSize = () => [0, -4]

  const element = document.createElement('div')
  element.className = 'pas-pose-editor'
  const widget = node.addDOMWidget('view', 'PAS_POSE_VIEW', element, {
    serialize: false,
    hideOnZoom: false,
    getValue: () => '',
    setValue: () => {},
    getMinHeight: () => HEIGHT,
  })
  widget.serialize = false
  if (node.size[0] < 420) node.setSize([420, Math.max(node.size[1], HEIGHT + 90)])

  const editor = import('./pose_editor/editor.mjs')
    .then(({ PoseEditor }) => PoseEditor.create(element, node, edit))
    .then((ready) => (node.poseEditor = ready)) // for scripts on the page
    .catch((error) => {
      element.textContent = `The 3D view cannot start (${error.message}). The saved pose still runs.`
      return null
    })
  const tell = (call) => editor.then((ready) => ready && call(ready))
  chain(node, 'onConfigure', () => tell((ready) => ready.reload()))
  chain(node, 'onExecuted', (output) => tell((ready) => ready.setStart(output?.pas_start?.[0] ?? null)))
  chain(node, 'onConnectionsChange', () => tell((ready) => ready.connectionsChanged()))
  chain(node, 'onRemoved', () => tell((ready) => ready.dispose()))
}

app.registerExtension({
  name: 'avatar-scene.PoseEditor',
  nodeCreated(node) {
    if (node.comfyClass === 'PASPoseEditor') attach(node)
  },
})
