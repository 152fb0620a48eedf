"""Text to pose: TextToSMPLPose, VPoserDecode, PASRankPoses."""

from __future__ import annotations

import functools
from pathlib import Path

from comfy_api.latest import io

from .clip_ranking import clip_scores
from .compat import expert, node_schema
from .files import POSE_MODEL_FILE, VPOSER_FILE, check_file, file_fingerprint, find_file, list_files
from .progress import reporter, say
from .sockets import AvatarSocket, PoseCodeSocket, SMPLPoseSocket

CATEGORY = "avatar-scene/pose"


@functools.lru_cache(maxsize=2)
def _vposer(path: Path, _fingerprint: tuple):
    from ..pose_prior import load_vposer

    return load_vposer(path)


@functools.lru_cache(maxsize=2)
def _pose_prior(model: Path, vposer: Path, _fingerprint: tuple):
    from ..pose_prior import PosePrior, TextToPose, load_ranker, load_vposer

    return PosePrior(TextToPose.load(model), load_vposer(vposer), load_ranker())


def load_vposer_file(name: str):
    """VPoser behind a graph's file name, kept between runs until the file changes."""
    return _vposer(find_file(VPOSER_FILE, name), (file_fingerprint(VPOSER_FILE, name),))


def load_pose_prior(model: str, vposer: str):
    """The text-to-pose models behind two graph file names, kept between runs until a file changes."""
    fingerprint = (file_fingerprint(POSE_MODEL_FILE, model), file_fingerprint(VPOSER_FILE, vposer))
    return _pose_prior(find_file(POSE_MODEL_FILE, model), find_file(VPOSER_FILE, vposer), fingerprint)


def _model_input() -> io.Combo.Input:
    return expert(
        io.Combo.Input(
            "model",
            options=list_files(POSE_MODEL_FILE),
            tooltip="The text-to-pose model: the bundled one, or a file of models/pas_pose.",
        )
    )


def vposer_input() -> io.Combo.Input:
    return expert(
        io.Combo.Input(
            "vposer",
            options=list_files(VPOSER_FILE),
            tooltip="The pose prior that turns codes into human poses: the bundled one, or a file of models/vposer.",
        )
    )


