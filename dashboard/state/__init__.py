"""Session state and URL: the only package that touches `st.session_state` and `st.query_params`."""
