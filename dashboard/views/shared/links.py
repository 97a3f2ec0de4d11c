"""Two links: one that describes the experiment, one that shows this very run."""

import streamlit as st

from dashboard.state import stored, url
from dashboard.views.shared.saved_runs import RunLibrary
from dashboard.widgets.messages import refuse
from playground.storage.records import RunRow


def address(page: str) -> str:
    """The address of another page of this server."""
    here = str(st.context.url or "").partition("?")[0].rstrip("/")
    return f"{here.rpartition('/')[0]}/{page}"


def sharing(library: RunLibrary, run: RunRow) -> None:
    """The links, with what each of them gives away."""
    st.markdown("**Share**")
    st.caption(
        "*The experiment:* the settings only. Whoever opens this trains it anew, to the same "
        "numbers; nothing of yours is seen."
    )
    st.code(f"{address('train')}?{run.link}", language=None, wrap_lines=True)
    st.caption(
        "*This run:* whoever has this link sees its name, note, settings and curves, and can "
        "change nothing. Your other runs stay yours alone."
    )
    tokens = stored.get("run_tokens", make=dict[str, str])
    with st.container(horizontal=True):
        if st.button(
            "Link that shows this run",
            key="share_run",
            icon=":material/link:",
            help="Makes an address that shows this run, and no other, to whoever has"
            " it; send it to somebody.",
        ):
            try:
                tokens[run.id] = library.store.share(run.id, library.owner)
            except LookupError as error:
                refuse(str(error))
        if st.button(
            "Stop sharing", key="unshare_run", icon=":material/link_off:",
            help="The link shows nothing any more; a new one can be made.",
        ):  # fmt: skip
            tokens.pop(run.id, None)
            library.store.unshare(run.id, library.owner)
            st.caption("Links to this run show nothing any more.")
    if run.id in tokens:
        st.code(
            f"{address('runs')}?{url.SHARED}={tokens[run.id]}", language=None, wrap_lines=True
        )
