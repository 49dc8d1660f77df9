"""Requests and answers as JSON: decimals as strings, times in ISO 8601, with the kind and the format's version.

JSON of another version or with unknown members is refused: a price with a misspelled name must not be ignored silently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeGuard, get_args

from pydantic import TypeAdapter, ValidationError

from adapters.command_topic.largest import LARGEST
from adapters.wrong_value import Repeated, sentence_of
from commands.door import Answer
from commands.request import DraftEntry, RaiseSignal, RegisterModel, ReportDrift, Request, Requested
from commands.roles import Role
from domain.errors import InvalidInput
from domain.number import finite, misread
from domain.text import is_storable, texts_in

VERSION = 2
"""Version 1 had no role, so an engine could not judge by it."""

_REQUESTS: Mapping[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Request)}
_ANSWERS: Mapping[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Answer)}
_TIME = TypeAdapter(datetime)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]", re.ASCII | re.IGNORECASE)
_MEMBERS = frozenset({"version", "id", "account", "actor", "role", "valid_until", "kind", "request"})


def request_bytes(requested: Requested) -> bytes:
    """The request as JSON. Raises InvalidInput where it is longer than `LARGEST`."""
    kind = type(requested.request).__name__
    form = {
        "version": VERSION,
        "id": requested.id,
        "account": requested.account,
        "actor": requested.actor,
        "role": None if requested.role is None else requested.role.word,
        "valid_until": _TIME.dump_python(requested.valid_until.astimezone(UTC), mode="json"),
        "kind": kind,
        "request": _REQUESTS[kind].dump_python(requested.request, mode="json"),
    }
    written = json.dumps(form, separators=(",", ":")).encode()
    if len(written) > LARGEST:
        raise InvalidInput(f"the request is {len(written):,} bytes long; {LARGEST:,} are allowed")
    return written


def answer_bytes(answer: Answer) -> bytes:
    """The answer as JSON."""
    kind = type(answer).__name__
    form = {
        "version": VERSION,
        "kind": kind,
        # Without defaults: a program of an earlier version refuses a member that it does not know.
        "answer": _ANSWERS[kind].dump_python(answer, mode="json", exclude_defaults=True),
    }
    return json.dumps(form, separators=(",", ":")).encode()


def read_request(written: bytes) -> Requested:
    """The request in `written`. Raises InvalidInput where it is not a request of this version."""
    form = _form(written)
    if unknown := form.keys() - _MEMBERS:
        raise InvalidInput(f"{min(unknown)!r} is unknown")
    return Requested(
        id=_text(form, "id"),
        account=_text(form, "account"),
        actor=_text(form, "actor"),
        role=_role(form),
        valid_until=_moment("valid_until", _time(form.get("valid_until"))),
        request=_timely(_read(form, "request", _REQUESTS), form["request"]),
    )


def read_answer(written: bytes, largest: int = LARGEST) -> Answer:
    """The answer in `written`. Raises InvalidInput where it is not an answer of this version, or longer than `largest`
    bytes."""
    answer: Answer = _read(_form(written, largest), "answer", _ANSWERS)
    return answer


def id_in(written: bytes) -> str:
    """The id in a request's bytes, also where the rest is invalid; empty where there is none."""
    try:
        found = _form(written).get("id")
    except InvalidInput:
        return ""
    return found if isinstance(found, str) else ""


def _form(written: bytes, largest: int = LARGEST) -> Mapping[str, Any]:
    if len(written) > largest:
        raise InvalidInput(f"it is {len(written):,} bytes long; {largest:,} are allowed")
    try:
        form: object = json.loads(written, parse_constant=_no_number, parse_float=finite)
    except (ValueError, RecursionError):
        raise InvalidInput("it is not JSON") from None
    _check_texts(form)
    if not _is_object(form):
        raise InvalidInput("it is not a JSON object")
    if form.get("version") != VERSION:
        raise InvalidInput(
            f"its format has the version {form.get('version')!r}; this program reads {VERSION}"
        )
    return form


