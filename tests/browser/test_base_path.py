"""The server below a path, behind a proxy that strips it, and in frames, in a real Chromium."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Server, open_page

START = 120_000  # ms: the workers may still be loading TensorFlow
SMALL = "?v=1&dataset=digits&hidden=8&epochs=1"


@pytest.fixture
def below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("PLAYGROUND_WORKERS", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    running = Server(tmp_path / "log.txt", "mlp", tmp_path)
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()


def test_charts_images_and_streams_work_below_a_path(below: Server, visit: Any) -> None:
    page = visit(f"{below.url}/{SMALL}")
    page.locator(".js-plotly-plot .plot-container").first.wait_for(timeout=START)
    page.locator(".st-key-train button:visible:enabled").click()
    page.get_by_text("Finished: 1 epochs trained.").wait_for(timeout=START)
    open_page(page, "Inspect")
    page.locator(".st-key-inspect_group button").filter(has_text="Activations").click()
    page.locator(".st-key-inspect_view button").filter(has_text="Embedding").click()
    plot = page.locator(".st-key-embedding .js-plotly-plot")
    plot.wait_for()
    with page.expect_response("**/mlp/sprites/*") as sprite:
        plot.focus()
        plot.press("ArrowRight")
    assert sprite.value.ok
    assert "/mlp/inspect?" in page.url
    page.goto(f"{below.url}/train{SMALL}")  # the first page under its name
    page.locator(".st-key-train").wait_for()
    assert page.url.startswith(f"{below.url}/?v=1")


# ---- behind nginx ------------------------------------------------------------------------

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; default_type text/html;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  server {{
    listen 127.0.0.1:{port};
    location = /favicon.ico {{ return 204; }}
    location = /course/1 {{
      return 200 '<iframe src="//localhost:{port}/mlp/{small}" width=1400 height=800></iframe>';
    }}
    location /mlp/ {{
      proxy_pass http://127.0.0.1:{to}/; proxy_http_version 1.1; proxy_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""

# What a browser does in a frame of another site that forbids storage to third parties.
FORBIDDEN = """
for (const name of ["localStorage", "sessionStorage"]) {
  const get = () => { throw new DOMException("Access is denied.", "SecurityError") }
  if (window.top !== window) Object.defineProperty(window, name, { get })
}
"""


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of nginx, which has the server below /mlp/, and strips that."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("no nginx: apt-get install nginx-light")
    folder = tmp_path_factory.mktemp("nginx")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    file = folder / "nginx.conf"
    file.write_text(NGINX.format(folder=folder, port=port, to=server.port, small=SMALL))
    with subprocess.Popen([nginx, "-c", str(file), "-e", str(folder / "error.log")]) as process:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
        process.terminate()


def shared_address(page: Any) -> str:
    """The address that Share shows, without what it shares."""
    page.locator(".st-key-share summary").click()
    code = page.locator("[data-testid=stCode]", has_text="?v=1")
    return str(code.inner_text()).partition("?")[0].rstrip("/")


def test_charts_and_streams_work_behind_a_proxy_that_strips_its_path(
    proxy: int, visit: Any
) -> None:
    page = visit(f"http://localhost:{proxy}/mlp/{SMALL}")
    page.locator(".js-plotly-plot .plot-container").first.wait_for(timeout=START)
    page.locator(".st-key-train button:visible:enabled").click()
    page.get_by_text("Finished: 1 epochs trained.").wait_for(timeout=START)
    assert shared_address(page) == f"http://localhost:{proxy}/mlp"
    page.locator(".st-key-train_link_qr button").click()
    page.get_by_text("Only this machine opens it").wait_for()
    image = page.locator("[data-testid=stPopoverBody] img")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["its own", "another"])
def test_a_page_in_a_frame_knows_its_own_address(proxy: int, host: str, visit: Any) -> None:
    is_foreign = host != "localhost"
    page = visit(f"http://{host}:{proxy}/course/1", script=FORBIDDEN if is_foreign else "")
    frame = page.frame_locator("iframe")
    frame.locator(".js-plotly-plot .plot-container").first.wait_for(timeout=START)
    assert shared_address(frame) == f"http://localhost:{proxy}/mlp"
    open_page(frame, "Runs")
    frame.get_by_text("Your runs").wait_for()
    said = frame.get_by_text("This browser keeps nothing for this page")
    said.wait_for(state="visible" if is_foreign else "hidden")
