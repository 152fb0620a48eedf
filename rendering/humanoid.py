"""Which bone of an avatar is which SMPL joint: from the VRM extension, else from names, else from structure.

One name reader serves all conventions (Mixamo, Ready Player Me, Rigify and Blender, Unreal, 3ds Max Biped, CMU,
KayKit, Quaternius, ...): it splits a name into words, takes the side out, and looks the rest up. Where a word means
different bones in different rigs ("shoulder", "leg", "hand"), the other bones of the same rig decide. The spine and
the neck are read off the hierarchy: they are the bones between the pelvis, the arms and the head.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..smpl import JOINT_NAMES, PARENTS
from .gltf import Gltf, NodeGraph
from .humanoid_structure import bones_by_structure

FINGERS = ("index", "middle", "pinky", "ring", "thumb")  # MANO order
FINGER_ROLES = tuple(f"{side}_{finger}{k}" for side in ("left", "right") for finger in FINGERS for k in (1, 2, 3))
REQUIRED = (
    "pelvis", "spine", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist",
    "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
# A limb may end early: its last bone then carries the hand or the foot.
REPLACEABLE = ("left_wrist", "right_wrist", "left_ankle", "right_ankle")

_VRM = {
    "hips": "pelvis", "head": "head", "Shoulder": "collar", "UpperArm": "shoulder", "LowerArm": "elbow",
    "Hand": "wrist", "UpperLeg": "hip", "LowerLeg": "knee", "Foot": "ankle", "Toes": "foot",
}  # fmt: skip
_VRM_SPINE = ("spine", "chest", "upperChest")
_NOISE = {
    "mixamorig", "bip", "def", "org", "armature", "skeleton", "bone", "joint", "jnt", "j", "c", "cc", "base", "valve",
    "biped", "character", "rig", "sk", "human", "genesis", "avatar", "f", "metarig", "arm1",
}  # fmt: skip
# Bones that move others or decorate, never a joint of the body themselves.
_NEVER = {
    "twist", "roll", "ik", "fk", "target", "pole", "ctrl", "control", "end", "nub", "tip", "slot", "socket", "helper",
    "adj", "sec", "metacarpal", "mch", "share", "top", "bend", "handslot", "attach", "weapon", "collider", "hair",
}  # fmt: skip
_NAMES = {
    "pelvis": ("hips", "pelvis", "hip"),
    "head": ("head",),
    "neck": ("neck", "lowerneck", "upperneck"),
    "spine": ("spine", "chest", "upperchest", "torso", "abdomen", "thorax", "lowerback", "upperback", "waist", "ribs"),
    "left_collar": ("clavicle", "collar", "collarbone", "shoulder"),
    "left_shoulder": ("upperarm", "uparm", "humerus", "arm", "shoulder"),
    "left_elbow": ("lowerarm", "forearm", "radius", "elbow", "loarm", "lowarm"),
    "left_wrist": ("wrist", "hand", "palm"),
    "left_hip": ("upleg", "thigh", "upperleg", "femur", "leg", "hip"),
    "left_knee": ("lowerleg", "shin", "calf", "tibia", "knee", "lowleg", "leg"),
    "left_ankle": ("ankle", "foot"),
    "left_foot": ("toebase", "toes", "toe", "ball", "foot"),
}
_AT_THE_HIPS = 0.4  # how much nearer to the hips than the bone that the legs hang on a pelvis must be
_ENDS = ("left_wrist", "left_ankle", "left_foot")
_GLUED = ("clavicle", "humerus", "radius", "wrist", "hand", "thumb", "fingers", "femur", "tibia", "foot", "toes")  # CMU
_FINGER_WORDS = {"thumb": "thumb", "index": "index", "point": "index", "middle": "middle", "mid": "middle"}
_FINGER_WORDS |= {"ring": "ring", "pinky": "pinky", "little": "pinky"}
_BIPED_FINGERS = ("thumb", "index", "middle", "ring", "pinky")  # "Finger0".."Finger4"


@dataclass(frozen=True)
class HumanoidMap:
    """The bones of a rig by role.

    convention:  how they were found, for the report ("VRM 1.0", "bone names", "structure").
    bones:       role -> node; roles are SMPL joint names (spine and neck excepted) and "left_index1" etc.
    spine:       nodes from above the pelvis to the chest, at least one.
    neck:        nodes between chest and head, possibly none.
    confidence:  role -> 0..1; "spine" and "neck" stand for their chains.
    """

    convention: str
    bones: dict[str, int]
    spine: tuple[int, ...]
    neck: tuple[int, ...] = ()
    confidence: dict[str, float] = field(default_factory=dict)

    def node_of(self, joint: str) -> int | None:
        """The node that carries an SMPL joint, or None where the rig has no such bone."""
        if joint.startswith("spine"):
            return self.spine[max(int(joint[-1]) * len(self.spine) // 3, 1) - 1] if self.spine else None
        if joint == "neck":
            return self.neck[-1] if self.neck else None
        return self.bones.get(joint)


def map_humanoid(
    gltf: Gltf, graph: NodeGraph, skin_joints: set[int], override: Mapping[str, str] | None = None
) -> HumanoidMap:
    """The humanoid map of a file; `override` names bones for single joints (joint name -> bone name).

    Raises ValueError naming the joints that were not found, or what is wrong with the override.
    """
    found = vrm_humanoid(gltf, graph) or _from_names(graph, skin_joints)
    if _lacking(found):
        found = _from_structure(graph, skin_joints) or found
    if override:
        found = _overridden(found, graph, override)
    missing = missing_roles(found)
    if _lacking(found):
        raise ValueError(_refusal(graph, skin_joints, missing))
    return found


def missing_roles(found: HumanoidMap) -> list[str]:
    """Which of the required roles a map lacks."""
    return [role for role in REQUIRED if not (found.spine if role == "spine" else role in found.bones)]


def _lacking(found: HumanoidMap) -> bool:
    return any(role not in REPLACEABLE for role in missing_roles(found))


def _from_structure(graph: NodeGraph, skin_joints: set[int]) -> HumanoidMap | None:
    names = [read_name(name) for name in graph.names]
    flesh = {node for node in skin_joints if not names[node].never}
    bones = bones_by_structure(graph, flesh, [name.side for name in names])
    if bones is None:
        return None
    bones.pop("pelvis")  # found with the torso
    found = with_torso(graph, "structure", bones, skin_joints, None, _fingers(graph, names, bones))
    return replace(found, confidence=dict.fromkeys(found.confidence, 0.6))


def _overridden(found: HumanoidMap, graph: NodeGraph, override: Mapping[str, str]) -> HumanoidMap:
    bones, confidence, neck = dict(found.bones), dict(found.confidence), found.neck
    spine = {f"spine{k}": found.node_of(f"spine{k}") for k in (1, 2, 3)}
    for joint, name in sorted(override.items()):
        if joint not in JOINT_NAMES[:22] and joint not in FINGER_ROLES:
            raise ValueError(f"bone override: {joint!r} is no SMPL joint ({', '.join(JOINT_NAMES[:22])})")
        if name not in graph.names:
            close = difflib.get_close_matches(str(name), graph.names, n=3)
            raise ValueError(
                f"bone override: there is no bone {str(name)[:60]!r}"
                + (f"; close: {', '.join(close)}" if close else "")
            )
        node = graph.names.index(name)
        if joint in spine:
            spine[joint] = node
        elif joint == "neck":
            neck = (node,)
        else:
            bones[joint] = node
        confidence["spine" if joint in spine else joint] = 1.0
    chain = found.spine
    if any(joint in spine for joint in override):
        chain = tuple(dict.fromkeys(node for node in spine.values() if node is not None))
    changed = HumanoidMap(f"{found.convention}, {len(override)} given by hand", bones, chain, neck, confidence)
    _check_one_bone_each(changed, graph)
    return changed


def _check_one_bone_each(found: HumanoidMap, graph: NodeGraph) -> None:
    """Raise ValueError if a joint that a rig must have shares its bone with another; ends of limbs may."""
    owner: dict[int, str] = {}
    chains = [("spine", node) for node in found.spine] + [("neck", node) for node in found.neck]
    limbs = [(role, found.bones[role]) for role in REQUIRED if role in found.bones and role not in REPLACEABLE]
    for role, node in [*limbs, *chains]:
        if owner.setdefault(node, role) != role:
            raise ValueError(
                f"bone override: {graph.names[node]!r} is both {owner[node]} and {role}; each needs a bone of its own"
            )


def ancestors(graph: NodeGraph, node: int) -> list[int]:
    """A node, its parent, its parent's parent, ... up to the root."""
    path = [node]
    while graph.parents[path[-1]] >= 0:
        path.append(graph.parents[path[-1]])
    return path


