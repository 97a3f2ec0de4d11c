"""Colors of formulas."""

import numpy as np
import pytest

from dashboard.widgets.latex import COLORS, STYLE, colored

LIGHT, DARK = "#ffffff", "#171614"  # Streamlit's backgrounds


def contrast(first: str, second: str) -> float:
    """Of WCAG 2.1: from 1 to 21."""

    def luminance(color: str) -> float:
        c = np.frombuffer(bytes.fromhex(color[1:]), np.uint8) / 255
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("light", "dark"), COLORS.items())
def test_colored_numbers_are_legible_on_both_backgrounds(light: str, dark: str) -> None:
    assert contrast(light, LIGHT) >= 4.5
    assert contrast(dark, DARK) >= 4.5
    assert light in colored("1", light)
    assert f"light-dark({light}, {dark})" in STYLE
