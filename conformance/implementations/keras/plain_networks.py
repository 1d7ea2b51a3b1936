"""SimpleRNN and Dense with linear activations in Keras, and what is chosen for their weights."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

from conformance.implementations.keras import layers
from conformance.implementations.keras.choices import chosen
from strategies.choices import Choice
from strategies.plain_networks import WEIGHTS

#: The arguments of a constructor, by layer.
Options = dict[str, dict[str, Any]]


class Plain(NamedTuple):
    """The layers, the inputs of a model, everything that SimpleRNN returned, and the output."""

    simple_rnn: Any
    dense: Any
    inputs: Any
    hidden: list[Any]
    output: Any

    def get_weights(self) -> list[Any]:
        """The five weight arrays."""
        return [*self.simple_rnn.get_weights(), *self.dense.get_weights()]


def plain_network(
    keras: Any, dtype: str, T: Optional[int], D: int, M: int, K: int, options: Options
) -> Plain:
    """New layers, connected."""
    given = options["simple_rnn"]
    simple_rnn = layers.recurrent(keras, "simple_rnn", M, activation=None, dtype=dtype, **given)
    dense = layers.dense(keras, K, dtype=dtype, **options["dense"])
    inputs = keras.Input((T, D), dtype=dtype)
    hidden = layers.listed(simple_rnn(inputs))
    return Plain(simple_rnn, dense, inputs, hidden, dense(hidden[0]))


def by_layer(keras: Any, **kinds: Sequence[Optional[Choice]]) -> Options:
    """What is chosen for the five weights, for each of ``initializer``, ``regularizer`` …."""
    options: Options = {"simple_rnn": {}, "dense": {}}
    for kind, choices in kinds.items():
        for (layer, weight), choice in zip(WEIGHTS, choices):
            if choice is not None:
                argument = f"{weight.replace('recurrent_kernel', 'recurrent')}_{kind}"
                options[layer][argument] = chosen(keras, argument, choice)
    return options
