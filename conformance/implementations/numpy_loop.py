"""The notebook's own loop, in NumPy: the simplest implementation, with most capabilities.

It computes in the dtype of the case, so that its rounding errors are real ones: 16-bit dtypes as
most libraries do, with sums in float32 and everything that is stored rounded. Faults of the
catalogue are seeded by overriding its methods.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Optional, Sequence

import numpy as np

from conformance.cells import simple_rnn as equations
from conformance.implementations.capabilities import (
    CHOSEN_ACTIVATIONS,
    INITIAL_WEIGHTS,
    OPTIONS,
    OUTPUT,
    PARAMETERS,
    SHAPES,
    STATE_SET,
    STATES,
    WEIGHTS,
)
from conformance.implementations.protocol import (
    Answer,
    Implementation,
    Network,
    Parameters,
    Shapes,
    Weight,
)
from conformance.numerics.activations import ACTIVATIONS
from strategies import DTYPES, WIDE_DTYPES, NetworkSize, Options
from strategies.dtypes import POLICIES, carried, rounded


class NumpyNetwork(Network):
    """One loop over time; every piece is a method of its own."""

    def __init__(self, size: NetworkSize, dtype: str, *, sequences: bool) -> None:
        self.size, self.dtype, self.sequences = size, dtype, sequences
        self.rng = np.random.default_rng()
        self.recorded: Optional[np.ndarray] = None
        self.set_weights([carried(w, dtype) for w in self.initial_weights()])

    def initial_weights(self) -> list[np.ndarray]:
        """Glorot kernels, an orthogonal recurrent kernel, zero biases."""
        D, M, K = self.size[:3]
        limit, dense_limit = equations.glorot_limit(D, M), equations.glorot_limit(M, K)
        return [
            self.rng.uniform(-limit, limit, (D, M)),
            np.linalg.qr(self.rng.standard_normal((M, M)))[0],
            np.zeros(M),
            self.rng.uniform(-dense_limit, dense_limit, (M, K)),
            np.zeros(K),
        ]

    def initial_state(self, N: int) -> np.ndarray:
        """h_0."""
        return self.stored(np.zeros((N, self.size.M)))

    def stored(self, a: np.ndarray) -> np.ndarray:
        """A result as it is kept: of the network's dtype, 16-bit numbers in a float32 array."""
        if self.dtype in WIDE_DTYPES:
            return np.asarray(a, self.dtype)
        return rounded(a, POLICIES[self.dtype].computed).astype(np.float32)

    def preactivation(self, x: np.ndarray, h: np.ndarray, t: int) -> np.ndarray:
        """What the activation is applied to, from x_t and h_{t-1}."""
        Wx, Wh, bh = self.used[:3]
        return self.stored(self.stored(x @ Wx) + self.stored(h @ Wh)) + bh

    def activated(self, z: np.ndarray, name: str) -> np.ndarray:
        """The activation of that name, in the dtype of z; all but tanh are computed in float64."""
        z = self.stored(z)
        if name == "tanh":
            return self.stored(np.tanh(z))
        return self.stored(ACTIVATIONS[name].value(z.astype(float)))

    def step(self, x: np.ndarray, h: np.ndarray, t: int) -> np.ndarray:
        """h_t from x_t and h_{t-1}."""
        return self.activated(self.preactivation(x, h, t), self.size.activation)

    def dense(self, h: np.ndarray) -> np.ndarray:
        """y_t from h_t."""
        Wo, bo = self.used[3:]
        return self.activated(self.stored(h @ Wo) + bo, self.size.dense_activation)

    def run(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All states (N, T, M) and all outputs (N, T, K)."""
        inputs = self.stored(inputs)
        N, T, _ = inputs.shape
        h = self.initial_state(N)
        states = []
        for t in range(T):
            h = self.step(inputs[:, t], h, t)
            states.append(h)
        return np.stack(states, axis=1), np.stack([self.dense(h) for h in states], axis=1)

    def answer(
        self,
        inputs: np.ndarray,
        mode: str,
        *,
        mask: Optional[np.ndarray] = None,
        initial_state: Optional[np.ndarray] = None,
        batch_size: Optional[int] = None,
    ) -> Answer:
        options = self.size.options or Options()
        N, T, _ = inputs.shape
        used = np.ones((N, T), bool) if mask is None else mask
        inputs, used = self.in_order(self.stored(inputs), used)
        h = self.first_state(N, initial_state)
        before, emitted = np.zeros_like(h), []
        for t in range(T):
            new, step = self.step(inputs[:, t], h, t), used[:, t, None]
            before = self.emitted(new, before, step)
            h = self.carried(new, h, step)
            emitted.append(before)
        self.recorded = h if options.stateful else None
        results = POLICIES[self.dtype].results
        returned = emitted if options.return_sequences else emitted[-1:]
        hidden, output = (
            np.stack(steps, axis=1).astype(results)
            for steps in (returned, [self.dense(step) for step in returned])
        )
        if not options.return_sequences:
            hidden, output = hidden[:, 0], output[:, 0]
        return Answer(hidden, output, h.astype(results) if options.return_state else None)

    def in_order(self, inputs: np.ndarray, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and mask in the order of processing."""
        if self.size.options and self.size.options.go_backwards:
            return inputs[:, ::-1], used[:, ::-1]
        return inputs, used

    def first_state(self, N: int, given: Optional[np.ndarray]) -> np.ndarray:
        """h_0 of a call: what is given, else what is recorded, else the initial state."""
        if given is not None:
            return self.stored(given)
        return self.initial_state(N) if self.recorded is None else self.recorded

    def emitted(self, new: np.ndarray, before: np.ndarray, step: np.ndarray) -> np.ndarray:
        """What comes out of a step, where ``step`` (N, 1) tells which samples use it."""
        zero = self.size.options and self.size.options.zero_output_for_mask
        return np.where(step, new, np.zeros_like(before) if zero else before)

    def carried(self, new: np.ndarray, h: np.ndarray, step: np.ndarray) -> np.ndarray:
        """The state after a step."""
        return np.where(step, new, h)

    def reset_state(self) -> None:
        self.recorded = None

    def set_state(self, state: np.ndarray) -> None:
        self.recorded = self.stored(state)

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        self.weights = [np.array(w) for w in weights]

    @property
    def used(self) -> list[np.ndarray]:
        """The weights as they are computed with."""
        return [self.stored(w) for w in self.weights]

    def get_weights(self) -> list[np.ndarray]:
        return [w.copy() for w in self.weights]

    def output(self, inputs: np.ndarray, mode: str) -> np.ndarray:
        return self.run(inputs)[1][:, -1].astype(POLICIES[self.dtype].results)

    def states_and_outputs(self, inputs: np.ndarray, mode: str) -> tuple[np.ndarray, np.ndarray]:
        states, outputs = (a.astype(POLICIES[self.dtype].results) for a in self.run(inputs))
        return states, outputs

    def weight_table(self) -> list[Weight]:
        names = [("simple_rnn", "kernel"), ("simple_rnn", "recurrent_kernel"),
                 ("simple_rnn", "bias"), ("dense", "kernel"), ("dense", "bias")]  # fmt: skip
        return [Weight(*n, w.shape, str(w.dtype)) for n, w in zip(names, self.weights)]

    def parameters(self) -> Parameters:
        simple_rnn = sum(w.size for w in self.weights[:3])
        dense = sum(w.size for w in self.weights[3:])
        total = simple_rnn + dense
        return Parameters(simple_rnn, dense, total, total, total, 0)

    def shapes(self, N: Optional[int], T: Optional[int]) -> Shapes:
        _, M, K, fixed = self.size[:4]
        symbolic = (None, fixed) if self.sequences else (None,)
        computed = (N, T) if self.sequences else (N,)
        return Shapes((*symbolic, M), (*symbolic, K), (*computed, M), (*computed, K))


class NumpyLoop(Implementation):
    """``--implementation numpy``."""

    name = "numpy"
    modes = ("call",)
    dtypes = DTYPES
    capabilities = frozenset(
        {
            OUTPUT,
            STATES,
            WEIGHTS,
            PARAMETERS,
            SHAPES,
            INITIAL_WEIGHTS,
            CHOSEN_ACTIVATIONS,
            OPTIONS,
            STATE_SET,
        }
    )
    network_class = NumpyNetwork

    def network(self, size: NetworkSize, dtype: str, *, sequences: bool) -> NumpyNetwork:
        return self.network_class(size, dtype, sequences=sequences)

    def activations(self) -> tuple[str, ...]:
        return tuple(ACTIVATIONS)

    def versions(self) -> dict[str, str]:
        return {"numpy": version("numpy")}
