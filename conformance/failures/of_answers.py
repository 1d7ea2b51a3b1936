"""A script that asks again what was asked, and fails as the property did.

For Keras and for a function of the user's it needs NumPy and the library only. Whatever else is
tested, a seeded fault above all, is something that this project builds, and so the script imports
it. What must come out is the cell's own equation, written as text.
"""

from __future__ import annotations

from typing import Optional, Sequence

import numpy as np

from conformance.checking.asking import checked, new_network
from conformance.checking.attempt import hung
from conformance.checking.judging import judge_answer
from conformance.checking.property import Property
from conformance.checking.record import Nonconformity, Question, Record
from conformance.checking.results import Failure
from conformance.checking.subject import Subject
from conformance.expected.end import propagated_output, propagated_states
from conformance.expected.recurrence import returned_of
from conformance.expected.steps import residual_output, residual_state
from conformance.failures.formulas import definitions, dense_text, loop_lines
from conformance.failures.libraries import Library, given_names, library
from conformance.failures.of_properties import property_script
from conformance.failures.script import TRIALS, Script, ends_with, loadable, shows
from conformance.implementations.protocol import Answer
from conformance.running.text import one_line
from strategies import WIDE_DTYPES, Case
from strategies.textures import array_text

_HEAD = '''\
"""{sentence}: shown to be false{mode}."""
import numpy as np
{imports}
from numpy import array, float16, float32, inf, nan

'''
_COMPARED = """\
expected = [{expected}]
bounds = [
{bounds}
]
for a, b, bound in zip(got, expected, bounds):
    print("got", a, "expected", b, "difference", a - b, "bound", bound, sep="\\n")
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    within = same | (abs(a - b) <= bound) | np.isinf(bound)
    assert within.all(), "the difference is more than rounding explains"
"""
_REPEATED = """\
print("first", first[-1], "again", got[-1], sep="\\n")
assert first[-1].tobytes() == got[-1].tobytes(), "the same call gave other bits"
"""
_KIND = """\
for a, shape in zip(got, {shapes}):
    assert isinstance(a, np.ndarray), f"the result is a {{type(a)}}"
    assert a.shape == shape, f"the shape is {{a.shape}}, must be {{shape}}"
    assert a.dtype == "{dtype}", f"the result is {{a.dtype}}, must be {dtype}"
"""


def script(found: Property, subject: Subject, failure: Failure) -> Optional[Script]:
    """The script of a failure, or None where new networks do not show it every time.

    There is none either for what cannot be loaded by its name, as a function inside a function.
    Where a wrong answer shows it, the script asks; where that does not, it checks the property.
    """
    if not failure.repeats or not loadable(subject.implementation):
        return None
    wide = subject.dtype in WIDE_DTYPES
    questions, verdict = _shown_by(subject, failure) if wide else ([], "")
    if not questions:
        return None if hung(failure.error) else property_script(found, subject, failure)
    last = questions[-1]
    how = library(subject, last)
    modes = sorted({question.mode for question in questions})
    mode = ""
    if subject.implementation.modes != ("call",):
        mode = f" in mode {one_line(', '.join(modes))}".replace("\\", "\\\\").replace('"', "'")
    parts = [
        _HEAD.format(sentence=subject.titled(found.sentence), mode=mode, imports=how.imports),
        how.build,
    ]
    parts += ["\n"] if how.build else []
    as_they_are = verdict.startswith("for a, shape") and not how.is_keras  # which has tensors
    before: Optional[Case] = None
    for i, question in enumerate(questions):
        name = "got" if i == len(questions) - 1 else "first" if i == 0 else "other"
        arrays = _arrays(how, question.mode, as_they_are)
        parts += [_assignments(question.case, before), how.set_weights, f"{name} = {arrays}\n"]
        before = question.case
    parts += ["\n"] if verdict else []
    text = "".join([*parts, verdict])
    if how.is_keras and not shows(text, AssertionError if verdict else Exception):
        return property_script(found, subject, failure)  # it is not Keras that is wrong
    return Script(text, how.needs)


