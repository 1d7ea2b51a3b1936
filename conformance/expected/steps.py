"""How far a correct implementation may be from the equations: a forward error bound.

Every bound here is a theorem, not an estimate: whatever the order of the sums, whether or not
products are fused, an implementation that rounds as its `Arithmetic` says is inside. Two
checks use it.

**Residual** (R), where the states are visible: each emitted state against the equation applied
to the implementation's *own* previous state, and Dense against the emitted state. Nothing is
propagated, so neither the length of the sequence nor chaos blurs it. A network that starts
from the right state and passes every step is a correct evaluation.

**Propagated** (Z), where only the last output is visible: `conformance.expected.end`.

Sources: Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), chapters 2
to 4; Jeannerod and Rump, *Improved error bounds for inner products in floating-point
arithmetic*, SIAM J. Matrix Anal. Appl. 34 (2013).
"""

from __future__ import annotations

import numpy as np

from conformance.cells.dense import dense
from conformance.expected.carried import residual_steps
from conformance.expected.recurrence import kept
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.bounded import Bounded
from conformance.numerics.operations import BoundedNumbers
from strategies import Case

# A bound makes some fifty arrays. glibc hands such memory back to the system when it is freed, and
# takes it anew page by page, which costs as much as the arithmetic. Having freed one array of
# 16 MiB, it keeps up to twice that (mallopt(3), M_MMAP_THRESHOLD). It is never written to.
np.empty(2**21)


def residual_state(case: Case, emitted: np.ndarray, arithmetic: Arithmetic) -> Bounded:
    """The first of `residual_states`."""
    return residual_states(case, emitted, arithmetic)[0]


def residual_states(
    case: Case, emitted: np.ndarray, arithmetic: Arithmetic
) -> tuple[Bounded, list[Bounded]]:
    """R for a layer: each state from the implementation's own previous one, (N, T, M).

    ``emitted`` is what the implementation put out at each step, (N, T, M), in the order of
    processing. At a step that is masked nothing is computed: what is put out there is 0, or exactly
    what was put out before it. States that are not put out are carried (`expected.carried`), and
    come second, each (N, T, M).
    """
    x, used, initial = case.processed
    names = [getattr(case, name) for name, _ in case.cell.activations]
    zero = case.options.zero_output_for_mask
    w = case.as_computed
    return residual_steps(case.cell, x, emitted, initial, w, names, arithmetic, used, zero)


def previous(case: Case, emitted: np.ndarray) -> np.ndarray:
    """The state before each step, (N, T, M), of states that were emitted, (N, T, M)."""
    _, used, (initial, *_) = case.processed
    return kept(emitted, initial, used)[:, :-1]


def residual_output(case: Case, hidden: np.ndarray, arithmetic: Arithmetic) -> Bounded:
    """R for Dense: outputs (…, K) from the hidden states (…, M) as they were emitted."""
    ops = BoundedNumbers(arithmetic)
    activation = ops.activation(case.dense_activation)
    output: Bounded = dense(ops, hidden.astype(float), case.as_computed, activation)
    return output
