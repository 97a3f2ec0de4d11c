"""What data sets there are: one entry each, with its limits and defaults."""

from dataclasses import dataclass
from typing import Literal, Protocol

from playground.nn.losses import CLASSIFICATION, REGRESSION

Kind = Literal["image", "table", "plane", "line"]

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
    """How the images of a data set lie in their frame (measured), so that a drawing can lie alike.

    The longer side of the ink's bounding box has `longest` pixels; its `centre`, of mass or of
    the box, lies in row and column `middle`, counted from 0.
    """

    longest: int
    centre: Literal["mass", "box"]
    middle: float
    brush: float  # as wide as their lines if the drawing fills two thirds of the pad: of its side
    noun: str  # what there is to draw
    filled: bool = False  # whether the images are areas, not lines
    shade: float = 1.0  # mean brightness of their ink, if it is not all full


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
    standardise: bool
    shape: tuple[int, ...] = ()  # of an image, (height, width)
    maximum: float = 1.0  # of a pixel
    frame: ImageLayout | None = None  # of an image that can be drawn

    @property
    def n_features(self) -> int:
        """Numbers per example, images flattened."""
        return self.shape[0] * self.shape[1] if self.shape else len(self.features)

    @property
    def n_outputs(self) -> int:
        """Output units: one a class, but one for two classes and one for regression."""
        return len(self.classes) if len(self.classes) > 2 else 1


def _image(
    label: str, description: str, classes: tuple[str, ...], frame: ImageLayout
) -> DatasetInfo:
    return DatasetInfo(
        label, description, "image", CLASSIFICATION, (), classes, 60_000, 5_000, 1_000,
        standardise=False, shape=(28, 28), maximum=255.0, frame=frame,
    )  # fmt: skip


def _plane(label: str, description: str, task: str = CLASSIFICATION) -> DatasetInfo:
    classes = ("orange", "blue") if task == CLASSIFICATION else ()
    return DatasetInfo(
        label, description, "plane", task, ("x₁", "x₂"), classes, None, 250, 250, standardise=False
    )


DATASETS: dict[str, DatasetInfo] = {
    "fashion_mnist": _image(
        "Fashion-MNIST", "Grey photos of ten kinds of clothing, 28 × 28 pixels", _CLOTHES,
        ImageLayout(28, "box", 13.5, 0.07, "a piece of clothing", filled=True, shade=0.6),
    ),
    "mnist": _image(
        "MNIST", "Handwritten digits, 28 × 28 pixels", _DIGITS,
        ImageLayout(20, "mass", 14.0, 0.09, "a digit"),
    ),
    "digits": DatasetInfo(
        "Digits 8 × 8", "Small handwritten digits, 8 × 8 pixels", "image", CLASSIFICATION,
        (), _DIGITS, 1_437, 1_137, 300, standardise=False, shape=(8, 8), maximum=16.0,
        frame=ImageLayout(8, "box", 3.5, 0.12, "a digit"),
    ),
    "iris": DatasetInfo(
        "Iris", "Four measurements of three kinds of iris flower", "table", CLASSIFICATION,
        ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
        ("setosa", "versicolor", "virginica"), 120, 90, 30, standardise=True,
    ),
    "coffee": DatasetInfo(
        "Coffee roasting", "Is a roast good, by temperature and duration?", "plane", CLASSIFICATION,
        ("temperature (°C)", "duration (min)"), ("bad roast", "good roast"), 200, 150, 50,
        standardise=True,
    ),
    "circle": _plane("Circle", "A disc inside a ring"),
    "xor": _plane("XOR", "Two classes in opposite quadrants"),
    "gauss": _plane("Two Gaussians", "Two clouds, nearly separable by a line"),
    "spiral": _plane("Spiral", "Two intertwined spirals: the hard one"),
    "moons": _plane("Moons", "Two interleaved half circles"),
    "plane": _plane("Plane", "A value that rises along a slope", REGRESSION),
    "multi_gauss": _plane("Hills", "Several bumps, up and down", REGRESSION),
    "sine": DatasetInfo(
        "Wave", "One input, one output: a curve to fit", "line", REGRESSION,
        ("x",), (), None, 100, 100, standardise=False,
    ),
}  # fmt: skip


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
    def shuffled_labels(self) -> float: ...
    @property
    def standardise(self) -> bool: ...
    @property
    def scaler(self) -> str: ...
    @property
    def sorted_split(self) -> bool: ...
    @property
    def copied(self) -> float: ...
    @property
    def data_seed(self) -> int: ...
    @property
    def source(self) -> DatasetInfo: ...
    def __hash__(self) -> int: ...
