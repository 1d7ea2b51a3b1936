"""A function of the user's: the smallest thing that can be tested.

def forward(x, kernel, recurrent_kernel, bias, dense_kernel, dense_bias):
    '''x (N, T, D) -> y (N, K)'''

It may declare more by attributes:

forward.states_and_outputs = f   # the same arguments -> (h (N, T, M), y (N, T, K))
forward.gradients = f            # and by_states (N, T, M), by_outputs (N, T, K) -> six arrays:
                                 # the derivatives of Σ by_states·h + Σ by_outputs·y by x and by
                                 # each weight, in the order of the arguments
forward.dtypes = ("float32",)    # where it does not compute in all of them
forward.layer = "lstm"           # where it is no SimpleRNN: of `conformance.cells`
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Sequence

import numpy as np

from conformance.implementations.capabilities import GRADIENTS, OUTPUT, STATES
from conformance.implementations.protocol import (
    Answer,
    Gradients,
    Implementation,
    ImplementationError,
    Network,
)
from strategies import WIDE_DTYPES, NetworkSize
from strategies.gradients import Loss

ARGUMENTS = ("x", "kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias")
#: What a function may have as an attribute, with what it takes and what it then is asked for.
FUNCTIONS = {
    "states_and_outputs": (ARGUMENTS, STATES),
    "gradients": ((*ARGUMENTS, "by_states", "by_outputs"), GRADIENTS),
}


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

    def gradients(self, inputs: np.ndarray, loss: Loss, mode: str, **more: Any) -> Gradients:
        function = self.function.gradients  # type: ignore[attr-defined]
        result = self._call(function, inputs, loss.by_hidden, loss.by_output)
        if not isinstance(result, (tuple, list)) or len(result) != len(ARGUMENTS):
            number = f" of {len(result)}" if isinstance(result, (tuple, list)) else ""
            raise ImplementationError(
                f"gradients returned a {type(result).__name__}{number}: must be "
                f"{len(ARGUMENTS)} arrays, by {', '.join(ARGUMENTS)}"
            )
        by_inputs, *by_weights = result
        return Gradients(self.answer(inputs, mode), by_inputs, by_weights)

    def _call(self, function: Callable[..., Any], inputs: np.ndarray, *more: np.ndarray) -> Any:
        return function(*(array.copy() for array in (inputs, *self.weights, *more)))


class FunctionImplementation(Implementation):
    """``--implementation module:function``, for a function with the signature above."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        """Read what the function declares.

        Raises:
            ImplementationError: a signature or an attribute is not as it must be.
        """
        self.function, self.name = function, name
        _check_signature(function, name, ARGUMENTS)
        capabilities = {OUTPUT}
        for attribute, (arguments, capability) in FUNCTIONS.items():
            found = getattr(function, attribute, None)
            if found is None:
                continue
            whole = f"{name}.{attribute}"
            if not callable(found):
                raise ImplementationError(f"{whole} is {_a(found)}: must be a function")
            _check_signature(found, whole, arguments)
            capabilities.add(capability)
        if GRADIENTS in capabilities and STATES not in capabilities:
            raise ImplementationError(
                f"{name}.gradients needs {name}.states_and_outputs: they are judged from its states"
            )
        self.capabilities = frozenset(capabilities)
        self.dtypes = getattr(function, "dtypes", WIDE_DTYPES)
        self.layers = (getattr(function, "layer", "simple_rnn"),)

    def network(self, size: NetworkSize, dtype: str) -> FunctionNetwork:
        return FunctionNetwork(self.function, size.options.return_sequences)


def _a(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def _check_signature(function: Callable[..., Any], name: str, arguments: Sequence[str]) -> None:
    try:
        signature = inspect.signature(function)
    except ValueError:  # some compiled functions do not tell theirs
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        raise ImplementationError(
            f"{name}: takes {signature}: must take ({', '.join(arguments)})"
        ) from error
