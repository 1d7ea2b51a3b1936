"""The lines of a script that judge an answer agree with the property that was judged."""

from __future__ import annotations

import contextlib
import dataclasses
import io

import numpy as np
import pytest
from hypothesis import given, settings
from subjects import PROPERTIES

from conformance.cells import CELLS
from conformance.checking import search as searching
from conformance.checking.asking import ask_afresh
from conformance.checking.check import check
from conformance.checking.drawing import activated_cases, option_cases, plain_cases
from conformance.checking.judging import judge_answer
from conformance.checking.record import Nonconformity, Question, Record
from conformance.checking.run import Run
from conformance.checking.subject import Subject
from conformance.failures import of_answers
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from strategies import WIDE_DTYPES

OPTIONS = PROPERTIES["test_any_options_together_equal_the_recurrence"]
DRAWN = {
    "plain": plain_cases,
    "every step": lambda subject: plain_cases(subject, every_step=True),
    "activations": lambda subject: activated_cases(subject, every_step=True),
    "options": option_cases,
}


def subject_of(cell="simple_rnn", dtype="float32", implementation=None):
    run = Run(seed=1, max_examples=60)
    return Subject(implementation or NumpyLoop(), "call", dtype, run, cell=CELLS[cell])


def lines_find_it_wrong(lines, case, answer):
    hidden = [] if answer.hidden is None else [answer.hidden]
    arrays = {"got": [*hidden, *answer.states, answer.output], **of_answers._named(case)}
    names = {"np": np, **{name: getattr(np, name) for name in ("array", "inf", "nan")}, **arrays}
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            exec(lines, names)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("dtype", WIDE_DTYPES)
@pytest.mark.parametrize("cell", CELLS)
def test_a_right_answer_is_found_right_and_a_wrong_one_wrong(cell, dtype, kind):
    subject = subject_of(cell, dtype)

    @given(DRAWN[kind](subject))
    @settings(max_examples=20, database=None, derandomize=True, deadline=None)
    def agree(case):
        if of_answers._beyond_a_script(Question(case, "call")):
            return
        record = Record(subject)
        with np.errstate(all="ignore"):
            answer = ask_afresh(record, case)
            judge_answer(record, case, answer)
            lines = of_answers._verdict(subject, case, answer, case.T)
        assert not lines_find_it_wrong(lines, case, answer), lines
        if record.informative:
            wrong = answer.output + answer.output.dtype.type(1)
            assert lines_find_it_wrong(lines, case, answer._replace(output=wrong)), lines

    agree()


class StateIsOff(NumpyNetwork):
    """The state that is returned is the next number after the one that is put out."""

    def answer(self, inputs, mode, **more):
        answer = super().answer(inputs, mode, **more)
        if self.options.return_sequences or self.size.activation != "tanh":
            return answer
        (state,) = answer.states or (np.zeros(0),)
        next_one = np.nextafter(state, state.dtype.type(9))
        off = np.where(abs(state) > 0.1, next_one, state)  # where rounding explains it
        return answer._replace(states=(off,) if answer.states else ())


class OffLoop(NumpyLoop):
    """Has such networks."""

    name, network_class = "test_script_lines:OffLoop", StateIsOff


def of_tanh(case):
    return case.replace(activation="tanh")


def test_what_those_lines_do_not_find_is_shown_by_the_property(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 1.0)
    subject = subject_of(implementation=OffLoop())
    # A state that a tanh made is rounded, so that its next number is explained as well.
    states = {"return_state": True, "return_sequences": False, "initial_state": False}
    draws = {"case": lambda subject: option_cases(subject, **states).map(of_tanh)}
    result = check(dataclasses.replace(OPTIONS, draws=draws), subject)
    assert result.reason.startswith("the returned state is not the one after the last step")
    shown = of_answers.script(OPTIONS, subject, result.failure)
    with pytest.raises(Nonconformity, match="the returned state is not the one after"):
        exec(shown.text, {})
