"""The audit trail: who did what, when, why and with what parameters, one row for each action."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, cast
from uuid import UUID

from adapters.avro import iso, to_json
from domain.command_fact import chain_fact
from domain.log import Recorded, is_outside_fact
from domain.settings import SettingsChanged
from domain.streams import parse
from infra.cli.wording import Wording, in_plain_words
from projections.reports.actions import Action
from projections.sentences import plain

ENGINE_AND_EXCHANGE = frozenset({"engine", "exchange"})
"""The actors that are no person and no client of the API."""
_SEPARATORS = re.compile(r"[,:;()]")
_NUMBER = re.compile(r"-?[0-9]+\.[0-9]+")
_SHOWN_ELSEWHERE = frozenset({"votes", "settings", "reason", "reasons"})
"""Fields that are in `what` or `why`, or, as votes, in `whence explain`."""

_NOT_READ = frozenset({"votes", "settings"})
"""Those of them that the trail does not read; they are most of what decisions and settings hold."""

Events = Mapping[int, tuple[int, str]]
"""The ordinal and the type of every event of the log by the number of its id."""


class Row(NamedTuple):
    """One row of the trail or of the incidents; times are ISO 8601 in UTC.

    `kind` is the kind of the action or incident, `subject` the stream. `what` is the event's sentence, `why` its
    reasons and its cause, `parameters` its fields that the sentence does not state.
    """

    ordinal: int
    at: str
    recorded_at: str
    actor: str
    kind: str
    type: str
    subject: str
    what: str
    why: str
    parameters: str
    chain: str

    @property
    def is_by_a_person(self) -> bool:
        """Whether a person or a client of the API did it."""
        return self.actor not in ENGINE_AND_EXCHANGE


def trail(
    actions: Iterable[tuple[Action | str, Recorded]],
    events: Events,
    read: Callable[[int, int], Iterable[Recorded]],
) -> Sequence[Row]:
    """The rows of these events. `read(after, upto)` reads the log, for the settings before a change."""
    wording = Wording(read)
    return [_row(str(kind), one, events, wording) for kind, one in actions]


def _row(kind: str, recorded: Recorded, events: Events, wording: Wording) -> Row:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    fields, what = to_json(event, _NOT_READ), in_plain_words(wording.line_of(recorded))
    name = parse(meta.stream)
    return Row(
        ordinal=recorded.ordinal,
        at=iso(meta.occurred_at),
        recorded_at=iso(meta.recorded_at),
        actor=meta.actor,
        kind=kind,
        type=type(event).__name__,
        subject=name.id or name.noun,
        what=what,
        why="; ".join([*_reasons(fields, what), _cause(meta.causation_id, events)]),
        parameters="" if isinstance(event, SettingsChanged) else ", ".join(_parameters(fields, what)),
        chain=meta.correlation_id,
    )


def _reasons(fields: Mapping[str, object], what: str) -> Iterator[str]:
    """The reasons that the event's sentence does not state."""
    reason = fields.get("reason")
    given = (
        [reason] if isinstance(reason, str) and reason else cast("Sequence[str]", fields.get("reasons") or ())
    )
    yield from (one for one in map(in_plain_words, given) if one not in what)


def _cause(cause: str, events: Events) -> str:
    """The outside fact, or type and ordinal of the event that caused it."""
    if is_outside_fact(cause):
        return chain_fact(cause)
    ordinal, kind = events.get(UUID(cause).int, (0, ""))
    return f"{kind} #{ordinal}" if ordinal else cause


def _parameters(fields: Mapping[str, object], what: str) -> Iterator[str]:
    words = set(_SEPARATORS.sub(" ", what).split())
    for name, value in fields.items():
        spelled = name.replace("_", " ")
        if name in _SHOWN_ELSEWHERE or value in (None, False, "", [], {}):
            continue
        if value is True:
            yield from [] if spelled in what else [spelled]
        elif (text := _text(value)) not in words:
            yield f"{spelled} {text}"


def _text(value: object) -> str:
    """The value as the sentences spell it: numbers without zeros at their end."""
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[object]", value)))
    return str(value) if _NUMBER.fullmatch(str(value)) is None else plain(Decimal(str(value)))
