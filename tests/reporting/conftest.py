"""Two runs and their reports, for all tests of this folder."""

from __future__ import annotations

import json

import pytest
from command_line import folder_of_a_user, run_pytest
from pages import FEW


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    return folder_of_a_user(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="package")
def passing(folder):
    """A run of NumPy, with run.json beside it."""
    return run_pytest(folder, *FEW, "--report", "run.json", "--hypothesis-seed=7")


@pytest.fixture(scope="package")
def report(folder, passing):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="package")
def failing(folder):
    """A run of a function that transposes the recurrent kernel, as plain values."""
    run_pytest(folder, "--implementation", "mine:transposed", "-k", "last_output_equals and 32",
               "--report", "failing.json")  # fmt: skip
    return json.loads((folder / "failing.json").read_text(encoding="utf-8"))
