"""GraphQL of `whence api`, as the bot's screens and actions use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeGuard, cast

import aiohttp

from adapters.codes import Code
from adapters.http.acting import ACTOR_HEADER
from commands.roles import Role

ACTORS = "telegram"
"""What the actors of this bot's requests begin with, and the names of its tokens."""
_SECONDS = 15.0
_NO_GRAPHQL: Final = "what answers at the API's address is no GraphQL"


class ApiFault(Exception):
    """The API did not answer a request, or refused it; the text states why, without secrets."""


class ApiDown(ApiFault):
    """No answer arrived, or one that is none of GraphQL: whether a mutation was carried out is not known."""


class ApiRefused(ApiFault):
    """The API refused the request with this code; nothing was carried out."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _reason(code: str, message: str, role: Role) -> str:
    """Why the API refused. Of a token it states which one it is and how another is made, without the token."""
    if code != Code.UNAUTHENTICATED:
        return message
    return (
        f"{message}. It is that of TELEGRAM_{role.name}_TOKEN. A token belongs to one log: make it by "
        f"`whence tokens create {ACTORS}-{role.word} --role {role.word} --log …` with the log that this API serves, "
        "and restart the bot"
    )


def actor_of(user: int) -> str:
    """The actor under which the log records a user's requests."""
    return f"{ACTORS}:{user}"


class Api:
    """One API. Each request has the token of a role, and the user for whom it is sent."""

    def __init__(self, url: str, tokens: Mapping[Role, str], session: aiohttp.ClientSession) -> None:
        self._url, self._tokens, self._session = url, tokens, session

    async def execute(
        self, document: str, variables: Mapping[str, object], role: Role, user: int | None
    ) -> Mapping[str, Any]:
        """The data of the response. None for `user` is the bot itself. Raises ApiDown and ApiRefused."""
        headers = {"authorization": f"Bearer {self._tokens[role]}"}
        if user is not None:
            headers[ACTOR_HEADER] = actor_of(user)
        answer = await self._answer({"query": document, "variables": dict(variables)}, headers)
        errors, data = answer.get("errors"), answer.get("data")
        if _is_list_of_errors(errors):
            code = cast("Mapping[str, Any]", errors[0].get("extensions") or {}).get("code", "")
            raise ApiRefused(str(code), _reason(str(code), str(errors[0].get("message", "")), role))
        if errors or not isinstance(data, dict):
            raise ApiDown(_NO_GRAPHQL)
        return cast("Mapping[str, Any]", data)

    async def _answer(self, request: Mapping[str, object], headers: Mapping[str, str]) -> Mapping[str, Any]:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with self._session.post(
                self._url, json=request, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                found: object = await response.json(content_type=None)
        except (TimeoutError, aiohttp.ClientError, ValueError) as fault:
            raise ApiDown(f"the API cannot be reached ({type(fault).__name__})") from None
        if not isinstance(found, dict):
            raise ApiDown(_NO_GRAPHQL)
        return cast("Mapping[str, Any]", found)


def _is_list_of_errors(found: object) -> TypeGuard[list[dict[str, Any]]]:
    """Whether these are errors of GraphQL (specification, section "Errors"); a gateway's own JSON has others."""
    if not isinstance(found, list):
        return False
    listed = cast("list[object]", found)
    return bool(listed) and all(isinstance(one, dict) for one in listed)
