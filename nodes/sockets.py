"""The pack's own socket types. What each holds is written where its class lives."""

from __future__ import annotations

from comfy_api.latest import io

SMPLPoseSocket = io.Custom("SMPL_POSE")  # smpl.SMPLPose
PoseCodeSocket = io.Custom("POSE_CODE")  # pose_prior.PoseCode
AvatarSocket = io.Custom("AVATAR")  # rendering.Avatar
CameraSocket = io.Custom("PAS_CAMERA")  # rendering.CameraSettings, or a tuple of rendering.Camera, one a pose
PoseKeypointSocket = io.Custom("POSE_KEYPOINT")  # ComfyUI's own: a list of OpenPose frames
KimodoSocket = io.Custom("KIMODO_POSE_DATA")  # core's: see rendering.kimodo
