"""Pose and body or avatar to pictures, in plain torch: no ComfyUI, no display, no GL.

avatar = load_avatar("me.vrm")
figure = avatar_figure(avatar, pose)                      # the avatar in each pose of an SMPLPose
cameras = aim(CameraSettings(), figure, 512, 512)
pictures = take_pictures(figure, cameras)                 # RenderPasses: rgba, depth, normal, part
"""

from __future__ import annotations

from .avatar import Avatar, load_avatar
from .avatar_export import save_avatar_glb
from .body import Body, body_joints, body_mesh, load_body
from .body_export import save_body_glb
from .bvh import load_bvh, save_bvh
from .camera import Camera, auto_yaw, fit_camera
from .control import depth_picture, normal_picture
from .ground import ground_shadow
from .humanoid_override import parse_bone_override
from .keypoints import Keypoints
from .kimodo import kimodo_data, kimodo_pose, perform
from .landmarks import body_landmarks
from .light import Lighting
from .mesh import Material, Mesh, Texture
from .openpose import openpose_picture, pose_keypoints
from .render import RenderPasses, render, render_batch, render_gray
from .retarget import avatar_joints, floor_scale, pose_avatar, retarget
from .stage import CameraSettings, Figure, aim, aim_at_all, avatar_figure, gray_figure, take_pictures
from .vrma import load_vrma

__all__ = [
    "Avatar", "Body", "Camera", "CameraSettings", "Figure", "Keypoints", "Lighting", "Material", "Mesh",
    "RenderPasses", "Texture", "aim", "aim_at_all", "auto_yaw", "avatar_figure", "avatar_joints", "body_joints",
    "body_landmarks", "body_mesh", "depth_picture", "fit_camera", "floor_scale", "gray_figure", "ground_shadow",
    "kimodo_data", "kimodo_pose", "load_avatar", "load_body", "load_bvh", "load_vrma", "normal_picture",
    "openpose_picture", "parse_bone_override", "perform", "pose_avatar", "pose_keypoints", "render", "render_batch",
    "render_gray", "retarget", "save_avatar_glb", "save_body_glb", "save_bvh", "take_pictures",
]  # fmt: skip
