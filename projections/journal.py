"""The journal: every event of the log with its record, and the words of its sentence.

Events, journal entries and the story of a chain are read from this table.
"""

from __future__ import annotations

import re
from functools import cache

from domain.events import FULL_NAMES
from domain.log import Recorded, id_text
from domain.streams import parse
from projections.columns import BYTES, COUNT, MOMENT, TEXT
from projections.projection import Order, Projection, Rows
from projections.search import words
from projections.sentences import sentence
from projections.tables import TableSpec

_CAPITAL = re.compile(r"[A-Z]")

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
`words` are the words of the event's type and of its sentence, for `projections.search`. The sentence itself is made
from `data` when an event is read."""


@cache
def _type_words(kind: str) -> str:
    """The words of an event's type: `OrderFilled` is found by "order" and by "filled"."""
    return _CAPITAL.sub(r" \g<0>", kind).strip()


def _written(rows: Rows, recorded: Recorded) -> None:
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
        "words": " ".join(words(f"{_type_words(kind)} {sentence(event)}")),
        "data": recorded.data,
        "ordinal": recorded.ordinal,
    }
    rows.put("journal", row)


JOURNAL = Projection("journal", 6, Order.STREAM, (TABLE,), dict.fromkeys(FULL_NAMES, _written))
