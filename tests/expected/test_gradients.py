"""The derivatives that an implementation is judged by are those of what it computes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cells import CELLS
from conformance.expected.comparison import compare_derivatives
from conformance.expected.gradients import own_derivatives, residual_derivatives
from conformance.implementations.numpy_loop import NumpyNetwork
from conformance.numerics.arithmetic import IEEE
from strategies.cases import case_of_seed, seeds
from strategies.dimensions import Dimensions
from strategies.gradients import loss_of, tapped
from strategies.masking import MASKS
from strategies.options import EVERY_STEP

OPTIONS = st.builds(
    EVERY_STEP._replace,
    mask=st.sampled_from(list(MASKS)),
    initial_state=st.booleans(),
    go_backwards=st.booleans(),
    zero_output_for_mask=st.booleans(),
)


@st.composite
def small_cases(draw, layer, activations=("tanh",)):
    N, T, D, M, K = (draw(st.integers(1, 3)) for _ in range(5))
    size = Dimensions(CELLS[layer], N, T, D, M, K, options=draw(OPTIONS))
    size = size._replace(activation=draw(st.sampled_from(activations)))
    return case_of_seed(size, "float64", "normal", draw(seeds()))


def asked(case, loss):
    network = NumpyNetwork(case.dimensions.network, case.dtype)
    network.set_weights(case.weights)
    return network.gradients(
        case.inputs, loss, "call", mask=case.mask, initial_states=case.initial_states
    )


def value(case, loss):
    """What the gradients are of, in float64."""
    network = NumpyNetwork(case.dimensions.network, case.dtype)
    network.set_weights(case.weights)
    answer = network.answer(case.inputs, "call", mask=case.mask, initial_states=case.initial_states)
    return (loss.by_output * answer.output).sum() + (loss.by_hidden * answer.hidden).sum()


def expected(case, loss, found):
    own = own_derivatives(case, found.inputs, found.weights, found.initial_states)
    answer = found.answer
    return own, residual_derivatives(
        case, loss, answer.hidden, answer.output, own.preactivations, IEEE[case.dtype]
    )


@pytest.mark.parametrize("layer", CELLS)
@given(data=st.data(), seed=seeds())
@settings(max_examples=25, deadline=None)
def test_derivatives_are_the_slopes_of_the_loss(layer, data, seed):
    # Two-sided differences: what is left of them is of third order, and rounding over 2⁻¹⁶.
    case = data.draw(small_cases(layer))
    loss = loss_of(case, seed)
    own, _ = expected(tapped(case), loss, asked(tapped(case), loss))
    reach = 2.0**-16
    for name, derivative in own.weights.items():
        tensor = getattr(case, name)
        for index in np.ndindex(tensor.shape):
            sides = []
            for sign in (1, -1):
                moved = tensor.copy()
                moved[index] += sign * reach
                sides.append(value(case.replace(**{name: moved}), loss))
            slope = (sides[0] - sides[1]) / (2 * reach)
            assert abs(slope - derivative[index]) <= 2.0**-16 * (1 + abs(slope))


@pytest.mark.parametrize("layer", CELLS)
@given(data=st.data(), seed=seeds())
@settings(max_examples=50, deadline=None)
def test_derivatives_of_a_right_loop_are_inside_their_bounds(layer, data, seed):
    case = tapped(data.draw(small_cases(layer, ("tanh", "relu", "sigmoid", "mish", "selu"))))
    loss = loss_of(case, seed)
    for comparison in compare_derivatives(case, *expected(case, loss, asked(case, loss))):
        assert comparison.within, comparison.quantity


@pytest.mark.parametrize("layer", CELLS)
@given(data=st.data(), seed=seeds())
@settings(max_examples=25, deadline=None)
def test_bounds_are_far_below_what_they_bound(layer, data, seed):
    case = tapped(data.draw(small_cases(layer)))
    loss = loss_of(case, seed)
    _, wanted = expected(case, loss, asked(case, loss))
    for name, number in wanted.weights.items():
        largest = max(1.0, np.abs(number.value).max())
        assert (number.bound < 1e-12 * largest).all(), name


def test_a_tap_changes_nothing_forwards():
    for layer in CELLS:
        size = Dimensions(CELLS[layer], 3, 4, 2, 5, 2, options=EVERY_STEP)
        case = case_of_seed(size, "float32", "normal", 7)
        loss = loss_of(case, 0)
        plain, with_taps = asked(case, loss), asked(tapped(case), loss)
        assert np.array_equal(plain.answer.hidden, with_taps.answer.hidden)
        assert np.array_equal(plain.weights[1], with_taps.weights[1])


def test_what_is_masked_has_no_gradient():
    size = Dimensions(CELLS["gru"], 3, 6, 2, 4, 2, options=EVERY_STEP._replace(mask="holes"))
    case = case_of_seed(size, "float32", "normal", 3)
    inputs = np.where(case.mask[:, :, None], case.inputs, np.nan).astype("float32")
    case = case.replace(inputs=inputs)
    found = asked(case, loss_of(case, 0))
    assert not found.inputs[~case.mask].any()
    assert all(np.isfinite(gradient).all() for gradient in found.weights)


@pytest.mark.parametrize("layer", CELLS)
def test_nan_is_outside_where_it_came_from_and_excuses_nothing_before_it(layer):
    size = Dimensions(CELLS[layer], 2, 3, 2, 2, 1, options=EVERY_STEP)
    case = tapped(case_of_seed(size, "float64", "normal", 1))
    loss = loss_of(case, 0)
    units = case.kernel.shape[-1]
    for unit in range(units):
        found = asked(case, loss)
        found.inputs[1, 1, case.D - units + unit] = np.nan
        own, right = expected(case, loss, found)
        outside = {c.quantity for c in compare_derivatives(case, own, right) if not c.within}
        assert "gradient by the preactivations" in outside
        assert np.isfinite(right.preactivations.bound).all()
