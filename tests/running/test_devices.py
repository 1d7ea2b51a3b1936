"""A device is chosen before anything is imported, must be there, and is checked afterwards."""

from __future__ import annotations

import json
import os
import stat
import sys

import pytest
from command_line import run, run_pytest
from subjects import LAST_OUTPUT, subject_of

from conformance.checking.check import check
from conformance.checking.results import FAILS
from conformance.implementations.numpy_loop import NumpyLoop
from conformance.running.devices import Device, DeviceError, choose_device

NO_NVIDIA = {"PATH": ""}
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the false nvidia-smi is a shell script")


@pytest.fixture
def two_gpus(tmp_path):
    """An environment with an nvidia-smi that lists two GPUs."""
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\n"
        'echo "GPU 0: NVIDIA A100 (UUID: GPU-aaaa)"\n'
        'echo "GPU 1: NVIDIA A100 (UUID: GPU-bbbb)"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": str(tmp_path)}


def test_the_cpu_is_always_there_and_hides_gpus():
    device = choose_device("cpu", NO_NVIDIA)
    assert (str(device), device.variables()["CUDA_VISIBLE_DEVICES"]) == ("cpu", "-1")


@pytest.mark.parametrize("text", ["gpu", "gpu:0"])
def test_a_gpu_that_is_not_there_is_an_error(text):
    with pytest.raises(DeviceError, match=f"{text}: there is no GPU: nvidia-smi, which lists"):
        choose_device(text, NO_NVIDIA)


def test_auto_takes_what_is_there(two_gpus):
    assert choose_device("auto", NO_NVIDIA) == Device()
    assert choose_device("auto", two_gpus) == Device(("0", "1"))


def test_each_worker_gets_one_gpu_in_turn_and_no_more_memory_than_it_needs(two_gpus):
    device = choose_device("gpu", two_gpus)
    seen = [device.variables(worker)["CUDA_VISIBLE_DEVICES"] for worker in range(3)]
    assert seen == ["0", "1", "0"]
    assert device.variables()["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert device.variables()["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    assert str(device) == "gpu 0, 1, one for each worker"


def test_a_gpu_is_chosen_by_number(two_gpus):
    assert choose_device("gpu:1", two_gpus) == Device(("1",))
    with pytest.raises(DeviceError, match="gpu:2: there are 2 GPUs, from gpu:0"):
        choose_device("gpu:2", two_gpus)


@pytest.mark.parametrize(
    ("visible", "gpus"),
    [("1", ("1",)), ("1,0", ("1", "0")), ("GPU-bbbb", ("GPU-bbbb",)), ("0,7,1", ("0",))],
)
def test_visible_devices_limit_the_choice(two_gpus, visible, gpus):
    environment = {**two_gpus, "CUDA_VISIBLE_DEVICES": visible}
    assert choose_device("gpu", environment) == Device(gpus)


@pytest.mark.parametrize("visible", ["-1", "", "9"])
def test_hidden_gpus_are_not_there(two_gpus, visible):
    with pytest.raises(DeviceError, match=r"lists 2, CUDA_VISIBLE_DEVICES=.* lets 0 be used"):
        choose_device("gpu", {**two_gpus, "CUDA_VISIBLE_DEVICES": visible})


@pytest.mark.parametrize("text", ["tpu", "gpu:", "gpu:-1", "gpu:a", "cpu:0", ""])
def test_another_word_is_no_device(text):
    with pytest.raises(DeviceError, match="must be cpu, gpu, gpu:N or auto"):
        choose_device(text, NO_NVIDIA)


class OnTheOther(NumpyLoop):
    """Falls back without a word, as frameworks do."""

    def devices(self):
        return ["CPU:0"]


def test_a_silent_fall_back_to_the_cpu_fails():
    result = check(LAST_OUTPUT, subject_of(OnTheOther(), device=Device(("0",))))
    assert result.verdict == FAILS
    assert result.reason == "it was computed on CPU:0: --device gpu was asked for"


def test_what_was_computed_where_it_was_asked_conforms():
    assert check(LAST_OUTPUT, subject_of(OnTheOther(), device=Device())).failure is None


# --- A whole run -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--device", "gpu", "--implementation", "numpy"),
         "--device: gpu: numpy cannot be told to use one"),
        (("--device", "tpu", "--implementation", "numpy"),
         "--device: tpu: must be cpu, gpu, gpu:N or auto"),
    ],
)  # fmt: skip
def test_a_wrong_device_ends_the_run_at_once(tmp_path, options, sentence):
    done = run_pytest(tmp_path, *options)
    assert (done.status, done.text.strip()) == (4, f"ERROR: {sentence}")


#: Says that it can use a GPU; reports what CUDA_VISIBLE_DEVICES was when a framework was imported.
USING_GPUS = """
import os
from conformance.implementations.numpy_loop import NumpyLoop


class OnGpu(NumpyLoop):
    name = "mine:OnGpu"
    on_gpu = True
    visible = None

    def network(self, *arguments, **options):
        if self.visible is None:  # here a framework would be imported
            self.visible = os.environ["CUDA_VISIBLE_DEVICES"]
        return super().network(*arguments, **options)

    def devices(self):
        return ["GPU:" + self.visible]
"""


def test_every_worker_sees_one_gpu_alone(two_gpus, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(USING_GPUS)
    monkeypatch.setenv("PATH", two_gpus["PATH"] + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    done = run_pytest(
        tmp_path, "--implementation", "mine:OnGpu", "--device", "gpu", "-n", "2",
        "--max-examples", "10", "--dtypes", "float32", "--report", "run.json",
    )  # fmt: skip
    assert done.status == 0, done.text
    assert " · device gpu 0, 1, one for each worker" in done.text
    assert done.summary[0].endswith("computed on GPU:0, GPU:1")
    report = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert report["environment"]["device"] == "gpu 0, 1, one for each worker"
    seen = {device for result in report["results"] for device in result["devices"]}
    assert seen == {"GPU:0", "GPU:1"}


def test_tensorflow_says_where_it_computed(tmp_path):
    pytest.importorskip("tensorflow")
    code = (
        "from conformance.implementations.keras.tensorflow import KerasTensorFlow\n"
        "print(KerasTensorFlow().devices())"
    )
    done = run(sys.executable, "-c", code, cwd=tmp_path, path=os.getcwd())
    assert done.text.splitlines()[-1] == "['CPU:0']"
