"""What a compiled training program depends on, so that runs of the same shape can share one."""

from playground.experiment.model import Data, Experiment, Training
from playground.nn.optimizers import OPTIMIZERS


def shape(experiment: Experiment) -> Experiment:
    """The same for all experiments whose compiled code is the same.

    Fields that only choose the numbers a program is called with are set to their defaults.
    """
    network, training = experiment.network, experiment.training
    return experiment.replace(
        data=Data(dataset=experiment.data.dataset),
        network=network.replace(
            seed=0,
            kernel_initializer="zeros",
            bias_initializer="zeros",
            stddev=0.05,
            dropout=0.5 if network.dropout else 0.0,
            l1=0.0,
            l2=0.5 if network.l1 or network.l2 else 0.0,
        ),
        training=Training(
            loss=training.loss,
            batch_size=min(training.batch_size, experiment.data.train_size),
            clipping=training.clipping,
            clip_limit=training.clip_limit,
            optimizer=training.optimizer,
            **{name: getattr(training, name) for name in OPTIMIZERS[training.optimizer].defaults}
            | {"learning_rate": 0.01},
        ),
    )
