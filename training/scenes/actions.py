"""What people do in scenes: how captions say it, what the hands hold, which body it needs.

Actions of one place only are told by the place itself (`places`); they are posed from their own words.
"""

from __future__ import annotations

from dataclasses import dataclass

from .places import PLACES


@dataclass(frozen=True)
class Action:
    """Something a person does.

    name:   how captions say it first; prompt: what the pose model is asked for.
    says:   all its wordings, gerunds.
    bases:  bodies that fit (stand, sit, floor, lie); a pose that falls out otherwise is not used. Empty: any.
    motion: the base the sprites go under whatever carries them (walk, run, jump, swim), or "" to tell it from the pose.
    hold:   what the hands hold (`held.HELD`), or "".
    poses:  how many poses are baked.
    """

    name: str
    prompt: str
    says: tuple[str, ...]
    bases: tuple[str, ...] = ()
    motion: str = ""
    hold: str = ""
    poses: int = 4


def _general(
    says: str, bases: str = "stand", motion: str = "", hold: str = "", prompt: str = "", poses: int = 4
) -> Action:
    wordings = tuple(says.split(" / "))
    return Action(wordings[0], prompt or wordings[0], wordings, tuple(bases.split()), motion, hold, poses)


GENERAL = (
    _general("standing / standing still / just standing there"),
    _general("posing / posing for a photo / striking a pose", prompt="posing with one hand on the hip"),
    _general("waving / waving hello / waving at the camera / saying hi"),
    _general("waving with both arms / waving with both hands / greeting a friend", prompt="waving with both arms"),
    _general("raising both arms / throwing their arms in the air / cheering / celebrating"),
    _general("pointing at something / pointing / pointing into the distance", prompt="pointing into the distance"),
    _general("pointing up / pointing at the sky", prompt="pointing up with the right hand"),
    _general("thinking / thinking hard / lost in thought", "stand sit", prompt="thinking with a hand on the chin"),
    _general("crossing their arms / standing with crossed arms", prompt="standing with crossed arms"),
    _general("putting their hands on their hips / standing with hands on hips", prompt="hands on the hips"),
    _general("giving a thumbs up / showing a thumbs up"),
    _general("saluting / giving a salute"),
    _general("bowing / taking a bow"),
    _general("clapping / clapping their hands / applauding"),
    _general("laughing / laughing out loud", "stand sit"),
    _general("shrugging / shrugging their shoulders"),
    _general("looking around / looking into the distance / enjoying the view", prompt="looking into the distance"),
    _general("walking / taking a walk / strolling / wandering around", motion="walk", poses=6),
    _general("sneaking / tiptoeing", motion="walk", poses=2),
    _general("running / sprinting / jogging / running fast", motion="run", poses=6),
    _general("jumping / jumping high / jumping for joy / leaping", motion="jump", prompt="jumping high", poses=5),
    _general("doing jumping jacks", motion="jump", poses=2),
    _general("dancing / dancing happily / doing a dance", poses=6),
    _general("doing ballet / doing an arabesque", prompt="doing an arabesque", poses=3),
    _general("doing yoga / practicing yoga / holding a yoga pose", "stand floor lie", poses=8),
    _general("doing a tree pose / balancing on one leg / standing on one leg", prompt="doing the tree pose", poses=3),
    _general("meditating / sitting in lotus pose / sitting cross-legged", "floor", prompt="meditating", poses=5),
    _general("stretching / doing stretches", "stand floor"),
    _general("exercising / working out", "stand floor"),
    _general("doing squats / squatting", "stand floor", prompt="squatting", poses=3),
    _general("doing a lunge / lunging", "stand floor", prompt="doing a lunge", poses=3),
    _general("doing push-ups / holding a plank", "floor lie", prompt="doing push-ups", poses=3),
    _general("doing a handstand", "", prompt="doing a handstand", poses=2),
    _general("doing karate / practicing karate / doing martial arts / fighting", prompt="doing karate"),
    _general("kicking / doing a high kick", prompt="kicking high", poses=3),
    _general("boxing / throwing a punch / shadow boxing", prompt="boxing"),
    _general("sitting / sitting down / taking a rest / having a seat", "sit", prompt="sitting on a chair", poses=6),
    _general("sitting with crossed legs / relaxing / taking a break", "sit", prompt="sitting with crossed legs"),
    _general("sitting on the ground / sitting on the floor", "floor", prompt="sitting on the floor", poses=5),
    _general("kneeling / kneeling down / going down on one knee", "floor", prompt="kneeling on one knee"),
    _general("crouching / crouching down", "floor stand", prompt="crouching", poses=3),
    _general("lying down / lying on the ground / lying on their back", "lie", prompt="lying on the back", poses=5),
    _general("swimming / swimming freestyle / diving", "lie", "swim", prompt="swimming", poses=6),
    _general("floating / floating weightlessly / drifting", "", "swim", prompt="floating in the air", poses=4),
    _general("kicking a ball / playing soccer / playing football", prompt="kicking a ball"),
    _general("throwing a ball / playing catch", hold="ball", prompt="throwing a ball", poses=3),
    _general("dribbling a basketball / playing basketball", prompt="dribbling a basketball", poses=3),
    _general("juggling", hold="juggle", poses=3),
    _general("playing the guitar / strumming a guitar", "stand sit", hold="guitar", prompt="playing the guitar"),
    _general("playing the violin", hold="violin", poses=2),
    _general("singing / singing into a microphone / singing a song", hold="mic", prompt="singing into a microphone"),
    _general(
        "reading a book / reading / holding a book", "stand sit floor", hold="book", prompt="reading a book", poses=5
    ),
    _general("looking at their phone / texting", "stand sit", hold="phone", prompt="texting on a phone"),
    _general("talking on the phone / making a phone call", "stand sit", hold="phone", prompt="talking on the phone"),
    _general("taking a photo / taking pictures", hold="camera", prompt="taking a photo with a camera"),
    _general("taking a selfie", hold="phone", prompt="taking a selfie", poses=3),
    _general("drinking / drinking coffee / having a drink", "stand sit", hold="cup", prompt="drinking from a cup"),
    _general("eating / having a snack", "stand sit", hold="apple", prompt="eating an apple", poses=3),
    _general("carrying a box / carrying a heavy box", hold="box", prompt="carrying a box"),
    _general("holding an umbrella", hold="umbrella", prompt="holding an umbrella", poses=3),
    _general("holding a bunch of flowers / holding flowers", hold="flowers", prompt="holding flowers", poses=3),
    _general("swinging a sword / fighting with a sword", hold="sword", prompt="swinging a sword", poses=3),
    _general("playing tennis / serving a tennis ball", hold="racket", prompt="playing tennis", poses=3),
    _general("playing golf / swinging a golf club", hold="club", prompt="swinging a golf club", poses=2),
    _general("sweeping the floor / sweeping", hold="broom", prompt="sweeping the floor", poses=3),
    _general("lifting weights / lifting a barbell", hold="barbell", prompt="lifting a barbell overhead", poses=3),
)  # fmt: skip

