"""A grid: its orders follow from one decision, a sold level is entered again, and its end withdraws what waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from commands.account import TripKillSwitch
from commands.exchange import Amended, Cancelled, Rejected
from commands.inputs import MarketMoved, Tick, Warmed
from commands.pause import BeginPause
from commands.settings import ChangeSettings
from commands.signal import EndGrid, decide
from domain.arithmetic import EXACT
from domain.candle import Candle
from domain.direction import Purpose, Side
from domain.errors import InvalidInput, Refused
from domain.grid import Grid, GridEnd, GridLevel
from domain.limits.settings import LimitSettings
from domain.log import Envelope
from domain.margin.settings import MarginSettings
from domain.order import OrderPlaced, OrderStatus, OrderType, Working
from domain.pause import EntriesPaused
from domain.position import PositionClosed
from domain.settings import AlphaSettings, RiskSettings, Settings, StrategySettings
from domain.signal import Detected, GridEnded, SignalDetected
from domain.strategies import Intent
from domain.streams import order_stream, signal_stream
from domain.weights.scale import WeightScale
from domain.weights.settings import Weight, WeightSettings
from projections.trade_results import trade_results
from tests.commands.desk import Desk, a_fill_of, chain_of, folded, names, snapshot
from tests.domain.history import ACCOUNT, BTC, ETH, D, a_signal
from tests.replacing import replace

GRID = Grid(
    levels=(GridLevel(D(98), D(100)), GridLevel(D(96), D(98)), GridLevel(D(94), D(96))),
    rounds=2,
    lifetime_seconds=3_600,
)
SIGNAL = a_signal(strategy="grid", stop=D(92), target=D(104), grid=GRID)
LOW = Settings(alpha=AlphaSettings(minimum_reward_to_risk=D("0.2")), strategies=(StrategySettings("grid"),))
QUANTITY = D("8.123")
"""Of one level; `tests/domain/committees/test_levels.py` calculates it."""


class Gridded:
    """A desk whose grid was entered: nothing of it has filled."""

    def __init__(self, signal: SignalDetected = SIGNAL, settings: Settings = LOW) -> None:
        self.desk = Desk().opened(settings)
        self.placed = self.desk.see(signal)
        self.chain = chain_of(self.placed)

    def fill(self, leg: str, price: int, quantity: Decimal = QUANTITY) -> list[Envelope]:
        return self.desk.tell(
            a_fill_of(f"{self.chain}-{leg}", f"x{leg}{price}{quantity}", quantity, D(price))
        )

    def end(self, leg: str, kind: type[Cancelled | Rejected] = Cancelled) -> list[Envelope]:
        order_id = f"{self.chain}-{leg}"
        return self.desk.tell(
            kind(order_id=order_id, at=self.desk.at, fact=f"exchange:test:{order_id}-end", reason="test")
        )

    def terms(self, leg: str) -> OrderPlaced:
        state = self.desk.world.state(order_stream(ACCOUNT, f"{self.chain}-{leg}"))
        terms: OrderPlaced = state.terms
        return terms

    def working(self) -> set[str]:
        """The legs of all entries that may still fill, without those whose cancel is under way."""
        entries = self.desk.world.portfolio.entries
        return {
            one.rpartition("-")[2]
            for one, entry in entries.items()
            if entry.order.status is not OrderStatus.CANCEL_REQUESTED
        }

    @property
    def held(self) -> Decimal:
        position = self.desk.world.portfolio.positions.get(BTC)
        return D(0) if position is None else position.state.quantity

    @property
    def reserved(self) -> int:
        return len(self.desk.world.portfolio.account.reserved)


def ends(envelopes: list[Envelope]) -> list[GridEnd]:
    return [one.event.reason for one in envelopes if isinstance(one.event, GridEnded)]


def a_close(price: int, desk: Desk) -> MarketMoved:
    desk.at += timedelta(minutes=5)
    return MarketMoved(desk.at, (a_candle(price, desk.at),))


def a_candle(price: int, closed_at: datetime) -> Candle:
    close = D(price)
    return Candle(
        instrument=BTC,
        interval=timedelta(minutes=5),
        open_time=closed_at - timedelta(minutes=5),
        open=close,
        high=close,
        low=close,
        close=close,
        volume=D(1),
    )


def test_one_decision_places_every_level_with_its_target_and_the_common_stop() -> None:
    grid = Gridded()
    orders = [one.event for one in grid.placed if isinstance(one.event, OrderPlaced)]
    assert [
        (one.side, one.type, one.quantity, one.limit_price) for one in orders if one.purpose is Purpose.ENTRY
    ] == [(Side.BUY, OrderType.LIMIT, QUANTITY, D(price)) for price in (98, 96, 94)]
    assert [one.trigger_price for one in orders if one.purpose is Purpose.STOP] == [92, 92, 92]
    assert [one.limit_price for one in orders if one.purpose is Purpose.TARGET] == [100, 98, 96]
    assert [one.parent for one in orders if one.purpose is not Purpose.ENTRY] == [
        f"{grid.chain}-e{number}" for number in (1, 1, 2, 2, 3, 3)
    ]
    assert (grid.working(), grid.reserved) == ({"e1", "e2", "e3"}, 3)


def test_a_grid_counts_as_one_exposure_of_its_owner() -> None:
    grid = Gridded()
    portfolio = grid.desk.world.portfolio
    assert portfolio.exposures() == (BTC,)
    assert {entry.owner for entry in portfolio.entries.values()} == {"grid"}
    grid.fill("e1", 98)
    assert grid.desk.world.portfolio.exposures() == (BTC,)


def test_fills_increase_one_position_whose_stops_cover_it_and_targets_reduce_it() -> None:
    grid = Gridded()
    assert "PositionOpened" in names(grid.fill("e1", 98))
    assert "PositionIncreased" in names(grid.fill("e2", 96))
    held = grid.desk.world.portfolio.positions[BTC]
    assert (held.owner, held.state.quantity, held.state.stop) == ("grid", 2 * QUANTITY, D(92))
    assert "PositionReduced" in names(grid.fill("t2", 98))
    assert grid.held == QUANTITY


def test_a_level_whose_target_filled_is_entered_again_on_the_same_terms() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    grid.fill("e2", 96)
    again = grid.fill("t2", 98)
    placed = [one.meta.stream.rpartition("-")[2] for one in again if isinstance(one.event, OrderPlaced)]
    assert placed == ["e5", "s5", "t5"]
    for leg in ("e", "s", "t"):
        before, after = grid.terms(f"{leg}2"), grid.terms(f"{leg}5")
        assert replace(after, fresh_until=before.fresh_until, parent=before.parent) == before
    assert {one.meta.correlation_id for one in again} == {grid.chain}
    assert grid.working() == {"e3", "e5"}


def test_a_level_is_entered_again_after_the_position_was_flat() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    closed = grid.fill("t1", 100)
    assert "PositionClosed" in names(closed)
    assert grid.working() == {"e2", "e3", "e4"}
    grid.fill("e4", 98)
    held = grid.desk.world.portfolio.positions[BTC]
    assert (held.stream.rpartition("-")[2], held.owner, held.state.target) == ("2", "grid", D(100))


def test_a_level_is_entered_at_most_as_often_as_its_rounds() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    grid.fill("t1", 100)
    grid.fill("e4", 98)
    assert "OrderPlaced" not in names(grid.fill("t4", 100))
    assert grid.working() == {"e2", "e3"}


def test_a_target_that_filled_in_part_enters_nothing_again() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    assert "OrderPlaced" not in names(grid.fill("t1", 100, D(1)))


def test_a_target_that_was_filled_at_a_smaller_quantity_than_its_level_enters_nothing_again() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    smaller = Amended(
        order_id=f"{grid.chain}-t1",
        at=grid.desk.at,
        fact="exchange:test:smaller",
        quantity=D(4),
        limit_price=D(100),
        trigger_price=None,
    )
    grid.desk.tell(smaller)
    assert "OrderPlaced" not in names(grid.fill("t1", 100, D(4)))
    assert grid.held == QUANTITY - 4


def test_a_pause_that_the_loss_of_a_target_begins_enters_no_level_again() -> None:
    grid = Gridded(settings=replace(LOW, limits=LimitSettings(strategy_losses=1)))
    grid.fill("e1", 98)
    closed = grid.desk.tell(a_fill_of(f"{grid.chain}-t1", "dear", QUANTITY, D(100), D(50)))
    assert "EntriesPaused" in names(closed)
    assert grid.working() == {"e2", "e3"}


def test_a_paused_owner_enters_no_level_again() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    grid.desk.ask(ChangeSettings(replace(LOW, paused=("grid",))), cause="command:pause")
    assert "OrderPlaced" not in names(grid.fill("t1", 100))


@pytest.mark.parametrize(("owner", "placed"), [("", False), ("grid", False), ("another", True)])
def test_a_pause_after_losses_of_its_owner_or_of_the_account_enters_no_level_again(
    owner: str, placed: bool
) -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    lost = EntriesPaused(owner=owner, losses=1, net=D(-1), positions=())
    grid.desk.ask(BeginPause(lost), cause="clock:a pause")
    assert ("OrderPlaced" in names(grid.fill("t1", 100))) is placed


def test_a_pause_whose_time_is_over_and_not_recorded_yet_holds_back_no_level() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    lost = EntriesPaused(
        owner="grid", losses=1, net=D(-1), positions=(), until=grid.desk.at + timedelta(minutes=1)
    )
    grid.desk.ask(BeginPause(lost), cause="clock:a pause")
    grid.desk.at += timedelta(minutes=1)
    assert "OrderPlaced" in names(grid.fill("t1", 100))


@pytest.mark.parametrize("scales", WeightScale)
@pytest.mark.parametrize(("weight", "placed"), [(D(0), False), (D("0.5"), True)])
def test_an_owner_whose_weight_was_set_to_zero_enters_no_level_again(
    weight: Decimal, scales: WeightScale, *, placed: bool
) -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    weights = WeightSettings(scales=scales, table=(Weight(strategy="grid", weight=weight),))
    grid.desk.ask(ChangeSettings(replace(LOW, weights=weights)), cause="command:weights")
    assert ("OrderPlaced" in names(grid.fill("t1", 100))) is placed


def test_an_instrument_that_is_not_allowed_any_more_enters_no_level_again() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    others = replace(LOW, risk=RiskSettings(allowed=(ETH,)))
    grid.desk.ask(ChangeSettings(others), cause="command:allow")
    assert "OrderPlaced" not in names(grid.fill("t1", 100))


def test_a_day_that_has_lost_its_limit_enters_no_level_again() -> None:
    grid = Gridded(settings=replace(LOW, risk=RiskSettings(max_daily_loss=D("0.0001"))))
    grid.fill("e1", 98)
    grid.fill("e2", 96)
    assert grid.fill("t1", 90)
    assert "OrderPlaced" not in names(grid.fill("t2", 98))


def test_a_level_that_is_sold_when_the_lifetime_is_over_is_not_entered_again() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    grid.fill("e2", 96)
    grid.desk.at += timedelta(seconds=3_500)
    assert "OrderPlaced" in names(grid.fill("t2", 98))
    grid.desk.at += timedelta(seconds=100)
    assert "OrderPlaced" not in names(grid.fill("t1", 100))


@pytest.mark.parametrize(("share", "placed"), [(D("0.0465"), False), (D("0.0475"), True)])
def test_a_level_is_entered_again_only_within_the_limit_on_the_margin_in_use(
    share: Decimal, placed: bool
) -> None:
    """By hand: levels of 8.123 at 98, 96 and 94 have margins of 159.2108, 155.9616 and 152.7124 at leverage 5, and fees
    in and out of 0.0011 of 796.054, 779.808 and 763.562: 470.458 of a balance near 10,000, a share of 0.047.
    """
    grid = Gridded()
    grid.fill("e1", 98)
    limited = replace(LOW, margin=MarginSettings(max_in_use=share))
    grid.desk.ask(ChangeSettings(limited), cause="command:limit")
    assert ("OrderPlaced" in names(grid.fill("t1", 100))) is placed


def test_the_stop_ends_the_grid_and_withdraws_the_levels_that_wait() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    grid.fill("e2", 96)
    stopped = grid.fill("s1", 92)
    assert ends(stopped) == [GridEnd.STOP]
    assert grid.working() == set()
    assert ends(grid.fill("s2", 92)) == []
    grid.end("e3")
    assert (grid.held, grid.reserved, len(grid.desk.world.portfolio.entries)) == (D(0), 0, 0)


@pytest.mark.parametrize(
    ("price", "reasons"),
    [pytest.param(104, [GridEnd.BOUND], id="at it"), pytest.param(103, [], id="below it")],
)
def test_a_close_at_the_bound_ends_the_grid(price: int, reasons: list[GridEnd]) -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    moved = grid.desk.handle(a_close(price, grid.desk))
    assert ends(moved) == reasons
    assert grid.working() == (set() if reasons else {"e2", "e3"})
    assert grid.held == QUANTITY


@pytest.mark.parametrize(
    ("minutes", "reasons"),
    [pytest.param(5, [GridEnd.BOUND], id="after the decision"), pytest.param(0, [], id="before it")],
)
def test_a_missed_close_at_the_bound_ends_the_grid_at_the_next_input(
    minutes: int, reasons: list[GridEnd]
) -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    closed = grid.desk.world.portfolio.grids[BTC].decided_at + timedelta(minutes=minutes)
    grid.desk.at += timedelta(minutes=11)
    grid.desk.handle(
        Warmed(grid.desk.at, (a_candle(104, closed), a_candle(100, closed + timedelta(minutes=5))))
    )
    assert grid.working() == {"e2", "e3"}
    assert ends(grid.desk.handle(Tick(grid.desk.at))) == reasons
    assert ends(grid.desk.handle(Tick(grid.desk.at))) == []


def test_what_is_held_after_the_end_keeps_its_target_and_enters_nothing_again() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    grid.desk.handle(a_close(104, grid.desk))
    assert "OrderPlaced" not in names(grid.fill("t1", 100))


def test_the_lifetime_ends_the_grid_at_a_tick() -> None:
    grid = Gridded()
    grid.desk.at += timedelta(seconds=3_599)
    assert ends(grid.desk.handle(Tick(grid.desk.at))) == []
    grid.desk.at += timedelta(seconds=1)
    assert ends(grid.desk.handle(Tick(grid.desk.at))) == [GridEnd.LIFETIME]
    assert grid.working() == set()


def test_a_tripped_kill_switch_ends_the_grid() -> None:
    grid = Gridded()
    tripped = grid.desk.ask(TripKillSwitch("test"), cause="command:trip")
    assert ends(tripped) == [GridEnd.KILL_SWITCH]
    assert grid.working() == set()


def test_an_exit_of_its_strategy_ends_the_grid_and_closes_its_position() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    out = replace(
        SIGNAL, direction=SIGNAL.direction.opposite, intent=Intent.EXIT, grid=None, stop=D(104), target=D(92)
    )
    left = grid.desk.see(out)
    assert ends(left) == [GridEnd.EXIT]
    assert "PositionClosing" in names(left)
    assert grid.working() == set()


def test_a_grid_ends_when_its_last_entry_ended_and_nothing_is_held() -> None:
    grid = Gridded()
    grid.end("e1")
    grid.end("e2", Rejected)
    assert ends(grid.end("e3")) == [GridEnd.DONE]
    assert (grid.reserved, len(grid.desk.world.portfolio.grids)) == (0, 0)


def test_a_grid_ends_once() -> None:
    grid = Gridded()
    state = grid.desk.world.state(signal_stream(ACCOUNT, grid.chain))
    assert decide(EndGrid(grid.chain, GridEnd.DONE), state) == [GridEnded(GridEnd.DONE)]
    grid.desk.ask(TripKillSwitch("test"), cause="command:trip")
    state = grid.desk.world.state(signal_stream(ACCOUNT, grid.chain))
    assert decide(EndGrid(grid.chain, GridEnd.DONE), state) == []


def test_the_end_of_a_grid_that_was_not_entered_is_refused() -> None:
    with pytest.raises(Refused, match="has entered no grid"):
        decide(EndGrid("abc", GridEnd.DONE), Detected(SIGNAL))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"grid": replace(GRID, levels=())}, "the number of levels", id="no level"),
        pytest.param(
            {"grid": replace(GRID, levels=GRID.levels * 4)}, "the number of levels", id="twelve levels"
        ),
        pytest.param({"grid": replace(GRID, rounds=0)}, "the number of rounds", id="no round"),
        pytest.param({"grid": replace(GRID, lifetime_seconds=0)}, "the lifetime", id="no lifetime"),
        pytest.param(
            {"grid": replace(GRID, levels=(GridLevel(D(-1), D(1)),))},
            "the price of level 1",
            id="a negative price",
        ),
        pytest.param({"intent": Intent.EXIT}, "only a signal to ENTER", id="an exit"),
    ],
)
def test_an_impossible_grid_is_refused_with_what_is_wrong(changed: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Desk().opened(LOW).see(replace(SIGNAL, **changed))


def test_a_log_with_a_grid_is_recalled_to_the_same_state() -> None:
    grid = Gridded()
    grid.fill("e1", 98)
    grid.fill("e2", 96)
    grid.fill("t2", 98)
    assert snapshot(grid.desk.world) == folded(grid.desk.log)


def test_a_stop_of_a_grid_that_is_placed_again_has_a_number_that_no_level_has() -> None:
    grid = Gridded()
    grid.fill("e1", 98, D(4))
    grid.fill("t1", 100, D(4))
    grid.end("s1")
    grid.end("t1")
    late = grid.fill("e1", 98, D(2))
    stops = [
        one.meta.stream.rpartition("-")[2]
        for one in late
        if isinstance(one.event, OrderPlaced) and one.event.purpose is Purpose.STOP
    ]
    assert stops == ["s7"]
    assert isinstance(grid.desk.world.state(order_stream(ACCOUNT, f"{grid.chain}-s7")), Working)


def r_multiples(grid: Gridded) -> tuple[list[Decimal], list[Decimal]]:
    """As KELLY reads them, and as weights are fitted from them, to 1e-6."""
    trades = trade_results(grid.desk.log.read())
    fitted = [EXACT.quantize(EXACT.divide(one.net, one.risk), D("1e-6")) for one in trades]
    return list(grid.desk.world.portfolio.results.get("grid", ())), fitted


def test_a_gain_of_one_level_is_measured_by_the_risk_of_all_levels() -> None:
    """Of 8.123 each, the three levels risk 6 + 4 + 2 = 12 at the stop: 97.476. One gains 2 less the fees."""
    grid = Gridded()
    grid.fill("e1", 98)
    net = next(one.event.net for one in grid.fill("t1", 100) if isinstance(one.event, PositionClosed))
    expected = [EXACT.quantize(EXACT.divide(net, QUANTITY * 12), D("1e-6"))]
    assert r_multiples(grid) == (expected, expected)


def test_levels_that_are_entered_again_add_nothing_to_the_risk_of_the_grid() -> None:
    grid = Gridded()
    for leg, price in (("e1", 98), ("e2", 96), ("t2", 98), ("e5", 96), ("t5", 98), ("e3", 94)):
        grid.fill(leg, price)
    assert grid.held == 2 * QUANTITY
    held = grid.desk.world.portfolio.positions[BTC]
    assert held.risked == QUANTITY * 12
