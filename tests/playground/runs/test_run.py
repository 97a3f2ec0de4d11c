"""Runs: play, pause, step, change, reset; leases; lost workers; the registry."""

import contextlib
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from distributed import Client
from pydantic import ValidationError

from playground.experiment.model import Data, Experiment
from playground.history.events import (
    Epoch,
    Finished,
    HyperparametersChanged,
    Progress,
    WeightsLoaded,
    WorkerLost,
)
from playground.history.history import history
from playground.runs import loop
from playground.runs.cluster import RemoteTrainer
from playground.runs.leased import TAB_LEASE, LoopSettings, Registry
from playground.runs.run import Run

IRIS = Experiment().replace(dataset="iris", hidden=(8,), epochs=200)
LONG = IRIS.replace(batch_size=1, epochs=10_000)

Start = Callable[..., Run]


@pytest.fixture
def start(dask: Client) -> Iterator[Start]:
    """Makes runs that are closed after the test."""
    made: list[Run] = []

    def run(experiment: Experiment = IRIS, **given: Any) -> Run:
        made.append(Run(experiment, **given))
        return made[-1]

    yield run
    for each in made:
        each.close()


def kill(dask: Client, *addresses: str | None) -> None:
    """End the worker processes at some addresses at once."""
    processes = dask.run(os.getpid)
    for address in set(addresses):
        os.kill(processes[address], signal.SIGKILL)


def losses(run: Run) -> list[float]:
    h = history(run.events)
    assert h.epoch.tolist() == list(range(1, len(h) + 1))
    return [float(loss) for loss in h.loss]


# ---- playing -----------------------------------------------------------------------------


def test_a_new_run_is_there_at_once_and_its_first_weights_soon(dask: Client) -> None:
    began = time.perf_counter()
    run = Run(IRIS)
    assert time.perf_counter() - began < 0.5
    assert run.state == "ready"
    first = run.snapshot(0)  # waits for the trainer
    assert first.epoch == 0
    assert run.latest is not None
    assert np.array_equal(run.latest.layers[0].kernel, first.layers[0].kernel)
    assert list(run.events) == []
    run.close()


def test_played_to_the_end(start: Start) -> None:
    run = start()
    run.play()
    assert run.wait(60) == "finished"
    epochs = [e for e in run.events if isinstance(e, Epoch)]
    assert [e.epoch for e in epochs] == list(range(1, 201))
    assert isinstance(run.events[-1], Finished)
    assert run.epoch == 200
    assert run.latest is not None
    assert run.latest.epoch == 200
    assert 0 <= run.test().metric <= 1
    run.play()
    assert run.state == "finished"


def test_pausing_and_stepping_change_nothing_in_what_is_learned(start: Start) -> None:
    straight, halting = start(), start()
    straight.play()
    for epochs in (1, 1, 30):
        halting.play(epochs)
        assert halting.wait(60) == "paused"
        assert halting.latest is not None
        assert halting.latest.epoch == halting.epoch
    assert halting.epoch == 32
    halting.play()
    halting.pause()
    assert halting.state in ("paused", "finished")
    halting.play()
    assert (straight.wait(60), halting.wait(60)) == ("finished", "finished")
    assert losses(straight) == losses(halting)


def test_training_on_from_the_end_is_one_longer_run(start: Start) -> None:
    straight, longer = start(IRIS.replace(epochs=90)), start(IRIS.replace(epochs=30))
    for run in (straight, longer):
        run.play()
    assert (straight.wait(60), longer.wait(60)) == ("finished", "finished")
    longer.train_on(60)
    assert longer.wait(60) == "finished"
    assert losses(longer) == losses(straight)
    assert longer.experiment == straight.experiment
    assert longer.latest is not None
    assert longer.latest.epoch == 90
    assert [type(e) for e in longer.events if not isinstance(e, Epoch)] == [
        Finished, HyperparametersChanged, Finished
    ]  # fmt: skip


def test_training_on_from_an_earlier_epoch_is_a_run_of_its_own(start: Start) -> None:
    """Plain gradient descent has no memory, so the epochs after it are the same."""
    run = start(IRIS.replace(epochs=40))
    run.play()
    run.wait(60)
    branch = run.branch(20, 10)
    assert (branch.state, branch.epoch) == ("paused", 20)
    branch.play()
    assert branch.wait(60) == "finished"
    assert losses(branch) == losses(run)[:30]
    assert [e for e in branch.events if not isinstance(e, Epoch)] == [
        WeightsLoaded(20),
        HyperparametersChanged(20, "epochs", 40, 30),
        Finished(30, False, None, False),
    ]
    branch.reset()
    assert (branch.state, branch.epoch, len(branch.events)) == ("ready", 0, 0)
    branch.close()