def _refusal(graph: NodeGraph, skin_joints: set[int], missing: list[str]) -> str:
    if not skin_joints:
        return "it has no skin and no humanoid bones; a humanoid rig needs 15 (export it with its skeleton)"
    lacks = "elbows" if "left_elbow" in missing else missing[0].replace("_", " ")
    shown = ", ".join(missing)
    return f"its skin has {len(skin_joints)} joints and no {lacks}; a humanoid rig needs 15 (missing: {shown})"


def vrm_humanoid(gltf: Gltf, graph: NodeGraph) -> HumanoidMap | None:
    """The map of a VRM 0.x or 1.0 file or a VRM Animation, None for other files. It may lack required roles."""
    extensions = gltf.json.get("extensions", {})
    name = next((name for name in ("VRMC_vrm", "VRMC_vrm_animation") if name in extensions), None)
    if name:
        table = extensions[name]["humanoid"]["humanBones"]
        nodes = {bone: entry["node"] for bone, entry in table.items()}
        convention = {"VRMC_vrm": "VRM 1.0"}.get(name, "VRM Animation")
    elif "VRM" in extensions:
        nodes = {entry["bone"]: entry["node"] for entry in extensions["VRM"]["humanoid"]["humanBones"]}
        convention = "VRM 0.x"
    else:
        return None
    nodes = {name: node for name, node in nodes.items() if isinstance(node, int) and 0 <= node < len(graph.names)}
    bones: dict[str, int] = {}
    for name, role in _VRM.items():
        for prefix, side in (("left", "left_"), ("right", "right_")) if name[0].isupper() else (("", ""),):
            if prefix + name in nodes:
                bones[side + role] = nodes[prefix + name]
    for side in ("left", "right"):
        for finger in FINGERS:
            stem = side + {"pinky": "Little"}.get(finger, finger.capitalize())
            order = ("Metacarpal", "Proximal", "Intermediate", "Distal")
            chain = [nodes[stem + part] for part in order if stem + part in nodes]
            bones.update({f"{side}_{finger}{k + 1}": node for k, node in enumerate(chain[:3])})
    spine = tuple(nodes[name] for name in _VRM_SPINE if name in nodes)
    neck = (nodes["neck"],) if "neck" in nodes else ()
    confidence = dict.fromkeys([*bones, "spine", "neck"], 1.0)
    return HumanoidMap(convention, bones, spine, neck, confidence)


