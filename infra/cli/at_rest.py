"""Sends requests to the running engine, else into the log at rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from domain.errors import LogOwned, Refused, StoreError
from infra.cli.kill import sent

if TYPE_CHECKING:
    from commands.door import Answer
    from infra.config import WhenceSettings
    from infra.run.unattended import AtRest

_AT_REST = "no engine runs: the log at rest has it, and its next engine begins with it"


def answered(settings: WhenceSettings, api: str, token_file: Path | None, request: AtRest) -> Answer:
    """The answer of the account's running engine. Where none answers and none owns the log, the request is carried out
    in the log by this process, with the same id.

    Raises Refused where no engine answers and one owns the log, and what `carried_out_at_rest` raises.
    """
    from adapters.codes import Code
    from commands.door import Declined, TimedOut

    key = uuid4().hex
    try:
        answer = sent(settings, api, token_file, request, key)
    except (Refused, StoreError) as fault:
        try:
            return _at_rest(settings, request, key)
        except LogOwned as owned:
            raise Refused(f"{fault} ({owned})") from None
    if isinstance(answer, TimedOut) or (isinstance(answer, Declined) and answer.code == Code.LOG_OWNED):
        try:
            return _at_rest(settings, request, key)
        except LogOwned:
            return answer
    return answer


def _at_rest(settings: WhenceSettings, request: AtRest, key: str) -> Answer:
    from commands.door import Completed
    from infra.run.unattended import carried_out_at_rest

    answer = carried_out_at_rest(settings, request, key)
    if isinstance(answer, Completed) and not answer.note:
        return replace(answer, note=_AT_REST)
    return answer
