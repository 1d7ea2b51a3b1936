"""The page of a run, as text: everything is on it, nothing comes from elsewhere."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from pages import COVERAGE, a_report, a_result

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

from conformance.checking.tally import Coverage
from conformance.reporting import plots
from conformance.reporting.html_report import MatrixCell, page, write_html

FAILURE = {
    "text": "FAILS: B holds\nfound: 1 < 2 & <b>bold</b>",
    "command": "pytest 'x'",
    "script": 'print("<script>alert(1)</script>")\n',
    "script_path": ".conformance/x.py",
    "fault": None,
    "size": {},
}
FAILED = a_result("b", verdict="fails", reason="the output differs")
RESULTS = [
    a_result(worst_share=0.25),
    a_result(dtype="float64", worst_share=0.75),
    a_result(
        mode="graph", worst_share=None, verdict="not applicable", cases=0, coverage=Coverage()
    ),
    FAILED,
    a_result("b", mode="graph", verdict="deviates (known)", reason="listed since 1.2"),
]
REPORT = a_report(*RESULTS, failures={"test_x.py::test_b[keras-call-float32]": FAILURE})


@pytest.fixture(scope="module")
def text():
    return page(REPORT)


def words(text):
    """What can be read on it, in one line."""
    body = re.sub(r"<(script|style)>.*?</\1>", " ", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_it_begins_with_verdict_and_environment(text):
    read = words(text.partition("<h1>")[2])
    assert read.startswith("keras FAILS. Not always true: B holds")
    before, _, _ = read.partition("Failures")
    for fact in ("keras 3.15.1, tensorflow 2.21.0", "Python 3.11.7", "CPU:0", "seed 1", "61 s",
                 "2026-11-24 12:00:00 UTC", "pytest --hypothesis-seed=1"):  # fmt: skip
        assert fact in before


def test_nothing_comes_from_elsewhere(text):
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    assert "@import" not in text
    # The addresses that name XML vocabularies are never fetched.
    addresses = set(re.findall(r"https?://[^\s\"<>]+", text))
    assert all("w3.org" in a or "purl.org" in a or "creativecommons" in a or "matplotlib" in a
               for a in addresses)  # fmt: skip


def test_every_element_is_closed(text):
    class Balance(HTMLParser):
        open = ()

        def handle_starttag(self, tag, attributes):
            if tag not in ("meta", "link", "input", "br"):
                self.open = (*self.open, tag)

        def handle_endtag(self, tag):
            assert self.open[-1] == tag
            self.open = self.open[:-1]

        def handle_startendtag(self, tag, attributes):
            pass

    parser = Balance()
    parser.feed(text)
    assert parser.open == ()


def test_a_failure_has_its_text_and_its_script_and_neither_is_markup(text):
    assert "<b>bold</b>" not in text
    assert "<script>alert" not in text
    assert "found: 1 < 2 & <b>bold</b>" in html.unescape(text)
    script = re.search(r'<pre id="script1">(.*?)</pre>', text, re.DOTALL)
    assert html.unescape(script[1]) == FAILURE["script"]
    assert 'data-of="script1"' in text


def cells_of(text, sentence):
    (row,) = [r for r in re.findall(r"<tr data-verdict.*?</tr>", text, re.DOTALL)
              if f">{sentence}</th>" in r]  # fmt: skip
    return [words(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]


def test_a_cell_is_told_by_a_symbol_a_number_and_a_word(text):
    # clause, cases, discriminating, worst, then call 32, call 64, graph 32
    assert cells_of(text, "A holds") == [
        "first", "20", "90 %", "✓ 0.75 conforms", "✓ 0.25 conforms", "✓ 0.75 conforms",
        "– not applicable",
    ]  # fmt: skip
    assert cells_of(text, "B holds") == [
        "second", "20", "", "✗ fails", "✗ fails", "· not asked", "≈ 0.30 deviates (known)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("share", "shade"), [(None, 0), (0.0, 1), (0.19, 1), (0.2, 2), (0.5, 3), (0.99, 5), (1.0, 5)]
)
def test_a_larger_share_is_darker(share, shade):
    assert MatrixCell.of([a_result(worst_share=share)]).style == f"cell shade{shade}"


def test_the_worst_of_several_results_is_what_a_cell_says():
    cell = MatrixCell.of([a_result(), a_result(verdict="fails", reason="off"), a_result()])
    assert (cell.symbol, cell.verdict) == ("✗", "fails")
    assert cell.detail == "fails, 30 cases, 1 of 3 fail: off"
    assert MatrixCell.of([]).verdict == "not asked"


def test_cells_are_sorted_from_what_says_nothing_to_what_fails():
    kinds = [
        [],
        [a_result(worst_share=None)],
        [a_result(worst_share=0.1)],
        [a_result(worst_share=0.9)],
        [a_result(verdict="deviates (known)")],
        [a_result(verdict="fails")],
    ]
    orders = [MatrixCell.of(kind).order for kind in kinds]
    assert orders == sorted(orders)
    assert len(set(orders)) == len(orders)


def test_a_property_that_was_not_selected_is_named(text):
    assert "did not ask about: C holds" in words(text)


def test_sizes_and_pairs_of_options_are_shown_with_what_is_missing(text):
    read = words(text)
    for title in ("N samples", "T time steps", "D features", "M hidden units", "K outputs"):
        assert f"{title}, 1 to 3" in read
    assert "mask × texture: 2 of 4 pairs" in read
    table = text.partition('<table class="crossing">')[2].partition("</table>")[0]
    zero = ' class="zero"'
    assert re.findall(r"<td( class=\"zero\")?>(\d+)</td>", table) == [
        (zero, "0"), ("", "12"), ("", "28"), (zero, "0"),
    ]  # fmt: skip


def test_a_run_in_which_nothing_was_checked_has_a_page_too():
    nothing = a_report(a_result(verdict="not applicable", cases=0, worst_share=None,
                                coverage=Coverage(), discriminating=None))  # fmt: skip
    read = words(page(nothing).partition("<h1>")[2])
    assert read.startswith("NOTHING WAS CHECKED")
    assert "Sizes covered" not in read


def test_tests_that_were_not_run_are_listed():
    report = a_report(a_result())
    report.record.expect(["test_x.py::test_c[keras-call-float32]"])
    assert "test_x.py::test_c[keras-call-float32]" in words(page(report)).partition("Not run")[2]


def test_the_same_report_gives_the_same_page(text, tmp_path):
    write_html(REPORT, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == text


# --- Plots -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plot",
    [
        plots.shares_by_dimension(RESULTS, "T"),
        plots.shares_by_dimension(RESULTS, "M"),
        plots.shares_by_mode(RESULTS),
        plots.histogram(RESULTS, "K"),
    ],
)
def test_a_plot_is_an_element_with_a_title_that_is_read_aloud(plot):
    root = ElementTree.fromstring(plot)
    assert root.tag.endswith("svg")
    assert root.get("role") == "img"
    assert len(root.get("aria-label")) > 10


def test_without_numbers_there_is_no_plot():
    empty = [a_result(worst_share=None, coverage=Coverage())]
    assert plots.shares_by_dimension(empty, "T") is None
    assert plots.shares_by_mode(empty) is None
    assert plots.histogram(empty, "N") is None


def test_series_differ_in_more_than_colour():
    for i in range(3):
        assert len({style[i] for style in plots.STYLES}) == len(plots.STYLES)


@pytest.mark.parametrize(
    ("values", "median"),
    [([(0.5, 1)], 0.5), ([(0.1, 9), (0.9, 1)], 0.1), ([(0.2, 1), (0.4, 3)], 0.4)],
)
def test_what_is_typical_is_weighted_by_cases(values, median):
    assert plots._weighted_median(values) == median


def test_cases_of_all_results_are_in_the_histogram():
    plot = plots.histogram([a_result(coverage=COVERAGE)] * 3, "N")
    assert "N samples, 1 to 3" in plot
