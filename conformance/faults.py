"""The catalogue of seeded faults: what the suite is measured with, and what explains failures.

A fault is a few lines of wrong code in place of right ones, seeded into the NumPy loop by
overriding one method. The docstring says what is wrong, in the words of a failure report.
Those that Keras can be given underneath its public API are in `faults_keras`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np

from conformance.comparison import Comparison
from conformance.faults_keras import KERAS_FAULTS, FaultyKeras
from conformance.implementations.keras_tensorflow import KerasTensorFlow
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from conformance.implementations.protocol import (
    Implementation,
    ImplementationError,
    Parameters,
    Shapes,
    Weight,
)
from strategies import Case


@dataclass(frozen=True)
class Fault:
    """A wrong network: its name, the part of the specification it breaks, and one sentence."""

    name: str
    group: str
    description: str
    network: type[NumpyNetwork]

    @property
    def numeric(self) -> bool:
        """Whether it changes what is computed from given weights and inputs."""
        return self.group not in ("weights", "parameters", "shapes", "initial weights", "calls")


FAULTS: dict[str, Fault] = {}


def overriding(method: str, group: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function into the catalogue, as ``NumpyNetwork.<method>`` gone wrong."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        network = type(function.__name__, (NumpyNetwork,), {method: function})
        description = (function.__doc__ or "").strip().rstrip(".")
        fault = Fault(function.__name__, group, description, network)
        FAULTS[fault.name] = fault
        return function

    return enter


def preactivation(group: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter ``function(x_t, h, t, Wx, Wh, bh)``, what the activation is applied to."""
    return _wrapping("preactivation", group, lambda f, self, x, h, t: f(x, h, t, *self.used[:3]))


