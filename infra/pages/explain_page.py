"""The page of an explanation: one HTML file with figures, candle charts, tree, votes, orders and results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from markupsafe import Markup

from domain.streams import parse
from infra.log_candles import Found
from infra.pages.filters import amount, clock, signed_amount, tone, worse
from infra.pages.frame import render
from infra.pages.moment import Moment
from projections.explained.elapsed import elapsed
from projections.explained.explained import Explained
from projections.explained.orders import ExplainedOrder
from projections.explained.subject import OF_STREAMS, Subject


class Tile(NamedTuple):
    """One figure at the top of the page. `tone` is `up`, `down` or empty."""

    name: str
    value: str
    note: str = ""
    tone: str = ""


class Picture(NamedTuple):
    """A candle chart with its caption; without candles there is only the caption."""

    svg: Markup | None
    caption: str


def explain_page(
    facts: Explained, log_id: UUID, notices: Sequence[str], charted: Sequence[tuple[Moment, Found]]
) -> str:
    """The whole page. Every text from the log is escaped; the page loads nothing and runs no script."""
    times = [step.recorded.envelope.meta.occurred_at for step in facts.steps]
    first, last = min(times), max(times)
    span = f", {elapsed(last - first)}" if last > first else ""
    return render(
        "explain.html",
        title=_title(facts.subject),
        lead=f"{len(facts.steps)} events, {clock(first)} to {clock(last)} UTC{span}",
        notices=notices,
        tiles=list(_tiles(facts)),
        charts=[_picture(moment, found) for moment, found in charted],
        facts=facts,
        log_id=log_id,
    )


def _title(subject: Subject) -> str:
    """The kind and the id; of a thing with a stream also the account."""
    if subject.kind not in OF_STREAMS:
        return f"{subject.kind.capitalize()} {subject.name}"
    name = parse(subject.name)
    return f"{name.noun.capitalize()} {name.id} of account {name.account}"


def _picture(moment: Moment, found: Found) -> Picture:
    if not found.candles:
        return Picture(None, f"{moment.instrument}: no chart. {found.note}")
    chart = moment.chart(found.candles)
    return Picture(chart.svg(), f"{chart.title}. {found.note}")


def _tiles(facts: Explained) -> Iterator[Tile]:
    for decision in facts.decisions:
        verdict = decision.decision.verdict.value if decision.decision is not None else "undecided"
        yield Tile(
            "Decision", verdict, f"{decision.signal.strategy}, confidence {decision.signal.confidence:.3f}"
        )
    for position in facts.positions:
        sums = f"gross {signed_amount(position.gross)}, fees {amount(position.fees)}"
        name = "Result" if position.closed_at is not None else "Realised so far"
        yield Tile(name, signed_amount(position.net), sums, tone(position.net))
        if position.closed_at is not None:
            yield Tile(
                "Held", elapsed(position.closed_at - position.opened_at), f"ended by {position.reason}"
            )
    yield from (_slipped(order) for order in facts.orders if order.slippage is not None)


def _slipped(order: ExplainedOrder) -> Tile:
    assert order.slippage is not None
    points = signed_amount(round(order.slippage.basis_points, 2))
    name = f"Slippage of {order.terms.purpose.value.lower()}"
    return Tile(name, signed_amount(order.slippage.money), f"{points} bp", worse(order.slippage.money))
