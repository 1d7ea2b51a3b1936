"""Faults of options: direction, unrolling, and dropout at inference."""

from __future__ import annotations

from conformance.faults.numpy.overriding import options_of, overriding
from conformance.implementations.numpy_loop import NumpyNetwork


@overriding("in_order", "direction")
def go_backwards_is_ignored(self, inputs, used):
    """go_backwards is ignored."""
    return inputs, used


@overriding("in_order", "direction")
def backwards_without_the_first_step(self, inputs, used):
    """Backwards, the first step in time is left out."""
    inputs, used = NumpyNetwork.in_order(self, inputs, used)
    if options_of(self).go_backwards and used.shape[1] > 1:
        used = used.copy()
        used[:, -1] = False
    return inputs, used


@overriding("answer", "direction")
def backward_sequence_is_flipped_back(self, *given, **more):
    """Backwards, a returned sequence is in the order of time."""
    answer = NumpyNetwork.answer(self, *given, **more)
    options = options_of(self)
    if not (options.go_backwards and options.return_sequences):
        return answer
    return answer._replace(hidden=answer.hidden[:, ::-1], output=answer.output[:, ::-1])


@overriding("step", "unroll")
def unrolled_without_bias_after_the_first_step(self, x, h, t):
    """Unrolled, the bias is missing from the second step on."""
    if not (options_of(self).unroll and t):
        return NumpyNetwork.step(self, x, h, t)
    z = self.preactivation(x, h, t) - self.used[2]
    return self.activated(z, self.size.activation)


@overriding("step", "unroll")
def unrolled_without_its_last_step(self, x, h, t):
    """Unrolled, the last step repeats the state before it."""
    last = options_of(self).unroll and t == self.size.T - 1 and t > 0
    return h if last else NumpyNetwork.step(self, x, h, t)


@overriding("step", "inference")
def dropout_scales_at_inference(self, x, h, t):
    """At inference inputs are scaled as in training, where there is dropout."""
    return NumpyNetwork.step(self, x * 2 if options_of(self).dropout else x, h, t)


@overriding("step", "inference")
def recurrent_dropout_at_inference(self, x, h, t):
    """At inference the first unit of the previous state is dropped, where there is dropout."""
    if options_of(self).dropout:
        h = h.copy()
        h[:, 0] = 0
    return NumpyNetwork.step(self, x, h, t)
