"""Your own data: from a pasted or uploaded table, or painted points, to an experiment."""

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.data.page import VIEWS
from dashboard.views.data.upload import EXAMPLE
from playground.datasets import load
from playground.datasets.custom.table import FEWEST_ROWS
from playground.experiment.model import Experiment
from playground.experiment.url import parameters

TABLE = "a\tb\tkind\n" + "".join(f"{i},5\t{i * i % 7}\t{'xy'[i % 2]}\n" for i in range(20))


def page() -> None:
    from dashboard.state import session
    from dashboard.views.data.page import data
    from dashboard.widgets.messages import show_url_problems
    from dashboard.widgets.settings import controls

    session.begin()
    session.set_experiment(controls(session.experiment()), by_widgets=True)
    show_url_problems()
    data()


def opened(way: str = "Upload a file", **address: Any) -> AppTest:
    """The view as somebody new sees it."""
    found = AppTest.from_function(page, default_timeout=60)
    found.query_params = address
    found.session_state["data_view"] = "Your own data"
    found.session_state["own_way"] = way
    found.session_state["data_settings"] = True  # is open
    return run(found)


def run(found: AppTest) -> AppTest:
    found.run()
    assert [e.value for e in found.exception] == []
    return found


def pasted(text: str) -> AppTest:
    found = opened("Paste a table")
    found.text_area(key="own_text").set_value(text)
    return run(found)


def keyed(elements: Any, start: str) -> Any:
    (found,) = [each for each in elements if (each.key or "").startswith(start)]
    return found


def experiment(of: AppTest) -> Experiment:
    found: Experiment = of.session_state["experiment"]
    return found


def plain(text: str) -> str:
    return text.replace("\\", "")


def train_on_it(of: AppTest) -> AppTest:
    of.button(key="own_train").click()
    return run(of)


def test_a_pasted_table_becomes_the_experiment_and_its_address_opens_it() -> None:
    found = pasted(TABLE)
    assert keyed(found.selectbox, "own_target").value == "kind"
    assert keyed(found.multiselect, "own_features").value == ["a", "b"]
    assert any("20 rows in 2 classes, 2 features" in plain(m.value) for m in found.markdown)
    assert experiment(found) == Experiment()  # nothing changes before the button
    chosen = experiment(train_on_it(found))
    assert chosen.data.source.kind == "plane"
    assert chosen.data.source.classes == ("x", "y")
    assert chosen.network.hidden == (16, 8)
    assert found.query_params == parameters(chosen)
    assert load(chosen.data).train.x[:, 0].max() <= 19.5
    assert any("These are the data in use now" in plain(s.value) for s in found.success)
    assert any("In use now: Pasted table, 20 rows" in plain(c.value) for c in found.caption)
    box = found.selectbox(key="dataset")
    assert "Pasted table" in box.options
    again = opened(**parameters(chosen))
    assert experiment(again) == chosen


def test_the_example_needs_one_click() -> None:
    found = opened()
    found.button(key="own_example").click()
    run(found)
    chosen = experiment(train_on_it(found))
    assert chosen.data.source.label == "Animals"
    assert chosen.data.source.classes == ("cat", "dog", "rabbit")
    assert "color = black" in chosen.data.source.features
    assert len(EXAMPLE.splitlines()) == 41


def test_the_network_stays_if_one_wants_it_to() -> None:
    found = pasted(TABLE)
    found.checkbox(key="own_suited").uncheck()
    run(found)
    assert experiment(train_on_it(found)).network == Experiment().network


