"""One synthetic sample: an avatar that does something somewhere, what is seen of it, its gray body, and a caption."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from . import props
from .actions import GENERAL, Action, all_actions
from .canvas import Canvas, S
from .captions import caption
from .figure import NEUTRAL, Figure, Stance, draw_figure, draw_shadows
from .people import People, Sprite
from .places import PLACES
from .props.held import HELD, Grip
from .wardrobe import dress

OWN_ACTION = 0.4  # share of samples that show what people do in this place only
NEUTRAL_LIGHT = 0.4  # share of avatars lit as the pack lights them; the rest part of the way to the scene's light
CLOSE, LONG = 0.11, 0.12  # shares of close-ups and of long shots
ZOOM = (1.2, 2.0)
OCCLUDED = 0.17  # share of samples that try to bring a thing of the foreground before the person
COVERED = (0.05, 0.45)  # how much of the person it may cover
_OFTEN = {"stand": 3.0, "floor": 1.5, "sit": 1.5, "jump": 0.5, "run": 0.8}  # how often each base is drawn; others 1
_GENERAL = frozenset(action.name for action in GENERAL)
MAX_HEIGHT = 205  # pixels


@dataclass(frozen=True)
class Scene:
    """A training sample; pictures are (S, S), uint8, sRGB.

    image:  (S, S, 3) the picture; it equals `person` exactly where that one's alpha is 255.
    person: (S, S, 4) what is visible of the person, straight alpha.
    gray:   (S, S, 4) the gray body in the same pose and camera, also where something hides it.
    covered: share of the person that something in front hides.
    """

    image: np.ndarray
    person: np.ndarray
    gray: np.ndarray
    caption: str
    place: str
    action: str
    covered: float


@cache
def _actions() -> dict[str, Action]:
    return {action.name: action for action in all_actions()}


@cache
def _saying() -> dict[str, str]:
    """Every wording -> the action that has it."""
    return {words: action.name for action in _actions().values() for words in action.says}


def sample(seed: int, people: People, place: str | None = None) -> Scene:
    """The sample of a seed: the same for the same (seed, place) and cache of people.

    Raises ValueError if the place is not known.
    """
    if place is not None and place not in PLACES:
        raise ValueError(f"place {place!r} is not known; there are {', '.join(sorted(PLACES))}")
    rng = np.random.default_rng(seed)
    place = place or str(rng.choice(sorted(PLACES)))
    about = PLACES[place]
    s = Canvas(rng)
    info = about["fn"](s) or {}
    action, words, index = _cast(s, people, place, info)
    sprite = people[index]
    base = sprite.base
    occlude = bool(info.get("front")) and s.p(OCCLUDED)
    stance, ground, lift = _stand(s, sprite, people.ppm, info, occlude)
    palette, light, toon = dress(rng, about["dress"]), _light(s), _toon(s)
    figure = draw_figure(sprite, people.ppm, stance, palette, light, toon)

    _underlay(s, figure, base, words, about, stance, ground, lift)
    if not s.floating:
        draw_shadows(s, figure, base, ground, lift)
    front = _hold(s, figure, action, stance, ground)
    cover = np.zeros((S, S), np.uint8)
    if front is not None:
        cover = _in_front(s, front, cover)
    if occlude:
        shift = _towards(s, info["front"], figure)
        if shift is not None:
            cover = _in_front(s, info["front"], cover, shift)
            s.words += [info["front_say"]] if "front_say" in info else []
    elif info.get("front") and s.p(0.1):
        cover = _in_front(s, info["front"], cover)
    s.finish()

    backdrop = s.im
    if s.p(CLOSE) and not lift:
        zoom, left, top = _closer(s, figure)
        backdrop, cover = (_zoomed(picture, zoom, left, top) for picture in (backdrop, cover))
        figure = draw_figure(sprite, people.ppm, stance.zoomed(zoom, left, top), palette, light, toon)
    phrases = info.get("phrases", about["phrases"])
    text = caption(rng, words, s.one(*phrases), s.when, s.words)
    return Scene(*_compose(backdrop, figure, cover), text, place, action.name, _share(figure.alpha, cover))


# --- who does what


def _cast(s: Canvas, people: People, place: str, info: dict) -> tuple[Action, str, int]:
    """An action for this place, how to say it, and a sprite that does it."""
    about, actions, said = PLACES[place], _actions(), _saying()
    own = [(words, bases) for words, bases in about["acts"] if said[words] in people.by_action]
    if "force" in info:
        own = [(words, bases) for words, bases in own if words == info["force"]] or own
    if own and ("force" in info or s.p(OWN_ACTION)):
        words, bases = own[s.i(0, len(own) - 1)]
        action = actions[said[words]]
        sprites = people.by_action[action.name]
        fitting = [k for k in sprites if people.base(k) in bases]
        return action, words, s.one(*(fitting or sprites))
    table = {base: [k for k in sprites if people.action(k) in _GENERAL] for base, sprites in people.by_base.items()}
    bases = [base for base in about["bases"] if table.get(base)] or ["stand"]
    often = np.array([_OFTEN.get(base, 1.0) for base in bases])
    index = s.one(*table[str(s.rng.choice(bases, p=often / often.sum()))])
    action = actions[people.action(index)]
    return action, s.one(*action.says), index


# --- where the person stands, and in what light


def _stand(s: Canvas, sprite: Sprite, baked_ppm: float, info: dict, occlude: bool) -> tuple[Stance, float, float]:
    """The stance, the ground row below it, and how far above the ground it is, pixels."""
    h, w = (side / baked_ppm for side in sprite.gray.shape[:2])  # metres
    base = sprite.base
    y = s.u(204, 226) if s.p(LONG) else s.u(236, 254) if occlude else s.u(226, 249)
    ppm = min(s.ppm(y), 112.0) * s.u(0.92, 1.05)
    ppm = min(ppm, (165 if base == "jump" else MAX_HEIGHT) / h, 190 / w)
    lift = turn = 0.0
    may_float = info.get("lift") or s.floating
    if s.floating:
        lift, turn = s.u(20, 70), s.u(-35, 35)
        s.cast = 0
    elif may_float and base in ("swim", "jump", "run"):
        lift, turn = s.u(25, 80), s.u(-12, 12) if base == "swim" else s.u(-25, 25)
    elif may_float and s.p(0.3):
        lift = s.u(15, 50)
    elif base == "jump":
        lift = s.u(0.1, 0.45) * ppm
    lift = min(lift, max(0.0, y - 6 - (h * ppm + abs(turn) * 0.6)))
    half = w * ppm / 2
    x = 128 + float(np.clip(s.rng.normal(0, 26), -60, 60))
    x = float(np.clip(x, min(half + 3, 128), max(S - half - 3, 128)))
    return Stance(x, y - lift, ppm, s.u(0.93, 1.1), s.p(0.5), turn), y, lift


def _light(s: Canvas) -> dict:
    """Between the pack's light and the scene's: at use the avatar is lit before there is a scene, so its light must
    not tell which scene to paint."""
    t = 0.0 if s.p(NEUTRAL_LIGHT) else s.u(0.1, 0.8)
    light = {}
    for name, neutral in NEUTRAL.items():
        own = s.key[name] if name == "power" else np.asarray(s.key[name], float)
        light[name] = np.asarray(neutral) * (1 - t) + own * t
    return light


def _toon(s: Canvas) -> float:
    """A quarter of the people are drawn in flat tones, as many users' avatars are."""
    return s.u(0.6, 1.0) if s.p(0.25) else 0.0


