"""Links to share: one to the experiment, one to a saved run."""

import streamlit as st

from dashboard.state import stored, url
from dashboard.state.pages import page_address
from dashboard.views.shared.saved_runs import RunLibrary
from dashboard.widgets.messages import refuse
from playground.storage.records import RunRow


def sharing(library: RunLibrary, run: RunRow) -> None:
    """Draw both links, with what each of them reveals."""
    st.markdown("**Share**")
    st.caption(
        "*The experiment:* its settings only. Anyone who opens it trains a run of their own."
    )
    st.code(f"{page_address('train')}?{run.link}", language=None, wrap_lines=True)
    st.caption(
        "*This run:* anyone with the link sees its name, note, settings and curves, and can change "
        "nothing. Your other runs stay private."
    )
    tokens = stored.get("run_tokens", make=dict[str, str])
    with st.container(horizontal=True):
        if st.button(
            "Link that shows this run", key="share_run", icon=":material/link:",
            help="Makes a link that shows this run and no other.",
        ):  # fmt: skip
            try:
                tokens[run.id] = library.store.share(run.id, library.owner)
            except LookupError as error:
                refuse(str(error))
        if st.button(
            "Stop sharing", key="unshare_run", icon=":material/link_off:",
            help="All links to this run stop working; a new one can be made.",
        ):  # fmt: skip
            tokens.pop(run.id, None)
            library.store.unshare(run.id, library.owner)
            st.caption("Links to this run no longer work.")
    if run.id in tokens:
        address = f"{page_address('runs')}?{url.SHARED}={tokens[run.id]}"
        st.code(address, language=None, wrap_lines=True)
