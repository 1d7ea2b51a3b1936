"""What an implementation's arithmetic does is found out, in every mode, and never assumed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracles_narrow import truncated as towards_zero
from subjects import EVERY_STEP, subject_of

from conformance.cells import SIMPLE_RNN
from conformance.checking import search as searching
from conformance.checking import subject
from conformance.checking.check import check
from conformance.checking.probing import probed
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from conformance.numerics.arithmetic import FORMATS, IEEE, narrow_sums, truncated
from strategies import DTYPES, WIDE_DTYPES
from strategies.dtypes import POLICIES

NARROW = [dtype for dtype in DTYPES if dtype not in WIDE_DTYPES]


def probe(network, dtype, modes=("call",)):
    """What is found of a network class."""

    class Variant(NumpyLoop):
        network_class = network

    return probed(Variant(), dtype, modes, SIMPLE_RNN)


class Flushing(NumpyNetwork):
    """Every subnormal operand or result becomes zero."""

    def stored(self, a):
        a = super().stored(a)
        smallest = FORMATS[POLICIES[self.dtype].computed].smallest_normal
        return np.where(np.abs(a) < smallest, a.dtype.type(0), a)


class FlushingResultsOnly(NumpyNetwork):
    """Subnormal states become zero; subnormal inputs and weights are used as they are."""

    def step(self, x, states):
        (new,) = super().step(x, states)
        smallest = FORMATS[POLICIES[self.dtype].computed].smallest_normal
        return (np.where(np.abs(new) < smallest, new.dtype.type(0), new),)


class FlushingInTheVectorOnly(Flushing):
    """Units beyond the last full register of eight are computed by other code, which keeps all."""

    def stored(self, a):
        kept, flushed = NumpyNetwork.stored(self, a), Flushing.stored(self, a)
        full = kept.shape[-1] // 8 * 8 if kept.ndim else 0
        return np.where(np.arange(kept.shape[-1]) < full, flushed, kept) if full else kept


def narrow(partial_sums):
    """Sums in the storage format, in so many partial sums that take the terms in turn."""

    class Narrow(NumpyNetwork):
        def affine(self, operands, weights, *addends):
            (x, *others), (W, *kernels) = operands, weights
            products = [self.stored(a @ V) for a, V in zip(others, kernels)]
            return sum(products, self.sums(x, W)) + addends[0]

        def sums(self, x, W):
            totals = np.zeros((partial_sums, len(x), W.shape[1]), np.float32)
            rest = -len(W) % partial_sums
            terms = (x[:, :, None] * W).swapaxes(0, 1)
            terms = np.concatenate([terms, np.zeros((rest, *terms.shape[1:]), np.float32)])
            for some in terms.reshape(-1, *totals.shape):
                totals = self.stored(totals + self.stored(some))
            result = totals[0]
            for total in totals[1:]:
                result = self.stored(result + total)
            return result

    return Narrow


# --- Subnormals ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_implementation_that_keeps_subnormals_is_held_to_it(dtype):
    assert probe(NumpyNetwork, dtype) == replace(IEEE[dtype], flushes_subnormals=False)


@pytest.mark.parametrize("network", [Flushing, FlushingResultsOnly, FlushingInTheVectorOnly])
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_implementation_that_flushes_subnormals_is_found_out(dtype, network):
    assert probe(network, dtype) == IEEE[dtype]


# --- Sums ------------------------------------------------------------------------------------


@pytest.mark.parametrize("partial_sums", [1, 2, 8, 16, 32, 64])
@pytest.mark.parametrize("dtype", NARROW)
def test_sums_in_16_bits_are_found_out_however_many_partial_sums_there_are(dtype, partial_sums):
    expected = narrow_sums(replace(IEEE[dtype], flushes_subnormals=False))
    assert probe(narrow(partial_sums), dtype) == expected


@pytest.mark.parametrize("dtype", WIDE_DTYPES)
def test_wide_dtypes_have_no_narrower_sums_to_be_found(dtype):
    assert probe(NumpyNetwork, dtype).accumulation == FORMATS[dtype]
    assert probe(NumpyNetwork, dtype).storage == FORMATS[dtype]


@pytest.mark.parametrize("dtype", NARROW)
def test_sums_in_float32_are_not_taken_for_narrow_ones_in_any_order(dtype):
    class Shuffled(NumpyNetwork):
        def affine(self, operands, weights, *addends):
            (x, *others), (W, *kernels) = operands, weights
            order = np.random.default_rng(0).permutation(x.shape[1])
            total = np.zeros((len(x), W.shape[1]), np.float32)
            for i in order:
                total += x[:, i, None] * W[i]
            products = [self.stored(a @ V) for a, V in zip(others, kernels)]
            return sum(products, self.stored(total)) + addends[0]

    assert probe(Shuffled, dtype).accumulation == FORMATS["float32"]


@pytest.mark.parametrize("dtype", ["bfloat16", "mixed_bfloat16"])
def test_products_that_are_cut_when_stored_are_found_out(dtype):
    class Cutting(NumpyNetwork):
        def affine(self, operands, weights, *addends):
            products = (towards_zero(a @ W, "bfloat16") for a, W in zip(operands, weights))
            return self.stored(sum(products)) + addends[0]

    assert probe(Cutting, dtype) == truncated(replace(IEEE[dtype], flushes_subnormals=False))


# --- Modes, and implementations that do not answer -------------------------------------------


class InModes(NumpyNetwork):
    """In mode "flush" subnormals become zero, in mode "narrow" sums are stored as they grow."""

    def answer(self, inputs, mode, **more):
        network = {"flush": Flushing, "narrow": narrow(4)}.get(mode, NumpyNetwork)
        other = network(self.size, self.dtype)
        other.set_weights(self.weights)
        return other.answer(inputs, mode, **more)


@pytest.mark.parametrize(
    ("modes", "flushes", "is_narrow"),
    [
        (("call",), False, False),
        (("flush",), True, False),
        (("call", "flush"), True, False),
        (("narrow", "call"), False, True),
        (("call", "narrow", "flush"), True, True),
    ],
)
def test_each_mode_that_is_run_counts_and_no_other(modes, flushes, is_narrow):
    found = probe(InModes, "bfloat16", modes)
    assert found.flushes_subnormals == flushes
    assert (found == narrow_sums(found)) == is_narrow


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_implementation_that_raises_is_left_at_what_it_declares(dtype):
    class Raises(NumpyNetwork):
        def answer(self, inputs, mode, **more):
            raise RuntimeError("not today")

    assert probe(Raises, dtype) == IEEE[dtype]


def test_what_was_found_before_an_implementation_raised_is_kept():
    class RaisesForManyTerms(NumpyNetwork):
        def answer(self, inputs, mode, **more):
            if inputs.shape[2] > 100:
                raise MemoryError
            return super().answer(inputs, mode, **more)

    assert probe(RaisesForManyTerms, "float16") == replace(
        IEEE["float16"], flushes_subnormals=False
    )


def test_a_declared_row_is_kept_but_for_what_was_found():
    class Declares(NumpyLoop):
        def arithmetic(self, dtype):
            return replace(IEEE[dtype], operand_bits=11)

    found = probed(Declares(), "float32", ("call",), SIMPLE_RNN)
    assert found == replace(IEEE["float32"], operand_bits=11, flushes_subnormals=False)


def test_an_implementation_conforms_to_the_row_that_was_found_and_not_to_the_one_declared(
    monkeypatch,
):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.05)

    class Variant(NumpyLoop):
        network_class = narrow(2)

    assert check(EVERY_STEP, subject_of(Variant(), "float16")).verdict == "conforms"
    monkeypatch.setattr(subject, "probed", lambda implementation, dtype, modes, cell: IEEE[dtype])
    assert check(EVERY_STEP, subject_of(Variant(), "float16", max_examples=60)).verdict == "fails"
