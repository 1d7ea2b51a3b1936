"""A run as the user starts it: what is run, what is printed, and the exit status."""

from __future__ import annotations

import re

import pytest
from command_line import ROOT, folder_of_a_user, run_pytest
from subjects import PROPERTIES, forward, numbers_of_tests

from conformance.checking.run import Run
from conformance.checking.subject import Subject
from conformance.implementations.function import FunctionImplementation
from conformance.implementations.numpy_loop import NumpyLoop
from strategies import DTYPES, WIDE_DTYPES

FEW = ("--max-examples", "3")
LAST_OUTPUT = "test_last_output_equals_the_recurrence"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return folder_of_a_user(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="module")
def numpy_run(folder):
    """Every property on NumPy, in one process, with a seed that nobody chose."""
    return run_pytest(folder, "--implementation", "numpy", *FEW, "-n", "0")


@pytest.fixture(scope="module")
def collected(folder):
    """The ids of all tests on NumPy."""
    done = run_pytest(folder, "--implementation", "numpy", "--collect-only", "-q")
    assert done.status == 0
    return [line.rpartition("::")[2] for line in done.text.splitlines() if "::" in line]


def conforming_properties():
    """Those that the NumPy loop is asked about, a line of the table each."""
    loop = NumpyLoop()
    wide = [Subject(loop, "call", dtype, Run()) for dtype in WIDE_DTYPES]
    return [one for one in PROPERTIES.values() if not all(map(one.missing, wide))]


def totals(done):
    """The numbers in the last line of the summary, by what they count."""
    found = re.findall(r"([a-z ]+): (\d+)", done.summary[-1])
    return {name.strip(): int(number) for name, number in found}


# --- A run that passes -----------------------------------------------------------------------


def test_a_conforming_implementation_passes(numpy_run):
    assert numpy_run.status == 0
    assert re.match(r"numpy CONFORMS in \d+ cases, computed on CPU$", numpy_run.summary[0])
    counts = totals(numpy_run)
    applicable, others = numbers_of_tests(NumpyLoop())
    assert (counts["fails"], counts["not run"], counts["not applicable"]) == (0, 0, others)
    assert counts["conforms"] == applicable > 100
    # 3 cases in each, and the notebook's in those of cases.
    assert applicable * 3 < counts["cases"] <= applicable * 5
    assert f"in {counts['cases']} cases" in numpy_run.summary[0]


def test_each_property_has_a_line_and_what_is_not_applicable_a_reason(numpy_run):
    table = [line for line in numpy_run.summary if line.endswith("conforms")]
    assert len(table) == len(conforming_properties())
    text = " ".join(" ".join(numpy_run.summary).split())  # a long line is wrapped
    assert re.findall(r"\((needs [^)]*)\)", text) == [
        "needs compositions",
        "needs constraints, training",
        "needs dropout",
        "needs initializers",
        "needs mode predict",
        "needs optimizers",
        "needs pickling, serialization",
        "needs refusals",
        "needs regularizers",
        "needs regularizers, training",
        "needs serialization",
        "needs several modes",
        "needs summary",
        "needs training",
    ]


def test_the_table_fits_the_terminal(numpy_run):
    table = [line for line in numpy_run.summary if line.endswith(("conforms", "verdict"))]
    assert len(table) == len(conforming_properties()) + 1
    assert len({len(line) for line in table}) == 1
    assert len(table[0]) <= 100


def test_the_header_says_what_is_tested_and_how_to_repeat_it(numpy_run):
    assert re.search(r"^rnn-conformance \S+: numpy · numpy \S+ · Python 3\.\d+\.\d+$",
                     numpy_run.text, re.MULTILINE)  # fmt: skip
    assert re.search(rf"^modes call · dtypes {', '.join(DTYPES)} · ", numpy_run.text, re.MULTILINE)
    assert re.search(
        r"^profile default · seed (\d+) "
        r"\(again: --implementation=numpy --max-examples=3 --hypothesis-seed=\1\)$",
        numpy_run.text,
        re.MULTILINE,
    )


def test_the_options_in_the_header_repeat_the_run_also_in_workers(numpy_run, folder):
    again = re.search(r"\(again: (.*)\)", numpy_run.text)[1].split()
    in_workers = run_pytest(folder, *again, "-n", "2")
    assert in_workers.status == 0
    # Verdicts, cases, discriminating cases and shares of the bound, to the last digit; but the
    # initial weights of a fresh network are its own affair.
    same, first = (
        [line for line in done.summary if "recurrent kernel is orthogonal" not in line]
        for done in (in_workers, numpy_run)
    )
    assert len(first) == len(numpy_run.summary) - 1
    assert same == first


def test_workers_share_a_seed_that_nobody_chose(folder):
    done = run_pytest(folder, "--implementation", "numpy", *FEW, "-n", "2", "-k", "recurrence")
    again = re.search(r"\(again: (.*)\)", done.text)[1].split()
    assert run_pytest(folder, *again, "-k", "recurrence").summary == done.summary


