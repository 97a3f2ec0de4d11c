"""The web pages: the only package that imports Streamlit."""


def main() -> int:
    """The command `mlp-playground`: its exit status, also where Ctrl-C comes while it loads."""
    try:
        from dashboard.__main__ import main as run

        return run()
    except KeyboardInterrupt:
        print("interrupted")
        return 130
