"""Models of Keras with wrappers, cells and several layers, in each of the ways to write a model."""

from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy as np

from conformance.implementations.keras.layers import dense, recurrent, recurrent_cell
from conformance.implementations.keras.network import KerasExecution, reset_state
from conformance.implementations.protocol import Model
from strategies.wrappers import ArchitectureSize, weight_shapes


class CompositionModel(KerasExecution, Model):
    """Layers in a chain, made into a model as the architecture says."""

    def __init__(self, keras: Any, size: ArchitectureSize, dtype: str) -> None:
        self.keras, self.size, self.dtype = keras, size, dtype
        self._set_floatx()
        chain = _chain(keras, size, dtype)
        self.layers = [layer for name, layer in chain if name != "no weights"]
        layers = [layer for _, layer in chain]
        shape, input_dtype = self.input_shape()
        N = size.N
        api = {"functional": _functional, "sequential": _sequential, "subclassed": _subclassed}
        make, states = api[size.architecture.api], {}
        if size.architecture.states:
            states["states"] = [
                keras.Input((size.M,), batch_size=N, dtype=self.carrier)
                for _ in range(2 * len(size.cell.states))
            ]
        self.model = make(keras, layers, shape, N, input_dtype, **states)
        if size.architecture.api == "subclassed":  # which is built when it is first called
            self.model(np.zeros((N or 1, *(n or size.T for n in shape)), input_dtype))

    def input_shape(self) -> tuple[tuple[Optional[int], ...], str]:
        """Shape of an input without N, and its dtype."""
        T = self.size.T if self.size.architecture.end == "flatten" else None
        if self.size.architecture.front == "embedding":
            return (T,), "int32"
        return (T, self.size.D), self.carrier

    def set_weights(self, weights: Sequence[Sequence[np.ndarray]]) -> None:
        for layer, arrays in zip(self.layers, weights):
            layer.set_weights(list(arrays))

    def reset_state(self) -> None:
        for layer in self.layers:
            if getattr(layer, "stateful", False):
                reset_state(layer)

    def output(
        self, inputs: np.ndarray, mode: str, initial_states: Sequence[np.ndarray] = ()
    ) -> np.ndarray:
        result: np.ndarray = self.run([inputs, *initial_states], mode)[0]
        return result


def _chain(keras: Any, size: ArchitectureSize, dtype: str) -> list[tuple[str, Any]]:
    """The layers, those with weights by name."""
    architecture, layers = size.architecture, keras.layers
    chain: list[tuple[str, Any]] = []
    if architecture.front == "masking":
        chain.append(("no weights", layers.Masking(0.0, dtype=dtype)))
    if architecture.front == "embedding":
        words, D = weight_shapes(size)[0][0]
        chain.append(("embedding", layers.Embedding(words, D, mask_zero=True, dtype=dtype)))
    if architecture.recurrent == "two layers":
        first = recurrent(
            keras,
            size.cell.name,
            size.M,
            return_sequences=True,
            stateful=architecture.stateful,
            dtype=dtype,
        )
        chain.append(("first", first))
    chain.append(("recurrent", _recurrent(keras, size, dtype)))
    if architecture.returns_several:
        chain.append(("no weights", layers.Concatenate(dtype=dtype)))
    if architecture.end == "flatten":
        chain.append(("no weights", layers.Flatten(dtype=dtype)))
    readout = dense(keras, size.K, dtype=dtype)
    if architecture.end == "time distributed":
        readout = layers.TimeDistributed(readout, dtype=dtype)
    return [*chain, ("dense", readout)]


def _recurrent(keras: Any, size: ArchitectureSize, dtype: str) -> Any:
    architecture, layers = size.architecture, keras.layers
    arguments: dict[str, Any] = {
        "return_sequences": architecture.return_sequences,
        "go_backwards": architecture.go_backwards,
        "stateful": architecture.stateful,
        "dtype": dtype,
    }
    if architecture.zero_output_for_mask:
        arguments["zero_output_for_mask"] = True
    if architecture.recurrent in ("cell", "cells"):
        cells = [recurrent_cell(keras, size.cell.name, size.M, dtype=dtype) for _ in range(2)]
        if architecture.recurrent == "cell":
            return layers.RNN(cells[0], **arguments)
        # A list of cells would be stacked in the default dtype.
        return layers.RNN(layers.StackedRNNCells(cells, dtype=dtype), **arguments)
    layer = recurrent(keras, size.cell.name, size.M, return_state=architecture.states, **arguments)
    if architecture.recurrent != "bidirectional":
        return layer
    return layers.Bidirectional(layer, merge_mode=architecture.merge, dtype=dtype)


def _functional(
    keras: Any,
    layers: list[Any],
    shape: Any,
    N: Optional[int],
    dtype: str,
    states: Sequence[Any] = (),
) -> Any:
    """``states`` are inputs too: those of Bidirectional, forward and backward."""
    inputs = result = keras.Input(shape, batch_size=N, dtype=dtype)
    for layer in layers:
        takes_them = states and isinstance(layer, keras.layers.Bidirectional)
        result = layer(result, initial_state=list(states)) if takes_them else layer(result)
    return keras.Model([inputs, *states] if states else inputs, result)


def _sequential(keras: Any, layers: list[Any], shape: Any, N: Optional[int], dtype: str) -> Any:
    return keras.Sequential([keras.Input(shape, batch_size=N, dtype=dtype), *layers])


def _subclassed(keras: Any, layers: list[Any], shape: Any, N: Optional[int], dtype: str) -> Any:
    class Subclassed(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(dtype=layers[-1].dtype)  # or inputs are cast to the default dtype
            self.chain = layers

        def call(self, inputs: Any, training: Any = None) -> Any:
            for layer in self.chain:
                inputs = layer(inputs)
            return inputs

    return Subclassed()
