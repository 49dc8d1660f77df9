"""The figures of a run's summary are exact sums over its events."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from domain.account import AccountOpened, KillSwitchReset, KillSwitchTripped
from domain.direction import Purpose
from domain.events import Event
from domain.signal import Verdict
from projections.summary import Summary
from tests.domain.history import (
    NOW,
    History,
    a_closing,
    a_decision,
    a_fill,
    a_signal,
    an_opening,
    an_order,
    money,
)
from tests.projections.test_transfers import a_mark
from tests.replacing import replace

D = Decimal


def summary(*events: Event) -> Summary:
    return folded([("account-main", event) for event in events])


def folded(events: Iterable[tuple[str, Event]]) -> Summary:
    history, adding = History(), Summary()
    for stream, event in events:
        history.record(stream, event)
    for envelope in history.envelopes:
        adding.fold(envelope)
    return adding


def closed(net: str, **changed: object) -> Event:
    return replace(a_closing(D(net), D(1000)), **changed)


def test_an_empty_summary_has_no_win_rate() -> None:
    empty = Summary()
    assert empty.win_rate is None
    assert (empty.net, empty.still_open) == (D(0), 0)
    assert empty.figures()["win_rate"] is None


def test_trades_wins_and_profit_are_summed_over_closed_positions() -> None:
    added = summary(
        an_opening(), closed("5.50"), an_opening(), closed("-2.25"), an_opening(), closed("0"), an_opening()
    )
    assert (added.trades, added.wins, added.still_open) == (3, 1, 1)
    assert added.net == added.gross - added.fees + added.funding
    assert added.win_rate == D(1) / 3
    assert added.figures()["win_rate"] == "0.3333"


def test_a_trade_that_breaks_even_is_not_won() -> None:
    assert summary(an_opening(), closed("0")).win_rate == 0


def test_exits_are_counted_by_reason() -> None:
    reasons = (Purpose.STOP, Purpose.STOP, Purpose.TARGET)
    added = summary(*(event for reason in reasons for event in (an_opening(), closed("1", reason=reason))))
    assert added.figures()["exits"] == {"STOP": 2, "TARGET": 1}


def test_the_drawdown_is_the_largest_drop_of_the_balance_as_a_fraction_of_its_peak() -> None:
    opened = AccountOpened("USDT", D(1000), D(1))
    added = summary(
        opened,
        money(D(200), D(1200)),
        money(D(-300), D(900)),
        money(D(600), D(1500)),
        money(D(-150), D(1350)),
    )
    assert added.max_drawdown == D("0.25")
    assert (added.starting_balance, added.balance, added.currency) == (D(1000), D(1350), "USDT")


def test_reasons_of_skipped_signals_are_counted() -> None:
    decisions = (
        a_decision(verdict=Verdict.SKIP, reasons=("COOLDOWN", "DAILY_LOSS")),
        a_decision(verdict=Verdict.SKIP, reasons=("COOLDOWN",)),
        a_decision(),
    )
    added = summary(*(event for decision in decisions for event in (a_signal(), decision)))
    assert (added.signals, dict(added.verdicts)) == (3, {"SKIP": 2, "ENTER": 1})
    assert added.figures()["skipped"] == {"COOLDOWN": 2, "DAILY_LOSS": 1}
    assert "ALL_APPROVE" not in added.skipped


def test_orders_fills_and_events_are_counted() -> None:
    added = summary(an_order(), a_fill(D(1)), a_fill(D(2), "x2"))
    assert (added.orders, added.fills, added.events) == (1, 2, 3)


def test_the_summary_has_the_kill_switchs_reason_and_time_until_it_is_reset() -> None:
    tripped = ("account-main", KillSwitchTripped("too much lost"))
    stopped = folded([tripped])
    assert (stopped.tripped, stopped.tripped_at) == ("too much lost", NOW)
    assert stopped.figures()["kill_switch"] == "too much lost"
    assert stopped.figures()["kill_switch_at"] == NOW.isoformat()
    again = folded([tripped, ("account-main", KillSwitchReset("looked at"))])
    assert (again.tripped, again.tripped_at) == ("", None)
    assert again.figures()["kill_switch_at"] == ""


def test_a_fill_after_the_last_mark_makes_the_equity_unknown_until_the_next_mark() -> None:
    """The balance has a part of the profit that the mark valued as unrealised."""
    noon = NOW.replace(minute=0, second=0, microsecond=0)
    events: list[Event] = [AccountOpened("USDT", D(1000), D(1)), an_opening(), a_mark(noon, D(1000), D(7))]
    assert summary(*events).equity == 1007
    events += [a_fill(D(1)), money(D(5), D(1005))]
    assert (summary(*events).unrealised, summary(*events).equity) == (None, None)
    assert summary(*events, a_mark(noon, D(1005), D(2))).equity == 1007
