"""What may be asked: ranges, the distribution of sizes, pools, textures, and cases themselves."""

from __future__ import annotations

import random
import re
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from numpy import array, float32, inf, nan

from conformance.cells import SIMPLE_RNN
from conformance.expected.comparison import discriminating
from conformance.expected.recurrence import states_of
from strategies import DTYPES, TEXTURES, Case, Dimensions, Tensors, cases, dimensions, notebook_case
from strategies.cases import case_of_seed
from strategies.dimensions import extents
from strategies.dtypes import POLICIES
from strategies.textures import (
    FREQUENCIES,
    MOST_ENTRIES_DRAWN_SINGLY,
    elementwise,
    seeded,
    shapes,
)

ANY = dimensions(SIMPLE_RNN)
SMALL = dimensions(
    SIMPLE_RNN, max_samples=3, max_time_steps=4, max_features=3, max_units=3, max_outputs=2
)


def drawn(strategy, count, from_seed=0):
    """The same ``count`` examples every time."""
    examples = []

    @seed(from_seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example):
        examples.append(example)

    collect()
    return examples


def bits(case):
    return [(t.dtype.str, t.shape, t.tobytes()) for t in (case.inputs, *case.weights)]


# --- Arguments ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_time_steps": 0}, "max_time_steps=0 is smaller than min_time_steps=1"),
        ({"min_units": 0}, "min_units=0: hidden units (M) must be at least 1"),
        ({"min_samples": -1}, "min_samples=-1: samples (N) must be at least 1"),
        ({"min_time_steps": 0}, "min_time_steps=0: time steps (T) must be at least 1"),
        ({"min_outputs": 0}, "min_outputs=0: outputs (K) must be at least 1"),
        ({"max_units": 2.0}, "max_units=2.0: must be an integer"),
        ({"max_samples": True}, "max_samples=True: must be an integer"),
        ({"max_networks": 0}, "max_networks=0: must be an integer, at least 1"),
        ({"one_batch_per_network": True}, "one_batch_per_network=True needs max_networks"),
    ],
)
def test_a_wrong_range_names_the_argument(arguments, message):
    with pytest.raises(InvalidArgument, match=f"^{re.escape(message)}$"):
        dimensions(SIMPLE_RNN, **arguments)


def test_an_unknown_dtype_lists_those_there_are():
    message = f"dtype='float8': must be one of {', '.join(DTYPES)}"
    with pytest.raises(InvalidArgument, match=f"^{message}$"):
        cases(ANY, dtype="float8")


@pytest.mark.parametrize("textures", [["normal", "velvet"], []])
def test_an_unknown_texture_lists_those_there_are(textures):
    message = f"textures={textures!r}: must be some of {', '.join(FREQUENCIES)}"
    with pytest.raises(InvalidArgument, match=f"^{re.escape(message)}$"):
        cases(ANY, textures=textures)


# --- Sizes ----------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(0, 50))
def test_extents_are_every_number_of_the_range_in_order(minimum, more):
    values = extents(minimum, minimum + more)
    assert sorted(set(values)) == list(range(minimum, minimum + more + 1))
    assert values == sorted(values)


RANGES = {
    "samples": (2, 5),
    "time_steps": (3, 3),
    "features": (1, 9),
    "units": (7, 40),
    "outputs": (1, 1),
}


@pytest.mark.parametrize("limits", [{}, {"max_networks": 5, "one_batch_per_network": True}])
def test_dimensions_lie_in_their_ranges(limits):
    ends = {f"{end}_{n}": r[i] for n, r in RANGES.items() for i, end in enumerate(("min", "max"))}
    for size in drawn(dimensions(SIMPLE_RNN, **ends, **limits), 100):
        for extent, (low, high) in zip(size[1:6], RANGES.values()):
            assert low <= extent <= high


def test_ones_are_frequent_and_large_sizes_come_now_and_then():
    sizes = drawn(ANY, 600)
    assert len(sizes) == 600
    for axis in range(1, 6):
        ones = sum(size[axis] == 1 for size in sizes) / len(sizes)
        assert 0.04 < ones < 0.4
        assert sum(1 < size[axis] <= 8 for size in sizes) / len(sizes) > 0.4
    assert sum(size.T >= 48 for size in sizes) >= 6
    assert sum(size.D >= 24 for size in sizes) >= 6
    assert sum(size.M >= 24 for size in sizes) >= 6
    assert 0.05 < sum(size.static_time for size in sizes) / len(sizes) < 0.6


