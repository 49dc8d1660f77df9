"""The picture of an order's life, drawn from the table of its states (`LIFE` in `domain/order.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from domain.order import CLOSED, LIFE, PENDING, OrderStatus
from infra.site.drawing import Arrow, Box, Frame, Note, down, picture

_S = OrderStatus
_COLUMNS: Sequence[tuple[OrderStatus | None, ...]] = (
    (_S.PLACED, None, _S.DENIED),
    (_S.SUBMITTED, _S.CANCEL_REQUESTED, _S.CANCELLED),
    (_S.ACCEPTED, _S.AMEND_REQUESTED, _S.REJECTED),
    (_S.TRIGGERED, _S.OUTCOME_UNKNOWN, _S.EXPIRED),
    (_S.PARTIALLY_FILLED, None, _S.FILLED),
)
"""The statuses by column; the rows are at work, pending and closed."""
_WIDTH, _STEP, _LEFT = 148.0, 172.0, 24.0
_ROWS = (84.0, 212.0, 336.0)
_FRAME = Frame("open", 8, 12, 5 * _STEP + 8, 250)
_WORK = Frame("at work", 16, 30, 5 * _STEP - 8, 108)

BOXES: Mapping[OrderStatus, Box] = {
    status: Box(
        status.value,
        _LEFT + column * _STEP,
        _ROWS[row],
        _WIDTH,
        kind="good"
        if status is _S.FILLED
        else "bad"
        if status in CLOSED
        else "open"
        if status in PENDING
        else "",
    )
    for column, statuses in enumerate(_COLUMNS)
    for row, status in enumerate(statuses)
    if status is not None
}
_AT_WORK = frozenset(_S) - CLOSED - PENDING


def order_life() -> str:
    """The picture as HTML."""
    title = "The statuses of an order and the events that change them"
    return picture(title, 5 * _STEP + 24, 392, [_FRAME, _WORK, *_fills(), *_arrows(), *BOXES.values()])


def _arrows() -> Iterator[Arrow | Note]:
    """An arrow from each status; an event that most statuses at work allow is drawn once, from their frame."""
    for event, moves in LIFE.items():
        for target in sorted(set(moves.values())):
            sources = {source for source, after in moves.items() if after is target and source is not target}
            if len(sources) > 3:
                yield from _from_frame(event.__name__, sources, target)
            else:
                for source in sorted(sources, key=list(OrderStatus).index):
                    yield from _between(event.__name__, BOXES[source], BOXES[target])


def _from_frame(event: str, sources: set[OrderStatus], target: OrderStatus) -> Iterator[Arrow | Note]:
    box = BOXES[target]
    frame = _FRAME if target in CLOSED else _WORK
    begin = frame.y + frame.height
    yield down(box.middle, begin, box.y)
    yield Note(event, box.middle + 6, begin + 20)
    missing = [one.value for one in _S if one in _AT_WORK - sources]
    if missing:
        yield Note(f"not if {', '.join(missing)}", box.middle + 6, begin + 34)


def _between(event: str, source: Box, target: Box) -> Iterator[Arrow | Note]:
    if source.y < target.y:
        yield down(source.middle, source.bottom, target.y)
        yield Note(event, source.middle + 6, _FRAME.y + _FRAME.height + 20)
    elif target.x - source.x <= _STEP:
        yield Arrow(f"M{source.x + source.width:g} {source.y + 16:g}H{target.x:g}")
    else:
        rise = 16 + 8 * round((target.x - source.x) / _STEP)
        yield Arrow(
            f"M{source.middle:g} {source.y:g}C{source.middle:g} {source.y - rise:g} "
            f"{target.middle - 20:g} {source.y - rise:g} {target.middle - 20:g} {target.y:g}"
        )


def _fills() -> Iterator[Arrow | Note]:
    """The status after a fill follows from the filled quantity, so it is in no table."""
    whole, part = BOXES[_S.FILLED], BOXES[_S.PARTIALLY_FILLED]
    yield down(whole.middle, _FRAME.y + _FRAME.height, whole.y)
    yield Note("OrderFilled", whole.middle + 6, _FRAME.y + _FRAME.height + 20)
    yield Note("of the rest", whole.middle + 6, _FRAME.y + _FRAME.height + 34)
    yield Arrow(f"M{part.x - 24:g} {part.y + 22:g}H{part.x:g}")
    yield Note("OrderFilled of a part", part.middle, part.bottom + 14, "middle")