def activation(group: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter ``function(z)``, an activation in place of the right one."""
    return _wrapping(
        "step", group, lambda f, self, x, h, t: f(self.stored(self.preactivation(x, h, t)))
    )


def state(group: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter ``function(new, h, t)``, the state at step t from the right one and the one before."""
    return _wrapping(
        "step", group, lambda f, self, x, h, t: f(NumpyNetwork.step(self, x, h, t), h, t)
    )


def _wrapping(
    method: str, group: str, call: Callable[..., np.ndarray]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(self: NumpyNetwork, x: np.ndarray, h: np.ndarray, t: int) -> np.ndarray:
            return self.stored(call(function, self, x, h, t))

        wrong.__name__, wrong.__doc__ = function.__name__, function.__doc__
        overriding(method, group)(wrong)
        return function

    return enter


def right_sum(
    x: np.ndarray, h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, bh: np.ndarray
) -> np.ndarray:
    """What the activation is applied to, as it should be, for faults of an operand."""
    return x @ Wx + h @ Wh + bh


# The equation


@preactivation("equation")
def recurrent_kernel_transposed(x, h, t, Wx, Wh, bh):
    """The recurrent kernel is transposed."""
    return x @ Wx + h @ Wh.T + bh


@preactivation("equation")
def no_recurrence(x, h, t, Wx, Wh, bh):
    """The previous state is ignored."""
    return x @ Wx + bh


@preactivation("equation")
def no_bias(x, h, t, Wx, Wh, bh):
    """The bias is missing."""
    return x @ Wx + h @ Wh


@preactivation("equation")
def bias_twice(x, h, t, Wx, Wh, bh):
    """The bias is added twice, once with each kernel."""
    return x @ Wx + h @ Wh + 2 * bh


@preactivation("equation")
def bias_subtracted(x, h, t, Wx, Wh, bh):
    """The bias is subtracted."""
    return x @ Wx + h @ Wh - bh


@activation("equation")
def sigmoid_for_tanh(z):
    """The activation is the logistic function."""
    return 1 / (1 + np.exp(-z))


@activation("equation")
def relu_for_tanh(z):
    """The activation is relu."""
    return np.maximum(z, 0)


@activation("equation")
def no_activation(z):
    """The activation is missing."""
    return np.clip(z, -1e6, 1e6)


@activation("equation")
def hard_tanh(z):
    """The activation is tanh's piecewise linear cousin."""
    return np.clip(z, -1, 1)


@overriding("step", "equation")
def activation_before_recurrence(self, x, h, t):
    """The activation is applied before the previous state is added."""
    Wx, Wh, bh = self.used[:3]
    return self.stored(np.clip(np.tanh(x @ Wx + bh) + h @ Wh, -1e6, 1e6))


@preactivation("equation")
def recurrence_elementwise(x, h, t, Wx, Wh, bh):
    """Only the diagonal of the recurrent kernel is used."""
    return x @ Wx + h * np.diag(Wh) + bh


@preactivation("equation")
def features_reversed(x, h, t, Wx, Wh, bh):
    """The features are read in reverse."""
    return x[:, ::-1] @ Wx + h @ Wh + bh


@state("equation")
def leaky_state(new, h, t):
    """The new state keeps a thousandth of the old one."""
    return 0.999 * new + 0.001 * h


@state("equation")
def state_scaled_slightly(new, h, t):
    """Every state is scaled by 1 − 1e-5."""
    return new * (1 - 1e-5)


@state("equation")
def last_unit_scaled_slightly(new, h, t):
    """The last unit alone is scaled by 1 + 1e-5."""
    new[:, -1] *= 1 + 1e-5
    return new


@preactivation("equation")
def first_recurrent_row_missing(x, h, t, Wx, Wh, bh):
    """The first unit's state does not reach the others."""
    return x @ Wx + h[:, 1:] @ Wh[1:] + bh


# Time and state


@state("time")
def first_step_skipped(new, h, t):
    """The first time step is skipped."""
    return h if t == 0 else new


@preactivation("time")
def second_step_forgets(x, h, t, Wx, Wh, bh):
    """The second time step starts from a zero state."""
    return right_sum(x, 0 * h if t == 1 else h, Wx, Wh, bh)


@preactivation("time")
def state_reset_every_eighth_step(x, h, t, Wx, Wh, bh):
    """The state is reset every eighth step."""
    return right_sum(x, 0 * h if t and t % 8 == 0 else h, Wx, Wh, bh)


@state("time")
def stops_after_sixteen_steps(new, h, t):
    """The state stays as it is after sixteen steps."""
    return h if t >= 16 else new


@overriding("run", "time")
def time_reversed(self, inputs):
    """Time runs backwards."""
    return NumpyNetwork.run(self, inputs[:, ::-1])


@overriding("run", "time")
def inputs_one_step_late(self, inputs):
    """Each step uses the input of the step before."""
    return NumpyNetwork.run(self, np.concatenate([inputs[:, :1], inputs[:, :-1]], axis=1))


@overriding("run", "time")
def last_step_skipped(self, inputs):
    """The last time step repeats the result of the one before."""
    states, outputs = NumpyNetwork.run(self, inputs)
    states[:, -1], outputs[:, -1] = (
        states[:, max(-2, -len(states[0]))],
        outputs[:, max(-2, -len(states[0]))],
    )
    return states, outputs


@overriding("run", "time")
def time_and_batch_swapped(self, inputs):
    """Time and batch are swapped where the shapes allow it."""
    if inputs.shape[0] == inputs.shape[1]:
        inputs = inputs.swapaxes(0, 1)
    return NumpyNetwork.run(self, inputs)


@overriding("run", "time")
def outputs_averaged_over_time(self, inputs):
    """The last output is the mean over time."""
    states, outputs = NumpyNetwork.run(self, inputs)
    outputs[:, -1] = outputs.mean(axis=1)
    return states, outputs


@overriding("run", "time")
def future_touched(self, inputs):
    """Later inputs are multiplied by zero and added to earlier ones."""
    return NumpyNetwork.run(self, inputs + 0 * inputs.mean(axis=1, keepdims=True))


@overriding("initial_state", "state")
def initial_state_is_one(self, N):
    """The initial state is one."""
    return self.stored(np.ones((N, self.size.M)))


@overriding("initial_state", "state")
def initial_state_is_small(self, N):
    """The initial state is 1e-4 instead of zero."""
    return self.stored(np.full((N, self.size.M), 1e-4))


@overriding("initial_state", "state")
def initial_state_is_the_bias(self, N):
    """The initial state is the bias."""
    return np.repeat(self.used[2][None], N, axis=0)


# Samples


@overriding("run", "batch")
def samples_share_their_state(self, inputs):
    """The state of the first sample is used for all."""
    one = NumpyNetwork.run(self, inputs[:1])
    return tuple(np.repeat(a, len(inputs), axis=0) for a in one)


@overriding("run", "batch")
def last_sample_repeats_the_first(self, inputs):
    """The last sample gets the first one's result."""
    return tuple(np.concatenate([a[:-1], a[:1]]) for a in NumpyNetwork.run(self, inputs))


@overriding("run", "batch")
def batch_reversed(self, inputs):
    """The samples come back in reverse."""
    return tuple(a[::-1] for a in NumpyNetwork.run(self, inputs))


@overriding("run", "batch")
def batch_mean_subtracted(self, inputs):
    """The mean over the batch is subtracted from the inputs."""
    mean = inputs.mean(axis=0, keepdims=True, dtype=inputs.dtype)
    return NumpyNetwork.run(self, inputs - mean if len(inputs) > 1 else inputs)


@overriding("run", "batch")
def samples_beyond_four_lose_their_state(self, inputs):
    """From the fifth sample on the previous state is ignored."""
    states, outputs = NumpyNetwork.run(self, inputs)
    if len(inputs) > 4:
        Wx, _, bh = self.used[:3]
        states[4:] = self.activated(inputs[4:] @ Wx + bh, self.size.activation)
        outputs[4:] = self.dense(states[4:])
    return states, outputs


# Only for some sizes


@preactivation("size")
def last_of_odd_features_dropped(x, h, t, Wx, Wh, bh):
    """The last feature is dropped where D is odd."""
    D = x.shape[1] // 2 * 2 if x.shape[1] > 1 else 1
    return x[:, :D] @ Wx[:D] + h @ Wh + bh


@preactivation("size")
def square_kernel_transposed(x, h, t, Wx, Wh, bh):
    """The kernel is transposed where D = M."""
    return right_sum(x, h, Wx.T if x.shape[1] == h.shape[1] else Wx, Wh, bh)


@preactivation("size")
def units_beyond_eight_forget(x, h, t, Wx, Wh, bh):
    """From the ninth on, units do not see the previous state."""
    Wh = Wh.copy()
    Wh[:, 8:] = 0
    return right_sum(x, h, Wx, Wh, bh)


@preactivation("size")
def single_unit_forgets(x, h, t, Wx, Wh, bh):
    """A single hidden unit does not see its previous state."""
    return right_sum(x, 0 * h if h.shape[1] == 1 else h, Wx, Wh, bh)


@overriding("run", "size")
def single_step_without_bias(self, inputs):
    """The bias is missing where T = 1."""
    if inputs.shape[1] > 1:
        return NumpyNetwork.run(self, inputs)
    h = self.activated(inputs @ self.used[0], self.size.activation)
    return h, self.dense(h)


# Precision


def _rounded(a: np.ndarray, bits: int) -> np.ndarray:
    fraction, exponent = np.frexp(a)
    return np.ldexp(np.round(np.ldexp(fraction, bits)), exponent - bits).astype(a.dtype)


@preactivation("precision")
def operands_in_tf32(x, h, t, Wx, Wh, bh):
    """Operands of the products are rounded to 11 bits, as TensorFloat-32 does."""
    return _rounded(x, 11) @ _rounded(Wx, 11) + _rounded(h, 11) @ _rounded(Wh, 11) + bh


@preactivation("precision")
def sums_in_float16(x, h, t, Wx, Wh, bh):
    """The sum of the two products is rounded to float16."""
    z = (x @ Wx + h @ Wh).astype(np.float16).astype(x.dtype)
    return z + bh


@preactivation("precision")
def bias_off_by_a_millionth(x, h, t, Wx, Wh, bh):
    """The bias is too large by 1e-6."""
    return x @ Wx + h @ Wh + (bh + bh.dtype.type(1e-6))


@activation("precision")
def tanh_by_continued_fraction(z):
    """The activation is a truncated continued fraction of tanh."""
    z = np.clip(z, -4.9, 4.9)
    q = z * z
    top = z * (135135 + q * (17325 + q * (378 + q)))
    return top / (135135 + q * (62370 + q * (3150 + q * 28)))


@activation("precision")
def tanh_off_by_a_hundred_thousandth(z):
    """The activation is too large by 1e-5 of itself."""
    return np.tanh(z) * (1 + 1e-5)


@preactivation("precision")
def first_product_in_tf32(x, h, t, Wx, Wh, bh):
    """The product of the first feature alone is rounded to 11 bits, as in TensorFloat-32."""
    first = x[:, :1] * Wx[:1]
    return x @ Wx + h @ Wh + bh + (_rounded(first, 11) - first)


@preactivation("precision")
def weights_in_bfloat16(x, h, t, Wx, Wh, bh):
    """The weights are rounded to 8 bits, as in bfloat16."""
    return x @ _rounded(Wx, 8) + h @ _rounded(Wh, 8) + _rounded(bh, 8)


@preactivation("precision")
def float64_computed_in_float32(x, h, t, Wx, Wh, bh):
    """What is float64 is computed in float32."""
    return right_sum(*(a.astype(np.float32) for a in (x, h, Wx, Wh, bh)))


# Activations other than tanh


def _definition(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter ``function(z)`` in place of one activation, in SimpleRNN and in Dense."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(self: NumpyNetwork, z: np.ndarray, asked: str) -> np.ndarray:
            if asked != name:
                return NumpyNetwork.activated(self, z, asked)
            return self.stored(function(self.stored(z).astype(float)))

        wrong.__name__, wrong.__doc__ = function.__name__, function.__doc__
        overriding("activated", "activations")(wrong)
        return function

    return enter


@_definition("sigmoid")
def sigmoid_by_tanh_of_z(z):
    """Sigmoid is (1 + tanh z) / 2, without halving z."""
    return (1 + np.tanh(z)) / 2


@_definition("leaky_relu")
def leaky_relu_of_another_slope(z):
    """leaky_relu has the slope 0.3, that of the layer of Keras 2."""
    return np.where(z < 0, 0.3 * z, z)


@_definition("hard_sigmoid")
def hard_sigmoid_of_another_version(z):
    """hard_sigmoid is that of the other major version of Keras."""
    return np.clip(0.2 * z + 0.5, 0, 1)


@_definition("gelu")
def gelu_by_tanh(z):
    """Gelu is its approximation by tanh."""
    return z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))) / 2


