"""Models with an architecture: what is drawn for them, how they are built and asked."""

from __future__ import annotations

from typing import Sequence

import numpy as np
from hypothesis import strategies as st

from conformance.checking.subject import Subject
from conformance.implementations.protocol import Model, as_array
from strategies import WIDE_DTYPES
from strategies.wrappers import Composition, architecture_sizes, compositions


def models(subject: Subject, *, stateful: bool) -> st.SearchStrategy[Composition]:
    """Models of this mode and dtype; together those of all have nearly every pair of parts."""
    turns = [(mode, dtype) for mode in subject.modes for dtype in WIDE_DTYPES]
    mine = turns.index((subject.mode or subject.modes[0], subject.dtype))
    number = max(subject.run.profile.networks * len(subject.modes), len(turns))
    sizes = architecture_sizes(number, subject.run.seed % 2**32, stateful)[mine :: len(turns)]
    compiled = not subject.implementation.compiled_modes.isdisjoint(subject.modes_run)
    most = 1 if compiled else 5
    return compositions(dtype=subject.dtype, sizes=st.sampled_from(sizes), max_samples=most)


def output_of(subject: Subject, case: Composition) -> np.ndarray:
    """What a model returns, (N, K) or (N, T, K)."""
    return outputs_of(subject, case, [case.inputs])[0]


def outputs_of(
    subject: Subject, case: Composition, pieces: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """What it returns in calls with each of these inputs, of which the first finds no state."""
    model = _model(subject, case)
    if case.size.architecture.stateful:
        try:
            model.reset_state()
        except Exception:  # that it cannot be reset is for the property of that to say
            model = _model(subject, case, fresh=True)
    return [_output_of(subject, model, case, inputs) for inputs in pieces]


def output_after_a_reset(subject: Subject, case: Composition) -> np.ndarray:
    """What a stateful model returns that was used for the same inputs, and then reset."""
    model = _model(subject, case)
    _output_of(subject, model, case, case.inputs)
    model.reset_state()
    return _output_of(subject, model, case, case.inputs)


def _model(subject: Subject, case: Composition, *, fresh: bool = False) -> Model:
    """A model of the case's size, with the case's weights; reused where there is one."""
    key = (subject.implementation, case.size, subject.dtype)
    if fresh:
        subject.run.networks.forget(key)
    model: Model = subject.run.networks.kept(
        key, lambda: subject.implementation.composition(case.size, subject.dtype)
    )
    model.set_weights(case.weights)
    return model


def _output_of(subject: Subject, model: Model, case: Composition, inputs: np.ndarray) -> np.ndarray:
    output = model.output(inputs, subject.mode or subject.modes[0], case.initial_states)
    steps = () if not case.returns_sequences else (case.size.T,)
    shape = (len(case.inputs), *steps, case.size.K)
    return as_array(output, "the output", shape, subject.results).copy()