# What the actions of places put into the hands, by words of theirs.
_HOLDS = {
    "guitar": "guitar", "violin": "violin", "phone": "phone", "selfie": "phone", "photo": "camera", "coffee": "cup",
    "drinking": "cup", "reading": "book", "learning": "book", "book": "book", "sword": "sword", "tennis": "racket",
    "golf": "club", "sweeping": "broom", "raking": "broom", "weights": "barbell", "singing": "mic", "fishing": "rod",
    "painting": "brush", "drawing": "brush", "cooking": "spoon", "baking": "spoon", "dinner": "spoon", "box": "box",
    "unloading": "box", "roses": "flowers", "digging": "shovel", "gardening": "shovel", "barnacles": "brush",
    "watering": "can", "archery": "bow", "teeth": "brush", "marshmallows": "spoon", "suitcase": "suitcase",
    "flag": "flag", "mining": "shovel",
}  # fmt: skip
_NEVER = ("looking for", "boxing", "painting the eiffel", "posing", "the paintings", "a painting")
_MOTIONS = ("walk", "run", "jump", "swim")


def place_actions() -> list[Action]:
    """The own actions of all places; one that several places share is listed once."""
    found: dict[str, set[str]] = {}
    for place in PLACES.values():
        for words, bases in place["acts"]:
            found.setdefault(words, set()).update(bases)
    known = {words for action in GENERAL for words in action.says}
    return [_of_place(words, bases) for words, bases in found.items() if words not in known]


def _of_place(words: str, bases: set[str]) -> Action:
    hold = "" if any(n in words for n in _NEVER) else next((held for key, held in _HOLDS.items() if key in words), "")
    motion = next((m for m in _MOTIONS if m in bases), "") if bases <= set(_MOTIONS) else ""
    carried = tuple(sorted({"stand" if base in ("walk", "run", "jump") else base for base in bases} - {"swim"}))
    return Action(words, words, (words,), carried, motion, hold, poses=1)


def all_actions() -> list[Action]:
    """Everything that is baked."""
    return [*GENERAL, *place_actions()]
