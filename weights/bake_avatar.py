"""Bake `files/default_avatar.glb`, the bundled clothed avatar: `python -m avatar_scene.weights.bake_avatar`.

Body, tights and eyes of the CC0 base mesh in a T-pose; shirt, trousers and shoes are cut from the tights and given
room, hair is cut from the scalp. One skin, Mixamo's bone names. Deterministic; about a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from . import FOLDER
from .garments import Cloth, cut, fold_hems, keep_outside, smooth, vertex_normals
from .glb_writer import GlbWriter
from .makehuman import PREFIX, BaseMesh, load_base_mesh, read_groups
from .register import register
from .skin_texture import Eyes, paint_skin

PERSON = {"gender": 0.35, "age": 0.70, "muscle": 0.55, "weight": 0.42, "height": 0.45, "proportions": 0.8}
SOLE = 0.012  # metres between foot and ground
# Linear colours of what is not textured.
_COLOURS = {
    "shirt": (0.09, 0.42, 0.45), "trousers": (0.10, 0.13, 0.22), "shoes": (0.75, 0.74, 0.72),
    "soles": (0.12, 0.12, 0.12), "hair": (0.055, 0.028, 0.016),
}  # fmt: skip
_DOUBLE_SIDED = ("shirt", "trousers", "hair")


@dataclass(frozen=True)
class Person:
    """The undressed person: base mesh, vertices (V, 3) and bone heads (52, 3) in the T-pose, standing on y = 0."""

    mesh: BaseMesh
    vertices: np.ndarray
    heads: np.ndarray
    groups: dict[str, tuple[np.ndarray, np.ndarray]]
    texture_points: np.ndarray

    def head(self, bone: str) -> np.ndarray:
        return self.heads[self.mesh.bone(bone)]

    def group(self, name: str) -> Cloth:
        return Cloth.of(self.vertices, self.mesh.weights, self.groups[name][0])


def make_person() -> Person:
    """The person the clothes are made for."""
    mesh = load_base_mesh("makehuman-full")
    vertices, heads = mesh.t_pose(*mesh.rest(**PERSON))
    groups, texture_points = read_groups()
    ground = vertices[np.unique(groups["helper-tights"][0]), 1].min() - SOLE
    shift = np.array([-heads[0, 0], -ground, -heads[0, 2]])
    return Person(mesh, vertices + shift, heads + shift, groups, texture_points)


def make_shirt(person: Person, trousers: Cloth) -> Cloth:
    """A T-shirt that hangs over the trousers."""
    hips, neck, elbow = person.head("Hips"), person.head("Neck"), person.head("LeftForeArm")
    tights = person.group("helper-tights")
    x, y, z = np.abs(tights.vertices[:, 0]), tights.vertices[:, 1], tights.vertices[:, 2]
    collar = neck[1] - 0.012 + 0.25 * np.clip(x - 0.03, 0, 0.06) - 0.35 * np.clip(z - neck[2], 0, 1)
    shirt = cut(tights, np.minimum.reduce([y - (hips[1] - 0.03), elbow[0] - 0.035 - x, collar - y]))
    shirt = _loosened(shirt, 0.011, 14)
    x, y = np.abs(shirt.vertices[:, 0]), shirt.vertices[:, 1]
    waist = np.clip((hips[1] + 0.16 - y) / 0.12, 0, 1)[:, None]
    sleeve = np.clip((x - person.head("LeftArm")[0] - 0.05) / 0.12, 0, 1)[:, None]
    shirt = shirt.moved((0.013 * waist * [1, 0, 1] + 0.013 * sleeve) * shirt.normals)
    shirt = _over_body(shirt, person, 0.010)
    shirt = keep_outside(shirt, trousers.vertices, trousers.normals, 0.008)
    return fold_hems(_hung_from_hips(shirt, person))


def make_trousers(person: Person) -> Cloth:
    """Straight trousers, wider below the knee."""
    hips, ankle, knee = person.head("Hips"), person.head("LeftFoot"), person.head("LeftLeg")
    tights = person.group("helper-tights")
    y = tights.vertices[:, 1]
    field = np.where(np.abs(tights.vertices[:, 0]) > 0.45, -1.0, np.minimum(hips[1] + 0.045 - y, y - ankle[1]))
    trousers = _loosened(cut(tights, field), 0.006, 8)
    flare = np.clip((knee[1] + 0.15 - trousers.vertices[:, 1]) / 0.45, 0, 1)[:, None]
    return _over_body(trousers.moved(0.014 * flare * [1, 0, 1] * trousers.normals), person, 0.005)


def make_shoes(person: Person) -> tuple[Cloth, Cloth]:
    """Shoes and their soles."""
    tights = person.group("helper-tights")
    feet = _loosened(cut(tights, person.head("LeftFoot")[1] + 0.045 - tights.vertices[:, 1]), 0.010, 4)
    feet = _over_body(feet, person, 0.006)
    flat = feet.vertices.copy()
    flat[:, 1] = np.where(flat[:, 1] < 0.02, 0.0, flat[:, 1])
    feet = replace(feet, vertices=flat)
    height = feet.vertices[:, 1] - 0.020
    return fold_hems(cut(feet, height), 0.008), cut(feet, -height)


def make_hair(person: Person, eye_height: float) -> Cloth:
    """Short hair: the scalp above a hairline, raised, with a hint of strands."""
    head = person.head("Head")
    centre = np.array([0, eye_height + 0.02, head[2] + 0.015])
    faces = person.groups["body"][0]
    corners = person.vertices[faces]
    middle = corners.mean(1)
    on_head = person.mesh.weights[faces].mean(1)[:, person.mesh.bone("Head")] > 0.5
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outside = ((middle - centre) * normal).sum(1) > 0  # not the inside of mouth and nose
    scalp = on_head & outside & (np.linalg.norm(middle - centre, axis=1) > 0.055) & (middle[:, 1] > eye_height - 0.12)
    hair = Cloth.of(person.vertices, person.mesh.weights, faces[scalp])
    x, depth = np.abs(hair.vertices[:, 0]), hair.vertices[:, 2] - centre[2]
    line = np.interp(
        depth,
        [-0.12, -0.03, 0.0, 0.02, 0.035, 0.055, 0.12],  # from the nape to the forehead
        eye_height + np.array([-0.085, -0.06, -0.005, 0.0, 0.045, 0.055, 0.062]),
    )
    ears = (x > 0.064) & (depth < 0.03) & (depth > -0.045)
    line = np.where(ears, np.maximum(line, eye_height + 0.028), line)
    hair = smooth(cut(hair, hair.vertices[:, 1] - line), 6)
    distance, _ = cKDTree(hair.vertices[hair.border]).query(hair.vertices)
    thickness = 0.005 + 0.020 * np.clip(distance / 0.03, 0, 1) ** 0.7
    angle = np.arctan2(hair.vertices[:, 0], hair.vertices[:, 2] - centre[2])
    strands = np.sin(15 * angle + 9 * np.sin(45 * hair.vertices[:, 1])) * np.clip(distance / 0.02, 0, 1)
    thickness *= 1 + 0.16 * strands
    return fold_hems(hair.moved(thickness[:, None] * hair.normals), 0.010)


def _loosened(cloth: Cloth, room: float, rounds: int) -> Cloth:
    cloth = smooth(cloth, rounds)
    return cloth.moved(room * cloth.normals)


def _over_body(cloth: Cloth, person: Person, gap: float) -> Cloth:
    faces = person.groups["body"][0]
    used = np.unique(faces)
    return keep_outside(cloth, person.vertices[used], vertex_normals(person.vertices, faces)[used], gap)


def _hung_from_hips(shirt: Cloth, person: Person) -> Cloth:
    """A shirt's tail hangs from the waist: it follows a lifted thigh by half, so that it does not dip when seated."""
    bones = person.mesh.bones
    legs = [k for k, name in enumerate(bones) if name.endswith(("UpLeg", "Leg"))]
    weights = shirt.weights.copy()
    weights[:, bones.index("Hips")] += 0.5 * weights[:, legs].sum(1)
    weights[:, legs] *= 0.5
    return replace(shirt, weights=weights)


