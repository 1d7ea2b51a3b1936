"""Damage reports in random ways, and see that `show` and `compare` neither break nor lie.

    python tools/damaged_reports.py --number 10000

Each report is changed in one to three places, or its text is. What comes of it must be one
sentence, or output of which every line can be printed, and a page that is whole; and a run that
did not conform must not be said to. A report whose verdict was rewritten as "conforms", together
with all that contradicted it, cannot be told from one that conforms; these are counted apart.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import functools
import io
import json
import sys
import tempfile
import zlib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Iterator
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hypothesis import HealthCheck, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from pages import a_report, a_result  # noqa: E402

from conformance.command_line import main as rnn_conformance  # noqa: E402
from conformance.reporting.summary import KnownDeviation  # noqa: E402

CONFORMS = "conforms"
FAILURE = {"text": "FAILS: B holds\nfound: off", "command": "pytest x", "script": "assert 0\n",
           "script_path": ".conformance/x.py", "fault": None, "size": {"N": 1, "T": 2}}  # fmt: skip


@functools.cache
def sound_reports() -> dict[str, dict[str, Any]]:
    """A report of every verdict, by name."""
    conforming = [a_result("a"), a_result("b", dtype="float64"), a_result("c", mode="graph")]
    failing = a_result("b", verdict="fails", reason="off")
    deviating = a_result("a", verdict="deviates (known)", deviations={"relu of NaN": (2, 9)})
    shows_no_more = a_result("a", deviations={"relu of NaN": (0, 90)})
    inapplicable = a_result("a", verdict="not applicable", cases=0, discriminating=0)
    reports = {
        "conforms": a_report(*conforming),
        "deviates": a_report(deviating, *conforming[1:]),
        "fails": a_report(
            *conforming, failing, failures={"test_x.py::test_b[keras-call-float32]": FAILURE}
        ),
        "incomplete": a_report(*conforming),
        "nothing checked": a_report(inapplicable),
        "out of date": a_report(shows_no_more, *conforming[1:]),
        "shard": a_report(*conforming, shard="1/2"),
    }
    reports["incomplete"].record.expect(["test_x.py::test_c[keras-call-float32]"])
    reports["out of date"].record.deviations = {"relu of NaN": KnownDeviation("x.py", "")}
    reports["shard"].record.shard = "1/2"
    reports["shard"].record.planned = [*reports["shard"].record.results, "test_x.py::test_z"]
    return {name: report.as_dict() for name, report in reports.items()}


def _nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


TEXTS = st.one_of(
    st.sampled_from(
        ["", "conforms", "fails", "not applicable", "incomplete", "1/2", "3/2", "\ud800", "\0",
         "x\nkeras CONFORMS in 99999 cases, computed on CPU", "\x1b[2J\x1b[H", "\u202e",
         "$\\frac{$", "<script>alert(1)</script>", "</svg></main>", "{{ 7 * 7 }}", "%s%n" * 9,
         "9" * 5000]
    ),
    st.text(max_size=12),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zl"]), max_size=3),
)  # fmt: skip
NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, -25, 3.0, 0.5, 1e308, float("nan"), float("inf"), 10**30, 10**400]),
    st.integers(-2, 99),
    st.floats(),
)
#: What a damaged field may hold.
VALUES = st.one_of(
    TEXTS, NUMBERS, st.sampled_from([None, True, False, [], {}, [[]], {"": {}}, _nested(12)])
)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) below a value."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


@st.composite
def damaged_reports(draw: Any) -> tuple[str, str]:
    """The name of a sound report, and the text of the same with something wrong in it."""
    name = draw(st.sampled_from(sorted(sound_reports())))
    plain = copy.deepcopy(sound_reports()[name])
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        places = list(_places(plain))
        if places:
            _damage(draw, *places[draw(st.integers(0, len(places) - 1))])
    text = json.dumps(plain)
    kind = draw(st.sampled_from(["as it is"] * 12 + ["cut off", "another character", "twice"]))
    at = draw(st.integers(0, len(text) - 1))
    if kind == "cut off":
        text = text[:at]
    elif kind == "another character":
        text = text[:at] + draw(st.sampled_from('0123456789-.eE,:"[]{}\\ x\u202e')) + text[at + 1 :]
    elif kind == "twice":
        text = text[:-1] + f', "verdict": {json.dumps(draw(VALUES))}}}'
    return name, text


def _damage(draw: Any, container: Any, key: Any) -> None:
    kinds = ["another of its kind"] * 8 + ["replaced", "lost", "twice", "moved", "wrapped"]
    kind, value = draw(st.sampled_from(kinds)), container[key]
    if kind == "lost":
        del container[key]
    elif kind == "twice" and isinstance(container, list):
        container.insert(key, copy.deepcopy(container[key]))
    elif kind == "moved" and isinstance(container, dict):
        container[draw(st.text(max_size=5))] = container.pop(key)
    elif kind == "wrapped":
        container[key] = draw(st.sampled_from([[container[key]], {"x": container[key]}]))
    elif kind == "another of its kind" and isinstance(value, (str, int, float)):
        container[key] = draw(TEXTS if isinstance(value, str) else NUMBERS)
    else:
        container[key] = copy.deepcopy(draw(VALUES))


def outcome(name: str, text: str, folder: Path, page: bool = False) -> str:
    """What `show` and `compare` make of a damaged report; an error where they break or lie."""
    damaged, sound = folder / "damaged.json", folder / "sound.json"
    damaged.write_text(text, encoding="utf-8", errors="surrogatepass")
    sound.write_text(json.dumps(sound_reports()["conforms"]), encoding="utf-8")
    html = folder / "page.html"
    to_page = ["--report", str(html)] if page else []
    _printed(["compare", str(sound), str(damaged), *to_page])
    if html.exists():
        check_page(html.read_text(encoding="utf-8"))
        html.unlink()
    lines = _printed(["show", str(damaged), *to_page])
    if not lines:
        return "one sentence"
    verdict, plain = lines[lines.index("") + 1], json.loads(text)
    if html.exists():
        assert check_page(html.read_text(encoding="utf-8")) == verdict
        html.unlink()
    if sound_reports()[name]["verdict"] != CONFORMS or name == "shard":
        if plain["verdict"] == CONFORMS and name != "shard":
            return "rewritten"
        if name == "shard" and not plain["environment"].get("shard"):
            return "rewritten"
        tested = [row["implementation"] for row in plain["results"]]
        assert not any(verdict.startswith(f"{one} CONFORMS") for one in tested), verdict
    return "shown"


def _printed(arguments: list[str]) -> list[str]:
    """The lines that a command prints; none where it ends with a sentence."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = rnn_conformance(arguments)
    lines, told = out.getvalue().split("\n"), err.getvalue().split("\n")
    assert all(line.isprintable() for line in lines + told), (lines, told)
    if status == 2:
        assert lines == [""], lines
        assert len(told) == 2, told
        assert told[0].startswith("ERROR: "), told
        return []
    assert (status, len(told)) in ((0, 1), (1, 2)), told
    return lines


class _Page(HTMLParser):
    """Checks that every element is closed, and remembers the first heading."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.heading = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["h1"]:
            self.heading += data


def check_page(text: str) -> str:
    """See that a page is whole, plots included; returns its first heading."""
    page = _Page()
    page.feed(text)
    assert page.open == []
    for part in text.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + part.partition("</svg>")[0] + "</svg>")
    return page.heading


def main(arguments: Any = None) -> int:
    """Damage so many reports and count what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=10000, help="reports; 10000 by default")
    parser.add_argument("--pages", type=int, default=50, help="a page for one in so many; 50")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()

    with tempfile.TemporaryDirectory() as folder:

        @seed(options.seed)
        @settings(
            max_examples=options.number,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(damaged_reports())
        def damage(report: tuple[str, str]) -> None:
            page = zlib.crc32(report[1].encode(errors="replace")) % options.pages == 0
            counts[outcome(*report, Path(folder), page)] += 1

        damage()
    told = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
    print(f"{sum(counts.values())} damaged reports: {told}; no traceback, no lie")
    return 0


if __name__ == "__main__":
    sys.exit(main())
