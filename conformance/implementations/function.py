"""A function of the user's: the smallest thing that can be tested.

def forward(x, kernel, recurrent_kernel, bias, dense_kernel, dense_bias):
    '''x (N, T, D) -> y (N, K)'''
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from typing import Any, Callable, Sequence

import numpy as np

from conformance.implementations.protocol import (
    Implementation,
    ImplementationError,
    Network,
)
from strategies import NetworkSize

ARGUMENTS = ("x", "kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias")


class FunctionNetwork(Network):
    """Hands copies to the function, so that whatever it does to them stays its own affair."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.weights: list[np.ndarray] = []

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        self.weights = list(weights)

    def output(self, inputs: np.ndarray, mode: str) -> np.ndarray:
        result: np.ndarray = self.function(inputs.copy(), *(w.copy() for w in self.weights))
        return result


class FunctionImplementation(Implementation):
    """``--implementation module:function``, for a function with the signature above."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self.function, self.name = function, name
        _check_signature(function, name)

    def network(self, size: NetworkSize, dtype: str, *, sequences: bool) -> FunctionNetwork:
        return FunctionNetwork(self.function)


def load_function(name: str) -> FunctionImplementation:
    """The implementation for ``module:function``; the current folder is searched too.

    Raises:
        ImplementationError: the module does not import, has no such function, or the function
            does not take the six arguments.
    """
    module_name, _, function_name = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever a user's module may raise
        raise ImplementationError(
            f"{name}: module {module_name} does not import: {type(error).__name__}: {error}"
        ) from error
    function = getattr(module, function_name, None)
    if function is None:
        raise ImplementationError(f"{name}: module {module_name} has no {function_name!r}")
    if not callable(function):
        raise ImplementationError(f"{name}: is a {type(function).__name__}, not a function")
    return FunctionImplementation(function, name)


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
