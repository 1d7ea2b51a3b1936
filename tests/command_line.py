"""Runs of pytest as a user starts them: in a process and a folder of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PROPERTIES = ROOT / "conformance" / "properties"

#: What a user of one function might have; each is conforming or wrong in one way.
USER_MODULE = '''
import os
import numpy as np


def right(x, Wx, Wh, bh, Wo, bo):
    h = np.zeros((len(x), len(bh)), x.dtype)
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + bh)
    return h @ Wo + bo


def transposed(x, Wx, Wh, bh, Wo, bo):
    return right(x, Wx, Wh.T, bh, Wo, bo)


def raises(x, Wx, Wh, bh, Wo, bo):
    raise ValueError("units must be even")


def exits(x, Wx, Wh, bh, Wo, bo):
    """As a crash in native code does; with zero kernels only, that is in one property."""
    if not (Wx.any() or Wh.any() or bh.any() or Wo.any()):
        os._exit(3)
    return right(x, Wx, Wh, bh, Wo, bo)


def three_arguments(x, kernel, bias):
    return x


number = 3
'''


class Finished(NamedTuple):
    """A pytest that has ended."""

    status: int
    text: str

    @property
    def summary(self) -> list[str]:
        """The lines of the conformance summary; none where there is no such section."""
        _, _, rest = self.text.partition(" RNN conformance =")
        section = re.split(r"^=+ .* =+$", rest, flags=re.MULTILINE)[0]
        return [line for line in section.splitlines()[1:] if line]

    @property
    def failures(self) -> list[list[str]]:
        """What is printed for each failing test, without its headline and the script below."""
        return [_SCRIPT.split(piece)[0].strip().splitlines() for piece in self._failing]

    @property
    def scripts(self) -> list[str]:
        """The scripts printed below the failures."""
        return [_SCRIPT.split(piece)[1].lstrip("\n") for piece in self._failing]

    @property
    def _failing(self) -> list[str]:
        _, _, rest = self.text.partition("= FAILURES =")
        section = re.split(r"^=+ .* =+$", rest, flags=re.MULTILINE)[0]
        return re.split(r"^_+ .* _+$", section, flags=re.MULTILINE)[1:]


#: The headline of a script.
_SCRIPT = re.compile(r"^-+ \.conformance/\S+ -+$", re.MULTILINE)


def run(*command: object, cwd: Path, path: str = "") -> Finished:
    """A command in the folder ``cwd``; what it prints is one text."""
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "100", "PY_COLORS": "0"}
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        environment.pop(name, None)
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
    )
    return Finished(done.returncode, done.stdout)


def run_pytest(cwd: Path, *arguments: object, target: object = PROPERTIES) -> Finished:
    """``pytest conformance/properties`` with arguments, started in the folder ``cwd``."""
    return run(
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", target, *arguments, cwd=cwd
    )


def folder_of_a_user(folder: Path) -> Path:
    """The folder, with `USER_MODULE` in it as ``mine.py``."""
    (folder / "mine.py").write_text(USER_MODULE, encoding="utf-8")
    return folder