@dataclass(frozen=True)
class BoneName:
    """A bone's name taken apart: side ("left", "right", ""), words without digits glued together, last number (also as
    written), and whether it can be no joint of the body."""

    side: str
    stem: str
    number: int | None
    digits: str
    never: bool


def read_name(name: str) -> BoneName:
    """Take a bone's name apart: "mixamorig:LeftForeArm" -> left, "forearm"; "DEF-thigh.R.001" -> right, "thigh", 1."""
    name = re.split(r"[:|]", name)[-1]
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]
    side, rest, digits = "", [], ""
    for word in words:
        if word in ("l", "left"):
            side = "left"
        elif word in ("r", "right"):
            side = "right"
        elif word.isdigit():
            digits = word if rest else ""
        elif word not in _NOISE:
            rest.append(word)
    if not side and len(rest) == 1:
        rest, side = _unglued(rest[0])
    return BoneName(side, "".join(rest), int(digits) if digits else None, digits, bool(_NEVER.intersection(rest)))


def _unglued(word: str) -> tuple[list[str], str]:
    """ "lfemur" -> "femur", left; "leftarm" -> "arm", left."""
    for prefix, side in (("left", "left"), ("right", "right"), ("l", "left"), ("r", "right")):
        tail = word[len(prefix) :]
        known = _GLUED if len(prefix) == 1 else {stem for stems in _NAMES.values() for stem in stems}
        if word.startswith(prefix) and tail in known:
            return [tail], side
    return [word], ""


