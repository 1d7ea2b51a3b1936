"""A wrong option ends the run at once: exit status 4, and one sentence that says what to write."""

from __future__ import annotations

import importlib.util

import pytest
from command_line import ROOT, folder_of_a_user, run_pytest

from conformance.implementations import IMPLEMENTATIONS
from strategies import DTYPES

NUMPY = ("--implementation", "numpy")


#: Options, and what is printed after "ERROR: ", which is all.
WRONG = [
    (
        ("--implementation", "caffe"),
        f"'caffe' is not an implementation: choose {', '.join(IMPLEMENTATIONS)} or module:object",
    ),
    (
        ("--implementation", "absent:forward"),
        "absent:forward: module absent does not import: "
        "ModuleNotFoundError: No module named 'absent'",
    ),
    (
        ("--implementation", "mine:backward"),
        "mine:backward: module mine has no 'backward'",
    ),
    (
        ("--implementation", "mine:number"),
        "mine:number: is an int: must be a function or a conformance.Implementation",
    ),
    (
        ("--implementation", "mine:three_arguments"),
        "mine:three_arguments: takes (x, kernel, bias): must take "
        "(x, kernel, recurrent_kernel, bias, dense_kernel, dense_bias)",
    ),
    ((*NUMPY, "--modes", "graph"), "--modes: 'graph' is not one of call"),
    ((*NUMPY, "--modes", ","), "--modes=',': choose some of call"),
    (
        (*NUMPY, "--dtypes", "float32,half"),
        f"--dtypes: 'half' is not one of {', '.join(DTYPES)}",
    ),
    (
        (*NUMPY, "--conformance-profile", "slow"),
        "--conformance-profile: 'slow' is not one of quick, default, thorough",
    ),
    ((*NUMPY, "--max-examples", "0"), "--max-examples=0: must be an integer, at least 1"),
    ((*NUMPY, "--max-examples", "1e3"), "--max-examples=1e3: must be an integer, at least 1"),
    ((*NUMPY, "--max-examples", "²"), "--max-examples=²: must be an integer, at least 1"),
    (
        (*NUMPY, "--time-limit", "soon"),
        "--time-limit=soon: must be a number of seconds, 0 for none",
    ),
    ((*NUMPY, "--hypothesis-seed", "abc"), "--hypothesis-seed=abc: must be an integer"),
    (
        ("--implementation", "mine:right", "--fault", "no_bias"),
        "--fault: faults can be seeded into numpy and keras only",
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return folder_of_a_user(tmp_path_factory.mktemp("user"))


@pytest.mark.parametrize(
    ("options", "sentence"), WRONG, ids=[" ".join(options[-2:]) for options, _ in WRONG]
)
def test_a_wrong_option_is_one_clear_sentence(folder, options, sentence):
    done = run_pytest(folder, *options)
    assert done.status == 4
    assert done.text.strip() == f"ERROR: {sentence}"


def test_an_unknown_fault_lists_the_faults(folder):
    done = run_pytest(folder, *NUMPY, "--fault", "off_by_one")
    assert done.status == 4
    assert done.text.startswith("ERROR: --fault: 'off_by_one' is not one of ")
    assert "recurrent_kernel_transposed, no_recurrence, no_bias" in done.text


def test_any_integer_is_a_seed(folder):
    done = run_pytest(
        folder, *NUMPY, "--hypothesis-seed=-1", "--max-examples", "3", "-k", "last_output"
    )
    assert done.status == 0
    assert "--hypothesis-seed=-1)" in done.text


def test_a_module_that_does_not_import_says_why(folder):
    (folder / "broken.py").write_text("import numpy\nraise RuntimeError('no licence')\n")
    done = run_pytest(folder, "--implementation", "broken:forward")
    assert done.status == 4
    assert done.text.strip() == (
        "ERROR: broken:forward: module broken does not import: RuntimeError: no licence"
    )


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is not None, reason="TensorFlow is installed"
)
def test_without_tensorflow_keras_says_what_to_install(folder):
    done = run_pytest(folder)
    assert done.status == 4
    assert done.text.startswith("ERROR: --implementation keras: ")
    assert "pip install 'rnn-conformance[tensorflow]'" in done.text


def test_the_help_names_every_option(folder):
    text = run_pytest(ROOT, "--help").text
    for option in ("--implementation", "--modes", "--dtypes", "--conformance-profile",
                   "--max-examples", "--time-limit", "--fault"):  # fmt: skip
        assert option in text
