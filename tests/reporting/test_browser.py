"""The pages in a real browser, opened as files: sorting, filtering, copying, printing."""

from __future__ import annotations

import base64
import sys

import pytest
from command_line import ROOT
from pages import a_report, a_result

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")
pytest.importorskip("selenium")
sys.path.insert(0, str(ROOT / "tools"))

from browser import chromium, open_browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from conformance.reporting.compare import compare_reports
from conformance.reporting.html_report import write_comparison, write_html

pytestmark = pytest.mark.skipif(
    chromium() is None, reason="no Chromium (Debian: apt-get install chromium chromium-driver)"
)

SCRIPT = 'x = "<b>1 & 2</b>"\nassert x\n\nprint("done")\n'
FAILURE = {"text": "FAILS: C holds", "command": "pytest", "script": SCRIPT, "script_path": "x.py",
           "fault": None, "size": {}}  # fmt: skip
REPORT = a_report(
    a_result("a", worst_share=0.30),
    a_result("a", mode="graph", dtype="float64", worst_share=0.10),
    a_result("b", worst_share=0.90, cases=500),
    a_result("c", verdict="fails", reason="off", cases=3),
    failures={"test_x.py::test_c[keras-call-float32]": FAILURE},
)


@pytest.fixture(scope="module")
def browser():
    opened = open_browser()
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "run.html"
    write_html(REPORT, path)
    return path


@pytest.fixture
def page(browser, file):
    """The page of `REPORT`, opened anew from its file."""
    browser.get(file.as_uri())
    return browser


def sentences(page):
    """The properties that are shown, from above."""
    rows = page.find_elements(By.CSS_SELECTOR, "#matrix tbody tr")
    return [row.find_element(By.TAG_NAME, "th").text for row in rows if row.is_displayed()]


def heads(page):
    """The columns that are shown."""
    found = page.find_elements(By.CSS_SELECTOR, "#matrix thead th")
    return [head.text.replace("\n", " ").strip(" ↑↓") for head in found if head.is_displayed()]


def click(page, head):
    (found,) = [b for b in page.find_elements(By.CSS_SELECTOR, "#matrix thead button")
                if b.text.replace("\n", " ") == head]  # fmt: skip
    found.click()


def choose(page, name, value):
    Select(page.find_element(By.NAME, name)).select_by_visible_text(value)


def test_nothing_goes_wrong_when_it_is_opened(page):
    problems = [e for e in page.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]
    assert problems == []
    assert page.title == "keras fails · RNN conformance"
    assert page.find_element(By.TAG_NAME, "h1").is_displayed()


def test_it_asks_for_nothing_but_itself(page):
    loaded = page.execute_script(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    )
    assert [name for name in loaded if not name.startswith("data:")] == []


def test_it_fits_its_window(page):
    assert page.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(
    ("head", "once", "twice"),
    [
        ("property", ["A holds", "B holds", "C holds"], ["C holds", "B holds", "A holds"]),
        ("cases", ["B holds", "A holds", "C holds"], ["C holds", "A holds", "B holds"]),
        # What fails is worse than any share.
        ("worst", ["C holds", "B holds", "A holds"], ["A holds", "B holds", "C holds"]),
        ("graph float64", ["A holds", "B holds", "C holds"], ["B holds", "C holds", "A holds"]),
    ],
)
def test_a_click_on_a_column_sorts_by_it_and_another_turns_it_round(page, head, once, twice):
    click(page, head)
    assert sentences(page) == once
    (sorted_head,) = page.find_elements(By.CSS_SELECTOR, "#matrix th[aria-sort]")
    assert sorted_head.text.replace("\n", " ").startswith(head)
    click(page, head)
    assert sentences(page) == twice


def test_words_choose_rows_by_sentence_clause_and_name(page):
    field = page.find_element(By.NAME, "words")
    for typed, shown in (("b hol", ["B holds"]), ("SECOND", ["B holds", "C holds"]),
                         ("second c", ["B holds", "C holds"]), ("test_a", ["A holds"]),
                         ("nonsense", [])):  # fmt: skip
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(typed)
        assert sentences(page) == shown
        assert page.find_element(By.ID, "shown").text == f"{len(shown)} of 3 properties"