def test_one_update_by_itself_is_told_and_then_the_run_pauses(start: Start) -> None:
    run = start()
    run.play_update()
    assert run.wait(60) == "paused"
    update = run.update
    assert update is not None
    assert (update.epoch, update.step, len(update.rows)) == (1, 1, 32)
    assert update.loss_after < update.loss_before
    sizes = [(layer.gradient, layer.update) for layer in update.layers]
    assert all(moved == pytest.approx(0.01 * g, rel=1e-4) for g, moved in sizes)  # η · gradient
    assert run.progress is not None
    assert run.progress.batch == 1


def test_reset_repeats_the_run_and_another_seed_does_not(start: Start) -> None:
    run = start()
    first = run.snapshot(0)
    run.play(20)
    run.wait(60)
    before = losses(run)
    run.reset()
    assert (run.state, run.attempt, list(run.events)) == ("ready", 2, [])
    assert np.array_equal(run.snapshot(0).layers[0].kernel, first.layers[0].kernel)
    run.play(20)
    run.wait(60)
    assert losses(run) == before
    run.reset(seed=1)
    assert run.experiment.network.seed == 1
    assert not np.array_equal(run.snapshot(0).layers[0].kernel, first.layers[0].kernel)


def test_a_change_acts_from_the_next_epoch_and_is_on_record(start: Start) -> None:
    run = start()
    run.play(3)
    run.wait(60)
    run.change(learning_rate=0.125)
    assert run.experiment.training.learning_rate == 0.125
    run.play(2)
    run.wait(60)
    h = history(run.events)
    assert h.changes == (HyperparametersChanged(3, "learning_rate", 0.01, 0.125),)
    assert h.learning_rate == pytest.approx([0.01] * 3 + [0.125] * 2)


def test_what_cannot_change_while_a_run_goes_on_is_refused(start: Start) -> None:
    run = start()
    with pytest.raises(ValueError, match=r"one of learning_rate, .*, got seed=5"):
        run.change(seed=5)
    with pytest.raises(ValidationError):
        run.change(learning_rate=-1)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        run.play(0)
    with pytest.raises(ValueError, match="above 0 epochs per second, or None, got 0"):
        run.speed = 0
    assert run.experiment == IRIS


def test_speed_is_the_most_epochs_per_second(start: Start) -> None:
    run = start()
    run.play(1)
    run.wait(60)
    run.speed = 40
    began = time.perf_counter()
    run.play(21)
    run.wait(60)
    assert time.perf_counter() - began >= 20 / 40
    assert run.epoch == 22


def test_earlier_weights_can_be_fetched(start: Start) -> None:
    run = start()
    run.play(10)
    run.wait(60)
    assert run.snapshot(4).epoch == 4
    assert run.snapshot(4) is run.snapshot(4)
    assert run.snapshot(1000).epoch == 10


