"""`mlp-playground`: starts the server; its commands are those of `python -m playground`."""

import logging
import os
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Sequence
from typing import Any

import click

from playground.cli.commands import main as run_command
from playground.cli.commands import playground
from playground.history.environment import versions_text
from playground.storage import schema

# Of Streamlit, whatever the folder in which the server starts.
SETTINGS: dict[str, Any] = {
    "server.headless": True,
    "server.address": "localhost",  # this machine only
    "server.maxUploadSize": 8,  # MB
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": False,
    "browser.serverAddress": "localhost",  # or Streamlit looks up its public address
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,  # it costs 50 ms per update; the server collects now and then
    "client.toolbarMode": "minimal",
    "global.disableWidgetStateDuplicationWarning": True,  # numbers need a default, see fields.py
    "logger.enableRich": False,  # plain lines, which can be shortened
    "theme.light.primaryColor": "#066ead",
    "theme.dark.primaryColor": "#3d9fe0",
}
START_SECONDS = 60


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--port", type=click.IntRange(1, 65_535), default=8501, show_default=True)
@click.option("--host", default="localhost", show_default=True, help="0.0.0.0: every network.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that train.")
@click.option("--base-path", default="", metavar="PATH", help="Serve below this path, such as mlp.")
@click.option("--no-browser", is_flag=True, help="Open no browser window.")
@click.version_option(message="versions: %(version)s", version=versions_text())
@click.pass_context
def mlp_playground(
    context: click.Context, port: int, host: str, workers: int | None, base_path: str,
    no_browser: bool,
) -> None:  # fmt: skip
    """Start the dashboard, or run a command."""
    if context.invoked_subcommand is None:
        serve(port, host, workers, base_path.strip("/"), not no_browser)


for name, command in playground.commands.items():
    mlp_playground.add_command(command, name)


def serve(port: int, host: str, workers: int | None, base_path: str, browser: bool) -> None:
    """Serve the dashboard until the process is told to end."""
    if workers is not None:
        os.environ["PLAYGROUND_WORKERS"] = str(workers)
    # Pages are imported before the server runs, which is no reason for a warning.
    logger, nothing = logging.getLogger("streamlit.runtime.caching.cache_data_api"), lambda _: False
    logger.addFilter(nothing)
    from dashboard.app import app  # here: commands need neither Streamlit nor the pages

    logger.removeFilter(nothing)

    if browser:
        address = f"http://localhost:{port}/{base_path}".rstrip("/")
        threading.Thread(target=_open_browser, args=(address,), daemon=True).start()
    click.echo(f"  Runs are saved in {schema.place()}")
    sys.argv = [__file__]  # the options are ours, not Streamlit's
    app.run(
        config=SETTINGS
        | {"server.port": port, "server.address": host, "server.baseUrlPath": base_path}
    )


def _open_browser(address: str) -> None:
    """Open the address as soon as the server answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            webbrowser.open(address)
            return


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server or a command and return the exit status."""
    return run_command(arguments, mlp_playground, "mlp-playground")


if __name__ == "__main__":
    sys.exit(main())
