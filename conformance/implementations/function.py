"""A function of the user's: the smallest thing that can be tested.

def forward(x, kernel, recurrent_kernel, bias, dense_kernel, dense_bias):
    '''x (N, T, D) -> y (N, K)'''

It may declare more by attributes:

forward.states_and_outputs = f   # the same arguments -> (h (N, T, M), y (N, T, K))
forward.dtypes = ("float32",)    # where it does not compute in all of them
forward.layer = "lstm"           # where it is no SimpleRNN: of `conformance.cells`
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Sequence

import numpy as np

from conformance.implementations.capabilities import OUTPUT, STATES
from conformance.implementations.protocol import (
    Answer,
    Implementation,
    ImplementationError,
    Network,
)
from strategies import WIDE_DTYPES, NetworkSize

ARGUMENTS = ("x", "kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias")


class FunctionNetwork(Network):
    """Hands copies to the function, so that whatever it does to them stays its own affair."""

    def __init__(self, function: Callable[..., Any], every_step: bool) -> None:
        self.function, self.every_step = function, every_step
        self.weights: list[np.ndarray] = []

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        self.weights = list(weights)

    def answer(self, inputs: np.ndarray, mode: str, **more: Any) -> Answer:
        if not self.every_step:
            return Answer(self._call(self.function, inputs))
        function = self.function.states_and_outputs  # type: ignore[attr-defined]
        result = self._call(function, inputs)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise ImplementationError(
                f"states_and_outputs returned a {type(result).__name__}: must be a pair, "
                "the states (N, T, M) and the outputs (N, T, K)"
            )
        return Answer(result[1], result[0])

    def _call(self, function: Callable[..., Any], inputs: np.ndarray) -> Any:
        return function(inputs.copy(), *(w.copy() for w in self.weights))


class FunctionImplementation(Implementation):
    """``--implementation module:function``, for a function with the signature above."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        """Read what the function declares.

        Raises:
            ImplementationError: a signature or an attribute is not as it must be.
        """
        self.function, self.name = function, name
        _check_signature(function, name)
        states = getattr(function, "states_and_outputs", None)
        if states is not None:
            if not callable(states):
                raise ImplementationError(
                    f"{name}.states_and_outputs is {_a(states)}: must be a function"
                )
            _check_signature(states, f"{name}.states_and_outputs")
            self.capabilities = frozenset({OUTPUT, STATES})
        self.dtypes = getattr(function, "dtypes", WIDE_DTYPES)
        self.layers = (getattr(function, "layer", "simple_rnn"),)

    def network(self, size: NetworkSize, dtype: str) -> FunctionNetwork:
        return FunctionNetwork(self.function, size.options.return_sequences)


def _a(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def _check_signature(function: Callable[..., Any], name: str) -> None:
    try:
        signature = inspect.signature(function)
    except ValueError:  # some compiled functions do not tell theirs
        return
    try:
        signature.bind(*ARGUMENTS)
    except TypeError as error:
        raise ImplementationError(
            f"{name}: takes {signature}: must take ({', '.join(ARGUMENTS)})"
        ) from error
