"""What the tests of the suite itself share: every property by name, and ways to check one."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from conformance.cells import CELLS
from conformance.checking.check import check
from conformance.checking.property import Property
from conformance.checking.results import Result
from conformance.checking.run import Run
from conformance.checking.subject import Subject
from conformance.implementations.function import FunctionImplementation
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.protocol import Implementation
from conformance.properties import all_properties

PROPERTIES = all_properties()
LAST_OUTPUT = PROPERTIES["test_last_output_equals_the_recurrence"]
EVERY_STEP = PROPERTIES["test_every_step_equals_the_recurrence"]


def subject_of(
    implementation: Optional[Implementation] = None,
    dtype: str = "float32",
    per_mode: bool = True,
    layer: str = "simple_rnn",
    **run: Any,
) -> Subject:
    """A subject on a run of its own: 20 cases from seed 1 unless ``run`` says otherwise."""
    implementation = implementation or NumpyLoop()
    mode = implementation.modes[0] if per_mode else None
    whole = Run(**{"max_examples": 20, "seed": 1, **run})
    return Subject(implementation, mode, dtype, whole, cell=CELLS[layer])


def numbers_of_tests(implementation: Implementation) -> tuple[int, int]:
    """How many tests of a run are applicable, and how many are not."""
    applicable = [
        not prop.missing(Subject(implementation, mode, dtype, Run()))
        for prop in PROPERTIES.values()
        for dtype in implementation.dtypes
        if prop.applies_to(dtype)
        for mode in prop.modes(implementation, implementation.modes)
    ]
    return sum(applicable), len(applicable) - sum(applicable)


def check_function(
    function: Callable[..., Any], found: Property = LAST_OUTPUT, **run: Any
) -> Result:
    """The result of a property for a function of the user's."""
    return check(found, subject_of(FunctionImplementation(function, "mine:forward"), **run))


def forward(
    x: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, bh: np.ndarray, Wo: np.ndarray, bo: np.ndarray
) -> np.ndarray:
    """A conforming function of the user's."""
    h = np.zeros((len(x), len(bh)), x.dtype)
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + bh)
    return h @ Wo + bo
