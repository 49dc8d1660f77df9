"""Live runs on an account on which others trade: their orders, trades and positions are adopted or reported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.bybit.fields import at_ms
from adapters.inputs.sqlite import SqliteTape
from adapters.log.sqlite import open_sqlite
from commands.door import Completed, Declined
from commands.order import CancelOrder
from commands.request import ChangeSettings, ClosePosition, MoveProtection, ResolveDiscrepancy, TripKillSwitch
from commands.watchdog import Watchdog
from commands.world import World
from domain.account import BalanceChanged, BalanceReason
from domain.owner import PERSON
from domain.position import PositionClosed, PositionOpened
from domain.settings import ExternalRule, OnKill, ReconciliationSettings, SettingsChanged
from infra.run.configuring import sessions_of
from projections.chain import missing_causes
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.live_desk import BTC, LIMIT, PLAN, D, Desks, LiveDesk, desks_at
from tests.infra.run.taped import replayed
from tests.replacing import replace

ADOPT = ReconciliationSettings(external_orders=ExternalRule.ADOPT, external_positions=ExternalRule.ADOPT)
ADOPTING = replace(PLAN, settings=replace(PLAN.settings, reconciliation=ADOPT))


@pytest.fixture
def desks(venue: RunningVenue) -> Iterator[Desks]:
    with desks_at(venue, plan=ADOPTING) as made:
        yield made


def position_of(desk: LiveDesk) -> str:
    return desk.run.world.portfolio.positions[BTC].stream


def unresolved(desk: LiveDesk) -> list[str]:
    return sorted(desk.run.world.portfolio.discrepancies.unresolved)


def looks(desk: LiveDesk) -> None:
    """The next two comparisons."""
    desk.passes(30)
    desk.passes(PLAN.rhythm.in_flight)
    desk.run.attend()


def is_equal(desk: LiveDesk) -> bool:
    """Whether log and exchange are equal, entries are permitted, and the log leads to the same state again."""
    portfolio = desk.run.world.portfolio
    (theirs,) = desk.exchange.balances()
    assert not portfolio.discrepancies.unresolved
    assert not portfolio.discrepancies.reconciling
    assert portfolio.account.balance == theirs.balance
    held = {one.instrument: (one.direction, one.quantity) for one in desk.exchange.positions()}
    assert {
        name: (one.state.direction, one.state.quantity) for name, one in portfolio.positions.items()
    } == held
    assert World().fold_all(desk.log.envelopes).portfolio == portfolio
    assert list(missing_causes(desk.log.read())) == []
    return True


@pytest.mark.parametrize("link", ["", "mine-1"], ids=["without a client id", "with a client id"])
def test_an_open_order_of_others_is_adopted_once_and_a_person_can_cancel_it(desks: Desks, link: str) -> None:
    desk = desks()
    venue_id = desk.stranger(
        side="Buy", orderType="Limit", qty="0.1", price="95", **({"orderLinkId": link} if link else {})
    )
    desk.started_in_doubt()
    (order_id,) = desk.run.world.portfolio.entries
    assert order_id == (link or venue_id)
    assert is_equal(desk)
    assert len(desk.entries()) == 1, "nothing was sent for it"
    desk.run.close()
    again = desks(key=desk.key, log=desk.log).started()
    looks(again)
    assert again.names().count("OrderPlaced") == 1
    assert isinstance(again.asks(CancelOrder(order_id, "not wanted")), Completed)
    again.until(lambda: again.has("OrderCancelled"))
    assert again.exchange.open_orders() == []
    assert is_equal(again)


@pytest.mark.parametrize(
    ("changed", "adopts", "warns"),
    [
        ({}, False, True),
        ({"adopts_settings": True}, True, False),
        ({"is_resumed": True}, False, False),
        ({"adopts_settings": True, "is_resumed": True}, False, False),
    ],
    ids=["named in a warning", "put in force", "named before the outage", "put in force before the outage"],
)
def test_settings_that_the_log_does_not_have_are_named_or_put_in_force_by_one_request_at_the_first_session(
    desks: Desks, caplog: pytest.LogCaptureFixture, changed: dict[str, bool], *, adopts: bool, warns: bool
) -> None:
    desk = desks(plan=PLAN)
    desk.started()
    desk.run.close()
    again = desks(key=desk.key, log=desk.log, plan=replace(ADOPTING, **changed)).started()
    in_force = again.run.world.portfolio.settings.settings.reconciliation
    assert (in_force == ADOPT) is adopts
    warnings = [
        one.getMessage() for one in caplog.records if "the log keeps its settings" in one.getMessage()
    ]
    assert len(warnings) == warns
    if warnings:
        assert "reconciliation.external_orders = ADOPT (the log: REPORT)" in warnings[0]
    actors = {one.meta.actor for one in again.log.envelopes if isinstance(one.event, SettingsChanged)}
    assert ("settings" in actors) is adopts


def test_only_the_first_session_of_a_program_adopts_or_compares_settings() -> None:
    plans = sessions_of(replace(PLAN, adopts_settings=True))
    assert [next(plans).is_resumed for _ in range(3)] == [False, True, True]


def test_the_fills_of_an_adopted_order_are_the_logs_own(desks: Desks) -> None:
    desk = desks()
    desk.stranger(side="Buy", orderType="Limit", qty="0.1", price="95")
    desk.started_in_doubt()
    desk.trades_at("94")
    desk.until(lambda: desk.has("PositionOpened"))
    looks(desk)
    assert desk.run.world.portfolio.positions[BTC].owner == PERSON
    assert is_equal(desk)


def test_a_position_from_before_the_log_is_adopted_at_its_entry_price_and_closed_by_a_person(
    desks: Desks,
) -> None:
    desk = desks()
    desk.trades_at("100")
    desk.stranger(side="Sell", orderType="Market", qty="0.3")
    desk.trades_at("100")
    (theirs,) = desk.exchange.positions()
    desk.started_in_doubt()
    held = desk.run.world.portfolio.positions[BTC]
    assert (held.owner, held.state.quantity, held.state.average_price) == (
        PERSON,
        D("0.3"),
        theirs.average_price,
    )
    assert is_equal(desk)
    (bare,) = Watchdog(desk.run.world, desk.run.driver.engine.market, desk.log).positions()
    assert (bare.covered, bare.bare_since is not None) == (D(0), True)
    assert isinstance(desk.asks(LIMIT), Declined), "its risk is not bounded"
    assert isinstance(desk.asks(MoveProtection(held.stream, stop=D(110))), Completed)
    desk.until(lambda: desk.names()[-1] == "ProtectionMoved")
    assert isinstance(desk.asks(ClosePosition(held.stream, "not wanted")), Completed)
    desk.until(lambda: desk.has("PositionClosed"))
    opened, closed = (
        next(one.event for one in desk.log.envelopes if isinstance(one.event, kind))
        for kind in (PositionOpened, PositionClosed)
    )
    assert isinstance(opened, PositionOpened)
    assert isinstance(closed, PositionClosed)
    assert opened.fee == 0
    assert closed.gross == (opened.price - closed.price) * D("0.3")
    looks(desk)
    assert is_equal(desk)
    desk.run.close()
    again = desks(key=desk.key, log=desk.log).started()
    assert again.names().count("PositionOpened") == 1


def test_trades_of_others_during_a_run_are_adopted_with_their_fee_and_result(desks: Desks) -> None:
    desk = desks().started()
    desk.stranger(side="Buy", orderType="Market", qty="0.2", orderLinkId="by-hand")
    desk.trades_at("100")
    desk.until(lambda: bool(desk.run.world.portfolio.discrepancies.reconciling))
    assert isinstance(desk.asks(LIMIT), Declined)
    looks(desk)
    assert desk.run.world.portfolio.positions[BTC].state.quantity == D("0.2")
    assert is_equal(desk)
    desk.stranger(side="Sell", orderType="Market", qty="0.3")
    desk.trades_at("101")
    desk.until(lambda: bool(desk.run.world.portfolio.discrepancies.reconciling))
    looks(desk)
    assert desk.has("PositionClosed")
    assert desk.run.world.portfolio.positions[BTC].state.direction.name == "SHORT"
    assert is_equal(desk)
    assert not desk.has("DiscrepancyFound")


def test_an_adopted_stop_protects_the_adopted_position_and_goes_with_it(desks: Desks) -> None:
    desk = desks()
    desk.trades_at("100")
    desk.stranger(side="Buy", orderType="Market", qty="0.3")
    desk.trades_at("100")
    desk.stranger(
        side="Sell", orderType="Market", qty="0.3", triggerPrice="90", triggerDirection=2, reduceOnly=True
    )
    desk.started_in_doubt()
    held = desk.run.world.portfolio.positions[BTC]
    assert held.state.stop == D(90)
    (watched,) = Watchdog(desk.run.world, desk.run.driver.engine.market, desk.log).positions()
    assert (watched.covered, watched.bare_since) == (D("0.3"), None)
    assert is_equal(desk)
    assert isinstance(desk.asks(ClosePosition(held.stream, "not wanted")), Completed)
    desk.until(lambda: desk.has("OrderCancelled"))
    assert desk.exchange.open_orders() == []
    looks(desk)
    assert is_equal(desk)


def test_the_kill_switch_cancels_adopted_orders_and_closes_adopted_positions(desks: Desks) -> None:
    closing = replace(ADOPTING.settings, risk=replace(ADOPTING.settings.risk, on_kill=OnKill.CLOSE))
    desk = desks(plan=replace(ADOPTING, settings=closing))
    desk.trades_at("100")
    desk.stranger(side="Buy", orderType="Market", qty="0.3")
    desk.trades_at("100")
    desk.stranger(side="Buy", orderType="Limit", qty="0.1", price="95")
    desk.started_in_doubt()
    assert isinstance(desk.asks(TripKillSwitch("the news")), Completed)
    desk.until(lambda: desk.has("PositionClosed") and desk.has("OrderCancelled"))
    assert (desk.exchange.open_orders(), desk.exchange.positions()) == ([], [])
    looks(desk)
    assert is_equal(desk)


def test_an_order_of_another_log_is_never_adopted_and_halts_entries(desks: Desks) -> None:
    desk = desks()
    desk.sets_leverage("5")
    desk.trades_at("100")
    desk.stranger(side="Buy", orderType="Market", qty="0.3")
    desk.trades_at("100")
    desk.stranger(side="Buy", orderType="Limit", qty="0.1", price="95", orderLinkId="nsvwda8dgah11-e1")
    desk.started_in_doubt()
    assert not desk.run.world.portfolio.entries
    assert not desk.run.world.portfolio.positions
    assert len(desk.run.world.portfolio.discrepancies.unresolved) == 2
    assert isinstance(desk.asks(LIMIT), Declined)


def test_a_position_that_another_log_opened_before_this_one_began_is_reported_with_its_stop(
    desks: Desks,
) -> None:
    desk = desks()
    desk.sets_leverage("5")
    desk.trades_at("100")
    desk.stranger(side="Buy", orderType="Market", qty="0.3", orderLinkId="nsvwda8dgah11-e1", stopLoss="90")
    desk.trades_at("100")
    desk.later(3600)
    desk.started_in_doubt()
    looks(desk)
    portfolio = desk.run.world.portfolio
    assert not desk.has("OrderPlaced")
    assert not portfolio.positions
    assert f"difference:PositionUnknownToUs:{BTC}" in str(portfolio.discrepancies.unresolved)
    assert isinstance(desk.asks(LIMIT), Declined)


def test_what_was_reported_is_adopted_once_the_settings_permit_it(desks: Desks) -> None:
    desk = desks(plan=PLAN).started()
    desk.stranger(side="Buy", orderType="Limit", qty="0.1", price="95", orderLinkId="by-hand")
    desk.stranger(side="Buy", orderType="Market", qty="0.2")
    desk.trades_at("100")
    desk.until(lambda: desk.has("DiscrepancyFound"))
    looks(desk)
    assert desk.run.world.portfolio.discrepancies.unresolved
    assert not desk.run.world.portfolio.positions
    changes = {"reconciliation.external_orders": "ADOPT", "reconciliation.external_positions": "ADOPT"}
    assert isinstance(desk.asks(ChangeSettings(changes)), Completed)
    looks(desk)
    assert desk.run.world.portfolio.positions[BTC].state.quantity == D("0.2")
    assert list(desk.run.world.portfolio.entries) == ["by-hand"]
    assert is_equal(desk)


def test_a_part_closed_by_hand_and_settled_by_its_transfer_is_not_booked_again_when_others_trade_later(
    desks: Desks,
) -> None:
    desk = desks(plan=PLAN).started()
    desk.asks(LIMIT)
    desk.trades_at("98")
    desk.until(lambda: desk.has("PositionOpened"))
    desk.stranger(side="Sell", orderType="Market", qty="0.07", reduceOnly=True)
    desk.trades_at("97")
    looks(desk)
    for name in unresolved(desk):
        transfer = D(name.rpartition(":")[2]) if "BalanceDiffers" in name else None
        assert isinstance(desk.asks(ResolveDiscrepancy(name, "mine", transfer)), Completed), name
    looks(desk)
    changes = {"reconciliation.external_orders": "ADOPT", "reconciliation.external_positions": "ADOPT"}
    assert isinstance(desk.asks(ChangeSettings(changes)), Completed)
    looks(desk)
    desk.stranger(side="Buy", orderType="Market", qty="0.06")
    desk.trades_at("97")
    desk.until(lambda: bool(desk.run.world.portfolio.discrepancies.reconciling))
    looks(desk)
    portfolio, (theirs,) = desk.run.world.portfolio, desk.exchange.balances()
    adopted = [one for one in desk.log.envelopes if "adopted-" in one.meta.stream]
    assert [type(one.event).__name__ for one in adopted] == ["OrderPlaced", "OrderFilled"]
    assert portfolio.positions[BTC].state.quantity == D("0.16"), "the accepted 0.07 stay the difference"
    assert portfolio.account.balance == theirs.balance
    assert unresolved(desk) == []


def test_a_withdrawal_halts_entries_until_a_person_states_it(desks: Desks) -> None:
    desk = desks(plan=PLAN).started()
    desk.venue.do(lambda _: desk.account.wallet.add(D(-1000)))
    looks(desk)
    (name,) = desk.run.world.portfolio.discrepancies.unresolved
    assert name == "difference:BalanceDiffers:USDT:-1000"
    assert isinstance(desk.asks(LIMIT), Declined)
    assert isinstance(desk.asks(ResolveDiscrepancy(name, "to the savings account", D(-1000))), Completed)
    looks(desk)
    assert desk.run.world.portfolio.account.day_realised == 0
    assert isinstance(desk.asks(LIMIT), Completed)
    assert is_equal(desk)


def is_transfer(event: object) -> bool:
    return isinstance(event, BalanceChanged) and event.reason is BalanceReason.TRANSFER


def test_a_position_closed_by_hand_leaves_the_log_at_the_price_that_a_person_states(
    desks: Desks, venue: RunningVenue, tmp_path: Path
) -> None:
    """By default nothing is adopted. The remaining differences are explained one by one, and none comes back."""
    path = tmp_path / "whence.db"
    with (
        closing(open_sqlite(path, AvroCodec())) as log,
        closing(SqliteTape(path, lambda: at_ms(venue.server.clock.market()))) as tape,
    ):
        desk = desks(plan=PLAN, tape=tape).started()
        desk.asks(replace(LIMIT, terms=replace(LIMIT.terms, quantity=D("0.5"))))
        desk.trades_at("98")
        desk.until(lambda: desk.has("PositionOpened"))
        desk.stranger(side="Sell", orderType="Market", qty="0.5", reduceOnly=True)
        desk.trades_at("97")
        looks(desk)
        gone = f"difference:PositionUnknownToThem:{BTC}:LONG:0.5"
        assert gone in unresolved(desk)
        sent = len(desk.account.orders)
        wrong = desk.asks(ResolveDiscrepancy(gone, "closed by hand", closed_at=D(97)))
        assert isinstance(wrong, Declined)
        assert "closed exactly its quantity, at 98 on average" in wrong.reason
        close = ResolveDiscrepancy(gone, "closed by hand", closed_at=D(98), fee=D("0.02695"))
        assert isinstance(desk.asks(close), Completed)
        assert not desk.run.world.portfolio.positions
        looks(desk)
        for name in unresolved(desk):
            assert isinstance(desk.asks(ResolveDiscrepancy(name, "looked at")), Completed), name
        looks(desk)
        assert [one for one in desk.log.envelopes if is_transfer(one.event)] == []
        assert is_equal(desk)
        assert len(desk.account.orders) == sent, "nothing is sent"
        desk.run.close()
        log.append(desk.log.envelopes)
    replay = replayed(path)
    assert (replay.difference, replay.ordinal) == (None, desk.log.head())
