"""Is the error bound sound, and is it sharp? A million cases, and the smallest faults.

    python benchmarks/campaign.py --cases 1000000 --processes 2 --json FILE --markdown FILE

Sound: implementations that round as they may (NumPy in random orders of summation, with activations
off by nearly all that they are allowed; Keras in every mode, on JAX and on torch, and torch itself,
where they are installed) are compared with the bound, over
textures and dtypes. The largest share of the bound is reported; above 1 the bound is wrong, or the
implementation.

Sharp: small faults are seeded, and it is counted how often the bound notices, beside
``assert_allclose`` with the usual tolerances, and how often these give a false alarm on healthy
networks.

A part that was done is in the JSON file and is not done again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

import numpy as np

from conformance.cells import SIMPLE_RNN
from conformance.checking.subject import Run, Subject
from conformance.expected.comparison import compare, informative
from conformance.expected.end import propagated_output
from conformance.expected.steps import residual_output, residual_state
from conformance.faults import FAULTS
from conformance.implementations import load_implementation
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from conformance.implementations.protocol import Implementation, Network
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import IEEE
from strategies import DTYPES, EVERY_STEP, TEXTURES, WIDE_DTYPES, Case, Dimensions
from strategies.cases import case_of_seed
from strategies.dimensions import extents

#: Share of all cases for each source; eager calls cost twenty times as much as graphs, and XLA
#: compiles every shape. What is not installed is left out, and said so.
SOURCES = {
    "numpy, random orders": 0.78,
    "keras call": 0.005,
    "keras graph": 0.1,
    "keras predict_on_batch": 0.055,
    "keras predict": 0.002,
    "keras xla": 0.018,
    "keras:jax jit": 0.01,
    "keras:torch call": 0.01,
    "torch call": 0.02,
}
#: Networks of Keras are reused for so many cases, with other weights and inputs.
CASES_PER_NETWORK = 250
#: Cases are done, and written down, in parts of this many.
PART = 2500


class RandomOrder(NumpyNetwork):
    """Sums in a random order, sequential or pairwise, and activations off by what they may be."""

    def affine(self, operands: Any, weights: Any, *addends: np.ndarray) -> np.ndarray:
        (bias,) = addends
        return self._sum(np.concatenate(operands, axis=1), np.concatenate(weights), bias)

    def dense(self, h: np.ndarray) -> np.ndarray:
        z = self._sum(h, self.w.dense_kernel, self.w.dense_bias)
        return self.activated(z, self.size.dense_activation)

    def activated(self, z: np.ndarray, name: str) -> np.ndarray:
        z = self.stored(z)
        f, row = ACTIVATIONS[name], IEEE[self.dtype]
        value = f.value(z.astype(float))
        ulps = max(row.activation_errors[name][0] - 1, 0) * self.rng.uniform(-1, 1)
        off = np.isfinite(value) & (value != 0)
        return self.stored(np.where(off, value + ulps * row.storage.ulp(value), value))

    def _sum(self, operand: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        products = operand[:, :, None] * weight
        terms = np.concatenate([products, np.broadcast_to(bias, (len(operand), 1, len(bias)))], 1)
        terms = terms[:, self.rng.permutation(terms.shape[1])]
        if self.rng.random() < 0.5:  # over the last axis NumPy adds in pairs
            terms = np.ascontiguousarray(terms.swapaxes(1, 2))
            return self.stored(terms.sum(axis=2))
        return self.stored(terms.sum(axis=1))


class RandomOrders(NumpyLoop):
    """The NumPy loop as it might also have been written."""

    network_class = RandomOrder


def sizes(rng: np.random.Generator, activations: tuple[str, ...]) -> Dimensions:
    """Mostly small dimensions, so that a million cases are feasible; mostly tanh."""
    N, T, D, M, K = (int(rng.choice(extents(1, most))) for most in (8, 12, 16, 16, 8))
    usual = len(activations) == 1 or rng.random() < 2 / 3
    hidden, outer = ("tanh", "linear") if usual else rng.choice(activations, 2)
    return Dimensions(SIMPLE_RNN, N, T, D, M, K, False, str(hidden), str(outer), options=EVERY_STEP)


def subject_of(source: str, dtype: str) -> Subject:
    """The implementation and the mode that a source names."""
    name, _, mode = source.partition(" ")
    numpy = name.startswith("numpy")
    implementation: Implementation = RandomOrders() if numpy else load_implementation(name)
    return Subject(implementation, "call" if numpy else mode, dtype, Run())


def networks(subject: Subject, rng: np.random.Generator) -> Iterator[tuple[Dimensions, Network]]:
    """Networks of a subject without end, each for one batch of cases."""
    implementation, dtype = subject.implementation, subject.dtype
    activations = subject.activations
    while True:
        size = sizes(rng, activations)
        network = implementation.network_for_cases(size.network, dtype)
        network.rng = rng  # type: ignore[attr-defined]
        yield size, network


#: The property of which a case of the campaign checks the numbers: every step, any activation.
CHECKED = "test_every_activation_equals_its_definition"


def part(source: str, dtype: str, number: int) -> dict[str, Any]:
    """Check ``PART`` cases: the largest shares by texture, and what was outside."""
    rng = np.random.default_rng([*source.encode(), *dtype.encode(), number])
    worst: dict[str, dict[str, float]] = {}
    counts: Counter[str] = Counter()
    outside: list[str] = []
    subject = subject_of(source, dtype)
    known, supply = subject.known_deviations(CHECKED), networks(subject, rng)
    started, done = time.monotonic(), 0
    each = CASES_PER_NETWORK if source.startswith("keras") else 1
    while done < PART:
        size, network = next(supply)
        for _ in range(min(each, PART - done)):
            texture, seed = str(rng.choice(list(TEXTURES))), int(rng.integers(2**32))
            case = case_of_seed(size, dtype, texture, seed)
            shares, informed = judge(subject, network, case)
            done += 1
            counts[texture] += 1
            counts["informative"] += informed
            if any(d.applies(**subject.facts(case)) for d in known):
                counts["known deviation"] += 1
                continue
            row = worst.setdefault(texture, {})
            for check, share in shares.items():
                row[check] = max(row.get(check, 0.0), share)
            if max(shares.values()) > 1:
                outside.append(f"{texture} {seed} {size}: {shares}")
    return {
        "source": source,
        "dtype": dtype,
        "part": number,
        "cases": done,
        "seconds": round(time.monotonic() - started, 1),
        "worst": worst,
        "counts": dict(counts),
        "outside": outside,
    }


def judge(subject: Subject, network: Network, case: Case) -> tuple[dict[str, float], bool]:
    """The share of each bound that an implementation uses, and whether Z says anything."""
    network.set_weights(case.weights)
    with np.errstate(all="ignore"):
        answer = network.answer(case.inputs, subject.mode or "call")
        states, outputs = answer.hidden, answer.output
        row = subject.arithmetic
        last = propagated_output(case, row)
        shares = {
            "R states": compare("state", states, residual_state(case, states, row)).worst,
            "R outputs": compare("output", outputs, residual_output(case, states, row)).worst,
            "Z": compare("output", outputs[:, -1], last).worst,
        }
    return shares, informative(last.bound, case)


def dtypes_of(source: str) -> tuple[str, ...]:
    """The dtypes that a source computes in; none where its library is not installed."""
    name = source.partition(" ")[0]
    if name.startswith("numpy"):
        return DTYPES
    implementation = load_implementation(name)
    missing = "not installed" in implementation.versions().values()
    if missing:
        return ()
    # But on TensorFlow, Keras 3 computes float64 in float32, or raises: a known deviation.
    left_out = {"float64"} if name.startswith("keras:") else set()
    return tuple(dtype for dtype in implementation.dtypes if dtype not in left_out)


def parts(cases: int, sources: list[str]) -> list[tuple[str, str, int]]:
    """What is to be done, in parts, of those sources whose name begins with one of ``sources``."""
    todo = []
    for source, share in SOURCES.items():
        if not source.startswith(tuple(sources)):
            continue
        dtypes = dtypes_of(source)
        if not dtypes:
            print(f"{source}: not installed, left out")
        for dtype in dtypes:
            weight = 0.3 if dtype in WIDE_DTYPES else 0.1
            number = max(1, round(cases * share * weight / PART))
            todo += [(source, dtype, i) for i in range(number)]
    return todo


# --- Sharp ------------------------------------------------------------------------------------

#: Small faults of the catalogue.
SMALL_FAULTS = (
    "bias_off_by_a_millionth",
    "state_scaled_slightly",
    "tanh_off_by_a_hundred_thousandth",
    "first_product_in_tf32",
    "sums_in_float16",
    "last_unit_scaled_slightly",
    "last_of_odd_features_dropped",
)
#: Of ``numpy.testing.assert_allclose``, and of ``torch.testing.assert_close`` in float32.
TOLERANCES = {
    "rtol 1e-3": (1e-3, 0.0),
    "rtol 1e-4": (1e-4, 0.0),
    "rtol 1e-5": (1e-5, 0.0),
    "rtol 1e-6": (1e-6, 0.0),
    "PyTorch's": (1.3e-6, 1e-5),
}
SHARP_CASES = 400


def sharp(name: Optional[str]) -> dict[str, Any]:
    """In how many of `SHARP_CASES` cases each way notices a fault; None is a healthy network."""
    rng = np.random.default_rng(20261124)
    row = IEEE["float32"]
    network_class = RandomOrder if name is None else FAULTS[name].numpy
    noticed: Counter[str] = Counter()
    for _ in range(SHARP_CASES):
        T, D = int(rng.integers(2, 17)), int(rng.integers(1, 17))
        size = Dimensions(SIMPLE_RNN, 4, T, D, 64, 4, options=EVERY_STEP)
        texture = str(rng.choice(["normal", "glorot", "one_hot", "cancelling"]))
        case = case_of_seed(size, "float32", texture, int(rng.integers(2**32)))
        network = network_class(size.network, "float32")
        network.rng = rng
        network.set_weights(case.weights)
        answer = network.answer(case.inputs, "call")
        states, outputs = answer.hidden, answer.output
        last = propagated_output(case, row)
        noticed["the bound"] += not (
            compare("state", states, residual_state(case, states, row)).within
            and compare("output", outputs, residual_output(case, states, row)).within
            and compare("output", outputs[:, -1], last).within
        )
        off = np.abs(outputs[:, -1] - last.value)
        for way, (rtol, atol) in TOLERANCES.items():
            noticed[way] += not (off <= atol + rtol * np.abs(last.value)).all()
    return {way: noticed[way] / SHARP_CASES for way in ("the bound", *TOLERANCES)}


# --- Results ----------------------------------------------------------------------------------


def markdown(done: list[dict[str, Any]], noticed: dict[str, dict[str, float]]) -> str:
    """The tables of the documentation."""
    cases = sum(entry["cases"] for entry in done)
    outside = sum(len(entry["outside"]) for entry in done)
    known = sum(entry["counts"].get("known deviation", 0) for entry in done)
    told = sum(entry["counts"].get("informative", 0) for entry in done)
    found: dict[str, str] = {}
    for source in {entry["source"].partition(" ")[0].rstrip(",") for entry in done}:
        found.update(load_implementation(source).versions())
    versions = ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
    lines = [
        "# Is the error bound sound, and is it sharp?",
        "",
        f"Made on {date.today()} by `python benchmarks/campaign.py`, on {platform.machine()}, with "
        f"{versions}.",
        "",
        f"**{cases:,} cases; {outside} outside the bound.** {known:,} of them are under a known "
        "deviation (`conformance/deviations/`) and not in the tables. Z is "
        f"informative in {told / cases:.0%} of all; R always.",
        "",
        "Largest share of the bound, by source and dtype (R: each state and output from the "
        "emitted state before it; Z: the last output from inputs and weights alone):",
        "",
        "| source | dtype | cases | R states | R outputs | Z |",
        "|---|---|---|---|---|---|",
    ]
    for source in SOURCES:
        for dtype in DTYPES:
            entries = [e for e in done if (e["source"], e["dtype"]) == (source, dtype)]
            if entries:
                number = sum(e["cases"] for e in entries)
                shares = " | ".join(f"{v:.3f}" for v in _largest(entries, None).values())
                lines.append(f"| {source} | {dtype} | {number:,} | {shares} |")
    lines += ["", "By texture:", "", "| texture | R states | R outputs | Z |", "|---|---|---|---|"]
    for texture in TEXTURES:
        shares = " | ".join(f"{v:.3f}" for v in _largest(done, texture).values())
        lines.append(f"| {texture} | {shares} |")
    lines += [
        "",
        f"Small faults in float32, M = 64, {SHARP_CASES} cases each: the share of cases in which "
        "the bound notices, beside tolerances on the last output. The first row is a healthy "
        "network in random orders of summation: each number above 0 is a false alarm.",
        "",
        "| fault | " + " | ".join(("the bound", *TOLERANCES)) + " |",
        "|---" * (2 + len(TOLERANCES)) + "|",
    ]
    for name, shares in noticed.items():
        text = "none" if name == "none" else FAULTS[name].sentence
        lines.append(f"| {text} | " + " | ".join(f"{v:.0%}" for v in shares.values()) + " |")
    return "\n".join(lines) + "\n"


def _largest(entries: list[dict[str, Any]], texture: Optional[str]) -> dict[str, float]:
    shares = {"R states": 0.0, "R outputs": 0.0, "Z": 0.0}
    for entry in entries:
        for name, row in entry["worst"].items():
            if texture in (None, name):
                shares = {check: max(v, row.get(check, 0.0)) for check, v in shares.items()}
    return shares


def _part(arguments: tuple[str, str, int]) -> dict[str, Any]:
    return part(*arguments)


def run_parts(todo: list[tuple[str, str, int]], processes: int, keep: Callable[..., None]) -> None:
    """Do all parts, each in a process of its own, and hand each to ``keep`` when it is done.

    Keras has one backend in a process.
    """
    with multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=1) as pool:
        for count, result in enumerate(pool.imap_unordered(_part, todo), 1):
            keep(result)
            rate = result["cases"] / max(result["seconds"], 0.1)
            print(
                f"{count} of {len(todo)}: {result['source']}, {result['dtype']}, {rate:.0f} cases/s"
                + (f", OUTSIDE {result['outside'][0]}" if result["outside"] else ""),
                flush=True,
            )


def main(arguments: Optional[list[str]] = None) -> None:
    """Run what is not yet in the JSON file, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--sources", nargs="+", default=[""], help="numpy, keras, torch, …")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, default=Path("campaign.json"))
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args(arguments)
    done = json.loads(options.json.read_text()) if options.json.exists() else []
    seen = {(entry["source"], entry["dtype"], entry["part"]) for entry in done}

    def keep(entry: dict[str, Any]) -> None:
        done.append(entry)
        unfinished = options.json.with_suffix(".part")
        unfinished.write_text(json.dumps(done))
        unfinished.replace(options.json)

    todo = [p for p in parts(options.cases, options.sources) if p not in seen]
    run_parts(todo, options.processes, keep)
    noticed = {name or "none": sharp(name) for name in (None, *SMALL_FAULTS)}
    text = markdown(done, noticed)
    print(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
