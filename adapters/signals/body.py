"""The body of `POST /signals`: one JSON object, read strictly, whatever its content type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from adapters.codes import Code
from adapters.signals.fault import Fault, NotTaken
from adapters.signals.interval import EXPECTED, signal_interval
from adapters.strict_json import NamedTwice, named_once, no_constant
from adapters.wrong_value import Repeated, sentence_of
from domain.direction import Direction
from domain.number import number
from domain.plain_text import fault_in
from domain.strategies import Intent
from domain.text import is_storable, texts_in

SECRET = "secret"  # noqa: S105  # the name of a field
NOTE = "default."
"""What the names of inputs begin with that state a value of the source's settings."""
_MOST_INPUTS = 90
"""The figures of a sender; an engine takes 100 in all."""
_LONGEST_NUMBER = 100
_LONGEST_NAME = 500
_MOST_PLACES = 60
"""How far the first digit of a price may be from the point, as in the events."""
_DIRECTIONS: Mapping[str, Direction] = {
    "long": Direction.LONG,
    "buy": Direction.LONG,
    "short": Direction.SHORT,
    "sell": Direction.SHORT,
}
"""`buy` and `sell` are what TradingView writes for `{{strategy.order.action}}`."""
_N = TypeVar("_N", float, Decimal)
_NUMBER = "Input should be a number in the digits 0 to 9"


def _decimal(given: object) -> Decimal:
    return _read(given, Decimal)


def _figure(given: object) -> float:
    return _read(given, float)


def _read(given: object, kind: type[_N]) -> _N:
    if isinstance(given, str | int | Decimal) and not isinstance(given, bool):
        try:
            return number(str(given), kind)
        except ValueError:
            pass
    raise PydanticCustomError("number", _NUMBER)


def _direction(given: object) -> Direction:
    found = _DIRECTIONS.get(given.lower()) if isinstance(given, str) else None
    if found is None:
        raise PydanticCustomError("direction", "Input should be one of: LONG, SHORT, buy, sell")
    return found


def _intent(given: object) -> object:
    return given.upper() if isinstance(given, str) else given


def _time(given: object) -> datetime:
    try:
        read = datetime.fromisoformat(given) if isinstance(given, str) else None
        if read is not None and read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError(
        "time", "Input should be a time with its zone as text, like 2025-06-30T14:00:00Z"
    )


def _interval(given: object) -> str:
    spelled = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    if not isinstance(spelled, str) or signal_interval(spelled) is None:
        raise PydanticCustomError("interval", "Input should be {expected}", {"expected": EXPECTED})
    return spelled


def _within(low: int, high: int) -> AfterValidator:
    def check(value: float) -> float:
        if not low <= value <= high:
            message = "Input should be in {low} … {high}"
            raise PydanticCustomError("range", message, {"low": low, "high": high})
        return value

    return AfterValidator(check)


def _recordable(amount: Decimal) -> Decimal:
    if abs(amount.adjusted()) > _MOST_PLACES:
        message = "Input should have its first digit at most {most} places from the point"
        raise PydanticCustomError("places", message, {"most": _MOST_PLACES})
    return amount


Amount = Annotated[Decimal, BeforeValidator(_decimal), Field(gt=0), AfterValidator(_recordable)]
Time = Annotated[datetime, BeforeValidator(_time)]


def _check_name(name: str) -> None:
    """Raises PydanticCustomError for a name of an input that cannot be recorded; it does not repeat the name."""
    if not 0 < len(name.strip()) <= len(name) <= _LONGEST_NAME:
        why = f"is 1 to {_LONGEST_NAME} characters, not only spaces"
    elif (fault := fault_in(name)) is not None:
        why = fault
    else:
        return
    raise PydanticCustomError("name", "the name of an input {why}", {"why": why})


