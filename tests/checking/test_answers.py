"""Networks with options: what of an answer is judged, and what several calls are judged as."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from conformance.cells import SIMPLE_RNN
from conformance.checking import search as searching
from conformance.checking.asking import ask
from conformance.checking.check import check
from conformance.checking.drawing import option_cases
from conformance.checking.judging import judge_answer, judge_calls
from conformance.checking.record import Nonconformity, Record
from conformance.checking.run import Run
from conformance.checking.subject import Subject
from conformance.implementations.numpy_loop import NumpyLoop, NumpyNetwork
from conformance.properties import all_properties
from strategies import Dimensions, Options
from strategies.cases import case_of_seed
from strategies.pieces import in_pieces, joined

PROPERTIES = all_properties()
GOES_ON = PROPERTIES["test_a_stateful_network_goes_on_where_it_was"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(searching, "SIMPLIFY_SECONDS", 0.05)


def case_with(seed=1, N=3, T=5, **options):
    chosen = Options(shows_hidden=True, **options)
    size = Dimensions(SIMPLE_RNN, N, T, 2, 3, 2, options=chosen)
    return case_of_seed(size, "float32", "normal", seed)


def subject_of(implementation=None, **run):
    return Subject(implementation or NumpyLoop(), "call", "float32", Run(**{"seed": 1, **run}))


def record_of(implementation=None):
    return Record(subject_of(implementation))


@pytest.mark.parametrize("backwards", [False, True])
def test_pieces_are_joined_to_what_the_state_went_through(backwards):
    case = case_with(go_backwards=backwards, mask="holes")
    pieces = in_pieces(case, [2, 3])
    assert [piece.T for piece in pieces] == [2, 1, 2]
    whole = joined(pieces)
    processed = [piece.processed for piece in pieces]
    assert (whole.processed.inputs == np.concatenate([p.inputs for p in processed], axis=1)).all()
    assert (whole.processed.used == np.concatenate([p.used for p in processed], axis=1)).all()


SHOWN = [{"return_sequences": True}, {"return_state": True}, {}]


@pytest.mark.parametrize("shown", SHOWN, ids=["sequences", "state", "nothing"])
@pytest.mark.parametrize("more", [{}, {"mask": "holes"}, {"go_backwards": True}])
def test_a_network_that_goes_on_is_right_and_one_that_forgets_is_not(shown, more):
    case = case_with(stateful=True, **shown, **more)
    pieces = in_pieces(case, [2])
    judge_calls(record_of(), pieces)

    class Forgetful(NumpyNetwork):
        def first_state(self, N, given, recorded):
            return self.initial_state(N) if given is None else given

    with pytest.raises(Nonconformity):
        judge_calls(record_of(loop_of(Forgetful)), pieces)


def loop_of(network):
    implementation = NumpyLoop()
    implementation.network_class = network
    return implementation


class AsInKeras2(NumpyNetwork):
    """An initial state that is given counts only while the recorded one is zero."""

    def first_state(self, N, given, recorded):
        if recorded is not None and recorded.any():
            return recorded
        return NumpyNetwork.first_state(self, N, given, recorded)


@pytest.mark.parametrize("overrides", [False, True])
@pytest.mark.parametrize("network", [NumpyNetwork, AsInKeras2])
def test_whether_a_given_state_overrides_the_recorded_one_is_declared(overrides, network):
    implementation = loop_of(network)
    implementation.initial_state_overrides = overrides
    verdict = check(GOES_ON, subject_of(implementation, max_examples=60)).verdict
    as_declared = overrides == (network is NumpyNetwork)
    assert verdict == ("conforms" if as_declared else "fails")


def test_a_state_that_was_not_asked_for_is_refused():
    class Talkative(NumpyNetwork):
        def answer(self, inputs, mode, **more):
            found = NumpyNetwork.answer(self, inputs, mode, **more)
            return found._replace(states=(np.zeros((len(inputs), self.size.M), np.float32),))

    with pytest.raises(Nonconformity, match="1 states were returned, must be 0"):
        ask(record_of(loop_of(Talkative)), case_with())


def test_the_returned_state_must_be_the_emitted_one_to_the_last_bit():
    class Off(NumpyNetwork):
        def answer(self, inputs, mode, **more):
            found = NumpyNetwork.answer(self, inputs, mode, **more)
            return found._replace(states=(np.nextafter(*found.states, np.float32(2)),))

    case, record = case_with(return_sequences=True, return_state=True), record_of(loop_of(Off))
    with pytest.raises(Nonconformity, match="the returned state is not the one after the last"):
        judge_answer(record, case, ask(record, case))


@pytest.mark.parametrize("wanted", [{"stateful": True}, {"masked": True, "unroll": False}])
def test_cases_have_what_is_wanted_of_them(wanted):
    @given(option_cases(subject_of(), **wanted))
    @settings(max_examples=20, database=None, deadline=None)
    def check_one(case):
        assert wanted == {name: getattr(case.options, name) for name in wanted}

    check_one()
