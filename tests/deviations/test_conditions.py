"""Conditions say for which cases a deviation is known, and nothing can be run by one."""

from __future__ import annotations

import os
import time

import pytest
from deviation_lists import deviation

from conformance.deviations.conditions import DEEPEST, LONGEST, Condition, ConditionError
from conformance.deviations.reading import DeviationError

NAMES = ("N", "T", "mode", "mask", "traits", "stateful")
FACTS = {
    "N": 2,
    "T": 3,
    "mode": None,
    "mask": "holes",
    "traits": frozenset({"seed 0"}),
    "stateful": True,
}


def holds(text, **changes):
    return Condition(text, NAMES).holds({**FACTS, **changes})


@pytest.mark.parametrize(
    "text",
    [
        "True",
        "N == 2 and T == 3",
        "N == 1 or T == 3",
        "not N == 1",
        "N < T <= 3 != N",
        "N + 1 == T and T - 1 == N and N * T == 6 and T // N == 1 and T % N == 1 and -N < 0",
        "mode in (None, 'predict') and mask not in ('none', None)",
        "'seed 0' in traits and 'seed' not in traits",
        "'ol' in mask",
        "stateful and (N, T) == (2, 3)",
        "N\n  == 2",
    ],
)
def test_a_condition_holds_as_in_python(text):
    assert holds(text)
    assert eval(" ".join(text.split()), {}, FACTS)
    assert not holds(f"not ({text})")


def test_what_does_not_exist_for_a_case_is_in_no_order_and_nothing_is_in_it():
    for text in ("N < 1", "N > 1", "N + 1 > 1", "1 <= N", "'a' in mask"):
        assert not holds(text, N=None, mask=None)
    assert holds("'a' not in mask and N == None and N - 1 == None", N=None, mask=None)


def test_a_name_that_a_case_lacks_and_values_that_do_not_fit_are_told():
    for text, facts, sentence in (
        ("N == 1", {}, "asks for N, which is no fact of this case"),
        ("T > 1 and N < 'a'", {"N": 1, "T": 2}, "N < 'a': 1 and 'a' cannot be compared so"),
        ("1 in N", {"N": 1}, "1 in N: 1 and 1 cannot be compared so"),
        ("N * 2 == 2", {"N": "a"}, "N * 2: ['a', 2] must be numbers"),
        ("1 // N == 1", {"N": 0}, "1 // N: integer division or modulo by zero"),
        ("N % 0.0 == 1", {"N": 1}, "N % 0.0: float modulo"),
    ):
        with pytest.raises(ConditionError) as raised:
            Condition(text, NAMES).holds(facts)
        assert str(raised.value).startswith(sentence)
    with pytest.raises(DeviationError) as raised:
        deviation("T == 1").applies(N=1)
    assert str(raised.value) == "a slope: when: asks for T, which is no fact of this case"


#: Each would do something if it were Python that is run.
ATTACKS = [
    ("open('stolen', 'w')", "Call"),
    ("__import__('os').mkdir('stolen')", "Call"),
    ("(lambda: open('stolen', 'w'))()", "Call"),
    ("lambda: N", "Lambda"),
    ("[open('stolen', 'w') for i in (1,)]", "ListComp"),
    ("{i for i in traits}", "SetComp"),
    ("{i: i for i in traits}", "DictComp"),
    ("(i for i in traits)", "GeneratorExp"),
    ("mask.__class__", "Attribute"),
    ("N == 1 and traits.__class__.__mro__", "Attribute"),
    ("traits.isdisjoint", "Attribute"),
    ("mask[0]", "Subscript"),
    ("(N, T)[0] == 2", "Subscript"),
    ("[N]", "List"),
    ("{N}", "Set"),
    ("{'N': N}", "Dict"),
    ("(n := 3)", "NamedExpr"),
    ("f'{N}'", "JoinedStr"),
    ("N if T else 1", "IfExp"),
    ("(*traits,)", "Starred"),
    ("9 ** 9 ** 9 ** 9", "Pow"),
    ("N << 999999999", "LShift"),
    ("N / T", "Div"),
    ("N @ T", "MatMult"),
    ("~N", "Invert"),
    ("N is None", "Is"),
]


@pytest.mark.parametrize(("text", "kind"), ATTACKS)
def test_what_is_no_condition_is_refused_before_anything_is_run(tmp_path, monkeypatch, text, kind):
    monkeypatch.chdir(tmp_path)
    for whole in (text, f"N == 1 and not ({text}) or True"):
        with pytest.raises(ConditionError, match=f"{kind} is not allowed in a condition$"):
            Condition(whole, NAMES)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["__builtins__", "__import__", "__name__", "open", "Condition", "os", "eval"]
)
def test_a_name_that_is_no_fact_is_refused(name):
    with pytest.raises(ConditionError) as refused:
        Condition(f"N == 1 and {name}", NAMES)
    assert str(refused.value) == f"asks for {name}: must be of {', '.join(NAMES)}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "N ==",
        "import os",
        "N = 1",
        "N; open('stolen', 'w')",
        "yield N",
        "await N",
        "N\0",
        "'\ud800' == mask",
        "b'a'",
        "1j",
        "...",
        "(" * 500 + "N" + ")" * 500,
        "not " * 400 + "N",
        "-" * 1900 + "N",
        "N" + " + N" * DEEPEST * 2,
        "9" * 10_000,
        "'" + "a" * LONGEST + "'",
        "N and " * LONGEST + "N",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_what_is_no_expression_or_too_much_is_one_sentence_at_once(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    started = time.monotonic()
    with pytest.raises(ConditionError) as refused:
        Condition(text, NAMES)
    assert time.monotonic() - started < 5
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < LONGEST + 200
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("text", ["'a' * 999999999 == mask", "(N,) * 999999999 == mask"])
def test_products_of_texts_and_tuples_are_not_made(text):
    with pytest.raises(ConditionError, match="must be numbers"):
        holds(text)
