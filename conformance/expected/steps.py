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

from typing import Optional

import numpy as np

from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.bounded import Bounded, activated
from conformance.numerics.sums import affine
from strategies import Case


def residual_state(case: Case, states: np.ndarray, arithmetic: Arithmetic) -> Bounded:
    """R for SimpleRNN: each state from the implementation's own previous one, (N, T, M).

    ``states`` are what the implementation emitted at each step, (N, T, M), in the order of
    processing. At a step that is masked nothing is computed: what is emitted there is 0, or
    exactly what was emitted before it.
    """
    states = states.astype(float)
    z = affine(*summed(case, states), arithmetic, split=case.D)
    judged = activated(z, ACTIVATIONS[case.activation], arithmetic)
    _, used, initial = case.processed
    if used is None or used.all():
        return judged
    repeated = kept(states, np.zeros_like(initial), used)[:, 1:]
    if case.options and case.options.zero_output_for_mask:
        repeated = np.zeros_like(repeated)
    step = used[:, :, None]
    return Bounded(np.where(step, judged.value, repeated), np.where(step, judged.bound, 0.0))


def summed(case: Case, states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[x_t, h_{t-1}] (N, T, D + M), [Wx; Wh] (D + M, M) and bh (M,), of which a step is the sum.

    h_{t-1} is what the implementation emitted before, ``states`` (N, T, M) in float64.
    """
    x, used, initial = case.processed
    _, Wx, Wh, bh, _, _ = case.as_computed
    operand = np.concatenate([x, kept(states, initial, used)[:, :-1]], axis=-1)
    return operand, np.concatenate([Wx, Wh]), bh


def kept(emitted: np.ndarray, initial: np.ndarray, used: Optional[np.ndarray]) -> np.ndarray:
    """h_0 … h_T (N, T + 1, M): h_0, then what was emitted at the last step that was used."""
    states = np.concatenate([initial[:, None], emitted], axis=1)
    if used is None:
        return states
    steps = np.where(used, np.arange(1, used.shape[1] + 1), 0)
    last = np.maximum.accumulate(np.concatenate([np.zeros_like(steps[:, :1]), steps], 1), axis=1)
    return np.take_along_axis(states, last[:, :, None], axis=1)


def residual_output(case: Case, states: np.ndarray, arithmetic: Arithmetic) -> Bounded:
    """R for Dense: outputs (…, K) from the states (…, M) as the implementation emitted them."""
    states = states.astype(float)
    Wo, bo = case.as_computed[4:]
    activation = ACTIVATIONS[case.dense_activation]
    return activated(affine(states, Wo, bo, arithmetic), activation, arithmetic)
