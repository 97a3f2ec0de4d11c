"""Registry of the data sets: one `DatasetInfo` each, with its limits, defaults and presets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from playground.datasets import synthetic
from playground.datasets.synthetic import Generator
from playground.nn.format import format_score, truncate
from playground.nn.losses import CLASSIFICATION, REGRESSION

Kind = Literal["image", "table", "plane", "line"]
Noise = Literal["input_noise", "target_noise"]

_DIGITS = tuple("0123456789")
_CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True)
class ImageLayout:
    """Position and size of the object in a set's images (measured), for preprocessing a drawing.

    The longer side of the object's bounding box has `longest` pixels; its `center`, of mass or of
    the box, lies in row and column `middle`, counted from 0.
    """

    longest: int
    center: Literal["mass", "box"]
    middle: float
    brush: float  # stroke width of a drawing that fills two thirds of the pad, per side of the pad
    noun: str  # what is drawn
    filled: bool = False  # areas instead of lines
    shade: float = 1.0  # mean brightness of the object, 0 to 1


@dataclass(frozen=True)
class OverfittingPreset:
    """Fields of an experiment that overfits within seconds, and regularizer strengths for it."""

    changes: Mapping[str, Any]
    strengths: Mapping[str, float] = field(default_factory=dict)  # where not the default ones


@dataclass(frozen=True)
class UnderfittingPreset:
    """Noise on two classes of points, and the hidden layers that neither under- nor overfit."""

    noise: float = 0.3
    hidden: tuple[int, ...] = (8,)


@dataclass(frozen=True)
class DatasetInfo:
    """A data set before it is loaded.

    `rows` is the number of examples that training and validation share; `None` means that they
    are generated, any number up to the limits of `Data`. Test examples come on top.
    """

    label: str
    description: str
    kind: Kind  # what an example is: an image, a row of features, a point (x₁, x₂), a point x
    task: str
    features: tuple[str, ...]  # names; () for images
    classes: tuple[str, ...]  # names; () for regression
    rows: int | None
    train_size: int
    validation_size: int
    standardize: bool
    shape: tuple[int, ...] = ()  # of an image, (height, width)
    maximum: float = 1.0  # of a pixel
    layout: ImageLayout | None = None  # of an image that can be drawn
    generator: Generator | None = None
    noise: Noise = "input_noise"  # the field of `Data` with the amount of noise
    overfitting: OverfittingPreset | None = field(default=None, hash=False)
    underfitting: UnderfittingPreset = UnderfittingPreset()
    target: str = "y"  # name of a regression target
    unit: str = ""  # of a regression target
    n_test: int = 1_000  # test examples

    def format_metric(self, value: float | None, digits: int = 3) -> str:
        """An accuracy, "87.9%", or a mean absolute error with the unit, "0.123 cm"; "–": None."""
        text = format_score(value, self.task == CLASSIFICATION, digits)
        return text if value is None else f"{text} {self.unit}".strip()

    @property
    def noises(self) -> tuple[Noise, ...]:
        """The fields of `Data` whose noise the data set has."""
        return (self.noise,)

    @property
    def n_features(self) -> int:
        """Numbers per example, images flattened."""
        return self.shape[0] * self.shape[1] if self.shape else len(self.features)

    @property
    def n_outputs(self) -> int:
        """Output units: one a class, but one for two classes and one for regression."""
        return len(self.classes) if len(self.classes) > 2 else 1


def images_preset(train: int, validation: int, **changes: Any) -> OverfittingPreset:
    """A large network on few examples of many features."""
    return OverfittingPreset(
        {
            "train_size": train, "validation_size": validation, "hidden": (300, 100),
            "learning_rate": 0.001, "epochs": 60, **changes,
        }
    )  # fmt: skip


def _table_preset(
    train: int, validation: int, noise: float, l2: float, l1: float
) -> OverfittingPreset:
    return OverfittingPreset(
        {
            "train_size": train, "validation_size": validation, "noise": noise,
            "hidden": (100, 100), "learning_rate": 0.003, "epochs": 150,
        },
        {"smaller": 3, "early_stopping": 20, "more_data": 6, "l2": l2, "l1": l1},
    )  # fmt: skip


def points_preset(train: int, noise: float, epochs: int = 400) -> OverfittingPreset:
    """Generated points with noise to memorize."""
    return OverfittingPreset(
        {
            "train_size": train, "validation_size": 400, "noise": noise, "hidden": (100, 100),
            "learning_rate": 0.005, "epochs": epochs,
        },
        {"smaller": 4, "early_stopping": 20, "l2": 0.01, "l1": 0.003, "dropout": 0.3},
    )  # fmt: skip


def _image(
    label: str, description: str, classes: tuple[str, ...], layout: ImageLayout, train: int
) -> DatasetInfo:
    return DatasetInfo(
        label, description, "image", CLASSIFICATION, (), classes, 60_000, 5_000, 1_000,
        standardize=False, shape=(28, 28), maximum=255.0, layout=layout, n_test=10_000,
        overfitting=images_preset(train, 1_000),
    )  # fmt: skip


def generated(
    label: str,
    description: str,
    generator: Generator,
    overfitting: OverfittingPreset | None = None,
    task: str = CLASSIFICATION,
    underfitting: UnderfittingPreset = UnderfittingPreset(),
    noise: Noise = "input_noise",
) -> DatasetInfo:
    """A synthetic set of points (x₁, x₂): two classes, or a value for each point."""
    classes = ("orange", "blue") if task == CLASSIFICATION else ()
    return DatasetInfo(
        label, description, "plane", task, ("x₁", "x₂"), classes, None, 250, 250,
        standardize=False, generator=generator, overfitting=overfitting,
        underfitting=underfitting, noise=noise,
    )  # fmt: skip


class _Datasets(dict[str, DatasetInfo]):
    """The data sets by name; KeyError with all names for another one."""

    def __missing__(self, name: object) -> DatasetInfo:
        raise KeyError(f"dataset must be one of {', '.join(self)}, got {truncate(name)}")


DATASETS: dict[str, DatasetInfo] = _Datasets({
    "fashion_mnist": _image(
        "Fashion-MNIST", "Grayscale photos of ten kinds of clothing, 28 × 28 pixels", _CLOTHES,
        ImageLayout(28, "box", 13.5, 0.07, "a piece of clothing", filled=True, shade=0.6), 300,
    ),
    "mnist": _image(
        "MNIST", "Handwritten digits, 28 × 28 pixels", _DIGITS,
        ImageLayout(20, "mass", 14.0, 0.09, "a digit"), 100,
    ),
    "digits": DatasetInfo(
        "Digits 8 × 8", "Small handwritten digits, 8 × 8 pixels", "image", CLASSIFICATION,
        (), _DIGITS, 1_437, 1_137, 300, standardize=False, shape=(8, 8), maximum=16.0,
        layout=ImageLayout(8, "box", 3.5, 0.12, "a digit"),
        overfitting=images_preset(100, 300, noise=0.4), n_test=360,
    ),
    "iris": DatasetInfo(
        "Iris", "Four measurements of three kinds of iris flower", "table", CLASSIFICATION,
        ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
        ("setosa", "versicolor", "virginica"), 120, 90, 30, standardize=True,
        overfitting=_table_preset(15, 30, 0.6, l2=0.02, l1=0.005), n_test=30,
    ),
    "coffee": DatasetInfo(
        "Coffee roasting", "Is a roast good, by temperature and duration?", "plane", CLASSIFICATION,
        ("temperature (°C)", "duration (min)"), ("bad roast", "good roast"), 200, 150, 50,
        standardize=True, overfitting=_table_preset(20, 80, 0.15, l2=0.01, l1=0.003), n_test=200,
    ),
    "circle": generated(
        "Circle", "A disc inside a ring", synthetic.circle, points_preset(40, 0.3),
        underfitting=UnderfittingPreset(0.2), noise="target_noise",
    ),
    "xor": generated(
        "XOR", "Two classes in opposite quadrants", synthetic.xor, points_preset(40, 0.3),
        underfitting=UnderfittingPreset(0.2), noise="target_noise",
    ),
    "gauss": generated(
        "Two Gaussians", "Two clusters, nearly linearly separable", synthetic.gauss,
        points_preset(40, 0.5), underfitting=UnderfittingPreset(0.4),
    ),
    "spiral": generated(
        "Spiral", "Two intertwined spirals: the hard one", synthetic.spiral,
        points_preset(60, 1.0), underfitting=UnderfittingPreset(0.4, (16, 8)),
    ),
    "moons": generated(
        "Moons", "Two interleaved half circles", synthetic.moons, points_preset(40, 0.4)
    ),
    "plane": generated(
        "Linear plane", "A value that rises along a slope", synthetic.plane,
        points_preset(30, 0.3, 800), REGRESSION, noise="target_noise",
    ),
    "multi_gauss": generated(
        "Gaussian bumps", "Several bumps, up and down", synthetic.multi_gauss,
        points_preset(40, 0.2, 800), REGRESSION, noise="target_noise",
    ),
    "sine": DatasetInfo(
        "Sine", "One input, one output: a curve to fit", "line", REGRESSION,
        ("x",), (), None, 100, 100, standardize=False, generator=synthetic.sine,
        noise="target_noise", overfitting=points_preset(20, 0.4, 500),
    ),
})  # fmt: skip


class DataConfig(Protocol):
    """The settings of a data set: see `playground.experiment.Data`, which satisfies it."""

    @property
    def dataset(self) -> str: ...
    @property
    def train_size(self) -> int: ...
    @property
    def validation_size(self) -> int: ...
    @property
    def noise(self) -> float: ...
    @property
    def label_noise(self) -> float: ...
    @property
    def standardize(self) -> bool: ...
    @property
    def scaler(self) -> str: ...
    @property
    def split_without_shuffle(self) -> bool: ...
    @property
    def leaked_fraction(self) -> float: ...
    @property
    def validate_on_test(self) -> bool: ...
    @property
    def data_seed(self) -> int: ...
    @property
    def source(self) -> DatasetInfo: ...
    def __hash__(self) -> int: ...
