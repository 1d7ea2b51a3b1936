"""Which fault explains a failure: the one whose numbers are those that came out."""

from __future__ import annotations

from typing import Optional

import numpy as np

from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import Comparison
from conformance.faults.catalogue import Fault, faults_of
from strategies import Case


def explaining_fault(case: Case, comparison: Comparison) -> Optional[Fault]:
    """The first fault of the catalogue whose numbers are the ones that were got, or None.

    A fault explains nothing in a case in which it does not show. Otherwise both numbers have
    errors of their own; because a fault may put a number in another's place, the largest bound
    is that of all.
    """
    if comparison.within or not np.isfinite(comparison.expected).all():
        return None
    near = 2 * comparison.bound.max()
    for fault in faults_of("numpy").values():
        may_be = fault.numeric and fault.layer in (SIMPLE_RNN.name, case.cell.name)
        numbers = _numbers(fault, case, comparison) if may_be else None
        if numbers is not None and numbers.shape == comparison.got.shape:
            shows = not (np.abs(numbers - comparison.expected) <= comparison.bound).all()
            off = np.abs(comparison.got.astype(float) - numbers)
            if shows and (off <= near).all():
                return fault
    return None


def _numbers(fault: Fault, case: Case, comparison: Comparison) -> Optional[np.ndarray]:
    """What a new NumPy loop with the fault computes for the quantity compared."""
    assert fault.numpy is not None
    if comparison.quantity not in ("state", "output"):
        return None
    shown = case.options._replace(shows_hidden=True)
    network = fault.numpy(case.dimensions.network._replace(options=shown), case.dtype)
    network.set_weights(case.weights)
    try:
        with np.errstate(all="ignore"):
            answer = network.answer(
                case.inputs, "call", mask=case.mask, initial_states=case.initial_states
            )
    except ValueError:
        if case.cell is SIMPLE_RNN:
            raise
        return None  # this cell cannot have it: its kernel is not square, for example
    if comparison.quantity == "output":
        return answer.output
    shape = comparison.got.shape
    states = [array for array in (answer.hidden, *answer.states) if array is not None]
    return next((state for state in states if state.shape == shape), None)