def _arrays(how: Library, mode: str, as_they_are: bool) -> str:
    """An expression that asks; its value is a list, of NumPy arrays unless ``as_they_are``."""
    call = how.calls[mode]
    if how.single:
        return f"[{call}]" if as_they_are else f"[np.asarray({call})]"
    return call if as_they_are else f"[np.asarray(a) for a in {call}]"


def _shown_by(subject: Subject, failure: Failure) -> tuple[list[Question], str]:
    """The questions to ask again, in order, and the lines that judge the last answer.

    They have been asked again, of new networks, and the answer was wrong again: what does not
    show in that way has no script.
    """
    asked, comparison = list(failure.questions), failure.error.comparison
    if not asked or any(map(_beyond_a_script, asked)):
        return [], ""
    if failure.error.__cause__ is not None:
        return asked, "" if asked[-1].answer is None else _of_the_right_kind(asked[-1].case)
    T = asked[-1].case.T
    if comparison is not None and comparison.quantity != "changed output":
        if "step" in comparison.axes:
            T = comparison.bound.shape[1]
        ends = [len(asked)]
    else:  # two answers differ that should be equal: one of them is not the recurrence's
        ends = list(range(1, len(asked) + 1))
    for end in ends:
        last = asked[end - 1]
        # Alone if that will do; twice where a network is wrong only after it was used.
        sequences = [[last]]
        if not last.case.options.stateful:  # which goes on where it was
            sequences += [asked[:end], [last, last]]
        for questions in sequences:
            answers = [_wrong_again(subject, questions, T) for _ in range(TRIALS)]
            if answers[0] is not None and None not in answers:
                verdict = _verdict(subject, last.case, answers[0], T)
                if _fails(verdict, last.case, answers[0]):
                    return questions, verdict
    repeated = len(asked) > 1 and _same(asked[0], asked[-1])
    if repeated and all(_differ(_asked_again(subject, asked)) for _ in range(TRIALS)):
        return asked, _REPEATED
    return [], ""


def _beyond_a_script(question: Question) -> bool:
    """Whether a few lines of NumPy cannot judge it.

    An LSTM puts out h at every step, and not c. What is known of c follows from h, with bounds of
    its own (`conformance.expected.carried`), which is more than a script can show.
    """
    options, states = question.case.options, question.case.cell.states
    return options.time_major or (options.return_sequences and len(states) > 1)


def _fails(verdict: str, case: Case, answer: Answer) -> bool:
    """Whether the lines that judge find this answer wrong, as the property did."""
    got = [*([] if answer.hidden is None else [answer.hidden]), *answer.states, answer.output]
    names = {**vars(np), **_named(case), "np": np, "got": got}
    return ends_with(AssertionError, verdict, names)


def _differ(answers: list[Answer]) -> bool:
    return len({np.asarray(answer.output).tobytes() for answer in answers[:1] + answers[-1:]}) > 1


def _asked_again(subject: Subject, questions: Sequence[Question]) -> list[Answer]:
    """The answers of a new network to the same questions; none if it raises."""
    answers = []
    try:
        network = new_network(subject, questions[-1].case.dimensions.network)
        for question in questions:
            case = question.case
            network.set_weights(case.weights)
            answer = network.answer(
                case.inputs, question.mode, mask=case.mask, initial_states=case.initial_states
            )
            answers.append(checked(subject, case, answer))
    except Exception:  # whatever the thing under test may raise
        return []
    return answers


def _wrong_again(subject: Subject, questions: Sequence[Question], T: int) -> Optional[Answer]:
    """The last answer of a new network if it is wrong up to step ``T``, else None."""
    answers = _asked_again(subject, questions)
    if not answers:
        return None
    case, answer = _until(questions[-1].case, answers[-1], T)
    try:
        with np.errstate(all="ignore"):
            judge_answer(Record(subject), case, answer)
    except Nonconformity:
        return answer
    return None


