"""The embedded cluster: what it opens, what it leaves, where trainers go and how they end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Client, Security

from playground.experiment.model import Data, Experiment
from playground.runs import cluster
from playground.runs.cluster import RemoteTrainer
from playground.runs.worker import TrainerError

IRIS = Experiment().replace(dataset="iris", hidden=(8,))


# ---- the number of workers ---------------------------------------------------------------


def test_there_are_two_to_four_workers() -> None:
    assert 2 <= cluster.n_workers({}) <= 4
    assert cluster.n_workers({"PLAYGROUND_WORKERS": "1"}) == 1


@pytest.mark.parametrize("given", ["0", "-1", "two", "1000"])
def test_an_impossible_number_of_workers_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=f"must be between 1 and 256, got {given}"):
        cluster.n_workers({"PLAYGROUND_WORKERS": given})


# ---- processes ---------------------------------------------------------------------------

SERVER = """
import json, os, sys
from playground.runs import cluster
from playground.experiment.model import Experiment
if len(sys.argv) > 1:
    from playground.runs.run import Run
    run = Run(Experiment().replace(dataset="iris", hidden=(8,), epochs=3))
    run.play()
    said = [run.wait(60), len(run.events), run.latest.epoch]
    try:
        run.snapshot("first")
    except LookupError as error:
        said.append(str(error))
else:
    cluster.start().result()
    said = []
loaded = [name for name in ("tensorflow", "keras", "streamlit") if name in sys.modules]
print(json.dumps([loaded, *said]), flush=True)
if sys.stdin.readline():
    cluster.close()
    try:
        cluster.client()
    except cluster.WorkerLostError as error:
        print(error)
"""


HEALING = """
import contextlib
import json
from playground.experiment.model import Experiment
from playground.history.events import Epoch, WorkerLost
from playground.runs.run import Run
run = Run(Experiment().replace(dataset="iris", hidden=(8,), epochs=200))
run.speed = 50
run.play()
while run.epoch < 20:
    run.wait(0.01)