def test_a_verdict_chooses_rows_and_all_come_back(page):
    choose(page, "verdict", "fails")
    assert sentences(page) == ["C holds"]
    page.find_element(By.CSS_SELECTOR, "#filters button[type=reset]").click()
    WebDriverWait(page, 5).until(lambda p: len(sentences(p)) == 3)


def test_mode_and_dtype_choose_columns(page):
    always = ["clause", "property", "cases", "discr.", "worst"]
    assert heads(page) == [*always, "call float32", "graph float64"]
    choose(page, "mode", "graph")
    assert heads(page) == [*always, "graph float64"]
    choose(page, "dtype", "float32")
    assert heads(page) == always
    choose(page, "mode", "all")
    assert heads(page) == [*always, "call float32"]


def pasted(page):
    """What is in the clipboard, pasted into the field for words, line ends as they were."""
    page.execute_script(
        "const field = document.createElement('textarea'); field.id = 'paste';"
        "document.body.append(field); field.focus();"
    )
    field = page.find_element(By.ID, "paste")
    field.send_keys(Keys.CONTROL, "v")
    return field.get_property("value")


@pytest.mark.parametrize("clipboard", ["the browser's", "none"])
def test_the_button_copies_the_script_to_the_last_sign(page, clipboard):
    if clipboard == "none":  # as in browsers that give none to files
        page.execute_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    button = page.find_element(By.CSS_SELECTOR, "button.copy")
    button.click()
    WebDriverWait(page, 5).until(lambda _: button.text == "Copied")
    assert pasted(page) == SCRIPT
    WebDriverWait(page, 5).until(lambda _: button.text == "Copy")


def test_it_prints_without_what_can_only_be_clicked(page):
    pdf = base64.b64decode(page.print_page())
    assert pdf.startswith(b"%PDF")
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not page.find_element(By.ID, "filters").is_displayed()
        assert not page.find_element(By.CSS_SELECTOR, "button.copy").is_displayed()
        assert page.find_element(By.ID, "matrix").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_cell_can_be_told_without_colour(page):
    cells = page.find_elements(By.CSS_SELECTOR, "#matrix td.cell")
    by_verdict = {}
    for cell in cells:
        verdict = cell.find_element(By.CSS_SELECTOR, ".aloud").get_property("textContent").strip()
        by_verdict.setdefault(verdict, set()).add(cell.text.split()[0])
    symbols = [symbol for found in by_verdict.values() for symbol in found]
    assert len(symbols) == len(set(symbols)) == len(by_verdict) == 3


def test_a_comparison_says_first_what_changed(browser, tmp_path, file):
    older = a_report(a_result("a"), a_result("b"), versions={"keras": "2.7.0"})
    newer = a_report(a_result("a"), a_result("b", verdict="fails", reason="off"))
    compared = compare_reports([(file, newer), (file, older)])
    write_comparison(compared, tmp_path / "versions.html")
    browser.get((tmp_path / "versions.html").as_uri())
    assert browser.find_element(By.TAG_NAME, "h1").text == "1 verdict changed"
    (row,) = browser.find_elements(By.CSS_SELECTOR, "#changes tbody tr")
    assert row.text == "B holds conforms in A fails in B call float32"
    clauses = browser.find_elements(By.CSS_SELECTOR, "#clauses tbody tr")
    assert [r.text.splitlines()[0].split()[0] for r in clauses] == ["first", "second"]
    button = browser.find_elements(By.CSS_SELECTOR, "#properties thead button")[1]
    button.click()
    button.click()
    rows = browser.find_elements(By.CSS_SELECTOR, "#properties tbody tr")
    assert [r.find_element(By.TAG_NAME, "th").text for r in rows] == ["B holds", "A holds"]
