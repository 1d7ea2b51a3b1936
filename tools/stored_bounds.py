"""Keep a set of cases with what is expected of them and how far it may be off; compare with it.

    python tools/stored_bounds.py compare            # with docs/measured/bounds.npz
    python tools/stored_bounds.py write              # that file, anew

A change of the core that is to change no judgement shows it here: 2,424 cases of every dtype,
activation, texture, special value and option, and of models with wrappers, each with the value and
the bound of R for states and outputs and of Z. Values depend on the order in which the processor's
BLAS sums: on another machine a last bit may differ.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conformance.cells import SIMPLE_RNN  # noqa: E402
from conformance.expected.end import propagated_output, propagated_states  # noqa: E402
from conformance.expected.steps import residual_output, residual_state  # noqa: E402
from conformance.expected.wrappers import expected_calls  # noqa: E402
from conformance.numerics.activations import ACTIVATIONS  # noqa: E402
from conformance.numerics.arithmetic import (  # noqa: E402
    IEEE,
    Arithmetic,
    narrow_sums,
    tensor_float_32,
    truncated,
)
from strategies import DTYPES, TEXTURES, Case, Dimensions  # noqa: E402
from strategies.cases import case_of, case_of_seed  # noqa: E402
from strategies.dtypes import POLICIES  # noqa: E402
from strategies.options import CROSSED_ACTIVATIONS, crossed  # noqa: E402
from strategies.special_values import EXTREMES  # noqa: E402
from strategies.wrappers import architecture_sizes, composition  # noqa: E402

STORED = ROOT / "docs" / "measured" / "bounds.npz"
NAMES = tuple(ACTIVATIONS)
#: The options that were there when the set was made: others would change which rows are drawn.
OPTIONS = (
    "use_bias",
    "dense_use_bias",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "zero_output_for_mask",
    "time_major",
    "dropout",
    "initial_state",
    "mask",
)
#: A case of the set: its name, itself, the arithmetic, and a seed.
Entry = tuple[str, Case, Arithmetic, int]


def arithmetic_of(dtype: str, i: int) -> Arithmetic:
    """The rows of a dtype in turn."""
    row = IEEE[dtype]
    if POLICIES[dtype].computed in ("float16", "bfloat16"):
        row = (row, narrow_sums(row), truncated(row))[i % 3]
    elif dtype == "float32" and i % 5 == 4:
        row = tensor_float_32(row)
    return replace(row, flushes_subnormals=i % 2 == 0)


def size_of(i: int, **more: object) -> Dimensions:
    """Small dimensions in turn."""
    extents = (1 + i % 2, 1 + i % 3, 1 + i // 2 % 3, 1 + i // 3 % 3, 1 + i // 5 % 2)
    return Dimensions(SIMPLE_RNN, *extents, **more)  # type: ignore[arg-type]


def plain() -> Iterator[Entry]:
    """Every dtype, texture and activation."""
    triples = [(d, t, a) for d in DTYPES for t in TEXTURES for a in NAMES]
    for i, (dtype, texture, name) in enumerate(triples):
        size = size_of(i, activation=name, dense_activation=NAMES[(i * 7) % len(NAMES)])
        case = case_of_seed(size, dtype, texture, i)
        yield f"plain/{dtype}/{texture}/{name}", case, arithmetic_of(dtype, i), i


def special() -> Iterator[Entry]:
    """Every dtype, kind of special values and activation."""
    triples = [(d, k, a) for d in DTYPES for k in EXTREMES for a in NAMES]
    for i, (dtype, kind, name) in enumerate(triples):
        size = size_of(i, activation=name, dense_activation=NAMES[(i * 5) % len(NAMES)])
        with np.errstate(all="ignore"):
            tensors = EXTREMES[kind](np.random.default_rng(i), size, dtype).astype(dtype)
        case = case_of(tensors, size, dtype, kind)
        yield f"special/{dtype}/{kind}/{name}", case, arithmetic_of(dtype, i), i


def with_options() -> Iterator[Entry]:
    """Every option with every other, in each dtype."""
    activations = {"activation": CROSSED_ACTIVATIONS["activation"]}
    rows = crossed(120, {"call": OPTIONS}, 0, activations)["call"]
    pairs = [(dtype, row) for dtype in DTYPES for row in rows]
    for i, (dtype, (options, names)) in enumerate(pairs):
        size = size_of(
            i, activation=names["activation"], options=options, static_time=options.unroll
        )
        texture = ("normal", "glorot", "one_hot", "sparse")[i % 4]
        case = case_of_seed(size, dtype, texture, i)
        yield f"options/{dtype}/{i}", case, arithmetic_of(dtype, i), i


def arrays() -> dict[str, np.ndarray]:
    """The value and the bound of each quantity of each case, (2, …), by name."""
    bounded: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    with np.errstate(all="ignore"):
        for end, entries in (
            (propagated_output, [*plain(), *special()]),
            (lambda *of: propagated_states(*of)[0], list(with_options())),
        ):
            for name, case, row, i in entries:
                # Any numbers serve: the bound is of what was put out.
                rng = np.random.default_rng(i)
                hidden = rng.uniform(-1, 1, (case.N, case.T, case.M))
                hidden = hidden.astype(POLICIES[case.dtype].results)
                steps = residual_state(case, hidden, row), residual_output(case, hidden, row)
                bounded[name] = [*steps, end(case, row)]
        pairs = [(dtype, stateful) for dtype in DTYPES for stateful in (False, True)]
        sizes = [(d, s) for d, st in pairs for s in architecture_sizes(SIMPLE_RNN, 40, 7, st)]
        for i, (dtype, size) in enumerate(sizes):
            model = composition(size, dtype, 1 + i % 2, i)
            pieces, row = [model.inputs, model.inputs[:, ::-1]], arithmetic_of(dtype, i)
            calls = expected_calls(model, pieces, row, initial_state_overrides=i % 3 > 0)
            bounded[f"wrappers/{dtype}/{i}"] = list(calls)
    return {
        f"{name}#{j}": np.stack(np.broadcast_arrays(*pair))
        for name, pairs in bounded.items()
        for j, pair in enumerate(pairs)
    }


def compare(stored: dict[str, np.ndarray], now: dict[str, np.ndarray]) -> list[str]:
    """The names of what is not the same to the last bit; prints how far it is off, by group."""
    assert list(stored) == list(now), "the cases are not the same"
    other = [n for n in stored if not np.array_equal(stored[n], now[n], equal_nan=True)]
    print(f"{len(stored)} arrays, {len(stored) - len(other)} the same to the last bit")
    for group in sorted({name.split("/")[0] for name in other}):
        named = [name for name in other if name.startswith(group)]
        with np.errstate(all="ignore"):
            ratios = [now[n][1] / stored[n][1] for n in named]
            off = [np.abs(now[n][0] - stored[n][0]) for n in named]
        flat = np.concatenate([ratio[np.isfinite(ratio)].ravel() for ratio in ratios])
        most = max(float(np.nanmax(array, initial=0)) for array in off)
        print(f"{group}: {len(named)} differ; bounds {flat.min():.6g} to {flat.max():.6g} times, ")
        print(f"    values by at most {most:.3g}; the first is {named[0]}")
    return other


def load(path: Path) -> dict[str, np.ndarray]:
    """The stored arrays by name."""
    with np.load(path) as file:
        names, shapes, numbers = file["names"], file["shapes"], file["numbers"]
    sizes = [int(np.prod([n for n in shape if n])) for shape in shapes]
    parts = np.split(numbers, np.cumsum(sizes)[:-1])
    return {
        str(name): part.reshape([n for n in shape if n])
        for name, shape, part in zip(names, shapes, parts)
    }


def save(path: Path, named: dict[str, np.ndarray]) -> None:
    """Write arrays by name, as one."""
    shapes = np.array([(*a.shape, *[0] * (4 - a.ndim)) for a in named.values()], np.int8)
    numbers = np.concatenate([array.ravel() for array in named.values()])
    np.savez_compressed(path, names=np.array(list(named)), shapes=shapes, numbers=numbers)


def main(arguments: list[str]) -> int:
    """Write or compare; the status is 1 where something is not the same."""
    if arguments == ["write"]:
        save(STORED, arrays())
        return 0
    if arguments != ["compare"]:
        print(__doc__)
        return 2
    return bool(compare(load(STORED), arrays()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
