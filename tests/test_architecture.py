"""Dependencies point one way, and the libraries under test stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: What each module may import of the project, besides what is above it in this list.
LAYERS = [
    ["strategies"],
    ["conformance.activation_errors", "conformance.activations", "conformance.deviations"],
    ["conformance.devices", "conformance.example_database", "conformance.parts"],
    ["conformance.equations", "conformance.arithmetic", "conformance.exactness"],
    ["conformance.chance", "conformance.distributions"],
    ["conformance.sums"],
    ["conformance.error_bound", "conformance.training"],
    ["conformance.propagation", "conformance.composition", "conformance.drift"],
    ["conformance.comparison"],
    ["conformance.implementations", "conformance.minimise", "conformance.time_limit"],
    ["conformance.refusals"],
    ["conformance.network_cache", "conformance.probing"],
    ["conformance.subject"],
    ["conformance.answers", "conformance.models"],
    ["conformance.tally"],
    ["conformance.results", "conformance.statement"],
    ["conformance.attempt"],
    ["conformance.searching"],
    ["conformance.checking"],
    ["conformance.faults", "conformance.faults_keras", "conformance.properties"],
    ["conformance.controls"],
    ["conformance.reporting", "conformance.score"],
    ["conformance.machines"],
    ["conformance.plugin", "conformance.without_plugin"],
]
MODULES = sorted([*(ROOT / "conformance").rglob("*.py"), *(ROOT / "strategies").rglob("*.py")])


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name[: -len(".__init__")] if name.endswith(".__init__") else name


def layer(name: str) -> int:
    for height, members in enumerate(LAYERS):
        if any(name == m or name.startswith(m + ".") for m in members):
            return height
    return -1  # the package itself, which imports nothing


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_point_one_way(path):
    own = (
        len(LAYERS)
        if path.parent.name + path.name == "conformance__init__.py"
        else layer(module_name(path))
    )
    for name in imports(path):
        if name.split(".")[0] in ("conformance", "strategies"):
            assert layer(name) <= own, f"{module_name(path)} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_libraries_under_test_are_imported_by_implementations_alone(path):
    libraries = {name.split(".")[0] for name in imports(path)}
    if "implementations" not in path.parts:
        assert not libraries & {"tensorflow", "keras", "jax", "torch"}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_no_fixed_tolerance(path):
    text = path.read_text(encoding="utf-8")
    for word in ("allclose", "rtol", "atol", "approx("):
        assert word not in text


def test_collecting_imports_no_library_under_test():
    code = (
        "import sys, pkgutil, importlib, conformance.plugin, conformance.properties as p\n"
        "for m in pkgutil.iter_modules(p.__path__):\n"
        "    importlib.import_module('conformance.properties.' + m.name)\n"
        "print(sorted({'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"


def test_only_pages_need_what_makes_them():
    # All but the modules of the page itself is imported with jinja2 and matplotlib out of reach.
    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['jinja2', 'markupsafe', 'matplotlib', 'selenium']))\n"
        "import conformance.plugin, conformance.reporting.command_line as c\n"
        "sys.exit(c.main(['show', 'absent.json']))"
    )
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert printed.returncode == 2
    assert printed.stderr.startswith("ERROR: absent.json: cannot be read")
