"""Keras on every backend that is installed: which one is found, and what it conforms to."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest
from command_line import ROOT, run_pytest
from subjects import PROPERTIES

from conformance.deviations.reading import read_deviations
from conformance.implementations import IMPLEMENTATIONS, load_implementation
from conformance.implementations.keras.backends import BACKENDS, backend_in_use
from conformance.implementations.protocol import ImplementationError


def absent(*modules):
    return [name for name in modules if importlib.util.find_spec(name) is None]


def needs(*modules):
    missing = absent(*modules)
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


NEEDS = {
    "jax": ("keras", "jax"),
    "torch": ("keras", "torch"),
    "numpy": ("keras", "jax", "scipy"),
    "openvino": ("keras", "openvino", "scipy"),
}
QUICK = ("--conformance-profile", "quick", "--max-examples", "3", "--hypothesis-seed", "1")


@pytest.mark.parametrize(
    "backend", [pytest.param(name, marks=needs(*NEEDS[name])) for name in BACKENDS]
)
def test_float32_is_computed_as_the_recurrence(tmp_path, backend):
    mode = "call" if backend == "openvino" else ",".join(BACKENDS[backend].modes)
    done = run_pytest(
        tmp_path, "--implementation", f"keras:{backend}", "--dtypes", "float32", *QUICK,
        "--modes", mode, "-k", "recurrence or fresh or parameters or summary",
    )  # fmt: skip
    assert done.status == 0, done.text
    assert done.summary[0].startswith(f"keras:{backend} CONFORMS in ")
    assert re.search(rf"keras:{backend} · keras 3\S+, {backend} \d", done.text)


@pytest.mark.parametrize(
    "backend", [pytest.param(name, marks=needs(*NEEDS[name])) for name in BACKENDS]
)
def test_float64_is_a_known_deviation(tmp_path, backend):
    done = run_pytest(
        tmp_path, "--implementation", f"keras:{backend}", "--dtypes", "float64", *QUICK,
        "--modes", "call", "-k", "test_every_step or parameter_count",
    )  # fmt: skip
    assert done.status == 0, done.text
    assert done.summary[0].startswith(f"keras:{backend} CONFORMS, known deviations aside, in ")
    told = r"deviates \(known\): float64 is float32 on other backends, [1-9]\d* of \d+ cases; \S+py"
    assert re.search(told, "\n".join(done.summary))


@pytest.mark.parametrize(
    ("script", "environment"),
    [
        *[
            pytest.param("keras_float64", {"KERAS_BACKEND": name}, marks=needs(*NEEDS[name]))
            for name in BACKENDS
        ],
        pytest.param("openvino_stale_weights", {}, marks=needs(*NEEDS["openvino"])),
    ],
)
def test_the_script_shows_the_deviation(monkeypatch, tmp_path, script, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run(
        [sys.executable, str(ROOT / "conformance" / "deviations" / "scripts" / f"{script}.py")],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("AssertionError: ")


@needs("tensorflow", "tf_keras")
def test_tf_keras_conforms(tmp_path):
    done = run_pytest(
        tmp_path, "--implementation", "tf_keras", *QUICK, "--dtypes", "float32",
        "--modes", "call,graph", "-k", "recurrence or fresh or parameters",
    )  # fmt: skip
    assert done.status == 0, done.text
    assert re.search(r"tf_keras · tf_keras 2\S+, tensorflow \d", done.text)


# --- Which one is found ----------------------------------------------------------------------


def test_deviations_name_what_exists():
    for known in read_deviations():
        assert set(known.properties) <= {"*", *PROPERTIES}, known.name
        assert set(known.implementations) <= set(IMPLEMENTATIONS), known.name
        assert (ROOT / known.script).exists(), known.name


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_environment_chooses_the_backend(monkeypatch, backend):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    assert load_implementation("keras").name == f"keras:{backend}"


@needs(*NEEDS["numpy"])
def test_the_backend_that_was_found_is_named_and_repeated(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    done = run_pytest(tmp_path, "-k", "fresh_biases", "--dtypes", "float32", *QUICK)
    assert done.status == 0
    assert done.summary[0].startswith("keras:numpy CONFORMS in ")
    assert "(again: --implementation=keras:numpy " in done.text


def test_the_configuration_file_chooses_the_backend(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert load_implementation("keras").name == "keras"  # on TensorFlow
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    assert load_implementation("keras").name == "keras:torch"
    (tmp_path / "keras.json").write_text("nonsense")
    assert backend_in_use() == "tensorflow"


def test_an_unknown_backend_is_one_sentence(monkeypatch):
    with pytest.raises(ImplementationError, match=r"^'keras:caffe' is not an implementation: "):
        load_implementation("keras:caffe")
    monkeypatch.setenv("KERAS_BACKEND", "caffe")
    with pytest.raises(ImplementationError, match=r"^KERAS_BACKEND=caffe: must be one of tensor"):
        load_implementation("keras")


def test_every_implementation_has_an_extra_that_exists(monkeypatch):
    for name in ("TF_USE_LEGACY_KERAS", "KERAS_BACKEND"):  # which some of them set
        monkeypatch.setenv(name, "")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for make in IMPLEMENTATIONS.values():
        implementation = make()
        if implementation.name != "numpy":
            assert f"\n{implementation.extra} = [" in text, implementation.name
