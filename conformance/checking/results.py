"""What became of a property: the verdict, what it is worth, and the simplest failure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Optional

from conformance.checking.record import Nonconformity, Question
from conformance.checking.tally import Coverage
from conformance.running.text import one_line

CONFORMS, FAILS, NOT_APPLICABLE = "conforms", "fails", "not applicable"
#: Fails as is known and listed.
DEVIATES = "deviates (known)"


@dataclass(frozen=True)
class Failure:
    """The simplest failure found: what was drawn, what was wrong, and what had been asked.

    ``repeats`` says whether the same case fails when it is asked again.
    """

    drawn: dict[str, Any]
    error: Nonconformity
    questions: tuple[Question, ...] = ()
    repeats: bool = True


@dataclass(frozen=True)
class Result:
    """The outcome of one property on one subject.

    ``worst_share`` and ``median_share`` are of the bound used, None where nothing is compared
    with a bound; ``drift`` is the median over the cases of how large the errors are beside those
    of independent roundings (`conformance.expected.drift`), None where it is not asked;
    ``discriminating`` is None where the property has no quota; ``coverage`` says what the cases
    were about.
    ``deviations`` has, for each known deviation that applied, how many cases deviated and how many
    there were. ``arithmetic`` is the row that the bound was computed
    with, empty where nothing was executed. ``layer`` is a name of `conformance.cells`; the sentence
    of another layer than SimpleRNN begins with it.
    """

    property: str
    sentence: str
    clause: str
    implementation: str
    mode: Optional[str]
    dtype: str
    verdict: str
    cases: int = 0
    discriminating: Optional[int] = None
    worst_share: Optional[float] = None
    median_share: Optional[float] = None
    drift: Optional[float] = None
    seconds: float = 0.0
    reason: str = ""
    devices: tuple[str, ...] = ()
    arithmetic: str = ""
    deviations: dict[str, tuple[int, int]] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    failure: Optional[Failure] = None
    layer: str = "simple_rnn"

    def __post_init__(self) -> None:
        """Make text that comes from outside fit to print, to file and to send."""
        texts = {name: one_line(v) for name, v in vars(self).items() if isinstance(v, str)}
        texts["reason"] = one_line(" ".join(self.reason.split()))
        vars(self).update(texts, devices=tuple(map(one_line, self.devices)))

    def as_dict(self) -> dict[str, Any]:
        """Plain values only, as they are sent between processes."""
        plain = asdict(self.without_failure())
        del plain["failure"]
        return {**plain, "devices": list(self.devices)}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Result:
        """The result of which `as_dict` made plain values."""
        coverage, devices = Coverage(**plain["coverage"]), tuple(plain["devices"])
        deviations = {name: (some, met) for name, (some, met) in plain["deviations"].items()}
        changed = {"coverage": coverage, "devices": devices, "deviations": deviations}
        return cls(**{**plain, **changed})

    def without_failure(self) -> Result:
        """The same without the failing case."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Result(**{**values, "failure": None})
