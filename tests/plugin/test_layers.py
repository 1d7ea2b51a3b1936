"""LSTM and GRU are asked what SimpleRNN is asked, where the user wants it."""

from __future__ import annotations

import json
import sys

import pytest
from command_line import run, run_pytest

FEW = ("--max-examples", "3", "-n", "0")
NUMPY = ("--implementation", "numpy", *FEW)
LAST_OUTPUT = "test_last_output_equals_the_recurrence"

#: An LSTM of the user's, and one whose gates are in another order.
LSTMS = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def right(x, kernel, recurrent_kernel, bias, dense_kernel, dense_bias):
    h = c = np.zeros((len(x), len(recurrent_kernel)), x.dtype)
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        i, f, g, o = np.split(z, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h @ dense_kernel + dense_bias


def exchanged(x, kernel, recurrent_kernel, bias, *dense):
    def other(w):
        i, f, g, o = np.split(w, 4, axis=-1)
        return np.concatenate([i, f, o, g], axis=-1)

    return right(x, other(kernel), other(recurrent_kernel), other(bias), *dense)


right.layer = exchanged.layer = "lstm"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("user")
    (folder / "mine.py").write_text(LSTMS, encoding="utf-8")
    return folder


def ids_of(done):
    assert done.status == 0
    return {line.rpartition("::")[2] for line in done.text.splitlines() if "::" in line}


def collected(folder, *options):
    return ids_of(run_pytest(folder, *NUMPY, "--collect-only", "-q", *options))


def test_ids_say_the_layer_and_those_of_simple_rnn_are_as_they_were(folder):
    usual, every = collected(folder), collected(folder, "--layers", "all")
    assert f"{LAST_OUTPUT}[numpy-call-float32]" in usual
    assert collected(folder, "--layers", "simple_rnn") == usual < every
    for layer in ("lstm", "gru"):
        of_layer = collected(folder, "--layers", layer)
        assert f"{LAST_OUTPUT}[numpy-{layer}-call-float32]" in of_layer
        named = {one.replace(f"numpy-{layer}-", "numpy-") for one in of_layer}
        assert named == usual
        assert all(f"numpy-{layer}-" in one for one in of_layer)


def test_what_has_layers_of_its_own_is_asked_once(folder):
    every = collected(folder, "--layers", "all", "-k", "initializers_have")
    assert every == {
        f"test_initializers_have_their_documented_distribution[numpy-{dtype}]"
        for dtype in ("float32", "float64")
    }


@pytest.fixture(scope="module")
def two_layers(folder):
    """A run of LSTM and GRU, with its report."""
    options = ("--layers", "lstm,gru", "--dtypes", "float32", "--report=run.json")
    return run_pytest(folder, *NUMPY, *options, "-k", "recurrence")


def test_a_run_says_which_layers_it_is_about(two_layers):
    assert two_layers.status == 0
    assert "layers lstm, gru · modes call" in two_layers.text
    assert "--layers=lstm,gru" in two_layers.text
    sentences = [line for line in two_layers.summary if line.endswith("conforms")]
    assert any(line.startswith("LSTM: The last output equals the recurrence") for line in sentences)
    assert any(line.startswith("GRU: The last output equals the recurrence") for line in sentences)
    assert not any(line.startswith("The last output") for line in sentences)


def test_a_report_has_the_layer_of_each_result(two_layers, folder):
    report = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert report["environment"]["layers"] == ["lstm", "gru"]
    assert {result["layer"] for result in report["results"]} == {"lstm", "gru"}
    shown = run(sys.executable, "-m", "conformance.command_line", "show", "run.json", cwd=folder)
    assert shown.status == 0
    assert "GRU: The last output equals the recurrence" in shown.text


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((*NUMPY, "--layers", "rnn"), "--layers: 'rnn' is not one of simple_rnn, lstm, gru"),
        ((*NUMPY, "--layers", ","), "--layers=',': choose some of simple_rnn, lstm, gru"),
        (
            ("--implementation", "mine:right", *FEW, "--layers", "gru"),
            "--layers: 'gru' is not one of lstm",
        ),
    ],
    ids=["unknown", "none", "another"],
)
def test_a_layer_that_is_not_there_is_refused_with_those_that_are(folder, options, sentence):
    done = run_pytest(folder, *options)
    assert done.status == 4
    assert sentence in done.text


def test_an_lstm_of_the_users_is_asked_as_one_without_an_option(folder):
    done = run_pytest(folder, "--implementation", "mine:right", *FEW, "-k", "recurrence")
    assert done.status == 0
    assert any(line.startswith("LSTM: The last output") for line in done.summary)


def test_gates_in_another_order_are_named_and_shown_by_a_script(folder):
    done = run_pytest(
        folder, "--implementation", "mine:exchanged", "--max-examples", "30", "-n", "0",
        "-k", "last_output_equals and float32",
    )  # fmt: skip
    assert done.status == 1
    (report,) = done.failures
    assert report[0] == "FAILS: LSTM: The last output equals the recurrence"
    (path,) = [line.split()[1] for line in report if line.startswith("script:")]
    shown = run(sys.executable, path, cwd=folder)
    assert shown.status == 1
    assert "the difference is more than rounding explains" in shown.text
