"""Everything that is known about an id: the same facts for the terminal, the page, JSON and GraphQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select

from domain.log import Recorded
from projections.chain import Story
from projections.explained.decisions import ExplainedDecision, decisions_of
from projections.explained.orders import ExplainedOrder, orders_of
from projections.explained.positions import ExplainedPosition, positions_of
from projections.explained.settings import CHANGES, Changes, SettingsInForce, in_force_at
from projections.explained.subject import Subject, nodes_of, subject_of
from projections.explained.timeline import TimedStep, timeline
from projections.source import Source
from projections.story import Decode, story


class Explained(NamedTuple):
    """The facts of a story. `settings` are those in force at the story's first event, one for each account."""

    subject: Subject
    chains: Sequence[str]
    steps: Sequence[TimedStep]
    decisions: Sequence[ExplainedDecision]
    orders: Sequence[ExplainedOrder]
    positions: Sequence[ExplainedPosition]
    settings: Sequence[SettingsInForce]


def explained(found: Story, wanted: str, changes: Changes) -> Explained:
    """The facts of the story of the id `wanted`. `changes` are those of its accounts up to its last event.

    Raises InvalidInput where the id is ambiguous (see `subject_of`).
    """
    subject = subject_of(found, wanted)
    events = sorted((node.recorded for node in nodes_of(found)), key=lambda one: one.ordinal)
    begun: Mapping[str, int] = {one.envelope.meta.account: one.ordinal for one in reversed(events)}
    in_force = (in_force_at(changes, account, ordinal) for account, ordinal in begun.items())
    return Explained(
        subject=subject,
        chains=sorted(found.chains),
        steps=timeline(found),
        decisions=decisions_of(events, changes),
        orders=orders_of(events),
        positions=positions_of(events),
        settings=[one for one in in_force if one is not None],
    )


def explained_in(source: Source, wanted: str, decode: Decode) -> Explained | None:
    """The facts of the story of the id `wanted`, read from the journal; None where no event has this id.

    Raises what `explained` and `projections.story.story` raise.
    """
    found = story(source, wanted, decode)
    if found is None:
        return None
    journal = source.table("journal")
    rows = source.connection.execute(
        select(journal.c.ordinal, journal.c.data)
        .where(journal.c.type.in_([one.__name__ for one in CHANGES]), journal.c.ordinal <= found.last)
        .order_by(journal.c.ordinal)
    )
    return explained(
        found, wanted, [Recorded(at, decode(bytes(data)), bytes(data)) for at, data in rows.all()]
    )


def changes_in(read: Callable[[int, int], Iterable[Recorded]], upto: int) -> Changes:
    """The changes of settings, and of the rules of instruments, of a log up to this ordinal."""
    return [one for one in read(0, upto) if isinstance(one.envelope.event, CHANGES)]
