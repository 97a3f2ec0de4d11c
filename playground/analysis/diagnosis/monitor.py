"""One run under observation: what is expensive is done once, and a finding does not flicker."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from playground.analysis.diagnosis.rules import Diagnosis, findings
from playground.analysis.diagnosis.run_summary import WeightInspection, course, look
from playground.analysis.metrics.baseline import Baseline, baseline
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.history.events import Event
from playground.history.history import history
from playground.nn.network import Snapshot

STAYS = 5  # epochs, or a tenth of a long run, that a fault stays when it is no longer found


@dataclass
class Monitor:
    """What was found of one network so far; `dismissed`: faults not to be told of it any more."""

    network: str  # which one it is
    dismissed: set[str] = field(default_factory=set)
    found: tuple[Diagnosis, ...] = ()
    judged: tuple[object, ...] = ()
    since: int = 0  # epochs before the settings were changed: of a run that pauses, not told yet
    _experiment: Experiment | None = None
    _seen: dict[str, int] = field(default_factory=dict)  # fault → events when it was last found
    _looked: WeightInspection | None = None
    _looked_at: int = -1  # the epoch of it
    _baseline: tuple[object, Baseline] | None = None

    def see(
        self,
        experiment: Experiment,
        events: Sequence[Event],
        snapshot: Snapshot | None,
        dataset: Dataset,
    ) -> tuple[Diagnosis, ...]:
        """What is wrong now, the gravest first, without what was dismissed.

        A fault found a few epochs ago is still told, so that a score which wavers about a
        threshold does not make it come and go.
        """
        newest = -1 if snapshot is None else snapshot.epoch
        now = (len(events), newest, experiment)
        if now != self.judged:
            self._judge(experiment, events, snapshot, dataset)
            self.judged = now
        return tuple(each for each in self.found if each.name not in self.dismissed)

    def _judge(
        self,
        experiment: Experiment,
        events: Sequence[Event],
        snapshot: Snapshot | None,
        dataset: Dataset,
    ) -> None:
        if self._experiment not in (None, experiment):
            self.since, self.found = int(max((history(events).epoch[-1:]), default=0)), ()
        self._experiment = experiment
        key = (experiment.data, experiment.training.loss)
        if self._baseline is None or self._baseline[0] != key:
            self._baseline = key, baseline(dataset, experiment.training.loss)
        if snapshot is not None and snapshot.epoch != self._looked_at:
            self._looked = look(snapshot, dataset, experiment.training.loss)
            self._looked_at = snapshot.epoch
        run = course(experiment, events, self._baseline[1], self._looked, self.since)
        told, end = findings(run), run.since + len(run)
        for each in told:
            self._seen[each.name] = end
        known = {each.name for each in told}
        recent = [
            each
            for each in self.found
            if each.name not in known
            and run.since < self._seen.get(each.name, -1) <= end
            and end - self._seen[each.name] < max(STAYS, len(run) // 10)
        ]
        # What was shown stays in front of a fault that was not there a moment ago.
        first = next(iter(self.found), None)
        if first is not None and any(each.name == first.name for each in recent):
            self.found = (next(each for each in recent if each.name == first.name), *told)
        else:
            self.found = (*told, *recent)
