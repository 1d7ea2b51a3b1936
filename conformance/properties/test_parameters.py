"""Parameter counts: D·M + M·M + M for SimpleRNN, M·K + K for Dense; 57 for D=3, M=5, K=2."""

from __future__ import annotations

from conformance.cells.simple_rnn import dense_parameters, parameters, simple_rnn_parameters
from conformance.checking.check import holds_for
from conformance.checking.subject import Subject, require_equal
from conformance.implementations.capabilities import PARAMETERS, SUMMARY
from conformance.implementations.protocol import Summary, SummaryRow
from strategies import Dimensions


@holds_for(needs=(PARAMETERS,), per_mode=False, builds=True, size=lambda subject: subject.sizes())
def test_parameter_count_equals_the_formula(subject: Subject, size: Dimensions) -> None:
    """Parameters are counted by the formula.

    D·M + M·M + M and M·K + K, however they are counted.
    """
    _, _, D, M, K, *_ = size
    counted = subject.new_network(size.network).parameters()
    require_equal("SimpleRNN's count", counted.simple_rnn, simple_rnn_parameters(D, M))
    require_equal("Dense's count", counted.dense, dense_parameters(M, K))
    require_equal("the model's count", counted.total, parameters(D, M, K))
    require_equal("the sum over its weights", counted.summed_over_weights, parameters(D, M, K))
    require_equal("the trainable count", counted.trainable, parameters(D, M, K))
    require_equal("the non-trainable count", counted.non_trainable, 0)


@holds_for(needs=(SUMMARY,), per_mode=False, builds=True, size=lambda subject: subject.sizes())
def test_summary_prints_shapes_and_counts(subject: Subject, size: Dimensions) -> None:
    """summary() prints shapes and counts.

    The output shapes, and the parameter counts of the formula.
    """
    D, M, K, T = size.network[:4]
    total = parameters(D, M, K)
    expected = Summary(
        rows=[
            SummaryRow("InputLayer", (None, T, D), 0),
            SummaryRow("SimpleRNN", (None, M), simple_rnn_parameters(D, M)),
            SummaryRow("Dense", (None, K), dense_parameters(M, K)),
        ],
        total=total,
        trainable=total,
        non_trainable=0,
    )
    require_equal("the printed summary", subject.new_network(size.network).summary(), expected)
