"""The catalogue of faults: each has its name, its group and its sentence once.

A fault is seeded into the NumPy loop, into Keras, or into both. What is seeded is written in
`conformance.faults.numpy` and `conformance.faults.keras`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Optional

from packaging.requirements import Requirement

from conformance.implementations.numpy_loop import NumpyNetwork


@dataclass(frozen=True)
class Fault:
    """Something wrong: its name, the part of the specification that it breaks, one sentence.

    ``layer`` is the recurrent layer that it is of, a name of `conformance.cells`; what is wrong
    with every layer shows in SimpleRNN. ``numpy`` is a network with the fault, and ``keras(tf)``
    patches the installed Keras. Either is None where the fault is not seeded. ``requires`` says
    which version of Keras the patch is for, as pip writes it; it is empty for all.
    """

    name: str
    group: str
    sentence: str
    numpy: Optional[type[NumpyNetwork]] = None
    keras: Optional[Callable[[Any], None]] = None
    requires: str = ""
    layer: str = "simple_rnn"

    @property
    def numeric(self) -> bool:
        """Whether it changes the answer that is computed from given weights and inputs."""
        other = ("weights", "parameters", "shapes", "initial weights", "calls", "gradients")
        return self.group not in other

    def fits(self, versions: dict[str, str]) -> bool:
        """Whether it can be seeded into Keras of these versions."""
        if not self.requires:
            return True
        needed = Requirement(self.requires)
        return needed.specifier.contains(versions.get(needed.name, "0"), prereleases=True)


#: All faults by name, in the order in which they explain failures.
FAULTS: dict[str, Fault] = {}


def faults_of(implementation: str) -> dict[str, Fault]:
    """The faults that can be seeded into ``"numpy"`` or into ``"keras"``."""
    return {name: fault for name, fault in FAULTS.items() if getattr(fault, implementation)}


def enter(function: Callable[..., Any], group: str, **seed: Any) -> None:
    """Enter a fault under the name of a function, with the docstring as its sentence.

    ``seed`` are further fields of the `Fault`.

    A fault that is in the catalogue already has its sentence and its group there. What is seeded
    into the other implementation is then entered without a docstring and without a group.

    Raises:
        ValueError: the sentence is missing, or it is there twice.
    """
    name, sentence = function.__name__, (function.__doc__ or "").strip().rstrip(".")
    fault = FAULTS.get(name) or Fault(name, group, sentence)
    if not fault.sentence:
        raise ValueError(f"{name}: a fault needs a docstring, its sentence")
    if name in FAULTS and (group or sentence):
        raise ValueError(f"{name}: its sentence and its group are in the catalogue already")
    FAULTS[name] = replace(fault, **seed)
