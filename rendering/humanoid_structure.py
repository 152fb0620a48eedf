"""Which bone is which joint where names say nothing: from symmetry, chain lengths and positions.

A humanoid skeleton has one plane of symmetry. Its central bones are pelvis, spine, neck and head; the chains that leave
them in mirrored pairs are limbs (or hair, skirts, ears). The pair that reaches lowest are the legs, the longest pair
that starts higher are the arms.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from .gltf import NodeGraph

_PARTNER_TOLERANCE = 0.05  # of the skeleton's size
_CENTRAL = 0.02
_LIMB_LENGTH = 0.2  # arms and legs are at least this share of the skeleton's size
_LEVEL = 0.5  # of their length: what lies at least that level at the end of a leg is a foot
_TWIST = 0.1  # of a bone's length: how far beside it its twist bones may lie
_TOE_HEIGHT = 0.2  # of the leg's length: a joint nearer to the ground than this can be an ankle


@dataclass(frozen=True)
class Skeleton:
    """The bones that move skin. place (J, 3) in metres of the file, parent and children among them."""

    nodes: list[int]
    place: np.ndarray
    parent: list[int]

    def children(self, bone: int) -> list[int]:
        return [child for child, parent in enumerate(self.parent) if parent == bone]

    def longest_chain(self, bone: int) -> list[int]:
        """A bone and the descendants that reach farthest along the bones."""
        chains = [self.longest_chain(child) for child in self.children(bone)]
        best = max(chains, key=lambda chain: self.length([bone, *chain]), default=[])
        return [bone, *best]

    def length(self, chain: list[int]) -> float:
        return sum(float(np.linalg.norm(self.place[b] - self.place[a])) for a, b in itertools.pairwise(chain))


def bones_by_structure(graph: NodeGraph, skin_joints: set[int], side_of: list[str]) -> dict[str, int] | None:
    """Role -> node of limbs, pelvis and head, or None where no humanoid is recognised.

    side_of: "left", "right" or "" for every node, as far as its name tells; without such names the toes decide.
    """
    skeleton = _skeleton(graph, skin_joints)
    if not 11 <= len(skeleton.nodes) <= 1000:
        return None
    size = float(np.ptp(skeleton.place, axis=0).max())
    up, across = _axes(skeleton, size)
    if size <= 0 or across is None:
        return None
    height = skeleton.place @ up
    pairs = [pair for pair in _limb_pairs(skeleton, across, size) if skeleton.length(pair[0]) > _LIMB_LENGTH * size]
    if len(pairs) < 2:
        return None
    legs = min(pairs, key=lambda pair: min(height[pair[0]]))
    arms = [p for p in pairs if p is not legs and height[p[0][0]] > height[legs[0][0]] and _is_arm(skeleton, p, legs)]
    arms = max(arms, key=lambda pair: skeleton.length(pair[0]), default=None)
    if arms is None:
        return None
    legs, arms = (_left_first(skeleton, pair, legs, up, across, side_of) for pair in (legs, arms))
    roles: dict[str, int] = {}
    for side, leg, arm in zip(("left", "right"), legs, arms):
        found = _leg_joints(skeleton, leg, height) | _arm_joints(skeleton, arm)
        roles |= {f"{side}_{part}": bone for part, bone in found.items()}
    chest, pelvis = (_fork(skeleton, *pair) for pair in (arms, legs))
    head = _head(skeleton, chest, height, across, size)
    if head is None or len(roles) < 12:
        return None
    roles |= {"pelvis": pelvis, "head": head}
    return {role: skeleton.nodes[bone] for role, bone in roles.items()}


def _skeleton(graph: NodeGraph, skin_joints: set[int]) -> Skeleton:
    nodes = [node for node in graph.order if node in skin_joints]
    index = {node: k for k, node in enumerate(nodes)}
    parents = []
    for node in nodes:
        above = graph.parents[node]
        while above >= 0 and above not in index:
            above = graph.parents[above]
        parents.append(index.get(above, -1))
    return Skeleton(nodes, graph.world[nodes, :3, 3], parents)


def _axes(skeleton: Skeleton, size: float) -> tuple[np.ndarray, np.ndarray | None]:
    """The up axis and the axis of symmetry (signless), out of the file's three."""
    scores = [len(_partners(skeleton, axis, size)) for axis in np.eye(3)]
    best = int(np.argmax(scores))
    if scores[best] < 6:
        return np.eye(3)[1], None
    rest = [axis for axis in range(3) if axis != best]
    spread = np.ptp(skeleton.place, axis=0)
    # glTF is y up; a file whose figure is far longer along another axis was exported without the conversion.
    up = 1 if 1 in rest and spread[1] * 1.5 >= spread[rest].max() else rest[int(np.argmax(spread[rest]))]
    return np.eye(3)[up], np.eye(3)[best]


def _partners(skeleton: Skeleton, across: np.ndarray, size: float) -> dict[int, int]:
    """Bone -> its mirror image, for bones off the plane of symmetry."""
    side = skeleton.place @ across
    middle = np.median(side)
    mirrored = skeleton.place - 2 * np.outer(side - middle, across)
    off = np.flatnonzero(np.abs(side - middle) > _CENTRAL * size)
    partners = {}
    for bone in off:
        distance = np.linalg.norm(skeleton.place[off] - mirrored[bone], axis=1)
        if distance.min() < _PARTNER_TOLERANCE * size:
            partners[int(bone)] = int(off[distance.argmin()])
    return {a: b for a, b in partners.items() if partners.get(b) == a}