class SignalBody(BaseModel):
    """The fields of a signal. Prices are in quote currency. What is None comes from the source's settings, except the
    candle's time: one of `candle_closed_at` and `candle_opened_at` is there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    instrument: str = Field(min_length=1, max_length=100)
    direction: Annotated[Direction, BeforeValidator(_direction)]
    price: Amount
    candle_closed_at: Time | None = None
    candle_opened_at: Time | None = None
    interval: Annotated[str, BeforeValidator(_interval)] | None = None
    intent: Annotated[Intent, BeforeValidator(_intent)] = Intent.ENTER
    stop: Amount | None = None
    target: Amount | None = None
    confidence: Annotated[float, BeforeValidator(_figure), _within(0, 1)] | None = None
    trend: Annotated[float, BeforeValidator(_figure), _within(-1, 1)] | None = None
    inputs: dict[str, Annotated[float, BeforeValidator(_figure)]] = Field(default={}, max_length=_MOST_INPUTS)
    idempotency_key: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")

    @field_validator("inputs")
    @classmethod
    def _no_note(cls, inputs: dict[str, float]) -> dict[str, float]:
        if any(name.startswith(NOTE) for name in inputs):
            raise PydanticCustomError(
                "note", "names that begin with {note} are for values of the source's settings", {"note": NOTE}
            )
        for name in inputs:
            _check_name(name)
        return inputs


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`, with decimals for its numbers. Raises NotTaken; no message repeats a value."""
    try:
        found: object = json.loads(
            raw.decode("utf-8-sig"),
            object_pairs_hook=named_once,
            parse_constant=no_constant,
            parse_float=_number,
            parse_int=lambda text: int(_short(text)),
        )
        storable = all(map(is_storable, texts_in(found)))
    except UnicodeDecodeError:
        raise _unreadable("the body is not UTF-8") from None
    except json.JSONDecodeError as fault:
        raise _unreadable(
            f"the body is not JSON: {fault.msg}, line {fault.lineno}, column {fault.colno}"
        ) from None
    except NamedTwice:
        # Not its own text: whose secret a name could be is not known yet.
        raise _unreadable("the body cannot be read: a name stands twice in one object") from None
    except (ValueError, RecursionError) as fault:
        why = "it is nested too deeply" if isinstance(fault, RecursionError) else str(fault)
        raise _unreadable(f"the body cannot be read: {why}") from None
    if not isinstance(found, dict):
        raise _unreadable("the body is not a JSON object")
    if not storable:
        raise _unreadable("a text has a character that cannot be stored: NUL, or half of a surrogate pair")
    return cast("dict[str, Any]", found)


def refuse_stray(secret: str, given: Mapping[str, Any]) -> None:
    """Raises NotTaken where a body without the field `secret` still has the secret, as a name or within a value: it
    would be recorded, or repeated in a message.
    """
    if any(secret in text for text in texts_in(dict(given))):
        raise _unreadable(f"the secret stands outside of the field {SECRET!r}: remove it there")


def read_signal(given: Mapping[str, Any]) -> SignalBody:
    """The signal, of an object without its secret. Raises NotTaken with every fault, each with its field and what is
    allowed; a value is repeated where it is shorter than any secret.
    """
    try:
        return SignalBody.model_validate(given)
    except ValidationError as error:
        faults = [_fault(one) for one in error.errors(include_url=False)]
        raise NotTaken(400, faults) from None


_IN_JSON: Mapping[str, str] = {"dict_type": 'not an object; write it like {"rsi": 71.5}'}
"""Sentences for faults whose usual ones are for settings files, by pydantic's kind of fault."""


def _fault(found: ErrorDetails) -> Fault:
    field = ".".join(map(str, found["loc"]))
    if found["type"] == "extra_forbidden":
        message = f"unknown; the fields are: {', '.join(SignalBody.model_fields)}"
    else:
        message = _IN_JSON.get(found["type"]) or sentence_of(found, Repeated.ALL)
    return Fault(Code.BAD_INPUT, f"{field}: {message}", field)


def _number(text: str) -> Decimal:
    try:
        return number(_short(text), Decimal)
    except ValueError:
        raise ValueError(f"a number has more than {_LONGEST_NUMBER} digits or places") from None


def _short(text: str) -> str:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a number has more than {_LONGEST_NUMBER} digits")
    return text


def _unreadable(message: str) -> NotTaken:
    return NotTaken.of(400, Code.BAD_INPUT, message)
