"""How captions say it: who, doing what, where, when, with what around."""

from __future__ import annotations

import numpy as np

_PERSON = 0.75  # share of captions about "a person": prompts are brought to that form by pose_prior.prompts
WHO = (
    "someone", "a man", "a woman", "a girl", "a boy", "a guy", "a young woman", "a young man", "a character",
    "an avatar", "a human figure", "a cartoon character", "a 3d character",
)  # fmt: skip
WHEN = {
    "day": ("on a sunny day", "in bright daylight", "under a blue sky", "in the sunshine", "during the day"),
    "sunset": ("at sunset", "in the evening light", "at dusk", "at golden hour", "in the evening", "at sundown"),
    "night": ("at night", "under the moon", "under a starry sky", "by moonlight", "in the dark", "on a clear night"),
    "overcast": ("on a cloudy day", "under a gray sky", "in cloudy weather", "on an overcast day"),
}  # fmt: skip
_WHEN_SHARE = {"day": 0.35, "sunset": 0.7, "night": 0.75, "overcast": 0.45}
_WITH = ("with", "with", "with", "near", "next to", "beside")
_MEDIUM = (
    "a picture of",
    "an image of",
    "a painting of",
    "an illustration of",
    "a scene of",
    "a drawing of",
    "a photo of",
)

# {who} is {act} {where} ...; the weights say how often.
_FORMS = (
    (14, "{who} is {act} {where}"),
    (8, "{who} is {act} {where}{when}"),
    (5, "{who} is {act} {where}{around}"),
    (4, "{who} is {act} {where}{when}{around}"),
    (5, "{who} {act} {where}"),
    (3, "{who} {act} {where}{when}"),
    (4, "{act} {where}"),
    (2, "{act} {where}{when}{around}"),
    (2, "{where}, {who} is {act}"),
    (1.5, "{where}, {who} is {act}{around}"),
    (1, "{when}, {who} is {act} {where}"),
    (1.5, "{who} {where}, {act}"),
    (2, "{who} is {where}"),
    (1, "{who} is {where}{when}{around}"),
    (2.5, "{medium} {who} {act} {where}{when}"),
    (1, "{medium} {who} {act} {where}{around}"),
    (1, "{who}, {act}, {where}{tags}"),
)  # fmt: skip
_WEIGHTS = np.array([weight for weight, _ in _FORMS]) / sum(weight for weight, _ in _FORMS)


def caption(
    rng: np.random.Generator,
    action: str,
    place: str,
    sky: str | None,
    around: list[str],
) -> str:
    """One caption in lower case.

    action: a gerund phrase. place: where it happens ("on the beach"). sky: the kind of sky, or None indoors.
    around: things that are in the picture ("a palm tree").
    """
    when = WHEN.get(sky, ())
    when = " " + _one(rng, when) if when and rng.random() < _WHEN_SHARE[sky] * 1.3 else ""
    things = list(dict.fromkeys(word for word in around if " is " not in word and " are " not in word))
    rng.shuffle(things)
    things = things[: int(rng.integers(1, 3))]
    said = f" {_one(rng, _WITH)} {' and '.join(things)}" if things else ""
    text = _FORMS[int(rng.choice(len(_FORMS), p=_WEIGHTS))][1].format(
        who="a person" if rng.random() < _PERSON else _one(rng, WHO),
        act=action,
        where=place,
        when=when,
        around=said,
        medium=_one(rng, _MEDIUM),
        tags="".join(f", {word}" for word in (when.strip(), *things) if word),
    )
    return " ".join(text.replace(" ,", ",").strip(" ,").split())


def _one(rng: np.random.Generator, choices):
    return choices[int(rng.integers(len(choices)))]
