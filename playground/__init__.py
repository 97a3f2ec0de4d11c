"""Multi-layer perceptrons that are built and trained from the settings of an `Experiment`.

Settings are frozen values with limits; a changed copy is validated like a new one.

>>> from playground import DATASETS, Data, Experiment, load
>>> experiment = Experiment().replace(dataset="iris", hidden=(8,), optimizer="adam", epochs=3)
>>> experiment
Experiment().replace(dataset='iris', optimizer='adam', hidden=(8,), epochs=3)
>>> experiment.layer_sizes
(4, 8, 3)
>>> DATASETS["iris"].features[0]
'sepal length (cm)'
>>> load("iris")
<Dataset Iris: 90 training, 30 validation, 30 test examples of shape (4,), 3 classes>
>>> load(Data(dataset="iris", train_size=20)).train
<Split: x float32 (20, 4), y int32 (20,)>

`train` trains in this process; `build_model` gives the Keras model with the same initial weights.

>>> from playground import build_model, train
>>> result = train(experiment)
>>> result.history.epoch.tolist()
[1, 2, 3]
>>> result.predict(load("iris").test.x).shape
(30, 3)
>>> [weight.shape for weight in result.weights]
[(4, 8), (8,), (8, 3), (3,)]
>>> build_model(experiment).count_params()
67

`Trainer` trains in slices, and `Log` turns the events into a `History` of columns.

>>> from playground import Log, Trainer
>>> trainer, log = Trainer(experiment), Log()
>>> while not trainer.over:
...     log.extend(trainer.advance(seconds=1).events)
>>> (log.history().loss == result.history.loss).all()
np.True_

A `Run`, a `Race` and a `Sweep` train in worker processes, which are started when first needed, and
hold their networks there until they are closed.

>>> from playground import Race, Run, Span, Sweep, random_search, vary
>>> with Run(experiment) as run:
...     run.play()
...     run.wait()
'finished'
>>> with Race(vary(experiment, "learning_rate", [0.001, 0.01])) as race:
...     race.play()
...     race.wait()
...     [competitor.label for competitor in race.competitors]
'finished'
['η 0.001', 'η 0.01']
>>> rates = {"learning_rate": Span(1e-3, 1e-1)}
>>> with Sweep(random_search(experiment, rates, 4, seed=0).experiments) as sweep:
...     sweep.play()
...     sweep.wait()
...     len(sweep.rows)
'finished'
4

Importing the package loads nothing else of it: everything is loaded where it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from playground.history.environment import packages as _packages

if TYPE_CHECKING:
    from playground.api.estimators import MLPClassifier, MLPRegressor
    from playground.api.network import TrainedNetwork
    from playground.api.runs import list_runs, open_run, train
    from playground.datasets import DATASETS, Dataset
    from playground.experiment.model import Data, Experiment, Network, Training
    from playground.history.history import History, Log
    from playground.runs.race import Race
    from playground.runs.race_presets import vary
    from playground.runs.run import Run
    from playground.runs.search_space import Span, grid_search, random_search
    from playground.runs.sweep import Sweep
    from playground.training import Trainer, build_model

__all__ = [
    "DATASETS",
    "Data",
    "Dataset",
    "Experiment",
    "History",
    "Log",
    "MLPClassifier",
    "MLPRegressor",
    "Network",
    "Race",
    "Run",
    "Span",
    "Sweep",
    "TrainedNetwork",
    "Trainer",
    "Training",
    "build_model",
    "grid_search",
    "list_runs",
    "load",
    "open_run",
    "random_search",
    "train",
    "vary",
]

__version__ = _packages().get("mlp-playground", "0.1.0")

_LOADED_ON_USE = {
    "DATASETS": "playground.datasets",
    "Data": "playground.experiment.model",
    "Dataset": "playground.datasets",
    "Experiment": "playground.experiment.model",
    "History": "playground.history.history",
    "Log": "playground.history.history",
    "MLPClassifier": "playground.api.estimators",
    "MLPRegressor": "playground.api.estimators",
    "Network": "playground.experiment.model",
    "Race": "playground.runs.race",
    "Run": "playground.runs.run",
    "Span": "playground.runs.search_space",
    "Sweep": "playground.runs.sweep",
    "TrainedNetwork": "playground.api.network",
    "Trainer": "playground.training",
    "Training": "playground.experiment.model",
    "build_model": "playground.training",
    "grid_search": "playground.runs.search_space",
    "list_runs": "playground.api.runs",
    "open_run": "playground.api.runs",
    "random_search": "playground.runs.search_space",
    "train": "playground.api.runs",
    "vary": "playground.runs.race_presets",
}


def load(data: "Data | Experiment | str") -> "Dataset":
    """The data set of some settings, or with default settings that of a name in `DATASETS`."""
    from playground.datasets import load
    from playground.experiment.model import Data, Experiment
    from playground.nn.format import truncate

    if isinstance(data, str):
        data = Experiment().replace(dataset=data)
    if isinstance(data, Experiment):
        data = data.data
    if not isinstance(data, Data):
        rule = "Data, an Experiment or the name of a data set"
        raise TypeError(f"data must be {rule}, got {truncate(data)}")
    return load(data)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _LOADED_ON_USE:
        return getattr(import_module(_LOADED_ON_USE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
