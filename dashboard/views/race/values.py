"""Values of one field, as a person writes them: checked one by one, errors in words."""

from typing import Any, NamedTuple

from pydantic import ValidationError

from dashboard.scales import written
from playground.experiment import Experiment, explain

NO_LAYER = "none"


class Read(NamedTuple):
    """The values that are valid, in their order, and a sentence for each that is not."""

    values: tuple[Any, ...]
    problems: tuple[str, ...]


def shown(field: str, value: Any) -> str:
    """A value as it is written in the box: 0.01, or 300-100 for hidden layers."""
    if field == "hidden":
        return "-".join(map(str, value)) or NO_LAYER
    return written(value)


def read(base: Experiment, field: str, text: str) -> Read:
    """What `text` says: values separated by commas; those of hidden layers joined by "-"."""
    values: list[Any] = []
    problems: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        asked: Any = part
        if field == "hidden":
            asked = () if part == NO_LAYER else part.replace("-", ",")
        try:
            changed = base.change(**{field: asked}, **_beside(field))
        except ValidationError as error:
            problems += explain(error)
            continue
        value = changed.flat()[field]
        if value not in values:
            values.append(value)
    return Read(tuple(values), tuple(dict.fromkeys(problems)))


def _beside(field: str) -> dict[str, Any]:
    return {"activations": ()} if field == "hidden" else {}
