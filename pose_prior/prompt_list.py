"""Many prompts in one text: a line each, as people keep them in files and type them into a node."""

from __future__ import annotations

import re
from pathlib import Path

MAX_BYTES = 4 * 2**20  # of a file
MAX_CHARACTERS = 2_000  # of a prompt
_NAME_CHARACTERS = 48  # of a prompt in a file's name


def split_prompts(text: str) -> list[str]:
    """The prompts of a text, one a line without the space around it; empty lines and lines that begin with # are none.

    Raises ValueError for a line that is too long or holds a NUL, with its number.
    """
    prompts = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if len(line) > MAX_CHARACTERS:
            raise ValueError(f"line {number} has {len(line)} characters, at most {MAX_CHARACTERS}; break the text up")
        if "\0" in line:
            raise ValueError(f"line {number} holds a NUL; this is no text")
        prompts.append(line)
    return prompts


def read_prompts(path: Path) -> list[str]:
    """The prompts of a UTF-8 text file, with or without a byte order mark, with any line ends.

    Raises ValueError, with the file's name, for a file that is too large, no UTF-8, or has such lines as
    `split_prompts` refuses.
    """
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES // 2**20} MB; part it into several files")
        return split_prompts(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path.name!r}: byte {error.start + 1} is not UTF-8; save the file as UTF-8 plain text"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path.name!r}: {error}") from None


def file_name(index: int, prompt: str) -> str:
    """A name for what a prompt makes, fit for every file system: its number and its first words."""
    words = re.sub(r"\W+", "_", prompt).strip("_")[:_NAME_CHARACTERS].rstrip("_")
    return f"{index:04}_{words}" if words else f"{index:04}"
