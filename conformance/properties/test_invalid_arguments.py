"""Invalid arguments: what means nothing or does not fit is refused, with an error that says so."""

from __future__ import annotations

import functools

from conformance.checking.check import holds_for
from conformance.checking.record import Nonconformity, Record
from conformance.deviations.instead import NO_ERROR, Observed, Raised
from conformance.expected.invalid_arguments import expected_errors
from conformance.implementations.capabilities.invalid_arguments import InvalidArguments, Outcome
from strategies import invalid_arguments as questions
from strategies.invalid_arguments import Wrong

of_questions = functools.partial(
    holds_for, needs=(InvalidArguments,), per_mode=False, one_dtype=True
)


@of_questions(wrong=lambda subject: questions.wrong_units())
def test_units_must_be_a_positive_integer(record: Record, wrong: Wrong) -> None:
    """Units must be a positive integer."""
    require_refused(record, wrong)


@of_questions(runs=2, wrong=lambda subject: questions.wrong_dropout())
def test_dropout_must_be_between_0_and_1(record: Record, wrong: Wrong) -> None:
    """Dropout must be between 0 and 1."""
    require_refused(record, wrong)


@of_questions(wrong=lambda subject: questions.wrong_names())
def test_names_that_nothing_has_are_refused(record: Record, wrong: Wrong) -> None:
    """Names that nothing has are refused.

    Of activations, initializers, regularizers, constraints, dtypes and arguments.
    """
    require_refused(record, wrong)


@of_questions(runs=2, wrong=lambda subject: questions.wrong_inputs())
def test_inputs_that_do_not_fit_are_refused(record: Record, wrong: Wrong) -> None:
    """Inputs that do not fit are refused.

    Another rank, other features than the layer was built for, no time steps.
    """
    require_refused(record, wrong)


@of_questions(runs=2, wrong=lambda subject: questions.wrong_states())
def test_states_that_do_not_fit_are_refused(record: Record, wrong: Wrong) -> None:
    """States that do not fit are refused."""
    require_refused(record, wrong)


@of_questions(runs=2, wrong=lambda subject: questions.wrong_masks())
def test_masks_that_do_not_fit_are_refused(record: Record, wrong: Wrong) -> None:
    """Masks that do not fit are refused."""
    require_refused(record, wrong)


@of_questions(runs=4, wrong=lambda subject: questions.unknown_lengths())
def test_lengths_that_must_be_known_are_demanded(record: Record, wrong: Wrong) -> None:
    """Lengths that must be known are demanded.

    The number of samples where a state is kept, the number of steps where the loop is unrolled.
    """
    require_refused(record, wrong)


@of_questions(runs=2, wrong=lambda subject: questions.wrong_weights())
def test_weights_that_do_not_fit_are_refused(record: Record, wrong: Wrong) -> None:
    """Weights that do not fit are refused."""
    require_refused(record, wrong)


def require_refused(record: Record, wrong: Wrong) -> None:
    """State that a wrong question is refused as the version's specification has it.

    Raises:
        Nonconformity: something is computed, or the error is another one or says nothing.
    """
    outcome = record.subject.capability(InvalidArguments).outcome_of(wrong)
    sentence = complaint(wrong, outcome, record.subject.implementation.versions())
    if sentence:
        raise Nonconformity(sentence) from Observed(_raised(outcome))


def _raised(outcome: Outcome) -> Raised:
    if outcome.errors:
        return Raised(outcome.errors[0], outcome.message)
    return Raised(NO_ERROR, ", ".join(map(str, outcome.shapes)))


def complaint(wrong: Wrong, outcome: Outcome, versions: dict[str, str]) -> str:
    """What is wrong with an outcome, in one sentence; empty where it was refused as it must be."""
    expected = expected_errors(wrong.question, versions)
    must = f"must be refused with a {' or '.join(expected)}"
    if not outcome.errors:
        shapes = ", ".join(map(str, outcome.shapes))
        return f"{wrong.layer}, {wrong.question}: it computed {shapes}, {must}"
    if not set(outcome.errors) & set(expected):
        said = f"{outcome.errors[0]}: {' '.join(outcome.message.split()) or 'no message'}"
        return f"{wrong.layer}, {wrong.question}: {must}, and raised {said}"
    if not outcome.message:
        return f"{wrong.layer}, {wrong.question}: {outcome.errors[0]} without a message"
    return ""
