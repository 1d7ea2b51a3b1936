"""SimpleRNN and Dense of Keras with options, as a functional model.

Mask and initial state are inputs of the model beside x, in this order; its outputs are what
SimpleRNN returns, the state if it is asked for, and Dense of the first. With ``time_major``, which
Keras 2 has, x, mask and sequences have time first.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

from conformance.implementations.protocol import Answer
from strategies import NetworkSize, Options

#: What Keras calls an option, where it is an argument of SimpleRNN.
ARGUMENTS = (
    "use_bias",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "zero_output_for_mask",
)
#: The rate of dropout where there is some; it must not matter at inference.
RATE = 0.5


class Built(NamedTuple):
    """The layers of a model, its inputs, what SimpleRNN returned, and the output."""

    simple_rnn: Any
    dense: Any
    inputs: list[Any]
    hidden: list[Any]
    output: Any


def build(
    keras: Any,
    size: NetworkSize,
    dtype: str,
    carrier: str,
    state_dtype: str,
    names: dict[str, str],
    recurrent_initializer: str,
) -> Built:
    """The layers, connected.

    ``carrier`` is the dtype of x, ``state_dtype`` that of an initial state; ``names`` are Keras's
    for the two activations.
    """
    options = size.options or Options()
    arguments = {name: getattr(options, name) for name in ARGUMENTS}
    if not options.zero_output_for_mask:  # which not every version knows
        del arguments["zero_output_for_mask"]
    if options.time_major:
        arguments["time_major"] = True
    if options.dropout:
        arguments.update(dropout=RATE, recurrent_dropout=RATE)
    simple_rnn = keras.layers.SimpleRNN(
        size.M,
        names["activation"],
        recurrent_initializer=recurrent_initializer,
        dtype=dtype,
        **arguments,
    )
    dense = keras.layers.Dense(
        size.K, names["dense_activation"], use_bias=options.dense_use_bias, dtype=dtype
    )
    first, second = (size.T, size.N) if options.time_major else (size.N, size.T)
    x = keras.Input((second, size.D), batch_size=first, dtype=carrier)
    inputs, call = [x], {}
    if options.masked:
        call["mask"] = keras.Input((second,), batch_size=first, dtype="bool")
        inputs.append(call["mask"])
    if options.initial_state:
        state = keras.Input((size.M,), batch_size=size.N, dtype=state_dtype)
        call["initial_state"] = [state]
        inputs.append(state)
    returned = simple_rnn(x, **call)
    hidden = list(returned) if isinstance(returned, (list, tuple)) else [returned]
    return Built(simple_rnn, dense, inputs, hidden, dense(hidden[0]))


def arguments_of(
    options: Options,
    inputs: np.ndarray,
    mask: Optional[np.ndarray],
    initial_state: Optional[np.ndarray],
) -> list[np.ndarray]:
    """The arrays for the inputs of the model."""
    given = [inputs] if mask is None else [inputs, mask]
    if options.time_major:
        given = [np.ascontiguousarray(array.swapaxes(0, 1)) for array in given]
    return given if initial_state is None else [*given, initial_state]


def answer_of(options: Options, results: list[np.ndarray]) -> Answer:
    """The answer in what the model returned, batch first."""
    hidden, output = results[0], results[-1]
    if options.time_major and options.return_sequences:
        hidden, output = hidden.swapaxes(0, 1), output.swapaxes(0, 1)
    return Answer(hidden, output, results[1] if len(results) > 2 else None)


#: What Keras calls a layer; the cell of a recurrent one has ``Cell`` after it.
CLASSES = {"simple_rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU", "dense": "Dense"}


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
