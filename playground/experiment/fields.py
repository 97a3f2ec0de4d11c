"""Frozen records of choices, whose fields carry their limits, defaults and help texts."""

import re
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError


def number(default: Any, low: float, high: float, help: str, **extra: Any) -> Any:
    """A field from `low` to `high`; `extra` may give `unit`, `scale="log"`, a widget's `step`."""
    return Field(default, ge=low, le=high, description=help, json_schema_extra=extra or None)


def one_of(table: Mapping[str, object], default: str, help: str, pattern: str | None = None) -> Any:
    """A field that names an entry of `table`, or something that has the form of `pattern`."""
    told: dict[str, Any] = {"choices": list(table), "pattern": pattern}
    return Field(default, description=help, json_schema_extra=told)


def field_metadata(field: FieldInfo) -> dict[str, Any]:
    """What a field says of itself beyond type and limits: `choices`, `scale`, `unit`, `each`."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def fail(
    rule: str, received: object, field: str = "", nearest: object = None
) -> PydanticCustomError:
    """An error that says which rule a field broke, what it received, and the nearest valid value.

    `nearest` None: there is none but the usual one. `field` is needed where a rule joins fields.
    """
    context = {"rule": rule, "received": received, "field": field, "nearest": nearest}
    return PydanticCustomError("rule", "must be {rule}", context)


def split(value: Any) -> Any:
    """ "300,100" → ["300", "100"], as the command line and links write several values."""
    return [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def plain(number: float) -> str:
    """A limit as people write it: 60,000 or 1e-06."""
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"


def shown(value: object) -> str:
    """At most 60 printable characters of a value, on one line."""
    text = str(value)
    text = text if text.isprintable() else ascii(text)[1:-1]
    return (text if len(text) <= 60 else text[:57] + "…") or "nothing"


class Value(BaseModel):
    """A frozen record of choices; unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_a_choice(cls, value: Any, info: ValidationInfo) -> Any:
        told = field_metadata(cls.model_fields[info.field_name or ""])
        choices, pattern = told.get("choices"), told.get("pattern")
        fits = pattern and isinstance(value, str) and re.fullmatch(pattern, value)
        if choices is not None and value not in choices and not fits:
            raise fail("one of " + ", ".join(choices), value)
        return value

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked as a new one is."""
        return type(self).model_validate(self.model_dump() | changes)


def limits(model: type[Value], name: str) -> tuple[Any, Any]:
    """The smallest and largest value of a numeric field; (None, None) for any other."""
    low = high = None
    for rule in model.model_fields[name].metadata:
        low, high = getattr(rule, "ge", low), getattr(rule, "le", high)
    return low, high
