"""The one place that builds layers of Keras, for every cell, option and dtype.

What is not asked for is not said: a plain layer is ``SimpleRNN(M)``, as people write it, so that it
is judged on the defaults of its constructor.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

import numpy as np

from conformance.implementations.protocol import Answer
from strategies import NetworkSize, Options
from strategies.dtypes import POLICIES
from strategies.gradients import Loss

#: What Keras calls a layer; the cell of a recurrent one has ``Cell`` after it.
CLASSES = {"simple_rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU", "dense": "Dense"}
#: Options that are arguments of the layer under their own names.
ARGUMENTS = (
    "use_bias",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "zero_output_for_mask",
    "time_major",
    "reset_after",
    "implementation",
)
#: The rate of dropout where there is some; it must not matter at inference.
RATE = 0.5
#: What Keras calls a definition of `conformance.numerics.activations`, where that is not its name.
ACTIVATION_NAMES = {"hard_sigmoid_keras_2": "hard_sigmoid"}


class Built(NamedTuple):
    """The layers of a model, its inputs, what the layer returned, and the output."""

    layer: Any
    dense: Any
    inputs: list[Any]
    returned: list[Any]
    output: Any


def layer_class(keras: Any, name: str) -> Any:
    """The class of a layer by a name of `CLASSES`."""
    return getattr(keras.layers, CLASSES[name])


def recurrent(keras: Any, name: str, /, *positional: Any, **arguments: Any) -> Any:
    """A recurrent layer; its constructor is given what is given here, and nothing else."""
    return layer_class(keras, name)(*positional, **arguments)


def recurrent_cell(keras: Any, name: str, /, *positional: Any, **arguments: Any) -> Any:
    """The cell of a recurrent layer, made in the same way."""
    return getattr(keras.layers, f"{CLASSES[name]}Cell")(*positional, **arguments)


def dense(keras: Any, /, *positional: Any, **arguments: Any) -> Any:
    """A dense layer, made in the same way."""
    return layer_class(keras, "dense")(*positional, **arguments)


def activation_name(activation: str) -> str:
    """The name under which Keras knows an activation."""
    return ACTIVATION_NAMES.get(activation, activation)


def arguments_of(size: NetworkSize, dtype: str) -> dict[str, Any]:
    """What must be said to a recurrent layer that is to be as the size has it."""
    options = size.options
    arguments = {name: value for name, value in options.chosen.items() if name in ARGUMENTS}
    for name, default in size.cell.activations:
        if getattr(size, name) != default:
            arguments[name] = activation_name(getattr(size, name))
    if options.dropout:
        arguments.update(dropout=RATE, recurrent_dropout=RATE)
    return {**arguments, **dtype_argument(dtype)}


def dense_arguments_of(size: NetworkSize, dtype: str) -> dict[str, Any]:
    """The same of Dense."""
    arguments: dict[str, Any] = {}
    if size.dense_activation != "linear":
        arguments["activation"] = activation_name(size.dense_activation)
    if not size.options.dense_use_bias:
        arguments["use_bias"] = False
    return {**arguments, **dtype_argument(dtype)}


def dtype_argument(dtype: str) -> dict[str, str]:
    """How a layer is told its dtype; float32 is the default."""
    return {} if dtype == "float32" else {"dtype": dtype}


def build(keras: Any, size: NetworkSize, dtype: str, state_dtype: str, **more: Any) -> Built:
    """The layers, connected.

    Mask and initial states are inputs of the model beside x, in this order. With ``time_major``,
    which Keras 2 has, x, mask and sequences have time first. ``state_dtype`` is that of an initial
    state, ``more`` are further arguments of the layer.
    """
    options, carrier = size.options, POLICIES[dtype].weights
    layer = recurrent(keras, size.cell.name, size.M, **arguments_of(size, dtype), **more)
    readout = dense(keras, size.K, **dense_arguments_of(size, dtype))
    first, second = (size.T, size.N) if options.time_major else (size.N, size.T)
    x = keras.Input((second, size.D), batch_size=first, dtype=carrier)
    inputs, call = [x], {}
    if options.masked:
        call["mask"] = keras.Input((second,), batch_size=first, dtype="bool")
        inputs.append(call["mask"])
    if options.initial_state:
        states = [
            keras.Input((size.M,), batch_size=size.N, dtype=state_dtype) for _ in size.cell.states
        ]
        call["initial_state"] = states
        inputs += states
    returned = listed(layer(x, **call))
    return Built(layer, readout, inputs, returned, readout(returned[0]))


def alone_or_all(tensors: list[Any]) -> Any:
    """What a model is given: a single input or output by itself, as people do."""
    return tensors if len(tensors) > 1 else tensors[0]


def listed(results: Any) -> list[Any]:
    """What was returned, alone or several, as a list."""
    return list(results) if isinstance(results, (list, tuple)) else [results]


def outputs_of(options: Options, built: Built) -> list[Any]:
    """What a model puts out: the hidden states and the last states as the options say, then y."""
    hidden = built.returned[:1] if options.shows_hidden else []
    states = built.returned[1:] if options.return_state else []
    return [*hidden, *states, built.output]


def answer_of(options: Options, results: Sequence[np.ndarray]) -> Answer:
    """The answer in what a model put out, batch first."""
    *before, output = results
    hidden = before.pop(0) if options.shows_hidden else None
    if options.return_sequences:
        output = samples_first(options, output)
        hidden = None if hidden is None else samples_first(options, hidden)
    return Answer(output, hidden, tuple(before))


def samples_first(options: Options, sequences: np.ndarray) -> np.ndarray:
    """Sequences with samples first, whatever the model has first, or the other way round."""
    return sequences.swapaxes(0, 1) if options.time_major else sequences


def by_results(options: Options, loss: Loss) -> list[np.ndarray]:
    """A loss by what a model puts out: the hidden states where they are shown, and y."""
    of_hidden = [loss.by_hidden] if options.shows_hidden else []
    return [np.ascontiguousarray(samples_first(options, a)) for a in (*of_hidden, loss.by_output)]


def differentiated(results: Sequence[Any], by_results: Sequence[Any]) -> list[Any]:
    """What a loss is of among what a model put out: not the last states."""
    return [*results[: len(by_results) - 1], results[-1]]


def given_to_model(
    options: Options,
    inputs: np.ndarray,
    mask: Optional[np.ndarray],
    initial_states: Sequence[np.ndarray],
) -> list[np.ndarray]:
    """The arrays for the inputs of a model."""
    arrays = [inputs] if mask is None else [inputs, mask]
    if options.time_major:
        arrays = [np.ascontiguousarray(samples_first(options, array)) for array in arrays]
    return [*arrays, *initial_states]
