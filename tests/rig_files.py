"""Avatars as other tools would have written them: the bones of a GLB file renamed, turned, scaled, and joined by the
twist, leaf, helper and control bones that those tools add. The figure itself stays what it was."""

import itertools
import json
import struct

import numpy as np
from avatar_scene.rendering.avatar import Avatar
from avatar_scene.rendering.humanoid import FINGER_ROLES

COMPONENTS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class RigFile:
    """A GLB file whose nodes can be edited; `avatar` is the same file as it is read."""

    def __init__(self, avatar: Avatar):
        data = avatar.source.read_bytes()
        length = int.from_bytes(data[12:16], "little")
        self.avatar, self.document = avatar, json.loads(data[20 : 20 + length])
        self.binary = bytearray(data[28 + length :])
        self.document.pop("animations", None)
        for extension in ("VRM", "VRMC_vrm"):
            self.document.get("extensions", {}).pop(extension, None)
        self.nodes = self.document["nodes"]
        self.role_of = {node: role for role, node in avatar.humanoid.bones.items()}
        for name, chain in (("spine", avatar.humanoid.spine), ("neck", avatar.humanoid.neck)):
            self.role_of |= {node: f"{name}.{k}" for k, node in enumerate(chain, 1)}
        self.node_of = {role: node for node, role in self.role_of.items()}

    def save(self, path):
        self.binary += b"\0" * (-len(self.binary) % 4)
        self.document["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(self.document).encode()
        text += b" " * (-len(text) % 4)
        head = struct.pack("<4sIII4s", b"glTF", 2, 28 + len(text) + len(self.binary), len(text), b"JSON")
        path.write_bytes(head + text + struct.pack("<I4s", len(self.binary), b"BIN\0") + self.binary)
        return path

    def array(self, accessor):
        """A view of an accessor's numbers, to be changed in place."""
        entry = self.document["accessors"][accessor]
        view = self.document["bufferViews"][entry["bufferView"]]
        kind, width = np.dtype(COMPONENTS[entry["componentType"]]), WIDTHS[entry["type"]]
        start = view.get("byteOffset", 0) + entry.get("byteOffset", 0)
        strides = (view.get("byteStride", kind.itemsize * width), kind.itemsize)
        return np.ndarray((entry["count"], width), kind, memoryview(self.binary), start, strides)

    def add_array(self, values):
        """Append float32 matrices (n, 16); returns the accessor's index."""
        self.binary += b"\0" * (-len(self.binary) % 4)
        values = values.astype(np.float32)
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": values.nbytes}
        self.binary += values.tobytes()
        self.document["bufferViews"].append(view)
        entry = {"bufferView": len(self.document["bufferViews"]) - 1, "componentType": 5126}
        self.document["accessors"].append({**entry, "count": len(values), "type": "MAT4"})
        return len(self.document["accessors"]) - 1

    def parent(self, node):
        return next((k for k, other in enumerate(self.nodes) if node in other.get("children", [])), None)

    def local(self, node):
        """(4, 4) a node's matrix."""
        entry, result = self.nodes[node], np.eye(4)
        if "matrix" in entry:
            return np.array(entry["matrix"], float).reshape(4, 4).T
        x, y, z, w = entry.get("rotation", (0, 0, 0, 1))
        turn = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
        result[:3, :3] = np.array(turn) * entry.get("scale", (1, 1, 1))
        result[:3, 3] = entry.get("translation", (0, 0, 0))
        return result

    def set_local(self, node, matrix):
        for key in ("translation", "rotation", "scale"):
            self.nodes[node].pop(key, None)
        self.nodes[node]["matrix"] = matrix.T.reshape(-1).tolist()

    def world(self, node):
        above = self.parent(node)
        return self.local(node) if above is None else self.world(above) @ self.local(node)

    # ---- what tools do

    def add_bone(self, name, below, world=None):
        """A new bone below a node, at a world matrix (the node's own by default); returns its index."""
        node = len(self.nodes)
        self.nodes.append({"name": name})
        self.nodes[below].setdefault("children", []).append(node)
        if world is not None:
            self.set_local(node, np.linalg.inv(self.world(below)) @ world)
        return node

    def hang(self, node, below):
        """Move a node below another one, where it is."""
        world, above = self.world(node), self.parent(node)
        self.nodes[above]["children"].remove(node)
        self.nodes[below].setdefault("children", []).append(node)
        self.set_local(node, np.linalg.inv(self.world(below)) @ world)

    def add_twist(self, name, bone, end):
        """A bone halfway from `bone` to `end` that takes every other vertex of `bone`'s."""
        place = self.world(bone)
        place[:3, 3] = (place[:3, 3] + self.world(end)[:3, 3]) / 2
        twist = self.add_bone(name, bone, place)
        for skin in self.document["skins"]:
            if bone in skin["joints"]:
                own, new = skin["joints"].index(bone), len(skin["joints"])
                bind = self.array(skin["inverseBindMatrices"]).copy()
                moved = np.linalg.inv(place) @ self.world(bone) @ bind[own].reshape(4, 4).T
                skin["joints"].append(twist)
                skin["inverseBindMatrices"] = self.add_array(np.vstack([bind, moved.T.reshape(1, 16)]))
                self._give_vertices(self.document["skins"].index(skin), own, new)
        return twist

    def _give_vertices(self, skin, own, new):
        meshes = {n["mesh"] for n in self.nodes if n.get("skin") == skin}
        primitives = [p for mesh in meshes for p in self.document["meshes"][mesh]["primitives"]]
        for accessor in {p["attributes"]["JOINTS_0"] for p in primitives}:
            joints = self.array(accessor)
            joints[::2][joints[::2] == own] = new

    def turn_bones(self, seed=0):
        """Give every bone axes of its own, as tools that point bones along x or y do; nothing moves."""
        generator = np.random.default_rng(seed)
        worlds = {node: self.world(node) for node in range(len(self.nodes))}
        joints = {joint for skin in self.document["skins"] for joint in skin["joints"]}
        turns = {}
        for joint in sorted(joints):
            turn, _ = np.linalg.qr(generator.standard_normal((3, 3)))
            turns[joint] = np.eye(4)
            turns[joint][:3, :3] = turn * np.sign(np.linalg.det(turn))
        turned = {node: world @ turns.get(node, np.eye(4)) for node, world in worlds.items()}
        for node in worlds:
            above = self.parent(node)
            self.set_local(node, turned[node] if above is None else np.linalg.inv(turned[above]) @ turned[node])
        for skin in self.document["skins"]:
            binds = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
            new = [np.linalg.inv(turns[joint]) @ bind for joint, bind in zip(skin["joints"], binds)]
            skin["inverseBindMatrices"] = self.add_array(np.stack(new).transpose(0, 2, 1).reshape(-1, 16))

    def wrap(self, name, matrix, *, unit=1.0):
        """Put the whole scene below a node of this matrix and scale, its content turned back and in the finer unit."""
        scene = self.document["scenes"][self.document.get("scene", 0)]
        roots = scene["nodes"]
        worlds = {node: self.world(node) for node in range(len(self.nodes))}
        enlarge = np.diag([1 / unit] * 3 + [1.0])
        for node in worlds:  # every translation in the finer unit, every rotation and scale as it was
            local = self.local(node)
            if node in roots:
                local = np.linalg.inv(matrix) @ local
            local[:3, 3] /= unit
            self.set_local(node, local)
        for skin in self.document["skins"]:
            binds = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
            skin["inverseBindMatrices"] = self.add_array((enlarge @ binds).transpose(0, 2, 1).reshape(-1, 16))
        self.nodes.append({"name": name, "children": list(roots)})
        self.set_local(len(self.nodes) - 1, matrix @ np.diag([unit] * 3 + [1.0]))
        scene["nodes"] = [len(self.nodes) - 1]

    def rename(self, names):
        """names: role -> name; roles that it lacks get names that say nothing."""
        for node, role in self.role_of.items():
            self.nodes[node]["name"] = names.get(role) or f"x{node}"


def sides(table):
    """Both sides' roles and names from patterns with {s} = l or r, {S} = L or R, {Side} = Left or Right."""
    result = {}
    for side, (role, name) in itertools.product(("left", "right"), table.items()):
        result[f"{side}_{role}"] = name.format(s=side[0], S=side[0].upper(), Side=side.capitalize())
    return result


def fingers(pattern, numbers=("1", "2", "3")):
    """Both hands' finger roles and names from a pattern with {finger}, {k} = 0..4 from the thumb, {n}."""
    result = {}
    for role in FINGER_ROLES:
        side, finger = role.split("_")
        k = ("thumb", "index", "middle", "ring", "pinky").index(finger[:-1])
        values = {"finger": finger[:-1], "k": k, "n": numbers[int(finger[-1]) - 1], "s": side[0], "S": side[0].upper()}
        result[role] = pattern.format(**values)
    return result
