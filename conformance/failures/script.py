"""What all scripts that show a failure share: where they are written, how they load what failed."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from conformance.checking.property import Property
from conformance.checking.subject import Subject
from conformance.implementations import IMPLEMENTATIONS
from conformance.implementations.keras.tensorflow import load_tensorflow
from conformance.implementations.protocol import Implementation

#: Scripts are written here, in the folder where pytest was started.
FOLDER = Path(".conformance")
#: Signs of a file's name, of which most systems take 255 bytes.
LONGEST = 120
#: A failure has a script if it shows in so many new networks: a random one is not promised.
TRIALS = 3
_PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Script:
    """A script, and what it needs besides Python, in words."""

    text: str
    needs: str

    def write(self, found: Property, subject: Subject) -> Path:
        """Write it into `FOLDER` and return where it is."""
        name = re.sub(r"[^\w.+-]", "-", f"{found.name}-{subject.id}")[:LONGEST]
        path = FOLDER / f"{name}-{zlib.crc32(self.text.encode()):08x}.py"
        FOLDER.mkdir(exist_ok=True)
        path.write_text(self.text, encoding="utf-8")
        return path


def loadable(implementation: Implementation) -> bool:
    """Whether a script can load it: by a name of this project's, or from the user's module."""
    name = implementation.name.partition("+")[0]
    if name in IMPLEMENTATIONS:
        return True
    module, _, path = name.partition(":")
    if not path or "<" in path or module == "__main__":
        return False
    if module not in sys.modules:
        return True  # named by the user, and to be found where the script is run
    found: Any = sys.modules[module]
    for part in path.split("."):
        found = getattr(found, part, None)
    own = (getattr(implementation, "function", None), type(implementation), implementation)
    return any(found is thing for thing in own)


def of_this_project(subject: Subject) -> tuple[str, str, str]:
    """How a script loads the implementation: imports, an expression, and what it needs in words."""
    name, _, fault = subject.implementation.name.partition("+")
    folders = [str(_PROJECT)] + ([os.getcwd()] if ":" in name else [])
    imports = f"import sys\nsys.path[:0] = {folders!r}\n"
    if fault:
        imports += "from conformance.faults import seeded_fault\n"
    imports += "from conformance.implementations import load_implementation"
    loaded = f"load_implementation({name!r})"
    if fault:
        return (
            imports,
            f"seeded_fault({loaded}, {fault!r})",
            ("needs this project, for the fault that it seeds"),
        )
    return imports, loaded, "needs this project"


def shows(text: str, raises: type[Exception] = AssertionError) -> bool:
    """Whether a script that needs Keras on TensorFlow ends with what it promises.

    It is run here and now; what it prints is dropped, and floatx is left as it was.
    """
    keras = load_tensorflow().keras
    floatx = keras.backend.floatx()
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            exec(text, {})
    except raises:
        return True
    except Exception:  # whatever Keras may raise
        return False
    finally:
        keras.backend.set_floatx(floatx)
    return False
