"""Checking without the plugin: from Python, and in the tests of another project.

    report = check_implementation(forward)
    assert report.verdict == "conforms", report

    @parametrize_with_properties([forward])
    def test_my_layer(check):
        check()

The plugin is not needed for either, and does nothing in a run that does not name it.
"""

from __future__ import annotations

import os
import random
import shlex
import warnings
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Iterable, Mapping, Optional, Sequence, Union

from hypothesis import core

from conformance.cells import CELLS, SIMPLE_RNN
from conformance.checking.check import check
from conformance.checking.property import Property
from conformance.checking.record import Nonconformity
from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE, Failure, Result
from conformance.checking.run import TIME_LIMIT, Run
from conformance.checking.subject import Subject
from conformance.deviations.conditions import Condition
from conformance.deviations.reading import Deviation
from conformance.failures.description import describe_failure
from conformance.implementations import load_implementation
from conformance.implementations.own import as_implementation
from conformance.implementations.protocol import Implementation
from conformance.properties import all_properties
from conformance.reporting.summary import KnownDeviation, RunRecord, summary_lines
from strategies.profiles import PROFILES

#: A property, or one and a dtype, to the reason why it is known to deviate.
Known = Mapping[Union[str, tuple[str, str]], str]

#: Columns of a printed report.
WIDTH = 100


@dataclass(frozen=True)
class Report:
    """What was found: a `Result` for each property, mode and dtype.

    ``explanations`` has the text of each failure, in the order of the failing results. ``str``
    is what a run of pytest prints: these texts, and the summary. ``deviations`` are the known ones,
    by name.
    """

    results: tuple[Result, ...]
    explanations: tuple[str, ...]
    profile: str
    seed: int
    deviations: Mapping[str, Deviation] = field(default_factory=dict, repr=False)

    @property
    def verdict(self) -> str:
        """``conforms``, ``deviates (known)``, ``fails``, or what keeps it from being a verdict.

        That is ``nothing checked``, or ``known deviations out of date``.
        """
        verdict = self._record().verdict
        deviates = any(result.verdict == DEVIATES for result in self.results)
        return DEVIATES if verdict == CONFORMS and deviates else verdict

    def __str__(self) -> str:
        lines = summary_lines(self._record(), WIDTH)
        return "\n\n".join([*self.explanations, "\n".join(lines)])

    def _record(self) -> RunRecord:
        record = RunRecord(profile=self.profile, seed=self.seed, repeat=f"seed={self.seed}")
        record.results = {str(i): result for i, result in enumerate(self.results)}
        record.deviations = {name: KnownDeviation.of(d) for name, d in self.deviations.items()}
        record.expect(record.results)
        return record


class Check:
    """One property on one subject; called, it passes, skips or fails the pytest test it is in."""

    def __init__(
        self,
        found: Property,
        subject: Callable[[], Subject],
        name: str,
        known: tuple[Deviation, ...] = (),
    ) -> None:
        self.found, self.subject, self.name, self.known = found, subject, name, known

    def __repr__(self) -> str:
        return f"<check {self.name}>"

    def run(self, again: str = "check_implementation(…, seed={seed})") -> tuple[Result, str]:
        """The result, and the text of the failure, empty where there is none.

        ``again`` is what the text names as the way to see it again.
        """
        subject = self.subject()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning is no verdict
            result = self._with_known(check(self.found, subject))
        if result.failure is None:
            return result, ""
        again = again.format(seed=subject.run.seed)
        return result, describe_failure(self.found, subject, result.failure, again).text

    def _with_known(self, result: Result) -> Result:
        """The result, failed if a deviation that the user knows shows no more."""
        for known in self.known:
            if result.verdict == CONFORMS and known.name in result.deviations:
                sentence = f"a known deviation shows no more: {known.reason}"
                failure = Failure({}, Nonconformity(sentence), repeats=False)
                return replace(result, verdict=FAILS, reason=sentence, failure=failure)
        return result

    def __call__(self) -> None:
        """Check the property, inside a test.

        Raises what pytest takes for a failure, a skip (not applicable) or an expected failure
        (a known deviation).
        """
        import pytest

        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
        result, text = self.run(f"pytest {shlex.quote(test)} --hypothesis-seed={{seed}}")
        if text:
            pytest.fail(text, pytrace=False)
        if result.verdict == NOT_APPLICABLE:
            pytest.skip(f"not applicable: {result.reason}")
        if result.verdict == DEVIATES:
            pytest.xfail(f"deviates (known): {result.reason}")


