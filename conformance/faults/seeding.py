"""A fault is seeded into an implementation: into the NumPy loop, or into Keras."""

from __future__ import annotations

from typing import Any

from conformance.faults.catalogue import FAULTS, Fault, faults_of
from conformance.implementations.capabilities import GRADIENTS
from conformance.implementations.keras.tensorflow import (
    KerasComposition,
    KerasNetwork,
    KerasTensorFlow,
    load_tensorflow,
)
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.protocol import Implementation, ImplementationError
from strategies import NetworkSize
from strategies.wrappers import ArchitectureSize


class FaultyNumpy(NumpyLoop):
    """The NumPy loop with a fault: ``--implementation numpy --fault NAME``."""

    def __init__(self, fault: Fault) -> None:
        self.name = f"numpy+{fault.name}"
        assert fault.numpy is not None
        self.network_class = fault.numpy
        if fault.group != "gradients":
            # What is wrong forwards is not asked backwards: it is written for arrays.
            self.capabilities = NumpyLoop.capabilities - {GRADIENTS}


class FaultyKeras(KerasTensorFlow):
    """Keras with a fault, patched in when the first network is built."""

    def __init__(self, fault: Fault) -> None:
        assert fault.keras is not None
        self.name = f"keras+{fault.name}"
        self.patch = fault.keras
        self.patched = False

    def network(self, size: NetworkSize, dtype: str) -> KerasNetwork:
        self.seed()
        return super().network(size, dtype)

    def network_for_cases(self, size: NetworkSize, dtype: str) -> KerasNetwork:
        self.seed()
        return super().network_for_cases(size, dtype)

    def composition(self, size: ArchitectureSize, dtype: str) -> KerasComposition:
        self.seed()
        return super().composition(size, dtype)

    def library(self) -> Any:
        self.seed()
        return super().library()

    def seed(self) -> None:
        """Patch Keras, once."""
        if not self.patched:
            self.patch(load_tensorflow())
            self.patched = True


#: What a fault can be seeded into, by the name of its seed in `Fault`.
SEEDED = {"numpy": (NumpyLoop, FaultyNumpy), "keras": (KerasTensorFlow, FaultyKeras)}


def fault_names() -> list[str]:
    """All faults that can be seeded into something."""
    return list(FAULTS)


def seeded_fault(implementation: Implementation, name: str) -> Implementation:
    """The implementation with a fault of the catalogue in it.

    Raises:
        ImplementationError: that fault cannot be seeded into that implementation.
    """
    for kind, (clean, faulty) in SEEDED.items():
        if isinstance(implementation, clean):
            faults = faults_of(kind)
            if name in faults:
                return faulty(faults[name])
            raise ImplementationError(
                f"--fault: {name} is not for {kind}; these are: {', '.join(faults)}"
            )
    raise ImplementationError("--fault: faults can be seeded into numpy and keras only")
