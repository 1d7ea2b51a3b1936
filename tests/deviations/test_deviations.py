"""The list of known deviations: how it is read, what it excuses, and when it is out of date."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from command_line import PROPERTIES as FOLDER
from command_line import run
from deviation_lists import WHOLE, a_list, deviation
from packaging.requirements import Requirement
from subjects import PROPERTIES

from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.checking.results import Result
from conformance.checking.subject import Run, Subject
from conformance.deviations.reading import CASES_TO_DISPROVE, DeviationError, read_deviations
from conformance.faults import seeded_fault
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.reporting.summary import RunRecord, summary_lines

ACTIVATED = PROPERTIES["test_every_activation_equals_its_definition"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.5)


# --- Reading ---------------------------------------------------------------------------------


def test_an_entry_is_read_as_it_is_written(tmp_path):
    (entry,) = read_deviations(a_list(tmp_path, WHOLE))
    assert (entry.name, entry.implementations, entry.properties) == ("a slope", ("numpy",), ("*",))
    assert [str(requirement) for requirement in entry.versions] == ["numpy>=1.21"]
    assert entry.applies(activation="relu")
    assert not entry.applies(activation="tanh")
    assert entry.depends_on == ""


def test_a_condition_may_have_several_lines(tmp_path):
    path = a_list(tmp_path, {**WHOLE, "when": None})
    text = path.read_text(encoding="utf-8")
    path.write_text(text + '\nwhen = """\nN == 1\n  and M > 2\n"""', encoding="utf-8")
    (entry,) = read_deviations(path)
    assert [entry.applies(N=N, M=M) for N, M in ((1, 3), (1, 2), (2, 3))] == [True, False, False]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *(
            ({field: None}, f"{'an entry without a name' if field == 'name' else 'a slope'}: "
             f"{field} is missing")
            for field in WHOLE
        ),
        ({"reason": ""}, "a slope: reason is missing"),
        (
            {"verions": ["numpy"]},
            "a slope: verions is not one of name, implementation, properties, versions, when, "
            "reason, script, depends_on",
        ),
        ({"versions": ["numpy>>1"]}, "a slope: "),
        ({"when": "activation is is"}, "a slope: invalid syntax"),
        ({"when": "activation = 'relu'"}, "a slope: "),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_with_file_name_and_field(tmp_path, changes, message):
    path = a_list(tmp_path, {**WHOLE, **changes})
    with pytest.raises(DeviationError) as refused:
        read_deviations(path)
    assert str(refused.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    "changes",
    [{"when": 3}, {"versions": [3]}, {"properties": 3}, {"when": "activaton == 'relu'"}],
)
def test_a_field_of_a_wrong_kind_and_a_fact_that_there_is_not_are_refused_too(tmp_path, changes):
    with pytest.raises(DeviationError, match="a slope"):
        read_deviations(a_list(tmp_path, {**WHOLE, **changes}))


def test_two_entries_of_one_name_are_refused(tmp_path):
    path = a_list(tmp_path, WHOLE, WHOLE)
    with pytest.raises(DeviationError) as refused:
        read_deviations(path)
    assert str(refused.value) == f"{path}: two entries are called a slope"


@pytest.mark.parametrize("content", [None, b"[[deviation", b"name = '\xff'"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, content):
    path = tmp_path / "list.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DeviationError) as refused:
        read_deviations(path)
    assert str(refused.value).startswith(f"{path}: cannot be read: ")


# --- What it concerns ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirements", "installed", "concerned"),
    [
        ("tensorflow>=2.9", {"tensorflow": "2.9.0"}, True),
        ("tensorflow>=2.9", {"tensorflow": "2.8.4"}, False),
        ("tensorflow>=2.9", {"tensorflow": "2.22.0rc1"}, True),
        ("tensorflow>=2.9", {"keras": "3.0"}, False),
        ("tensorflow>=2.9 keras<3", {"tensorflow": "2.9", "keras": "2.9"}, True),
        ("tensorflow>=2.9 keras<3", {"tensorflow": "2.9", "keras": "3.1"}, False),
    ],
)
def test_an_entry_concerns_versions_that_meet_every_requirement(requirements, installed, concerned):
    versions = tuple(Requirement(text) for text in requirements.split(" "))
    entry = replace(deviation("True", "keras"), versions=versions)
    assert entry.concerns("keras", "test_any", installed) == concerned
    assert not entry.concerns("numpy", "test_any", installed)


def test_an_entry_concerns_its_properties_alone():
    entry = deviation("True", "numpy", ACTIVATED.name)
    assert entry.concerns("numpy", ACTIVATED.name, {"numpy": "2.0"})
    assert not entry.concerns("numpy", "test_fresh_biases_are_zero", {"numpy": "2.0"})


# --- What it excuses -------------------------------------------------------------------------


def checked(*deviations, found=ACTIVATED, dtype="float32", max_examples=60):
    """A property of the loop in which leaky_relu has another slope, with known deviations."""
    implementation = seeded_fault(NumpyLoop(), "leaky_relu_of_another_slope")
    mode = "call" if found.per_mode else None
    run = Run(max_examples=max_examples, seed=1, deviations=list(deviations))
    return check(found, Subject(implementation, mode, dtype, run))


LEAKY = "'leaky_relu' in (activation, dense_activation)"


def test_a_case_under_the_condition_that_deviates_is_counted_and_is_no_failure():
    assert checked().verdict == "fails"
    result = checked(deviation(LEAKY))
    assert (result.verdict, result.reason) == ("deviates (known)", "a slope")
    deviating, met = result.deviations["a slope"]
    assert 0 < deviating <= met < result.cases == 61
    assert result.failure is None
    assert result.worst_share <= 1  # of the cases that conform


@pytest.mark.parametrize("condition", ["N == 1", "dtype == 'float64'", "texture == 'one_hot'"])
def test_a_failure_outside_the_condition_is_still_one_and_does_not_shrink_into_it(condition):
    result = checked(deviation(f"{LEAKY} and {condition}"))
    assert result.verdict == "fails"
    assert result.failure.error.comparison is not None
    case = result.failure.drawn["case"]
    assert "leaky_relu" in (case.activation, case.dense_activation)
    facts = {**case.dimensions._asdict(), "texture": case.texture, "dtype": "float32"}
    assert not deviation(condition).applies(**facts)


def test_a_condition_under_which_all_conforms_is_counted_as_met_and_not_deviating():
    result = checked(deviation("activation == 'relu'"), deviation(LEAKY))
    assert result.verdict == "deviates (known)"
    conforming = Run(max_examples=60, seed=1, deviations=[deviation("M > 1", "numpy")])
    result = check(ACTIVATED, Subject(NumpyLoop(), "call", "float32", conforming))
    assert result.verdict == "conforms"
    assert result.deviations["a slope"][0] == 0
    assert CASES_TO_DISPROVE <= result.deviations["a slope"][1] <= result.cases


def test_a_condition_on_a_case_says_nothing_of_properties_that_draw_none():
    result = checked(deviation(LEAKY), found=PROPERTIES["test_fresh_biases_are_zero"])
    assert result.verdict == "conforms"


# --- What is out of date ---------------------------------------------------------------------


def record_of(*counts, **more):
    """A run whose tests met a known deviation so often: (deviating, met)."""
    record = RunRecord("default", 0, "")
    record.deviations = {"a slope": deviation(LEAKY, **more)}
    for i, pair in enumerate(counts):
        fields = ("output", "Sentence", "recurrence", "numpy", "call", "float32", "conforms")
        record.results[str(i)] = Result(*fields, cases=50, deviations={"a slope": pair})
    return record


def test_an_entry_under_which_many_cases_conform_and_none_deviates_is_out_of_date():
    enough = (0, CASES_TO_DISPROVE // 2)
    assert record_of(enough, enough).out_of_date == ["a slope"]
    assert record_of(enough, (0, CASES_TO_DISPROVE // 2 - 1)).out_of_date == []
    assert record_of(enough, enough, (1, 40)).out_of_date == []
    assert record_of(enough, enough, depends_on="the processor").out_of_date == []
    lines = summary_lines(record_of(enough, enough), 100)
    assert lines[0] == "A KNOWN DEVIATION NO LONGER SHOWS: remove its entry, or limit its versions"
    assert lines[1] == f"out of date: «a slope» ({CASES_TO_DISPROVE} cases conform)"


def test_a_known_deviation_that_shows_is_named_with_its_script():
    lines = summary_lines(record_of((3, 40)), 100)
    assert "deviates (known): a slope, 3 of 40 cases; conformance/deviations/scripts/a.py" in lines


PLUGIN = """
import functools
import conformance.plugin.session
from conformance.deviations.reading import read_deviations
from pathlib import Path
conformance.plugin.session.Run = functools.partial(
    conformance.plugin.session.Run, deviations=read_deviations(Path("list.toml"))
)
"""


@pytest.mark.parametrize(
    ("changes", "status", "first"),
    [
        ({}, 1, "A KNOWN DEVIATION NO LONGER SHOWS"),
        ({"depends_on": "the processor"}, 0, "numpy CONFORMS in "),
        ({"versions": ["numpy<1"]}, 0, "numpy CONFORMS in "),
    ],
)
def test_a_run_fails_for_an_entry_that_is_out_of_date_alone(tmp_path, changes, status, first):
    a_list(tmp_path, {**WHOLE, "when": "M >= 1", **changes})
    (tmp_path / "listed.py").write_text(PLUGIN, encoding="utf-8")
    done = run(
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "listed", FOLDER, "-n", "0",
        "--implementation", "numpy", "--dtypes", "float32", "--max-examples", CASES_TO_DISPROVE,
        "-k", "last_output_equals", cwd=tmp_path,
    )  # fmt: skip
    assert done.status == status, done.text
    assert done.summary[0].startswith(first)