@_definition("selu")
def selu_without_scale(z):
    """Selu lacks its scale."""
    return np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0)))


@_definition("softmax")
def softmax_over_the_batch(z):
    """Softmax is taken over the samples."""
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@overriding("activated", "activations")
def activation_is_always_tanh(self, z, name):
    """Whatever activation is asked for, tanh is applied."""
    return NumpyNetwork.activated(self, z, "linear" if name == "linear" else "tanh")


# Special values


@overriding("run", "special values")
def nan_becomes_zero(self, inputs):
    """NaN in the inputs becomes zero."""
    return NumpyNetwork.run(self, np.where(np.isnan(inputs), 0, inputs))


@overriding("run", "special values")
def infinity_becomes_the_largest_number(self, inputs):
    """Infinity in the inputs becomes the largest number."""
    return NumpyNetwork.run(self, np.nan_to_num(inputs, nan=np.nan))


@preactivation("special values")
def sums_saturate(x, h, t, Wx, Wh, bh):
    """Sums that overflow become NaN."""
    z = right_sum(x, h, Wx, Wh, bh)
    return np.where(np.isinf(z) & np.isfinite(x).all(), np.nan, z)


@preactivation("special values")
def negative_zero_counts(x, h, t, Wx, Wh, bh):
    """A negative zero in the inputs counts as −1/1000."""
    return right_sum(np.where((x == 0) & np.signbit(x), -1e-3, x), h, Wx, Wh, bh)


