"""Wrappers and compositions: SimpleRNN in a model with other layers is still the recurrence.

Masking and Embedding in front; RNN of a cell, of two cells, two layers, Bidirectional; Dense,
TimeDistributed(Dense), Flatten behind; functional, Sequential and subclassed models.
"""

from __future__ import annotations

from conformance.checking.asking import ask_model, model_of, output_of
from conformance.checking.check import holds_for
from conformance.checking.drawing import models
from conformance.checking.judging import judge
from conformance.checking.record import Record
from conformance.expected.comparison import compare
from conformance.expected.wrappers import expected, expected_calls
from conformance.implementations.capabilities import COMPOSITIONS
from strategies.wrappers import Composition


@holds_for(
    needs=(COMPOSITIONS,),
    runs=2,
    quota=False,
    model=lambda subject: models(subject, stateful=False),
)
def test_compositions_equal_the_recurrence(record: Record, model: Composition) -> None:
    """Wrapped and stacked, it is still the recurrence.

    With masks from the layer in front, in both directions, as a layer or as cells.
    """
    (output,) = ask_model(record.subject, model)
    judge(record, compare("output", output, expected(model, record.subject.arithmetic)))


@holds_for(
    needs=(COMPOSITIONS,), runs=2, quota=False, model=lambda subject: models(subject, stateful=True)
)
def test_stateful_compositions_go_on_where_they_were(record: Record, model: Composition) -> None:
    """Wrapped and stacked, a stateful model goes on where it was.

    Each direction of Bidirectional from its own end, each cell and each layer from its own state.
    """
    subject, pieces = record.subject, [model.inputs, model.inputs[:, ::-1]]
    expected_outputs = expected_calls(
        model,
        pieces,
        subject.arithmetic,
        initial_state_overrides=subject.implementation.initial_state_overrides,
    )
    calls = zip(("first", "second"), ask_model(subject, model, pieces), expected_outputs)
    for call, output, expected_output in calls:
        judge(
            record,
            compare("output", output, expected_output),
            sentence=f"the {{quantity}} of the {call} call differs from the recurrence by more "
            "than rounding explains",
        )


@holds_for(
    needs=(COMPOSITIONS,), runs=2, quota=False, model=lambda subject: models(subject, stateful=True)
)
def test_stateful_compositions_that_are_reset_begin_anew(
    record: Record, model: Composition
) -> None:
    """Wrapped and stacked, a stateful model that is reset begins anew.

    Both directions, every cell and every layer.
    """
    subject = record.subject
    network = model_of(subject, model)
    output_of(subject, network, model, model.inputs)
    network.reset_state()
    output = output_of(subject, network, model, model.inputs)
    judge(
        record,
        compare("output", output, expected(model, subject.arithmetic)),
        sentence="the {quantity} after a reset differs from the recurrence by more than rounding "
        "explains",
    )
