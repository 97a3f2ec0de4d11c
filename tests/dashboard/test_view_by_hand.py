"""The By hand lab on the page: its numbers, as mathematics and as tables."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.labs import answer as asking
from dashboard.views.labs.by_hand import PARTS


def page() -> None:
    from dashboard import session
    from dashboard.views.labs.by_hand import by_hand

    session.begin()
    by_hand()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The lab without workers: Keras is still thinking."""
    monkeypatch.setattr(asking._JOBS, "ask", lambda *_: None)
    return checked(AppTest.from_function(page, default_timeout=30).run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def opened(app: AppTest, part: str) -> AppTest:
    app.segmented_control(key="lab_by_hand_part").set_value(part)
    return checked(app.run())


def formulas(app: AppTest) -> str:
    return " ".join(each.value for each in app.latex)


@pytest.mark.parametrize("part", PARTS)
def test_every_widget_says_what_it_is(app: AppTest, part: str) -> None:
    opened(app, part)
    for kind in ("number_input", "slider", "segmented_control", "selectbox", "toggle", "button"):
        mine = [each for each in app.get(kind) if str(each.key).startswith("lab_")]
        assert all(each.help for each in mine), kind