def test_few_free_sizes_hide_a_transposed_kernel_or_swapped_axes():
    # Hypothesis likes to copy one choice to another that looks alike.
    sizes = drawn(ANY, 600)
    assert sum(size.D == size.M for size in sizes) / len(sizes) < 0.25
    assert sum(size.N == size.T for size in sizes) / len(sizes) < 0.25


def test_a_pool_limits_the_networks_and_depends_on_its_seed_alone():
    def networks(pool_seed, from_seed):
        strategy = dimensions(SIMPLE_RNN, max_networks=4, pool_seed=pool_seed)
        return {size.network for size in drawn(strategy, 300, from_seed)}

    pool = networks(0, from_seed=0)
    assert len(pool) == 4
    assert networks(0, from_seed=1) == pool
    assert networks(1, from_seed=0) != pool


def test_each_network_can_be_limited_to_one_batch():
    sizes = set(drawn(dimensions(SIMPLE_RNN, max_networks=8, one_batch_per_network=True), 300))
    assert len(sizes) == len({size.network for size in sizes}) == 8
    assert len({(size.N, size.T) for size in sizes}) > 4


@pytest.mark.parametrize("pool_seed", range(5))
def test_a_pool_holds_one_network_in_which_a_transposed_kernel_fits(pool_seed):
    strategy = dimensions(SIMPLE_RNN, max_networks=12, pool_seed=pool_seed)
    pool = {size.network for size in drawn(strategy, 500)}
    square = [network for network in pool if network.D == network.M]
    assert [network.K for network in square] == [network.M for network in square]
    assert len(square) == 1


def test_a_network_of_fixed_time_is_asked_for_that_time_only():
    sizes = drawn(dimensions(SIMPLE_RNN, max_networks=8), 300)
    assert any(size.static_time for size in sizes)
    for size in sizes:
        assert (size.T if size.static_time else None) == size.network.T


# --- Textures -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("texture", TEXTURES)
def test_every_texture_fills_every_shape_with_numbers(texture, dtype):
    for number, size in enumerate([*drawn(ANY, 20), Dimensions(SIMPLE_RNN, 1, 1, 1, 1, 1)]):
        tensors = seeded(texture, number, size, dtype)
        assert {name: t.shape for name, t in tensors.items()} == shapes(size)
        assert {str(t.dtype) for t in tensors} == {POLICIES[dtype].weights}
        assert all(np.isfinite(t).all() for t in tensors)


@pytest.mark.parametrize("texture", TEXTURES)
def test_a_texture_is_a_function_of_its_seed(texture):
    size = Dimensions(SIMPLE_RNN, 2, 3, 4, 5, 2)
    first, again, other = (case_of_seed(size, "float32", texture, s) for s in (7, 7, 8))
    assert bits(first) == bits(again)
    assert bits(first) != bits(other)


@pytest.mark.parametrize("dtype", DTYPES)
def test_entries_drawn_singly_are_eighths_of_every_shape(dtype):
    size = Dimensions(SIMPLE_RNN, 2, 2, 3, 3, 2)
    for tensors in drawn(elementwise(size, dtype), 20):
        assert {name: t.shape for name, t in tensors.items()} == shapes(size)
        assert {str(t.dtype) for t in tensors} == {POLICIES[dtype].weights}
        eighths = np.concatenate([t.ravel() for t in tensors]) * 8
        assert set(eighths.tolist()) <= set(range(-16, 17))


def test_every_texture_is_reached():
    assert (
        {case.texture for case in drawn(cases(ANY), 1000)}
        == set(FREQUENCIES)
        == {*TEXTURES, "elementwise"}
    )


def test_only_small_tensors_are_drawn_singly():
    for case in drawn(cases(ANY, textures=["elementwise"]), 100):
        entries = case.inputs.size + sum(w.size for w in case.weights)
        assert (case.texture == "elementwise") == (entries <= MOST_ENTRIES_DRAWN_SINGLY)


