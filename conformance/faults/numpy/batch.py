"""Faults of the batch: which sample goes wrong, and with whose state."""

from __future__ import annotations

import numpy as np

from conformance.faults.numpy.overriding import inputs, preactivation, right_sum, samples


@samples("batch")
def samples_share_their_state(a):
    """The state of the first sample is used for all."""
    return np.repeat(a[:1], len(a), axis=0)


@samples("batch")
def last_sample_repeats_the_first(a):
    """The last sample gets the first one's result."""
    return np.concatenate([a[:-1], a[:1]])


@samples("batch")
def batch_reversed(a):
    """The samples come back in reverse."""
    return a[::-1]


@inputs("batch")
def batch_mean_subtracted(x):
    """The mean over the batch is subtracted from the inputs."""
    return x - x.mean(axis=0, keepdims=True, dtype=x.dtype) if len(x) > 1 else x


@preactivation("batch")
def samples_beyond_four_lose_their_state(x, h, t, Wx, Wh, bh):
    """From the fifth sample on the previous state is ignored."""
    return right_sum(x, np.where(np.arange(len(h))[:, None] < 4, h, 0 * h), Wx, Wh, bh)