def _until(case: Case, answer: Answer, T: int) -> tuple[Case, Answer]:
    """The first ``T`` steps of a case and of its answer."""
    if T == case.T or answer.hidden is None:
        return case, answer
    earlier = case.replace(inputs=case.inputs[:, :T], static_time=False)
    return earlier, Answer(answer.output[:, :T], answer.hidden[:, :T])


def _verdict(subject: Subject, case: Case, answer: Answer, T: int) -> str:
    """The lines that compare ``got`` with the equation, up to step ``T``."""
    cut = "" if T == case.T else f"got = [a[:, :{T}] for a in got]\n"
    case, answer = _until(case, answer, T)
    options, states = case.options, case.cell.states
    expected = []
    if options.shows_hidden:
        shown = "shown" if options.masked else states[0]
        expected.append("np.stack(steps, axis=1)" if options.return_sequences else shown)
    expected += states if options.return_state else ()
    readout = "got[0].astype(float)" if options.shows_hidden else states[0]
    expected.append(dense_text(case, readout))
    activations = [getattr(case, name) for name, _ in case.cell.activations]
    bounds = ",\n".join(
        f"    {array_text(bound)}" for bound in _bounds(subject, case, answer.hidden)
    )
    return "".join(
        [
            cut,
            definitions(*activations, case.dense_activation),
            *(f"{line}\n" for line in loop_lines(case)),
            _COMPARED.format(expected=", ".join(expected), bounds=bounds),
        ]
    )


def _bounds(subject: Subject, case: Case, hidden: Optional[np.ndarray]) -> list[np.ndarray]:
    """How far rounding may lead, in what the layer returned, its states, and the output.

    ``hidden`` is what the layer returned, or None where that is not seen. A step is judged from the
    state before it, and so is its bound. Each bound is the larger of two: from the state that was
    returned, and from the right one. So the script passes once the fault is gone.
    """
    arithmetic, options = subject.arithmetic, case.options
    with np.errstate(all="ignore"):
        if hidden is None:
            states = propagated_states(case, arithmetic) if options.return_state else ()
            return [*(s.bound for s in states), propagated_output(case, arithmetic).bound]
        both = (hidden, returned_of(case))
        output = np.maximum(*(residual_output(case, h, arithmetic).bound for h in both))
        shown = len(case.cell.states) if options.return_state else 0
        if options.return_sequences:
            layer = np.maximum(*(residual_state(case, h, arithmetic).bound for h in both))
            states_bounds = [np.zeros((case.N, case.M))] * shown
        else:
            bounds = [state.bound for state in propagated_states(case, arithmetic)]
            layer, states_bounds = bounds[0], bounds[:shown]
    return [layer, *states_bounds, output]


def _of_the_right_kind(case: Case) -> str:
    options = case.options
    before = (case.N, case.T) if options.return_sequences else (case.N,)
    hidden = [(*before, case.M)] if options.shows_hidden else []
    states = [(case.N, case.M)] * len(case.cell.states) if options.return_state else []
    return _KIND.format(shapes=[*hidden, *states, (*before, case.K)], dtype=case.dtype)


def _assignments(case: Case, before: Optional[Case]) -> str:
    """Lines that give the tensors their values, those that are not what they were before."""
    earlier = {} if before is None else _named(before)
    return "".join(
        f"{name} = {array_text(array)}\n"
        for name, array in _named(case).items()
        if name not in earlier or not _equal(array, earlier[name])
    )


def _named(case: Case) -> dict[str, np.ndarray]:
    """The arrays of a script by name."""
    beside = [] if case.mask is None else [case.mask]
    given = dict(zip(given_names(case), [case.inputs, *beside, *case.initial_states]))
    return {**given, **{name: getattr(case, name) for name in case.tensors.names[1:]}}


def _same(one: Question, other: Question) -> bool:
    arrays, others = _named(one.case), _named(other.case)
    same = [_equal(array, others[name]) for name, array in arrays.items() if name in others]
    return one.mode == other.mode and list(arrays) == list(others) and all(same)


def _equal(array: np.ndarray, other: np.ndarray) -> bool:
    return array.shape == other.shape and array.tobytes() == other.tobytes()
