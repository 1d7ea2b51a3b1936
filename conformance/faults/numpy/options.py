"""Faults of options: direction, unrolling, and dropout at inference."""

from __future__ import annotations

from conformance.faults.numpy.overriding import overriding
from conformance.implementations.numpy_loop import NumpyNetwork


@overriding("in_order", "direction")
def go_backwards_is_ignored(self, inputs, used):
    """go_backwards is ignored."""
    return inputs, used


@overriding("in_order", "direction")
def backwards_without_the_first_step(self, inputs, used):
    """Backwards, the first step in time is left out."""
    inputs, used = NumpyNetwork.in_order(self, inputs, used)
    if self.options.go_backwards and used.shape[1] > 1:
        used = used.copy()
        used[:, -1] = False
    return inputs, used


@overriding("answer", "direction")
def backward_sequence_is_flipped_back(self, *given, **more):
    """Backwards, a returned sequence is in the order of time."""
    answer = NumpyNetwork.answer(self, *given, **more)
    if not (self.options.go_backwards and self.options.return_sequences):
        return answer
    hidden = None if answer.hidden is None else answer.hidden[:, ::-1]
    return answer._replace(hidden=hidden, output=answer.output[:, ::-1])


@overriding("affine", "unroll")
def unrolled_without_bias_after_the_first_step(self, operands, weights, *addends):
    """Unrolled, the bias is missing from the second step on."""
    missing = self.options.unroll and self.t
    return NumpyNetwork.affine(self, operands, weights, *(() if missing else addends))


@overriding("step", "unroll")
def unrolled_without_its_last_step(self, x, states):
    """Unrolled, the last step repeats the state before it."""
    last = self.options.unroll and self.t == self.T - 1 and self.t > 0
    return states if last else NumpyNetwork.step(self, x, states)


@overriding("step", "inference")
def dropout_scales_at_inference(self, x, states):
    """At inference inputs are scaled as in training, where there is dropout."""
    return NumpyNetwork.step(self, x * 2 if self.options.dropout else x, states)


@overriding("step", "inference")
def recurrent_dropout_at_inference(self, x, states):
    """At inference the first unit of the previous state is dropped, where there is dropout."""
    h, *others = states
    if self.options.dropout:
        h = h.copy()
        h[:, 0] = 0
    return NumpyNetwork.step(self, x, (h, *others))