def test_textures_do_what_their_names_say():
    size = Dimensions(SIMPLE_RNN, 4, 6, 8, 9, 3)
    assert np.count_nonzero(seeded("one_hot", 0, size, "float32").inputs) == size.N
    share = np.count_nonzero(seeded("sparse", 0, size, "float32").inputs) / (4 * 6 * 8)
    assert 0.2 < share < 0.5
    subnormal = [np.abs(seeded("tiny", s, size, "float32").inputs) for s in range(40)]
    assert any(((t > 0) & (t < np.finfo("float32").tiny)).any() for t in subnormal)
    gain = np.linalg.norm(seeded("chaotic", 0, size, "float64").recurrent_kernel, 2)
    assert abs(gain - 2) <= 100 * np.spacing(2.0)


# --- Cases ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_repr_of_a_case_builds_it_again_to_the_last_bit(dtype):
    names = {
        "Case": Case,
        "Tensors": Tensors,
        "SIMPLE_RNN": SIMPLE_RNN,
        "array": array,
        "inf": inf,
        "nan": nan,
    }
    names.update(float16=np.float16, float32=float32)
    for case in drawn(cases(ANY, dtype=dtype), 60):
        again = eval(repr(case), names)
        assert bits(again) == bits(case)
        assert again.dimensions == case.dimensions


def test_the_repr_of_what_is_not_finite_builds_it_again():
    case = notebook_case(SIMPLE_RNN)
    bias = array([inf, -inf, nan, -0.0, 1e-45], "float32")
    again = eval(repr(case.replace(bias=bias)))
    np.testing.assert_array_equal(again.bias, bias)
    assert np.signbit(again.bias[3])


@settings(deadline=None)
@given(cases(SMALL))
def test_the_arrays_of_a_case_cannot_be_changed(case):
    for tensor in (case.inputs, *case.weights):
        with pytest.raises(ValueError, match="read-only"):
            tensor[...] = 1


@pytest.mark.parametrize(
    ("letter", "meaning"),
    [("N", "samples"), ("T", "time steps"), ("D", "input features"), ("M", "hidden units"),
     ("K", "outputs")],
)  # fmt: skip
def test_a_case_without_any_of_something_says_so(letter, meaning):
    size = Dimensions(SIMPLE_RNN, *(0 if name == letter else 2 for name in "NTDMK"))
    with pytest.raises(ValueError, match=f"^{letter}=0: {meaning} must be at least 1$"):
        Case(
            SIMPLE_RNN,
            Tensors(**{name: np.zeros(shape, "float32") for name, shape in shapes(size).items()}),
        )


@pytest.mark.parametrize("name", notebook_case(SIMPLE_RNN).tensors.names)
def test_a_tensor_that_does_not_fit_is_named(name):
    case = notebook_case(SIMPLE_RNN)
    tensor = getattr(case, name)
    with pytest.raises(ValueError, match=rf"{name}.* shape"):
        case.replace(**{name: np.zeros((*tensor.shape, 1), "float32")})
    if name != "inputs":
        with pytest.raises(ValueError, match=f"^{name} is float64, inputs are float32$"):
            case.replace(**{name: tensor.astype("float64")})


def test_a_wrong_extent_is_named_with_the_right_shape():
    message = "recurrent_kernel has shape (5, 4): must be (5, 5)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        notebook_case(SIMPLE_RNN).replace(recurrent_kernel=np.zeros((5, 4), "float32"))


# --- Shrinking, and what the distribution is worth ------------------------------------------


@pytest.mark.parametrize(
    ("predicate", "minimal"),
    [
        (lambda case: True, (1, 1, 1, 1, 1)),
        (lambda case: case.M >= 3, (1, 1, 1, 3, 1)),
        (lambda case: case.T >= 5 and case.N >= 2, (2, 5, 1, 1, 1)),
        (lambda case: np.abs(case.recurrent_kernel).max() > 0.3, (1, 1, 1, 1, 1)),
    ],
)
def test_cases_shrink_to_small_sizes(predicate, minimal):
    case = find(
        cases(ANY),
        predicate,
        settings=settings(database=None, deadline=None, max_examples=300),
        random=random.Random(0),
    )
    assert case.dimensions[1:6] == minimal


def test_most_cases_could_show_a_fault():
    chosen = drawn(cases(ANY), 500)
    shown = [discriminating(case, partial(states_of, case)) for case in chosen]
    assert sum(shown) / len(shown) >= 0.5
