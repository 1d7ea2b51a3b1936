"""Divide work: a long test into parts, a run into shards.

Both are functions of what is asked and of nothing else, so that a seed gives the same cases with
any number of workers and of machines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence, TypeVar

Item = TypeVar("Item")

#: A test that costs more executions than this is cut; see `Property.weight`.
LARGEST = 250


@dataclass(frozen=True)
class Part:
    """The ``number``-th of ``of`` parts of a test, from 1; each has a seed of its own."""

    number: int = 1
    of: int = 1

    def share(self, cases: int) -> int:
        """The number of cases of this part, out of all cases of the test."""
        return cases * self.number // self.of - cases * (self.number - 1) // self.of

    @property
    def first(self) -> bool:
        """Whether it is the one that runs what is run once for the whole test."""
        return self.number == 1

    def __str__(self) -> str:
        return f"{self.number}of{self.of}"


#: All of a test.
WHOLE = Part()


def parts_of(cases: int, weight: int) -> list[Part]:
    """The parts of a test of so many cases that cost ``weight`` executions together."""
    of = max(1, min(cases, -(-weight // LARGEST)))
    return [Part(number, of) for number in range(1, of + 1)]


@dataclass(frozen=True)
class Shard:
    """The ``number``-th of ``of`` machines that share a run, from 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """The shard that "2/8" names.

        Raises:
            ValueError: it names none; the message says what it must be.
        """
        numbers = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        if numbers is None or not 1 <= int(numbers[1]) <= int(numbers[2]):
            raise ValueError(f"{text}: must be I/N, with I from 1 to N")
        return cls(int(numbers[1]), int(numbers[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def stretch(self, items: Sequence[Item], weights: Sequence[int]) -> list[Item]:
        """The items of this shard: neighbours, which share networks, of about equal weight."""
        total, before, chosen = max(sum(weights), 1), 0, []
        for item, weight in zip(items, weights):
            middle = (2 * before + weight) * self.of // (2 * total)
            if min(middle, self.of - 1) == self.number - 1:
                chosen.append(item)
            before += weight
        return chosen
