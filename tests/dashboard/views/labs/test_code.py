"""The Six steps lab on the page: the code follows the experiment and marks changes."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.labs.code import difference
from dashboard.views.shared import loading


def page() -> None:
    from dashboard.state import session
    from dashboard.views.labs.code import six_steps

    session.begin()
    six_steps()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The lab without workers: Keras has not answered yet."""
    monkeypatch.setattr(loading._JOBS, "submit", lambda *_: None)
    return checked(AppTest.from_function(page, default_timeout=30).run())


def checked(app: AppTest) -> AppTest:
    assert [e.value for e in app.exception] == []
    return app


def codes(app: AppTest) -> list[str]:
    return [each.value for each in app.code]


def test_six_sections_of_the_current_experiment(app: AppTest) -> None:
    assert len(codes(app)) == 6
    assert "layers.Dense(300" in codes(app)[2]
    assert [each.value[:6] for each in app.markdown if each.value.startswith("####")] == [
        f"#### {i}" for i in range(1, 7)
    ]
    assert "266,610" in " ".join(each.value for each in app.markdown)


def test_an_example_becomes_the_experiment_and_the_change_is_shown(app: AppTest) -> None:
    app.button(key="lab_six_steps_iris").click()
    checked(app.run())
    assert app.session_state["experiment"].data.dataset == "iris"
    assert any(":orange-badge[changed]" in each.value for each in app.markdown)
    assert any("+         3," in each for each in codes(app))
    assert "**15** parameters" in " ".join(each.value for each in app.markdown)
    assert app.button(key="lab_six_steps_iris").disabled


def test_the_other_form_changes_the_model_alone(app: AppTest) -> None:
    before = codes(app)
    app.segmented_control(key="lab_six_steps_form").set_value("subclass")
    after = codes(checked(app.run()))
    assert [i for i in range(6) if before[i] != after[i]] == [2]
    assert "class MyModel(keras.Model):" in after[2]


def test_every_widget_has_a_help_text(app: AppTest) -> None:
    for kind in ("button", "segmented_control", "download_button"):
        assert all(each.proto.help for each in app.get(kind)), kind


def test_a_difference_has_removed_and_added_lines() -> None:
    assert difference("a\nb", "a\nc") == "- b\n+ c"
