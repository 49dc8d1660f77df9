"""The plan of a live run: what it trades, by which rules, and how often it looks at the exchange."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from adapters.simulated import RULES_VERSION
from adapters.simulated.ids import VENUE as SIMULATED
from commands.book_readings import BookReadings
from commands.exchange import Exchange
from commands.feed import MarketFeed
from commands.instrument import ListInstrument
from commands.opening import OpenLog
from commands.routes import Command
from commands.settings import ChangeSettings
from commands.unseen_orders import PATIENCE
from commands.venue_account import VenueAccount
from commands.watching import Instance
from commands.world import World
from domain.arithmetic import ONE, ZERO
from domain.book.settings import BookSettings
from domain.errors import InvalidInput, InvalidSettings
from domain.instrument import Instrument, RulesOrigin, symbol_of
from domain.management.in_force import moving
from domain.opening import LogOpened, Mode
from domain.plain_text import meant
from domain.settings import Settings
from domain.venue import VenueBalance
from infra.run.stake import Stake

Wake = Callable[[], None]
"""Called in a thread of an adapter where something has arrived."""


@dataclass(frozen=True, slots=True)
class LiveVenue:
    """One account at an exchange; `start` connects its reports, `close` ends its threads.

    `amends_triggers` states whether the exchange amends a resting stop or target in place.
    """

    exchange: Exchange
    account: VenueAccount
    start: Callable[[], None]
    close: Callable[[], None]
    amends_triggers: bool = True


Connect = Callable[[World, Wake], LiveVenue]
"""Makes the venue, not connected yet, with the state of the log."""
FeedOf = Callable[[Sequence[str], Wake], MarketFeed]
"""Makes the feed of these instruments, not started yet."""
BooksOf = Callable[[Sequence[str], BookSettings, Wake], BookReadings]
"""Makes the source of readings of these instruments' order books, by these settings, not started yet."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds. The account is compared every `poll`, and every `in_flight` while an order had no news for `patience`.

    An order that the exchange does not have `lost` seconds after its last news never arrives there any more, because an
    exchange refuses requests that were signed earlier. One that it has accepted, and that no query finds, is looked for
    every `patience`, and given up after `given_up` (`commands/unseen_orders.py`).
    After a failed query the next one follows after `retry`, doubled each time up to `longest_retry`; five of them fall
    into the 30 s in which failures open a breaker. A stop waits at most `settle` for the orders in flight.
    """

    poll: float = 30.0
    in_flight: float = 2.0
    patience: float = 5.0
    lost: float = 10.0
    given_up: float = PATIENCE.total_seconds()
    retry: float = 2.0
    longest_retry: float = 8.0
    settle: float = 20.0


@dataclass(frozen=True, slots=True)
class LivePlan:
    """`instruments` are ids; `interval` is that of the market's candles. With `cancels_entries` a stop cancels the
    entries that wait. With `adopts_settings` the start puts `settings` in force in a log that has others. `is_resumed`
    is the plan of a session that follows an outage of the log: it neither adopts nor compares settings.
    """

    account: str
    leverage: Decimal
    settings: Settings
    instances: Sequence[Instance]
    instruments: Sequence[str]
    interval: timedelta
    rhythm: Rhythm = field(default_factory=Rhythm)
    cancels_entries: bool = False
    adopts_settings: bool = False
    is_resumed: bool = False

    def __post_init__(self) -> None:
        """Raises InvalidSettings for settings by which a position may stand without a protective stop."""
        check_protection(self.settings)


def check_protection(settings: Settings) -> None:
    """Raises InvalidSettings where no limit refuses an entry without a stop.

    An entry without a stop risks its whole cost (`OpenPosition.risk`), so that a limit of 1 permits it.
    """
    risk = settings.risk
    for name, share in (
        ("max_risk_per_trade", risk.max_risk_per_trade),
        ("max_total_risk", risk.max_total_risk),
    ):
        if share >= ONE:
            raise InvalidSettings(
                f"trading.risk.{name} = {share} permits a position without a protective stop; set it below 1 to trade "
                "live"
            )


def check_moves(settings: Settings, venue: LiveVenue) -> None:
    """Raises InvalidSettings for rules that move a stop or target where the exchange amends none."""
    if venue.amends_triggers or not (names := moving(settings)):
        return
    raise InvalidSettings(
        f"trading.management: {', '.join(sorted(names))}: {venue.exchange.venue} does not amend a resting stop or "
        "target through ccxt, so that these rules would move none; switch them off, also for instances and regimes "
        "(reversal_signs may stay with reversal_closes = true). A log that has them takes changed settings with "
        "--adopt-settings"
    )


def opening_commands(
    log_id: UUID, plan: LivePlan, balance: Stake, listed: Sequence[Instrument], venue: str
) -> Sequence[Command]:
    """The commands that open an empty log with what the exchange states."""
    opening = LogOpened(log_id=log_id, mode=Mode.LIVE, tape="", synthetic=False, simulator=RULES_VERSION)
    return (
        OpenLog(opening),
        balance.opening(),
        ChangeSettings(plan.settings),
        *(listing(one, venue) for one in listed),
    )


def listing(instrument: Instrument, venue: str) -> ListInstrument:
    """The command that lists an instrument by the rules that the exchange states."""
    stated_by = "the simulated exchange" if venue == SIMULATED else venue
    return ListInstrument(instrument, RulesOrigin(f"{stated_by}, at the start", None, guessed=False))


def rules_of(named: Sequence[str], stated: Sequence[Instrument]) -> Sequence[Instrument]:
    """The rules of the named instruments. Raises InvalidInput for one that the exchange does not trade."""
    by_id = {one.id: one for one in stated}
    missing = [name for name in named if name not in by_id]
    if missing:
        raise InvalidInput(
            f"--instruments: the exchange does not trade {', '.join(missing)} now{_meant_by(missing[0], stated)}"
        )
    return [by_id[name] for name in named]


def _meant_by(missing: str, stated: Sequence[Instrument]) -> str:
    """The symbol that was probably meant; a whole id would be similar to the id of every short symbol."""
    return meant(symbol_of(missing), [symbol_of(one.id) for one in stated])


def check_leverage(listed: Sequence[Instrument], leverage: Decimal) -> None:
    """Raises InvalidInput where an instrument's rules permit only less than this leverage."""
    limits = [f"{one.id} permits 1 to {one.max_leverage:f}" for one in listed if leverage > one.max_leverage]
    if limits:
        raise InvalidInput(f"--leverage {leverage:f}: {', '.join(limits)}; nothing was changed")


def stake_of(listed: Sequence[Instrument], balances: Sequence[VenueBalance], leverage: Decimal) -> Stake:
    """The account's money in the quote currency of its instruments, as the exchange states it.

    Raises InvalidInput for several quote currencies, and for an account without money.
    """
    currencies = sorted({one.quote for one in listed})
    if len(currencies) != 1:
        raise InvalidInput(
            f"--instruments: they are quoted in {' and '.join(currencies)}; an account has one currency"
        )
    (currency,) = currencies
    balance = next((one.balance for one in balances if one.currency == currency), ZERO)
    if balance <= ZERO:
        raise InvalidInput(f"the account holds no {currency}: transfer some before the first start")
    return Stake(currency, balance, leverage)
