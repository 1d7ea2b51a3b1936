"""Wrappers and compositions: SimpleRNN in a model with other layers is still the recurrence.

Masking and Embedding in front; RNN of a cell, of two cells, two layers, Bidirectional; Dense,
TimeDistributed(Dense), Flatten behind; functional, Sequential and subclassed models.
"""

from __future__ import annotations

from conformance.checking.check import holds_for
from conformance.checking.models import models, output_after_a_reset, output_of, outputs_of
from conformance.checking.subject import Subject
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
def test_compositions_equal_the_recurrence(subject: Subject, model: Composition) -> None:
    """Wrapped and stacked, it is still the recurrence.

    With masks from the layer in front, in both directions, as a layer or as cells.
    """
    wanted = expected(model, subject.arithmetic)
    subject.judge(compare("output", output_of(subject, model), wanted))


@holds_for(
    needs=(COMPOSITIONS,), runs=2, quota=False, model=lambda subject: models(subject, stateful=True)
)
def test_stateful_compositions_go_on_where_they_were(subject: Subject, model: Composition) -> None:
    """Wrapped and stacked, a stateful model goes on where it was.

    Each direction of Bidirectional from its own end, each cell and each layer from its own state.
    """
    pieces = [model.inputs, model.inputs[:, ::-1]]
    wanted_calls = expected_calls(
        model,
        pieces,
        subject.arithmetic,
        initial_state_overrides=subject.implementation.initial_state_overrides,
    )
    calls = zip(("first", "second"), outputs_of(subject, model, pieces), wanted_calls)
    for call, got, wanted in calls:
        subject.judge(
            compare("output", got, wanted),
            sentence=f"the {{quantity}} of the {call} call differs from the recurrence by more "
            "than rounding explains",
        )


@holds_for(
    needs=(COMPOSITIONS,), runs=2, quota=False, model=lambda subject: models(subject, stateful=True)
)
def test_stateful_compositions_that_are_reset_begin_anew(
    subject: Subject, model: Composition
) -> None:
    """Wrapped and stacked, a stateful model that is reset begins anew.

    Both directions, every cell and every layer.
    """
    wanted = expected(model, subject.arithmetic)
    subject.judge(
        compare("output", output_after_a_reset(subject, model), wanted),
        sentence="the {quantity} after a reset differs from the recurrence by more than rounding "
        "explains",
    )
