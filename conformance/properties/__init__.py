"""The specification: one file for each clause, one function for each statement."""

from __future__ import annotations

import importlib
import pkgutil

from conformance.checking.property import Property


def all_properties() -> dict[str, Property]:
    """Every property by the name of its function; the functions stay where pytest looks."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if hasattr(value, "conformance_property"):
                found[value.__name__] = value.conformance_property
    return found
