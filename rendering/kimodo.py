"""ComfyUI's KIMODO_POSE_DATA: posed bodies and avatars for core's 3D body nodes, and motions of other rigs as poses.

A dict: `frames`, a list over frames of lists of people, `faces` (F, 3), `image_size` (height, width), and
`_skeleton_override`, the rig: parents, bind pose (translation, quaternion xyzw, scale), up to eight skin weights a
vertex, rest vertices, and which joints are which OpenPose points (rows a, b: their middle; b = -1: a alone).
A person has `pred_vertices` and `pred_cam_t`, whose sum is in camera axes, x right, y down, z away; `focal_length` in
pixels, the optical axis through the picture's middle; `pred_joint_coords` and `pred_global_rots`, the joints' places
and rotations with y up: y and z of the camera axes flipped, from the same origin as the vertices. All numpy, metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import roma
import torch

from ..smpl import JOINT_NAMES, PARENTS, SMPLPose
from .avatar import Avatar
from .body import load_body
from .bvh import MAX_JOINTS, Joint, skeleton_pose
from .camera import Camera
from .motion import MAX_FRAMES
from .openpose import LIMBS
from .retarget import retarget
from .stage import Figure, avatar_figure, check_batch, gray_figure

_INFLUENCES = 8
_HEAD = JOINT_NAMES.index("head")
_WRIST_POINTS = (4, 7)  # right and left, of OpenPose's 18 points
_HAND_PARTS = tuple(JOINT_NAMES.index(f"{side}_{part}") for side in ("left", "right") for part in ("wrist", "hand"))
_FACE_ROWS = (0, 14, 15, 16, 17)
_ROLES = (None, None, *(JOINT_NAMES[joint] for joint in LIMBS), None, None, None, None)  # by OpenPose point


@dataclass(frozen=True)
class Performance:
    """A skinned rig of J joints and V vertices in B poses; at rest all rotations are identity.

    figure: what cameras are aimed at. parents: J. rest: (J, 3). weights: (V, J). rest_vertices: (V, 3).
    hands: (V,) bool, which vertices are of hands. places: (B, J, 3). turns: (B, J, 3, 3).
    points: 18 body points, and 21 of each hand where there are some, as pairs of joints.
    """

    figure: Figure
    parents: tuple[int, ...]
    rest: torch.Tensor
    weights: torch.Tensor
    rest_vertices: torch.Tensor
    hands: torch.Tensor
    places: torch.Tensor
    turns: torch.Tensor
    points: dict[str, list[tuple[int, int]]]


def perform(pose: SMPLPose, avatar: Avatar | None = None) -> Performance:
    """The bundled body, or an avatar, in B poses."""
    check_batch(pose)
    return _with_points(_body_performance(pose) if avatar is None else _avatar_performance(pose, avatar))


def kimodo_data(acted: Performance, cameras: Sequence[Camera], *, together: bool = False) -> dict:
    """KIMODO_POSE_DATA of a performance.

    cameras:  one for all poses, or one a pose. A principal point outside the picture's middle is expressed by shearing
              the figure along the view, which leaves the drawing exact.
    together: the poses are B people in one frame; else one person in B frames.

    Raises ValueError for parallel cameras, and cameras whose number or sizes do not fit.
    """
    count = len(acted.places)
    if len(cameras) not in (1, count) or (together and len(cameras) > 1):
        wanted = "one for all people" if together else "one, or one a pose"
        raise ValueError(f"camera: {len(cameras)} cameras for {count} poses; connect {wanted}")
    sizes = {(camera.height, camera.width) for camera in cameras}
    if len(sizes) > 1 or any(camera.orthographic for camera in cameras):
        raise ValueError("camera: core's body nodes need perspective cameras, all with pictures of one size")
    floor = float(acted.figure.meshes[0].vertices[:, 1].min())
    views = list(cameras) * count if len(cameras) == 1 else list(cameras)
    people = [_person(acted, index, view, floor) for index, view in enumerate(views)]
    sole = float(acted.rest_vertices[:, 1].min())
    rest_vertices, rest = _array(acted.rest_vertices), _array(acted.rest)
    rest_vertices[:, 1] -= sole
    rest[:, 1] -= sole
    faces = acted.figure.meshes[0].faces.cpu().numpy()
    still = np.tile(np.array([0, 0, 0, 1, 1], np.float32), (len(rest), 1))  # quaternion xyzw, scale
    joints, weights, influences = _compact(acted.weights)
    rig = {
        "parents": np.array(acted.parents, np.int32),
        "bind_global_m": np.concatenate([rest, still], 1),
        "lbs_compact_joints": joints,
        "lbs_compact_weights": weights,
        "lbs_compact_max_inf": influences,
        "rest_verts_m": rest_vertices,
        "faces": faces.astype(np.uint32),
        "per_frame_y_down": False,
        **{f"{name}_joint_indices": np.array(pairs, np.int32) for name, pairs in acted.points.items()},
    }
    return {
        "frames": [people] if together else [[person] for person in people],
        "faces": faces.astype(np.int64),
        "image_size": sizes.pop(),
        "canonical_colors": {"positions": rest_vertices},
        "hand_vert_mask": acted.hands.cpu().numpy(),
        "_skeleton_override": rig,
    }


def kimodo_pose(data: object, frame: int = -1, person: int = 0) -> SMPLPose:
    """SMPL poses of one person of KIMODO_POSE_DATA, in one frame or in all frames they are in (-1), float32.

    The rig's OpenPose map tells its limbs; without one they are found by structure. Lengths are scaled so that the legs
    are as long as the bundled body's. Raises ValueError in one line for data without a rig, a rig that is no humanoid,
    wrong shapes, values that are not finite, and frames or people that are not there.
    """
    rig = data.get("_skeleton_override") if isinstance(data, dict) else None
    frames = data.get("frames") if isinstance(data, dict) else None
    if not isinstance(rig, dict) or not isinstance(frames, list):
        raise ValueError("it carries no frames or no rig ('_skeleton_override'): only poses of foreign rigs are read")
    parents = _numbers(rig, "parents", (None,)).astype(int)
    count = len(parents)
    if not 1 <= count <= MAX_JOINTS or not all(-1 <= parent < joint for joint, parent in enumerate(parents)):
        raise ValueError(f"its rig has no joints, more than {MAX_JOINTS}, or joints before their parents")
    if not all(isinstance(found, list) for found in frames):
        raise ValueError("its frames are no lists of people")
    if frame >= len(frames):
        raise ValueError(f"it has {len(frames)} frames, numbered from 0; {frame} is not one of them")
    chosen = [found[person] for found in (frames if frame < 0 else frames[frame : frame + 1]) if person < len(found)]
    if not chosen:
        raise ValueError(
            f"person {person} is in no frame of it" if frame < 0 else f"frame {frame} has no person {person}"
        )
    if len(chosen) > MAX_FRAMES:
        raise ValueError(f"it has {len(chosen)} frames and at most {MAX_FRAMES} are read at once; choose one frame")
    bind = _numbers(rig, "bind_global_m", (count, 8))
    turns = np.stack([_numbers(one, "pred_global_rots", (None, 3, 3))[:count] for one in chosen])
    places = np.stack([_numbers(one, "pred_joint_coords", (None, 3))[:count] for one in chosen])
    shift = np.stack([_numbers(one, "pred_cam_t", (3,)) for one in chosen])
    if turns.shape[1] < count or places.shape[1] < count:
        raise ValueError(f"its people have fewer joints than the rig's {count}")
    flip = np.array([1.0, -1.0, -1.0])  # the camera's axes to y up
    if rig.get("per_frame_y_down", False):
        places = places * flip
    # People walk by their joints' places or by `pred_cam_t`; only the sum is the same for all.
    walked = flip * (shift - shift[:1])
    rest_turn = roma.unitquat_to_rotmat(torch.nn.functional.normalize(torch.from_numpy(bind[:, 3:7]), dim=1)).numpy()
    names = _joint_names(rig, parents)
    joints = [
        Joint(name, int(parent), bind[index, :3] - (bind[parent, :3] if parent >= 0 else 0), ("Xrotation",))
        for index, (name, parent) in enumerate(zip(names, parents))
    ]
    return skeleton_pose(joints, turns @ rest_turn.transpose(0, 2, 1), places + walked[:, None])


def _body_performance(pose: SMPLPose) -> Performance:
    body = load_body()
    frames = body.transforms(pose)
    shaped, rest = body.shaped(body.betas_of(pose)[:1])
    return Performance(
        figure=gray_figure(pose),
        parents=PARENTS,
        rest=rest[0],
        weights=body.weights,
        rest_vertices=shaped[0],
        hands=torch.isin(body.vertex_part, torch.tensor(_HAND_PARTS)),
        places=frames[..., :3, 3],
        turns=frames[..., :3, :3],
        points={"openpose18": _body_points(range(len(JOINT_NAMES)))},
    )


def _avatar_performance(pose: SMPLPose, avatar: Avatar) -> Performance:
    """The avatar on the bones that drive it; what hangs on the body follows its bone, as it does in retargeting."""
    rig, nodes = avatar.rig, list(avatar.rig.nodes)
    matrices = retarget(avatar, pose)
    weights = torch.zeros(len(avatar.positions), len(nodes))
    weights.scatter_add_(1, rig.driver[avatar.slot_nodes][avatar.slots], avatar.weights.float())
    return Performance(
        figure=avatar_figure(avatar, pose, matrices=matrices),
        parents=rig.parents,
        rest=avatar.rest[nodes, :3, 3],
        weights=weights,
        rest_vertices=avatar.rest_vertices,
        hands=torch.isin(avatar.vertex_part, torch.tensor(_HAND_PARTS)),
        places=matrices[:, nodes, :3, 3],
        turns=(matrices[:, nodes] @ torch.linalg.inv(avatar.rest[nodes]))[..., :3, :3],
        points={"openpose18": _body_points([int(rig.driver[node]) for node in avatar.joint_nodes])},
    )


def _body_points(bones: Sequence[int]) -> list[tuple[int, int]]:
    """The first 14 of OpenPose's 18 points, by the bones of SMPL's 24 joints; the neck is between the shoulders."""
    limbs = [(bones[joint], -1) for joint in LIMBS]
    return [(bones[_HEAD], -1), (limbs[0][0], limbs[3][0]), *limbs]


def _with_points(acted: Performance) -> Performance:
    """The rig with a joint for every face and finger point, so that core draws them where they are."""
    head = acted.points["openpose18"][0][0]
    wrists = [acted.points["openpose18"][point][0] for point in _WRIST_POINTS]
    parents, carriers, tracks = list(acted.parents), [], []
    points = dict(acted.points)
    face = [len(parents) + k for k in range(5)]
    parents += [head] * 5
    carriers += [head] * 5
    tracks.append(torch.stack([one.head for one in acted.figure.keypoints]))
    points["openpose18"] = [(face[0], -1), *points["openpose18"][1:], *((joint, -1) for joint in face[1:])]
    for side, key, wrist in (("right", "r", wrists[0]), ("left", "l", wrists[1])):
        hands = [getattr(one, f"{side}_hand") for one in acted.figure.keypoints]
        if any(hand is None for hand in hands):
            continue
        first = len(parents)
        parents += [wrist if k % 4 == 0 else first + k - 1 for k in range(20)]
        carriers += [wrist] * 20
        tracks.append(torch.stack([hand[1:] for hand in hands]))
        points[f"openpose_hand21_{key}"] = [(wrist, -1), *((first + k, -1) for k in range(20))]
    new = torch.cat(tracks, 1).to(acted.places)
    turns = acted.turns[:, carriers]
    local = (turns[0].transpose(1, 2) @ (new[0] - acted.places[0, carriers])[..., None])[..., 0]
    return replace(
        acted,
        parents=tuple(parents),
        rest=torch.cat([acted.rest, acted.rest[carriers] + local]),
        weights=torch.cat([acted.weights, acted.weights.new_zeros(len(acted.weights), len(carriers))], 1),
        places=torch.cat([acted.places, new], 1),
        turns=torch.cat([acted.turns, turns], 1),
        points=points,
    )


def _person(acted: Performance, index: int, camera: Camera, floor: float) -> dict:
    """One person in one frame, from the point of the floor below their first joint."""
    flip = torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)
    shear = [(camera.center[k] - (camera.width, camera.height)[k] / 2) / camera.focal_px for k in (0, 1)]

    def seen(points: torch.Tensor) -> torch.Tensor:
        placed = camera.to_camera(points.double()) * flip
        placed[..., :2] += placed[..., 2:] * placed.new_tensor(shear)
        return placed

    origin = acted.places[index, 0].double().clone()
    origin[1] = floor
    origin = seen(origin)
    vertices = seen(acted.figure.meshes[index].vertices)
    pixels = vertices[:, :2] / vertices[:, 2:].clamp(min=camera.near) * camera.focal_px
    pixels = pixels + torch.tensor([camera.width / 2, camera.height / 2], dtype=torch.float64)
    return {
        "pred_vertices": _array(vertices - origin),
        "pred_cam_t": _array(origin),
        "focal_length": np.array(camera.focal_px, np.float32),
        "pred_joint_coords": _array((seen(acted.places[index]) - origin) * flip),
        "pred_global_rots": _array(camera.rotation @ acted.turns[index].double()),
        "bbox": _array(torch.cat([pixels.amin(0), pixels.amax(0)])),
    }


def _compact(weights: torch.Tensor) -> tuple[np.ndarray, np.ndarray, int]:
    """The eight strongest joints of every vertex, (V, 8) uint16 and float32, and how many are used at most."""
    top = weights.float().cpu().topk(min(_INFLUENCES, weights.shape[1]), dim=1)
    values = top.values / top.values.sum(1, keepdim=True).clamp(min=1e-12)
    pad = (0, _INFLUENCES - values.shape[1])
    values, joints = torch.nn.functional.pad(values, pad), torch.nn.functional.pad(top.indices, pad)
    joints = torch.where(values > 0, joints, torch.zeros_like(joints))
    return joints.numpy().astype(np.uint16), values.numpy(), int((values > 0).sum(1).max())


def _joint_names(rig: dict, parents: np.ndarray) -> list[str]:
    """SMPL's names where the OpenPose map tells them, numbers elsewhere."""
    names = [f"x{index}" for index in range(len(parents))]
    if rig.get("openpose18_joint_indices") is None:
        return names
    rows = _numbers(rig, "openpose18_joint_indices", (18, 2)).astype(int)
    if rows.min() < -1 or rows.max() >= len(parents) or rows[:, 0].min() < 0:
        raise ValueError("its 'openpose18_joint_indices' name joints that the rig does not have")
    above = [_ancestors(parents, index) for index in range(len(parents))]
    face = [joint for row in rows[list(_FACE_ROWS)] for joint in row if joint >= 0]
    shared = [joint for joint in above[face[0]] if all(joint in above[other] for other in face)]
    if shared:
        names[shared[0]] = "head"
    for role, (joint, second) in zip(_ROLES, rows):
        if role is not None and second < 0:
            names[joint] = role
    shoulders = [names.index(f"{side}_shoulder") for side in ("left", "right") if f"{side}_shoulder" in names]
    for shoulder in shoulders if len(shoulders) == 2 else ():
        parent = int(parents[shoulder])
        if parent >= 0 and not all(parent in above[other] for other in shoulders):
            names[parent] = names[shoulder].replace("shoulder", "collar")
    for side in ("left", "right"):
        ankle = names.index(f"{side}_ankle") if f"{side}_ankle" in names else -2
        toes = [index for index, parent in enumerate(parents) if parent == ankle]
        if len(toes) == 1:
            names[toes[0]] = f"{side}_foot"
    return names


def _ancestors(parents: np.ndarray, joint: int) -> list[int]:
    """A joint and those above it, nearest first."""
    found = []
    while joint >= 0:
        found.append(joint)
        joint = int(parents[joint])
    return found


def _numbers(table: object, key: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """A float64 array of a dict; None in `shape` is any length."""
    value = table.get(key) if isinstance(table, dict) else None
    if value is None:
        raise ValueError(f"its '{key}' is missing")
    try:
        array = np.asarray(value.detach().cpu() if isinstance(value, torch.Tensor) else value, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"its '{key}' is no array of numbers") from None
    if array.ndim != len(shape) or any(want not in (None, have) for want, have in zip(shape, array.shape)):
        wanted = ", ".join("n" if want is None else str(want) for want in shape)
        raise ValueError(f"its '{key}' has shape {array.shape}, expected ({wanted})")
    if not (np.abs(array) < 1e6).all():
        raise ValueError(f"its '{key}' holds values that are not finite")
    return array


def _array(values: torch.Tensor) -> np.ndarray:
    return values.detach().cpu().numpy().astype(np.float32)