def check_implementation(
    implementation: Any,
    *,
    properties: Optional[Iterable[str]] = None,
    layers: Optional[Iterable[str]] = None,
    modes: Optional[Iterable[str]] = None,
    dtypes: Optional[Iterable[str]] = None,
    profile: str = "default",
    max_examples: Optional[int] = None,
    seed: Optional[int] = None,
    known: Optional[Known] = None,
    time_limit: Optional[float] = TIME_LIMIT,
) -> Report:
    """Check every property of an implementation, or those named in ``properties``.

    Args:
        implementation: a function ``(x, kernel, recurrent_kernel, bias, dense_kernel,
            dense_bias) -> y``, an `Implementation`, a subclass of it, or a name as after
            ``--implementation``.
        properties: names of properties, as after ``-k``: ``last_output_equals_the_recurrence``.
        layers: some of the implementation's recurrent layers; by default all that a layer of yours
            declares, of Keras and NumPy SimpleRNN alone.
        modes: some of the implementation's modes; all by default.
        dtypes: some of the implementation's dtypes; all by default.
        profile: ``quick``, ``default`` or ``thorough``.
        max_examples: cases for each check, instead of the profile's number.
        seed: the same seed gives the same cases; None draws one, which a failure prints.
        known: known deviations, from a property, or a property and a dtype, to a reason. One that
            does not show any more fails, for each mode and dtype by itself.
        time_limit: seconds for one case, None for any number.

    Raises:
        ImplementationError: the implementation cannot be used.
        ValueError: another argument is wrong; it is named.
    """
    checks = _checks(
        implementation,
        properties=properties,
        layers=layers,
        modes=modes,
        dtypes=dtypes,
        profile=profile,
        max_examples=max_examples,
        seed=seed,
        known=known,
        time_limit=time_limit,
    )
    done = [one.run() for one in checks]
    subject = checks[0].subject()
    run, versions = subject.run, subject.implementation.versions()
    return Report(
        results=tuple(result for result, _ in done),
        explanations=tuple(text for _, text in done if text),
        profile=profile,
        seed=run.seed,
        deviations={deviation.name: deviation.of(versions) for deviation in run.deviations},
    )


def parametrize_with_properties(implementations: Sequence[Any], **options: Any) -> Any:
    """Decorate a test of one argument, ``check``, which is to call it: ``check()``.

    There is a test for each implementation, property, mode and dtype. A property that does not
    apply is skipped, a known deviation is an expected failure. The options are the further
    arguments of `check_implementation`; ``--hypothesis-seed`` gives the seed where ``seed`` does
    not.

    Raises:
        pytest.Collector.CollectError: an argument is wrong; one sentence says which.
    """
    import pytest

    try:
        checks = [one for thing in implementations for one in _checks(thing, **options)]
    except Exception as error:  # one sentence instead of a traceback into this file
        raise pytest.Collector.CollectError(str(error)) from error
    return pytest.mark.parametrize("check", [pytest.param(one, id=one.name) for one in checks])


