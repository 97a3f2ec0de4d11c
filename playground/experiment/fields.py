"""Frozen records whose fields declare their limits, default, label, help text and suggestion."""

import re
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError


def number(
    default: Any, low: float, high: float, label: str, help: str, suggestion: str, **extra: Any
) -> Any:
    """A number from `low` to `high`.

    `extra`: `unit`; `scale="log"`; `step` of a widget; `symbol` in formulas; a `short` label.
    """
    return Field(default, ge=low, le=high, **_described(label, help, suggestion, **extra))


def one_of(
    table: Mapping[str, object], default: str, label: str, help: str, suggestion: str,
    pattern: str | None = None,
) -> Any:  # fmt: skip
    """The name of an entry of `table`, or a text of the form `pattern`."""
    extra = {"choices": table, "pattern": pattern}
    return Field(default, **_described(label, help, suggestion, **extra))


def switch(default: bool, label: str, help: str, suggestion: str) -> Any:
    """True or false."""
    return Field(default, **_described(label, help, suggestion))


def several(default: tuple[Any, ...], most: int, label: str, help: str, suggestion: str) -> Any:
    """At most `most` values."""
    return Field(default, max_length=most, **_described(label, help, suggestion))


def _described(label: str, help: str, suggestion: str, **extra: Any) -> dict[str, Any]:
    extra["suggestion"] = suggestion
    return {"title": label, "description": help, "json_schema_extra": extra}


def fail(
    rule: str, received: object, field: str = "", nearest: object = None
) -> PydanticCustomError:
    """An error with the rule that a field broke, the value received, and the nearest valid value.

    `nearest` None: the default. `field` is needed where a rule joins several fields.
    """
    context = {"rule": rule, "received": received, "field": field, "nearest": nearest}
    return PydanticCustomError("rule", "must be {rule}", context)


def split_list(value: Any) -> Any:
    """ "50, 75" or "50 75" → ["50", "75"]; anything but a text is unchanged."""
    return re.findall(r"[^,;\s]+", value) if isinstance(value, str) else value


def split_layers(value: Any) -> Any:
    """ "128-64", "128 64" or "128, 64" → ["128", "64"], "none" → []; other types are unchanged."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == "none":
        return []
    return split_list(re.sub(r"(?<=\d)\s*[-–x×]\s*(?=\d)", ",", value))


class Value(BaseModel):
    """A frozen record of choices; unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_a_choice(cls, value: Any, info: ValidationInfo) -> Any:
        extra = cls.model_fields[info.field_name or ""].json_schema_extra
        if not isinstance(extra, dict) or "choices" not in extra:
            return value
        choices: Any = extra["choices"]
        pattern: Any = extra["pattern"]
        is_text = isinstance(value, str)
        if is_text and (value in choices or (pattern and re.fullmatch(pattern, value))):
            return value
        raise fail("one of " + ", ".join(choices), value)

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated like a new one."""
        return type(self).model_validate(self.model_dump() | changes)