def _bare_skin(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """Triangles and texture triangles of the skin that no cloth covers."""
    hips, neck, elbow = person.head("Hips"), person.head("Neck"), person.head("LeftForeArm")
    faces, texture_faces = person.groups["body"]
    middle = person.vertices[faces].mean(1)
    x, y = np.abs(middle[:, 0]), middle[:, 1]
    shirt = (y < neck[1] - 0.055) & (y > hips[1] - 0.05) & (x < elbow[0] - 0.085)
    trousers = (y < hips[1] + 0.03) & (x < 0.5)
    return faces[~(shirt | trousers)], texture_faces[~(shirt | trousers)]


def write_glb(person: Person, texture: bytes, skin: tuple, clothes: dict[str, Cloth]) -> bytes:
    """The finished file."""
    bones, heads = person.mesh.bones, person.heads
    nodes = []
    for bone, parent in enumerate(person.mesh.parents):
        offset = heads[bone] - (heads[parent] if parent >= 0 else 0)
        children = [child for child, above in enumerate(person.mesh.parents) if above == bone]
        nodes.append({"name": PREFIX + bones[bone], "translation": offset.round(6).tolist()})
        if children:
            nodes[-1]["children"] = children
    count = len(nodes)
    nodes += [{"name": "Body", "mesh": 0, "skin": 0}, {"name": "Armature", "children": [0, count]}]
    writer = GlbWriter(
        scene=0,
        scenes=[{"nodes": [count + 1]}],
        nodes=nodes,
        textures=[{"source": 0, "sampler": 0}],
        samplers=[{"magFilter": 9729, "minFilter": 9987}],
    )
    writer.document["asset"] |= {
        "generator": "avatar-scene bake_avatar",
        "copyright": "CC0-1.0; derived from the MakeHuman / MPFB2 base mesh (CC0)",
    }
    primitives = [_skin_primitive(writer, person, skin)]
    primitives += [_primitive(writer, c.vertices, c.normals, c.weights, c.faces) for c in clothes.values()]
    for index, primitive in enumerate(primitives):
        primitive["material"] = index
    surfaces = [{"baseColorTexture": {"index": 0}}] + [{"baseColorFactor": [*_COLOURS[name], 1]} for name in clothes]
    bind = np.tile(np.eye(4, dtype=np.float32), (count, 1, 1))
    bind[:, :3, 3] = -heads
    writer.document |= {
        "meshes": [{"name": "Body", "primitives": primitives}],
        "materials": [
            {
                "name": name,
                "doubleSided": name in _DOUBLE_SIDED,
                "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0.75, **surface},
            }
            for name, surface in zip(["skin", *clothes], surfaces)
        ],
        "skins": [{"joints": list(range(count)), "inverseBindMatrices": writer.array(bind), "skeleton": 0}],
        "images": [{"mimeType": "image/jpeg", "bufferView": writer.data(texture)}],
    }
    return writer.encode()


def _skin_primitive(writer: GlbWriter, person: Person, skin: tuple[np.ndarray, np.ndarray]) -> dict:
    """The textured skin; a vertex on a texture seam becomes two, with one normal."""
    faces, texture_faces = skin
    pairs = np.stack([faces.ravel(), texture_faces.ravel()], 1)
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    vertex, point = unique.T
    normals = vertex_normals(person.vertices, faces)
    uv = person.texture_points[point] * [1, -1] + [0, 1]
    primitive = _primitive(
        writer, person.vertices[vertex], normals[vertex], person.mesh.weights[vertex], inverse.reshape(-1, 3)
    )
    primitive["attributes"]["TEXCOORD_0"] = writer.array(uv.astype(np.float32))
    return primitive


def _primitive(writer: GlbWriter, vertices, normals, weights, faces) -> dict:
    order = np.argsort(-weights, 1)[:, :4]
    top = np.take_along_axis(weights, order, 1)
    top /= top.sum(1, keepdims=True)
    return {
        "attributes": {
            "POSITION": writer.array(vertices.astype(np.float32), bounds=True),
            "NORMAL": writer.array(normals.astype(np.float32)),
            "JOINTS_0": writer.array(np.where(top > 0, order, 0).astype(np.uint8)),
            "WEIGHTS_0": writer.array(top.astype(np.float32)),
        },
        "indices": writer.array(faces.ravel().astype(np.uint16)),
    }


def bake() -> bytes:
    """The default avatar as a GLB file."""
    person = make_person()
    eyeballs = tuple(np.vstack(parts) for parts in zip(person.groups["helper-l-eye"], person.groups["helper-r-eye"]))
    left, right = (person.vertices[np.unique(person.groups[f"helper-{s}-eye"][0])] for s in "lr")
    radius = np.linalg.norm(left - left.mean(0), axis=1).max()
    eyes = Eyes(left.mean(0), right.mean(0), radius)
    bare = _bare_skin(person)
    texture = paint_skin(person.vertices, person.texture_points, bare, eyeballs, eyes)
    trousers = make_trousers(person)
    shoes, soles = make_shoes(person)
    clothes = {
        "shirt": make_shirt(person, trousers),
        "trousers": fold_hems(trousers),
        "shoes": shoes,
        "soles": soles,
        "hair": make_hair(person, eyes.left[1]),
    }
    skin = tuple(np.vstack(parts) for parts in zip(bare, eyeballs))
    return write_glb(person, texture, skin, clothes)


def main() -> None:
    (FOLDER / "default_avatar.glb").write_bytes(bake())
    register("default_avatar.glb", "CC0-1.0", "Clothed default avatar with Mixamo's bone names")


if __name__ == "__main__":
    main()