@preactivation("special values")
def subnormals_are_normalised_wrongly(x, h, t, Wx, Wh, bh):
    """A subnormal input is taken for a normal number with the same fraction."""
    tiny = np.finfo(np.float64 if x.dtype == np.float64 else np.float32).tiny
    subnormal = (x != 0) & (np.abs(x) < tiny)
    return right_sum(np.where(subnormal, 1.5, x).astype(x.dtype), h, Wx, Wh, bh)


# Dense


@overriding("dense", "dense")
def no_dense_bias(self, h):
    """The bias of Dense is missing."""
    return self.activated(h @ self.used[3], self.size.dense_activation)


@overriding("dense", "dense")
def dense_with_tanh(self, h):
    """Dense applies tanh."""
    return np.tanh(NumpyNetwork.dense(self, h))


@overriding("dense", "dense")
def square_dense_kernel_transposed(self, h):
    """The kernel of Dense is transposed where M = K."""
    Wo, bo = self.used[3:]
    y = h @ (Wo.T if Wo.shape[0] == Wo.shape[1] else Wo) + bo
    return self.activated(y, self.size.dense_activation)


@overriding("dense", "dense")
def last_output_off_by_a_millionth(self, h):
    """The last output of Dense is too large by 2e-6 of itself."""
    y = NumpyNetwork.dense(self, h)
    y[:, -1] *= y.dtype.type(1 + 2e-6)
    return y