def test_target_task_and_features_can_be_chosen() -> None:
    found = pasted(TABLE)
    keyed(found.selectbox, "own_target").set_value("a")
    run(found)
    keyed(found.multiselect, "own_features").set_value(["b"])
    run(found)
    chosen = experiment(train_on_it(found))
    assert chosen.data.source.kind == "line"
    assert chosen.training.loss == "mean_squared_error"
    assert load(chosen.data).target_std > 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n1,2,3\n", "Line 3 has 3 values"),
        ("a,b\n1,2\n", f"Only 1 row can be used, and at least {FEWEST_ROWS}"),
        ("nonsense", "Only one column was found"),
        ("a,kind\n" + "1,x\n" * 12, "No column is left"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(text: str, said: str) -> None:
    before = Experiment().replace(dataset="moons", epochs=7)
    found = opened("Paste a table", **parameters(before))
    found.text_area(key="own_text").set_value(text)
    run(found)
    assert any(said in plain(e.value) for e in found.error)
    assert len(found.error) == 1
    assert experiment(found) == before
    assert not [b for b in found.button if b.key == "own_train"]


def test_removing_a_table_goes_back_to_the_usual_data() -> None:
    found = train_on_it(pasted(TABLE))
    name = experiment(found).data.dataset
    found.button(key="own_remove").click()
    run(found)
    assert experiment(found).data.dataset == Experiment().data.dataset
    assert name not in found.selectbox(key="dataset").options


AND = "a,b,y\n0,0,0\n0,1,0\n1,0,0\n1,1,1\n"


def test_a_truth_table_can_be_trained_on_and_every_view_shows_it() -> None:
    found = pasted(AND)
    assert any("none is left to validate or to test on" in plain(i.value) for i in found.info)
    train_on_it(found)
    assert len(load(experiment(found).data).train) == 4
    for view in VIEWS:
        found.session_state["data_view"] = view
        run(found)


def test_what_is_left_out_and_why_the_target_is_suggested_is_told() -> None:
    rows = "".join(f"{i},{i % 2},{i * i % 7}.5,{'uv'[i % 2]}\n" for i in range(1, 21))
    found = pasted("PassengerId,Survived,Fare,alive\n" + rows)
    assert keyed(found.selectbox, "own_target").value == "Survived"
    assert "usual name of a target" in keyed(found.selectbox, "own_target").help
    assert keyed(found.multiselect, "own_features").value == ["Fare"]
    table = next(d.value for d in found.dataframe if "use" in d.value)
    use = dict(zip(table["column"], table["use"], strict=True))
    assert use["PassengerId"] == "left out: it numbers the rows"
    assert use["alive"] == "left out: it always agrees with “Survived”"


def test_a_regression_is_told_in_the_unit_of_its_target() -> None:
    rows = "".join(f"{i}\t{i * i % 7}\t${100_000 + 5_000 * (i * i % 13)}\n" for i in range(30))
    found = train_on_it(pasted("area\tfloor\tprice\n" + rows))
    found.session_state["data_view"] = "Counts"
    run(found)
    (baseline,) = [i.value for i in found.info if "Baseline" in i.value]
    assert re.search(r"always predicting 1\d\d,\d00 ", plain(baseline))
    assert re.search(r"mean absolute error of [12]\d,\d\d0 ", plain(baseline))


NASTY = "*bold*,_it_,<i>x</i>,[l](http://e.org),$y$,:red[r],`kind`\n"


def test_names_are_never_markup_on_any_view_of_the_data() -> None:
    rows = "".join(f"{2 * i},{i * 7 % 5},{i % 3}.5,{i}.25,3{i},{i % 4},<b>{'xy'[i % 2]}</b>*z*\n"
                   for i in range(30))  # fmt: skip
    found = train_on_it(pasted(NASTY + rows))
    assert experiment(found).data.source.n_features == 6
    for view in VIEWS:
        found.session_state["data_view"] = view
        run(found)
        shown = [*found.markdown, *found.caption, *found.subheader, *found.success, *found.info]
        text = " ".join(plain(each.value) for each in shown)
        for markup in ("*bold*", "<i>x", "<b>x", "[l](", "$y$", ":red[", "`kind`", "*z*"):
            assert markup not in text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (None, "so far there are 0 orange and 0 blue"),
        ({"list": [[1, 1, 0]] * 9}, "so far there are 9 orange and 0 blue"),
        ({"list": [[99, 1, 0]]}, "within ±6"),
        ("junk", "0 orange"),
        ({"list": "junk"}, "must be a list"),
    ],
)
def test_too_few_or_false_points_cannot_be_trained_on(told: object, said: str) -> None:
    found = opened("Paint points")
    if told is not None:
        found.session_state["painting"] = {"points": told} if told != "junk" else told
        run(found)
    assert any(said in plain(each.value) for each in (*found.info, *found.error))
    assert not [b for b in found.button if b.key == "own_train"]


def test_painted_points_become_the_experiment() -> None:
    found = opened("Paint points")
    points = [[i / 10, (-1) ** i, i % 2] for i in range(30)]
    found.session_state["painting"] = {"points": {"list": points}}
    run(found)
    chosen = experiment(train_on_it(found))
    source = chosen.data.source
    assert (source.kind, source.classes) == ("plane", ("orange", "blue"))
    assert source.features == ("x₁", "x₂")
    assert not chosen.data.standardize


def test_a_link_to_a_table_that_is_gone_says_so() -> None:
    found = opened(dataset=f"own-{'0' * 32}", epochs="7")
    (warning,) = found.warning
    assert "must be own data that this server still keeps" in plain(warning.value)
    assert experiment(found) == Experiment().replace(epochs=7)
