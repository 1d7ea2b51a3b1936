"""The user's own: functions, classes and objects, what they may declare, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from subjects import (
    EVERY_STEP,
    LAST_OUTPUT,
    PROPERTIES,
    check_function,
    forward,
    subject_of,
)

from conformance import Implementation, Network
from conformance.checking.check import check
from conformance.checking.results import CONFORMS, DEVIATES, FAILS, NOT_APPLICABLE
from conformance.deviations.conditions import Condition
from conformance.deviations.reading import NO_FACTS, Deviation, read_deviations
from conformance.implementations.capabilities import OUTPUT, STATES
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.implementations.own import as_implementation
from conformance.implementations.protocol import ImplementationError

GRADIENTS_EQUAL = PROPERTIES["test_gradients_equal_the_recurrence_run_backwards"]


def states_and_outputs(x, Wx, Wh, bh, Wo, bo):
    h, states = np.zeros((len(x), len(bh)), x.dtype), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + bh)
        states.append(h)
    states = np.stack(states, axis=1)
    return states, states @ Wo + bo


def gradients(x, Wx, Wh, bh, Wo, bo, by_states, by_outputs):
    """The notebook's network backwards, one product at a time."""
    h, _ = states_and_outputs(x, Wx, Wh, bh, Wo, bo)
    by = [np.zeros_like(array) for array in (x, Wx, Wh, bh)]
    later = np.zeros_like(h[:, 0])
    for t in reversed(range(x.shape[1])):
        before = h[:, t - 1] if t else np.zeros_like(h[:, 0])
        by_z = (by_states[:, t] + by_outputs[:, t] @ Wo.T + later) * (1 - h[:, t] * h[:, t])
        later = by_z @ Wh.T
        by[0][:, t] = by_z @ Wx.T
        by[1] += x[:, t].T @ by_z
        by[2] += before.T @ by_z
        by[3] += by_z.sum(axis=0)
    return (*by, np.einsum("ntm,ntk->mk", h, by_outputs), by_outputs.sum(axis=(0, 1)))


def declaring(**attributes):
    """A function that declares more."""

    def function(*tensors):
        return forward(*tensors)

    for name, value in attributes.items():
        setattr(function, name, value)
    return function


class Mine(NumpyLoop):
    name = ""


class NeedsArguments(NumpyLoop):
    def __init__(self, path):
        self.path = path


class CallableObject:
    def __call__(self, *tensors):
        return forward(*tensors)


# --- What can be tested ----------------------------------------------------------------------


@pytest.mark.parametrize("thing", [forward, Mine, Mine(), CallableObject()])
def test_functions_classes_and_objects_can_be_tested(thing):
    implementation = as_implementation(thing)
    assert implementation.name
    assert check(LAST_OUTPUT, subject_of(implementation)).verdict == CONFORMS


def test_what_has_no_name_is_called_by_where_it_is():
    assert as_implementation(forward).name == "subjects:forward"
    assert as_implementation(Mine).name == "test_own:Mine"
    assert as_implementation(Mine, "here:Mine").name == "here:Mine"
    assert as_implementation(NumpyLoop()).name == "numpy"


def test_a_function_that_shows_its_states_is_judged_by_step():
    result = check_function(declaring(states_and_outputs=states_and_outputs), EVERY_STEP)
    assert result.verdict == CONFORMS
    assert result.cases > 10
    assert check_function(forward, EVERY_STEP).verdict == NOT_APPLICABLE


def test_wrong_states_are_noticed():
    def wrong(*tensors):
        states, outputs = states_and_outputs(*tensors)
        return states * np.float32(1 - 1e-5), outputs

    assert check_function(declaring(states_and_outputs=wrong), EVERY_STEP).verdict == FAILS


def test_states_that_are_no_pair_are_one_sentence():
    result = check_function(declaring(states_and_outputs=forward), EVERY_STEP)
    assert result.reason == (
        "states_and_outputs returned a ndarray: must be a pair, the states (N, T, M) and the "
        "outputs (N, T, K)"
    )