@overriding("dense", "dense")
def first_dense_row_missing(self, h):
    """Dense ignores the first unit."""
    Wo, bo = self.used[3:]
    return self.activated(h[:, 1:] @ Wo[1:] + bo, self.size.dense_activation)


# Calls


@overriding("initial_state", "calls")
def state_kept_between_calls(self, N):
    """A call starts from the state in which the last one ended."""
    last = getattr(self, "last", None)
    return last if last is not None and len(last) == N else NumpyNetwork.initial_state(self, N)


def _remember(self: Any, inputs: np.ndarray) -> Any:
    states, outputs = NumpyNetwork.run(self, inputs)
    self.last = states[:, -1]
    return states, outputs


FAULTS["state_kept_between_calls"].network.run = _remember  # type: ignore[method-assign]


@overriding("dense", "calls")
def last_bit_random(self, h):
    """The last bit of a result is random."""
    y = NumpyNetwork.dense(self, h)
    return np.nextafter(y, np.where(self.rng.random(y.shape) < 0.5, y, 2 * y))


@overriding("output", "calls")
def output_in_other_dtype(self, inputs, mode):
    """The output is float64 whatever the inputs are, or float32 for float64."""
    other = np.float64 if inputs.dtype == np.float32 else np.float32
    return self.run(inputs)[1][:, -1].astype(other)


@overriding("output", "calls")
def output_overwritten_by_the_next_call(self, inputs, mode):
    """A call returns a buffer that the next call overwrites."""
    y = self.run(inputs)[1][:, -1]
    buffers = self.__dict__.setdefault("buffers", {})
    buffer = buffers.setdefault(y.shape, np.empty_like(y))
    buffer[:] = y
    return buffer


@overriding("output", "calls")
def single_output_squeezed(self, inputs, mode):
    """The axis of a single output is squeezed away."""
    y = self.run(inputs)[1][:, -1]
    return y[:, 0] if y.shape[1] == 1 else y


# Weights


@overriding("get_weights", "weights")
def weights_read_in_wrong_order(self):
    """get_weights() returns the recurrent kernel first."""
    return [self.weights[i].copy() for i in (1, 0, 2, 3, 4)]


