"""Faults of masks: which steps are left out, and what becomes of state and output there."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import overriding
from conformance.implementations.numpy_loop import NumpyNetwork


@overriding("carried", "mask")
def masked_step_changes_the_state(self, new, h, step):
    """A masked step changes the state."""
    return new


@overriding("carried", "mask")
def masked_step_resets_the_state(self, new, h, step):
    """A masked step sets the state to zero."""
    return np.where(step, new, np.zeros_like(h))


@overriding("carried", "mask")
def masked_step_is_blended(self, new, h, step):
    """A masked step is multiplied by zero, so that NaN in it reaches the state."""
    return self.stored(step * new + (1 - step) * h)


@overriding("carried", "mask")
def mask_of_the_first_sample_for_all(self, new, h, step):
    """The mask of the first sample decides for all."""
    return np.where(step[:1], new, h)


@overriding("carried", "mask")
def masked_state_decays(self, new, h, step):
    """A masked step scales the state by 1 − 1e-5."""
    return np.where(step, new, self.stored(h * (1 - 1e-5)))


@overriding("emitted", "mask")
def masked_output_is_always_zero(self, new, before, step):
    """The output of a masked step is 0, asked for or not."""
    return np.where(step, new, np.zeros_like(before))


@overriding("emitted", "mask")
def masked_output_is_never_zero(self, new, before, step):
    """zero_output_for_mask is ignored."""
    return np.where(step, new, before)


@overriding("emitted", "mask")
def masked_output_is_what_would_have_been(self, new, before, step):
    """The output of a masked step is the one that it would have without a mask."""
    return new


@overriding("in_order", "mask")
def mask_is_inverted(self, inputs, used):
    """The mask is read the other way round."""
    return NumpyNetwork.in_order(self, inputs, ~used if self.options.masked else used)


@overriding("in_order", "mask")
def mask_one_step_late(self, inputs, used):
    """The mask is applied one step late."""
    inputs, used = NumpyNetwork.in_order(self, inputs, used)
    return inputs, np.concatenate([used[:, :1], used[:, :-1]], axis=1)


@overriding("in_order", "mask")
def mask_is_not_reversed(self, inputs, used):
    """Backwards, the inputs are reversed and the mask is not."""
    return NumpyNetwork.in_order(self, inputs, used)[0], used


@overriding("in_order", "mask")
def mask_of_the_last_step_is_ignored(self, inputs, used):
    """The last step is used, masked or not."""
    inputs, used = NumpyNetwork.in_order(self, inputs, used)
    return inputs, np.concatenate([used[:, :-1], np.ones_like(used[:, :1])], axis=1)


@overriding("in_order", "mask")
def mask_is_ignored_when_unrolled(self, inputs, used):
    """Unrolled, the mask is ignored."""
    return NumpyNetwork.in_order(self, inputs, used | self.options.unroll)


@overriding("in_order", "mask")
def mask_is_ignored_with_an_initial_state(self, inputs, used):
    """Where an initial state is given, the mask is ignored."""
    return NumpyNetwork.in_order(self, inputs, used | self.options.initial_state)


@overriding("in_order", "mask")
def samples_that_are_masked_throughout_are_used(self, inputs, used):
    """A sample that is masked throughout is used throughout."""
    return NumpyNetwork.in_order(self, inputs, used | ~used.any(axis=1, keepdims=True))


@overriding("in_order", "mask")
def padding_ends_after_three_steps(self, inputs, used):
    """Of more than three masked steps in a row, those after the third are used."""
    inputs, used = NumpyNetwork.in_order(self, inputs, used)
    before = [np.roll(used, shift, axis=1) for shift in (1, 2, 3)]
    ended = ~(before[0] | before[1] | before[2])
    ended[:, :3] = False
    return inputs, used | ended


@overriding("answer", "mask")
def inputs_of_masked_steps_are_averaged(self, inputs, mode, **more):
    """The mean over time, masked steps too, is added times zero."""
    spoiled = inputs + 0 * inputs.mean(axis=1, keepdims=True)
    return NumpyNetwork.answer(self, spoiled, mode, **more)
