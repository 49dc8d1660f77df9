"""The picture of a chain of events, drawn from a trade of `make demo`: the one that README explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from functools import cache

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from adapters.tapes.synthetic import SEED
from domain.log import Envelope, Recorded
from domain.position import PositionClosed
from domain.settings import Settings
from infra.run.paper import PaperRun
from infra.run.plan import plan_of
from infra.site.drawing import Arrow, Box, Note, picture
from infra.trading import on_tapes
from projections.chain import Node, Story, story_of

_INSTRUMENT = "BTCUSDT-LINEAR.BYBIT"
_ROW, _STEP, _WIDTH, _LETTER = 42.0, 28.0, 130.0, 6.6
_WHOLE = 888.0
_ROUTINE = frozenset({"FundsReserved", "FundsReleased", "OrderSubmitted", "OrderAccepted", "BalanceChanged"})
"""Events that `whence explain` leaves out without `--full`, too."""


def chain() -> str:
    """The picture as HTML."""
    story = first_trade()
    lines = [line for root, nodes in story.roots for line in _lines(root, nodes)]
    parts: list[Box | Arrow | Note] = []
    places: list[tuple[float, float]] = []
    for row, (depth, name, text) in enumerate(lines):
        x, y = 8 + depth * _STEP, 8 + row * _ROW
        del places[depth:]
        if places:
            above, bottom = places[-1]
            parts.append(Arrow(f"M{above + 16:g} {bottom:g}V{y + 15:g}H{x:g}"))
        places.append((x, y + 30))
        parts += [
            Box(name, x, y, _WIDTH, 30, "" if depth else "open"),
            Note(_cut(text, x), x + _WIDTH + 10, y + 19),
        ]
    title = "The events of a trade, each below the event that caused it"
    return picture(title, _WHOLE, 16 + len(lines) * _ROW, parts)


def _cut(text: str, x: float) -> str:
    """As much of the text as the picture has room for beside a box at `x`."""
    most = int((_WHOLE - x - _WIDTH - 10) / _LETTER)
    return text if len(text) <= most else f"{text[: most - 2]} …"


@cache
def first_trade() -> Story:
    """The chain of the first position in Bitcoin that `make demo` closes.

    The tapes are all of the demo's, because the ids of a log and the slippage of its fills depend on each of them.
    """
    tapes = synthetic_tape(SEED)
    plan = plan_of(tapes, "paper", Decimal(10_000), Decimal(1), on_tapes(Settings()))
    with closing(open_memory(AvroCodec())) as log:
        closed: list[Envelope] = []
        for _instant in PaperRun(
            plan, log, lambda one: closed.extend([one] if _is_closed(one) else [])
        ).instants():
            if closed:
                break
        events: Sequence[Recorded] = list(log.read())
    wanted = closed[0].meta.correlation_id
    return story_of([one for one in events if one.envelope.meta.correlation_id == wanted], {wanted})


def _is_closed(one: Envelope) -> bool:
    return isinstance(one.event, PositionClosed) and _INSTRUMENT in one.meta.stream


def _lines(root: str, nodes: Sequence[Node]) -> Iterator[tuple[int, str, str]]:
    yield 0, root.partition(":")[0], root.partition(":")[2]
    for node in nodes:
        yield from _below(node, 1)


def _below(node: Node, depth: int) -> Iterator[tuple[int, str, str]]:
    """Depth, class and sentence of an event and all that follows from it; routine events are passed over."""
    name = type(node.recorded.envelope.event).__name__
    shown = name not in _ROUTINE
    if shown:
        yield depth, name, node.line
    for one in node.caused:
        yield from _below(one, depth + shown)
