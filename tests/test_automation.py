"""tox.ini and the workflows: every version is there, labels are whole, nights tell what is new."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from command_line import ROOT, run
from pages import SUITE, a_report, a_result
from tox_environments import environments, labels

from conformance.reporting.json_report import write_json

TOX = (ROOT / "tox.ini").read_text(encoding="utf-8")
NIGHTLY = (ROOT / ".github" / "workflows" / "nightly.yml").read_text(encoding="utf-8")


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- tox -------------------------------------------------------------------------------------


def test_every_tensorflow_minor_and_every_keras_minor_has_an_environment():
    assert labels()["versions"] == [f"tf2{minor}" for minor in range(7, 22)]
    assert labels()["keras"] == [f"keras3{minor}" for minor in range(16)]
    for minor in range(7, 22):
        assert re.search(rf"^    tf2{minor}: tensorflow-cpu==2\.{minor}\.\*$", TOX, re.MULTILINE)
    for minor in range(16):
        assert re.search(rf"^    keras3{minor}: keras==3\.{minor}\.\*$", TOX, re.MULTILINE)


def expanded(text):
    """``tf{27,28}`` as its names."""
    found = re.fullmatch(r"([^{]*)\{([^}]*)\}", text)
    return [text] if found is None else [found[1] + part for part in found[2].split(",")]


def test_each_keras_is_on_one_tensorflow():
    rows = re.findall(r"^    (keras\S+): tensorflow-cpu==", TOX, re.MULTILINE)
    assert sorted(n for row in rows for n in expanded(row)) == sorted(labels()["keras"])


def test_everything_is_all_versions_and_their_page_which_comes_last():
    assert labels()["everything"] == [*environments(), "page"]
    section = TOX.partition("[testenv:page]")[2].partition("[testenv:")[0]
    depends = re.findall(r"^    ((?:tf|keras)\S+)$", section, re.MULTILINE)
    assert [name for row in depends for name in expanded(row)] == environments()


def test_every_label_names_environments_that_there_are():
    listed = TOX.partition("env_list =")[2].partition("skip_missing")[0].split()
    known = {name for row in listed for name in expanded(row)}
    sections = {
        n for s in re.findall(r"^\[testenv:(.*)\]$", TOX, re.MULTILINE) for n in expanded(s)
    }
    for names in labels().values():
        assert set(names) <= known | sections


def test_each_version_writes_a_report():
    assert "--report={env:CONFORMANCE_REPORTS:" in TOX.partition("[pkgenv]")[0]


def test_a_report_outside_the_folder_is_written_a_second_time(tmp_path):
    # With a space pytest would take the file that is there for what is to be tested.
    assert "--report {" not in TOX
    for _ in range(2):
        done = run(
            sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", "--implementation",
            "numpy", "--max-examples", "2", "-k", "fresh_biases", f"--report={tmp_path / 'a.json'}",
            f"--example-database={tmp_path / 'kept'}", cwd=ROOT,
        )  # fmt: skip
        assert done.status == 0, done.text


# --- Workflows -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ci.yml", "nightly.yml"])
def test_a_workflow_is_as_its_schema_says(name):
    if importlib.util.find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows",
         str(ROOT / ".github" / "workflows" / name)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_and_names_its_version(path):
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_step_fails_where_any_part_of_a_pipe_fails(path):
    assert "\ndefaults:\n  run:\n    shell: bash\n" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_that_may_write_installs_nothing_and_runs_no_code_of_the_project(path):
    workflow = path.read_text(encoding="utf-8")
    assert "\npermissions:\n  contents: read\n" in workflow
    jobs = re.split(r"^  (?=\w+:$)", workflow.partition("\njobs:\n")[2], flags=re.MULTILINE)
    writing = [job for job in jobs if re.search(r"^ {6}\w+: write$", job, re.MULTILINE)]
    assert len(writing) == (path.stem == "nightly")
    for job in writing:
        assert not re.search(r"pip|tox|checkout|setup-python|\.ci/|python", job)


def test_the_night_uses_options_and_files_that_there_are():
    from conformance.plugin import pytest_addoption

    class Recorder:
        def __init__(self):
            self.options = {"--hypothesis-seed"}

        def getgroup(self, *args):
            return self

        def addoption(self, name, **kwargs):
            self.options.add(name)

    recorder = Recorder()
    pytest_addoption(recorder)
    lines = [line for line in NIGHTLY.splitlines() if "#" not in line]
    used = set(re.findall(r"(--[a-z]+(?:-[a-z]+)*)", "\n".join(lines)))
    others = {"--skip-missing-interpreters", "--title", "--body-file"}
    assert used - others <= recorder.options
    for path in re.findall(r"\.ci/\S+\.py", NIGHTLY):
        assert (ROOT / path).exists()


def test_the_night_plans_all_versions():
    printed = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "nightly.py"), "plan", "17"],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert json.loads(printed[0].partition("=")[2]) == environments()
    assert printed[1] == "seed=17"


@pytest.fixture
def night(tmp_path):
    """Tells the news of some reports; the next call is the next night."""
    nightly = load(ROOT / ".ci" / "nightly.py")

    def tell(environments, **reports):
        folder = tmp_path / "reports"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for name, report in reports.items():
            write_json(report, folder / f"{name}.json")
        return nightly.news(folder, tmp_path / "before.json", environments)

    return tell


OLD = {"keras": "2.9.0", "tensorflow": "2.9.3"}


def test_only_what_is_new_is_told(night):
    fine = {"tf29": a_report(a_result(), versions=OLD), "tf221": a_report(a_result())}
    assert night(list(fine), **fine) == ["Nothing new; 0 known failures and deviations."]
    failing = {**fine, "tf221": a_report(a_result(verdict="fails", reason="it is wrong"))}
    told = night(list(failing), **failing)
    assert told[0] == "New since the night before:"
    assert told[2:] == ["- keras 3.15.1, tensorflow 2.21.0: fails: A holds: it is wrong"]
    assert night(list(failing), **failing) == ["Nothing new; 1 known failures and deviations."]


def test_new_deviations_and_what_is_missing_are_told(night):
    shown = a_report(
        a_result(verdict="deviates (known)", deviations={"relu of NaN": (2, 9)}), versions=OLD
    )
    shard = a_report(a_result(), shard="1/2")
    shard = replace(shard, record=replace(shard.record, shard="1/2"))
    told = night(["tf29", "tf210"], tf29=shown, shard=shard)
    assert told[2:] == [
        "- keras 2.9.0, tensorflow 2.9.3: deviates (known): relu of NaN",
        "- keras 3.15.1, tensorflow 2.21.0: shard 2/2 is missing",
        "- tf210: there is no report",
    ]


def test_a_damaged_report_is_news(night, tmp_path):
    night([], good=a_report(a_result()))
    other = a_report(a_result(), suite=SUITE._replace(version="2.0"))
    told = night([], one=a_report(a_result()), other=other)
    assert told[2:] == [
        f"- {tmp_path}/reports/other.json: is of the suite {other.suite}, "
        f"{tmp_path}/reports/one.json of {SUITE}: only reports of one suite can be compared"
    ]


def test_a_report_that_is_alone_is_read_too(night):
    told = night(["tf29", "tf210"], tf29=a_report(a_result(verdict="fails", reason="it is wrong")))
    assert told[2:] == [
        "- keras 3.15.1, tensorflow 2.21.0: fails: A holds: it is wrong",
        "- tf210: there is no report",
    ]
