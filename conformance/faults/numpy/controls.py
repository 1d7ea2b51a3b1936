"""Clean controls: other ways to compute the same recurrence, which no property may call faulty.

Each is the NumPy loop with a method replaced, as the faults are: other orders of summation, fused
and split products, more precision inside, another correct tanh, other ways through time and batch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable

import numpy as np

from conformance.implementations.capabilities import GRADIENTS
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork


@dataclass(frozen=True)
class Control:
    """A conforming network: its name, and one sentence on what it does otherwise.

    ``backwards`` says that it does so where gradients are asked too.
    """

    name: str
    sentence: str
    network: type[NumpyNetwork]
    backwards: bool = False


class Controlled(NumpyLoop):
    """The NumPy loop, computed in another way."""

    def __init__(self, control: Control) -> None:
        self.name = f"numpy+{control.name}"
        self.network_class = control.network
        if not control.backwards:
            self.capabilities = NumpyLoop.capabilities - {GRADIENTS}


CONTROLS: dict[str, Control] = {}

Function = Callable[..., Any]


def _enter(function: Function, **methods: Function) -> Function:
    name, sentence = function.__name__, (function.__doc__ or "").strip().rstrip(".")
    network = type(name, (NumpyNetwork,), methods)
    CONTROLS[name] = Control(name, sentence, network)
    return function


def affine(function: Function) -> Function:
    """Enter ``function(x, h, Wx, Wh, b)``, the sum under the activation, and that of Dense."""

    def affine(self: NumpyNetwork, operands: Any, weights: Any, *addends: np.ndarray) -> np.ndarray:
        if len(addends) != 1 or addends[0].ndim != 1:
            return NumpyNetwork.affine(self, operands, weights, *addends)
        (x, *other), (Wx, *other_weight) = operands, weights
        h, Wh = (other[0], other_weight[0]) if other else (x[:, :0], Wx[:0])
        return self.stored(function(x, h, Wx, Wh, addends[0]))

    def dense(self: NumpyNetwork, h: np.ndarray) -> np.ndarray:
        z = affine(self, (h,), (self.w.dense_kernel,), self.w.dense_bias)
        return self.activated(z, self.size.dense_activation)

    return _enter(function, affine=affine, dense=dense)


def tanh(function: Function) -> Function:
    """Enter ``function(z)``, a tanh in float64 that is rounded afterwards."""

    def activated(self: NumpyNetwork, z: np.ndarray, name: str) -> np.ndarray:
        if name != "tanh":
            return NumpyNetwork.activated(self, z, name)
        return self.stored(function(self.stored(z).astype(float)))

    return _enter(function, activated=activated)


def overriding(method: str) -> Callable[[Function], Function]:
    """Enter a function as ``NumpyNetwork.<method>``."""
    return lambda function: _enter(function, **{method: function})


def backwards(method: str) -> Callable[[Function], Function]:
    """Enter ``function(self, …)`` as the method of that name, for gradients too."""

    def decorate(function: Function) -> Function:
        overriding(method)(function)
        name = function.__name__
        CONTROLS[name] = replace(CONTROLS[name], backwards=True)
        return function

    return decorate


# Orders of summation


@affine
def bias_first(x, h, Wx, Wh, b):
    """The bias comes first, then the state, then the input."""
    return (b + h @ Wh) + x @ Wx


@affine
def bias_with_the_state(x, h, Wx, Wh, b):
    """The bias is added to the product with the state."""
    return x @ Wx + (h @ Wh + b)


@affine
def features_reversed(x, h, Wx, Wh, b):
    """Features and units are summed in reverse."""
    return x[:, ::-1] @ Wx[::-1] + h[:, ::-1] @ Wh[::-1] + b


@affine
def one_term_after_another(x, h, Wx, Wh, b):
    """Each product is added to the sum by itself."""
    total = np.zeros((len(x), len(b)), x.dtype) + b
    for operand, weight in ((h, Wh), (x, Wx)):
        for i in range(len(weight)):
            total = total + operand[:, i, None] * weight[i]
    return total


@affine
def pairwise(x, h, Wx, Wh, b):
    """Terms are summed in pairs, pairs of pairs, and so on."""
    bias = np.broadcast_to(b, (len(x), 1, len(b)))
    terms = np.concatenate([x[:, :, None] * Wx, h[:, :, None] * Wh, bias], axis=1)
    while terms.shape[1] > 1:
        odd = terms[:, -1:] if terms.shape[1] % 2 else terms[:, :0]
        even = terms[:, : terms.shape[1] // 2 * 2]
        terms = np.concatenate([even[:, ::2] + even[:, 1::2], odd], axis=1)
    return terms[:, 0]


@affine
def smallest_terms_first(x, h, Wx, Wh, b):
    """Terms are sorted by their size and summed from the smallest."""
    bias = np.broadcast_to(b, (len(x), 1, len(b)))
    terms = np.concatenate([x[:, :, None] * Wx, h[:, :, None] * Wh, bias], axis=1)
    terms = np.take_along_axis(terms, np.argsort(np.abs(terms), axis=1), axis=1)
    total = terms[:, 0]
    for i in range(1, terms.shape[1]):
        total = total + terms[:, i]
    return total


@affine
def einsum(x, h, Wx, Wh, b):
    """The products are np.einsum's."""
    return np.einsum("nd,dm->nm", x, Wx) + (np.einsum("nk,km->nm", h, Wh) + b)


