"""The suite that made a report: its version and all of its properties."""

from __future__ import annotations

import importlib
import pkgutil
import zlib
from typing import NamedTuple

import conformance
import conformance.properties
from conformance.checking.property import Property


class Suite(NamedTuple):
    """A version of the suite, and its properties as (name, sentence, clause)."""

    version: str
    properties: tuple[tuple[str, str, str], ...]

    @property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits. They change when a property or its sentence changes."""
        return f"{zlib.crc32(repr(self.properties).encode()):08x}"

    def __str__(self) -> str:
        return f"{self.version} ({len(self.properties)} properties, {self.fingerprint})"


def this_suite() -> Suite:
    """The suite that is running."""
    collected: list[Property] = []
    for module in pkgutil.iter_modules(conformance.properties.__path__):
        members = vars(importlib.import_module(f"conformance.properties.{module.name}"))
        collected += [m.conformance_property for m in members.values() if _is_property(m)]
    properties = sorted((p.name, p.sentence, p.clause) for p in collected)
    return Suite(conformance.__version__, tuple(properties))


def _is_property(member: object) -> bool:
    return isinstance(getattr(member, "conformance_property", None), Property)
