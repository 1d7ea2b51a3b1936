"""Counting what cases were worth and what they were about, for summaries and reports."""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Mapping

from conformance.checking.record import Record
from conformance.deviations.reading import Deviation
from conformance.expected.comparison import discriminating
from conformance.expected.recurrence import states_of
from strategies import Case, Dimensions
from strategies.cases import CHOICES
from strategies.options import options_of_cell

#: What is told of a case beside its extents; a report has cell and dtype by themselves.
DESCRIBED = (*CHOICES, "options", "texture")
#: Shares of the bound are kept by these dimensions, in which an error could grow.
GROWING = ("T", "M")


@dataclass(frozen=True)
class Coverage:
    """What the cases of a property were about; plain values only, so that it can be sent.

    ``dimensions`` counts cases: {"N": {"1": 20, "2": 7, …}, "T": …}. ``shares`` gives number
    of cases, median and worst share of the bound by T and M, in classes that end below the next
    power of two and are named after their first member: {"T": {"4": [31, 0.1, 0.4], …}, …}.
    ``pairs`` counts the cases for every two options and their values, as rows of
    [option, value, other option, its value, cases].
    """

    dimensions: dict[str, dict[str, int]] = field(default_factory=dict)
    shares: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    pairs: list[list[Any]] = field(default_factory=list)


@dataclass
class Tally:
    """What the cases of a property were worth."""

    cases: int = 0
    discriminating: int = 0
    shares: list[float] = field(default_factory=list)
    drift: list[float] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    deviating: Counter[str] = field(default_factory=Counter)
    _dimensions: Counter[tuple[str, int]] = field(default_factory=Counter)
    _options: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    _by_dimension: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    def add(self, drawn: Mapping[str, Any], record: Record, *, quota: bool) -> None:
        """Count one case; ``quota`` says whether it was meant to show faults."""
        self.cases += 1
        self.shares += record.shares
        self.drift += record.drift
        case, size = drawn.get("case"), drawn.get("size")
        if isinstance(case, Case):
            self._add_case(case, record.shares)
            meant = quota and record.informative
            self.discriminating += meant and discriminating(case, lambda: states_of(case))
        elif isinstance(size, Dimensions):  # a network that is built, for any N and T
            self._dimensions.update((letter, getattr(size, letter)) for letter in "DMK")

    def meet(self, known: list[Deviation], deviating: list[Deviation]) -> None:
        """Count a case to which known deviations apply; ``deviating`` are those that explain it."""
        self.met.update(deviation.name for deviation in known)
        self.deviating.update(deviation.name for deviation in deviating)
        self.cases += bool(deviating)

    def _add_case(self, case: Case, shares: list[float]) -> None:
        self._dimensions.update((letter, getattr(case, letter)) for letter in "NTDMK")
        self._options[_described(case)] += 1
        if shares:
            for letter in GROWING:
                first = 1 << (getattr(case, letter).bit_length() - 1)
                self._by_dimension.setdefault((letter, first), []).append(max(shares))

    def coverage(self) -> Coverage:
        """What has been counted by dimension and by pair of options."""
        dimensions: dict[str, dict[str, int]] = {}
        for (letter, n), cases in sorted(self._dimensions.items()):
            dimensions.setdefault(letter, {})[str(n)] = cases
        shares: dict[str, dict[str, list[float]]] = {}
        for (letter, n), seen in sorted(self._by_dimension.items()):
            shares.setdefault(letter, {})[str(n)] = [len(seen), statistics.median(seen), max(seen)]
        pairs: Counter[tuple[str, ...]] = Counter()
        for values, cases in self._options.items():
            options = _all_in_words(values)
            for (a, x), (b, y) in itertools.combinations(options.items(), 2):
                pairs[a, x, b, y] += cases
        return Coverage(dimensions, shares, [[*key, n] for key, n in sorted(pairs.items())])


def options_of(case: Case) -> dict[str, str]:
    """Everything about a case that is neither a weight nor an input, by name, in words."""
    return _all_in_words(_described(case))


def _described(case: Case) -> tuple[Any, ...]:
    values = [getattr(case, name) for name in DESCRIBED]
    return (case.cell, *values)


def _all_in_words(described: tuple[Any, ...]) -> dict[str, str]:
    cell, *values = described
    words: dict[str, str] = {}
    for name, value in zip(DESCRIBED, values):
        if name == "options":
            # A plain network's options say nothing, and what is put out is how it is asked.
            options = {} if value.plain else value._asdict()
            options.pop("shows_hidden", None)
            names = options_of_cell(cell, tuple(options))
            words.update({key: _in_words(options[key]) for key in names})
        elif name != "recurrent_activation" or name in dict(cell.activations):
            words[name] = _in_words(value)
    return {name.replace("_", " "): word for name, word in words.items()}


def _in_words(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
