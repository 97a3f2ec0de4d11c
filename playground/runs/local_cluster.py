"""A Dask cluster on this machine: processes of a scheduler and workers, replaced if they die.

Run as a program (`python -m playground.runs.local_cluster PARENT FOLDER SPEC`) it is one of them.
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
from distributed import Security

START_TIMEOUT = 60.0  # seconds in which the scheduler has to come up
CHECK = 0.5  # seconds between two looks whether the nannies run
PARENT_CHECK = 0.25  # seconds between two looks whether the parent process runs

# Errors only, of workers none: a run reports its own, and at the end of the server each worker
# would log that its connection or its folder is gone.
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

# From this machine only, and there only from whoever has the cluster's key.
LOOPBACK = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}


class LocalCluster:
    """One scheduler and `n_workers` workers, which end with this process however it ends.

    All connections are encrypted and need the key that is made here: whoever could connect without
    it could run code as this user. `security` has it for a client.

    Each worker has a nanny, which replaces it if it dies; a nanny that dies is replaced here. A
    dead scheduler ends the cluster: `alive` is false, and another one has to be made.

    (Dask's SubprocessCluster stops supervising its workers when one leaves that it did not know
    yet, and its scheduler blocks after 64 kB on standard error.)
    """

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self.folder = Path(tempfile.mkdtemp(prefix="playground-"))
        self.security = Security.temporary()
        programs = {"TF_XLA_FLAGS": f"--tf_xla_persistent_cache_directory={self.folder / 'xla'}"}
        # A program that one worker has compiled is loaded by the others, and by their successors.
        self._environment = programs | os.environ | QUIET
        self._environment |= _credentials(self.security, self.folder)
        file = self.folder / "scheduler.json"
        self._nanny = {
            "nthreads": 1,
            "memory_limit": 0,
            "local_directory": str(self.folder),
            "preload": ["playground.runs.worker"],
            "scheduler_file": str(file),
            **LOOPBACK,
        }
        scheduler = {"port": 0, "protocol": "tls", "scheduler_file": str(file), **LOOPBACK}
        self._closing, self._lock = threading.Event(), threading.Lock()
        self._processes = [self._start("distributed.Scheduler", scheduler)]
        self._processes += [self._start("distributed.Nanny", self._nanny) for _ in range(n_workers)]
        try:
            self.address = self._wait_for(file)
        except Exception:
            self.close()
            raise
        threading.Thread(target=self._replace_nannies, name="nannies", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the scheduler runs."""
        return self._processes[0].poll() is None

    def close(self) -> None:
        """End all processes at once and remove their files."""
        self._closing.set()
        with self._lock:  # no nanny starts from now on
            pass
        doomed: list[psutil.Process] = []
        for process in self._processes:
            if process.poll() is None:
                with suppress(psutil.NoSuchProcess):  # it ends meanwhile
                    parent = psutil.Process(process.pid)
                    doomed += [parent, *parent.children(recursive=True)]
        _to_each(doomed, psutil.Process.suspend)  # none replaces, or complains of, another
        _to_each(doomed, psutil.Process.kill)
        for process in self._processes:
            process.wait()
        psutil.wait_procs(doomed, timeout=5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _replace_nannies(self) -> None:
        """Start another nanny in place of one that has died; its worker dies with it."""
        while not self._closing.wait(CHECK) and self.alive:
            for i, process in enumerate(self._processes):
                with self._lock:
                    if i and process.poll() is not None and not self._closing.is_set():
                        self._processes[i] = self._start("distributed.Nanny", self._nanny)

    def _wait_for(self, file: Path) -> str:
        give_up = time.monotonic() + START_TIMEOUT
        while self.alive and time.monotonic() < give_up:
            try:
                return str(json.loads(file.read_text())["address"])
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.02)
        raise RuntimeError(f"the Dask scheduler did not start within {START_TIMEOUT:.0f} s")

    def _start(self, kind: str, options: dict[str, Any]) -> "subprocess.Popen[bytes]":
        spec = json.dumps({"cls": kind, "opts": options})
        whose = [str(os.getpid()), str(self.folder)]
        # A session of its own: Ctrl-C in a terminal signals the web server only, which ends these.
        return subprocess.Popen(
            [sys.executable, "-m", "playground.runs.local_cluster", *whose, spec],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _credentials(security: Security, folder: Path) -> dict[str, str]:
    """Dask's settings for processes whose key and certificate lie in files of this user alone."""
    settings = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}
    contents = {"key": security.tls_client_key, "cert": security.tls_client_cert}
    for kind, content in contents.items():
        path = folder / f"{kind}.pem"
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
        for role in ("CLIENT", "SCHEDULER", "WORKER"):
            settings[f"DASK_DISTRIBUTED__COMM__TLS__{role}__{kind.upper()}"] = str(path)
    return settings | {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(folder / "cert.pem")}


def _end_with(parent: int, folder: str) -> None:
    """Wait for the end of the process `parent`; then end this one, its children and its files."""
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
