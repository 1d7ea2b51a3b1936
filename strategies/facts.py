"""What a condition of a known deviation may ask of what is drawn.

A class of what is drawn has a property ``facts``, a value for each name, and declares the names
with `has_facts`. A condition is asked of whatever is drawn, and so each name has a value for what
does not have the fact, too.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any, Callable, TypeVar

Drawn = TypeVar("Drawn", bound=type)

_DECLARED: dict[str, Any] = {}


def has_facts(**elsewhere: Any) -> Callable[[Drawn], Drawn]:
    """Declare the facts of a class, each with its value for what is of another class."""

    def declare(drawn: Drawn) -> Drawn:
        _DECLARED.update(elsewhere)
        return drawn

    return declare


def facts_elsewhere() -> dict[str, Any]:
    """Every fact that is declared in this package, with its value for what does not have it."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"strategies.{module.name}")
    return dict(_DECLARED)