# --- what is under, in the hands of and before the person


def _underlay(
    s: Canvas, figure: Figure, base: str, words: str, about: dict, stance: Stance, ground: float, lift: float
):
    """What the action puts on the ground, and what a sitting person sits on."""
    under = props.UNDER.get(words)
    if under and not lift and not s.floating and base != "swim" and s.p(0.9):
        alpha = figure.alpha
        if base == "stand":
            alpha = alpha[max(0, int(ground - 0.1 * stance.ppm)) :]
        columns = np.flatnonzero(alpha.max(0) > 0.5)
        middle, half = ((columns[0] + columns[-1]) / 2, np.ptp(columns) / 2) if len(columns) else (stance.x, 10)
        under(s, middle, ground, stance.ppm, half)
    if base == "sit" and not s.floating:
        rows, columns = np.nonzero(figure.thighs > 127)
        if len(columns):
            top = float(np.percentile(rows, 96))
            low = columns[rows > np.percentile(rows, 30)]
            props.seat(s, about["seat"], low.mean(), ground - 2, min(top, ground - 12), max(0.22 * stance.ppm, 10))


def _hold(s: Canvas, figure: Figure, action: Action, stance: Stance, ground: float):
    """Draw what the hands hold behind the person, or return the painter that draws it before them."""
    if not action.hold:
        return None
    painter, before = HELD[action.hold]
    joints = figure.joints.astype(float)
    lead = 22 if joints[22, 1] < joints[23, 1] else 23  # the higher hand
    arm = joints[lead] - joints[lead - 4]
    grip = Grip(
        hand=joints[lead],
        arm=arm / (np.hypot(*arm) + 1e-6),
        other=joints[45 - lead],
        hip=joints[0],
        head=joints[15],
        ground=ground,
        p=stance.ppm,
        side=1 if joints[lead, 0] > joints[0, 0] else -1,
    )
    if s.p(before):
        return lambda: painter(s, grip)
    painter(s, grip)
    return None


