"""Every fault of the catalogue is caught and named; other ways to round are neither."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from catches import CATCHES
from subjects import PROPERTIES

from conformance import faults
from conformance.cells import CELLS, GRU, LSTM, SIMPLE_RNN
from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.checking.subject import Run, Subject
from conformance.expected.comparison import compare
from conformance.expected.end import propagated_output
from conformance.expected.steps import residual_state
from conformance.faults import FAULTS, explaining_fault, faults_of, seeded_fault
from conformance.faults.catalogue import enter
from conformance.implementations.keras.tensorflow import KerasTensorFlow
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from conformance.implementations.protocol import ImplementationError
from conformance.numerics.arithmetic import IEEE
from conformance.numerics.bounded import Bounded
from conformance.score.order import by_likelihood
from strategies import DTYPES, EVERY_STEP, WIDE_DTYPES, Dimensions, notebook_case
from strategies.cases import case_of_seed

SEED = 1

#: NumPy prints no summary and has a single mode: what catches their faults is in `test_keras`.
ONLY_IN_KERAS = {"test_summary_prints_shapes_and_counts", "test_modes_agree_on_one_network"}
ONLY_IN_KERAS |= {
    "test_state_is_carried_over_the_batches_of_predict",
    "test_predict_in_batches_equals_all_at_once",
}
#: Nor is it trained, wrapped, saved, or given what it should refuse: faults of these are in Keras.
CLAUSES_OF_KERAS = (
    "constraints",
    "dropout",
    "initializers",
    "invalid arguments",
    "optimizers",
    "regularizers",
    "serialization",
    "trainable",
    "wrappers",
)
ONLY_IN_KERAS |= {name for name, found in PROPERTIES.items() if found.clause in CLAUSES_OF_KERAS}

#: The same in 16-bit dtypes, where smaller faults do not show.
CATCHES_IN_16_BITS = {
    "test_every_step_equals_the_recurrence": "recurrent_kernel_transposed",
    "test_exact_sums_leave_only_the_activation": "recurrent_kernel_transposed",
}
NARROW = [dtype for dtype in DTYPES if dtype not in WIDE_DTYPES]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.05)


def catches(name, implementation, seed=SEED, dtypes=DTYPES, layer="simple_rnn", **run):
    """Whether a property fails for a layer of an implementation, in some dtype."""
    found = PROPERTIES[name]
    for dtype in filter(found.applies_to, dtypes):
        mode = "call" if found.per_mode else None
        subject = Subject(implementation, mode, dtype, Run(seed=seed, **run), cell=CELLS[layer])
        if check(found, subject).verdict == "fails":
            return True
    return False


def likely_first(group):
    return [found.name for found in by_likelihood(PROPERTIES.values(), group)]


# --- Faults are caught -----------------------------------------------------------------------


@pytest.mark.parametrize("name", faults_of("numpy"))
def test_a_fault_is_caught_by_some_property(name):
    implementation = seeded_fault(NumpyLoop(), name)
    fault = FAULTS[name]
    likely = likely_first(fault.group)
    assert any(catches(found, implementation, layer=fault.layer) for found in likely)


GATED = {"lstm": LSTM, "gru": GRU}


#: Faults that a gated cell has in common with SimpleRNN.
COMMON = ("no_bias", "no_recurrence", "last_step_skipped", "time_reversed", "batch_reversed",
          "sums_in_float16", "initial_state_is_one")  # fmt: skip


@pytest.mark.parametrize("layer", GATED)
@pytest.mark.parametrize("name", COMMON)
def test_a_fault_of_every_layer_is_caught_in_gated_ones_too(name, layer):
    implementation = seeded_fault(NumpyLoop(), name)
    likely = likely_first(FAULTS[name].group)
    assert any(catches(found, implementation, layer=layer) for found in likely)


#: Faults that show in a format of 8 bits.
GROSS = ("recurrent_kernel_transposed", "no_bias", "last_step_skipped", "nan_becomes_zero",
         "activation_is_always_tanh", "sums_saturate", "negative_zero_counts")  # fmt: skip


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("name", GROSS)
def test_a_gross_fault_is_caught_in_16_bits_too(name, dtype):
    implementation = seeded_fault(NumpyLoop(), name)
    narrow = [found for found in likely_first(FAULTS[name].group) if PROPERTIES[found].narrow]
    assert any(catches(found, implementation, dtypes=[dtype]) for found in narrow)


@pytest.mark.parametrize("name", [name for name, found in PROPERTIES.items() if found.narrow])
def test_a_property_of_16_bit_dtypes_catches_its_fault_in_one_of_them(name):
    fault = CATCHES_IN_16_BITS.get(name, CATCHES[name])
    assert catches(name, seeded_fault(NumpyLoop(), fault), dtypes=NARROW)


@pytest.mark.parametrize("seed", range(4, 9))
def test_what_is_wrong_with_initial_weights_alone_shows_whatever_the_networks(seed):
    # Chance is excluded only for kernels with many entries; a run has few networks that large.
    implementation = seeded_fault(NumpyLoop(), "fresh_kernel_is_positive")
    assert catches("test_fresh_kernels_are_glorot_uniform", implementation, seed)


@pytest.mark.parametrize("name", [name for name in PROPERTIES if name not in ONLY_IN_KERAS])
def test_a_property_catches_some_fault(name):
    assert catches(name, seeded_fault(NumpyLoop(), CATCHES[name]))


def test_what_only_keras_has_is_not_applicable_to_numpy():
    subject = Subject(NumpyLoop(), None, "float32", Run())
    not_applicable = {name for name, found in PROPERTIES.items() if found.missing(subject)}
    assert not_applicable == ONLY_IN_KERAS


# --- The catalogue ---------------------------------------------------------------------------


def test_faults_are_described_in_one_sentence_of_their_own():
    sentences = [fault.sentence for fault in FAULTS.values()]
    assert len(set(sentences)) == len(FAULTS) > 250
    for sentence in sentences:
        first = sentence.split()[0]  # a word, or the name of what is wrong
        assert first[0].isupper() or any(mark in first for mark in ("_", "()", "."))
        assert "\n" not in sentence
        assert len(sentence) < 90
        assert not sentence.endswith(".")


def test_no_sentence_stands_twice():
    texts = Counter(
        node.value.strip().rstrip(".")
        for path in Path(faults.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    assert {fault.sentence: texts[fault.sentence] for fault in FAULTS.values()} == dict.fromkeys(
        (fault.sentence for fault in FAULTS.values()), 1
    )


def test_a_fault_can_be_seeded_into_something_and_into_both_under_one_name():
    assert all(fault.numpy or fault.keras for fault in FAULTS.values())
    both = faults_of("numpy").keys() & faults_of("keras").keys()
    assert len(both) > 40


def no_bias(tf):
    """The bias is forgotten."""


def of_no_sentence(tf):
    pass


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (no_bias, "no_bias: its sentence and its group are in the catalogue already"),
        (of_no_sentence, "of_no_sentence: a fault needs a docstring, its sentence"),
    ],
)
def test_a_second_sentence_is_refused_and_so_is_none(function, said):
    with pytest.raises(ValueError, match=f"^{said}$"):
        enter(function, "equation")


def test_names_are_unique_and_those_of_the_classes():
    networks = [fault.numpy for fault in faults_of("numpy").values()]
    assert len(set(networks)) == len(networks)
    assert [network.__name__ for network in networks] == list(faults_of("numpy"))
    assert [fault.name for fault in FAULTS.values()] == list(FAULTS)


def test_every_fault_has_a_group():
    assert all(fault.group for fault in FAULTS.values())


def test_a_faulty_implementation_says_so_in_its_name():
    assert seeded_fault(NumpyLoop(), "no_bias").name == "numpy+no_bias"
    assert seeded_fault(KerasTensorFlow(), "no_bias").name == "keras+no_bias"


def test_a_fault_that_keras_cannot_be_given_is_refused_with_those_that_it_can():
    with pytest.raises(ImplementationError, match=r"^--fault: bias_twice is not for keras; these"):
        seeded_fault(KerasTensorFlow(), "bias_twice")


# --- Explanations ----------------------------------------------------------------------------


def a_case(N=3, T=6, D=4, M=10, K=4, dtype="float32", texture="normal", seed=0, cell=SIMPLE_RNN):
    size = Dimensions(cell, N, T, D, M, K)
    return case_of_seed(size, dtype, texture, seed)


def network_of(name, case):
    size = case.dimensions.network._replace(options=EVERY_STEP)
    network = (FAULTS[name].numpy if name else NumpyNetwork)(size, case.dtype)
    network.set_weights(case.weights)
    return network


def outputs_of(name, case):
    """The last outputs of the NumPy loop with a fault, or without for None, as compared."""
    got = network_of(name, case).answer(case.inputs, "call").output[:, -1]
    return compare("output", got, propagated_output(case, IEEE[case.dtype]))


@pytest.mark.parametrize(
    "name",
    [
        "recurrent_kernel_transposed",
        "no_recurrence",
        "no_bias",
        "bias_twice",
        "relu_for_tanh",
        "time_reversed",
        "last_step_skipped",
        "initial_state_is_one",
        "batch_reversed",
        "no_dense_bias",
        "sums_in_float16",
        "state_scaled_slightly",
    ],
)
@pytest.mark.parametrize("dtype", WIDE_DTYPES)
def test_a_fault_is_named_from_its_numbers(name, dtype):
    case = a_case(dtype=dtype)
    comparison = outputs_of(name, case)
    assert not comparison.within
    assert explaining_fault(case, comparison).name == name


@pytest.mark.parametrize(
    "name",
    [fault.name for fault in faults_of("numpy").values() if fault.group == "gates"],
)
def test_a_fault_of_gates_is_named_from_its_numbers(name):
    case = a_case(cell=GATED[FAULTS[name].layer])
    comparison = outputs_of(name, case)
    assert not comparison.within
    assert explaining_fault(case, comparison).name == name


@pytest.mark.parametrize("layer", GATED)
def test_right_numbers_of_a_gated_cell_are_explained_by_no_fault(layer):
    case = a_case(cell=GATED[layer])
    right = outputs_of(None, case)
    assert right.within
    got = right.expected + 37
    wrong = compare("output", got.astype("float32"), Bounded(right.expected, right.bound))
    assert explaining_fault(case, wrong) is None


def test_a_fault_is_named_from_the_states_too():
    case = a_case().replace(options=EVERY_STEP)
    states = network_of("recurrent_kernel_transposed", case).answer(case.inputs, "call").hidden
    comparison = compare("state", states, residual_state(case, states, IEEE["float32"]))
    assert not comparison.within
    assert explaining_fault(case, comparison).name == "recurrent_kernel_transposed"


@pytest.mark.parametrize("ulps", [-1, 1])
def test_a_fault_is_named_where_a_zero_was_expected_and_tanh_is_another(ulps):
    # The samples 0 and 1, exchanged: where 0 was expected the bound is next to nothing.
    one = np.ones((1, 1), "float32")
    case = a_case(2, 1, 1, 1, 1).replace(
        inputs=np.array([[[0.0]], [[1.0]]], "float32"),
        kernel=-0.4 * one,
        recurrent_kernel=0 * one,
        bias=0 * one[0],
        dense_kernel=-one,
        dense_bias=0 * one[0],
    )
    right = outputs_of("batch_reversed", case)
    got = right.got + (ulps * np.spacing(right.got)) * (right.got != 0)
    wrong = compare("output", got, Bounded(right.expected, right.bound))
    assert explaining_fault(case, wrong).name == "batch_reversed"


@pytest.mark.parametrize("case", [a_case(), a_case(1, 1, 1, 1, 1), notebook_case(SIMPLE_RNN)])
def test_right_numbers_are_explained_by_no_fault(case):
    comparison = outputs_of(None, case)
    assert comparison.within
    assert explaining_fault(case, comparison) is None


@pytest.mark.parametrize("beyond", [1.01, 1.5, 1.9])
def test_a_fault_that_does_not_show_in_the_case_explains_nothing(beyond):
    # With one sample, step, feature and unit most faults compute the right number, and are as
    # near to what was got as that is.
    case = a_case(1, 1, 1, 1, 1)
    right = outputs_of(None, case)
    got = right.expected + beyond * right.bound
    wrong = compare("output", got, Bounded(right.expected, right.bound))
    assert not wrong.within
    fault = explaining_fault(case, wrong)
    if fault is not None:
        assert not outputs_of(fault.name, case).within


@pytest.mark.parametrize("seed", range(20))
def test_numbers_of_no_fault_are_explained_by_none_whatever_the_sizes(seed):
    rng = np.random.default_rng(seed)
    case = a_case(*(int(n) for n in rng.integers(1, 20, 5)), seed=seed)
    right = outputs_of(None, case)
    got = right.expected + 37 + rng.random(right.expected.shape)
    wrong = compare("output", got.astype("float32"), Bounded(right.expected, right.bound))
    assert explaining_fault(case, wrong) is None
