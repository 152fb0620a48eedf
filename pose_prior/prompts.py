"""The one normaliser of prompts and training captions.

The paper prefixes every prompt with "A person (is)" (section 4.1); captions and prompts go through the same function,
so the model sees one way of speaking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NOT_GERUNDS = _words("""
    king ring thing something nothing anything everything spring string wing ceiling evening morning building wedding
    sibling viking being bring sting fling sling swing darling duckling earring pudding clothing painting
""")
_VERBS = _words("""
    acts aims attacks balances bakes bats begs bends blows bows brushes builds bursts carries catches celebrates checks
    cheers claps cleans climbs conducts cooks covers cowers crawls cries crosses crouches cuts dabs dances deadlifts
    digs directs dives does draws dribbles drinks drives eats embraces exercises falls feeds fights fishes fixes flexes
    flies folds gazes gestures gets gives goes grabs greets hammers hangs has hides hits holds hugs hurls inspects irons
    juggles jumps kicks kneels knits lands laughs leans leaps lies lifts limps listens looks lunges makes marches
    meditates mops nods opens paddles paints performs picks pitches plants plays points poses pours practices practises
    prays prepares presses pretends pulls punches pushes puts raises reaches reads relaxes rests rides rows rubs runs
    salutes scratches screams scrubs serves sews shakes shoots shouts shovels shows shrugs sings sits skates sketches
    skis sleeps slides slouches smells smokes snatches sneaks spins spreads sprints squats stands stares steps stirs
    stomps stoops strides stretches strikes strolls strums stumbles surfs sweeps swims swings taps tosses takes talks
    texts thinks throws tiptoes touches treads trips turns twists types uses vacuums waits walks warms washes watches
    waters waves wears welcomes whispers wields wipes works wraps wrestles writes yawns yells
""")
_PLACES = _words("""
    above across against among around asleep at atop behind below beneath beside between by crouched curled down facing
    hunched in inside kneeled knelt leaned near on onto outside over perched propped seated slumped under underneath
    underwater up upside
""")
_PROPERTIES = _words("with without")
_NOUNS_OR_GERUNDS = _words("building painting")  # "painting a fence", but "painting of a queen"
_DETERMINERS = _words("a an the his her their its my your some two three many")


@dataclass(frozen=True)
class Prompt:
    """A normalised prompt ("" means: no condition) and what the user should be told about it ("" if nothing)."""

    text: str
    note: str = ""


def normalise(text: str, count_tokens: Callable[[str], int] | None = None, limit: int = 0) -> Prompt:
    """Lower-case `text`, collapse its white space and phrase it as "a person ...".

    A text that starts with a gerund or a place becomes "a person is ...", one that starts with a verb "a person ...";
    everything else keeps its own subject. With `count_tokens`, a text of more than `limit` tokens is cut after a word.
    """
    words = str(text).lower().split()
    if not words:
        return Prompt("", "the prompt is empty: the pose is sampled without text")
    while words and not any(character.isalnum() for character in words[0]) and len(words) > 1:
        words = words[1:]
    words = _subject(words) + words
    normalised = " ".join(words)
    if count_tokens is None or count_tokens(normalised) <= limit:
        return Prompt(normalised)
    kept = _longest_prefix(words, count_tokens, limit)
    if not kept:
        return Prompt("", "the prompt is one overlong word: the pose is sampled without text")
    return Prompt(kept, f"the prompt is longer than {limit} tokens and was cut after '{kept.split()[-1]}'")


def _subject(words: list[str]) -> list[str]:
    """What to put before a text that begins with a verb phrase."""
    first = words[0].strip(".,;:!?\"'()")
    if first in _PROPERTIES or first in _VERBS:
        return ["a", "person"]
    gerund = len(first) > 4 and first.endswith("ing") and first not in _NOT_GERUNDS
    gerund = gerund or (first in _NOUNS_OR_GERUNDS and len(words) > 1 and words[1] in _DETERMINERS)
    return ["a", "person", "is"] if gerund or first in _PLACES else []


def _longest_prefix(words: list[str], count_tokens: Callable[[str], int], limit: int) -> str:
    """The most leading words that fit, by bisection."""
    low, high = 0, min(len(words), limit)  # a word is at least one token
    while low < high:
        middle = (low + high + 1) // 2
        if count_tokens(" ".join(words[:middle])) <= limit:
            low = middle
        else:
            high = middle - 1
    return " ".join(words[:low])