def test_calls_from_many_threads_leave_a_whole_history(start: Start) -> None:
    run = start(LONG)
    run.speed = 100

    def press(seed: int) -> None:
        random = np.random.default_rng(seed)
        for button in random.integers(0, 4, 10):
            [run.play, run.pause, run.reset, lambda: run.play(1)][button]()

    threads = [threading.Thread(target=press, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    run.pause()
    assert run.wait(60) in ("ready", "paused")
    assert len(losses(run)) == run.epoch


def test_openings_of_the_test_set_are_counted_and_no_reset_hides_them(start: Start) -> None:
    run = start()
    run.play(5)
    run.wait(60)
    assert (run.test_evaluations, run.test_evaluation) == ((), None)
    score = run.test()
    assert run.test_evaluation is not None
    assert (run.test_evaluation.score, run.test_evaluation.epoch, run.test_evaluation.dataset) == (
        score,
        5,
        "iris",
    )
    run.reset()
    assert len(run.test_evaluations) == 1
    assert run.test_evaluation is None  # of the network that is there now
    other = start(test_evaluations=run.test_evaluations)
    other.test()
    assert [opening.epoch for opening in other.test_evaluations] == [5, 0]
    assert other.test_evaluation is other.test_evaluations[-1]


# ---- nobody watches ----------------------------------------------------------------------


def test_a_run_that_nobody_watches_pauses_itself(start: Start) -> None:
    run = start(LONG, settings=LoopSettings(lease=0.3))
    run.speed = 50
    run.play()
    assert run.wait(60) == "paused"
    assert run.epoch < LONG.training.epochs
    assert run.notice == "Its page was closed."
    run.play(1)
    assert run.wait(60) == "paused"


# ---- what goes wrong ---------------------------------------------------------------------


def test_after_a_killed_worker_runs_continue_to_the_same_numbers(
    start: Start, dask: Client
) -> None:
    experiment = LONG.replace(dropout=0.2, optimizer="adam", epochs=400)
    run, undisturbed = start(experiment), start(experiment)
    run.snapshot(0)
    undisturbed.snapshot(0)
    assert run.worker != undisturbed.worker
    for each in (run, undisturbed):
        each.play(100)
        assert each.wait(60) == "paused"
        each.change(learning_rate=0.02)
        each.play(50)
        assert each.wait(60) == "paused"
        each.speed = 50
    process = dask.run(os.getpid)[run.worker]
    undisturbed.play()
    run.play()
    while run.epoch < 160:
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    assert run.wait(120) == undisturbed.wait(120) == "finished"
    assert losses(run) == losses(undisturbed)
    assert len(losses(run)) == 400
    assert len(history(run.events).changes) == 1
    assert not any(isinstance(event, WorkerLost) for event in run.events)
    assert run.attempt == 1
    assert run.notice.startswith("Its worker process ended after epoch ")
    assert undisturbed.notice == ""
    assert run.test() == undisturbed.test()


def test_what_is_asked_of_a_killed_worker_is_answered_by_another(
    start: Start, dask: Client
) -> None:
    unbegun, run = start(), start()
    unbegun.snapshot(0)
    run.play()
    assert run.wait(60) == "finished"
    assert run.latest is not None
    score, latest = run.test(), run.latest
    run.fit_more(np.zeros((1, 4)), [0])
    assert run.wait(60) == "finished"
    kill(dask, run.worker)
    with contextlib.suppress(LookupError):  # compiling may take longer than it waits
        run.test()
    run.play()
    while run.notice == "" or run.worker is None:
        time.sleep(0.01)
    assert run.epoch == 201
    run.undo()
    assert run.test() == score
    assert run.snapshot(201).epoch == 200
    assert np.array_equal(run.snapshot(200).weights[0], latest.weights[0])
    dask.wait_for_workers(2, timeout=120)
    kill(dask, unbegun.worker)
    unbegun.play(5)
    assert unbegun.wait(120) == "paused"
    assert losses(unbegun) == losses(run)[:5]


@pytest.mark.parametrize("epochs", [0, 50], ids=["before its first update", "in mid-run"])
def test_a_run_moves_to_the_worker_with_fewer_runs(
    start: Start, epochs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "WORTH_MOVING", 0.0)
    runs = []
    for _ in range(4):
        runs.append(start(LONG))
        runs[-1].snapshot(0)
    one, _, two, _ = runs
    for each in (one, two) if epochs else ():
        each.play(epochs)
        assert each.wait(60) == "paused"
    assert one.worker == two.worker
    for each in (runs[1], runs[3]):
        each.close()
        while not each.idle:
            time.sleep(0.01)
    for each in (one, two):
        each.speed = 10
        each.play(5)
    assert one.wait(60) == two.wait(60) == "paused"
    assert one.worker != two.worker
    assert losses(one) == losses(two)
    assert one.notice == two.notice == ""
    assert [one.snapshot(e).epoch for e in range(epochs)] == [*range(epochs)]


def test_a_trainer_that_cannot_be_made_says_why(start: Start) -> None:
    nowhere = Data.model_construct(**{**IRIS.data.model_dump(), "dataset": "nowhere"})
    run = start(IRIS.model_copy(update={"data": nowhere}))
    with pytest.raises(LookupError, match="nowhere"):
        run.snapshot(0)
    assert run.state == "lost"
    (lost,) = run.events
    assert isinstance(lost, WorkerLost)
    assert lost.reason.startswith("dataset must be one of fashion_mnist, ")
    assert lost.reason.endswith(", got nowhere")


def test_a_question_without_an_answer_leaves_the_run_as_it_is(start: Start) -> None:
    run = start()
    run.play(3)
    run.wait(60)
    with pytest.raises(LookupError, match="TypeError"):
        run.snapshot("first")  # type: ignore[arg-type]
    assert run.state == "paused"
    run.play(2)
    assert run.wait(60) == "paused"
    assert len(losses(run)) == 5


def test_a_closed_run_frees_its_trainer(dask: Client, actors: Callable[[], int]) -> None:
    run = Run(LONG)
    run.snapshot(0)
    assert actors() == 1
    run.speed = 10
    run.play()
    run.close()
    while actors():  # until the slice under way is over
        pass
    run.play()
    with pytest.raises(LookupError):
        run.test()
    run.wait()  # for ever, if it waited for the end of what is over
    with pytest.raises(ValueError, match="to add examples, got closed"):
        run.fit_more(np.zeros((1, 4)), [0])


def test_a_network_has_a_name_of_its_own_which_a_reset_changes(start: Start) -> None:
    one, other = start(), start()
    before = one.network
    one.reset()
    assert len({before, one.network, other.network}) == 3


def test_a_page_is_told_of_slow_updates_and_of_many_runs_in_a_worker(start: Start) -> None:
    run = start()
    run.snapshot(0)
    run.state = "playing"
    run.progress = Progress(1, 1, 10, 0.5, 5.0 * run.experiment.training.batch_size)
    assert (run.sharing, run.notice) == (1, "")
    run.progress = Progress(1, 1, 10, 0.5, run.experiment.training.batch_size / 3)
    assert run.notice == "One update of this network takes 3 s on this machine."
    run.state = "ready"


def test_the_first_slice_lasts_until_the_first_epoch_however_many_runs_take_turns(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices: list[tuple[float, int | None]] = []

    class Watched(RemoteTrainer):
        def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
            note(**kwargs)
            return super().call(method, *args, **kwargs)

        def call_and_checkpoint(self, method: str, *args: Any, **kwargs: Any) -> Any:
            note(**kwargs)
            return super().call_and_checkpoint(method, *args, **kwargs)

    def note(seconds: float = 0.0, until_epoch: int | None = None, **_: Any) -> None:
        if seconds:
            slices.append((seconds, until_epoch))

    monkeypatch.setattr(loop, "RemoteTrainer", Watched)
    monkeypatch.setattr(loop.cluster, "sharing", lambda address: 1000)
    run = start(IRIS.replace(epochs=5))
    run.play()
    assert run.wait(30)
    assert slices[:2] == [(loop.SLICE, 1), (loop.SHORTEST, None)]


# ---- the registry ------------------------------------------------------------------------


def test_a_registry_keeps_each_run_under_its_own_key(start: Start) -> None:
    runs, mine, yours = Registry(), start(), start()
    runs.put(("me", "tab"), mine)
    runs.put(("you", "tab"), yours)
    assert runs.get(("me", "tab")) is mine
    assert runs.get(("you", "tab")) is yours
    assert runs.get(("me", "another")) is None
    runs.remove(("me", "tab"))
    runs.remove(("me", "tab"))
    assert runs.get(("me", "tab")) is None
    assert runs.get(("you", "tab")) is yours


def test_a_run_put_in_the_place_of_another_closes_it(start: Start) -> None:
    runs, old, new = Registry(), start(), start()
    runs.put("tab", old)
    runs.put("tab", new)
    runs.put("tab", new)
    assert runs.get("tab") is new
    with pytest.raises(LookupError):
        old.snapshot(0)
    assert new.snapshot(0).epoch == 0


def test_a_full_registry_closes_the_run_longest_unwatched(start: Start) -> None:
    runs, made = Registry(most=2), [start() for _ in range(3)]
    runs.put(0, made[0])
    runs.put(1, made[1])
    made[0].heartbeat()
    runs.put(2, made[2])
    assert [runs.get(key) for key in range(3)] == [made[0], None, made[2]]


def test_a_registry_keeps_what_belongs_to_an_open_tab_going(start: Start) -> None:
    runs: Registry[Run] = Registry()
    mine, yours = start(), start()
    assert mine.lease_left == math.inf  # until a tab has it
    runs.put(("me", "tab", "race"), mine)
    runs.put(("you", "tab"), yours)
    for run in (mine, yours):
        run.settings.last_seen = -1e6
    runs.keep(("me", "tab"))
    assert 0 < mine.lease_left <= TAB_LEASE < 15
    assert yours.lease_left < 0


def test_a_registry_forgets_what_nobody_watches(start: Start) -> None:
    runs, old, new = Registry(forget=0.0), start(), start()
    runs.put("old", old)
    runs.put("new", new)
    assert (runs.get("old"), runs.get("new"), len(runs)) == (None, new, 1)
    runs.clear()
    assert len(runs) == 0
