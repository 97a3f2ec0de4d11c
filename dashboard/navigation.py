"""Which pages there are, in which groups; run by the server for every viewer and every click."""

import streamlit as st

from dashboard.state import session
from dashboard.views.assignments.page import assignments
from dashboard.views.assignments.panel import panel as assignment_panel
from dashboard.views.data.page import data
from dashboard.views.draw.page import draw
from dashboard.views.inspect.page import inside
from dashboard.views.labs.page import labs
from dashboard.views.lessons.page import lessons
from dashboard.views.lessons.panel import panel
from dashboard.views.overfitting.page import overfitting
from dashboard.views.race.page import race
from dashboard.views.runs.page import runs
from dashboard.views.train.page import train
from dashboard.widgets.sidebar import controls

HOME = "train"  # the page of the bare address

st.set_page_config(page_title="MLP playground", page_icon="🧠", layout="wide")
groups = {
    "Experiment": [
        st.Page(
            train,
            title="Train",
            icon=":material/model_training:",
            url_path="train",
            default=True,
        ),
        st.Page(data, title="Data", icon=":material/dataset:", url_path="data"),
        st.Page(inside, title="Inside", icon=":material/biotech:", url_path="inside"),
        st.Page(draw, title="Draw", icon=":material/draw:", url_path="draw"),
    ],
    "Compare": [
        st.Page(race, title="Race", icon=":material/sports_score:", url_path="race"),
        st.Page(
            overfitting,
            title="Overfitting",
            icon=":material/multiline_chart:",
            url_path="overfitting",
        ),
        st.Page(runs, title="Runs", icon=":material/history:", url_path="runs"),
    ],
    "Learn": [
        st.Page(labs, title="Labs", icon=":material/science:", url_path="labs"),
        st.Page(lessons, title="Lessons", icon=":material/school:", url_path="lessons"),
        st.Page(
            assignments, title="Assignments", icon=":material/assignment:", url_path="assignments"
        ),
    ],
}
# First of all: a browser that answers before it knows the page of its address would open home.
page = st.navigation(groups)
session.begin()
run = session.run()
playing = run is not None and run.state == "playing"
chosen = controls(session.experiment(), playing)
session.set_experiment(chosen, by_widgets=True)  # current on every page
session.complain()
if page.url_path != "labs":
    session.go("lab", "")  # it is closed; the page itself remembers which one was open
panel(
    {each.url_path or HOME: each for group in groups.values() for each in group},
    page.url_path or HOME,
)
assignment_panel()
page.run()