# Fused and split products


@affine
def one_product(x, h, Wx, Wh, b):
    """One product of [1, h, x] with all weights, one above the other."""
    ones = np.ones((len(x), 1), x.dtype)
    return np.concatenate([ones, h, x], axis=1) @ np.concatenate([b[None], Wh, Wx])


@affine
def split_products(x, h, Wx, Wh, b):
    """Each product is split in two halves of its sum."""

    def split(a, W):
        middle = len(W) // 2
        return a[:, :middle] @ W[:middle] + a[:, middle:] @ W[middle:]

    return split(x, Wx) + split(h, Wh) + b


@affine
def blocks_of_four(x, h, Wx, Wh, b):
    """Products are summed in blocks of four terms."""
    total = np.zeros((len(x), len(b)), x.dtype)
    for operand, weight in ((x, Wx), (h, Wh)):
        for i in range(0, len(weight), 4):
            total = total + operand[:, i : i + 4] @ weight[i : i + 4]
    return total + b


@affine
def padded_to_eight(x, h, Wx, Wh, b):
    """Features are padded with zeros to a multiple of eight, as kernels for vectors do."""

    def padded(a, W):
        more = -len(W) % 8
        return np.pad(a, ((0, 0), (0, more))) @ np.pad(W, ((0, more), (0, 0)))

    return padded(x, Wx) + padded(h, Wh) + b


@affine
def each_unit_by_itself(x, h, Wx, Wh, b):
    """Each unit is computed by itself, as a product of vectors."""
    units = range(len(b))
    return np.stack([x @ Wx[:, m] + h @ Wh[:, m] + b[m] for m in units], axis=1)


@affine
def weights_transposed(x, h, Wx, Wh, b):
    """Transposed operands are multiplied the other way round."""
    return (np.ascontiguousarray(Wx.T) @ x.T + np.ascontiguousarray(Wh.T) @ h.T).T + b


# More precision inside


@affine
def float64_inside(x, h, Wx, Wh, b):
    """Sums are accumulated in float64 and rounded once."""
    wide = x.astype(float) @ Wx.astype(float) + h.astype(float) @ Wh.astype(float) + b
    return wide.astype(x.dtype)


@affine
def long_double_inside(x, h, Wx, Wh, b):
    """Sums are accumulated in long double and rounded once."""
    wide = (a.astype(np.longdouble) for a in (x, Wx, h, Wh))
    x_, Wx_, h_, Wh_ = wide
    return (x_ @ Wx_ + h_ @ Wh_ + b).astype(x.dtype)


