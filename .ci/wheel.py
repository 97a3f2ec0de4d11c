"""The installed program, started from a folder of its own: python wheel.py BIN FOLDER

BIN: where the environment's commands are; FOLDER is made anew. No file of this checkout is used.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SECONDS = 120


def get(address: str) -> bytes:
    """What the server answers; raises an error for any status but 200."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        content: bytes = answer.read()
        return content


def main(commands: Path, folder: Path) -> None:
    """Run the command line, then the server, as a user would."""
    folder.mkdir()
    data = {name: str(folder) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "KERAS_HOME")}
    environment = {**os.environ, **data, "PLAYGROUND_WORKERS": "1"}
    environment.pop("PYTHONPATH", None)
    python = str(commands / "python")

    def run(*command: str) -> str:
        return subprocess.run(
            command, cwd=folder, env=environment, check=True, capture_output=True, text=True
        ).stdout

    where = run(python, "-c", "import playground, dashboard; print(playground.__file__)")
    assert str(commands.parent) in where, where
    print(run(str(commands / "mlp-playground"), "--version").strip())
    print(run(python, "-m", "playground", "train", "--dataset", "iris", "--epochs", "2")[-200:])
    run(python, "-m", "playground", "lessons")

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [str(commands / "mlp-playground"), "--port", str(port), "--no-browser"],
        cwd=folder, env=environment,
    )  # fmt: skip
    try:
        end = time.monotonic() + SECONDS
        while True:
            try:
                get(f"http://127.0.0.1:{port}/_stcore/health")
                break
            except (OSError, urllib.error.URLError):
                assert server.poll() is None, "the server ended"
                assert time.monotonic() < end, "the server did not start"
                time.sleep(0.2)
        assert b"<html" in get(f"http://127.0.0.1:{port}/")
        with socket.socket() as other:  # listens on this machine only, whatever the folder
            other.settimeout(5)
            addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port)}
            for address in addresses - {"127.0.0.1", "::1"}:
                assert other.connect_ex((address, port)) != 0, f"reachable at {address}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    print("the wheel works")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
