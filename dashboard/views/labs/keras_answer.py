"""What real Keras says in a lab: asked in the background, shown as soon as it has answered."""

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from dashboard.state import session
from dashboard.widgets.messages import literal
from playground.runs.jobs import Background, Job

GLANCE_SECONDS = 0.05  # that a lab waits for Keras before it shows what it has
LOOK_SECONDS = 0.3  # between two looks whether Keras has answered

_JOBS = Background()


def answer(
    key: str, show: Callable[[Any], None], question: Hashable, function: Callable[..., Any],
    *args: Any, waiting: str = "Asking Keras …",
) -> None:  # fmt: skip
    """Show what `function(*args)`, called in a worker, returns for `question`.

    key: of the place on the page; one question of it is under way at a time.
    """
    owner = (session.identity(), key)

    def asked() -> Job | None:
        _JOBS.ask(owner, (key, question), function, *args)
        return _JOBS.get((key, question))

    def look(waited: bool) -> None:
        job = asked()
        if job is None or job.state == "working":
            st.caption(waiting)
            return
        if job.state == "failed":
            st.caption(f"Keras could not be asked: {literal(job.reason)}.")
            st.button(
                "Ask again", key=f"{key}_again", help="Put the same question to Keras once more.",
                on_click=_JOBS.forget, args=((key, question), job),
            )  # fmt: skip
        else:
            show(job.result)
        if waited:
            st.rerun()

    job = asked()
    done = job is not None and job.wait(GLANCE_SECONDS)
    st.fragment(look, run_every=None if done else LOOK_SECONDS, key=key)(not done)


def known(key: str, question: Hashable) -> Any:
    """What came back for a question of `answer`; None while it has not."""
    job = _JOBS.get((key, question))
    return job.result if job is not None and job.state == "done" else None
