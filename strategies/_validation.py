"""Exact messages for wrong ranges: the argument, its value, and what it must be."""

from __future__ import annotations

from hypothesis.errors import InvalidArgument

#: What each extent counts, as the messages name it.
MEANING = {
    "samples": "samples (N)",
    "time_steps": "time steps (T)",
    "features": "input features (D)",
    "units": "hidden units (M)",
    "outputs": "outputs (K)",
}


def check_range(name: str, minimum: int, maximum: int) -> None:
    """Check ``min_<name>`` and ``max_<name>``, two positive integers in order.

    Raises:
        InvalidArgument: names the argument and its value, for example
            ``max_time_steps=0 is smaller than min_time_steps=1``.
    """
    for prefix, value in (("min", minimum), ("max", maximum)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidArgument(f"{prefix}_{name}={value!r}: must be an integer")
    if minimum < 1:
        raise InvalidArgument(f"min_{name}={minimum}: {MEANING[name]} must be at least 1")
    if maximum < minimum:
        raise InvalidArgument(f"max_{name}={maximum} is smaller than min_{name}={minimum}")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Check that ``value`` is one of ``choices``.

    Raises:
        InvalidArgument: lists the choices.
    """
    if value not in choices:
        raise InvalidArgument(f"{name}={value!r}: must be one of {', '.join(choices)}")
