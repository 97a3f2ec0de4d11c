"""The files that the pages export of a run."""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.shared import export
from dashboard.views.shared.export import ExportedRun
from playground.datasets.custom import storage
from playground.datasets.custom import table as own
from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble, title
from playground.history.events import Epoch, Event, HyperparametersChanged, LayerStatistics, Score
from playground.nn.network import Snapshot
from playground.storage.store import Store, store

OWNER, TAB = "0123456789abcdef" * 2, "fedcba9876543210" * 2
XOR = Experiment().replace(dataset="xor", hidden=(4,), epochs=3)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database without any run."""
    monkeypatch.setenv("PLAYGROUND_DATABASE_URL", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    return store()


def finished(epoch: int) -> Epoch:
    score = Score(1 / epoch, 0.5)
    layers = (LayerStatistics(0.1, 0.1, 0.001, None),) * 2
    return Epoch(epoch, 7 * epoch, score, score, 0.01, 0.5, layers)


def weights(experiment: Experiment, epoch: int) -> Snapshot:
    sizes = itertools.pairwise(experiment.layer_sizes)
    zeros = [a for n_in, n_out in sizes for a in (np.zeros((n_in, n_out)), np.zeros(n_out))]
    return assemble(experiment, epoch, [np.float32(a) for a in zeros])


def page() -> None:
    import streamlit as st

    from dashboard.state import identity, session
    from dashboard.views.shared.export import export_saved_run
    from playground.storage.store import store

    session.begin()
    known = identity.current()
    assert known is not None
    (line,) = store().list_runs(known[0])
    export_saved_run(store().get(line.id, known[0]))
    st.text("end")


def opened(kept: Store, experiment: Experiment = XOR, events: list[Event] | None = None) -> AppTest:
    log = [finished(1), finished(2)] if events is None else events
    id = kept.create_run(OWNER, experiment)
    kept.log_events(id, experiment, log, "paused", len([e for e in log if isinstance(e, Epoch)]))
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["known"] = (OWNER, TAB)
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def labels(app: AppTest) -> list[str]:
    buttons: list[Any] = list(app.get("download_button"))
    return [button.proto.label for button in buttons]


def test_a_saved_run_offers_every_file(kept: Store) -> None:
    app = opened(kept)
    assert labels(app) == ["Report", "Curves (.csv)", "Script (.py)", "Settings (.json)"]
    assert [b.label for b in app.button] == [
        "Prepare Network (.keras)",
        "Prepare TensorBoard (.zip)",
    ]
    assert "compares its numbers" in " ".join(c.value for c in app.caption)


def test_before_the_first_epoch_there_is_nothing(kept: Store) -> None:
    app = opened(kept, events=[])
    assert labels(app) == []
    assert "train at least one epoch" in app.caption[0].value


def test_a_script_says_what_it_leaves_out(kept: Store) -> None:
    app = opened(
        kept,
        events=[finished(1), HyperparametersChanged(1, "learning_rate", 0.01, 0.1), finished(2)],
    )
    assert "After epoch 1 learning" in " ".join(c.value for c in app.caption).replace("\\", "")


def test_without_comparable_epochs_there_is_no_script(kept: Store) -> None:
    app = opened(kept, events=[HyperparametersChanged(0, "learning_rate", 0.01, 0.1), finished(1)])
    assert "Script (.py)" not in labels(app)
    assert app.button(key="export_saved_script").disabled
    assert "before the end of the first epoch" in " ".join(c.value for c in app.caption)


def test_own_data_come_with_their_script(kept: Store) -> None:
    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    table = own.Table(
        "mine", "my own", "classification", ("a", "b"), ("c", "d"), True,
        x.astype(np.float32), y.astype(np.int32),
    )  # fmt: skip
    app = opened(kept, Experiment().replace(dataset=storage.put(table).name, hidden=(4,)))
    assert "Script (.zip)" in labels(app)
    assert "unpack all into one folder" in " ".join(c.value for c in app.caption)


def test_weights_that_are_not_kept_are_said_beside_the_button(kept: Store) -> None:
    app = opened(kept)
    app.button(key="prepare_saved_keras").click()
    app = checked(app.run())
    assert "could not be made: no weights of this run are kept" in app.error[0].value.replace(
        "\\", ""
    )
    assert "Prepare Network (.keras)" in [b.label for b in app.button]


def taken(**changes: Any) -> ExportedRun:
    usual: dict[str, Any] = {
        "key": "k", "experiment": XOR, "events": lambda: [finished(1)], "versions": {},
        "snapshot": lambda: weights(XOR, 1), "page": "http://here",
    }  # fmt: skip
    return ExportedRun(**usual | changes)


def test_files_are_named_after_the_run() -> None:
    assert taken(name="../a/b: <c>\n").stem == "..-a-b-c".strip("-.")
    assert taken(name="日本").stem == "run"
    assert taken().stem == "-".join(title(XOR).lower().replace("·", " ").split())
    assert len(taken(name="x" * 300).stem) == 60
    assert taken(name="a rather long name " * 9).stem == "a-rather-long-name-" * 3 + "a"


def test_the_report_holds_link_note_and_date() -> None:
    created = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    content = export._report(taken(note="a <note>", created=created))
    for text in ("http://here?v=1&amp;dataset=xor", "a &lt;note&gt;", "04 March 2026, 05:06 UTC"):
        assert text in content
