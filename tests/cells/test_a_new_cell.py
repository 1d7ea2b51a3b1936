"""A cell is one file: what is written here is all that a new one needs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from conformance.checking.check import check
from conformance.checking.results import CONFORMS, FAILS, NOT_APPLICABLE
from conformance.checking.run import Run
from conformance.checking.subject import Subject
from conformance.expected.end import propagated_states
from conformance.expected.recurrence import states_of
from conformance.expected.steps import residual_state
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from conformance.numerics.arithmetic import IEEE
from conformance.properties import all_properties
from strategies import EVERY_STEP, PLAIN, Cell, Weight, cases, dimensions
from strategies.cell import INPUT, RECURRENT
from strategies.profiles import PROFILES

# The cell: h' = a ∘ h + x K.


def step(ops, x, states, w):
    (h,) = states
    return (ops.plus(ops.times(w.decay, h), ops.affine((x,), (w.kernel,))),)


def weights(D, M, options):
    return {"kernel": Weight(INPUT, (D, M)), "decay": Weight(RECURRENT, (M,))}


LEAKY = Cell("leaky", "Leaky", step, weights, activations=())

SIZES = dimensions(LEAKY, max_samples=3, max_time_steps=5, max_units=4, max_features=4)
#: What the NumPy loop can be asked of any cell.
ASKED = sorted(
    name for name, asked in all_properties().items() if asked.needs <= NumpyLoop.capabilities
)


class Scaled(NumpyNetwork):
    """The state is scaled slightly."""

    def step(self, x, states):
        (h,) = NumpyNetwork.step(self, x, states)
        return (self.stored(h * (1 + 1e-4)),)


class WithLeaky(NumpyLoop):
    layers = (LEAKY.name,)


class Faulty(WithLeaky):
    name, network_class = "faulty", Scaled


def result_of(name, implementation=None, dtype="float32"):
    run = Run(profile=PROFILES["quick"], seed=1)
    subject = Subject(implementation or WithLeaky(), "call", dtype, run, cell=LEAKY)
    return check(all_properties()[name], subject)


@given(cases(SIZES))
@settings(max_examples=30, deadline=None)
def test_its_states_are_those_of_the_equation(case):
    h, x = np.zeros((case.N, case.M)), case.inputs.astype(float)
    for t in range(case.T):
        h = case.decay * h + x[:, t] @ case.kernel
        np.testing.assert_array_max_ulp(states_of(case)[:, t], h, 4)


@given(cases(dimensions(LEAKY, max_time_steps=8, options=((EVERY_STEP, {}),))))
@settings(max_examples=30, deadline=None)
def test_the_numpy_loop_is_inside_both_bounds(case):
    network = NumpyLoop().network(case.dimensions.network, case.dtype)
    network.set_weights(case.weights)
    hidden = network.answer(case.inputs, "call").hidden
    row = IEEE["float32"]
    by_step, (end,) = residual_state(case, hidden, row), propagated_states(case, row)
    assert (np.abs(hidden - by_step.value) <= by_step.bound).all()
    assert (np.abs(hidden[:, -1] - end.value) <= end.bound).all()


def test_its_parameters_are_counted():
    assert LEAKY.parameters(3, 5, PLAIN) == 3 * 5 + 5


@pytest.mark.parametrize("name", ASKED)
def test_every_property_that_asks_for_no_library_holds(name):
    assert result_of(name).verdict in (CONFORMS, NOT_APPLICABLE)


@pytest.mark.parametrize(
    "name",
    ["test_every_step_equals_the_recurrence", "test_any_options_together_equal_the_recurrence"],
)
def test_a_fault_is_noticed(name):
    result = result_of(name, Faulty())
    assert result.verdict == FAILS
    assert result.failure.drawn["case"].M == 1
