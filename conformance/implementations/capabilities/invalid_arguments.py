"""Invalid arguments: what comes of them."""

from __future__ import annotations

from typing import NamedTuple

from conformance.implementations.capabilities import Capability
from strategies.invalid_arguments import Wrong


class Outcome(NamedTuple):
    """What came of a question that should be refused.

    ``errors`` are the names of the error's class and of those that it is derived from, empty where
    there was none; ``shapes`` are those of what was computed instead.
    """

    errors: tuple[str, ...] = ()
    message: str = ""
    shapes: tuple[tuple[int, ...], ...] = ()


class InvalidArguments(Capability):
    """SimpleRNN and Dense can be given arguments, inputs and states that are wrong."""

    word = "refusals"

    def outcome_of(self, wrong: Wrong) -> Outcome:
        """What came of a question that should be refused."""
        raise NotImplementedError
