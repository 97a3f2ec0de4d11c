"""Multi-layer perceptrons that are built and trained from the settings of an `Experiment`.

Settings are frozen values with limits; a changed copy is validated like a new one.

>>> from playground import DATASETS, Data, Experiment, load
>>> experiment = Experiment().replace(dataset="iris", hidden=(8,), optimizer="adam", epochs=3)
>>> experiment.layer_sizes
(4, 8, 3)
>>> DATASETS["iris"].features[0]
'sepal length (cm)'
>>> len(load("iris").train), len(load(Data(dataset="iris", train_size=20)).train)
(90, 20)

`Trainer` trains in this process, `build_model` gives the Keras model with the same initial weights,
and `Log` turns the events of a run into a `History` of columns.

>>> from playground import History, Log, Trainer, build_model
>>> trainer, log = Trainer(experiment), Log()
>>> while not trainer.over:
...     log.extend(trainer.advance(seconds=1).events)
>>> history: History = log.history()
>>> history.epoch.tolist()
[1, 2, 3]
>>> trainer.latest().predict(load(experiment.data).transform(load(experiment.data).test.x)).shape
(30, 3)
>>> build_model(experiment).count_params()
67

A `Run`, a `Race` and a `Sweep` train in worker processes, which are started when first needed.

>>> from playground import Race, Run, Span, Sweep, random_search, vary
>>> run = Run(experiment)
>>> run.play()
>>> run.wait()
'finished'
>>> race = Race(vary(experiment, "optimizer", ["sgd", "adam"]))
>>> race.play()
>>> race.wait()
'finished'
>>> [competitor.label for competitor in race.competitors]
['SGD', 'Adam']
>>> rates = {"learning_rate": Span(1e-3, 1e-1)}
>>> sweep = Sweep(random_search(experiment, rates, 4, seed=0).experiments)
>>> sweep.play()
>>> sweep.wait()
'finished'
>>> len(sweep.rows)
4

Importing the package loads neither TensorFlow nor Dask; both are loaded where they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from playground.datasets import DATASETS, Dataset
from playground.datasets import load as _load
from playground.experiment.model import Data, Experiment, Network, Training

if TYPE_CHECKING:
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
    "Network",
    "Race",
    "Run",
    "Span",
    "Sweep",
    "Trainer",
    "Training",
    "build_model",
    "grid_search",
    "load",
    "random_search",
    "vary",
]

_LOADED_ON_USE = {
    "History": "playground.history.history",
    "Log": "playground.history.history",
    "Race": "playground.runs.race",
    "Run": "playground.runs.run",
    "Span": "playground.runs.search_space",
    "Sweep": "playground.runs.sweep",
    "Trainer": "playground.training",
    "build_model": "playground.training",
    "grid_search": "playground.runs.search_space",
    "random_search": "playground.runs.search_space",
    "vary": "playground.runs.race_presets",
}


def load(data: Data | str) -> Dataset:
    """The data set of some settings, or with default settings that of a name in `DATASETS`."""
    return _load(Experiment().replace(dataset=data).data if isinstance(data, str) else data)


def __getattr__(name: str) -> Any:
    if name in _LOADED_ON_USE:
        return getattr(import_module(_LOADED_ON_USE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