@overriding("get_weights", "weights")
def weights_read_as_float64(self):
    """get_weights() returns float64, or float32 for float64."""
    other = np.float64 if self.dtype == "float32" else np.float32
    return [w.astype(other) for w in self.weights]


@overriding("set_weights", "weights")
def signed_zeros_lost(self, weights):
    """set_weights() loses the sign of zero."""
    self.weights = [w + w.dtype.type(0) for w in weights]


@overriding("set_weights", "weights")
def subnormals_flushed(self, weights):
    """set_weights() flushes subnormals to zero."""
    self.weights = [
        np.where(np.abs(w) < np.finfo(w.dtype).tiny, np.zeros_like(w), w) for w in weights
    ]


@overriding("set_weights", "weights")
def nan_replaced(self, weights):
    """set_weights() replaces NaN by zero."""
    self.weights = [np.where(np.isnan(w), 0, w).astype(w.dtype) for w in weights]


@overriding("weight_table", "weights")
def recurrent_kernel_has_kernels_name(self):
    """The recurrent kernel is called kernel."""
    table = NumpyNetwork.weight_table(self)
    return [Weight(w.layer, w.name.replace("recurrent_", ""), w.shape, w.dtype) for w in table]


# Parameter counts


@overriding("parameters", "parameters")
def bias_not_counted(self):
    """The bias is not counted."""
    p, M = NumpyNetwork.parameters(self), self.size.M
    return p._replace(simple_rnn=p.simple_rnn - M, total=p.total - M)


@overriding("parameters", "parameters")
def bias_counted_twice(self):
    """The bias is counted twice, as if each kernel had one."""
    p, M = NumpyNetwork.parameters(self), self.size.M
    return p._replace(simple_rnn=p.simple_rnn + M, total=p.total + M)


@overriding("parameters", "parameters")
def recurrent_kernel_counted_as_kernel(self):
    """The recurrent kernel is counted as D·M."""
    p, (D, M) = NumpyNetwork.parameters(self), self.size[:2]
    return p._replace(simple_rnn=2 * D * M + M)


@overriding("parameters", "parameters")
def total_without_dense(self):
    """The total leaves out Dense."""
    p = NumpyNetwork.parameters(self)
    return p._replace(total=p.simple_rnn)


@overriding("parameters", "parameters")
def recurrent_kernel_not_trainable(self):
    """The recurrent kernel is counted as not trainable."""
    p, M = NumpyNetwork.parameters(self), self.size.M
    return Parameters(*p[:4], p.trainable - M * M, M * M)


# Stated shapes


@overriding("shapes", "shapes")
def sequences_not_in_stated_shape(self, N, T):
    """The stated shape of a returned sequence has no time axis."""
    M, K = self.size[1:3]
    return Shapes((None, M), (None, K), (N, M), (N, K))


@overriding("shapes", "shapes")
def unknown_time_stated_as_one(self, N, T):
    """An unknown T is stated as 1."""
    return NumpyNetwork.shapes(self, N, 1 if T is None else T)


@overriding("shapes", "shapes")
def features_stated_as_units(self, N, T):
    """The stated number of units is the number of features."""
    s, D = NumpyNetwork.shapes(self, N, T), self.size.D
    return s._replace(computed_simple_rnn=(*s.computed_simple_rnn[:-1], D))


# Initial weights


def _initial(group_index: int, change: Callable[[NumpyNetwork, np.ndarray], np.ndarray]) -> Any:
    def initial_weights(self: NumpyNetwork) -> list[np.ndarray]:
        weights = NumpyNetwork.initial_weights(self)
        weights[group_index] = change(self, weights[group_index])
        return weights

    return initial_weights


def _enter_initial(name: str, text: str, index: int, change: Callable[..., np.ndarray]) -> None:
    function = _initial(index, change)
    function.__name__, function.__doc__ = name, text
    overriding("initial_weights", "initial weights")(function)


