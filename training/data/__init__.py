"""Pose data sets and their captions."""