def _product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rounded product and its error (Dekker 1971)."""
    bits = 27 if a.dtype == np.float64 else 12
    product = a * b
    parts = []
    for factor in np.broadcast_arrays(a, b):
        scaled = factor * factor.dtype.type(2**bits + 1)
        high = scaled - (scaled - factor)
        parts.append((high, factor - high))
    (a_high, a_low), (b_high, b_low) = parts
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


@affine
def fused_multiply_add(x, h, Wx, Wh, b):
    """Each product is added before it is rounded, as an FMA instruction does."""
    total = np.zeros((len(x), len(b)), x.dtype) + b
    for operand, weight in ((x, Wx), (h, Wh)):
        for i in range(len(weight)):
            product, error = _product(operand[:, i, None], weight[i])
            plain = total + product
            before = plain - total
            lost = (total - (plain - before)) + (product - before)
            fused = plain + (lost + error)
            total = np.where(np.isfinite(fused), fused, plain)  # where splitting overflows
    return total


# Another correct tanh


@tanh
def tanh_from_expm1(z):
    """Tanh is (1 − e) / (1 + e) with e = exp(−2|z|), by expm1."""
    less_one = np.expm1(-2 * np.abs(z))
    return np.copysign(-less_one / (2 + less_one), z)


@tanh
def tanh_rounded_from_float64(z):
    """Tanh is computed in float64 and rounded."""
    return np.tanh(z)


@tanh
def tanh_by_doubling(z):
    """Tanh of z is that of z/2, doubled: 2 t / (1 + t²)."""
    t = np.tanh(z / 2)
    return 2 * t / (1 + t * t)


# Time and batch


@overriding("loop")
def products_before_the_loop(self, inputs, used, states):
    """All products with the inputs at once, before the loop."""
    if not self.size.cell.one_sum:
        return NumpyNetwork.loop(self, inputs, used, states)
    from_inputs = self.stored(inputs @ self.w.kernel + self.w.bias)
    (h,), before, emitted = states, np.zeros_like(states[0]), []
    for t in range(inputs.shape[1]):
        z = from_inputs[:, t] + self.stored(h @ self.w.recurrent_kernel)
        new, chosen = self.activated(z, self.size.activation), used[:, t, None]
        h, before = self.carried(new, h, chosen), self.emitted(new, before, chosen)
        emitted.append(before)
    return emitted, (h,)


@overriding("outputs")
def dense_after_the_loop(self, emitted):
    """Dense of all steps at once."""
    together = np.concatenate(emitted)
    return np.split(self.dense(together), len(emitted))


@overriding("step")
def batch_in_two_halves(self, x, states):
    """Each step is computed for one half of the samples and then for the other."""
    half = len(x) // 2
    parts = [
        NumpyNetwork.step(self, x[part], tuple(state[part] for state in states))
        for part in (slice(None, half), slice(half, None))
        if len(x[part])
    ]
    return tuple(map(np.concatenate, zip(*parts)))


@overriding("step")
def sample_by_sample(self, x, states):
    """Each sample is computed by itself."""
    samples = [(x[n : n + 1], tuple(s[n : n + 1] for s in states)) for n in range(len(x))]
    steps = [NumpyNetwork.step(self, *sample) for sample in samples]
    return tuple(map(np.concatenate, zip(*steps)))


@overriding("step")
def states_in_fortran_order(self, x, states):
    """States are kept in Fortran order."""
    new = NumpyNetwork.step(self, np.asfortranarray(x), states)
    return tuple(map(np.asfortranarray, new))


@overriding("loop")
def loop_unrolled(self, inputs, used, states):
    """Two steps at a time, an odd one at the end; where no step is masked."""
    if not used.all():
        return NumpyNetwork.loop(self, inputs, used, states)
    emitted = []
    for t in range(0, inputs.shape[1], 2):
        pair = slice(t, t + 2)
        steps, states = NumpyNetwork.loop(self, inputs[:, pair], used[:, pair], states)
        emitted += steps
    return emitted, states


@overriding("carried")
def masked_steps_copied(self, new, h, step):
    """The state after a masked step is copied sample by sample, not selected."""
    kept = h.copy()
    used = np.broadcast_to(step, (len(h), 1))[:, 0]
    kept[used] = new[used]
    return kept


@overriding("answer")
def masked_steps_emptied(self, inputs, mode, *, mask=None, **more):
    """Inputs of masked steps are replaced by zeros before the loop."""
    if mask is not None:
        inputs = np.where(mask[:, :, None], inputs, np.zeros_like(inputs))
    return NumpyNetwork.answer(self, inputs, mode, mask=mask, **more)


@overriding("get_weights")
def weights_as_they_are(self):
    """get_weights() returns views that cannot be written to, not copies."""
    views = [weight.view() for weight in self.weights]
    for view in views:
        view.setflags(write=False)
    return views


# Ways to run it backwards


@backwards("slope")
def slope_in_two_factors(self, name, z, y):
    """The slope of tanh is (1 − y) (1 + y)."""
    if name != "tanh":
        return NumpyNetwork.slope(self, name, z, y)
    return self.stored(self.stored(1 - y) * self.stored(1 + y))


@backwards("affine")
def gradients_summed_in_reverse(self, operands, weights, *addends):
    """Sums of several products begin with the last."""
    return NumpyNetwork.affine(self, operands[::-1], weights[::-1], *addends[::-1])
