"""Each entry of the list of known deviations is true: its script shows it, where it can."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import pytest
from command_line import ROOT
from subjects import PROPERTIES

from conformance.cells import SIMPLE_RNN
from conformance.checking.run import Run
from conformance.checking.subject import Subject
from conformance.deviations.instead import NO_ERROR, Raised
from conformance.deviations.reading import LISTS, read_deviations
from conformance.implementations.numpy_loop import NumpyLoop
from strategies import notebook_case

FILES = {path.stem: read_deviations([path]) for path in LISTS}
ENTRIES = read_deviations()
SCRIPTS = ROOT / "conformance" / "deviations" / "scripts"
#: What is a row of arithmetic instead, because the library is otherwise judged as all are.
DECLARED = {
    SCRIPTS / "onnxruntime_tanh.py",
    SCRIPTS / "onnxruntime_tanh_subnormal.py",
}
#: Each script says itself which backend of Keras it needs.
BACKENDS = {"keras:openvino": "openvino", "keras:jax": "jax", "keras:torch": "torch",
            "keras:numpy": "jax", "onnxruntime": "onnxruntime"}  # fmt: skip


def test_all_lists_are_read_in_their_order():
    names = [entry.name for listed in FILES.values() for entry in listed]
    assert names == [entry.name for entry in ENTRIES]
    assert set(FILES) == {"tensorflow", "keras", "keras_2", "onnxruntime"}


@pytest.mark.parametrize("name", FILES)
def test_entries_are_in_the_file_of_the_library_whose_version_they_name_first(name):
    for entry in FILES[name]:
        library = entry.versions[0]
        of_keras_3 = any(library.specifier.contains(f"3.{n}") for n in range(100))
        keras_2 = library.name == "keras" and not of_keras_3
        assert name == ("keras_2" if keras_2 else library.name), entry.name


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_names_properties_and_facts_that_there_are(entry):
    assert set(entry.properties) <= {*PROPERTIES, "*"}
    assert entry.reason.endswith(".")
    assert entry.versions
    facts = Subject(NumpyLoop(), "call", "float32", Run()).facts(notebook_case(SIMPLE_RNN))
    assert entry.when.names <= set(facts)
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
    tree = ast.parse(entry.script.read_text(encoding="utf-8"))
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
    assert set(SCRIPTS.glob("*.py")) == {entry.script for entry in ENTRIES} | DECLARED


def installed(name):
    for distribution in (name, f"{name}-cpu"):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return "0"


def raises_an_assertion_error(node):
    """Whether this is how a script says that something was not refused."""
    return (
        isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and node.exc.func.id == "AssertionError"
    )


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
        [sys.executable, entry.script],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode == 0 and entry.depends_on:
        pytest.skip(f"depends on {entry.depends_on}")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    here = entry.of({name: installed(name) for name in ("tensorflow", "keras")})
    nodes = list(ast.walk(ast.parse(entry.script.read_text(encoding="utf-8"))))
    stated = [node.msg.value for node in nodes if isinstance(node, ast.Assert)]
    if stated:
        assert last == f"AssertionError: {stated[0]}"
        return
    not_refused = [node.exc.args[0].value for node in nodes if raises_an_assertion_error(node)]
    if not_refused:
        assert last == f"AssertionError: {not_refused[0]}"
        assert here.covers(Raised(NO_ERROR, ""))
        return
    *_, error = re.finditer(r"^[\w.]*?(\w+Error): (.*)\Z", done.stderr, re.DOTALL | re.MULTILINE)
    assert here.covers(Raised(*error.groups()))
