"""A Dask cluster of our own: a scheduler and some workers, as processes of this machine.

As a program (`python -m playground.runs.local_cluster PARENT FOLDER SPEC`) it is one of them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

START_PATIENCE = 60.0  # seconds in which the scheduler has to come up
PARENT_CHECK = 0.25  # seconds between two looks whether the process that started this one is there

# Errors only, of workers and their files none: what fails in one is told by its run, and at the end
# of the server each would complain that nobody listens, or that its folder is gone already.
LOGGING = {
    "distributed": "error",
    "distributed.worker": "critical",
    "distributed.diskutils": "critical",
}

# No pages or profiles of Dask itself, no graphics card.
QUIET = {
    "DASK_LOGGING": repr(LOGGING),
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false",
    "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
    "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
}

# Dask lets in whoever connects: from this machine only.
LOOPBACK = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}


class LocalCluster:
    """One scheduler and `n_workers` workers, which end with this process however it ends.

    Each worker has a nanny, which starts another one if it dies. (Dask's SubprocessCluster would
    do, but stops looking after its workers when one leaves that it had not yet heard of, and its
    scheduler stands still once it has written 64 kB to its standard error.)
    """

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self.folder = Path(tempfile.mkdtemp(prefix="playground-"))
        file = self.folder / "scheduler.json"
        nanny = {
            "nthreads": 1,
            "memory_limit": 0,
            "local_directory": str(self.folder),
            "preload": ["playground.runs.worker"],
        }
        where = {"scheduler_file": str(file), **LOOPBACK}
        self._processes = [self._start("distributed.Scheduler", {"port": 0} | where)]
        self._processes += [
            self._start("distributed.Nanny", nanny | where) for _ in range(n_workers)
        ]
        try:
            self.address = self._wait_for(file)
        except Exception:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether the scheduler runs."""
        return self._processes[0].poll() is None

    def close(self) -> None:
        """End all processes at once and remove their files."""
        doomed: list[psutil.Process] = []
        for process in self._processes:
            if process.poll() is None:
                parent = psutil.Process(process.pid)
                doomed += [parent, *parent.children(recursive=True)]
        _to_each(doomed, psutil.Process.suspend)  # none replaces, or complains of, another
        _to_each(doomed, psutil.Process.kill)
        for process in self._processes:
            process.wait()
        psutil.wait_procs(doomed, timeout=5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_for(self, file: Path) -> str:
        give_up = time.monotonic() + START_PATIENCE
        while self.alive and time.monotonic() < give_up:
            try:
                return str(json.loads(file.read_text())["address"])
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.02)
        raise RuntimeError(f"the Dask scheduler did not start within {START_PATIENCE:.0f} s")

    def _start(self, kind: str, options: dict[str, Any]) -> "subprocess.Popen[bytes]":
        spec = json.dumps({"cls": kind, "opts": options})
        whose = [str(os.getpid()), str(self.folder)]
        # A session of its own: a Ctrl-C in the terminal is for the web server, which ends these.
        return subprocess.Popen(
            [sys.executable, "-m", "playground.runs.local_cluster", *whose, spec],
            env=os.environ | QUIET,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _end_with(parent: int, folder: str) -> None:
    """Wait until the process `parent` is gone; then end this one, its children and its files."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK)
    children = psutil.Process().children(recursive=True)
    _to_each(children, psutil.Process.suspend)
    shutil.rmtree(folder, ignore_errors=True)
    _to_each(children, psutil.Process.kill)
    os._exit(0)


def _to_each(processes: list[psutil.Process], act: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            act(process)


def main(parent: str, folder: str, spec: str) -> None:
    """Be the Dask process that `spec` describes, for as long as the process `parent` lives."""
    threading.Thread(target=_end_with, args=(int(parent), folder), daemon=True).start()
    from distributed.cli import dask_spec

    dask_spec.main(["--spec", spec])


if __name__ == "__main__":
    main(*sys.argv[1:])
