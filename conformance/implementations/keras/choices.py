"""Keras's object for what is chosen: an initializer, a regularizer or a constraint."""

from __future__ import annotations

from typing import Any, Optional

from strategies.choices import Choice


def chosen(keras: Any, argument: str, choice: Optional[Choice]) -> Any:
    """The object for an argument such as ``bias_initializer``, or its name as text."""
    if choice is None:
        return None
    if choice.by_name:
        return choice.text
    module = getattr(keras, f"{argument.rpartition('_')[2]}s")
    made = getattr(module, choice.name, None) or getattr(module, f"{choice.name}Initializer")
    return made(**dict(choice.arguments))
