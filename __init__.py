"""avatar-scene: a picture of your own avatar doing what the prompt says. The pack's front door for ComfyUI."""

WEB_DIRECTORY = "./web"


async def comfy_entrypoint():
    """ComfyUI's V3 entry point: registers model folders and routes, and returns the extension with all nodes.

    Raises ImportError, which ComfyUI logs, where a package of requirements.txt is missing.
    """
    from .nodes import AvatarSceneExtension
    from .nodes.avatar_preview import register_route
    from .nodes.dependencies import check_dependencies
    from .nodes.files import register_model_folders
    from .nodes.routes import register_routes

    check_dependencies()
    register_model_folders()
    register_route()
    register_routes()
    return AvatarSceneExtension()
