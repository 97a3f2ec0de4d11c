"""Rows of examples as a table, under the names of their features."""

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
from numpy.typing import NDArray


def frame(x: NDArray[Any], features: Sequence[str], beside: Collection[str]) -> pd.DataFrame:
    """Raw inputs (n, n_features), to stand beside columns named as in `beside`.

    Own data may have features of any name, these among them: such a one gets a space behind it.
    """
    names = [f"{name} " if name in beside else name for name in features]
    return pd.DataFrame(x.astype(float), columns=names)
