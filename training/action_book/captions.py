"""Captions of solved poses: the action's wordings joined with what its base, its branches and a scene add."""

from __future__ import annotations

import random
import re

from .book import Action, Spec
from .mirror import mirror_words

JOINED_SHARE = 0.5  # of the captions of a pose whose base or branches have a phrase
SCENE_SHARE = 1 / 3
_SCENES_PER_ACTION = 4
SCENES = (
    "in the garden", "on the beach", "on the beach at sunset", "in the kitchen", "in a forest", "on a city street",
    "in the park", "in the snow", "in the rain", "on a mountain top", "in a living room", "in a classroom", "at home",
    "on a stage", "in a desert", "by a lake", "in a field of flowers", "on a rooftop at night", "in a museum",
    "in an office", "on a boat", "under a tree", "in front of a castle", "at a train station", "in a supermarket",
    "in a library", "on a bridge", "in space", "in a cyberpunk city", "at a party", "in a cafe", "in the jungle",
    "in a village square", "on the moon", "at the pool", "in the fog", "at the market", "in autumn leaves",
    "in front of the pyramids", "in a gym",
)  # fmt: skip
# Words that say how somebody is placed. A wording must not name another posture than the base it is solved on.
_POSTURES = {
    "stand": r"\b(stands?|standing|stood)\b",
    "sit": r"\b(sits?|sitting|seated)\b",
    "kneel": r"\b(kneels?|kneeling|on (one|both) knees?|on (his|her|their) knees)\b",
    "walk": r"\b(walks?|walking|strolls?|strolling)\b",
    "run": r"\b(runs?|running|jogs?|jogging|sprints?|sprinting)\b",
    "lie": r"\b(lies|lying|lie)\b",
    "squat": r"\b(squats?|squatting|crouch(es|ing)?)\b",
    "jump": r"\b(jumps?|jumping|leaps?|leaping)\b",
    "crawl": r"\b(crawls?|crawling|on all fours)\b",
}
_PLACE = re.compile(
    r"\b(in|on|at|by|under|into|through|along) (the|a|an|his|her|their) "
    r"(?!air|hand|hands|head|hip|hips|chest|back|side|left|right|knee|knees|floor|ground|arm|arms|leg|legs|foot|feet)"
)


def pose_captions(action: Action, base: int, picks: list[int], mirrored: bool, count: int, seed: str) -> list[str]:
    """`count` distinct captions of one pose, or fewer if there are not as many; the same in every run.

    base: number of the action's specification; picks: the branch every group drew.
    """
    spec, draw = action.specs[base], random.Random(f"{action.name} {seed}")
    wordings = fitting_wordings(action, spec)
    phrases = drawn_phrases(spec, picks)
    scenes = random.Random(action.name).sample(SCENES, _SCENES_PER_ACTION)
    captions: list[str] = []
    for _ in range(4 * count):
        caption = draw.choice(wordings)
        if phrases and draw.random() < JOINED_SHARE:
            caption = join(caption, draw.choice(phrases), leading=draw.random() < 0.5)
        if draw.random() < SCENE_SHARE and not _PLACE.search(caption):
            scene = draw.choice(scenes)
            caption = f"{scene}, {caption}" if draw.random() < 0.3 else f"{caption} {scene}"
        caption = mirror_words(caption) if mirrored else caption
        if caption not in captions:
            captions.append(caption)
        if len(captions) == count:
            break
    return captions


def fitting_wordings(action: Action, spec: Spec) -> list[str]:
    """The action's wordings that do not contradict the base's posture; all of them if every one does."""
    posture = posture_of(spec)
    fitting = [text for text in action.captions if posture in ({posture} if not postures(text) else postures(text))]
    return fitting if posture and fitting else list(action.captions)


def drawn_phrases(spec: Spec, picks: list[int]) -> list[str]:
    """The phrases of the base and of the branches drawn."""
    phrases = [spec.phrase] + [group[pick].phrase for group, pick in zip(spec.groups, picks) if pick >= 0]
    return [phrase for phrase in phrases if phrase]


def join(caption: str, phrase: str, leading: bool = False) -> str:
    """ "a person waves" and "sitting on a chair" -> "a person waves while sitting on a chair", or the phrase first.

    A phrase is left out where the caption already says it.
    """
    if phrase in caption or postures(phrase) & postures(caption):
        return caption
    if not re.match(r"\w+ing\b", phrase):  # "with the left hand on the hip", "on one knee"
        return f"{caption}, {phrase}"
    return f"{phrase}, {caption}" if leading else f"{caption} while {phrase}"


def postures(text: str) -> set[str]:
    """The postures a text names."""
    return {name for name, pattern in _POSTURES.items() if re.search(pattern, text.lower())}


def posture_of(spec: Spec) -> str:
    """The posture of a base, by its phrase or its name; "" if it is not plain."""
    found = postures(spec.phrase)
    if not found:
        found = {name for name in _POSTURES if spec.base.startswith(name)}
    return found.pop() if len(found) == 1 else ""


def names_a_side(action: Action) -> bool:
    """Whether the mirrored action is called differently ("waves with the left hand")."""
    return any(mirror_words(text) != text for text in action.captions)
