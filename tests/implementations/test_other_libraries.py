"""torch.nn.RNN, ONNX, LiteRT and SavedModel: what is installed is checked, faults are noticed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from command_line import ROOT
from subjects import EVERY_STEP, LAST_OUTPUT, check_function, forward, subject_of

from conformance.checking.check import check
from conformance.checking.results import CONFORMS, FAILS
from conformance.implementations import load_implementation
from conformance.implementations.function import FunctionImplementation
from conformance.implementations.onnx_rnn import OnnxRuntime
from conformance.numerics.arithmetic import IEEE

NEEDS = {
    "torch": ("torch",),
    "onnx-reference": ("onnx",),
    "onnxruntime": ("onnx", "onnxruntime"),
    "keras-onnx": ("tensorflow", "onnxruntime", "tf2onnx"),
    "savedmodel": ("tensorflow",),
    "litert": ("tensorflow", "ai_edge_litert"),
}


def absent(name):
    return [module for module in NEEDS[name] if importlib.util.find_spec(module) is None]


INSTALLED = [
    pytest.param(
        name, marks=pytest.mark.skipif(bool(absent(name)), reason=f"not installed: {absent(name)}")
    )
    for name in NEEDS
]


def results(implementation, found, dtype="float32"):
    """The result of a property in each mode."""
    verdicts = []
    for mode in implementation.modes:
        subject = subject_of(implementation, dtype, max_examples=5)
        subject.mode = mode
        verdicts.append(check(found, subject))
    return verdicts


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize("found", [EVERY_STEP, LAST_OUTPUT], ids=lambda found: found.name)
def test_it_computes_the_recurrence_in_every_mode(name, found):
    implementation = load_implementation(name)
    for dtype in implementation.dtypes:
        for result in results(implementation, found, dtype):
            assert result.verdict == CONFORMS, result.reason
            assert result.cases == 6


@pytest.mark.parametrize("name", INSTALLED)
def test_a_transposed_recurrent_kernel_is_noticed(name):
    implementation = load_implementation(name)
    right = implementation.network

    def wrong(size, dtype, *, sequences):
        network = right(size, dtype, sequences=sequences)
        given = network.set_weights
        network.set_weights = lambda w: given([w[0], w[1].T, *w[2:]])
        return network

    implementation.network = wrong
    assert {result.verdict for result in results(implementation, EVERY_STEP)} == {FAILS}


@pytest.mark.parametrize("name", INSTALLED)
def test_its_versions_are_found_without_importing_it(name):
    assert "not installed" not in load_implementation(name).versions().values()


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_not_installed_is_named(name):
    versions = load_implementation(name).versions()
    for module, version in versions.items():
        found = importlib.util.find_spec(module.replace("-", "_"))
        assert (version == "not installed") == (found is None), module


# --- What is known of ONNX Runtime -----------------------------------------------------------


def coarse_tanh(z):
    """As 2·sigmoid(2z) − 1 is computed: near zero with an absolute error."""
    return (np.float32(2) / (np.float32(1) + np.exp(-2 * z)) - np.float32(1)).astype(z.dtype)


def with_coarse_tanh(x, Wx, Wh, bh, Wo, bo):
    h = np.zeros((len(x), len(bh)), x.dtype)
    for t in range(x.shape[1]):
        h = coarse_tanh(x[:, t] @ Wx + h @ Wh + bh)
    return h @ Wo + bo


def transposed_too(x, Wx, Wh, *rest):
    return with_coarse_tanh(x, Wx, Wh.T, *rest)


@pytest.mark.parametrize(
    ("function", "verdict"),
    [(forward, CONFORMS), (with_coarse_tanh, CONFORMS), (transposed_too, FAILS)],
)
def test_nothing_else_hides_behind_a_coarse_tanh(function, verdict):
    implementation = FunctionImplementation(function, "mine")
    implementation.arithmetic = OnnxRuntime().arithmetic
    result = check(LAST_OUTPUT, subject_of(implementation, max_examples=100))
    assert result.verdict == verdict
    assert "tanh off by up to 8 ulp and 2.4e-07" in result.arithmetic
    if function is not forward:
        assert check_function(function, max_examples=100).verdict == FAILS


def test_only_tanh_is_coarse():
    coarse, usual = OnnxRuntime().arithmetic("float32"), IEEE["float32"]
    assert coarse.activation_errors.pop("tanh") == (8, 2.0**-22)
    assert coarse.activation_errors.items() <= usual.activation_errors.items()
    assert usual.activation_errors["tanh"] == (8, 0)


@pytest.mark.skipif(bool(absent("onnxruntime")), reason="ONNX Runtime is not installed")
def test_the_script_shows_the_deviation(tmp_path):
    script = ROOT / "conformance" / "deviations" / "scripts" / "onnxruntime_tanh.py"
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "AssertionError: tanh in the RNN operator is off by more than 8 ulp" in done.stderr
