"""Covering arrays: few rows in which every two, then every three, values occur together.

Nearly all faults need the interaction of a few values at most: Kuhn, Wallace, Gallo, *Software
fault interactions and implications for software testing*, IEEE TSE 30 (2004). The rows are found as
by Cohen, Dalal, Fredman, Patton, *The AETG system*, IEEE TSE 23 (1997): each is the best of several
candidates, which begin with a combination that is still missing.
"""

from __future__ import annotations

import itertools
from typing import Any, Callable, Mapping, Optional, Sequence

import numpy as np

#: How many rows are tried for each that is taken.
CANDIDATES = 96
#: A combination that was not there after so many attempts is taken for impossible.
PATIENCE = 4

Row = dict[str, Any]


def covering_array(
    values: Mapping[str, Sequence[Any]],
    rows: int,
    seed: int,
    possible: Callable[[Row], Row] = lambda row: row,
    balanced: Optional[str] = None,
) -> list[Row]:
    """``rows`` rows with a value for each factor; each adds many new pairs, then new triples.

    ``possible`` turns a row that cannot be had into one that can. The values of the factor
    ``balanced`` take turns. A pure function of its arguments.
    """
    rng = np.random.default_rng(seed)
    names, extents = list(values), [len(choices) for choices in values.values()]
    pairs, triples = Combinations(extents, 2), Combinations(extents, 3)

    def named(indices: np.ndarray) -> Row:
        return {name: values[name][i] for name, i in zip(names, indices)}

    def indexed(row: Row) -> np.ndarray:
        return np.array([list(values[name]).index(row[name]) for name in names])

    found: list[Row] = []
    while len(found) < rows:
        best, most = np.zeros(len(names), int), (-1, -1)
        for attempt in range(CANDIDATES):
            row = rng.integers(extents)
            wanted = pairs if attempt % 2 == 0 else triples
            code = wanted.missing(rng)
            missing = {} if code is None else wanted.values(code)
            row[list(missing)] = list(missing.values())
            if balanced:
                row[names.index(balanced)] = len(found) % len(values[balanced])
            row = indexed(possible(named(row)))
            if code is not None and any(row[f] != value for f, value in missing.items()):
                wanted.failures[code] += 1
            worth = (pairs.new(row), triples.new(row))
            if worth > most:
                best, most = row, worth
        pairs.cover(best)
        triples.cover(best)
        found.append(named(best))
    return found


class Combinations:
    """Which combinations of ``strength`` values have occurred, for factors of these extents."""

    def __init__(self, extents: Sequence[int], strength: int) -> None:
        chosen = list(itertools.combinations(range(len(extents)), strength))
        self.factors = np.array(chosen, int).reshape(len(chosen), strength)
        self.radix = np.array(extents, int)[self.factors]
        sizes = self.radix.prod(axis=1)
        self.first = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self.covered = np.zeros(self.first[-1], bool)
        self.failures = np.zeros(self.first[-1], int)

    def codes(self, row: np.ndarray) -> np.ndarray:
        """The place in ``covered`` of each combination of a row."""
        code = np.zeros(len(self.factors), int)
        for place in range(self.factors.shape[1]):
            code = code * self.radix[:, place] + row[self.factors[:, place]]
        return np.asarray(self.first[:-1] + code)

    def new(self, row: np.ndarray) -> int:
        """How many combinations of a row have not occurred."""
        return int(np.count_nonzero(~self.covered[self.codes(row)]))

    def cover(self, row: np.ndarray) -> None:
        """Take the combinations of a row as having occurred."""
        self.covered[self.codes(row)] = True

    def missing(self, rng: np.random.Generator) -> Optional[int]:
        """The code of a combination that has not occurred and may be possible, if there is one."""
        left = np.flatnonzero(~self.covered & (self.failures < PATIENCE))
        return int(rng.choice(left)) if len(left) else None

    def values(self, code: int) -> dict[int, int]:
        """A combination, by factor."""
        which = int(np.searchsorted(self.first, code, side="right")) - 1
        code -= int(self.first[which])
        value = {}
        for factor, radix in zip(self.factors[which][::-1], self.radix[which][::-1]):
            code, value[int(factor)] = divmod(code, int(radix))
        return value
