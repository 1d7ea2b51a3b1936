"""What must hold: the equations, how far rounding may lead from them, and who is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.from_python import check_implementation, parametrize_with_properties
    from conformance.implementations.protocol import Answer, Gradients, Implementation, Network

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Gradients",
    "Implementation",
    "Network",
    "check_implementation",
    "parametrize_with_properties",
]


def __getattr__(name: str) -> Any:
    """What users import from here; loaded on demand, because the parts import this package."""
    from importlib import import_module

    if name in ("Answer", "Gradients", "Implementation", "Network"):
        return getattr(import_module("conformance.implementations.protocol"), name)
    if name in __all__:
        return getattr(import_module("conformance.from_python"), name)
    raise AttributeError(f"module 'conformance' has no attribute {name!r}")
