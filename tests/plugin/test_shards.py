"""A run that is shared by machines: all shards together are the run, and what lacks is named."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from command_line import PROPERTIES, folder_of_a_user, run_pytest

from conformance.command_line import main

OPTIONS = (
    "--implementation", "numpy", "--max-examples", "300", "--dtypes", "float32",
    "--hypothesis-seed", "1", "-k", "last_output or zero_weights or repeating", "-n",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return folder_of_a_user(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="module")
def whole(folder):
    return run_pytest(folder, *OPTIONS, "0", "--report", "whole.json")


@pytest.fixture(scope="module")
def shards(folder):
    """The three shards of the same run, the second with workers."""
    return [
        run_pytest(
            folder, *OPTIONS, 2 if i == 2 else 0, "--shard", f"{i}/3", "--report", f"{i}.json"
        )
        for i in (1, 2, 3)
    ]


def of(folder, name, *fields):
    """Some fields of each result in a report."""
    results = json.loads((folder / name).read_text(encoding="utf-8"))["results"]
    return {tuple(result[field] for field in fields) for result in results}


def test_shards_ask_what_the_whole_run_asks(folder, whole, shards):
    assert [done.status for done in (whole, *shards)] == [0, 0, 0, 0]
    fields = ("id", "verdict", "cases", "discriminating", "worst_share")
    parts = [of(folder, f"{i}.json", *fields) for i in (1, 2, 3)]
    assert set.union(*parts) == of(folder, "whole.json", *fields)
    assert sum(map(len, parts)) == len(of(folder, "whole.json", "id"))
    assert all(parts)


def test_a_shard_says_that_it_is_one(shards):
    assert " · shard 2/3 (again: " in shards[1].text
    assert re.search(r"again: .* --shard=2/3\)", shards[1].text)
    assert re.match(r"numpy CONFORMS in \d+ cases of shard 2/3, computed on", shards[1].summary[0])
    assert any(line.startswith("shard 2/3: ") for line in shards[1].summary)


def test_all_shards_are_shown_as_the_run_they_are(folder, whole, shards, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["show", "3.json", "1.json", "2.json"]) == 0
    shown = capsys.readouterr().out
    for line in whole.summary:
        if not line.startswith("report: "):
            assert line in shown.splitlines()


def test_a_missing_shard_is_an_error_and_its_tests_are_named(folder, shards, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert main(["show", "1.json", "3.json"]) == 1
    shown = capsys.readouterr()
    lost = len(of(folder, "2.json", "id"))
    assert f"numpy: INCOMPLETE, {lost} tests were not run" in shown.out
    assert "missing: shard 2/3, of which there is no report" in shown.out
    assert shown.out.count("not run: conformance/") == min(lost, 5)
    assert shown.err.strip() == "ERROR: there is no report of shard 2/3"


def test_compare_merges_shards_and_misses_them(folder, whole, shards, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    files = ["1.json", "2.json", "3.json", "whole.json"]
    assert main(["compare", *files]) == 0
    assert " in 2 runs" in capsys.readouterr().out
    assert main(["compare", *files[1:]]) == 1
    assert ", shard 1/3 is missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["1.json", "2.json", "1.json"], "1.json: is shard 1/3, and so is 1.json"),
        (["1.json", "whole.json"], "whole.json: is no shard of the run in 1.json: use compare"),
        (["1.json", "other.json"], "other.json: is a shard of 6 tests, 1.json of "),
    ],
)
def test_what_does_not_belong_together_is_refused(
    folder, whole, shards, files, sentence, monkeypatch, capsys
):
    monkeypatch.chdir(folder)
    # The last -k counts.
    run_pytest(folder, *OPTIONS, "0", "--shard", "2/3", "-k", "fresh_biases and float32",
               "--report", "other.json")  # fmt: skip
    assert main(["show", *files]) == 2
    assert capsys.readouterr().err.startswith(f"ERROR: {sentence}")


def test_a_shard_with_nothing_to_do_does_not_pass(folder):
    done = run_pytest(folder, *OPTIONS, "0", "-k", "fresh_biases", "--max-examples", "3",
                      "--shard", "1/9")  # fmt: skip
    assert done.status == 1
    assert done.summary[0].startswith("NOTHING WAS CHECKED")
    assert done.summary[1].startswith("shard 1/9: 0 of 1 tests")


def test_a_damaged_shard_is_called_so(folder, shards, tmp_path, capsys):
    report = json.loads((folder / "1.json").read_text(encoding="utf-8"))
    report["environment"]["shard"] = "4/3"
    (tmp_path / "damaged.json").write_text(json.dumps(report), encoding="utf-8")
    assert main(["show", str(tmp_path / "damaged.json")]) == 2
    assert (
        "is damaged: environment.shard is 4/3: must be I/N, with I from 1 to N"
        in capsys.readouterr().err
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without a signal")
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_shard_that_is_told_to_end_reports_what_it_has(folder, workers):
    report = folder / f"ended{workers}.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(PROPERTIES),
         "--implementation", "numpy", "--max-examples", "2000", "-n", workers, "-v",
         "--dtypes", "float32", "--shard", "1/2", "--report", str(report)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    for line in process.stdout:
        if "PASSED" in line:
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read()
    assert process.wait(timeout=60) == 2
    assert "INCOMPLETE" in rest
    written = json.loads(report.read_text(encoding="utf-8"))
    assert written["verdict"] == "incomplete"
    assert written["results"]
    assert written["not_run"]


#: A function that loses what is raised in it when the run is told to end.
LOSING = """
import os
import signal

from mine import right


def forward(*given):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except BaseException:
        pass
    return right(*given)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without a signal")
def test_a_run_that_is_told_to_end_ends_though_the_interrupt_is_lost(folder):
    (folder / "losing.py").write_text(LOSING, encoding="utf-8")
    done = run_pytest(folder, "--implementation", "losing:forward", "--max-examples", "2",
                      "--dtypes", "float32", "-n", "0")  # fmt: skip
    assert done.status == 2
    assert "INCOMPLETE" in done.text
