"""The QR code beside a link."""

import io

import numpy as np
from PIL import Image

from dashboard.widgets.messages import qr_code

# ISO/IEC 18004: the finder pattern, in three of the four corners.
RINGS = np.abs(np.arange(7) - 3)
FINDER = np.isin(np.maximum(RINGS[:, None], RINGS), (0, 1, 3))


def test_a_link_is_a_symbol_with_the_margin_that_cameras_need() -> None:
    content = qr_code("http://192.168.0.5:8501/?v=1&dataset=iris")
    assert content is not None
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    modules = pixels[4::8, 4::8] < 128
    assert not modules[:4].any()
    assert not modules[:, -4:].any()
    symbol = modules[4:-4, 4:-4]
    for corner in (symbol[:7, :7], symbol[:7, -7:], symbol[-7:, :7]):
        np.testing.assert_array_equal(corner, FINDER)


def test_what_no_symbol_can_hold_has_none() -> None:
    assert qr_code("x" * 3_000) is None
