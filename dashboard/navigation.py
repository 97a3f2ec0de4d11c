"""What every page has in common; run by the server for every viewer and every click."""

import streamlit as st

from dashboard.components import identity
from dashboard.state import pages, session, url
from dashboard.views.assignments.panel import panel as assignment_panel
from dashboard.views.lessons.panel import panel as lesson_panel
from dashboard.widgets.messages import show_url_problems
from dashboard.widgets.sidebar import controls
from playground.experiment.pages import HOME, PAGES, page_named

st.set_page_config(page_title="MLP playground", page_icon="🧠", layout="wide")
# First of all: a browser that answers before it knows the page of its address would open home.
page = st.navigation(pages.navigation())
name = page.url_path or HOME
session.begin()
identity.mount()
if page.url_path == HOME or name not in PAGES:  # an address that a page also has
    current = page_named(name)
    pages.open_page(HOME if current is None else current.name)
run = session.run()
playing = run is not None and run.state == "playing"
chosen = controls(session.experiment(), playing)
session.set_experiment(chosen, by_widgets=True)  # current on every page
show_url_problems()
if name != "labs":
    url.set_parameter("lab", "")  # it is closed; the page itself remembers which one was open
lesson_panel(name)
assignment_panel()
page.run()
