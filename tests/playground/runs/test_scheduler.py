"""Training on several machines: a scheduler, and workers at two addresses of this one."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Client

from playground.experiment.model import Experiment
from playground.runs.local_cluster import QUIET
from playground.runs.sweep import Sweep

IRIS = Experiment().replace(dataset="iris", hidden=(8,), epochs=30, batch_size=16)

ADDRESSES = ("127.0.0.2", "127.0.0.3")

# A web server of its own, as it were, that finds its workers through PLAYGROUND_SCHEDULER.
SERVER = """
import json, sys
from playground.runs import cluster
from playground.experiment.model import Experiment
from playground.runs.sweep import Sweep

cluster.client().wait_for_workers(2, timeout=150)
sweep = Sweep([Experiment.model_validate_json(line) for line in sys.stdin])
sweep.play()
trained_by = {}
while sweep.wait(0.01) == "playing":
    there = {i: sweep.run(i) for i in range(len(sweep.experiments))}
    trained_by |= {i: run.worker for i, run in there.items() if run and run.worker}
rows = [[row.state, row.validation.loss] for row in sweep.rows]
print(json.dumps([rows, sorted(set(trained_by.values()))]))
"""


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler with one worker at each of ADDRESSES, as README starts them."""
    file = tmp_path / "scheduler.json"
    started = [_start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show", file=file)]
    how = ("--nanny", "--nthreads", "1", "--preload", "playground.runs.worker")
    place = ("--local-directory", str(tmp_path))
    started += [_start("worker", "--host", at, *how, *place, file=file) for at in ADDRESSES]
    while not (file.exists() and file.read_text().endswith("}")):
        assert started[0].poll() is None
        time.sleep(0.05)
    yield json.loads(file.read_text())["address"]
    doomed = [each for process in started for each in [process, *process.children(recursive=True)]]
    for each in doomed:
        if each.is_running():
            each.kill()
    psutil.wait_procs(doomed, timeout=10)


def _start(kind: str, *options: str, file: Path) -> psutil.Popen:
    where = ("--scheduler-file", str(file), "--no-dashboard")
    return psutil.Popen(
        [sys.executable, "-m", "dask", kind, *options, *where],
        env=os.environ | QUIET, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_sweep_trains_on_two_machines_with_the_results_of_one(
    scheduler: str, dask: Client
) -> None:
    each = [IRIS.replace(seed=seed) for seed in range(8)]
    done = subprocess.run(
        [sys.executable, "-c", SERVER],
        env={**os.environ, "PLAYGROUND_SCHEDULER": scheduler},
        input="\n".join(e.model_dump_json() for e in each),
        capture_output=True, text=True, timeout=200, check=True,
    )  # fmt: skip
    rows, workers = json.loads(done.stdout)
    hosts = [worker.removeprefix("tcp://").partition(":")[0] for worker in workers]
    assert hosts == list(ADDRESSES)
    sweep = Sweep(each)
    sweep.play()
    assert sweep.wait(60) == "finished"
    here = [[row.state, row.validation.loss if row.validation else None] for row in sweep.rows]
    sweep.close()
    assert rows == here
    assert {state for state, _ in here} == {"finished"}
