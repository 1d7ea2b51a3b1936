"""What must not matter: the other samples, the future, the order of the hidden units.

Two outputs that must be equal are each within their bound of the same number, so they may be
the sum of both bounds apart. For an implementation whose states are visible the residual check
implies all of this; for one that shows only its output these say in words what is wrong.
"""

from __future__ import annotations

import numpy as np

from conformance.checking.asking import ask
from conformance.checking.check import holds_for
from conformance.checking.drawing import plain_cases
from conformance.checking.judging import judge, judge_answer, require
from conformance.checking.record import Record
from conformance.expected.comparison import compare
from conformance.expected.end import propagated_output
from conformance.implementations.capabilities import STATES
from conformance.implementations.protocol import Answer
from conformance.numerics.bounded import Bounded
from strategies import Case, Tensors, Weight, seeds
from strategies.cell import RECURRENT
from strategies.textures import DENSE_BIAS, INPUTS, READOUT, weights_of


@holds_for(runs=2, case=plain_cases, order=lambda subject: seeds())
def test_permuting_the_batch_permutes_the_output(record: Record, case: Case, order: int) -> None:
    """Permuted samples give permuted outputs."""
    permutation = np.random.default_rng(order).permutation(case.N)
    permuted = case.replace(inputs=case.inputs[permutation])
    _judge_equal(record, case, permuted, ask(record, case).output[permutation])


@holds_for(runs=3, case=plain_cases)
def test_splitting_the_batch_splits_the_output(record: Record, case: Case) -> None:
    """Each sample alone gives the same output.

    Half a batch gives the outputs that its samples have in the whole batch.
    """
    together = ask(record, case).output
    half = case.N // 2
    for part in (slice(None, half), slice(half, None)):
        if len(together[part]):
            _judge_equal(record, case, case.replace(inputs=case.inputs[part]), together[part])


@holds_for(runs=2, case=plain_cases)
def test_repeating_the_batch_repeats_the_output(record: Record, case: Case) -> None:
    """Samples given twice give outputs twice."""
    once = ask(record, case).output
    doubled = case.replace(inputs=np.concatenate([case.inputs, case.inputs]))
    _judge_equal(record, case, doubled, np.concatenate([once, once]))


@holds_for(runs=2, case=plain_cases, order=lambda subject: seeds())
def test_permuting_the_hidden_units_changes_nothing(record: Record, case: Case, order: int) -> None:
    """The order of hidden units is immaterial.

    Permuting the hidden units in all weights leaves the output as it was.
    """
    p = np.random.default_rng(order).permutation(case.M)
    tensors = {name: _permuted(case, name, p) for name in case.tensors.names}
    permuted = case.replace(tensors=Tensors(**tensors))
    _judge_equal(record, case, permuted, ask(record, case).output)


@holds_for(
    needs=(STATES,),
    case=lambda subject: plain_cases(subject, every_step=True),
    when=lambda subject: seeds(),
)
def test_the_future_does_not_change_the_past(record: Record, case: Case, when: int) -> None:
    """The future does not change the past.

    Inputs that are NaN from some step on leave all earlier steps as they were.
    """
    t = 1 + when % max(case.T - 1, 1)
    inputs = case.inputs.copy()
    inputs[:, t:] = np.nan
    answer = ask(record, case.replace(inputs=inputs))
    hidden = None if answer.hidden is None else answer.hidden[:, :t]
    past = case.replace(inputs=case.inputs[:, :t], static_time=False)
    judge_answer(record, past, Answer(answer.output[:, :t], hidden))


@holds_for(case=plain_cases, quota=False)
def test_zero_weights_leave_the_dense_bias(record: Record, case: Case) -> None:
    """Zero weights leave the Dense bias.

    With all kernels and the bias zero, that is the output, whatever the input.
    """
    weights = {name: np.zeros_like(tensor) for name, tensor in case.tensors.items()}
    zeroed = case.replace(tensors=Tensors(**weights).replace(dense_bias=case.dense_bias))
    output = ask(record, zeroed.replace(inputs=case.inputs * case.inputs.dtype.type(1e9))).output
    expected = np.broadcast_to(case.dense_bias, output.shape)
    flushed = record.subject.arithmetic.storage.smallest_normal
    same = np.where(np.abs(expected) < flushed, np.abs(output) < flushed, output == expected)
    require(bool(same.all()), lambda: f"the output is {output!r}, must be {case.dense_bias!r}")


def _permuted(case: Case, name: str, order: np.ndarray) -> np.ndarray:
    """A tensor with the hidden units in another order, in each gate."""
    role = weights_of(case.dimensions).get(name, Weight(INPUTS, ())).role
    tensor: np.ndarray = getattr(case, name)
    if role == INPUTS or name == DENSE_BIAS:
        return tensor
    if role in (READOUT, RECURRENT):
        tensor = tensor[order]
    if role == READOUT or (tensor.ndim == 1 and role == RECURRENT):
        return tensor
    gates = range(0, tensor.shape[-1], case.M)
    return tensor[..., np.concatenate([first + order for first in gates])]


def _judge_equal(record: Record, case: Case, other: Case, expected: np.ndarray) -> None:
    """The output of ``other`` must equal ``expected``, an output too, within both bounds."""
    bound = 2 * propagated_output(other, record.subject.arithmetic).bound
    judge(
        record,
        compare("changed output", ask(record, other).output, Bounded(expected, bound)),
        case,
        "the output changes by more than rounding explains",
    )
