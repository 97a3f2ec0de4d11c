"""The pages of the dashboard: one entry each, read by its navigation, by lessons and by links."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page: `dashboard.views.NAME.page` holds the function `NAME` that draws it."""

    name: str  # the last part of its address; "" stands for the first page there
    title: str
    icon: str  # of Material Symbols
    group: str  # of the navigation
    former: str = ""  # its name in addresses and lesson files of earlier versions

    @property
    def module(self) -> str:
        """The module with the function that draws the page."""
        return f"dashboard.views.{self.name}.page"


PAGES: dict[str, Page] = {
    page.name: page
    for page in (
        Page("train", "Train", "model_training", "Experiment"),
        Page("data", "Data", "dataset", "Experiment"),
        Page("inspect", "Inspect", "biotech", "Experiment", former="inside"),
        Page("draw", "Draw", "draw", "Experiment"),
        Page("race", "Race", "sports_score", "Compare"),
        Page("overfitting", "Overfitting", "multiline_chart", "Compare"),
        Page("runs", "Runs", "history", "Compare"),
        Page("labs", "Labs", "science", "Learn"),
        Page("lessons", "Lessons", "school", "Learn"),
        Page("assignments", "Assignments", "assignment", "Learn"),
    )
}
HOME = next(iter(PAGES))  # the page of the bare address


def page_named(name: str) -> Page | None:
    """The page with this name, of now or of an earlier version."""
    return PAGES.get(name) or next(
        (p for p in PAGES.values() if p.former and p.former == name), None
    )