def _check_texts(form: object) -> None:
    try:
        if all(map(is_storable, texts_in(form))):
            return
    except ValueError as fault:
        raise InvalidInput(str(fault)) from None
    raise InvalidInput("a text has a character that cannot be stored: NUL, or half of a surrogate pair")


def _is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, dict)


def _read(form: Mapping[str, Any], member: str, kinds: Mapping[str, TypeAdapter[Any]]) -> Any:
    kind, body = form.get("kind"), form.get(member)
    if not isinstance(kind, str) or kind not in kinds:
        raise InvalidInput(f"{kind!r} is not a kind of {member}; the kinds are: {', '.join(kinds)}")
    try:
        read = kinds[kind].validate_json(json.dumps(body))
    except ValidationError as fault:
        raise InvalidInput(f"{kind}: {_faults(fault)}") from None
    if unknown := list(_unknown(body, kinds[kind].dump_python(read, mode="json"))):
        raise InvalidInput(f"{kind}: {unknown[0]!r} is unknown")
    if wrong := next(misread(body, kinds[kind].dump_python(read)), None):
        raise InvalidInput(f"{kind}: {'.'.join(map(str, wrong.place))}: it should be {wrong.expected}")
    return read


def _unknown(given: object, read: object) -> Sequence[str]:
    """The names of the members of `given`, at any depth, that are missing in `read`."""
    if not _is_object(given) or not _is_object(read):
        return ()
    deeper = [name for key, value in given.items() if key in read for name in _unknown(value, read[key])]
    return [*sorted(given.keys() - read.keys()), *deeper]


def _faults(fault: ValidationError) -> str:
    """The members that are invalid, each with the reason, but without the given values."""
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'it'}: {sentence_of(one, Repeated.NONE)}"
        for one in fault.errors(include_url=False, include_input=False)
    )


def _text(form: Mapping[str, Any], member: str) -> str:
    text = form.get(member)
    if not isinstance(text, str) or not text:
        raise InvalidInput(f"{member} is missing or is not text")
    return text


def _role(form: Mapping[str, Any]) -> Role | None:
    if form.get("role") is None:
        return None
    return Role.named(_text(form, "role"))


def _time(text: object) -> datetime | None:
    try:
        return _TIME.validate_python(text) if _is_iso(text) else None
    except ValidationError:
        return None


def _is_iso(value: object) -> TypeGuard[str]:
    """Whether the value is a time's text. pydantic also reads numbers, and texts of digits, as seconds since 1970."""
    return isinstance(value, str) and _ISO.match(value) is not None


def _timely(request: Request, given: Mapping[str, Any]) -> Request:
    """The request with its times in UTC. Raises InvalidInput where one is no text with a zone."""
    match request:
        case RegisterModel():
            since = _time_of(given, "data_from", request.data_from)
            return replace(
                request,
                data_from=since,
                data_until=_time_of(given, "data_until", request.data_until),
                passed_gate=request.passed_gate is True,
            )
        case ReportDrift():
            begin = _time_of(given, "begin", request.begin)
            return replace(request, begin=begin, end=_time_of(given, "end", request.end))
        case RaiseSignal() | DraftEntry():
            closed_at = _time_of(given["signal"], "candle_closed_at", request.signal.candle_closed_at)
            return replace(request, signal=replace(request.signal, candle_closed_at=closed_at))
        case _:
            return request


def _time_of(given: Mapping[str, Any], member: str, read: datetime) -> datetime:
    return _moment(member, read if _is_iso(given[member]) else None)


def _moment(member: str, read: datetime | None) -> datetime:
    if read is not None and read.tzinfo is not None:
        with suppress(OverflowError):
            return read.astimezone(UTC)
    raise InvalidInput(f"{member} must be a time with its zone, as in 2025-06-30T14:00:00Z")


def _no_number(text: str) -> float:
    raise ValueError(text)
