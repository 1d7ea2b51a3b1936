"""Parameter counts: D·M + M·M + M for SimpleRNN, M·K + K for Dense; 57 for D=3, M=5, K=2."""

from __future__ import annotations

from conformance.cells import dense
from conformance.checking.asking import new_network
from conformance.checking.check import holds_for
from conformance.checking.drawing import plain_sizes
from conformance.checking.judging import require_equal
from conformance.checking.record import Record
from conformance.implementations.capabilities import PARAMETERS, SUMMARY
from conformance.implementations.protocol import Summary, SummaryRow
from strategies import Dimensions


@holds_for(needs=(PARAMETERS,), per_mode=False, builds=True, size=plain_sizes)
def test_parameter_count_equals_the_formula(record: Record, size: Dimensions) -> None:
    """Parameters are counted by the formula.

    D·M + M·M + M for SimpleRNN and M·K + K for Dense, however they are counted.
    """
    of_layer, of_dense = _formulas(size)
    total = of_layer + of_dense
    counted = new_network(record.subject, size.network).parameters()
    require_equal(f"{size.cell.title}'s count", counted.layer, of_layer)
    require_equal("Dense's count", counted.dense, of_dense)
    require_equal("the model's count", counted.total, total)
    require_equal("the sum over its weights", counted.summed_over_weights, total)
    require_equal("the trainable count", counted.trainable, total)
    require_equal("the non-trainable count", counted.non_trainable, 0)


@holds_for(needs=(SUMMARY,), per_mode=False, builds=True, size=plain_sizes)
def test_summary_prints_shapes_and_counts(record: Record, size: Dimensions) -> None:
    """summary() prints shapes and counts.

    The output shapes, and the parameter counts of the formula.
    """
    of_layer, of_dense = _formulas(size)
    total = of_layer + of_dense
    expected = Summary(
        rows=[
            SummaryRow("InputLayer", (None, size.network.T, size.D), 0),
            SummaryRow(size.cell.title, (None, size.M), of_layer),
            SummaryRow("Dense", (None, size.K), of_dense),
        ],
        total=total,
        trainable=total,
        non_trainable=0,
    )
    printed = new_network(record.subject, size.network).summary()
    require_equal("the printed summary", printed, expected)


def _formulas(size: Dimensions) -> tuple[int, int]:
    """The parameters of the layer and of Dense."""
    of_layer = size.cell.parameters(size.D, size.M, size.options)
    return of_layer, dense.parameters(size.M, size.K, size.options)
