"""From an empty folder: the built wheel, two lines of a user's, a pass and a failure."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from importlib.metadata import version

import pytest
from command_line import ROOT, folder_of_a_user, run
from test_from_python import TESTS

SETUPTOOLS = importlib.util.find_spec("setuptools") and version("setuptools")
pytestmark = pytest.mark.skipif(
    not SETUPTOOLS or tuple(map(int, SETUPTOOLS.split(".")[:2])) < (70, 1),
    reason=f"needs setuptools 70.1 to build a wheel without downloads, found {SETUPTOOLS}",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder into which the wheel is unpacked, without what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in ("conformance", "strategies"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    built = run(
        *pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, source, cwd=folder
    )
    assert built.status == 0, built.text
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    done = run(*pip, "install", "--no-deps", "--target", site, wheel, cwd=folder)
    assert done.status == 0, done.text
    return site


def pytest_there(installed, folder, *arguments):
    return run(
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments,
        cwd=folder, path=str(installed),
    )  # fmt: skip


@pytest.mark.parametrize(("name", "status"), [("right", 0), ("transposed", 1)])
def test_two_lines_in_an_empty_folder_pass_and_fail(installed, tmp_path, name, status):
    folder_of_a_user(tmp_path)
    text = TESTS.format(things=f"mine.{name}", options="properties=None")
    (tmp_path / "test_mine.py").write_text(text + "\nimport conformance\nprint(conformance)\n")
    done = pytest_there(installed, tmp_path, "-s")
    assert done.status == status
    assert str(installed) in done.text  # and not this tree
    assert ("The recurrent kernel is transposed" in done.text) == bool(status)


def test_the_command_line_works_from_there(installed, tmp_path):
    folder_of_a_user(tmp_path)
    done = pytest_there(
        installed, tmp_path, "-p", "conformance.plugin", "--pyargs", "conformance.properties",
        "--implementation", "mine:right", "--max-examples", "3",
    )  # fmt: skip
    assert done.status == 0
    assert done.summary[0].startswith("mine:right CONFORMS in ")


def test_an_unrelated_run_sees_nothing_of_it(installed, tmp_path):
    (tmp_path / "test_other.py").write_text("def test_sum():\n    assert 1 + 1 == 2\n")
    done = pytest_there(installed, tmp_path)
    assert done.status == 0
    assert "conformance" not in done.text.lower()
    assert "--implementation" not in pytest_there(installed, tmp_path, "--help").text
