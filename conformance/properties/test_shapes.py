"""Shapes: what a network says of its outputs before it computes, and what it then returns."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.checking.asking import ask, network_of, new_network
from conformance.checking.check import holds_for
from conformance.checking.drawing import plain_cases, plain_sizes
from conformance.checking.judging import require_equal
from conformance.checking.record import Record
from conformance.implementations.capabilities import SHAPES, STATES
from conformance.implementations.protocol import Shapes
from strategies import EVERY_STEP, PLAIN, Case, Dimensions


@holds_for(
    needs=(SHAPES,),
    per_mode=False,
    builds=True,
    size=plain_sizes,
    sequences=lambda subject: st.booleans(),
    known=lambda subject: st.tuples(st.booleans(), st.booleans()),
)
def test_stated_shapes_equal_the_equations(
    record: Record, size: Dimensions, sequences: bool, known: tuple[bool, bool]
) -> None:
    """Stated shapes equal the equations'.

    Also with N or T unknown.
    """
    options = EVERY_STEP if sequences else size.options
    network = new_network(record.subject, size.network._replace(options=options))
    N, T = size.N if known[0] else None, size.T if known[1] or size.static_time else None
    fixed = size.network.T
    expected = Shapes(
        symbolic_layer=(None, fixed, size.M) if sequences else (None, size.M),
        symbolic_dense=(None, fixed, size.K) if sequences else (None, size.K),
        computed_layer=(N, T, size.M) if sequences else (N, size.M),
        computed_dense=(N, T, size.K) if sequences else (N, size.K),
    )
    require_equal(f"for N={N}, T={T} what is stated", network.shapes(N, T), expected)


@holds_for(runs=2, needs=(SHAPES, STATES), quota=False, case=plain_cases)
def test_arrays_have_the_stated_shape_and_dtype(record: Record, case: Case) -> None:
    """Arrays have the stated shape and dtype."""
    for options in (PLAIN, EVERY_STEP):
        asked = case.replace(options=options)
        stated = network_of(record.subject, asked).shapes(case.N, case.T)
        answer = ask(record, asked)
        require_equal("the output's shape", answer.output.shape, stated.computed_dense)
        require_equal("the output's dtype", str(answer.output.dtype), record.subject.dtype)
        if answer.hidden is not None:
            require_equal("the states' shape", answer.hidden.shape, stated.computed_layer)
            require_equal("the states' dtype", str(answer.hidden.dtype), record.subject.dtype)
