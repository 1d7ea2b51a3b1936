"""What must not matter: the other samples, the future, the order of the hidden units.

Two outputs that must be equal are each within their bound of the same number, so they may be
the sum of both bounds apart. For an implementation whose states are visible the residual check
implies all of this; for one that shows only its output these say in words what is wrong.
"""

from __future__ import annotations

import numpy as np

from conformance.checking.check import holds_for
from conformance.checking.subject import Subject, require
from conformance.expected.comparison import compare
from conformance.implementations.capabilities import STATES
from conformance.numerics.bounded import Bounded
from strategies import Case, seeds


@holds_for(runs=2, case=lambda subject: subject.cases(), order=lambda subject: seeds())
def test_permuting_the_batch_permutes_the_output(subject: Subject, case: Case, order: int) -> None:
    """Permuted samples give permuted outputs."""
    permutation = np.random.default_rng(order).permutation(case.N)
    permuted = case.replace(inputs=case.inputs[permutation])
    _judge_equal(subject, case, permuted, subject.output(case)[permutation])


@holds_for(runs=3, case=lambda subject: subject.cases())
def test_splitting_the_batch_splits_the_output(subject: Subject, case: Case) -> None:
    """Each sample alone gives the same output.

    Half a batch gives the outputs that its samples have in the whole batch.
    """
    together = subject.output(case)
    half = case.N // 2
    for part in (slice(None, half), slice(half, None)):
        if len(together[part]):
            _judge_equal(subject, case, case.replace(inputs=case.inputs[part]), together[part])


@holds_for(runs=2, case=lambda subject: subject.cases())
def test_repeating_the_batch_repeats_the_output(subject: Subject, case: Case) -> None:
    """Samples given twice give outputs twice."""
    once = subject.output(case)
    doubled = case.replace(inputs=np.concatenate([case.inputs, case.inputs]))
    _judge_equal(subject, case, doubled, np.concatenate([once, once]))


@holds_for(runs=2, case=lambda subject: subject.cases(), order=lambda subject: seeds())
def test_permuting_the_hidden_units_changes_nothing(
    subject: Subject, case: Case, order: int
) -> None:
    """The order of hidden units is immaterial.

    Permuting the hidden units in all weights leaves the output as it was.
    """
    p = np.random.default_rng(order).permutation(case.M)
    permuted = case.replace(
        kernel=case.kernel[:, p],
        recurrent_kernel=case.recurrent_kernel[p][:, p],
        bias=case.bias[p],
        dense_kernel=case.dense_kernel[p],
    )
    _judge_equal(subject, case, permuted, subject.output(case))


@holds_for(
    needs=(STATES,),
    case=lambda subject: subject.cases(),
    when=lambda subject: seeds(),
)
def test_the_future_does_not_change_the_past(subject: Subject, case: Case, when: int) -> None:
    """The future does not change the past.

    Inputs that are NaN from some step on leave all earlier steps as they were.
    """
    t = 1 + when % max(case.T - 1, 1)
    inputs = case.inputs.copy()
    inputs[:, t:] = np.nan
    states, outputs = subject.states_and_outputs(case.replace(inputs=inputs))
    past = case.replace(inputs=case.inputs[:, :t], static_time=False)
    subject.judge_steps(past, states[:, :t], outputs[:, :t])


@holds_for(case=lambda subject: subject.cases(), quota=False)
def test_zero_weights_leave_the_dense_bias(subject: Subject, case: Case) -> None:
    """Zero weights leave the Dense bias.

    With all kernels and the bias zero, that is the output, whatever the input.
    """
    names = ("kernel", "recurrent_kernel", "bias", "dense_kernel")
    zeroed = case.replace(**{n: np.zeros_like(getattr(case, n)) for n in names})
    output = subject.output(zeroed.replace(inputs=case.inputs * case.inputs.dtype.type(1e9)))
    expected = np.broadcast_to(case.dense_bias, output.shape)
    flushed = subject.arithmetic.storage.smallest_normal
    same = np.where(np.abs(expected) < flushed, np.abs(output) < flushed, output == expected)
    require(bool(same.all()), lambda: f"the output is {output!r}, must be {case.dense_bias!r}")


def _judge_equal(subject: Subject, case: Case, other: Case, expected: np.ndarray) -> None:
    """The output of ``other`` must equal ``expected``, an output too, within both bounds."""
    bound = 2 * subject.equation(other).bound
    subject.judge(
        compare("changed output", subject.output(other), Bounded(expected, bound)),
        case,
        "the output changes by more than rounding explains",
    )