#: What a wrong backward pass may do to each of its six arrays, and what is said then.
WRONG_GRADIENTS = [
    (0, lambda by: by * (1 - 1e-4 * (np.arange(by.shape[-1]) == 0)).astype(by.dtype),
     "the gradient by the inputs differs"),
    (0, lambda by: by * 1.0001, "the gradient by the preactivations differs"),
    (1, lambda by: by * 1.0001, "the gradient by the kernel differs"),
    (2, lambda by: by.T, "the gradient by the recurrent kernel differs"),
    (3, lambda by: by / 2, "the gradient by the bias differs"),
    (4, lambda by: by * 1.0001, "the gradient by the dense kernel differs"),
    (5, lambda by: by[::-1], "the gradient by the dense bias differs"),
]  # fmt: skip


def with_gradients(function):
    return declaring(states_and_outputs=states_and_outputs, gradients=function)


def test_a_function_with_a_backward_pass_of_its_own_is_judged_by_step_backwards():
    result = check_function(with_gradients(gradients), GRADIENTS_EQUAL)
    assert (result.verdict, result.cases > 10) == (CONFORMS, True)
    without = check_function(declaring(states_and_outputs=states_and_outputs), GRADIENTS_EQUAL)
    assert (without.verdict, without.reason) == (NOT_APPLICABLE, "needs gradients")


@pytest.mark.parametrize(("place", "change", "sentence"), WRONG_GRADIENTS)
def test_the_gradient_that_is_wrong_is_named(place, change, sentence):
    def wrong(*tensors):
        by = [*gradients(*tensors)]
        by[place] = change(by[place]).copy()
        return by

    result = check_function(with_gradients(wrong), GRADIENTS_EQUAL)
    assert result.verdict == FAILS
    assert str(result.failure.error).startswith(sentence)


def test_gradients_that_are_not_six_arrays_are_one_sentence():
    result = check_function(with_gradients(lambda *tensors: tensors[:5]), GRADIENTS_EQUAL)
    assert result.reason == (
        "gradients returned a tuple of 5: must be 6 arrays, by x, kernel, recurrent_kernel, bias, "
        "dense_kernel, dense_bias"
    )


def test_a_dtype_that_is_not_declared_is_not_applicable():
    function = declaring(dtypes=("float64",))
    result = check_function(function)  # float32
    assert (result.verdict, result.reason, result.cases) == (NOT_APPLICABLE, "needs float32", 0)


def test_a_network_must_answer():
    class Boasting(Implementation):
        name = "boasting"
        capabilities = frozenset({OUTPUT, STATES})

        def network(self, size, dtype):
            class Silent(Network):
                def set_weights(self, weights):
                    pass

            return Silent()

    result = check(EVERY_STEP, subject_of(Boasting()))
    assert result.reason == "Silent defines no answer"


# --- Known deviations ------------------------------------------------------------------------


def deviating(function=forward, **fields):
    """The result for a function of which a deviation is known."""
    known = {
        "name": "issue 12",
        "implementations": ("mine:forward",),
        "properties": ("*",),
        "versions": (),
        "when": Condition(fields.pop("when", "True"), tuple(NO_FACTS)),
        "reason": "the signs are upside down",
    }
    implementation = as_implementation(function, "mine:forward")
    subject = subject_of(implementation, deviations=[Deviation(**{**known, **fields})])
    return check(LAST_OUTPUT, subject)


def upside_down(*tensors):
    return -forward(*tensors)


def test_a_known_deviation_is_neither_a_pass_nor_a_failure():
    result = deviating(upside_down)
    assert (result.verdict, result.reason) == (DEVIATES, "issue 12")
    # Where the right output is zero, it is right upside down.
    deviated, met = result.deviations["issue 12"]
    assert 15 < deviated <= met == result.cases == 21


