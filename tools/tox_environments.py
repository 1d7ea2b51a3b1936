"""The environments of tox.ini that are versions of TensorFlow and of Keras."""

from __future__ import annotations

import configparser
from pathlib import Path

TOX = Path(__file__).resolve().parent.parent / "tox.ini"
#: The labels of these environments.
LABELS = ("versions", "keras")


def labels() -> dict[str, list[str]]:
    """The labels of tox.ini, with their environments."""
    config = configparser.RawConfigParser()
    config.read(TOX, encoding="utf-8")
    lines = [line for line in config["tox"]["labels"].splitlines() if "=" in line]
    pairs = [line.split("=", 1) for line in lines]
    return {name.strip(): [n.strip() for n in names.split(",")] for name, names in pairs}


def environments() -> list[str]:
    """The names of all versions, in the order of tox.ini."""
    found = labels()
    return [name for label in LABELS for name in found[label]]
