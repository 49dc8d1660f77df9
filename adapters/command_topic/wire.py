"""Requests and answers as JSON: decimals as strings, times in ISO 8601, the kind and the version of the form beside.

A form of another version is refused, and so is what this version does not know: a price whose name is misspelled must
not be left out in silence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeGuard, get_args

from pydantic import TypeAdapter, ValidationError

from commands.door import Answer
from commands.request import RaiseSignal, Request, Requested
from domain.errors import InvalidInput
from domain.number import misread

VERSION = 1
LARGEST = 64 * 1024
"""Bytes; a request and an answer are some hundred."""

_REQUESTS: Mapping[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Request)}
_ANSWERS: Mapping[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Answer)}
_TIME = TypeAdapter(datetime)
_MEMBERS = frozenset({"version", "id", "account", "actor", "valid_until", "kind", "request"})


def request_bytes(requested: Requested) -> bytes:
    """Raises InvalidInput for a request that is larger than any can be meant to be."""
    kind = type(requested.request).__name__
    form = {
        "version": VERSION,
        "id": requested.id,
        "account": requested.account,
        "actor": requested.actor,
        "valid_until": _TIME.dump_python(requested.valid_until.astimezone(UTC), mode="json"),
        "kind": kind,
        "request": _REQUESTS[kind].dump_python(requested.request, mode="json"),
    }
    written = json.dumps(form, separators=(",", ":")).encode()
    if len(written) > LARGEST:
        raise InvalidInput(f"the request is {len(written):,} bytes long; {LARGEST:,} are allowed")
    return written


def answer_bytes(answer: Answer) -> bytes:
    """An answer as it is written."""
    kind = type(answer).__name__
    form = {
        "version": VERSION,
        "kind": kind,
        "answer": _ANSWERS[kind].dump_python(answer, mode="json"),
    }
    return json.dumps(form, separators=(",", ":")).encode()


def read_request(written: bytes) -> Requested:
    """Raises InvalidInput for what is no request of this version."""
    form = _form(written)
    if unknown := form.keys() - _MEMBERS:
        raise InvalidInput(f"{min(unknown)!r} means nothing here")
    return Requested(
        id=_text(form, "id"),
        account=_text(form, "account"),
        actor=_text(form, "actor"),
        valid_until=_moment("valid_until", _time(form.get("valid_until"))),
        request=_timely(_read(form, "request", _REQUESTS)),
    )


def read_answer(written: bytes) -> Answer:
    """Raises InvalidInput for what is no answer of this version."""
    answer: Answer = _read(_form(written), "answer", _ANSWERS)
    return answer


def id_in(written: bytes) -> str:
    """The id of a request that cannot be read; empty where not even that is told."""
    try:
        told = _form(written).get("id")
    except InvalidInput:
        return ""
    return told if isinstance(told, str) else ""


def _form(written: bytes) -> Mapping[str, Any]:
    if len(written) > LARGEST:
        raise InvalidInput(f"it is {len(written):,} bytes long; {LARGEST:,} are allowed")
    try:
        form: object = json.loads(written, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InvalidInput("it is not JSON") from None
    if not _is_object(form):
        raise InvalidInput("it is no JSON object")
    if form.get("version") != VERSION:
        raise InvalidInput(f"its form has the version {form.get('version')!r}; this program knows {VERSION}")
    return form


def _is_object(told: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(told, dict)


def _read(form: Mapping[str, Any], member: str, kinds: Mapping[str, TypeAdapter[Any]]) -> Any:
    kind, body = form.get("kind"), form.get(member)
    if not isinstance(kind, str) or kind not in kinds:
        raise InvalidInput(f"{kind!r} is no kind of {member}; there are: {', '.join(kinds)}")
    try:
        read = kinds[kind].validate_json(json.dumps(body))
    except ValidationError as fault:
        raise InvalidInput(f"{kind}: {_faults(fault)}") from None
    if unknown := list(_unknown(body, kinds[kind].dump_python(read, mode="json"))):
        raise InvalidInput(f"{kind}: {unknown[0]!r} means nothing here")
    if wrong := next(misread(body, kinds[kind].dump_python(read)), None):
        raise InvalidInput(f"{kind}: {'.'.join(map(str, wrong.place))}: it should be {wrong.expected}")
    return read


def _unknown(told: object, meant: object) -> Sequence[str]:
    """What was told and is not in what it was taken to mean."""
    if not _is_object(told) or not _is_object(meant):
        return ()
    deeper = [name for key, value in told.items() if key in meant for name in _unknown(value, meant[key])]
    return [*sorted(told.keys() - meant.keys()), *deeper]


def _faults(fault: ValidationError) -> str:
    """Where and what, without what was told there."""
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}"
        for one in fault.errors(include_url=False, include_input=False, include_context=False)
    )


def _text(form: Mapping[str, Any], member: str) -> str:
    told = form.get(member)
    if not isinstance(told, str) or not told:
        raise InvalidInput(f"it does not say its {member} as text")
    return told


def _time(told: object) -> datetime | None:
    try:
        return _TIME.validate_python(told) if isinstance(told, str) else None
    except ValidationError:
        return None


def _timely(request: Request) -> Request:
    """A candle without a zone could have closed at anybody's midnight."""
    if not isinstance(request, RaiseSignal):
        return request
    closed_at = _moment("candle_closed_at", request.signal.candle_closed_at)
    return RaiseSignal(replace(request.signal, candle_closed_at=closed_at))


def _moment(member: str, read: datetime | None) -> datetime:
    if read is not None and read.tzinfo is not None:
        with suppress(OverflowError):
            return read.astimezone(UTC)
    raise InvalidInput(f"{member} is a time with its zone, as in 2025-06-30T14:00:00Z")


def _no_number(told: str) -> float:
    raise ValueError(told)
