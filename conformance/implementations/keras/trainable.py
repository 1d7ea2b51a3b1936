"""What is not trainable in Keras, as the words of `strategies.trainable.FREEZES` say."""

from __future__ import annotations

from typing import Any


def arguments_that_freeze(frozen: str) -> dict[str, Any]:
    """The arguments of SimpleRNN's constructor."""
    return {"trainable": False} if frozen == "simple_rnn in its constructor" else {}


def freeze(frozen: str, owners: dict[str, Any]) -> None:
    """What is done to the layers and the model, by their names, before the model is compiled."""
    name, _, then = frozen.partition(", ")
    if name in owners:
        owners[name].trainable = False
    if then == "then no more":
        owners[name].trainable = True
