"""What all definition models share: frozen, strict, and numbers that may be written as fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema


class Definition(BaseModel):
    """Base of every definition: unknown fields are errors, nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Itself: nothing changes, and pydantic copies every default of every field that it fills in."""
        return self


def _number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return float(Fraction(value.replace(" ", "")))
        except (ValueError, ZeroDivisionError):
            raise ValueError(f"'{value}' is not a number (write 12, 0.5 or 1/3)") from None
    return value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_FRACTION = r"^-?[0-9]+(\.[0-9]+)?( */ *[0-9]+)?$"
Number = Annotated[
    float,
    BeforeValidator(_number),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": _FRACTION}]}),
]
"""A finite number; ``1/3`` is allowed and exact to double precision."""

Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One name or a list of names."""
