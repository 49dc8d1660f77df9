"""Requests of a person at a shell to the engine of a running process, through the doors that it has already."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never
from uuid import uuid4

import msgspec
import urllib3
from msgspec import Struct

from adapters.codes import Code
from adapters.tokens.book import TokenBook
from commands.door import Answer, Completed, Declined, TimedOut
from commands.request import (
    ChangeSettings,
    EndRoute,
    ForgetPersonalKey,
    PromoteModel,
    RegisterModel,
    ReportDrift,
    Request,
    Requested,
    ResetKillSwitch,
    ResumeEntries,
    RetireModel,
    ReviewSettings,
    TripKillSwitch,
)
from commands.roles import Role
from domain.errors import LogError, Refused, StoreError, WhenceError
from domain.learning.rule_names import BY_SCHEDULE, SCHEDULED
from infra.config import WhenceSettings
from infra.logs import open_reader
from infra.run.commanding import distant_door, has_command_topic
from infra.store import migrated_store

FromShell = (
    TripKillSwitch
    | ResetKillSwitch
    | ResumeEntries
    | EndRoute
    | ForgetPersonalKey
    | ChangeSettings
    | ReviewSettings
    | RegisterModel
    | PromoteModel
    | RetireModel
    | ReportDrift
)

_log = logging.getLogger(__name__)
_PATIENCE = 15.0
_SECONDS = 30.0
_UNANSWERED = "the request was sent, and the connection ended before its answer: it may have been carried out"
_FIELDS: Mapping[type, tuple[str, str, str]] = {
    TripKillSwitch: ("", "tripKillSwitch", ""),
    ResetKillSwitch: ("", "resetKillSwitch", ""),
    ResumeEntries: (", $strategy: String!", "resumeEntries", ", strategy: $strategy"),
    EndRoute: (
        ", $route: String!, $nothingHeld: Boolean!",
        "endRoute",
        ", route: $route, nothingHeld: $nothingHeld",
    ),
    ForgetPersonalKey: (", $keyId: String!", "forgetPersonalKey", ", keyId: $keyId"),
    ChangeSettings: (", $changes: [SettingChange!]!", "changeSettings", ", changes: $changes"),
    ReviewSettings: (
        ", $held: ID!, $verdict: Review!",
        "reviewSettings",
        ", held: $held, verdict: $verdict",
    ),
    RegisterModel: (
        ", $model: ModelInput!, $rule: String",
        "registerModel",
        ", model: $model, rule: $rule",
    ),
    PromoteModel: (
        ", $sha256: String!, $role: ModelRole!, $rule: String, $unproven: Boolean!",
        "promoteModel",
        ", sha256: $sha256, role: $role, rule: $rule, unproven: $unproven",
    ),
    RetireModel: (", $sha256: String!, $rule: String", "retireModel", ", sha256: $sha256, rule: $rule"),
    ReportDrift: (
        ", $sha256: String!, $drift: DriftInput!",
        "reportDrift",
        ", sha256: $sha256, drift: $drift",
    ),
}
"""The mutation of each request, between the variables that only it has and its arguments."""
_UNSENT: Mapping[type[urllib3.exceptions.HTTPError], str] = {
    urllib3.exceptions.NameResolutionError: "no such host is known",
    urllib3.exceptions.NewConnectionError: "the connection is refused",
    urllib3.exceptions.ConnectTimeoutError: "no connection was made in time",
    urllib3.exceptions.SSLError: "no trusted TLS connection was made",
}
"""In words, why a request was not sent; the first class that fits counts."""
_DOCUMENT = """mutation Shell($key: String!, $account: String!, $reason: String!, $seconds: Float!%s) {
  answer: %s(request: {idempotencyKey: $key, account: $account, timeoutSeconds: $seconds}, reason: $reason%s) {
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


def by_any_door(
    settings: WhenceSettings, url: str, request: FromShell, token: str | None, key: str | None = None
) -> Answer:
    """The engine's answer by the first door that gives one: the command topic of a log on Kafka, then the API.

    `key` is the id of the request; a new one without it. It is the same by each door: a request whose outcome by the
    first door is not known is sent by the next one, too, and an engine that receives both carries out one of an actor.

    Raises the error of the only door, or Refused with those of all; see `by_topic` and `by_api`.
    """
    key = key or uuid4().hex
    doors: dict[str, Callable[[], Answer]] = {}
    if has_command_topic(settings):
        doors["the topic of requests"] = lambda: by_topic(settings, request, key)
    doors["the API"] = lambda: by_api(settings, url, request, token, key)
    faults, late = dict[str, WhenceError](), list[TimedOut]()
    for name, send in doors.items():
        try:
            answer = send()
        except WhenceError as fault:
            faults[name] = fault
            continue
        if not isinstance(answer, TimedOut):
            return answer
        late.append(answer)
    if late:
        return late[-1]
    if len(faults) == 1:
        raise next(iter(faults.values()))
    raise Refused(f"no way to the engine is open. {_listed(faults)}")


def _listed(faults: Mapping[str, WhenceError]) -> str:
    return "; ".join(f"By {name}: {fault}" for name, fault in faults.items())


def by_topic(settings: WhenceSettings, request: Request, key: str | None = None) -> Answer:
    """The engine's answer by the command topic of a log on Kafka; `key` as of `by_any_door`.

    Raises what `distant_door` raises.
    """
    now = datetime.now(UTC)
    requested = Requested(
        id=key or uuid4().hex,
        account=settings.account,
        actor=f"shell-{getpass.getuser()}",
        valid_until=now + timedelta(seconds=_SECONDS),
        request=request,
        role=Role.ADMIN,
    )
    with distant_door(settings) as door:
        return door.ask(requested, _PATIENCE)


def by_api(
    settings: WhenceSettings, url: str, request: FromShell, token: str | None = None, key: str | None = None
) -> Answer:
    """The engine's answer by its API, with this token of an administrator; `key` as of `by_any_door`.

    Without one, with a token for this request only, which the store of the log gives. Whoever may write the store may
    make tokens, so this needs no other right. Raises Refused where no API answers there, StoreError where the store
    gives no token, and InvalidInput where there is no log.
    """
    if token is not None:
        return _asked(settings, url, request, token, key)
    with _token(settings) as made:
        return _asked(settings, url, request, made, key)


def _asked(settings: WhenceSettings, url: str, request: FromShell, token: str, key: str | None) -> Answer:
    document, key = _DOCUMENT % _FIELDS[type(request)], key or uuid4().hex
    variables: dict[str, Any] = {
        "key": key,
        "account": settings.account,
        "reason": request.reason,
        "seconds": _PATIENCE,
    }
    variables |= _own_variables(request)
    body = msgspec.json.encode({"query": document, "variables": variables})
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    content = _post(f"{url}/graphql", body, headers)
    if content is None:
        return TimedOut(key, _UNANSWERED)
    return _read(content)


def _own_variables(request: FromShell) -> dict[str, Any]:
    """The variables that only the mutation of this request has."""
    match request:
        case RegisterModel() | PromoteModel() | RetireModel() | ReportDrift():
            return _of_the_register(request)
        case ForgetPersonalKey():
            return {"keyId": request.key_id}
        case ResumeEntries():
            return {"strategy": request.owner}
        case EndRoute():
            return {"route": request.route, "nothingHeld": request.nothing_held}
        case ChangeSettings():
            return {"changes": [{"name": name, "value": value} for name, value in request.changes.items()]}
        case ReviewSettings():
            return {"held": request.held, "verdict": request.verdict.value}
        case TripKillSwitch() | ResetKillSwitch():
            return {}
        case _:
            assert_never(request)


def _of_the_register(request: RegisterModel | PromoteModel | RetireModel | ReportDrift) -> dict[str, Any]:
    match request:
        case RegisterModel():
            return {"model": _model(request), **_by_rule(request.reason)}
        case PromoteModel():
            return {
                "sha256": request.sha256,
                "role": request.role.value,
                "rule": request.rule,
                "unproven": request.unproven,
            }
        case RetireModel():
            return {"sha256": request.sha256, "rule": request.rule}
        case ReportDrift():
            return {"sha256": request.sha256, "drift": _drift(request)}
        case _:
            assert_never(request)


def _by_rule(reason: str) -> dict[str, Any]:
    """The rule of a registration, and its reason without the rule's name."""
    if not reason.startswith(SCHEDULED):
        return {"rule": None}
    return {"rule": BY_SCHEDULE, "reason": reason.removeprefix(SCHEDULED)}


def _model(request: RegisterModel) -> dict[str, Any]:
    return {
        "name": request.name,
        "sha256": request.sha256,
        "featureSet": request.feature_set,
        "dataFrom": request.data_from.isoformat(),
        "dataUntil": request.data_until.isoformat(),
        "labels": request.labels,
        "seed": str(request.seed),
        "metrics": [{"name": name, "value": value} for name, value in request.metrics.items()],
        "passedGate": request.passed_gate,
    }


def _drift(request: ReportDrift) -> dict[str, Any]:
    return {
        "subject": request.subject,
        "test": request.test,
        "statistic": request.statistic,
        "limit": request.limit,
        "count": request.count,
        "begin": request.begin.isoformat(),
        "end": request.end.isoformat(),
    }


@contextmanager
def _token(settings: WhenceSettings) -> Generator[str]:
    """A token of an administrator that is revoked at the end."""
    _check_log(settings)
    with migrated_store(settings) as engine:
        book, name = TokenBook(engine), f"shell-{getpass.getuser()}-{uuid4().hex[:8]}"
        token = book.issue(name, Role.ADMIN, datetime.now(UTC))
        try:
            yield token.spelled
        finally:
            _revoke(book, name)


def _check_log(settings: WhenceSettings) -> None:
    """Raises InvalidInput where there is no log, before a store is made for it. One that cannot be read has a store."""
    try:
        open_reader(settings).close()
    except LogError as fault:
        _log.warning("the log cannot be read, the request is sent all the same: %s", fault)


def _revoke(book: TokenBook, name: str) -> None:
    """Revokes the token. Where the store fails now, the request was sent already, so its answer is what counts."""
    try:
        book.revoke(name, datetime.now(UTC))
    except StoreError as fault:
        _log.error("the token %s is still in force, revoke it with `whence tokens revoke`: %s", name, fault)


def _post(url: str, body: bytes, headers: dict[str, str]) -> bytes | None:
    """The response; None where the request was sent and no response arrived. Raises Refused for one not sent."""
    timeout = urllib3.Timeout(connect=5.0, read=_SECONDS)
    try:
        response = urllib3.request(
            "POST", url, body=body, headers=headers, timeout=timeout, retries=False, redirect=False
        )
    except (urllib3.exceptions.ReadTimeoutError, urllib3.exceptions.ProtocolError):
        return None
    except urllib3.exceptions.HTTPError as fault:
        raise Refused(
            f"no engine answers at {url}: {_unsent(fault)}; name the address of its API with --api"
        ) from None
    return response.data


def _unsent(fault: urllib3.exceptions.HTTPError) -> str:
    return next(
        (words for kind, words in _UNSENT.items() if isinstance(fault, kind)), "the connection failed"
    )


def _messages(errors: list[dict[str, Any]]) -> str:
    return (
        "; ".join(str(one.get("message", "an error without a message")) for one in errors)
        or "no reason given"
    )


def _hint(errors: list[dict[str, Any]]) -> str:
    """The API of another log knows none of this log's tokens."""
    codes = {dict(one.get("extensions") or {}).get("code") for one in errors}
    other = "; if another log's engine answers there, name the API of this one with --api"
    return other if Code.UNAUTHENTICATED in codes else ""


def _read(content: bytes) -> Answer:
    try:
        response = msgspec.json.decode(content, type=_Response)
    except msgspec.DecodeError:
        raise Refused(f"the API's answer cannot be read: {content[:200].decode(errors='replace')}") from None
    if response.data is None:
        raise Refused(
            f"the API refused the request: {_messages(response.errors)}{_hint(response.errors)}"[:400]
        )
    found = response.data.answer
    match found.kind:
        case "Completed":
            return Completed(found.commandId, (), note=found.note)
        case "Refused":
            return Declined(found.commandId, found.code, found.reason)
        case _:
            return TimedOut(found.commandId, found.known)
