"""PyTorch's own ``torch.nn.RNN`` and ``torch.nn.Linear``.

The layout of the weights, here on the left:

    kernel (D, M)             weight_ih_l0 (M, D), transposed
    recurrent_kernel (M, M)   weight_hh_l0 (M, M), transposed
    bias (M,)                 bias_ih_l0 (M,); bias_hh_l0 (M,), the second bias, is zero
    dense kernel (M, K)       weight (K, M), transposed
    dense bias (K,)           bias (K,)

Adding a bias of zero does not round, so the bound is that of one bias. Because there are two, the
parameter count is not D·M + M·M + M, and counting is not declared. Neither are fresh weights:
PyTorch draws all of them uniformly from ±1/√M.
"""

from __future__ import annotations

import importlib
import os
from typing import Any, ClassVar, Sequence

import numpy as np

from conformance.implementations.capabilities import OUTPUT, STATES
from conformance.implementations.keras.network import installed
from conformance.implementations.protocol import (
    Answer,
    Implementation,
    ImplementationError,
    Network,
)
from strategies import NetworkSize


class TorchNetwork(Network):
    """RNN and Linear in a module of their own, called without gradients."""

    def __init__(self, torch: Any, size: NetworkSize, dtype: str) -> None:
        self.torch, self.every_step = torch, size.options.return_sequences
        kind = getattr(torch, dtype)

        class RecurrentThenLinear(torch.nn.Module):  # type: ignore[misc, name-defined]
            """Every state (N, T, M) and every output (N, T, K)."""

            def __init__(self) -> None:
                super().__init__()
                self.rnn = torch.nn.RNN(size.D, size.M, batch_first=True, dtype=kind)
                self.linear = torch.nn.Linear(size.M, size.K, dtype=kind)

            def forward(self, x):  # type: ignore[no-untyped-def]
                states = self.rnn(x)[0]
                return states, self.linear(states)

        self.model = RecurrentThenLinear().eval()
        self._scripted: Any = None

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        kernel, recurrent_kernel, bias, dense_kernel, dense_bias = weights
        rnn, linear = self.model.rnn, self.model.linear
        with self.torch.no_grad():
            for parameter, value in (
                (rnn.weight_ih_l0, kernel.T),
                (rnn.weight_hh_l0, recurrent_kernel.T),
                (rnn.bias_ih_l0, bias),
                (rnn.bias_hh_l0, np.zeros_like(bias)),
                (linear.weight, dense_kernel.T),
                (linear.bias, dense_bias),
            ):
                parameter.copy_(self.torch.from_numpy(np.array(value, order="C")))

    def answer(self, inputs: np.ndarray, mode: str, **more: Any) -> Answer:
        model = self.model
        if mode == "script":
            if self._scripted is None:
                self._scripted = self.torch.jit.script(self.model)
            model = self._scripted
        with self.torch.no_grad():
            hidden, output = (a.numpy() for a in model(self.torch.from_numpy(inputs.copy())))
        return Answer(output, hidden) if self.every_step else Answer(output[:, -1])


class TorchRNN(Implementation):
    """``--implementation torch``."""

    name = "torch"
    modes = ("call", "script")
    capabilities = frozenset({OUTPUT, STATES})
    costs: ClassVar[dict[str, int]] = {"script": 2}
    extra = "torch"
    threads = "one thread for each worker"

    def network(self, size: NetworkSize, dtype: str) -> TorchNetwork:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
        try:
            torch = importlib.import_module("torch")
        except Exception as error:  # binary packages that do not fit raise anything
            raise ImplementationError(f"PyTorch does not import: {error}") from error
        torch.set_num_threads(1)
        return TorchNetwork(torch, size, dtype)

    def versions(self) -> dict[str, str]:
        return {"torch": installed("torch")}
