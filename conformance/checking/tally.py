"""Counting what cases were worth and what they were about, for summaries and reports."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Mapping

import numpy as np

from conformance.cells import simple_rnn as equations
from conformance.checking.subject import Shares
from conformance.deviations.reading import Deviation
from conformance.expected.comparison import discriminating
from conformance.numerics.activations import ACTIVATIONS
from strategies import Case, Dimensions
from strategies.textures import Tensors

#: Everything about a case that is neither a weight nor an input; a report has the dtype by itself.
DESCRIBED = tuple(
    entry.name
    for entry in dataclasses.fields(Case)
    if entry.name not in (*Tensors._fields, "policy", "mask", "initial_state")
)
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

    def add(self, drawn: Mapping[str, Any], shares: Shares, *, quota: bool) -> None:
        """Count one case; ``quota`` says whether it was meant to show faults."""
        self.cases += 1
        self.shares += shares.worst
        self.drift += shares.drift
        case, size = drawn.get("case"), drawn.get("size")
        if isinstance(case, Case):
            self._add_case(case, shares.worst)
            meant = quota and shares.informative
            self.discriminating += meant and discriminating(case, lambda: _states(case))
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


def _states(case: Case) -> np.ndarray:
    """Every state (N, T, M) by the equation."""
    x, Wx, Wh, bh = case.as_computed[:4]
    activation = ACTIVATIONS[case.activation].value
    if case.options is None:
        return equations.simple_rnn(x, Wx, Wh, bh, activation=activation)
    x, used, initial = case.processed
    _, states = equations.simple_rnn_with_options(
        x, Wx, Wh, bh, initial_state=initial, used=used, activation=activation
    )
    return states


def options_of(case: Case) -> dict[str, str]:
    """Everything about a case that is neither a weight nor an input, by name, in words."""
    return _all_in_words(_described(case))


def _described(case: Case) -> tuple[Any, ...]:
    return tuple(getattr(case, name) for name in DESCRIBED)


def _all_in_words(values: tuple[Any, ...]) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in zip(DESCRIBED, values):
        if name != "options" or value is not None:
            options.update(_in_words(name, value))
    return options


def _in_words(name: str, value: Any) -> dict[str, str]:
    if dataclasses.is_dataclass(value):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        inner: dict[str, str] = {}
        for key, part in value.items():
            inner.update(_in_words(str(key), part))
        return inner
    if isinstance(value, np.ndarray):
        return {name.replace("_", " "): "given"}
    words = {True: "yes", False: "no", None: "none"}
    plain = value is None or isinstance(value, bool)
    return {name.replace("_", " "): words[value] if plain else str(value)}
