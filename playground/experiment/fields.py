"""Frozen records whose fields declare their limits, default, label, help text and suggestion."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from playground.nn.format import format_number, truncate


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


def broken_rule(e: Any, limits: tuple[Any, Any] = (None, None)) -> tuple[str, str]:
    """The rule and the value received of one entry of `ValidationError.errors()`.

    `limits`: of a number, of which the entry holds only the one that was exceeded.
    """
    kind, context, received = e["type"], e.get("ctx", {}), e["input"]
    if kind == "rule":
        return context["rule"], truncate(context["received"])
    if kind.startswith("string_too_"):
        short = kind.endswith("short")
        rule = "not empty" if short else f"at most {context['max_length']} characters"
        return rule, f"{len(received)} characters"
    if kind in ("too_long", "too_short"):
        least, most = context.get("min_length"), context.get("max_length")
        rule = f"at most {most} values" if kind == "too_long" else f"at least {least} values"
        return rule, str(context["actual_length"])
    if "ge" in context or "le" in context:
        low, high = (None if n is None else format_number(n) for n in limits)
        rule = f"at least {context['ge']}" if "ge" in context else f"at most {context.get('le')}"
        return f"between {low} and {high}" if low and high else rule, truncate(received)
    rule = _RULES.get(kind, e["msg"])
    if e["loc"] and isinstance(e["loc"][-1], int):
        rule = rule.removeprefix("a ") + "s separated by commas"
    return rule, truncate(received)


_RULES = {
    **dict.fromkeys(("int_parsing", "int_from_float", "int_type"), "a whole number"),
    "int_parsing_size": "a shorter whole number",
    **dict.fromkeys(("float_parsing", "float_type"), "a number"),
    "finite_number": "a finite number",
    **dict.fromkeys(("bool_parsing", "bool_type"), "true or false"),
    "tuple_type": "a list of values",
    "string_type": "text",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "a table of fields"),
    "json_invalid": "valid JSON",
}


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


def _is_choice(field: FieldInfo) -> bool:
    return isinstance(field.json_schema_extra, dict) and "choices" in field.json_schema_extra


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

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            from playground.experiment.model import explain  # which imports this module

            error.add_note("; ".join(explain(error)))  # as at the command line
            raise

    def __str__(self) -> str:
        return repr(self)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """The fields that are not at their defaults, which follow the choices."""
        fields, values = type(self).model_fields, dict(self)
        differing = {name: v for name, v in values.items() if v != fields[name].default}
        choices = {name: v for name, v in differing.items() if _is_choice(fields[name])}
        try:
            default = dict(type(self).model_validate(choices))
        except ValidationError:  # an uploaded table that is gone
            default = {name: field.default for name, field in fields.items()}
        others = {name: v for name, v in values.items() if v != default[name]}
        yield from (choices | others).items()

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated like a new one."""
        return type(self)(**(self.model_dump() | changes))
