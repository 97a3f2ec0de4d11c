"""Results computed in a worker, where Keras is loaded, while the lab stays responsive."""

from collections.abc import Hashable
from typing import Any

import streamlit as st

from dashboard.state import identity
from dashboard.widgets.messages import literal
from playground.runs.jobs import Job, Jobs

WAIT_SECONDS = 0.05  # before the lab is drawn without the result
POLL_SECONDS = 0.3

_JOBS = Jobs()


def worker_result(
    key: str, question: Hashable, path: str, *args: Any,
    waiting: str | None = "Computing with Keras …",
) -> Any:  # fmt: skip
    """What the function at `path`, "package.module:name", returns in a worker; None until then.

    Equal questions under a `key` are computed once; a tab computes one question of a key at a time.
    While there is no result, `waiting` or the error is shown; nothing where `waiting` is None.
    """
    owner = (identity.current(), key)

    def request() -> Job | None:
        _JOBS.submit(owner, (key, question), path, *args)
        return _JOBS.get((key, question))

    def poll() -> None:
        job = request()
        st.caption(waiting or "")
        if job is not None and job.state != "working":
            st.rerun()

    job = request()
    if job is not None and job.wait(WAIT_SECONDS) and job.state == "done":
        return job.result
    if waiting is None:
        return None
    if job is not None and job.state == "failed":
        st.caption(f"Keras did not answer: {literal(job.reason)}.")
        st.button(
            "Try again", key=f"{key}_again", help="Compute it once more in a worker.",
            on_click=_JOBS.remove, args=((key, question), job),
        )  # fmt: skip
    else:
        st.fragment(poll, run_every=POLL_SECONDS, key=f"{key}_poll")()
    return None
