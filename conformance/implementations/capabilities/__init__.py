"""What an implementation may be able to do beyond the last output.

A capability is declared by a word. Where a clause asks something that no network answers, its
capability is a class in a module of this package, which has the clause's name.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import ClassVar

#: The last output y_T, (N, K), for given weights. Every implementation has it.
OUTPUT = "output"
#: All states (N, T, M) and all outputs (N, T, K), from one execution.
STATES = "states"
#: The weights can be read back, with layer, name and dtype.
WEIGHTS = "weights"
#: The network counts its parameters.
PARAMETERS = "parameters"
#: The network prints a summary.
SUMMARY = "summary"
#: The network states its output shapes before it computes.
SHAPES = "shapes"
#: A new network has initial weights drawn by the documented initialisers.
INITIAL_WEIGHTS = "initial weights"

#: SimpleRNN and Dense take other activations than tanh and none.
CHOSEN_ACTIVATIONS = "activations"

#: Options of SimpleRNN and Dense (`strategies.options`), masks and initial states among them.
OPTIONS = "options"
#: A stateful network with options can be given the state to go on from: Keras 2.
STATE_SET = "a state that is set"

#: Derivatives by inputs, weights and initial states.
GRADIENTS = "gradients"

#: Models with wrappers, cells, masking layers, several layers (`strategies.wrappers`).
COMPOSITIONS = "compositions"

#: What networks and models answer themselves.
BASIC = (
    OUTPUT,
    STATES,
    WEIGHTS,
    PARAMETERS,
    SUMMARY,
    SHAPES,
    INITIAL_WEIGHTS,
    CHOSEN_ACTIVATIONS,
    OPTIONS,
    STATE_SET,
    GRADIENTS,
    COMPOSITIONS,
)

#: It has a mode `predict`, which divides samples into batches; found from the modes of the run.
PREDICT = "mode predict"
#: It can be executed in more than one way; found from the modes of the run, not declared.
SEVERAL_MODES = "several modes"


class Capability:
    """What a clause asks, and networks do not answer. A subclass has the methods that are asked.

    What has the capability is found by `Implementation.capability`.
    """

    #: The word by which it is declared.
    word: ClassVar[str]
    #: Whether what is asked has layers of its own, which are all SimpleRNN.
    one_layer: ClassVar[bool] = True

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to execute what is asked, where there are several."""
        return ("eager",)


@functools.cache
def of_clauses() -> tuple[type[Capability], ...]:
    """The capabilities that are classes: those of this package's modules."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return tuple(c for c in Capability.__subclasses__() if c.__module__.startswith(__name__))


def words() -> tuple[str, ...]:
    """Everything that can be declared."""
    return (*BASIC, *(capability.word for capability in of_clauses()))
