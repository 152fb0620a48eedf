"""Avatar picture -> scene: the conditioned UNet inside ComfyUI, and pasting the avatar back.

`color`, `downsample`, `latent_masks`, `unet_keys`, `checkpoint`, `paste` and its helpers are plain torch; training uses
them without ComfyUI. `model`, `loader` and `conditioning` need ComfyUI.
"""
