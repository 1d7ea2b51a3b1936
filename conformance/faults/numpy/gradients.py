"""Faults of gradients alone: the network computes what it should, and is run backwards wrongly."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from conformance.faults.numpy.overriding import Decorator, Function, overriding
from conformance.implementations.numpy_loop import NumpyNetwork
from conformance.numerics.tape import Part, Product, Tape, Traced


def rule(name: str, layer: str = "simple_rnn") -> Decorator:
    """Enter ``function(tape, right, …)`` as a rule of the tape, from the right method."""

    def tape(function: Function, self: NumpyNetwork) -> Tape:
        made = Tape(self)
        setattr(made, name, partial(function, made, getattr(made, name)))
        return made

    return overriding("tape", "gradients", tape, layer=layer)


def backwards(method: str) -> Decorator:
    """Enter ``function(network, right, …)`` as an operation that only gradients need."""

    def call(function: Function, self: NumpyNetwork, *given: Any) -> Any:
        return function(self, partial(getattr(NumpyNetwork, method), self), *given)

    return overriding(method, "gradients", call)


def found(what: str) -> Decorator:
    """Enter ``function(network, a)``, some of the gradients from the right ones."""

    def gradients(function: Function, self: NumpyNetwork, *given: Any, **more: Any) -> Any:
        right = NumpyNetwork.gradients(self, *given, **more)
        return right._replace(**{what: function(self, getattr(right, what))})

    return overriding("gradients", "gradients", gradients)


@backwards("slope")
def slope_scaled_slightly(self: NumpyNetwork, right: Function, *given: Any) -> np.ndarray:
    """The slope of an activation is too large by 1e-5."""
    return self.stored(right(*given) * (1 + 1e-5))


@backwards("slope")
def slope_of_tanh_without_the_square(
    self: NumpyNetwork, right: Function, name: str, z: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """The slope of tanh is 1 − |y|."""
    return self.stored(1 - np.abs(y)) if name == "tanh" else right(name, z, y)


@backwards("slope")
def slope_is_always_one(self: NumpyNetwork, right: Function, *given: Any) -> np.ndarray:
    """The slope of every activation is taken for 1."""
    return np.ones_like(right(*given))


@backwards("slope")
def negative_slope_of_relu(
    self: NumpyNetwork, right: Function, name: str, z: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """The slope of relu is that of its other side."""
    return 1 - right(name, z, y) if name == "relu" else right(name, z, y)


@backwards("looked_at")
def masked_steps_reach_the_weights(
    self: NumpyNetwork, right: Function, x: np.ndarray, used: np.ndarray
) -> np.ndarray:
    """NaN in a step that is masked reaches the gradients by the weights."""
    return x


@rule("by_weight")
def last_sample_moves_no_weight(
    tape: Tape, right: Function, operand: Traced, derivative: Any
) -> Part:
    """The last sample has no part in the gradients of the kernels."""
    part = right(operand, derivative)
    return part._replace(operand=part.operand[:, :-1], weight=part.weight[:-1])


@rule("by_weight")
def first_feature_moves_no_weight(
    tape: Tape, right: Function, operand: Traced, derivative: Any
) -> Part:
    """The first feature, and the first unit, have no part in the gradients of the kernels."""
    part = right(operand, derivative)
    operands = part.operand.copy()
    operands[0] = 0
    return part._replace(operand=operands)


@rule("by_addend")
def bias_of_the_first_sample_alone(
    tape: Tape, right: Function, addend: Traced, derivative: Any
) -> Part:
    """The gradient by a bias is that of the first sample alone."""
    part = right(addend, derivative)
    return Product(part.operand[:, :1], part.weight[:1]) if isinstance(part, Product) else part


@rule("by_operand")
def recurrent_kernel_not_transposed(
    tape: Tape, right: Function, weight: Traced, derivative: Any
) -> Part:
    """Square kernels lead back as they are, and not transposed."""
    part = right(weight, derivative)
    square = part.weight.shape[0] == part.weight.shape[1]
    return part._replace(weight=part.weight.T) if square else part


def _through_time(layer: str = "simple_rnn") -> Decorator:
    """Enter ``function(self, state)``, a state as the next step has it, for gradients."""

    def carried(function: Function, self: NumpyNetwork, *given: Any) -> Any:
        state: Any = NumpyNetwork.carried(self, *given)
        return function(self, state) if isinstance(state, Traced) else state

    return overriding("carried", "gradients", carried, layer=layer)


@_through_time()
def gradient_stops_at_every_step(self: NumpyNetwork, state: Traced) -> Traced:
    """Nothing flows back through time."""
    return Traced(state.value)


@_through_time()
def gradient_truncated_after_four_steps(self: NumpyNetwork, state: Traced) -> Traced:
    """Backpropagation goes through the last four steps only."""
    return state if self.T - self.t <= 4 else Traced(state.value)


@_through_time()
def gradient_stops_in_the_middle(self: NumpyNetwork, state: Traced) -> Traced:
    """Nothing flows back through one step, in the middle of a sequence."""
    return Traced(state.value) if self.t == self.T // 2 else state


@_through_time()
def gradient_grows_slightly_through_time(self: NumpyNetwork, state: Traced) -> Traced:
    """What flows back through a step is too large by 1e-5."""
    return Traced(state.value, (state, lambda d: self.stored(d * (1 + 1e-5))))


@overriding("emitted", "gradients")
def masked_outputs_have_no_gradient(self: NumpyNetwork, *given: Any) -> Any:
    """What is repeated at a masked step has no gradient."""
    result: Any = NumpyNetwork.emitted(self, *given)
    if not isinstance(result, Traced):
        return result
    used = given[2]
    return Traced(result.value, (result, lambda d: np.where(used, d, 0)))


@rule("blend", layer="gru")
def no_gradient_through_the_update_gate(
    tape: Tape, right: Function, z: Traced, a: Traced, b: Traced
) -> Traced:
    """Nothing flows back through the update gate of GRU."""
    return right(Traced(z.value), a, b)


@found("inputs")
def gradient_by_inputs_of_the_other_step(self: NumpyNetwork, gradient: np.ndarray) -> np.ndarray:
    """Gradients by inputs are those of the step before."""
    return np.roll(gradient, 1, axis=1)


@found("initial_states")
def initial_state_has_no_gradient(self: NumpyNetwork, gradients: Any) -> Any:
    """The gradient by an initial state is 0."""
    return tuple(np.zeros_like(gradient) for gradient in gradients)


@found("weights")
def gradient_by_the_bias_is_the_mean(self: NumpyNetwork, gradients: Any) -> Any:
    """The gradient by the bias is divided by the number of steps."""
    *kernels, bias, dense_kernel, dense_bias = gradients
    return [*kernels, bias / bias.dtype.type(self.T), dense_kernel, dense_bias]


@found("weights")
def gradient_by_the_recurrent_kernel_transposed(self: NumpyNetwork, gradients: Any) -> Any:
    """The gradient by the recurrent kernel is transposed."""
    kernel, recurrent_kernel, *others = gradients
    square = recurrent_kernel.shape[0] == recurrent_kernel.shape[1]
    return [kernel, recurrent_kernel.T.copy() if square else recurrent_kernel, *others]
