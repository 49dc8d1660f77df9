"""The story of an id (`projections.chain`), read from the journal with three queries, without reading the whole log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, FromClause, Select, select, union

from domain.command_fact import spellings
from domain.errors import Refused
from domain.log import Envelope, Recorded
from projections.chain import Story, story_of
from projections.source import Source

MOST = 10_000
"""The largest number of events in one story. A longer story is refused, because nobody reads it."""

Decode = Callable[[bytes], Envelope]


def story(source: Source, wanted: str, decode: Decode, most: int = MOST) -> Story | None:
    """The whole story of the order, signal, position, event, execution, discrepancy, chain or stream with the id
    `wanted`; None where no event has this id. An order has two ids: its client order id and the
    exchange's.

    `decode` decodes a record of the log. If one chain opened a position and another closed it, the position belongs to
    both chains, and the story contains both. Raises Refused for a story of more than `most` events, and what `decode`
    raises.
    """
    journal = source.table("journal")
    named = _chains(source, _named(source, wanted), wanted, most)
    if not named:
        return None
    chains = named.union(_chains(source, _sharing(journal, named), wanted, most))
    entries = select(journal.c.ordinal, journal.c.data).where(journal.c.chain.in_(sorted(chains)))
    rows = source.connection.execute(entries.order_by(journal.c.ordinal).limit(most + 1)).all()
    _check(len(rows), wanted, most)
    return story_of((Recorded(at, decode(bytes(data)), bytes(data)) for at, data in rows), chains)


def _chains(source: Source, of: Select[Any] | CompoundSelect[Any], wanted: str, most: int) -> frozenset[str]:
    """The chains that the query returns. It returns one row per event, so more than `most` rows raise Refused."""
    chains: Sequence[str] = source.connection.execute(of.limit(most + 1)).scalars().all()
    _check(len(chains), wanted, most)
    return frozenset(chains)


def _check(count: int, wanted: str, most: int) -> None:
    if count > most:
        raise Refused(
            f"the story of {wanted!r} has more than {most:,} events; query the journal for them, page by page"
        )


def _named(source: Source, wanted: str) -> CompoundSelect[Any]:
    """A query for the chains with an event that has the id; a UNION of one query for each kind of id, so that each uses
    its index."""
    fills, orders, discrepancies = map(source.table, ("fills", "orders", "discrepancies"))
    columns = source.table("journal").c
    has_it = (
        columns.chain == wanted,
        columns.event_id == wanted,
        columns.cause == wanted,
        columns.subject == wanted,
        (columns.subject == wanted.split("-", 2)[-1]) & (columns.stream == wanted),
    )
    selections = [select(columns.chain).where(one) for one in has_it]
    differing = discrepancies.c.id == wanted
    selections += [
        select(columns.chain).where(columns.ordinal.in_(select(ordinal).where(differing)))
        for ordinal in (discrepancies.c.ordinal, discrepancies.c.updated_ordinal)
    ]
    selections.append(select(fills.c.chain).where(fills.c.execution_id == wanted))
    if wanted:  # an order without an id of the exchange has an empty one
        selections.append(select(orders.c.chain).where(orders.c.venue_order_id == wanted))
    if bounds := spellings(wanted):
        low, high = bounds
        selections.append(select(columns.chain).where(columns.cause >= low, columns.cause < high))
    return union(*selections)


def _sharing(journal: FromClause, chains: frozenset[str]) -> Select[Any]:
    """A query for the chain of each event of these chains' positions. Chains are repeated in its result, because with
    DISTINCT SQLite would scan the whole journal."""
    whole = journal.alias("whole")
    theirs = (journal.c.noun == "position") & journal.c.chain.in_(sorted(chains))
    by_index = whole.c.subject.in_(select(journal.c.subject).where(theirs))
    same = whole.c.stream.in_(select(journal.c.stream).where(theirs))
    return select(whole.c.chain).where(by_index, same)
