"""Numbers → Plotly figures: pure functions that draw and compute nothing.

A figure is plain data, `{"data": [...], "layout": {...}}`, as Plotly's JavaScript takes it; arrays
in it stay NumPy arrays (float32 or uint8) until `encode` sends them as bytes.
"""

from dashboard.figures.style import Figure, encode

__all__ = ["Figure", "encode"]
