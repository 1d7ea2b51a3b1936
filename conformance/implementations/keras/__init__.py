"""Keras, 2 and 3, on every backend: how its layers are built, run, saved and trained."""
