"""Faults of states: the initial one, one that is given, returned, kept, reset or set."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import overriding
from conformance.implementations.numpy_loop import NumpyNetwork


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
    return np.repeat(self.w.bias[None, ..., : self.size.M], N, axis=0)


@overriding("first_state", "state")
def given_state_is_ignored(self, N, given, recorded):
    """An initial state that is given is ignored."""
    return NumpyNetwork.first_state(self, N, None, recorded)


@overriding("first_state", "state")
def given_state_of_the_first_sample_for_all(self, N, given, recorded):
    """The initial state of the first sample is used for all."""
    state = NumpyNetwork.first_state(self, N, given, recorded)
    return np.repeat(state[:1], N, axis=0)


@overriding("first_state", "state")
def given_state_is_squashed(self, N, given, recorded):
    """An initial state that is given goes through the activation."""
    state = NumpyNetwork.first_state(self, N, given, recorded)
    return state if given is None else self.activated(state, self.size.activation)


@overriding("first_state", "state")
def given_state_is_rounded_to_bfloat16(self, N, given, recorded):
    """An initial state that is given is cut to 8 bits."""
    state = NumpyNetwork.first_state(self, N, given, recorded)
    if given is None:
        return state
    bits = np.asarray(state, np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return self.stored(bits.view(np.float32))


@overriding("first_state", "state")
def given_state_is_ignored_backwards(self, N, given, recorded):
    """Backwards, an initial state that is given is ignored."""
    given = None if self.options.go_backwards else given
    return NumpyNetwork.first_state(self, N, given, recorded)


def returned(function, self, *given, **more):
    """The answer, with ``function(answer)`` for the first state that is returned, if one is."""
    answer = NumpyNetwork.answer(self, *given, **more)
    changed = (function(answer), *answer.states[1:]) if answer.states else ()
    return answer._replace(states=changed)


def recorded(function, self, *given, **more):
    """The answer; a stateful network records ``function(network, answer, state)`` as the first."""
    answer = NumpyNetwork.answer(self, *given, **more)
    if self.options.stateful:
        first, *others = self.recorded
        changed = function(self, answer, first)
        self.recorded = None if changed is None else (changed, *others)
    return answer


def _last(answer):
    return answer.hidden if answer.hidden.ndim == 2 else answer.hidden[:, -1]


@overriding("answer", "state", returned)
def returned_state_is_the_last_output(answer):
    """The returned state is the last output, which differs where that is masked."""
    return _last(answer).copy()


@overriding("answer", "state", returned)
def returned_state_is_the_first(answer):
    """The returned state is the one after the first step."""
    return answer.hidden[:, 0].copy() if answer.hidden.ndim == 3 else answer.states[0]


@overriding("answer", "state", returned)
def returned_state_off_in_one_unit(answer):
    """The last unit of the returned state is too large by 1e-5."""
    state = answer.states[0].copy()
    state[:, -1] += state.dtype.type(1e-5)
    return state


@overriding("answer", "state", recorded)
def state_is_forgotten_between_calls(network, answer, state):
    """A stateful network forgets its state after each call."""
    return None


@overriding("answer", "state", recorded)
def state_is_forgotten_when_unrolled(network, answer, state):
    """Unrolled, a stateful network forgets its state after each call."""
    return None if network.options.unroll else state


@overriding("answer", "state", recorded)
def state_is_forgotten_under_a_mask(network, answer, state):
    """Given a mask, a stateful network forgets its state after each call."""
    return None if network.options.masked else state


@overriding("answer", "state", recorded)
def recorded_state_is_the_last_output(network, answer, state):
    """What is recorded is the last output, which differs where that is masked."""
    return network.stored(_last(answer))


@overriding("answer", "state", recorded)
def recorded_state_is_of_the_last_sample(network, answer, state):
    """What is recorded for all samples is the state of the last."""
    return np.repeat(state[-1:], len(state), axis=0)


@overriding("answer", "state", recorded)
def recorded_state_is_scaled_slightly(network, answer, state):
    """What is recorded is the state times 1 − 1e-5."""
    return network.stored(state * (1 - 1e-5))


@overriding("answer", "state")
def state_is_kept_though_not_stateful(self, inputs, *given, **more):
    """A network that is not stateful goes on where it was."""
    self.options = self.size.options._replace(stateful=True)
    answer = NumpyNetwork.answer(self, inputs, *given, **more)
    self.options = self.size.options
    self.recorded = self.recorded if len(self.recorded[0]) == len(inputs) else None
    return answer


@overriding("reset_state", "state")
def reset_is_ignored(self):
    """A reset changes nothing."""


@overriding("reset_state", "state")
def reset_to_a_small_state(self):
    """A reset leaves a state of 1e-4."""
    N, M = self.size.N or 1, self.size.M
    self.recorded = (self.stored(np.full((N, M), 1e-4)),) * len(self.size.cell.states)


@overriding("set_states", "state")
def state_that_is_set_is_ignored(self, states):
    """A state that is set is taken for zero."""
    self.recorded = None


@overriding("set_states", "state")
def state_that_is_set_is_of_the_first_sample(self, states):
    """All samples go on from the state that is set for the first."""
    self.recorded = tuple(self.stored(np.repeat(s[:1], len(s), axis=0)) for s in states)
