"""The bounds of penalties hold."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.expected.regularizers import penalty
from conformance.numerics.arithmetic import IEEE
from strategies.choices import Choice
from strategies.regularizers import REGULARIZERS


@pytest.mark.parametrize("name", REGULARIZERS)
def test_the_bound_of_a_penalty_holds_in_float32_in_another_order(name):
    rng = np.random.default_rng(0)
    for _ in range(200):
        w = rng.standard_normal((rng.integers(1, 9), rng.integers(1, 9))).astype("float32")
        f = np.float32(0.1)
        if name == "OrthogonalRegularizer":
            choice = Choice(name, (("factor", 0.1), ("mode", "rows")))
            unit = w / np.sqrt((w * w).sum(axis=1, keepdims=True))
            product = np.abs(unit @ unit.T) * (1 - np.eye(len(w), dtype="float32"))
            pairs = max(len(w) * (len(w) - 1), 1)
            got = f * product.ravel()[::-1].cumsum(dtype="float32")[-1] / np.float32(pairs)
        else:
            keys = [key for key in ("l1", "l2") if key.upper() in name]
            choice = Choice(name, tuple((key, 0.1) for key in keys))
            parts = {"l1": np.abs(w), "l2": w * w}
            sums = [parts[k].ravel()[::-1].cumsum(dtype="float32")[-1] for k in keys]
            got = sum((f * s for s in sums), np.float32(0))
        value, bound = penalty(w, choice, IEEE["float32"])
        assert abs(float(got) - value) <= bound
        assert bound <= 1e-4 * max(float(value), 0.1)
