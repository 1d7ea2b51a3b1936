"""What is not trainable in Keras, as the words of `strategies.trainable.FREEZES` say."""

from __future__ import annotations

from typing import Any

from conformance.implementations.keras.plain_networks import Plain


def arguments_that_freeze(frozen: str) -> dict[str, Any]:
    """The arguments of SimpleRNN's constructor."""
    return {"trainable": False} if frozen == "simple_rnn in its constructor" else {}


def freeze(frozen: str, model: Any, network: Plain) -> None:
    """What is done to the layers or the model before it is compiled."""
    name, _, then = frozen.partition(", ")
    owners = {"simple_rnn": network.simple_rnn, "dense": network.dense, "model": model}
    if name in owners:
        owners[name].trainable = then == "then no more"
