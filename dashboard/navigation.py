"""What every page has in common; run by the server for every viewer and every click."""

import streamlit as st

from dashboard.components import identity
from dashboard.components.workbench import workbench
from dashboard.state import session, stored, url
from dashboard.views.assignments.panel import panel as assignment_panel
from dashboard.views.lessons.panel import panel as lesson_panel
from dashboard.widgets import latex
from dashboard.widgets.messages import show_url_problems
from dashboard.widgets.settings import controls
from playground.experiment.url import HOME, PAGES, page_named
from playground.history.environment import versions_text

STYLE = """
.stMainBlockContainer { padding: 3.5rem 1.5rem 1rem; }
[data-testid="stCaptionContainer"] { opacity: 0.8; }
[data-testid="stCaptionContainer"] code { font-size: 0.8rem; }
[data-testid="stBaseButton-primary"]:enabled, .stMultiSelect [data-tag] > * {
  color: light-dark(#fff, #0e141a);
}
.stMultiSelect [data-tag] {
  height: auto; max-width: 100%; padding-block: 0.2rem; line-height: 1.3;
}
.stMultiSelect [data-tag] > span { white-space: normal; overflow-wrap: anywhere; }
.stCode .token:is(.punctuation, .comment) { color: light-dark(#646978, #9a9eab); }
.stCode .token:is(.number, .boolean) { color: light-dark(#0f766a, #29b09d); }
.stCode .token.string { color: light-dark(#087c2c, #16b84a); }
.stCode .token.operator { color: light-dark(#b34a00, #ee7d2e); }
.stCode .token.keyword { color: light-dark(#0d68bd, #4a9fe8); }
.st-key-head h3 { font-size: 1.3rem; padding: 0.25rem 0; }
.st-key-workbench, .st-key-workbench [data-testid="stVerticalBlock"] { gap: 0.35rem; }
.st-key-run_message [data-testid="stAlertContainer"] { padding: 0.35rem 0.75rem; min-height: 0; }
.st-key-run_message .stAlert [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
.st-key-run_message .stAlert p { font-size: 0.85rem; line-height: 1.25; margin: 0; }
.st-key-buttons kbd { display: none; }
.st-key-buttons, .st-key-settings { flex-wrap: nowrap !important; }
.st-key-settings .stPopover button { max-width: 9.5rem; }
.st-key-settings .stSelectbox input { padding-right: 0; text-overflow: ellipsis; }
.st-key-settings .stSelectbox button { width: 28px; }
.st-key-settings label p { white-space: nowrap; }
.st-key-settings .stPopover button p {
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.st-key-settings [data-testid="stCaptionContainer"] { opacity: 1; margin-bottom: 0; }
.st-key-settings [data-testid="stCaptionContainer"] p {
  font-size: 0.875rem; line-height: 1.5rem; margin-bottom: 0.25rem;
}
.stMainBlockContainer > .stVerticalBlock { gap: 0.6rem; }
.stButtonGroup > div:has(> button) { flex-wrap: wrap; row-gap: 4px; }
.st-key-first_visit p { font-size: 0.875rem; line-height: 1.3; margin: 0; }
@media (min-width: 641px) {
  .st-key-first_visit [class*="st-key-open_"] button { min-height: 0; padding: 0.1rem 0.6rem; }
}
.st-key-layers button { padding: 0 0.55rem; min-width: 0; }
.st-key-sheet { gap: 0; }
.st-key-workbench_keys { position: absolute; width: 0; }
@media (max-width: 1240px) { .st-key-settings, .st-key-buttons { flex-wrap: wrap !important; } }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 3.5rem 0.75rem 5rem; }
  .st-key-sheet {
    position: fixed; left: 0; right: 0; bottom: 57px; z-index: 100; display: none;
    max-height: 75vh; overflow: auto; padding: 0.75rem;
    background: var(--st-background-color, Canvas); border-top: 1px solid gray;
  }
  body.sheet .st-key-sheet { display: flex; }
  .st-key-strip { flex-wrap: wrap !important; }
  .st-key-strip > :first-child { flex: 1 1 100% !important; min-width: 100%; }
  .st-key-present { display: none; }
  [data-testid="stPopoverBody"] {
    transform: none !important; inset: auto 8px 66px 8px !important; max-height: 70vh !important;
  }
  .stButton button, .stPopover button, .stDownloadButton button, .stLinkButton a, .stTabs button,
  .stSelectbox [role="combobox"], .stNumberInput input, .stTextInput input,
  .stButtonGroup button, .stExpander summary, .stSelectbox button, .stNumberInput button,
  .stMultiSelect button, .stMultiSelect input { min-height: 44px; min-width: 44px; }
  .stCheckbox label, .stRadio label { min-height: 44px; align-items: center; }
  .stSlider [role="slider"], .stSlider input { min-height: 44px; }
  [data-testid="stElementToolbar"] { display: none; }
  .stCode pre, .stCode code { white-space: pre-wrap !important; overflow-wrap: anywhere; }
  [data-testid="stTable"] :is(th, td:first-child) { overflow-wrap: anywhere; }
  :is([data-testid="stTable"], [data-testid="stMarkdownContainer"] > table) :is(th, td) {
    padding: 0.25rem; font-size: 0.75rem;
  }
  [data-testid="stMarkdownContainer"] > table { display: block; overflow-x: auto; }
  [data-testid="stExpandSidebarButton"], [data-testid="stSidebarNavLink"],
  [data-testid="stSidebarCollapseButton"] button {
    min-height: 44px; min-width: 44px;
  }
  .stTooltipIcon button[aria-label^="Help"] {
    position: relative; min-height: 0; min-width: 0;
  }
  .stTooltipIcon button[aria-label^="Help"]::after {
    content: ""; position: absolute; inset: -20px -12px -8px -16px;
  }
}
"""
# A projector shows the pictures and the curves alone; the keys still press the hidden buttons.
PRESENTED = """
.stMainBlockContainer { padding: 0.5rem 1rem; }
header.stAppHeader { display: none !important; }
.stMain:focus-visible::before { content: none !important; }
.st-key-bar { position: absolute; top: 0; right: 0; width: auto; z-index: 5; }
.st-key-bar > *:not(.st-key-present_off):not(:has(.st-key-present_off)) {
  clip-path: inset(50%); position: absolute; pointer-events: none;
}
.stApp { filter: contrast(1.12); }
.st-key-present_off button { min-height: 44px; min-width: 44px; }
"""
EMBEDDED = ".stMainBlockContainer { padding: 0.5rem 1rem; }"
PICTURES = {"network": "Network", "output": "Output", "input": "Input", "curves": "Curves"}

