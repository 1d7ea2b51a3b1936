"""What a library does instead of what it should: the statement of a known deviation.

Two kinds can be stated: an error of a class and message, and arguments that are lost. A case under
a known deviation may do what the specification says, or exactly what is stated. Anything else is a
second fault. It is found, and named: "deviates, and not as known".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from packaging.requirements import Requirement

from conformance.running.text import whole_message_of

#: The class of an error that should have been raised and was not.
NO_ERROR = "none"
#: Stands for anything in a message, or in the name of an argument.
ANYTHING = "…"


@dataclass(frozen=True)
class Raised:
    """An error: the name of its class, "none" where an error was due, and its message."""

    error: str
    message: str


class Observed(Exception):
    """What a library did, where its error is not the cause of a nonconformity: the cause is this.

    Args:
        observations: names of arguments that were lost, such as ``simple_rnn.seed``; or one
            `Raised`.
    """

    def __init__(self, *observations: Union[str, Raised]) -> None:
        super().__init__(", ".join(map(str, observations)))
        self.observations = observations


@dataclass(frozen=True)
class Instead:
    """One thing that a library does instead, in some versions or in all.

    ``error`` is the name of a class of errors, or "none" where an error is due and does not come;
    ``message`` is the whole message, in which "…" stands for anything and every white space for
    one space. ``loses`` are names of arguments that are lost, of which "…" may be a part. An
    argument is lost if it has its default again, and all others are as they were.
    """

    error: str = ""
    message: str = ANYTHING
    loses: tuple[str, ...] = ()
    versions: tuple[Requirement, ...] = ()

    def covers(self, observation: Union[str, Raised]) -> bool:
        """Whether this is what was observed."""
        if isinstance(observation, str):
            return any(matches(pattern, observation) for pattern in self.loses)
        return self.error == observation.error and matches(self.message, observation.message)


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says, in which "…" stands for anything."""
    first, *rest = " ".join(pattern.split()).split(ANYTHING)
    text = " ".join(text.split())
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    *between, last = rest
    place = len(first)
    for piece in between:
        place = text.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return len(text) - len(last) >= place and text.endswith(last)


def observed(error: BaseException) -> tuple[Union[str, Raised], ...]:
    """What a library did, as far as the cause of a nonconformity tells; empty where it does not.

    The cause is `Observed`, or the error that the library raised.
    """
    cause: Optional[BaseException] = error.__cause__
    if cause is None:
        return ()
    if isinstance(cause, Observed):
        return cause.observations
    return (Raised(type(cause).__name__, whole_message_of(cause)),)
