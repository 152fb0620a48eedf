// What the pose editor computes, for a test to compare with Python: reads {"cases", "camera", "document"} as JSON and
// the body's path from the command line, prints JSON.   node pose_math.mjs BODY INPUT.json
import fs from 'node:fs'
import { forwardKinematics, readBody, skin } from '../../web/pose_editor/body.mjs'
import { fitCamera, project } from '../../web/pose_editor/camera.mjs'
import { formatEdit, History, mirrorEdit, parseEdit, resolvePose, toMatrices } from '../../web/pose_editor/edit.mjs'
import { clampRotation, fromRotvec, swingTwist, toRotvec } from '../../web/pose_editor/rotations.mjs'

const [bodyFile, inputFile] = process.argv.slice(2)
const content = fs.readFileSync(bodyFile)
const body = readBody(content.buffer.slice(content.byteOffset, content.byteOffset + content.length))
const input = JSON.parse(fs.readFileSync(inputFile, 'utf8'))

const attempt = (text) => {
  try {
    return formatEdit(parseEdit(text, body.names))
  } catch (error) {
    return { error: error.message }
  }
}
const pose = input.pose
const frames = forwardKinematics(body, toMatrices(pose))
const vertices = skin(body, frames, new Float32Array(body.vertices.length))
const camera = fitCamera(vertices, input.camera)
const start = parseEdit(input.start, body.names)
const edit = parseEdit(input.edit, body.names)
const history = new History('a')
for (const text of ['b', 'c', 'c']) history.push(text)

console.log(JSON.stringify({
  vertices: [...vertices],
  joints: frames.map((frame) => frame.place),
  pixels: frames.map((frame) => project(camera, frame.place)),
  swingTwist: pose.slice(1).map((rotvec, i) => swingTwist(fromRotvec(rotvec), body.limits[i].axis)),
  clamped: pose.slice(1).map((rotvec, i) => clampRotation(fromRotvec(rotvec), body.limits[i])),
  roundTrip: input.rotvecs.map((rotvec) => toRotvec(fromRotvec(rotvec))),
  mirrored: resolvePose(mirrorEdit(edit, start, body.names), start, body.names),
  twice: resolvePose(mirrorEdit(mirrorEdit(edit, start, body.names), start, body.names), start, body.names),
  alone: mirrorEdit(edit, null, body.names),
  parsed: input.texts.map(attempt),
  history: [history.step(-1), history.step(-1), history.step(-1), history.step(1), history.texts.length],
}))