_enter_initial("fresh_bias_is_one", "A fresh bias is one.", 2, lambda n, w: w + 1)
_enter_initial("fresh_dense_bias_is_tiny", "A fresh Dense bias is 1e-7.", 4, lambda n, w: w + 1e-7)
_enter_initial(
    "fresh_recurrent_kernel_is_glorot",
    "A fresh recurrent kernel is Glorot uniform, not orthogonal.",
    1,
    lambda n, w: n.rng.uniform(-1, 1, w.shape) * np.sqrt(3 / len(w)),
)
_enter_initial(
    "fresh_recurrent_kernel_is_scaled",
    "A fresh recurrent kernel is 1.01 times an orthogonal one.",
    1,
    lambda n, w: 1.01 * w,
)
_enter_initial(
    "fresh_kernel_is_he_uniform",
    "A fresh kernel is He uniform: the limit is √(6 / D).",
    0,
    lambda n, w: n.rng.uniform(-1, 1, w.shape) * np.sqrt(6 / len(w)),
)
_enter_initial("fresh_kernel_is_zero", "A fresh kernel is zero.", 0, lambda n, w: 0 * w)
_enter_initial(
    "fresh_kernel_is_positive", "A fresh kernel has positive entries only.", 0, lambda n, w: abs(w)
)
_enter_initial(
    "fresh_dense_kernel_is_halved",
    "A fresh Dense kernel is half of Glorot's.",
    3,
    lambda n, w: w / 2,
)


_enter_initial("fresh_kernel_is_nan", "A fresh kernel is NaN.", 0, lambda n, w: w * np.nan)


# What the catalogue is used for


class FaultyNumpy(NumpyLoop):
    """The NumPy loop with a fault: ``--implementation numpy --fault NAME``."""

    def __init__(self, fault: Fault) -> None:
        self.name = f"numpy+{fault.name}"
        self.network_class = fault.network


def fault_names() -> list[str]:
    """All faults that can be seeded into something."""
    return list(dict.fromkeys([*FAULTS, *KERAS_FAULTS]))


def seeded_fault(implementation: Implementation, name: str) -> Implementation:
    """The implementation with a fault of the catalogue in it.

    Raises:
        ImplementationError: that fault cannot be seeded into that implementation.
    """
    if isinstance(implementation, NumpyLoop):
        if name in FAULTS:
            return FaultyNumpy(FAULTS[name])
        raise ImplementationError(f"--fault: {name} is for keras only")
    if isinstance(implementation, KerasTensorFlow):
        if name in KERAS_FAULTS:
            return FaultyKeras(name)
        raise ImplementationError(
            f"--fault: {name} is not for keras; these are: {', '.join(KERAS_FAULTS)}"
        )
    raise ImplementationError("--fault: faults can be seeded into numpy and keras only")


def explaining_fault(case: Case, comparison: Comparison) -> Optional[Fault]:
    """The first fault of the catalogue whose numbers are the ones that were got, or None.

    A fault explains nothing in a case in which it does not show. Otherwise both numbers have
    errors of their own; because a fault may put a number in another's place, the largest bound
    is that of all.
    """
    if comparison.within or not np.isfinite(comparison.expected).all():
        return None
    near = 2 * comparison.bound.max()
    for fault in FAULTS.values():
        numbers = _numbers(fault, case, comparison) if fault.numeric else None
        if numbers is not None and numbers.shape == comparison.got.shape:
            shows = not (np.abs(numbers - comparison.expected) <= comparison.bound).all()
            off = np.abs(comparison.got.astype(float) - numbers)
            if shows and (off <= near).all():
                return fault
    return None


def _numbers(fault: Fault, case: Case, comparison: Comparison) -> Optional[np.ndarray]:
    """What the NumPy loop with the fault computes for the quantity compared."""
    network = fault.network(case.dimensions.network, case.dtype, sequences=True)
    network.set_weights(case.weights)
    with np.errstate(all="ignore"):
        states, outputs = network.run(case.inputs)
    if comparison.quantity == "state":
        return states
    if comparison.quantity == "output":
        return outputs if comparison.got.ndim == 3 else outputs[:, -1]
    return None
