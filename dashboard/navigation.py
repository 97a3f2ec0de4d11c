"""What every page has in common; run by the server for every viewer and every click."""

import streamlit as st

from dashboard.components import identity
from dashboard.state import pages, session, stored, url
from dashboard.views.assignments.panel import panel as assignment_panel
from dashboard.views.lessons.panel import panel as lesson_panel
from dashboard.widgets.messages import show_url_problems
from dashboard.widgets.settings import controls
from playground.experiment.pages import HOME, PAGES, page_named
from playground.history.environment import versions_text

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

# Gray images are stored white on black, as Keras loads them; textbooks print them dark on white.
DARK_ON_WHITE = (
    ":root { --image-filter: invert(1); } .st-key-sample_large img { filter: invert(1); }"
)


def footer() -> None:
    """The versions of what computes here, and what every page has a switch for."""
    with st.container(horizontal=True, vertical_alignment="center", key="footer"):
        st.caption(versions_text())
        if st.button("Glossary", key="open_glossary", icon=":material/dictionary:", type="tertiary",
                     help="The terms of this program, in English and in Chinese."):  # fmt: skip
            pages.open_page("labs", lab="glossary")
        st.toggle(
            "Images dark on white", key=stored.DARK_ON_WHITE, persist_state="session",
            help="Draws gray images as on paper, here and on all pages. The numbers stay: 0 is the "
            "background.",
        )  # fmt: skip


st.set_page_config(page_title="MLP playground", page_icon="🧠", layout="wide")
st.html(f"<style>{STYLE}{DARK_ON_WHITE * bool(stored.widget(stored.DARK_ON_WHITE))}</style>")
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
footer()
