"""After every event the accounts table equals the states that the domain computes."""

from __future__ import annotations

from decimal import Decimal

from commands.world import World
from domain.account import DayOpened, FundsReserved, KillSwitchReset, KillSwitchTripped
from domain.arithmetic import total
from domain.log import Recorded
from domain.portfolio import UNBOUNDED
from domain.position import PositionIncreased, PositionReduced, ProtectionMoved
from domain.settings import RiskSettings, Settings
from projections.accounts import ACCOUNTS
from projections.rows import MemoryRows
from tests.domain.history import ACCOUNT, D, a_closing, an_open_day, an_opening, money
from tests.projections.folded import a_run, folded, nothing_stored, table


def test_after_every_event_the_account_row_equals_the_domains_portfolio() -> None:
    rows, world, opened = MemoryRows(ACCOUNTS.tables, nothing_stored), World(), 0
    for ordinal, envelope in enumerate(a_run(), 1):
        world.fold(envelope)
        portfolio = world.portfolio
        fold = ACCOUNTS.folds.get(type(envelope.event))
        if fold is None:
            continue
        fold(rows, Recorded(ordinal, envelope))
        if ordinal < 3:
            continue
        row = rows.get("accounts", "paper")
        account = portfolio.account
        assert (row["balance"], row["available"]) == (account.balance, account.available)
        assert (row["day"], row["day_realised"]) == (account.day, account.day_realised)
        assert row["exposure"] == total(held.state.cost for held in portfolio.positions.values())
        assert row["open_risk"] == total(held.risk for held in portfolio.positions.values())
        assert row["open_positions"] == len(portfolio.positions)
        opened += len(portfolio.positions)
    assert opened > 100


def test_the_account_row_holds_the_kill_switch_the_day_and_the_reservations() -> None:
    history = an_open_day().account(FundsReserved("abc-e1", D(100)), KillSwitchTripped("too much lost"))
    row = table(folded(ACCOUNTS, history.envelopes), "accounts")[ACCOUNT]
    assert (row["tripped"], row["reserved"], row["available"]) == ("too much lost", D(100), D(9_900))
    assert row["reservations"] == {"abc-e1": "100"}
    history.account(KillSwitchReset("looked at"), DayOpened("2025-04-04", D(10_000)))
    row = table(folded(ACCOUNTS, history.envelopes), "accounts")[ACCOUNT]
    assert (row["tripped"], row["day"]) == ("", "2025-04-04")


def test_exposure_and_open_risk_follow_a_position_until_it_is_closed() -> None:
    history = an_open_day().position(
        an_opening(),
        PositionIncreased(order_id="abc-e1", quantity=D(10), price=D(110), cost=D(1_100), fee=D(1)),
        PositionReduced(
            order_id="abc-x1", quantity=D(5), price=D(120), released=D(525), realised=D(75), fee=D(1)
        ),
        ProtectionMoved(D(100), None),
    )
    row = table(folded(ACCOUNTS, history.envelopes), "accounts")[ACCOUNT]
    assert (row["exposure"], row["open_positions"]) == (D(1_575), 1)
    assert row["open_risk"] == D(75)
    history.position(ProtectionMoved(None, None))
    row = table(folded(ACCOUNTS, history.envelopes), "accounts")[ACCOUNT]
    assert row["open_risk"] is None
    assert history.portfolio().open_risk == D(1_575) != UNBOUNDED
    history.position(a_closing(D(10), D(10_010)))
    row = table(folded(ACCOUNTS, history.envelopes), "accounts")[ACCOUNT]
    assert (row["exposure"], row["open_positions"], row["open_risk"]) == (D(0), 0, D(0))


def test_the_drawdown_is_a_fraction_of_the_highest_balance() -> None:
    history = an_open_day(balance=1_000).account(
        money(D(1_000), D(2_000)), money(D(-500), D(1_500)), money(D(250), D(1_750))
    )
    row = table(folded(ACCOUNTS, history.envelopes), "accounts")[ACCOUNT]
    assert (row["peak"], row["drawdown"], row["max_drawdown"]) == (D(2_000), 0.125, 0.25)


def test_the_settings_in_force_are_recorded_with_their_exact_decimals() -> None:
    history = an_open_day().settings(Settings(risk=RiskSettings(max_total_risk=Decimal("0.070"))))
    row = table(folded(ACCOUNTS, history.envelopes), "accounts")[ACCOUNT]
    assert row["settings_version"] == 2
    assert row["settings"]["risk"]["max_total_risk"] == "0.070"
    assert row["settings"]["strategies"][0]["name"] == "trend"