class TextToSMPLPose(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="TextToSMPLPose",
            display_name="Text to SMPL Pose",
            category=CATEGORY,
            description="Makes 3D body poses for a prompt with a diffusion transformer and ranks them, best first.",
            search_aliases=["text to pose", "pose from prompt", "SMPL", "VPoser", "body pose", "action to pose"],
            inputs=[
                io.String.Input(
                    "prompt",
                    multiline=True,
                    default="a person is doing yoga on the beach",
                    tooltip="What the person does. The scene may be named too. Empty gives a random human pose.",
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF,
                    control_after_generate=True,
                    tooltip="The same seed, prompt and settings give the same poses.",
                ),
                io.Int.Input(
                    "candidates",
                    default=40,
                    min=1,
                    max=256,
                    tooltip="How many poses to try; they cost little. The ranking model keeps those that fit the "
                    "prompt best. 5 gives more surprises.",
                ),
                io.Int.Input(
                    "keep",
                    default=1,
                    min=1,
                    max=256,
                    tooltip="How many of the candidates to return: the best, then others that fit well and differ.",
                ),
                io.Int.Input(
                    "steps", default=25, min=1, max=200, tooltip="Denoising steps. 10 is a draft, 25 is plenty."
                ),
                io.Float.Input(
                    "guidance_scale",
                    default=1.5,
                    min=0.0,
                    max=20.0,
                    step=0.1,
                    tooltip="How strongly the pose follows the text (classifier-free guidance). 0 ignores the text, "
                    "1 is no guidance, high values exaggerate and lose variety.",
                ),
                expert(
                    io.Combo.Input(
                        "sampler",
                        options=["dpm++", "ddim"],
                        default="dpm++",
                        tooltip="The diffusion solver: DPM-Solver++ (fewer steps) or DDIM.",
                    )
                ),
                _model_input(),
                vposer_input(),
            ],
            hidden=[io.Hidden.unique_id],
            outputs=[
                SMPLPoseSocket.Output(display_name="pose", tooltip="The kept poses, best first."),
                PoseCodeSocket.Output(
                    display_name="code", tooltip="The same poses as sampled, before the pose prior; for VPoserDecode."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, model) -> bool | str:
        return check_file(POSE_MODEL_FILE, model)

    @classmethod
    def fingerprint_inputs(cls, model, vposer, **_) -> tuple:
        return file_fingerprint(POSE_MODEL_FILE, model), file_fingerprint(VPOSER_FILE, vposer)

    @classmethod
    def execute(cls, prompt, seed, candidates, keep, steps, guidance_scale, sampler, model, vposer) -> io.NodeOutput:
        if keep > candidates:
            raise ValueError(
                f"keep: {keep} poses cannot be kept of {candidates} candidates; raise candidates or lower keep"
            )
        report, prior = reporter(steps), load_pose_prior(model, vposer)
        if note := prior.text_to_pose.prompts([prompt])[0].note:
            say(cls, note)
        pose, code = prior.generate(
            [prompt],
            candidates,
            oversampling=1,
            seed=seed,
            steps=steps,
            guidance_scale=guidance_scale,
            sampler=sampler,
            callback=lambda step, _total: report(step),
        )
        best = list(range(keep))
        return io.NodeOutput(pose.select(best), code.select(best))


class VPoserDecode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="VPoserDecode",
            display_name="VPoser Decode",
            category=CATEGORY,
            description="Decodes sampled pose codes with VPoser, or pulls any pose towards what human bodies do.",
            search_aliases=["pose prior", "regularize pose", "make it human", "VPoser"],
            inputs=[
                io.Float.Input(
                    "strength",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="How far the prior pulls: 0 leaves a pose as it is, 1 takes VPoser's reconstruction. "
                    "VPoser codes have no pose of their own and are always decoded whole.",
                ),
                vposer_input(),
                PoseCodeSocket.Input(
                    "code", optional=True, tooltip="Codes from TextToSMPLPose. Connect this or a pose, not both."
                ),
                SMPLPoseSocket.Input(
                    "pose", optional=True, tooltip="A pose to regularise. Connect this or a code, not both."
                ),
            ],
            outputs=[SMPLPoseSocket.Output(display_name="pose", tooltip="The decoded or regularised poses.")],
        )

    @classmethod
    def validate_inputs(cls, vposer) -> bool | str:
        return check_file(VPOSER_FILE, vposer)

    @classmethod
    def fingerprint_inputs(cls, vposer, **_) -> tuple:
        return (file_fingerprint(VPOSER_FILE, vposer),)

    @classmethod
    def execute(cls, strength, vposer, code=None, pose=None) -> io.NodeOutput:
        from ..pose_prior import decode, regularize

        if (code is None) == (pose is None):
            raise ValueError("VPoserDecode: connect either code or pose, and only one of them")
        prior = load_vposer_file(vposer)
        if code is not None:
            return io.NodeOutput(decode(code, prior, strength))
        return io.NodeOutput(regularize(pose, prior, strength))


class PASRankPoses(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASRankPoses",
            display_name="Rank Poses",
            category=CATEGORY,
            description=(
                "Sorts poses by how well they fit a prompt and keeps the best. Nothing is rendered for it, unless clip "
                "and clip_vision are connected: then CLIP compares pictures of the poses with the prompt."
            ),
            search_aliases=["best of n", "select pose", "sort poses"],
            inputs=[
                SMPLPoseSocket.Input("pose", tooltip="The poses to rank."),
                io.String.Input(
                    "prompt",
                    multiline=True,
                    default="",
                    tooltip="What the pose should show. Empty: each pose is ranked by its own prompt.",
                ),
                io.Int.Input("keep", default=1, min=1, max=64, tooltip="How many poses to return, best first."),
                _model_input(),
                vposer_input(),
                io.Clip.Input(
                    "clip",
                    optional=True,
                    tooltip="CLIP's text half, with its projection (a whole CLIP-ViT-L file, or SDXL's). Connect "
                    "clip_vision too, to rank by pictures.",
                ),
                io.ClipVision.Input(
                    "clip_vision", optional=True, tooltip="CLIP's picture half, of the same CLIP as the text half."
                ),
                AvatarSocket.Input(
                    "avatar", optional=True, tooltip="Who is drawn for CLIP. Without one it sees the gray body."
                ),
            ],
            outputs=[
                SMPLPoseSocket.Output(display_name="pose", tooltip="The kept poses, best first."),
                io.Float.Output(
                    display_name="scores", is_output_list=True, tooltip="Their scores, -1 to 1, higher fits better."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, model) -> bool | str:
        return check_file(POSE_MODEL_FILE, model)

    @classmethod
    def fingerprint_inputs(cls, model, vposer, **_) -> tuple:
        return file_fingerprint(POSE_MODEL_FILE, model), file_fingerprint(VPOSER_FILE, vposer)

    @classmethod
    def execute(cls, pose, prompt, keep, model, vposer, clip=None, clip_vision=None, avatar=None) -> io.NodeOutput:
        texts = [prompt] * len(pose) if prompt.strip() else list(pose.texts)
        if (clip is None) != (clip_vision is None):
            raise ValueError("PASRankPoses: connect both clip and clip_vision to rank by pictures, or neither")
        if clip is None:
            scores = load_pose_prior(model, vposer).rank(pose, texts)
        else:
            scores = clip_scores(pose, texts, clip, clip_vision, avatar)
        order = scores.argsort(descending=True, stable=True)[:keep]
        return io.NodeOutput(pose.select(order), scores[order].tolist())


NODES = [TextToSMPLPose, VPoserDecode, PASRankPoses]
