"""Which pages there are, in which groups; run by the server for every viewer and every click."""

import streamlit as st

from dashboard import session
from dashboard.views.data.page import data
from dashboard.views.inside.page import inside
from dashboard.views.train import train

st.set_page_config(page_title="MLP playground", page_icon="🧠", layout="wide")
session.begin()
st.navigation(
    {
        "Experiment": [
            st.Page(train, title="Train", icon="🏋️", url_path="train", default=True),
            st.Page(data, title="Data", icon="🗂️", url_path="data"),
            st.Page(inside, title="Inside", icon="🔬", url_path="inside"),
        ]
    }
).run()
