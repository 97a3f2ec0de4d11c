"""Tables: examples with the names of their features, and columns of seconds."""

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from numpy.typing import NDArray


def frame(x: NDArray[Any], features: Sequence[str], beside: Collection[str]) -> pd.DataFrame:
    """Raw inputs (n, n_features), for further columns with the names in `beside`.

    A feature of own data with one of these names gets a trailing space.
    """
    names = [f"{name} " if name in beside else name for name in features]
    return pd.DataFrame(x.astype(float), columns=names)


# Columns of seconds, wherever runs stand in a table.
SECONDS: dict[str, Any] = {
    "Seconds": st.column_config.NumberColumn(
        format="%.2f", help="Of training and validation, without compilation."
    ),
    "Compilation (s)": st.column_config.NumberColumn(
        format="%.2f",
        help="Before the epochs. The first run of an architecture compiles it for the others; "
        "–: not measured.",
    ),
}
