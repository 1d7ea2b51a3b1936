"""Faults of options: masks, direction, states that are given, returned and kept, unrolling."""

from __future__ import annotations

import numpy as np

from conformance.faults.catalogue import overriding
from conformance.implementations.numpy_loop import NumpyNetwork
from conformance.implementations.protocol import Answer
from strategies import Options


def options_of(network):
    """The options of a network, those of a plain one if it has none."""
    return network.size.options or Options()


# Masks


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
    return NumpyNetwork.in_order(self, inputs, ~used if options_of(self).masked else used)


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
    return NumpyNetwork.in_order(self, inputs, used | options_of(self).unroll)


@overriding("in_order", "mask")
def mask_is_ignored_with_an_initial_state(self, inputs, used):
    """Where an initial state is given, the mask is ignored."""
    return NumpyNetwork.in_order(self, inputs, used | options_of(self).initial_state)


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


# Direction


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


# States that are given and returned


@overriding("first_state", "state")
def given_state_is_ignored(self, N, given):
    """An initial state that is given is ignored."""
    return NumpyNetwork.first_state(self, N, None)


@overriding("first_state", "state")
def given_state_of_the_first_sample_for_all(self, N, given):
    """The initial state of the first sample is used for all."""
    state = NumpyNetwork.first_state(self, N, given)
    return np.repeat(state[:1], N, axis=0)


@overriding("first_state", "state")
def given_state_is_squashed(self, N, given):
    """An initial state that is given goes through the activation."""
    state = NumpyNetwork.first_state(self, N, given)
    return state if given is None else self.activated(state, self.size.activation)


@overriding("first_state", "state")
def given_state_is_rounded_to_bfloat16(self, N, given):
    """An initial state that is given is cut to 8 bits."""
    state = NumpyNetwork.first_state(self, N, given)
    if given is None:
        return state
    bits = np.asarray(state, np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return self.stored(bits.view(np.float32))


@overriding("first_state", "state")
def given_state_is_ignored_backwards(self, N, given):
    """Backwards, an initial state that is given is ignored."""
    return NumpyNetwork.first_state(self, N, None if options_of(self).go_backwards else given)


def _with_state(change):
    def answer(self, *given, **more):
        found = NumpyNetwork.answer(self, *given, **more)
        return found if found.state is None else found._replace(state=change(self, found))

    return answer


def _enter_state(name, text, change):
    function = _with_state(change)
    function.__name__, function.__doc__ = name, text
    overriding("answer", "state")(function)


def _last(found: Answer) -> np.ndarray:
    return found.hidden if found.hidden.ndim == 2 else found.hidden[:, -1]


_enter_state(
    "returned_state_is_the_last_output",
    "The returned state is the last output, which differs where that is masked.",
    lambda self, found: _last(found).copy(),
)
_enter_state(
    "returned_state_is_the_first",
    "The returned state is the one after the first step.",
    lambda self, found: found.hidden[:, 0].copy() if found.hidden.ndim == 3 else found.state,
)
_enter_state(
    "returned_state_off_in_one_unit",
    "The last unit of the returned state is too large by 1e-5.",
    lambda self, found: np.concatenate(
        [found.state[:, :-1], found.state[:, -1:] + found.state.dtype.type(1e-5)], axis=1
    ),
)


# States that are kept


def _recording(change):
    def answer(self, *given, **more):
        found = NumpyNetwork.answer(self, *given, **more)
        if options_of(self).stateful:
            self.recorded = change(self, found, self.recorded)
        return found

    return answer


def _enter_recording(name, text, change):
    function = _recording(change)
    function.__name__, function.__doc__ = name, text
    overriding("answer", "state")(function)


_enter_recording(
    "state_is_forgotten_between_calls",
    "A stateful network forgets its state after each call.",
    lambda self, found, recorded: None,
)
_enter_recording(
    "state_is_forgotten_when_unrolled",
    "Unrolled, a stateful network forgets its state after each call.",
    lambda self, found, recorded: None if options_of(self).unroll else recorded,
)
_enter_recording(
    "state_is_forgotten_under_a_mask",
    "Given a mask, a stateful network forgets its state after each call.",
    lambda self, found, recorded: None if options_of(self).masked else recorded,
)
_enter_recording(
    "recorded_state_is_the_last_output",
    "What is recorded is the last output, which differs where that is masked.",
    lambda self, found, recorded: self.stored(_last(found)),
)
_enter_recording(
    "recorded_state_is_of_the_last_sample",
    "What is recorded for all samples is the state of the last.",
    lambda self, found, recorded: np.repeat(recorded[-1:], len(recorded), axis=0),
)
_enter_recording(
    "recorded_state_is_scaled_slightly",
    "What is recorded is the state times 1 − 1e-5.",
    lambda self, found, recorded: self.stored(recorded * (1 - 1e-5)),
)


@overriding("answer", "state")
def state_is_kept_though_not_stateful(self, *given, **more):
    """A network that is not stateful goes on where it was."""
    stateful = Options(**{**options_of(self)._asdict(), "stateful": True})
    size, self.size = self.size, self.size._replace(options=stateful)
    found = NumpyNetwork.answer(self, *given, **more)
    self.size = size
    same = self.recorded is not None and len(self.recorded) == len(given[0])
    self.recorded = self.recorded if same else None
    return found


@overriding("reset_state", "state")
def reset_is_ignored(self):
    """A reset changes nothing."""


@overriding("reset_state", "state")
def reset_to_a_small_state(self):
    """A reset leaves a state of 1e-4."""
    N, M = self.size.N or 1, self.size.M
    self.recorded = self.stored(np.full((N, M), 1e-4))


@overriding("set_state", "state")
def state_that_is_set_is_ignored(self, state):
    """A state that is set is taken for zero."""
    self.recorded = None


@overriding("set_state", "state")
def state_that_is_set_is_of_the_first_sample(self, state):
    """All samples go on from the state that is set for the first."""
    self.recorded = self.stored(np.repeat(state[:1], len(state), axis=0))


# Unrolling, and what must not matter at inference


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


@overriding("answer", "mask")
def inputs_of_masked_steps_are_averaged(self, inputs, mode, **more):
    """The mean over time, masked steps too, is added times zero."""
    spoiled = inputs + 0 * inputs.mean(axis=1, keepdims=True)
    return NumpyNetwork.answer(self, spoiled, mode, **more)