def test_a_known_deviation_that_does_not_show_is_counted():
    result = deviating()
    assert (result.verdict, result.deviations) == (CONFORMS, {"issue 12": (0, 21)})


@pytest.mark.parametrize(
    "other",
    [
        {"properties": (EVERY_STEP.name,)},
        {"implementations": ("yours:forward", "numpy")},
        {"when": "mode == 'xla'"},
        {"when": "dtype == 'float64'"},
        {"when": "T > 1000"},
    ],
    ids=str,
)
def test_a_known_deviation_excuses_nothing_else(other):
    assert deviating(upside_down, **other).verdict == FAILS
    assert deviating(**other).deviations == {}


def test_a_condition_on_a_case_does_not_apply_where_there_is_none():
    subject = subject_of(NumpyLoop(), per_mode=False)
    known = Condition("'relu' in (activation, dense_activation)", tuple(NO_FACTS))
    deviation = Deviation("issue 12", ("numpy",), ("*",), (), known, "reason")
    assert not deviation.applies(**subject.facts(None))
    subject.run.deviations = [deviation]
    assert check(PROPERTIES["test_fresh_biases_are_zero"], subject).verdict == CONFORMS


def test_one_entry_may_name_several_implementations(tmp_path):
    path = tmp_path / "list.toml"
    path.write_text(
        "[[deviation]]\nname = 'n'\nimplementation = ['a', 'b']\nproperties = ['*']\n"
        "versions = ['a>=1']\nwhen = 'True'\nreason = 'r'\nunstated = 'u'\n",
        encoding="utf-8",
    )
    (entry,) = read_deviations([path])
    assert [entry.concerns(name, "test_x", {"a": "1.2"}) for name in "abc"] == [True, True, False]


def test_no_time_is_lost_on_simplifying_what_is_known():
    calls = []

    def counted(*tensors):
        calls.append(1)
        return upside_down(*tensors)

    result = deviating(counted)
    assert result.verdict == DEVIATES
    assert len(calls) == result.cases + 1  # one more finds out how it rounds


# --- What is refused -------------------------------------------------------------------------


def attribute(name, value):
    return type("Wrong", (NumpyLoop,), {name: value, "name": "wrong"})


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        (3, "3: is an int: must be a function or a conformance.Implementation"),
        (dict, "builtins:dict: is a class that is no subclass of conformance.Implementation"),
        (NeedsArguments, "test_own:NeedsArguments: cannot be made without arguments: TypeError: "),
        (Implementation, "conformance.implementations.protocol:Implementation: Implementation "
                         "defines no network"),
        (lambda x: x, "test_own:<lambda>: takes (x): must take (x, kernel, recurrent_kernel, "),
        (declaring(states_and_outputs=3), ".states_and_outputs is an int: must be a function"),
        (declaring(states_and_outputs=states_and_outputs, gradients=True),
         ".gradients is a bool: must be a function"),
        (with_gradients(forward), "bias, dense_kernel, dense_bias, by_states, by_outputs)"),
        (declaring(gradients=gradients), ".gradients needs test_own:declaring.<locals>.function.s"),
        (declaring(dtypes=("half",)), ": dtypes: 'half' is not one of float32, float64"),
        (declaring(dtypes="float32"), ": dtypes='float32': must be a collection of names"),
        (attribute("modes", ()), "wrong: modes=(): must be names, at least one"),
        (attribute("modes", "call"), "wrong: modes='call': must be names, at least one"),
        (attribute("capabilities", {"speed"}), "wrong: capabilities: 'speed' is not one of outp"),
        (attribute("costs", {"xla": 3}), "wrong: costs: 'xla' is not one of call"),
        (attribute("compiled_modes", {"xla"}), "wrong: compiled_modes: 'xla' is not one of call"),
    ],
)  # fmt: skip
def test_what_cannot_be_tested_is_one_sentence(thing, sentence):
    with pytest.raises(ImplementationError) as raised:
        as_implementation(thing)
    assert sentence in str(raised.value)