def _from_names(graph: NodeGraph, skin_joints: set[int]) -> HumanoidMap:
    """The best map that names alone give; it may lack required roles."""
    by_stem: dict[tuple[str, str], list[int]] = {}
    names = [read_name(name) for name in graph.names]
    for node, name in enumerate(names):
        if not name.never and name.stem and not graph.carries_skin[node]:
            by_stem.setdefault((name.side, name.stem), []).append(node)
    depth = {node: len(ancestors(graph, node)) for node in range(len(names))}

    def best(side: str, stem: str, among: set[int]) -> int | None:
        """The bone that moves skin, lies nearest to the root and has the lowest number."""
        rank = lambda node: (node not in skin_joints, depth[node], names[node].number or 0)  # noqa: E731
        return min((node for node in by_stem.get((side, stem), []) if node in among), key=rank, default=None)

    bones: dict[str, int] = {}
    moving = _moving(graph, skin_joints)
    # Bones that move nothing are controls beside the skeleton, or the ends of its limbs.
    for among, roles in ((moving, _NAMES), (set(range(len(names))), _ENDS if moving else _NAMES)):
        for role, side in itertools.product(roles, ("left", "right")):
            own = role.replace("left", side, 1)
            side = side if role.startswith("left_") else ""
            for stem in _NAMES[role] if own not in bones else ():
                node = best(side, stem, among)
                if node is not None and node not in bones.values() and not _means_another(role, stem, side, by_stem):
                    bones[own] = node
                    break
    bones.pop("spine", None)
    neck = bones.pop("neck", None)
    if "head" not in bones and (head := _end_of_spine(graph, names, bones)) is not None:
        bones["head"] = head
    return with_torso(graph, "bone names", bones, skin_joints, neck, _fingers(graph, names, bones))


def _moving(graph: NodeGraph, skin_joints: set[int]) -> set[int]:
    """Nodes that move skin or a rigid part, themselves or through what hangs on them."""
    rigid = (node for node, mesh in enumerate(graph.carries_mesh) if mesh and not graph.carries_skin[node])
    return {above for node in (*skin_joints, *rigid) for above in ancestors(graph, node)}


def _end_of_spine(graph: NodeGraph, names: list[BoneName], bones: dict[str, int]) -> int | None:
    """The head of rigs that number it as the spine's last bone (Rigify): the last "spine" or "neck" above the arms."""
    arms = [ancestors(graph, bones[role]) for role in ("left_shoulder", "right_shoulder") if role in bones]
    chest = next((node for node in arms[0] if node in arms[1]), None) if len(arms) == 2 else None
    above = []
    for node in graph.order:
        if not names[node].side and not names[node].never and names[node].stem in ("spine", "neck"):
            path = ancestors(graph, node)
            if chest in path[1:]:
                above.append((len(path), node))
    return max(above)[1] if above else None


def _means_another(role: str, stem: str, side: str, by_stem: dict) -> bool:
    """Whether an ambiguous word means another bone in this rig."""
    has = lambda *stems: any((side, other) in by_stem for other in stems)  # noqa: E731
    thighs, knees = has("upleg", "thigh", "upperleg", "femur"), has("knee", "shin", "calf", "lowerleg", "tibia")
    upper_arms, collars = has("upperarm", "uparm", "humerus", "arm"), has("clavicle", "collar", "collarbone")
    return {
        ("left_collar", "shoulder"): collars or not upper_arms,
        ("left_shoulder", "shoulder"): upper_arms,
        ("left_hip", "leg"): thighs or not knees,
        ("left_hip", "hip"): thighs or (has("leg") and not knees),
        ("left_knee", "leg"): knees or not thighs,
        ("left_ankle", "foot"): has("ankle"),
        ("left_foot", "foot"): not has("ankle"),
    }.get((role, stem), False)


