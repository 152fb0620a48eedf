"""Scripts that print how fast and how well each part works."""