def _in_front(s: Canvas, paint, cover: np.ndarray, pan: tuple[float, float] | None = None) -> np.ndarray:
    """Paint something before the person, moved by `pan`; returns the cover with what it hides."""
    s.mask, s.pan = np.zeros((S, S), np.uint8), pan
    paint()
    mask, s.mask, s.pan = s.mask, None, None
    return np.maximum(cover, mask)


def _towards(s: Canvas, paint, figure: Figure) -> tuple[float, float] | None:
    """How far to move what `paint` paints so that it crosses the person; None if it cannot."""
    picture, state, words = s.im.copy(), s.rng.bit_generator.state, list(s.words)
    mask = _in_front(s, paint, np.zeros((S, S), np.uint8))
    s.im, s.words = picture, words
    s.rng.bit_generator.state = state  # so that it looks the same when it is painted again
    shifts = np.arange(-150, 151, 10)
    total = float(figure.alpha.sum()) + 1e-6
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return None
    a, b = rows[0], rows[-1] + 1
    body = figure.alpha[a:b]
    columns = np.pad(mask[a:b].astype(np.float32) / 255, ((0, 0), (150, 150)), mode="edge")
    shares = np.array([(body * columns[:, 150 - d : 150 - d + S]).sum() / total for d in shifts])
    fitting = shifts[(shares > COVERED[0]) & (shares < COVERED[1])]
    if not len(fitting):
        return None
    nearest = fitting[np.argsort(np.abs(fitting))[: max(1, len(fitting) // 2)]]
    pick = int(np.random.default_rng(int(total)).integers(len(nearest)))  # the canvas' own randomness is spoken for
    return float(nearest[pick]), 0.0


# --- the finished pictures


def _closer(s: Canvas, figure: Figure) -> tuple[float, float, float]:
    """Zoom, left and top of a close-up: of the head and shoulders at the most, of the person a little larger at the
    least."""
    zoom = s.u(*ZOOM)
    side = S / zoom
    x, y, w, h = figure.box
    left = np.clip(x + w / 2 - side * s.u(0.4, 0.6), 0, S - side)
    top = np.clip(y + h * 0.06 - side * s.u(0.08, 0.2), 0, S - side)
    return zoom, float(left), float(top)


def _zoomed(picture: np.ndarray, zoom: float, left: float, top: float) -> np.ndarray:
    matrix = np.float32([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]])
    return cv2.warpAffine(picture, matrix, (S, S), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _compose(backdrop: np.ndarray, figure: Figure, cover: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image, person and gray from the painted scene, the figure and what hides it (S, S) uint8."""
    part = figure.part
    image, person, gray = backdrop.copy(), np.zeros((S, S, 4), np.uint8), np.zeros((S, S, 4), np.uint8)
    alpha = (figure.alpha[part] * (255 - cover[part].astype(np.float32))).round().astype(np.uint8)
    colour = figure.colour[part].clip(0, 255).round().astype(np.uint8)
    share = alpha[..., None].astype(np.float32) / 255
    image[part] = (image[part] * (1 - share) + colour * share).round().astype(np.uint8)
    person[part] = np.dstack([colour * (alpha > 0)[..., None], alpha])
    shade, seen = figure.gray[part], figure.gray_alpha[part]
    gray[part] = np.dstack([shade * (seen > 0)] * 3 + [seen]).round().astype(np.uint8)
    return image, person, gray


def _share(alpha: np.ndarray, cover: np.ndarray) -> float:
    return float((alpha * (cover / 255.0)).sum() / max(alpha.sum(), 1e-6))
