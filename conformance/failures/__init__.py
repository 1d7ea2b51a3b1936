"""The description of a failure, and the script that reproduces it."""