print("playing", flush=True)
run.wait(200)
epochs = [event.epoch for event in run.events if isinstance(event, Epoch)]
lost = [event.reason for event in run.events if isinstance(event, WorkerLost)]
print(json.dumps([run.state, epochs, run.attempt, lost]), flush=True)
"""


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PLAYGROUND_WORKERS": "1"}


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path, sigint: None) -> Iterator[psutil.Popen]:
    """A process with a cluster of its own, as the web server is one."""
    environment |= {"TMPDIR": str(tmp_path)}
    process = psutil.Popen(
        [sys.executable, "-c", SERVER],
        env=environment, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert json.loads(process.stdout.readline()) == [[]]
    children = process.children(recursive=True)
    assert len(children) >= 2  # a scheduler and a nanny
    yield process
    for left in [process, *children]:
        if left.is_running():
            left.kill()
    process.communicate()


def _all_end(server: psutil.Popen, children: list[psutil.Process]) -> str:
    """Wait until all processes have ended; what they said on standard error.

    Ended all at once, one may still see Python's watchman of another go before it, and say so.
    """
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    said = str(server.communicate(timeout=10)[1])
    return "".join(line for line in said.splitlines(True) if "resource_tracker" not in line)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_server_leaves_no_process_and_no_file(
    server: psutil.Popen, sign: signal.Signals, tmp_path: Path
) -> None:
    children = server.children(recursive=True)
    server.send_signal(sign)
    assert _all_end(server, children) == ""
    assert list(tmp_path.glob("playground-*")) == []


def test_control_c_ends_everything(server: psutil.Popen) -> None:
    children = server.children(recursive=True)
    os.killpg(server.pid, signal.SIGINT)  # as a terminal sends it
    said = _all_end(server, children)
    assert said.splitlines()[-1:] in ([], ["KeyboardInterrupt"])
    assert "distributed" not in said.replace("site-packages/distributed", "")


def test_closing_is_silent_complete_and_for_good(server: psutil.Popen, tmp_path: Path) -> None:
    children = server.children(recursive=True)
    server.stdin.write("close\n")
    server.stdin.flush()
    assert "the server was restarted" in server.stdout.readline()
    assert _all_end(server, children) == ""
    assert list(tmp_path.glob("playground-*")) == []


def test_a_nanny_that_dies_is_replaced(server: psutil.Popen) -> None:
    def nannies() -> set[psutil.Process]:
        found = set()
        for child in server.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "distributed.Nanny" in " ".join(child.cmdline()):
                    found.add(child)
        return found

    for _ in range(2):
        (nanny,) = nannies()
        nanny.kill()
        psutil.wait_procs(nanny.children(recursive=True), timeout=10)
        end = time.monotonic() + 30
        while not nannies() - {nanny} and time.monotonic() < end:
            time.sleep(0.05)
        assert len(nannies()) == 1


def test_a_run_continues_when_the_whole_cluster_has_died(environment: dict[str, str]) -> None:
    with psutil.Popen(
        [sys.executable, "-c", HEALING], env=environment, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stdout.readline() == "playing\n"
            for child in process.children(recursive=True):
                child.kill()
            state, epochs, attempt, lost = json.loads(process.stdout.readline())
        finally:
            process.kill()
        said = process.stderr.read()
    assert "Traceback" not in said, said
    assert (state, epochs, attempt, lost) == ("finished", list(range(1, 201)), 1, [])


def test_nothing_listens_beyond_this_machine(dask: Client) -> None:
    listening = {
        connection.laddr.ip
        for child in psutil.Process().children(recursive=True)
        for connection in child.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_whoever_lacks_the_key_cannot_connect(dask: Client) -> None:
    embedded = cluster.connection().embedded
    assert embedded is not None
    modes = {file.name: file.stat().st_mode & 0o077 for file in embedded.folder.glob("*.pem")}
    assert modes == {"key.pem": 0, "cert.pem": 0}
    address = dask.scheduler.address
    for foreign in (Security.temporary(), None):
        with pytest.raises(OSError, match=r"certificate|Connection reset"):
            Client(address if foreign else address.replace("tls", "tcp"), security=foreign)


def test_an_existing_scheduler_is_used_and_left_alone(dask: Client) -> None:
    before, embedded = cluster.workers(), cluster.connection().embedded
    assert embedded is not None
    files = {
        f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(embedded.folder / file)
        for name, file in {
            "CA_FILE": "cert.pem", "CLIENT__KEY": "key.pem", "CLIENT__CERT": "cert.pem"
        }.items()
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SERVER, "train"],
        env={**os.environ, **files, "PLAYGROUND_SCHEDULER": dask.scheduler.address},
        input="close\n", capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    # The process that asked has loaded neither TensorFlow nor Keras, though an error came back.
    loaded, state, events, latest, error = json.loads(done.stdout.splitlines()[0])
    assert (loaded, state, events, latest) == ([], "finished", 4, 3)
    assert error.startswith("TypeError: ")
    assert done.stderr == ""
    assert cluster.workers() == before


def test_a_client_that_ends_while_it_is_asked_is_no_worker_reached(
    dask: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = cluster.connection().embedded
    assert embedded is not None
    ended = Client(embedded.address, security=embedded.security, set_as_default=False)
    ended.close()
    monkeypatch.setattr(cluster, "client", lambda: ended)
    with pytest.raises(cluster.NoWorkerError, match="does not answer"):
        cluster.workers()


def test_whatever_fails_while_workers_are_started_is_no_worker_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def process_ends() -> None:
        raise psutil.NoSuchProcess(1)

    monkeypatch.setattr(cluster, "_made", list)
    monkeypatch.setattr(cluster, "_current", process_ends)
    with pytest.raises(cluster.NoWorkerError, match="could not be started"):
        cluster.connection()


# ---- workers and trainers ----------------------------------------------------------------


def test_the_workers_seen_are_warm(dask: Client) -> None:
    loaded = dask.run(lambda: "tensorflow" in __import__("sys").modules)
    assert set(loaded) == set(cluster.workers())
    assert all(loaded.values())


def test_trainers_are_spread_evenly_and_freed_when_closed(
    dask: Client, actors: Callable[[], int]
) -> None:
    trainers = [RemoteTrainer(IRIS) for _ in range(4)]
    assert sorted(t.address for t in trainers) == sorted(2 * cluster.workers())
    assert actors() == 4
    for trainer in trainers:
        trainer.close()
    while actors():  # they go one by one
        pass


def test_thirty_runs_begin_beside_busy_threads(dask: Client, actors: Callable[[], int]) -> None:
    over = threading.Event()
    trainers: list[RemoteTrainer] = []

    def compute() -> None:
        while not over.is_set():
            sum(i * i for i in range(20_000))

    def begin(seed: int) -> None:
        trainers.append(RemoteTrainer(IRIS.replace(seed=seed)))

    for _ in range(6):
        threading.Thread(target=compute, daemon=True).start()
    beginning = [threading.Thread(target=begin, args=(seed,), daemon=True) for seed in range(30)]
    for thread in beginning:
        thread.start()
    for thread in beginning:
        thread.join(120)
    over.set()
    assert len(trainers) == 30
    assert sum(trainer.address == cluster.workers()[0] for trainer in trainers) == 15
    for trainer in trainers:
        trainer.close()
    while actors():
        pass


def test_trainers_made_from_checkpoints_disturb_no_other(dask: Client) -> None:
    experiment, epochs = IRIS.replace(epochs=3_000), 1_500
    address = cluster.workers()[0]
    trainer, alone = (RemoteTrainer(experiment, near=near) for near in (address, None))
    _, checkpoint = trainer.call_and_checkpoint("advance", seconds=0.05)
    over = threading.Event()

    def restore() -> None:
        while not over.is_set():
            RemoteTrainer(experiment, near=address, checkpoint=checkpoint).close()

    restoring = threading.Thread(target=restore, daemon=True)
    restoring.start()
    for each in (trainer, alone):
        while each.call("latest").epoch < epochs:
            each.call("advance", seconds=0.05, until_epoch=epochs, with_snapshot=False)
    over.set()
    restoring.join(60)
    for one, other in zip(
        trainer.call("latest").weights, alone.call("latest").weights, strict=True
    ):
        assert (one == other).all()
    trainer.close()
    alone.close()


def test_a_failure_of_the_trainer_comes_as_text(dask: Client) -> None:
    trainer = RemoteTrainer(IRIS)
    with pytest.raises(TrainerError, match=r"^TypeError: "):
        trainer.call("snapshot", "first")
    assert trainer.call("snapshot", 0).epoch == 0
    trainer.close()


def test_a_trainer_that_cannot_be_made_says_why(dask: Client, actors: Callable[[], int]) -> None:
    nowhere = Data.model_construct(**{**IRIS.data.model_dump(), "dataset": "nowhere"})
    with pytest.raises(TrainerError, match=r"^dataset must be one of .*, got nowhere$"):
        RemoteTrainer(IRIS.model_copy(update={"data": nowhere}))
    while actors():
        pass
