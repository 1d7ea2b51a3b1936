"""Each entry of the list of known deviations is true: its script shows it, where it can."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import pytest
from command_line import ROOT
from subjects import PROPERTIES

from conformance.checking.subject import Run, Subject
from conformance.deviations.reading import read_deviations
from conformance.implementations.numpy_loop import NumpyLoop
from strategies import notebook_case

ENTRIES = read_deviations()
#: What is a row of arithmetic instead, because the library is otherwise judged as all are.
DECLARED = {
    "conformance/deviations/scripts/onnxruntime_tanh.py",
    "conformance/deviations/scripts/onnxruntime_tanh_subnormal.py",
}
#: Each script says itself which backend of Keras it needs.
BACKENDS = {"keras:openvino": "openvino", "keras:jax": "jax", "keras:torch": "torch",
            "keras:numpy": "jax", "onnxruntime": "onnxruntime"}  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_names_properties_and_facts_that_there_are(entry):
    assert set(entry.properties) <= {*PROPERTIES, "*"}
    assert entry.reason.endswith(".")
    facts = Subject(NumpyLoop(), "call", "float32", Run()).facts(notebook_case())
    assert set(entry.when.co_names) <= {*facts, "isdisjoint"}
    if "keras" in entry.implementations:
        assert not entry.applies(**facts)  # nothing is wrong with the notebook's own case


def versions_of(implementation):
    """Versions of everything that it may be run with."""
    legacy = [{"tf_keras": f"2.{n}.0", "tensorflow": f"2.{n}.0"} for n in range(16, 22)]
    if implementation == "tf_keras":
        return legacy
    keras_2 = [{"keras": f"2.{n}.0", "tensorflow": f"2.{n}.0"} for n in range(7, 16)]
    keras_3 = [{"keras": f"3.{n}.0", "tensorflow": "2.21.0"} for n in range(16)]
    of_tensorflow = implementation in ("keras", "keras:tensorflow")
    others = [{"onnxruntime": "1.20.0"}, {}]
    return keras_3 + (keras_2 + legacy if of_tensorflow else others)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_is_of_some_version_of_each_of_its_implementations(entry):
    for implementation in entry.implementations:
        versions = versions_of(implementation)
        assert any(entry.concerns(implementation, entry.properties[0], v) for v in versions)


def test_tf_keras_is_a_version_of_keras():
    (entry,) = (one for one in ENTRIES if one.name == "orthogonal penalties may be negative")
    found = entry.properties[0]
    for legacy, shown in (("2.9.0", True), ("2.16.0", False)):
        versions = {"tf_keras": legacy, "tensorflow": "2.16.0"}
        assert entry.concerns("keras", found, versions) == shown


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_script_of_an_entry_is_short_and_needs_numpy_and_the_library_alone(entry):
    tree = ast.parse((ROOT / entry.script).read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported <= {
        "numpy",
        "math",
        "tensorflow",
        "keras",
        "onnxruntime",
        "os",
        "sys",
        "tempfile",
    }
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules <= {"onnx", "onnxruntime"}
    lines = ast.unparse(ast.Module(tree.body[1:], [])).splitlines()
    assert len([line for line in lines if line]) <= 15
    assert ast.get_docstring(tree).endswith(".")


def test_every_script_belongs_to_an_entry():
    scripts = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "conformance/deviations/scripts").iterdir()
    }
    assert scripts == {entry.script for entry in ENTRIES} | DECLARED


def installed(name):
    for distribution in (name, f"{name}-cpu"):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return "0"


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_script_of_an_entry_ends_with_an_error_where_the_deviation_is(entry):
    if not all(r.specifier.contains(installed(r.name), prereleases=True) for r in entry.versions):
        pytest.skip("another version is installed")
    needed = [BACKENDS[name] for name in entry.implementations if name in BACKENDS]
    if not all(importlib.util.find_spec(name) for name in needed):
        pytest.skip(f"{' or '.join(needed)} is not installed")
    done = subprocess.run(
        [sys.executable, ROOT / entry.script],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode == 0 and entry.depends_on:
        pytest.skip(f"depends on {entry.depends_on}")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    stated = [node.msg.value for node in ast.walk(ast.parse((ROOT / entry.script).read_text()))
              if isinstance(node, ast.Assert)]  # fmt: skip
    assert last == f"AssertionError: {stated[0]}" if stated else "Error" in done.stderr