def _limb_pairs(skeleton: Skeleton, across: np.ndarray, size: float) -> list[tuple[list[int], list[int]]]:
    """Mirrored chains of at least three bones that leave a central bone, the one at greater `across` first."""
    partners = _partners(skeleton, across, size)
    side = skeleton.place @ across
    pairs = []
    for bone, other in partners.items():
        above = skeleton.parent[bone]
        if side[bone] > side[other] and above >= 0 and above not in partners and skeleton.parent[other] not in partners:
            chains = (skeleton.longest_chain(bone), skeleton.longest_chain(other))
            if min(map(len, chains)) >= 3:
                pairs.append(chains)
    return pairs


def _is_arm(skeleton: Skeleton, pair: tuple, legs: tuple) -> bool:
    """Arms leave the spine above the legs' pelvis: the legs' parent is an ancestor of the arms'."""
    above = skeleton.parent[pair[0][0]]
    while above >= 0 and above != skeleton.parent[legs[0][0]]:
        above = skeleton.parent[above]
    return above >= 0


def _left_first(skeleton, pair, legs, up, across, side_of) -> tuple[list[int], list[int]]:
    """Order a pair by what the names say, else by the way the toes point."""
    votes = [side_of[skeleton.nodes[bone]] for bone in pair[0]]
    says_left, says_right = votes.count("left"), votes.count("right")
    if says_left == says_right:
        ends = [(skeleton.place[leg[min(2, len(leg) - 2)]], skeleton.place[leg[-1]]) for leg in legs]
        toes = sum(end - start for start, end in ends)
        forward = toes - up * (toes @ up)
        if np.linalg.norm(forward) < _LEVEL * np.linalg.norm(toes):  # no toes but shins: as files should face
            forward = np.array([0.0, 0.0, 1.0]) if up[1] else np.array([0.0, -1.0, 0.0])
        says_left = 1 if np.cross(up, forward) @ across > 0 else -1
    return pair if says_left > says_right else pair[::-1]


def _fork(skeleton: Skeleton, first: list[int], second: list[int]) -> int:
    """The bone from which two chains part; both begin below one central bone."""
    above = []
    for chain in (first, second):
        bone, path = chain[0], []
        while (bone := skeleton.parent[bone]) >= 0:
            path.append(bone)
        above.append(path)
    return next(bone for bone in above[0] if bone in above[1])


def _leg_joints(skeleton: Skeleton, chain: list[int], height: np.ndarray) -> dict[str, int]:
    """hip, knee, ankle and, if there is one, foot (the toes' joint) of a leg chain."""
    low = height[chain].min()
    reach = height[chain[0]] - low
    ankle = next((k for k, b in enumerate(chain) if k >= 2 and height[b] - low < _TOE_HEIGHT * reach), len(chain) - 1)
    joints = {"hip": chain[0], "knee": _middle(skeleton, chain[: ankle + 1]), "ankle": chain[ankle]}
    if ankle + 1 < len(chain):
        joints["foot"] = chain[ankle + 1]
    return joints


def _arm_joints(skeleton: Skeleton, chain: list[int]) -> dict[str, int]:
    """collar (if there is one), shoulder, elbow and wrist of an arm chain; the wrist is where the fingers part."""
    wrist = next((k for k in range(2, len(chain)) if _parts(skeleton, chain[k : k + 2])), None)
    if wrist is None:
        wrist = 2 if len(chain) == 3 else 3  # no fingers: collar, shoulder, elbow, wrist
    first = 1 if wrist >= 3 and skeleton.length(chain[:2]) < 0.5 * skeleton.length(chain[1:3]) else 0
    arm = chain[first : wrist + 1]
    joints = {"shoulder": arm[0], "elbow": _middle(skeleton, arm), "wrist": arm[-1]}
    return {"collar": chain[0], **joints} if first else joints


def _parts(skeleton: Skeleton, pair: list[int]) -> bool:
    """Whether more than one bone leaves a bone of a chain; what lies on the way to the chain's next one twists it."""
    others = [child for child in skeleton.children(pair[0]) if child not in pair]
    if len(pair) < 2 or not others:
        return False
    way = skeleton.place[pair[1]] - skeleton.place[pair[0]]
    length = float(np.linalg.norm(way)) + 1e-12
    for child in others:
        apart = skeleton.place[child] - skeleton.place[pair[0]]
        along = float(apart @ way) / length
        aside = float(np.linalg.norm(apart - way * along / length))
        if skeleton.children(child) or not (-_TWIST * length <= along < length and aside < _TWIST * length):
            return True
    return False


def _middle(skeleton: Skeleton, chain: list[int]) -> int:
    """The inner bone nearest to half the chain's length: knee or elbow, whatever twist bones lie between."""
    whole = skeleton.length(chain)
    return min(chain[1:-1], key=lambda bone: abs(skeleton.length(chain[: chain.index(bone) + 1]) / whole - 0.5))


def _head(skeleton: Skeleton, chest: int, height: np.ndarray, across: np.ndarray, size: float) -> int | None:
    """The last central bone of the chain that rises from the chest."""
    side = skeleton.place @ across
    middle = np.median(side)
    head = None
    bone = chest
    while True:
        above = [
            child
            for child in skeleton.children(bone)
            if abs(side[child] - middle) < _CENTRAL * size and height[child] > height[bone]
        ]
        if not above:
            return head
        bone = head = max(above, key=lambda child: height[child])
