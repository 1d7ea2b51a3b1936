"""Each fault of training that is seeded into Keras is caught by the property of its clause.

They are undone after each test, so that TensorFlow is imported once.
"""

from __future__ import annotations

import importlib.util

import pytest
from subjects import PROPERTIES

from conformance.checking import search as searching
from conformance.checking.check import check
from conformance.checking.subject import Run, Subject
from conformance.faults import FAULTS, FaultyKeras
from conformance.implementations.keras.tensorflow import KerasTensorFlow, load_tensorflow
from strategies import WIDE_DTYPES
from strategies.profiles import PROFILES

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)

#: The property that catches a fault.
CATCHES = {
    "gradient_stops_at_every_step": "test_gradients_equal_the_recurrence_run_backwards",
    "gradient_grows_slightly_through_time": (
        "test_gradients_with_any_options_equal_the_recurrence_run_backwards"
    ),
    "recurrent_kernel_has_no_gradient": "test_gradients_equal_the_recurrence_run_backwards",
    "gradient_scaled_in_graphs": "test_gradients_equal_the_recurrence_run_backwards",
    "dropout_mask_drawn_at_every_step": "test_a_dropout_mask_is_constant_over_time",
    "kept_inputs_not_scaled": "test_a_dropout_mask_is_constant_over_time",
    "one_mask_for_all_samples": "test_dropout_masks_are_drawn_independently",
    "recurrent_dropout_ignored": "test_dropout_masks_are_drawn_independently",
    "rate_slightly_too_small": "test_dropout_masks_are_drawn_independently",
    "dropout_left_on_after_training": "test_dropout_does_nothing_at_inference",
    "predict_runs_as_in_training": "test_dropout_does_nothing_at_inference",
    "seed_of_dropout_ignored": "test_the_same_seed_gives_the_same_masks",
    "l2_of_half": "test_penalties_equal_their_formulas",
    "l1_l2_without_l1": "test_penalties_equal_their_formulas",
    "l1_of_float16": "test_penalties_equal_their_formulas",
    "bias_regularizer_of_dense_dropped": "test_training_goes_down_the_penalties",
    "max_norm_along_the_other_axis": "test_constraints_hold_after_a_step",
    "non_neg_of_the_magnitude": "test_constraints_hold_after_a_step",
    "recurrent_constraint_given_to_the_kernel": "test_constraints_hold_after_a_step",
    "rate_of_min_max_norm_ignored": "test_constraints_hold_after_a_step",
    "trainable_in_the_constructor_ignored": "test_what_is_not_trainable_keeps_its_bits",
    "dense_moves_twice": "test_what_is_not_trainable_keeps_its_bits",
    **dict.fromkeys(
        (f.name for f in FAULTS.values() if f.group == "optimizers"),
        "test_steps_of_an_optimizer_equal_its_formula",
    ),
    "truncated_normal_not_widened": "test_initializers_have_their_documented_distribution",
    "orthogonal_with_a_biased_sign": "test_initializers_have_their_documented_distribution",
    "he_by_the_number_of_outputs": "test_initializers_have_their_documented_distribution",
    "seed_of_an_initializer_ignored": "test_the_same_seed_gives_the_same_weights",
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.05)


@pytest.fixture
def _undone():
    """Whatever a test patches in a class of Keras is as before after it."""
    keras = load_tensorflow().keras
    modules = (
        keras.initializers, keras.regularizers, keras.constraints, keras.losses, keras.optimizers,
        keras.optimizers.schedules,
    )  # fmt: skip
    classes = {c for m in modules for c in vars(m).values() if isinstance(c, type)}
    classes |= {keras.layers.SimpleRNN, keras.layers.SimpleRNNCell, keras.layers.Dense}
    classes |= {*keras.Model.__mro__} - {object}
    before = {c: dict(vars(c)) for c in classes}
    yield
    for c, attributes in before.items():
        for name in set(vars(c)) - set(attributes):
            delattr(c, name)
        for name, value in attributes.items():
            if vars(c)[name] is not value:
                setattr(c, name, value)


#: Of eight default runs 7 noticed the first of these and 3 the second: few of the networks that a
#: run draws have the one regularizer or initializer, or an argument of an optimizer. Three runs
#: look for them, one for others.
RUNS = {"l1_l2_without_l1": 3, "orthogonal_with_a_biased_sign": 3}
RUNS.update((fault.name, 3) for fault in FAULTS.values() if fault.group == "optimizers")


def fails(implementation, name, runs=1, **run):
    """Whether a property fails in some dtype; in the default profile unless ``run`` says other."""
    found = PROPERTIES[name]
    subjects = (
        Subject(implementation, mode, dtype, Run(seed=seed, **run))
        for seed in range(1, runs + 1)
        for dtype in WIDE_DTYPES
        for mode in found.modes(implementation, ("call", "graph"))
    )
    return any(check(found, subject).verdict == "fails" for subject in subjects)


@pytest.mark.usefixtures("_undone")
@pytest.mark.parametrize("fault", CATCHES)
def test_a_fault_of_training_is_caught(fault):
    assert fails(FaultyKeras(FAULTS[fault]), CATCHES[fault], RUNS.get(fault, 1))


@pytest.mark.parametrize("name", sorted({*CATCHES.values()}))
def test_without_a_fault_a_property_of_training_does_not_fail(name):
    assert not fails(KerasTensorFlow(), name, profile=PROFILES["quick"])


def test_every_fault_and_every_property_of_training_is_here():
    groups = {"gradients", "dropout", "regularizers", "constraints", "trainable", "initializers"}
    groups.add("optimizers")
    # What Keras does not do right without a fault no fault can show.
    wrong = {"test_no_gradient_depends_on_what_is_masked"}
    assert {*CATCHES} == {f.name for f in FAULTS.values() if f.keras and f.group in groups}
    assert {*CATCHES.values()} == {n for n, p in PROPERTIES.items() if p.clause in groups} - wrong
