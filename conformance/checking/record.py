"""The record of one case: who is asked, what was asked, and what the comparisons found.

Each case has a fresh record. `conformance.checking.asking` writes the questions into it,
`conformance.checking.judging` the shares of the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from conformance.checking.subject import Subject
from conformance.expected.comparison import Comparison
from conformance.implementations.protocol import Answer
from strategies import Case


class Nonconformity(AssertionError):
    """What a property found wrong: a sentence, and the numbers where there are any."""

    def __init__(self, sentence: str, comparison: Optional[Comparison] = None) -> None:
        super().__init__(sentence)
        self.sentence, self.comparison = sentence, comparison


@dataclass
class Question:
    """What an implementation was asked; ``answer`` is None where it raised."""

    case: Case
    mode: str
    answer: Optional[Answer] = None


@dataclass
class Record:
    """One case. ``shares`` are those of the bounds that the comparisons used.

    ``informative`` says that the bounds on outputs are small enough to show a fault. ``drift`` has
    how large the errors were beside those of independent roundings, where that is asked.
    """

    subject: Subject
    questions: list[Question] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    drift: list[float] = field(default_factory=list)
    informative: bool = True
