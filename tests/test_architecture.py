"""Dependencies point one way, and the libraries under test stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: The packages, each above those that it may import. Those on one level do not know each other.
LEVELS = [
    {"strategies", "running"},
    {"numerics", "deviations"},
    {"cells"},
    {"expected", "implementations"},
    {"checking", "faults"},
    {"failures", "properties"},
    {"reporting", "score"},
    {"plugin", "from_python"},
    {"command_line"},
]
#: Scripts that need NumPy and a library only; they import nothing of the project.
SCRIPTS = ROOT / "conformance" / "deviations" / "scripts"
MODULES = sorted(
    path
    for folder in ("conformance", "strategies")
    for path in (ROOT / folder).rglob("*.py")
    if path.parent != SCRIPTS
)


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name[: -len(".__init__")] if name.endswith(".__init__") else name


def package(name: str) -> str:
    """The room that a module is in: ``strategies``, ``numerics``, … and ``conformance`` itself."""
    top, *inside = name.split(".")
    return inside[0] if top == "conformance" and inside else top


def level(name: str) -> int:
    return next(height for height, rooms in enumerate(LEVELS) if package(name) in rooms)


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            deeper = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= deeper if node.module == "conformance" else {node.module}
    return found


def test_every_package_has_its_level():
    rooms = {package(module_name(path)) for path in MODULES} - {"conformance"}
    assert rooms == set().union(*LEVELS)
    assert sum(len(level) for level in LEVELS) == len(rooms)


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_packages_import_what_is_below_them(path):
    name = module_name(path)
    if name == "conformance":  # hands on what users import, and imports it on demand
        return
    for imported in imports(path):
        if imported.split(".")[0] not in ("conformance", "strategies") or imported in (
            "conformance",
            "conformance.__version__",
        ):
            continue
        if package(imported) != package(name):
            assert level(imported) < level(name), f"{name} imports {imported}"


def test_reports_and_scores_have_no_class_of_one_name():
    names = [
        node.name
        for path in MODULES
        if path.parent.name in ("reporting", "score") or path.stem == "from_python"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    others = {
        node.name
        for path in MODULES
        if path.parent.name not in ("reporting", "score") and path.stem != "from_python"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    assert len(names) == len(set(names))
    assert not set(names) & others


def test_conformance_has_few_modules_outside_its_packages():
    flat = [path for path in (ROOT / "conformance").glob("*.py") if path.stem != "__init__"]
    assert len(flat) <= 3, f"flat modules: {[path.name for path in flat]}"


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
    # All but the modules of the page itself is imported with the libraries of extras out of reach.
    code = (
        "import sys\n"
        "extras = ['jinja2', 'jsonschema', 'markupsafe', 'matplotlib', 'selenium']\n"
        "sys.modules.update(dict.fromkeys(extras))\n"
        "import conformance.plugin, conformance.command_line as c\n"
        "sys.exit(c.main(['show', 'absent.json']))"
    )
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert printed.returncode == 2
    assert printed.stderr.startswith("ERROR: absent.json: cannot be read")
