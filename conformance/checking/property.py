"""A property: what must hold for every case, what it draws, and how often it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Optional, Sequence

from conformance.checking.record import Record
from conformance.checking.subject import Subject
from conformance.implementations.capabilities import PREDICT, SEVERAL_MODES
from conformance.implementations.protocol import Implementation
from conformance.running.parts import WHOLE, Part, parts_of
from strategies import WIDE_DTYPES, Case

#: What building a network costs, in executions in a mode of cost 1.
BUILD_COST = 5
#: Where the dtype of the run has no meaning, the run of this one asks.
ONE_DTYPE = "float32"
#: Where cases have layers of their own, the run of this one asks.
ONE_LAYER = "simple_rnn"


@dataclass(frozen=True)
class Property:
    """A statement that must hold for every case.

    ``function`` is called with the record of the case and what was drawn. ``draws`` maps each
    further argument of ``function`` to a strategy for a subject; ``needs`` are the capabilities
    without which it says nothing; ``per_mode`` tells whether it is about execution; ``runs`` how
    often a case is executed; ``builds`` whether each case builds a network; ``quota`` whether its
    cases are meant to show faults of the recurrence, so that too few discriminating ones are worth
    a warning; ``narrow`` whether it is said of 16-bit dtypes too; ``one_dtype`` that it is asked in
    float32 alone, because its cases have dtypes of their own; ``one_layer`` that it is asked of
    SimpleRNN alone, because its cases have layers of their own; ``often`` how many times the
    profile's number of builds it has, because they are cheap; ``asks`` asks the implementation
    about a case and does not judge; what it returns is given to ``function`` as ``answer``. Without
    it ``function`` does both.
    """

    name: str
    sentence: str
    clause: str
    function: Callable[..., None]
    draws: dict[str, Callable[[Subject], Any]]
    needs: frozenset[str]
    per_mode: bool
    runs: int
    builds: bool
    quota: bool
    narrow: bool
    one_dtype: bool = False
    one_layer: bool = False
    often: int = 1
    asks: Optional[Callable[[Record, Case], Any]] = None

    def ask_and_judge(self, subject: Subject, **drawn: Any) -> None:
        """Ask the implementation, and judge the answer.

        Raises:
            Nonconformity: it is wrong.
        """
        record = Record(subject)
        self.function(record, **drawn, **self.ask(record, drawn))

    def ask(self, record: Record, drawn: dict[str, Any]) -> dict[str, Any]:
        """The arguments of ``function`` that the implementation gives; none where that asks it."""
        return {} if self.asks is None else {"answer": self.asks(record, drawn["case"])}

    def missing(self, subject: Subject) -> list[str]:
        """What the property needs and the subject does not have: capabilities, a dtype."""
        if subject.dtype not in subject.implementation.dtypes:
            return [subject.dtype]
        if subject.layer not in subject.implementation.layers or not self.is_about(subject.layer):
            return [f"another layer than {subject.cell.title}"]
        modes = self._possible_modes(subject.implementation)
        if subject.mode is not None and subject.mode not in modes:
            return [f"mode {' or '.join(modes)}"]
        asked = (ONE_DTYPE,) if self.one_dtype else WIDE_DTYPES
        dtype = [] if self.applies_to(subject.dtype) else [" or ".join(asked)]
        return sorted(self.needs - subject.capabilities) + dtype

    def modes(
        self, implementation: Implementation, chosen: Sequence[str]
    ) -> Sequence[Optional[str]]:
        """Those of the chosen modes that it is asked in; None alone where it is about none.

        One that can be asked in none of them is reported as such, once.
        """
        if not self.per_mode:
            return [None]
        possible = self._possible_modes(implementation)
        return [mode for mode in chosen if mode in possible] or chosen[:1]

    def _possible_modes(self, implementation: Implementation) -> list[str]:
        having = [implementation.modes_with(n) for n in self.needs & implementation.capabilities]
        return [mode for mode in implementation.modes if all(mode in modes for modes in having)]

    def is_about(self, layer: str) -> bool:
        """Whether it is asked of that layer."""
        return not self.one_layer or layer == ONE_LAYER

    def applies_to(self, dtype: str) -> bool:
        """Whether it is said of that dtype."""
        if self.one_dtype:
            return dtype == ONE_DTYPE
        return self.narrow or dtype in WIDE_DTYPES

    def budget(self, subject: Subject) -> int:
        """How many cases are drawn, in all parts together; 16-bit dtypes get a fifth."""
        profile = subject.run.profile
        if subject.run.max_examples is not None:
            return subject.run.max_examples
        if self.builds:
            return max(1, profile.builds * self.often // self.runs)
        share = self._cost(subject) * (1 if subject.dtype in WIDE_DTYPES else 5)
        return max(profile.fewest, profile.cases // share)

    def parts(self, subject: Subject) -> list[Part]:
        """The parts that its cases are asked in."""
        if self.missing(subject):
            return [WHOLE]
        return parts_of(self.budget(subject), self.budget(subject) * self._cost(subject))

    def weight(self, subject: Subject) -> int:
        """What the cases of the subject's part cost, in executions in a mode of cost 1."""
        if self.missing(subject):
            return 0
        return subject.part.share(self.budget(subject)) * self._cost(subject)

    def _cost(self, subject: Subject) -> int:
        if self.builds:
            return BUILD_COST // self.often
        executes = self.per_mode or not self.needs.isdisjoint((SEVERAL_MODES, PREDICT))
        return self.runs * (subject.cost if executes else 1)
