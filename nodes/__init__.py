"""ComfyUI nodes: schema, tooltips, unpack inputs, call the libraries, pack outputs. Nothing imports this package."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io


class AvatarSceneExtension(ComfyExtension):
    """The pack's nodes, for ComfyUI's V3 loader."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        from . import (
            avatar,
            backdrop,
            kimodo,
            lift,
            outpaint,
            paste,
            pose,
            pose_editor,
            pose_export,
            pose_files,
            prompt_list,
            render,
        )

        poses = (pose, prompt_list, pose_files, pose_editor, pose_export, lift, kimodo)
        modules = (*poses, avatar, render, outpaint, paste, backdrop)
        return [node for module in modules for node in module.NODES]
