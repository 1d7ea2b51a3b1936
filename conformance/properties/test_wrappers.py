"""Wrappers and compositions: SimpleRNN in a model with other layers is still the recurrence.

Masking and Embedding in front; RNN of a cell, of two cells, two layers, Bidirectional; Dense,
TimeDistributed(Dense), Flatten behind; functional, Sequential and subclassed models.
"""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.checking import holds_for
from conformance.comparison import compare
from conformance.composition import expected, expected_calls
from conformance.implementations.protocol import COMPOSITIONS
from conformance.subject import Subject
from strategies import WIDE_DTYPES
from strategies.architectures import Composition, architecture_sizes, compositions


def _drawn(subject: Subject, stateful: bool) -> st.SearchStrategy[Composition]:
    """Models of this mode and dtype; together those of all have nearly every pair of parts."""
    turns = [(mode, dtype) for mode in subject.modes for dtype in WIDE_DTYPES]
    mine = turns.index((subject.mode or subject.modes[0], subject.dtype))
    number = max(subject.run.profile.networks * len(subject.modes), len(turns))
    sizes = architecture_sizes(number, subject.run.seed % 2**32, stateful)[mine :: len(turns)]
    compiled = not subject.implementation.compiled_modes.isdisjoint(subject.modes_run)
    most = 1 if compiled else 5
    return compositions(dtype=subject.dtype, sizes=st.sampled_from(sizes), max_samples=most)


@holds_for(needs=(COMPOSITIONS,), runs=2, quota=False, model=lambda subject: _drawn(subject, False))
def test_compositions_equal_the_recurrence(subject: Subject, model: Composition) -> None:
    """Wrapped and stacked, it is still the recurrence.

    With masks from the layer in front, in both directions, as a layer or as cells.
    """
    wanted = expected(model, subject.arithmetic)
    subject.judge(compare("output", subject.output_of(model), wanted))


@holds_for(needs=(COMPOSITIONS,), runs=2, quota=False, model=lambda subject: _drawn(subject, True))
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
    calls = zip(("first", "second"), subject.outputs_of(model, pieces), wanted_calls)
    for call, got, wanted in calls:
        subject.judge(
            compare("output", got, wanted),
            sentence=f"the {{quantity}} of the {call} call differs from the recurrence by more "
            "than rounding explains",
        )


@holds_for(needs=(COMPOSITIONS,), runs=2, quota=False, model=lambda subject: _drawn(subject, True))
def test_stateful_compositions_that_are_reset_begin_anew(
    subject: Subject, model: Composition
) -> None:
    """Wrapped and stacked, a stateful model that is reset begins anew.

    Both directions, every cell and every layer.
    """
    wanted = expected(model, subject.arithmetic)
    subject.judge(
        compare("output", subject.output_after_a_reset(model), wanted),
        sentence="the {quantity} after a reset differs from the recurrence by more than rounding "
        "explains",
    )
