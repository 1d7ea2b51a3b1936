"""With which error a wrong question must be refused: a specification by question and version.

Read from the documentation and the sources of Keras 2.7 to 2.15 and 3.0 to 3.15: where a check is
written down, its error is what is expected. Where there is no check, it is what a user can
understand: Python's error for a value or a type that is wrong. What comes from inside an operation,
as TensorFlow's InvalidArgumentError, or from Python's containers, as an IndexError, is no refusal.
"""

from __future__ import annotations

VALUE, TYPE = "ValueError", "TypeError"
#: For each question the errors in Keras 2 and in Keras 3; for others the last row.
SPECIFICATION: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # "Received an invalid value for argument `units`, expected a positive integer".
    "no units": ((VALUE,), (VALUE,)),
    "negative units": ((VALUE,), (VALUE,)),
    # Dimension(2.5) is a TypeError in TensorFlow; Keras 3 checks the size of the state.
    "fractional units": ((TYPE, VALUE), (VALUE,)),
    "units in floating point": ((TYPE, VALUE), (VALUE,)),
    # Compared with 0 before anything else.
    "units in text": ((TYPE, VALUE), (TYPE, VALUE)),
    "units None": ((TYPE, VALUE), (TYPE, VALUE)),
    "unknown argument": ((TYPE,), (VALUE,)),
    "unknown dtype": ((TYPE,), (VALUE,)),
    # Both check the shapes that they are given against those they have.
    "inputs of another rank": ((VALUE,), (VALUE,)),
    "other features": ((VALUE,), (VALUE,)),
    "weights too few": ((VALUE,), (VALUE,)),
    "weights of other shapes": ((VALUE,), (VALUE,)),
    # "If a RNN is stateful, it needs to know its batch size", "Cannot unroll a RNN if …".
    "unknown samples of a state": ((VALUE,), (VALUE,)),
    "unknown steps to unroll": ((VALUE,), (VALUE,)),
    "other samples than of a state": ((VALUE,), (VALUE,)),
}
OTHERS = ((VALUE, TYPE), (VALUE, TYPE))


def expected_errors(question: str, versions: dict[str, str]) -> tuple[str, ...]:
    """The errors that may refuse a question in these versions.

    ``versions`` are those of an implementation; what has no ``keras`` of 3 or later is Keras 2.
    """
    major = int(versions.get("keras", "2").split(".")[0])
    return SPECIFICATION.get(question, OTHERS)[major >= 3]
