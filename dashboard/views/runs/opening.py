"""A saved run becomes this tab's run on the Train page."""

import streamlit as st

from dashboard import session
from dashboard.views.runs.library import Library
from dashboard.views.train import train
from playground.run import Run
from playground.saved import Saved
from playground.snapshot import Snapshot


def open_in_train(library: Library, saved: Saved) -> None:
    """Show a saved run on the Train page: its curves, and the weights that were kept.

    One that is there already goes on as it is.
    """
    now = session.run()
    if now is not None and now.saved == saved.id:
        session.set_experiment(now.experiment)
        go_to_train()

    def snapshot(epoch: int) -> Snapshot:
        return library.store.snapshot(saved.id, library.owner, epoch)

    run = Run.restored(
        saved, snapshot, recorder=session.recorder(), reason="it was opened from the saved runs"
    )
    session.keep(run)
    session.set_experiment(run.experiment)
    go_to_train()


def go_to_train() -> None:
    """Turn to the Train page."""
    st.switch_page(st.Page(train, title="Train", url_path="train", default=True))
