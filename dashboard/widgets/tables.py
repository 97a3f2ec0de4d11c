"""Examples as a table with the names of their features."""

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
from numpy.typing import NDArray


def frame(x: NDArray[Any], features: Sequence[str], beside: Collection[str]) -> pd.DataFrame:
    """Raw inputs (n, n_features), for further columns with the names in `beside`.

    A feature of own data with one of these names gets a trailing space.
    """
    names = [f"{name} " if name in beside else name for name in features]
    return pd.DataFrame(x.astype(float), columns=names)
