"""Shapes: what a network says of its outputs before it computes, and what it then returns."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.checking.check import holds_for
from conformance.checking.subject import Subject, require_equal
from conformance.implementations.capabilities import SHAPES, STATES
from conformance.implementations.protocol import Shapes
from strategies import Case, Dimensions


@holds_for(
    needs=(SHAPES,),
    per_mode=False,
    builds=True,
    size=lambda subject: subject.sizes(),
    sequences=lambda subject: st.booleans(),
    known=lambda subject: st.tuples(st.booleans(), st.booleans()),
)
def test_stated_shapes_equal_the_equations(
    subject: Subject, size: Dimensions, sequences: bool, known: tuple[bool, bool]
) -> None:
    """Stated shapes equal the equations'.

    Also with N or T unknown.
    """
    network = subject.new_network(size.network, sequences=sequences)
    N, T = size.N if known[0] else None, size.T if known[1] or size.static_time else None
    fixed = size.network.T
    expected = Shapes(
        symbolic_simple_rnn=(None, fixed, size.M) if sequences else (None, size.M),
        symbolic_dense=(None, fixed, size.K) if sequences else (None, size.K),
        computed_simple_rnn=(N, T, size.M) if sequences else (N, size.M),
        computed_dense=(N, T, size.K) if sequences else (N, size.K),
    )
    require_equal(f"for N={N}, T={T} what is stated", network.shapes(N, T), expected)


@holds_for(runs=2, needs=(SHAPES, STATES), quota=False, case=lambda subject: subject.cases())
def test_arrays_have_the_stated_shape_and_dtype(subject: Subject, case: Case) -> None:
    """Arrays have the stated shape and dtype."""
    stated = subject.network(case, sequences=False).shapes(case.N, case.T)
    output = subject.output(case)
    require_equal("the output's shape", output.shape, stated.computed_dense)
    require_equal("the output's dtype", str(output.dtype), subject.dtype)
    stated = subject.network(case, sequences=True).shapes(case.N, case.T)
    states, outputs = subject.states_and_outputs(case)
    require_equal("the states' shape", states.shape, stated.computed_simple_rnn)
    require_equal("the outputs' shape", outputs.shape, stated.computed_dense)
    dtypes = (str(states.dtype), str(outputs.dtype))
    require_equal("the dtypes of states and outputs", dtypes, (subject.dtype, subject.dtype))
