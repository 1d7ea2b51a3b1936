"""Things under test, one file each. `protocol` says what they must be able to do."""

from __future__ import annotations

from conformance.implementations.keras_tensorflow import KerasTensorFlow
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.own import load_own
from conformance.implementations.protocol import Implementation, ImplementationError

IMPLEMENTATIONS: dict[str, type[Implementation]] = {"keras": KerasTensorFlow, "numpy": NumpyLoop}


def load_implementation(name: str) -> Implementation:
    """The implementation of this name, or the user's own for ``module:object``.

    Raises:
        ImplementationError: the name is unknown (the choices are listed), or the object cannot
            be tested.
    """
    if name in IMPLEMENTATIONS:
        return IMPLEMENTATIONS[name]()
    if ":" in name:
        return load_own(name)
    raise ImplementationError(
        f"{name!r} is not an implementation: choose {', '.join(IMPLEMENTATIONS)} or module:object"
    )