def test_another_seed_is_another_run(numpy_run, folder):
    seed = int(re.search(r"· seed (\d+)", numpy_run.text)[1])
    other = run_pytest(folder, "--implementation", "numpy", *FEW, "--hypothesis-seed", seed + 1)
    assert other.status == 0
    assert totals(other) == totals(numpy_run)
    assert other.summary != numpy_run.summary


@pytest.mark.parametrize("options", [("--dtypes", "float32"), ("--modes", "call")])
def test_what_limits_a_run_is_repeated_too(folder, options):
    done = run_pytest(
        folder, "--implementation", "numpy", *FEW, *options, "-k", "zero_weights and 32"
    )
    again = re.search(r"\(again: (.*)\)", done.text)[1]
    assert "=".join(options) in again


def test_a_function_of_the_users_passes_what_it_can_answer(folder):
    done = run_pytest(folder, "--implementation", "mine:right", *FEW)
    assert done.status == 0
    assert done.summary[0].startswith("mine:right CONFORMS in ")
    counts = totals(done)
    applicable, others = numbers_of_tests(FunctionImplementation(forward, "mine:right"))
    assert (counts["conforms"], counts["fails"], counts["not applicable"]) == (18, 0, others)
    assert applicable == 18


# --- Which tests there are -------------------------------------------------------------------


def test_ids_are_literal(collected):
    for name in (
        f"{LAST_OUTPUT}[numpy-call-float32]",
        f"{LAST_OUTPUT}[numpy-call-float64]",
        "test_fresh_biases_are_zero[numpy-float32]",
    ):
        assert name in collected
    assert len(set(collected)) == len(collected) == sum(numbers_of_tests(NumpyLoop()))
    dtypes = "|".join(DTYPES)
    assert all(re.fullmatch(rf"test_\w+\[numpy(-call)?-({dtypes})\]", name) for name in collected)


def test_an_id_selects_its_test(folder):
    done = run_pytest(
        folder, "--implementation", "numpy", *FEW, "-k", f"{LAST_OUTPUT}[numpy-call-float32]"
    )
    assert done.status == 0
    assert (totals(done)["conforms"], totals(done)["cases"]) == (1, 4)


def test_modes_and_dtypes_limit_what_is_run(folder):
    done = run_pytest(folder, "--implementation", "numpy", "--collect-only", "--dtypes", "float64")
    assert "float64]" in done.text
    assert "float32]" not in done.text


def test_collecting_is_no_run(folder):
    done = run_pytest(folder, "--implementation", "numpy", "--collect-only", "-q")
    assert done.status == 0
    assert "RNN conformance" not in done.text


def test_other_tests_are_none_of_its_business():
    done = run_pytest(ROOT, "-k", "unit_roundoff", target="tests/numerics/test_arithmetic.py")
    assert done.status == 0
    assert "2 passed" in done.text
    assert "conformance" not in done.text.lower().replace("rnn_conformance", "").replace(
        str(ROOT).lower(), ""
    )


# --- A run that checks less than it should ---------------------------------------------------


def test_a_run_that_selects_nothing_fails(folder):
    done = run_pytest(folder, "--implementation", "numpy", "-k", "no_such_property")
    assert done.status != 0
    assert done.summary[0].startswith("NOTHING WAS CHECKED")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_in_which_nothing_applies_fails(folder, workers):
    done = run_pytest(folder, "--implementation", "mine:right", "-k", "every_step", "-n", workers)
    assert done.status != 0
    assert done.summary[0].startswith("NOTHING WAS CHECKED")
    assert "(needs states)" in done.summary[1]


def test_a_run_that_stops_early_says_what_was_not_run(folder):
    done = run_pytest(
        folder, "--implementation", "mine:transposed", *FEW, "--max-examples", "30", "-x",
        "-k", "last_output_equals or zero_weights", "--dtypes", "float32",
    )  # fmt: skip
    counts = totals(done)
    assert done.status == 1
    assert counts["fails"] == 1
    assert counts["conforms"] + counts["not run"] == 1
    assert sum(line.startswith("not run: ") for line in done.summary) == counts["not run"]


def test_a_killed_worker_fails_the_run_and_names_what_was_not_run(folder):
    done = run_pytest(
        folder, "--implementation", "mine:exits", *FEW, "--dtypes", "float32", "-n", "2",
        "-k", "zero_weights or last_output_equals or repeating",
    )  # fmt: skip
    assert done.status != 0
    assert done.summary[0] == "mine:exits: INCOMPLETE, 1 tests were not run"
    lost = [line for line in done.summary if line.startswith("not run: ")]
    assert len(lost) == 1
    assert lost[0].endswith("test_zero_weights_leave_the_dense_bias[mine:exits-call-float32]")
    assert totals(done)["conforms"] == 3  # by the other worker, and by one in its place
