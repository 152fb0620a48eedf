"""PASPromptList: many prompts, typed or from a text file; what stands behind it runs once for each."""

from __future__ import annotations

from comfy_api.latest import io

from .compat import node_schema
from .files import PROMPT_FILE, check_file, file_fingerprint, find_file, list_files
from .progress import say

_NO_FILE = "none"
_MAX_COUNT = 1000  # of one run, which holds the pictures of all its prompts in memory
_FOLDER = "prompts"  # in ComfyUI's output folder


def _all_prompts(prompts: str, file: str) -> list[str]:
    """Every prompt of the node: those typed, then those of the file."""
    from ..pose_prior.prompt_list import read_prompts, split_prompts

    try:
        typed = split_prompts(prompts)
    except ValueError as error:
        raise ValueError(f"prompts: {error}") from None
    if file == _NO_FILE:
        return typed
    try:
        return typed + read_prompts(find_file(PROMPT_FILE, file))
    except ValueError as error:
        raise ValueError(f"file: {error}") from None


def _part(prompts: list[str], start: int, count: int) -> list[tuple[int, str]]:
    """(number, prompt) of the part that is asked for. Raises ValueError if there is none."""
    if not prompts:
        raise ValueError("prompts: there is none; write one a line, or choose a file that holds some")
    if start >= len(prompts):
        raise ValueError(f"start: there are {len(prompts)} prompts, numbered from 0; {start} is not one of them")
    return list(enumerate(prompts))[start : start + count]


class PASPromptList(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASPromptList",
            display_name="Prompt List",
            category="avatar-scene/pose",
            description="Many prompts, one a line, typed or from a text file. All nodes behind it run once for each.",
            search_aliases=["batch prompts", "prompts from file", "text file", "multiple prompts", "for each line"],
            inputs=[
                io.String.Input(
                    "prompts",
                    multiline=True,
                    default="a person is waving\na person is running",
                    tooltip="One prompt a line. Empty lines and lines that begin with # are left out.",
                ),
                io.Combo.Input(
                    "file",
                    options=[_NO_FILE, *list_files(PROMPT_FILE)],
                    default=_NO_FILE,
                    optional=True,
                    tooltip="A .txt file of ComfyUI's input folder, one prompt a line, UTF-8. Its prompts come after "
                    "those written here.",
                ),
                io.Int.Input(
                    "start",
                    default=0,
                    min=0,
                    max=9_999_999,
                    optional=True,
                    tooltip="The number of the first prompt to take, from 0.",
                ),
                io.Int.Input(
                    "count",
                    default=100,
                    min=1,
                    max=_MAX_COUNT,
                    optional=True,
                    tooltip="How many prompts to take at most. One run holds the pictures of all of them in memory.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
            outputs=[
                io.String.Output(display_name="prompt", is_output_list=True, tooltip="The prompts, one by one."),
                io.Int.Output(
                    display_name="index",
                    is_output_list=True,
                    tooltip="The number of each prompt, from 0; as a seed it makes each pose another.",
                ),
                io.String.Output(
                    display_name="name",
                    is_output_list=True,
                    tooltip="For filename_prefix of Save Image: a folder, the number and the first words, such as "
                    "prompts/0000_a_person_is_waving.",
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, file=None) -> bool | str:
        return True if file in (None, _NO_FILE) else check_file(PROMPT_FILE, file)  # None: linked

    @classmethod
    def fingerprint_inputs(cls, file=_NO_FILE, **_) -> tuple[str, int, int] | str:
        return file_fingerprint(PROMPT_FILE, file)

    @classmethod
    def execute(cls, prompts, file=_NO_FILE, start=0, count=100) -> io.NodeOutput:
        from ..pose_prior.prompt_list import file_name

        every = _all_prompts(prompts, file)
        part = _part(every, start, count)
        if len(part) < len(every):
            say(cls, f"prompts {part[0][0]} to {part[-1][0]}, numbered from 0, of {len(every)}")
        return io.NodeOutput(
            [prompt for _, prompt in part],
            [index for index, _ in part],
            [f"{_FOLDER}/{file_name(index, prompt)}" for index, prompt in part],
        )


NODES = [PASPromptList]
