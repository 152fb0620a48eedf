"""Synthetic scenes: posed avatars in painted places, with captions. The mini outpainter is trained on them."""
