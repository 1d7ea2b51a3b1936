"""Keras's object for what is chosen: an initializer, a regularizer or a constraint."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from strategies.choices import Choice
from strategies.plain_networks import WEIGHTS


def chosen(keras: Any, argument: str, choice: Optional[Choice]) -> Any:
    """The object for an argument such as ``bias_initializer``, or its name as text."""
    if choice is None:
        return None
    if choice.by_name:
        return choice.text
    module = getattr(keras, f"{argument.rpartition('_')[2]}s")
    made = getattr(module, choice.name, None) or getattr(module, f"{choice.name}Initializer")
    return made(**dict(choice.arguments))


def by_layer(
    keras: Any, kind: str, choices: Sequence[Optional[Choice]]
) -> dict[str, dict[str, Any]]:
    """The constructor's arguments for what is chosen, by layer: ``recurrent_constraint`` …."""
    arguments: dict[str, dict[str, Any]] = {"simple_rnn": {}, "dense": {}}
    for (layer, weight), choice in zip(WEIGHTS, choices):
        if choice is not None:
            argument = f"{weight.replace('recurrent_kernel', 'recurrent')}_{kind}"
            arguments[layer][argument] = chosen(keras, argument, choice)
    return arguments
