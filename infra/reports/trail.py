"""The audit trail: who did what, when, why and with what parameters, one row for each action."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast
from uuid import UUID

from adapters.avro import iso, to_json
from domain.command_fact import chain_fact
from domain.log import Recorded, is_outside_fact
from domain.settings import SettingsChanged
from domain.streams import parse
from infra.cli.wording import Wording
from projections.reports.actions import Action

ENGINE_AND_EXCHANGE = frozenset({"engine", "exchange"})
"""The actors that are no person and no client of the API."""
_SHOWN_ELSEWHERE = frozenset({"votes", "settings", "reason", "reasons"})
"""Fields that are in `what` or `why`, or, as votes, in `whence explain`."""

Events = Mapping[int, tuple[int, str]]
"""The ordinal and the type of every event of the log by the number of its id."""


class Row(NamedTuple):
    """One row of the trail or of the incidents; times are ISO 8601 in UTC.

    `kind` is the kind of the action or incident, `subject` the stream. `what` is the event's sentence, `why` its reasons
    and its cause, `parameters` its fields that the sentence does not state.
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
    fields, what = to_json(event), wording.line_of(recorded)
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
        why="; ".join([*_reasons(fields), _cause(meta.causation_id, events)]),
        parameters="" if isinstance(event, SettingsChanged) else ", ".join(_parameters(fields, what)),
        chain=meta.correlation_id,
    )


def _reasons(fields: Mapping[str, object]) -> Iterator[str]:
    reason = fields.get("reason")
    if isinstance(reason, str) and reason:
        yield reason
    yield from cast("Sequence[str]", fields.get("reasons") or ())


def _cause(cause: str, events: Events) -> str:
    """The outside fact, or type and ordinal of the event that caused it."""
    if is_outside_fact(cause):
        return chain_fact(cause)
    ordinal, kind = events.get(UUID(cause).int, (0, ""))
    return f"{kind} #{ordinal}" if ordinal else cause


def _parameters(fields: Mapping[str, object], what: str) -> Iterator[str]:
    words = set(what.replace(",", " ").replace(":", " ").split())
    for name, value in fields.items():
        text = ", ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else str(value)
        if name not in _SHOWN_ELSEWHERE and value not in (None, "", [], {}) and _plain(text) not in words:
            yield f"{name.replace('_', ' ')} {text}"


def _plain(text: str) -> str:
    """A number as the sentences spell it: without zeros at its end."""
    return (
        text.rstrip("0").rstrip(".") if "." in text and text.replace(".", "").lstrip("-").isdigit() else text
    )
