"""The vocabulary of the places: skies, mid-grounds and iconic props, all in metres.

A prop is a function of the canvas s, where it stands (column x, ground row y) and p, the pixels of a metre there.
"""

from .country import barn, cow, fire, rocket, tent
from .indoors import bookcase, books, desk, easel, office_chair, picture, sofa
from .land import hills, ridge, rock
from .plants import bush, cactus, conifer, flower, palm, plant, tree
from .show import crowd, drums, mic, piano, speaker
from .sky import DAY, GLOW, GREY, NIGHT, SUNSET, cloud, planet, sky, stars
from .sport import barbell_rack, dumbbells, goal, treadmill
from .town import building, car, lamp, skyline, traffic_light, windows
from .under import UNDER, ball, basketball, blanket, board, mat, seat, skateboard, skis
from .water import coral, fish, glitter, sailboat, seaweed, umbrella

__all__ = [
    "DAY", "GLOW", "GREY", "NIGHT", "SUNSET", "UNDER", "ball", "barbell_rack", "barn", "basketball", "blanket", "board",
    "bookcase", "books", "building", "bush", "cactus", "car", "cloud", "conifer", "coral", "cow", "crowd", "desk",
    "drums", "dumbbells", "easel", "fire", "fish", "flower", "glitter", "goal", "hills", "lamp", "mat", "mic",
    "office_chair", "palm", "piano", "picture", "planet", "plant", "ridge", "rock", "rocket", "sailboat", "seat",
    "seaweed", "skateboard", "skis", "sky", "skyline", "sofa", "speaker", "stars", "tent", "traffic_light", "treadmill",
    "tree", "umbrella", "windows",
]  # fmt: skip
