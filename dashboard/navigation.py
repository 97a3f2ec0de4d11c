"""What every page has in common; run by the server for every viewer and every click."""

import streamlit as st

from dashboard.components import identity
from dashboard.state import pages, session, url
from dashboard.views.assignments.panel import panel as assignment_panel
from dashboard.views.lessons.panel import panel as lesson_panel
from dashboard.widgets.messages import show_url_problems
from dashboard.widgets.settings import controls
from playground.experiment.pages import HOME, PAGES, page_named

STYLE = """
.stMainBlockContainer { padding: 3.75rem 1.5rem 1rem; }
.st-key-workbench, .st-key-workbench [data-testid="stVerticalBlock"] { gap: 0.5rem; }
.st-key-bar [data-testid="stAlertContainer"] { padding: 0.35rem 0.75rem; min-height: 0; }
.st-key-bar .stAlert [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
.st-key-bar .stAlert p { font-size: 0.85rem; line-height: 1.25; margin: 0; }
.st-key-buttons kbd { display: none; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 3.75rem 0.75rem 1rem; }
  .st-key-settings { flex-wrap: nowrap !important; overflow-x: auto; }
  .st-key-settings > * { flex-shrink: 0; }
}
"""

st.set_page_config(page_title="MLP playground", page_icon="🧠", layout="wide")
st.html(f"<style>{STYLE}</style>")
# First of all: a browser that answers before it knows the page of its address would open home.
page = st.navigation(pages.navigation(), position="top")
name = page.url_path or HOME
session.begin()
identity.mount()
if page.url_path == HOME or name not in PAGES:  # an address that a page also has
    current = page_named(name)
    pages.open_page(HOME if current is None else current.name)
session.set_experiment(controls(session.experiment()), by_widgets=True)  # current on every page
show_url_problems()
if name != "labs":
    url.set_parameter("lab", "")  # it is closed; the page itself remembers which one was open
lesson_panel(name)
assignment_panel()
page.run()
