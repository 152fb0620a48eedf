"""PASLiftPose: people that a pose estimator found in a picture, as 3D poses."""

from __future__ import annotations

from comfy_api.latest import io

from .compat import check_values, expert, node_schema
from .files import VPOSER_FILE, check_file, file_fingerprint
from .pose import load_vposer_file, vposer_input
from .progress import reporter
from .sockets import AvatarSocket, CameraSocket, PoseKeypointSocket, SMPLPoseSocket

_BUNDLED = "bundled/vposer.safetensors"
_LARGEST_SIDE = 4096  # of the pictures that render nodes make


def choose(people: list, index: int, name: str) -> list:
    """The person of this index, or all (-1) but those with a `shortfall`, as people at a photograph's edge have."""
    if index >= len(people):
        raise ValueError(f"index: {name} holds {len(people)} people, numbered from 0; {index} is not one of them")
    if index < 0:
        return [person for person in people if not person.shortfall]
    if people[index].shortfall:
        raise ValueError(f"index: person {index} of {name} {people[index].shortfall}")
    return people[index : index + 1]


def lift(people: list, vposer: str = _BUNDLED, focal_mm: float = 50.0):
    """`pose_prior.Lifted` of people, with progress and interrupt. vposer: its file's name in the graph."""
    from ..pose_prior import Landmarks, lift_people
    from ..rendering import body_landmarks, load_body

    body = load_body()
    landmarks = Landmarks(*body_landmarks(body), body.rest_joints)
    return lift_people(people, landmarks, load_vposer_file(vposer), focal_mm=focal_mm, callback=reporter(len(people)))


def _cameras(lifted, avatar) -> tuple:
    """The cameras that see every lifted pose, on the avatar or the body itself, where its person is in the picture."""
    import torch

    from ..rendering import Camera, floor_scale, load_body

    body, cameras = load_body(), []
    scale, floor = (1.0, torch.zeros(3)) if avatar is None else floor_scale(avatar, body)  # how retargeting enlarges
    pelvis = floor + scale * (body.rest_joints[0] - floor)
    for place, focal, (width, height) in zip(scale * lifted.place, lifted.focal.tolist(), lifted.size.tolist()):
        share = min(1.0, _LARGEST_SIDE / max(width, height))
        width, height = (max(1, round(share * side)) for side in (width, height))
        cameras.append(Camera(torch.eye(3), place - pelvis, share * focal, width, height))
    return tuple(cameras)


class PASLiftPose(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id="PASLiftPose",
            display_name="Lift Keypoints to 3D Pose",
            category="avatar-scene/pose",
            description="Finds the 3D poses of people whose 2D keypoints are known: from DWPose, OpenPose or SDPose on "
            "a photograph, or from an OpenPose editor.",
            search_aliases=["pose from photo", "pose from image", "OpenPose to 3D", "DWPose", "2D to 3D", "SMPLify"],
            inputs=[
                PoseKeypointSocket.Input(
                    "keypoints", tooltip="POSE_KEYPOINT of a pose estimator or OpenPose editor: body, hands if known."
                ),
                io.Int.Input(
                    "index",
                    default=-1,
                    min=-1,
                    max=255,
                    tooltip="Which person, counted from 0 through all pictures. -1 takes all, one pose each.",
                ),
                expert(
                    io.Float.Input(
                        "focal_mm",
                        default=50.0,
                        min=10.0,
                        max=400.0,
                        step=1.0,
                        tooltip="The photograph's focal length as on a 35 mm camera: phones have about 26, portraits "
                        "85. It matters for limbs that come towards the camera.",
                    )
                ),
                vposer_input(),
                AvatarSocket.Input(
                    "avatar",
                    optional=True,
                    tooltip="The avatar that the camera will see. It then has the person's size in the picture, "
                    "however tall it is.",
                ),
            ],
            outputs=[
                SMPLPoseSocket.Output(display_name="pose", tooltip="One pose a person, in the order of the keypoints."),
                CameraSocket.Output(
                    display_name="camera",
                    tooltip="The photograph's camera: RetargetAndRender with it draws the avatar where the person is, "
                    "at the photograph's size.",
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, vposer) -> bool | str:
        return check_file(VPOSER_FILE, vposer)

    @classmethod
    def fingerprint_inputs(cls, vposer, **_) -> tuple:
        return (file_fingerprint(VPOSER_FILE, vposer),)

    @classmethod
    def execute(cls, keypoints, index, focal_mm, vposer, avatar=None) -> io.NodeOutput:
        from ..pose_prior import read_people

        check_values(cls, focal_mm=focal_mm)
        try:
            people = read_people(keypoints)
        except ValueError as error:
            raise ValueError(f"keypoints: {error}") from None
        lifted = lift(choose(people, index, "keypoints"), vposer, focal_mm)
        return io.NodeOutput(lifted.pose, _cameras(lifted, avatar))


NODES = [PASLiftPose]