SWITCH = "switch_dark_on_white"  # each page draws one of its own; its value is kept apart
# Gray images are stored white on black, as Keras loads them; textbooks print them dark on white.
DARK_ON_WHITE = (
    ":root { --image-filter: invert(1); } .st-key-sample_large img { filter: invert(1); }"
)


def footer(page_name: str) -> None:
    """The versions of what computes here, and what every page has a switch for."""
    if stored.get("footer") != page_name or not stored.has_widget(SWITCH):  # it is drawn anew
        stored.set_widget(SWITCH, bool(stored.get(stored.DARK_ON_WHITE)))
    with st.container(horizontal=True, vertical_alignment="center", key="footer"):
        st.caption(versions_text())
        if st.button("Glossary", key="open_glossary", icon=":material/dictionary:", type="tertiary",
                     help="The terms of this program, in English and in Chinese."):  # fmt: skip
            url.open_page("labs", lab="glossary")
        st.toggle(
            "Images dark on white", key=SWITCH, on_change=_switched,
            help="Draws gray images as on paper, here and on all pages. The numbers stay: 0 is the "
            "background.",
        )  # fmt: skip
    stored.set("footer", page_name)


def _switched() -> None:
    stored.set(stored.DARK_ON_WHITE, stored.widget(SWITCH))


st.set_page_config(page_title="MLP playground", page_icon="🧠", layout="wide")
# First of all: a browser that answers before it knows the page of its address would open home.
embedded = bool(st.context.is_embedded)
page = st.navigation(url.navigation(), position="hidden" if embedded else "top")
name = page.url_path or HOME
session.begin()
presents = url.presents() and name in ("", HOME)
dark_on_white = bool(stored.get(stored.DARK_ON_WHITE))
style = (
    STYLE + latex.STYLE + EMBEDDED * embedded + PRESENTED * presents + DARK_ON_WHITE * dark_on_white
)
st.html(f"<style>{style}</style>")
identity.mount()
if page.url_path == HOME or name not in PAGES:  # an address that a page also has
    current = page_named(name)
    url.open_page(HOME if current is None else current.name)
with st.container(key="sheet"):  # on a phone
    used = {
        "labs": url.parameter("lab") == url.LAB_WITH_SETTINGS,
        "lessons": bool(url.parameter("lesson")),  # one that is open asks for changes
    }
    drawn = used.get(name, True) and not presents
    edited = controls(session.experiment(), drawn)
    session.set_experiment(edited, by_widgets=True)  # current on every page
workbench(PICTURES if name == HOME else {}, button=not presents, settings=drawn)
show_url_problems()
if name != "labs":
    url.set_parameter("lab", "")  # it is closed; the page itself remembers which one was open
if not presents:
    lesson_panel(name)
    assignment_panel()
page.run()
if not presents and url.shows("more"):
    footer(name)
