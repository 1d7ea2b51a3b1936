"""Read back what ``model.summary()`` prints, in the formats of Keras 2 and of Keras 3."""

from __future__ import annotations

import re
from typing import Optional, Sequence

from conformance.implementations.protocol import ImplementationError, Summary, SummaryRow

# Keras 2:  simple_rnn (SimpleRNN)    (None, 5)     45        columns of spaces
# Keras 3:  │ simple_rnn (SimpleRNN)  │ (None, 5)  │  45 │    a table
_ROW = re.compile(r"\((?P<layer>\w+)\)[\s│]+\[?\((?P<shape>[^()]*)\)\]?[\s│]+(?P<count>[\d,]+)")
_TOTAL = re.compile(r"^\s*(?P<what>Total|Trainable|Non-trainable) params:\s*(?P<count>[\d,]+)")


def parse_summary(lines: Sequence[str]) -> Summary:
    """The rows and totals in the printed lines.

    Raises:
        ImplementationError: a total is missing.
    """
    rows = [
        SummaryRow(found["layer"], _shape(found["shape"]), _count(found["count"]))
        for found in map(_ROW.search, lines)
        if found
    ]
    totals = {found["what"]: _count(found["count"]) for found in map(_TOTAL.search, lines) if found}
    for what in ("Total", "Trainable", "Non-trainable"):
        if what not in totals:
            raise ImplementationError(f"the printed summary has no line '{what} params:'")
    return Summary(rows, totals["Total"], totals["Trainable"], totals["Non-trainable"])


def _count(text: str) -> int:
    return int(text.replace(",", ""))


def _shape(text: str) -> tuple[Optional[int], ...]:
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    return tuple(None if entry == "None" else int(entry) for entry in entries)