def _fingers(graph: NodeGraph, names: list[BoneName], bones: dict[str, int]) -> dict[str, int]:
    """Finger chains: the first three bones of a finger's name below (or beside) each hand."""
    found: dict[str, int] = {}
    for side in ("left", "right"):
        chains: dict[str, list[int]] = {}
        for node in graph.order:
            name = names[node]
            finger = _finger_of(name) if name.side == side and not name.never else None
            if finger and node not in bones.values():
                chains.setdefault(finger, []).append(node)
        for finger, chain in chains.items():
            found.update({f"{side}_{finger}{k + 1}": node for k, node in enumerate(chain[:3])})
    return found


def _finger_of(name: BoneName) -> str | None:
    stem = name.stem.removeprefix("hand").removeprefix("finger").removesuffix("finger")
    if stem in _FINGER_WORDS:
        return _FINGER_WORDS[stem]
    if name.stem == "finger" and name.digits:  # Biped: Finger0, Finger01, Finger02, Finger1, Finger11, ...
        first = int(name.digits[0])
        return _BIPED_FINGERS[first] if first < 5 else None
    return None


def with_torso(
    graph: NodeGraph, convention: str, bones: dict[str, int], skin_joints: set[int], neck: int | None, fingers: dict
) -> HumanoidMap:
    """Complete a map of limbs and head by the pelvis, spine and neck that the hierarchy gives."""
    bones = dict(bones)
    paths = {role: ancestors(graph, node) for role, node in bones.items()}
    legs = [paths[role] for role in ("left_hip", "right_hip") if role in paths]
    arms = [paths[role] for role in ("left_shoulder", "right_shoulder") if role in paths]
    if "pelvis" not in bones and len(legs) == 2:
        pelvis = _pelvis(graph, legs, arms, skin_joints)
        bones |= {} if pelvis is None else {"pelvis": pelvis}
    spine: tuple[int, ...] = ()
    neck_chain: tuple[int, ...] = () if neck is None else (neck,)
    if len(arms) == 2 and "pelvis" in bones:
        shared = [node for node in arms[0] if node in arms[1]]  # chest first
        below = shared[: shared.index(bones["pelvis"])] if bones["pelvis"] in shared else []
        if neck in below[:-1]:  # clavicles may hang on the neck (3ds Max Biped)
            below = below[below.index(neck) + 1 :]
        spine = tuple(reversed([node for node in below if node in skin_joints or node in bones.values()] or below))
        if spine and "head" in paths and spine[-1] in paths["head"]:
            path = paths["head"]
            neck_chain = tuple(reversed(path[1 : path.index(spine[-1])]))
    spine = tuple(node for node in spine if node not in neck_chain)
    confidence = dict.fromkeys([*bones, *fingers, "spine", "neck"], 0.9)
    return HumanoidMap(convention, {**bones, **fingers}, spine, neck_chain, confidence)


def _pelvis(graph: NodeGraph, legs: list[list[int]], arms: list[list[int]], skin_joints: set[int]) -> int | None:
    """The bone from which the legs part; where that is a root at the feet, the bone below the arms at the hips.

    legs, arms: ancestors of both sides' upper bones, those first.
    """
    common = [node for node in legs[0] if node in legs[1]]
    common = [node for node in common if node in skin_joints] or common
    if not common or len(arms) < 2:
        return common[0] if common else None
    hips = (graph.world[legs[0][0], :3, 3] + graph.world[legs[1][0], :3, 3]) / 2
    apart = {node: float(np.linalg.norm(graph.world[node, :3, 3] - hips)) for node in range(len(graph.names))}
    shared = [node for node in arms[0] if node in arms[1] and node in skin_joints]
    trunk = shared[1 : shared.index(common[0])] if common[0] in shared else []  # the chest is no pelvis
    nearest = min(trunk, key=apart.get, default=common[0])
    return nearest if apart[nearest] < _AT_THE_HIPS * apart[common[0]] else common[0]


def smpl_parent(role: str) -> str | None:
    """The role above a role: SMPL's hierarchy, fingers below their wrist."""
    if role in FINGER_ROLES:
        return role[:-1] + str(int(role[-1]) - 1) if role[-1] != "1" else role.split("_")[0] + "_wrist"
    parent = PARENTS[JOINT_NAMES.index(role)]
    return None if parent < 0 else JOINT_NAMES[parent]