def _checks(
    thing: Any,
    *,
    properties: Optional[Iterable[str]] = None,
    layers: Optional[Iterable[str]] = None,
    modes: Optional[Iterable[str]] = None,
    dtypes: Optional[Iterable[str]] = None,
    profile: str = "default",
    max_examples: Optional[int] = None,
    seed: Optional[int] = None,
    known: Optional[Known] = None,
    time_limit: Optional[float] = TIME_LIMIT,
) -> list[Check]:
    named = isinstance(thing, str)
    implementation = load_implementation(thing) if named else as_implementation(thing)
    available = all_properties()
    asked = [properties] if isinstance(properties, str) else properties
    names = [_full(name) for name in (available if asked is None else asked)]
    _some_of("properties", names, available)
    if profile not in PROFILES:
        raise ValueError(f"profile={profile!r}: must be one of {', '.join(PROFILES)}")
    if max_examples is not None and (type(max_examples) is not int or max_examples < 1):
        raise ValueError(f"max_examples={max_examples!r}: must be an integer, at least 1")
    if seed is not None and type(seed) is not int:
        raise ValueError(f"seed={seed!r}: must be an integer")
    if time_limit is not None and not (isinstance(time_limit, (int, float)) and time_limit > 0):
        raise ValueError(f"time_limit={time_limit!r}: must be a number of seconds, or None")
    usual_layers = implementation.usual_layers or None if layers is None else layers
    chosen_layers = _some_of("layers", usual_layers, implementation.layers)
    chosen_modes = _some_of("modes", modes, implementation.modes)
    chosen_dtypes = _some_of("dtypes", dtypes, implementation.dtypes)
    of_the_user = _of_the_user(known or {}, implementation, available)

    runs: list[Run] = []

    def run() -> Run:  # made when the first check runs, when pytest knows its options
        if not runs:
            budget = PROFILES[profile]
            runs.append(Run(budget, max_examples, _seed(seed), time_limit=time_limit))
            runs[0].deviations += of_the_user
        return runs[0]

    def one(found: Property, layer: str, mode: Optional[str], dtype: str) -> Check:
        def subject() -> Subject:
            return Subject(implementation, mode, dtype, run(), chosen_modes, cell=CELLS[layer])

        short = found.name[len("test_") :]
        named = layer if layer != SIMPLE_RNN.name else None
        parts = (implementation.name, named, mode, dtype, short)
        known_here = tuple(
            d for d in of_the_user if found.name in d.properties and d.applies(dtype=dtype)
        )
        return Check(found, subject, "-".join(filter(None, parts)), known_here)

    def layers_of(found: Property) -> Sequence[str]:
        return [layer for layer in chosen_layers if found.is_about(layer)] or chosen_layers[:1]

    def dtypes_of(found: Property) -> Sequence[str]:
        # One that applies to none of the dtypes is reported as such, once.
        return [d for d in chosen_dtypes if found.applies_to(d)] or chosen_dtypes[:1]

    return [
        one(found, layer, mode, dtype)
        for found in (available[name] for name in names)
        for layer in layers_of(found)
        for dtype in dtypes_of(found)
        for mode in found.modes(implementation, chosen_modes)
    ]


def _of_the_user(
    known: Known, implementation: Implementation, available: Iterable[str]
) -> tuple[Deviation, ...]:
    """What the user knows, as entries of the list."""
    if not isinstance(known, Mapping):
        raise ValueError(f"known={known!r}: must be a dict, from a property to a reason")
    found = []
    for key, reason in known.items():
        name, dtype = (key, None) if isinstance(key, str) else key
        _some_of("known", [_full(name)], available)
        if dtype is not None:
            _some_of("known", [dtype], implementation.dtypes)
        found.append(
            Deviation(
                name=reason,
                implementations=(implementation.name,),
                properties=(_full(name),),
                versions=(),
                when=Condition("True" if dtype is None else f"dtype == {dtype!r}", ("dtype",)),
                reason=reason,
                unstated="known from Python",
            )
        )
    return tuple(found)


def _full(name: str) -> str:
    return name if name.startswith("test_") else f"test_{name}"


def _some_of(what: str, given: Optional[Iterable[str]], choices: Iterable[str]) -> tuple[str, ...]:
    """Those in ``given``, in the order of ``choices``; all where None is given."""
    choices = tuple(choices)
    if given is None:
        return choices
    names = [given] if isinstance(given, str) else list(given)
    unknown = [name for name in names if name not in choices]
    if unknown or not names:
        wrong = f"{unknown[0]!r} is not one of" if unknown else "must be some of"
        raise ValueError(f"{what}={names!r}: {wrong} {', '.join(choices)}")
    return tuple(name for name in choices if name in names)


def _seed(given: Optional[int]) -> int:
    if given is not None:
        return given
    of_pytest = getattr(core, "global_force_seed", None)  # --hypothesis-seed
    return of_pytest if isinstance(of_pytest, int) else random.SystemRandom().randrange(2**32)
