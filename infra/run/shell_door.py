"""Requests of a person at a shell to the engine of a running process, through the doors that it has already."""

from __future__ import annotations

import getpass
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import urllib3
from msgspec import Struct

from adapters.tokens.book import TokenBook
from commands.door import Answer, Completed, Declined, TimedOut
from commands.request import Request, Requested, ResetKillSwitch, TripKillSwitch
from commands.roles import Role
from domain.errors import Refused
from infra.config import WhenceSettings
from infra.run.commanding import distant_door
from infra.store import migrate, open_store

_PATIENCE = 15.0
_SECONDS = 30.0
_FIELDS = {TripKillSwitch: "tripKillSwitch", ResetKillSwitch: "resetKillSwitch"}
_DOCUMENT = """mutation Shell($key: String!, $account: String!, $reason: String!, $seconds: Float!) {
  answer: %s(request: {idempotencyKey: $key, account: $account, timeoutSeconds: $seconds}, reason: $reason) {
    __typename
    ... on Completed { commandId note }
    ... on Refused { commandId code reason }
    ... on TimedOut { commandId known }
  }
}"""


class _Answered(Struct):
    kind: str = msgspec.field(name="__typename", default="")
    commandId: str = ""  # noqa: N815 - GraphQL's name
    note: str = ""
    code: str = ""
    reason: str = ""
    known: str = ""


class _Data(Struct):
    answer: _Answered


class _Response(Struct):
    data: _Data | None = None
    errors: list[dict[str, Any]] = []


def by_topic(settings: WhenceSettings, request: Request) -> Answer:
    """The engine's answer by the command topic of a log on Kafka. Raises what `distant_door` raises."""
    now = datetime.now(UTC)
    requested = Requested(
        id=uuid4().hex,
        account=settings.account,
        actor=f"shell-{getpass.getuser()}",
        valid_until=now + timedelta(seconds=_SECONDS),
        request=request,
        role=Role.ADMIN,
    )
    with distant_door(settings) as door:
        return door.ask(requested, _PATIENCE)


def by_api(settings: WhenceSettings, url: str, request: TripKillSwitch | ResetKillSwitch) -> Answer:
    """The engine's answer by its API, with a token for this request only, which the store of the log gives.

    Whoever may write the store may make tokens, so this needs no other right. Raises Refused where no API answers
    there, and StoreError.
    """
    document = _DOCUMENT % _FIELDS[type(request)]
    variables = {
        "key": uuid4().hex,
        "account": settings.account,
        "reason": request.reason,
        "seconds": _PATIENCE,
    }
    with _token(settings) as token:
        body = msgspec.json.encode({"query": document, "variables": variables})
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return _read(_post(f"{url}/graphql", body, headers))


@contextmanager
def _token(settings: WhenceSettings) -> Generator[str]:
    """A token of an administrator that is revoked at the end."""
    engine = open_store(settings)
    try:
        migrate(engine)
        book, name = TokenBook(engine), f"shell-{getpass.getuser()}-{uuid4().hex[:8]}"
        token = book.issue(name, Role.ADMIN, datetime.now(UTC))
        try:
            yield token.spelled
        finally:
            book.revoke(name, datetime.now(UTC))
    finally:
        engine.dispose()


def _post(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    timeout = urllib3.Timeout(connect=5.0, read=_SECONDS)
    try:
        response = urllib3.request(
            "POST", url, body=body, headers=headers, timeout=timeout, retries=False, redirect=False
        )
    except urllib3.exceptions.HTTPError as fault:
        raise Refused(
            f"no engine answers at {url}: {type(fault).__name__}; name the address of its API with --api"
        ) from None
    return response.data


def _read(content: bytes) -> Answer:
    try:
        response = msgspec.json.decode(content, type=_Response)
    except msgspec.DecodeError:
        raise Refused(f"the API's answer cannot be read: {content[:200].decode(errors='replace')}") from None
    if response.data is None:
        raise Refused(f"the API refused the request: {response.errors}"[:400])
    found = response.data.answer
    match found.kind:
        case "Completed":
            return Completed(found.commandId, (), note=found.note)
        case "Refused":
            return Declined(found.commandId, found.code, found.reason)
        case _:
            return TimedOut(found.commandId, found.known)
