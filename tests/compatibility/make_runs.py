"""Saved runs, a pretrained file and a settings file as commit 9669291 wrote them.

Run in its checkout: trains runs of every kind and writes runs.sqlite (kept as runs.sqlite.gz),
network.npz and runs.json into a folder.

    PLAYGROUND_DATABASE_URL=sqlite:////folder/runs.sqlite python make_runs.py /folder
"""

import json
import sys
import time
from pathlib import Path

from playground.events import Diverged, Lost
from playground.race import Competitor, Race
from playground.recorder import Recorder
from playground.run import Run
from playground.store import store
from playground.sweep import Sweep
from playground.sweep_plan import plan_text
from playground.trained import archive
from playground.twin import twin

from playground import race_record
from playground.datasets import load
from playground.experiment import Experiment

OWNER, TAB = "0123456789abcdef" * 2, "fedcba9876543210" * 2


def settled(thing: Run | Race | Sweep) -> None:
    """Wait until it has ended and all of it is written."""
    thing.wait(300)
    runs = [run for own in thing.runs for run in own] if isinstance(thing, Race) else [thing]
    while not all(run.settled for run in runs):
        time.sleep(0.1)


def main() -> None:
    """Train and write."""
    out, kept, notes = Path(sys.argv[1]), store(), {}
    # trained: changed while it played, stopped early
    run = Run(
        Experiment().change(
            dataset="xor",
            hidden=(4,),
            epochs=40,
            early_stopping=True,
            patience=4,
            learning_rate=0.3,
            l2=0.001,
        ),
        lease=1000,
        recorder=Recorder(kept, OWNER, TAB),
    )
    run.play(6)
    settled(run)
    run.change(learning_rate=0.1)
    run.play()
    settled(run)
    notes["trained"] = dict(id=run.saved, state=run.state, epoch=run.epoch)
    kept.rename(run.saved, OWNER, "trained, =1+1")
    kept.note(run.saved, OWNER, "a note\nof two lines")
    kept.tag(run.saved, OWNER, ["tag one", "two"])
    notes["token"] = kept.share(run.saved, OWNER)
    notes["settings"] = run.experiment.model_dump_json(indent=2)
    # taught
    run2 = Run(
        Experiment().change(
            dataset="digits",
            hidden=(8,),
            activation="leaky_relu",
            train_size=100,
            validation_size=50,
            epochs=3,
        ),
        lease=1000,
        recorder=Recorder(kept, OWNER, TAB),
    )
    run2.play()
    settled(run2)
    test = load(run2.experiment.data).test
    run2.teach(test.x[:3], test.y[:3], 2)
    settled(run2)
    notes["taught"] = dict(
        id=run2.saved,
        state=run2.state,
        epoch=run2.epoch,
        output=run2.latest.predict(load(run2.experiment.data).scaled(test.x[:2])).tolist(),
    )
    (out / "network.npz").write_bytes(archive(run2.experiment, run2.latest))
    # diverged and lost; deleted
    for end in (Diverged(1, 9, "Try less."), Lost(1, "the worker has ended")):
        event = run.events[0]
        id = kept.begin(OWNER, run.experiment, tab=TAB)
        kept.write(
            id, run.experiment, [event, end], "diverged" if isinstance(end, Diverged) else "lost", 1
        )
        notes[type(end).__name__] = id
    run4 = Run(
        Experiment().change(
            dataset="iris", hidden=(), epochs=2, shuffled_labels=0.1, standardise=True
        ),
        lease=1000,
        recorder=Recorder(kept, OWNER, TAB),
    )
    run4.play()
    settled(run4)
    kept.delete([run4.saved], OWNER)
    # race
    base = Experiment().change(dataset="moons", hidden=(3,), epochs=5)
    competitors = [
        Competitor(name, tuple(base.change(optimizer=name, seed=s) for s in (0, 1)))
        for name in ("sgd", "adam")
    ]
    group = race_record.begin(kept, OWNER, TAB, competitors)
    race = Race(
        competitors,
        lambda i, _: Recorder(kept, OWNER, TAB, "race", group, competitors[i].label),
        lease=1000,
    )
    race.play()
    settled(race)
    notes["race"] = dict(
        group=group, loss=[[h.val_loss[-1].item() for h in own] for own in race.histories()]
    )
    # twin
    two = twin(base.change(epochs=3), "l2", 0.01)
    group = kept.begin_group(OWNER, "overfitting", "L2", "", TAB)
    race = Race(
        two, lambda i, _: Recorder(kept, OWNER, TAB, "overfitting", group, two[i].label), lease=1000
    )
    race.play()
    settled(race)
    notes["twin"] = dict(group=group)
    # sweep
    some = [base.change(learning_rate=r, epochs=2) for r in (0.01, 0.1)]
    group = kept.begin_group(
        OWNER, "sweep", "learning rate", plan_text(["learning_rate"], some), TAB
    )
    sweep = Sweep(some, lambda i: Recorder(kept, OWNER, TAB, "sweep", group, str(i)), lease=1000)
    sweep.play()
    settled(sweep)
    notes["sweep"] = dict(group=group)
    time.sleep(2)
    from sqlalchemy import text

    with kept.database.writing() as way:
        way.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    kept.database.close()
    (out / "runs.json").write_text(json.dumps(notes, indent=1))


if __name__ == "__main__":  # the workers import this file
    main()
