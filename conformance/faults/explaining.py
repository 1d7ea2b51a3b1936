"""Which fault explains a failure: the one whose numbers are those that came out."""

from __future__ import annotations

from typing import Optional

import numpy as np

from conformance.expected.comparison import Comparison
from conformance.faults.catalogue import Fault, faults_of
from conformance.implementations.numpy_loop import NumpyNetwork
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
        numbers = _numbers(fault, case, comparison) if fault.numeric else None
        if numbers is not None and numbers.shape == comparison.got.shape:
            shows = not (np.abs(numbers - comparison.expected) <= comparison.bound).all()
            off = np.abs(comparison.got.astype(float) - numbers)
            if shows and (off <= near).all():
                return fault
    return None


def _numbers(fault: Fault, case: Case, comparison: Comparison) -> Optional[np.ndarray]:
    """What the NumPy loop with the fault computes for the quantity compared."""
    assert fault.numpy is not None
    network = fault.numpy(case.dimensions.network, case.dtype, sequences=True)
    network.set_weights(case.weights)
    with np.errstate(all="ignore"):
        if case.options is not None:
            return _of_the_answer(network, case, comparison)
        states, outputs = network.run(case.inputs)
    if comparison.quantity == "state":
        return states
    if comparison.quantity == "output":
        return outputs if comparison.got.ndim == 3 else outputs[:, -1]
    return None


def _of_the_answer(
    network: NumpyNetwork, case: Case, comparison: Comparison
) -> Optional[np.ndarray]:
    """The same of a network with options that remembers nothing."""
    answer = network.answer(case.inputs, "call", mask=case.mask, initial_state=case.initial_state)
    if comparison.quantity == "output":
        return answer.output
    return answer.hidden if answer.hidden.shape == comparison.got.shape else answer.state
