"""The journal: every event of the log with its record, and the words of its sentence.

Events, journal entries and the story of a chain are read from this table. A fill is found by the side and the
instrument of its order, which its event does not name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from domain.events import FULL_NAMES
from domain.instrument import MARKETS
from domain.log import Recorded, id_text
from domain.order import OrderFilled, OrderPlaced
from domain.quotes import split_symbol
from domain.streams import parse
from projections.columns import BYTES, COUNT, MOMENT, TEXT
from projections.projection import Order, Projection, Rows
from projections.search import words
from projections.sentences import fill_of, sentence
from projections.tables import TableSpec

_CAPITAL = re.compile(r"[A-Z]")
_MARKETS = frozenset(name.lower() for name in MARKETS)
"""The words that follow the symbol in the words of an instrument's id."""

TABLE = TableSpec(
    "journal",
    key=("ordinal",),
    columns={
        "event_id": TEXT,
        "stream": TEXT,
        "noun": TEXT,
        "account": TEXT,
        "subject": TEXT,
        "version": COUNT,
        "type": TEXT,
        "chain": TEXT,
        "cause": TEXT,
        "actor": TEXT,
        "source": TEXT,
        "occurred_at": MOMENT,
        "recorded_at": MOMENT,
        "words": TEXT,
        "data": BYTES,
        "ordinal": COUNT,
    },
    indexes=(
        ("event_id",),
        ("cause",),
        ("chain", "ordinal"),
        ("subject", "ordinal"),
        ("type", "ordinal"),
        ("account", "ordinal"),
    ),
    is_added_to=True,
    is_indexed_late=True,
)
"""`subject` is the id in the stream's name, or the whole name where the name has no id; streams are found by `subject`.
`data` has the event's canonical bytes, which are equal on every log.
`words` are the words of the event's type and of its sentence, for `projections.search`, and between them the base
currency of each instrument that the sentence names: BTC of BTCUSDT-LINEAR.BYBIT. The sentence of a fill has its order's
side and instrument. The sentence itself is made from `data` when an event is read."""

ORDERS = TableSpec(
    "journal_orders",
    key=("stream",),
    columns={"stream": TEXT, "side": TEXT, "instrument": TEXT, "ordinal": COUNT},
    is_added_to=True,
)
"""Side and instrument of each order that was placed, for the words of its fills."""


@cache
def _type_words(kind: str) -> Sequence[str]:
    """The words of an event's type: `OrderFilled` is found by "order" and by "filled"."""
    return words(_CAPITAL.sub(r" \g<0>", kind))


@cache
def _base(symbol: str) -> Sequence[str]:
    """The word of the base currency of a symbol, in lower case; none where its quote currency is not known."""
    base, quote = split_symbol(symbol.upper())
    return (base.lower(),) if quote else ()


def _words(kind: str, line: str) -> str:
    found = words(line)
    bases = [base for at, one in enumerate(found) if one in _MARKETS and at for base in _base(found[at - 1])]
    return " ".join([*_type_words(kind), *dict.fromkeys(bases), *found])


def _written(rows: Rows, recorded: Recorded) -> None:
    _put(rows, recorded, sentence(recorded.envelope.event))


def _placed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, OrderPlaced)
    order = {"stream": meta.stream, "side": event.side.value, "instrument": event.instrument}
    rows.put("journal_orders", {**order, "ordinal": recorded.ordinal})
    _written(rows, recorded)


def _filled(rows: Rows, recorded: Recorded) -> None:
    event = recorded.envelope.event
    assert isinstance(event, OrderFilled)
    order = rows.find("journal_orders", recorded.envelope.meta.stream)
    line = sentence(event) if order is None else fill_of(event, order["side"], order["instrument"])
    _put(rows, recorded, line)


def _put(rows: Rows, recorded: Recorded, line: str) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    name, kind = parse(meta.stream), type(event).__name__
    row = {
        "event_id": id_text(meta.event_id),
        "stream": meta.stream,
        "noun": name.noun,
        "account": meta.account,
        "subject": name.id or meta.stream,
        "version": meta.version,
        "type": kind,
        "chain": meta.correlation_id,
        "cause": meta.causation_id,
        "actor": meta.actor,
        "source": meta.source,
        "occurred_at": meta.occurred_at,
        "recorded_at": meta.recorded_at,
        "words": _words(kind, line),
        "data": recorded.data,
        "ordinal": recorded.ordinal,
    }
    rows.put("journal", row)


JOURNAL = Projection(
    "journal",
    7,
    Order.STREAM,
    (TABLE, ORDERS),
    {**dict.fromkeys(FULL_NAMES, _written), OrderPlaced: _placed, OrderFilled: _filled},
)
