"""The settings: which instruments are traded, in which size, and when trading stops.

Settings are recorded as events, so a replay uses the settings that were in force at each event, and a changed limit
never alters an old decision. A fraction of 0.02 is 2 %.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from domain.arithmetic import ONE, ZERO, is_within
from domain.arms.settings import BOUNDS as ARM_BOUNDS
from domain.arms.settings import ONE_ARM, ArmSettings
from domain.arms.settings import faults as faults_of_arms
from domain.book.settings import BOUNDS as BOOK_BOUNDS
from domain.book.settings import NO_BOOK_REQUIRED, BookSettings, OwnBookSettings
from domain.errors import InvalidSettings
from domain.filters.settings import BOUNDS, NO_FILTERS, FilterSettings, OwnFilterSettings
from domain.held import HeldChange, SettingsHeld
from domain.instrument import is_instrument_id
from domain.interval import interval_of
from domain.leverage.settings import BOUNDS as LEVERAGE_BOUNDS
from domain.leverage.settings import FIXED_LEVERAGE, LeverageSettings
from domain.leverage.settings import faults as faults_of_leverage
from domain.limits.settings import BOUNDS as LIMIT_BOUNDS
from domain.limits.settings import GROUPS, NO_LIMITS, Groups, LimitSettings, OwnLimitSettings
from domain.management.settings import BOUNDS as MANAGEMENT_BOUNDS
from domain.management.settings import (
    NO_MANAGEMENT,
    ManagementSettings,
    OwnManagementSettings,
    faults_of_levels,
    faults_of_partial_closes,
)
from domain.margin.settings import BOUNDS as MARGIN_BOUNDS
from domain.margin.settings import NO_MARGIN_LIMITS, MarginSettings
from domain.models.settings import BOUNDS as MODEL_BOUNDS
from domain.models.settings import MODEL_LIMITS, ModelSettings, OwnModelSettings
from domain.own_settings import OwnSettings, with_own
from domain.owner import PERSON
from domain.regimes.settings import BOUNDS as REGIME_BOUNDS
from domain.regimes.settings import NO_REGIMES, RegimeLimits, RegimeSettings
from domain.sizing.settings import BOUNDS as SIZING_BOUNDS
from domain.sizing.settings import BY_RISK, OwnSizingSettings, SizingRule, SizingSettings
from domain.venues.settings import ONE_VENUE, VenueSettings
from domain.venues.settings import faults as faults_of_venues
from domain.weights.settings import NO_WEIGHTS, WeightSettings
from domain.weights.settings import faults as faults_of_weights


class OrphanRule(StrEnum):
    """The treatment of a position whose strategy is no longer configured; see `commands/orphans.py`."""

    ALERT = "ALERT"
    CLOSE = "CLOSE"
    HAND_OVER = "HAND_OVER"


class OnKill(StrEnum):
    """The treatment of open positions after a trip of the kill switch: HOLD keeps them with their protection."""

    HOLD = "HOLD"
    CLOSE = "CLOSE"


class OnDailyLoss(StrEnum):
    """The consequence of a day's loss that reaches its limit: entries are refused, or the kill switch trips, too."""

    REFUSE = "REFUSE"
    TRIP = "TRIP"


class OnOpposite(StrEnum):
    """The treatment of a position that an entry of the other direction opposes.

    CLOSE closes it. REVERSE closes it, and opens the entry's own position once it is flat.
    """

    CLOSE = "CLOSE"
    REVERSE = "REVERSE"


class ExternalRule(StrEnum):
    """The treatment of what other programs or people trade on the account: REPORT or ADOPT.

    REPORT records it as a discrepancy, which halts entries. ADOPT makes it the log's own, as far as
    `commands/adopting.py` can; the rest is reported.
    """

    REPORT = "REPORT"
    ADOPT = "ADOPT"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipSettings:
    """The rules for a flip: a strategy's entry against its own position. 0 switches a rule off.

    `minimum_confidence` is the least confidence of the entry. `repeats` is the least number of the strategy's entries
    in a row against the position, this one included. `hold_seconds` is the least time since the position was opened,
    `cooldown_seconds` since the strategy's last flip in the instrument. `loss_confidence` is the least confidence of
    an entry that would close the position with a loss. `cost_buffer` is the spread and slippage of a close and an
    entry, as a fraction of the price: the price must have moved by more than that and the taker fees. See
    `domain/committees/flips.py`.
    """

    minimum_confidence: float = 0.0
    repeats: int = 0
    hold_seconds: int = 0
    cooldown_seconds: int = 0
    loss_confidence: float = 0.0
    cost_buffer: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFlipSettings(OwnSettings):
    """The rules of `FlipSettings` that one instance has otherwise; None is the rule of all instances."""

    minimum_confidence: float | None = None
    repeats: int | None = None
    hold_seconds: int | None = None
    cooldown_seconds: int | None = None
    loss_confidence: float | None = None
    cost_buffer: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentSettings:
    """What follows from a strategy's entries by what they mean for its position; see `domain/known_intent.py`.

    Entries that change nothing are not recorded one by one, but as one event when their series ends. With `hold_series`
    those are HOLD: entries in the position's direction below `reinforce_confidence`; from there on they are REINFORCE.
    Entries against the position below `noise_confidence` are NOISE, which does not close it; 0 makes none of them
    noise.

    A REINFORCE entry adds to the position, at most `additions` times; 0 adds nothing. `addition_spacing` is the least
    move of the price in the position's favour since its last entry, as a fraction of that entry's price; with
    `average_down` a move against the position counts as well. `addition_size` is the share of the sizing rule's
    quantity that is added. See `domain/committees/additions.py`.

    `repeats` is the number of entries in a row from which on one opens a position, where the strategy holds none; 0 and
    1 open it at the first. `repeat_seconds` is the longest time between two entries of a row; 0 is any time. See
    `domain/committees/repeated.py`.
    """

    hold_series: bool = False
    reinforce_confidence: float = 0.8
    noise_confidence: float = 0.0
    additions: int = 0
    addition_spacing: Decimal = Decimal("0.005")
    addition_size: Decimal = ONE
    average_down: bool = False
    repeats: int = 0
    repeat_seconds: int = 0

    @property
    def in_use(self) -> bool:
        """Whether some entries are recorded as series."""
        return self.hold_series or self.noise_confidence > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnIntentSettings(OwnSettings):
    """The settings of `IntentSettings` that one instance has otherwise; None is the setting of all instances."""

    hold_series: bool | None = None
    reinforce_confidence: float | None = None
    noise_confidence: float | None = None
    additions: int | None = None
    addition_spacing: Decimal | None = None
    addition_size: Decimal | None = None
    average_down: bool | None = None
    repeats: int | None = None
    repeat_seconds: int | None = None


Limit = bool | float | Decimal | str | tuple[str, ...]
"""The value of a limit that an instance has of its own."""


def limit_text(limit: Limit) -> str:
    """The limit as `--strategy` takes it: a list is separated by commas."""
    return ",".join(limit) if isinstance(limit, tuple) else str(limit)


@dataclass(frozen=True, slots=True)
class StrategySettings:
    """One instance of a strategy in force, and its parameters as text.

    `name` alone names both the instance and the strategy. If one strategy runs more than once, `id` names the instance
    and `strategy` the strategy. Empty `instruments` mean all instruments; an empty `interval` means the tape's
    interval. `minimum_trend` and `minimum_reward_to_risk` are the instance's own limits of the Alpha committee; None
    means those of `AlphaSettings`. `flips`, `intents`, `filters`, `sizing`, `limits`, `management` and `models`
    are its own rules for flips, settings of intents, filters, rule of sizing, limits, rules of the manager of open
    positions, and limits of learnt scores; `book` what its entries need of the order book.
    """

    name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    _: KW_ONLY
    id: str = ""
    strategy: str = ""
    instruments: tuple[str, ...] = ()
    interval: str = ""
    minimum_trend: float | None = None
    minimum_reward_to_risk: Decimal | None = None
    flips: OwnFlipSettings | None = None
    intents: OwnIntentSettings | None = None
    filters: OwnFilterSettings | None = None
    sizing: OwnSizingSettings | None = None
    limits: OwnLimitSettings | None = None
    management: OwnManagementSettings | None = None
    models: OwnModelSettings | None = None
    book: OwnBookSettings | None = None

    @property
    def instance(self) -> str:
        """The id of the instance, which owns the positions that its signals open."""
        return self.id or self.name or self.strategy

    @property
    def kind(self) -> str:
        """The name that the strategy is registered under; empty if the settings name none."""
        return self.strategy or self.name

    @property
    def own_limits(self) -> Mapping[str, Limit]:
        """The instance's own limits by dotted name, without those that it has from all instances."""
        found: dict[str, Limit | None] = {
            "minimum_trend": self.minimum_trend,
            "minimum_reward_to_risk": self.minimum_reward_to_risk,
        }
        if self.flips is not None:
            found |= {f"flips.{name}": value for name, value in self.flips.given.items()}
        if self.intents is not None:
            found |= {f"intents.{name}": value for name, value in self.intents.given.items()}
        if self.filters is not None:
            found |= {f"filters.{name}": value for name, value in self.filters.given.items()}
        if self.sizing is not None:
            found |= {f"sizing.{name}": value for name, value in self.sizing.given.items()}
        if self.limits is not None:
            found |= {f"limits.{name}": value for name, value in self.limits.given.items()}
        if self.management is not None:
            found |= {f"management.{name}": value for name, value in self.management.given.items()}
        if self.models is not None:
            found |= {f"models.{name}": value for name, value in self.models.given.items()}
        if self.book is not None:
            found |= {f"book.{name}": value for name, value in self.book.given.items()}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSettings:
    """The confidence that the Alpha committee requires in each tier, and the bounds of the tiers."""

    normal_confidence: float = 0.65
    strict_confidence: float = 0.75
    relaxed_confidence: float = 0.55
    window: int = 20
    strict_win_rate: float = 0.50
    strict_drawdown: float = 0.05
    strict_losses: int = 3
    relaxed_win_rate: float = 0.60
    relaxed_drawdown: float = 0.02


@dataclass(frozen=True, slots=True)
class AlphaSettings:
    """The Alpha committee's limits.

    `minimum_trend` is in -1..1, positive in the signal's direction; the reward-to-risk ratio is after fees.
    """

    minimum_trend: float = 0.0
    minimum_reward_to_risk: Decimal = Decimal("1.2")


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSettings:
    """The Risk committee's limits.

    An empty `allowed` means every listed instrument. Risks and losses are fractions of the balance. `cooldown_seconds`
    is the pause in an instrument after a losing position, `freshness_seconds` the greatest age of the signal's candle.
    The kill switch trips when the share of won trades among the last `win_rate_window` is below `minimum_win_rate`
    (0 = off). `on_kill` is what a trip does with open positions, `on_daily_loss` what follows from `max_daily_loss`.
    """

    allowed: tuple[str, ...] = ()
    max_positions: int = 5
    max_positions_per_instrument: int = 1
    max_risk_per_trade: Decimal = Decimal("0.02")
    max_total_risk: Decimal = Decimal("0.10")
    max_daily_loss: Decimal = Decimal("0.05")
    reserved_balance: Decimal = Decimal("0.10")
    cooldown_seconds: int = 900
    freshness_seconds: int = 30
    win_rate_window: int = 50
    minimum_win_rate: Decimal = Decimal("0.45")
    on_kill: OnKill = OnKill.HOLD
    on_daily_loss: OnDailyLoss = OnDailyLoss.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSettings:
    """How the simulated exchange fills orders; see `adapters/simulated`.

    `slippage` is a fraction of the price. `slippage_jitter` is the largest deviation of one execution's slippage, as a
    fraction of `slippage`. `volume_share` is the largest fraction of a candle's volume that one order may fill.
    `latency_ms` is the time from sending to arrival in milliseconds.
    """

    slippage: Decimal = Decimal("0.0002")
    slippage_jitter: Decimal = Decimal("0.5")
    volume_share: Decimal = Decimal("0.10")
    latency_ms: int = 150
    seed: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class CapSettings:
    """The sender's caps on orders that add exposure; 0 switches a cap off. See `commands/guarding.py`.

    `max_notional` is of one order, in quote currency. `max_deviation` is the distance of an order's price from the last
    price of the market, as a fraction of the last price. `max_orders_per_minute` counts the entries of any 60 seconds.
    """

    max_notional: Decimal = ZERO
    max_deviation: Decimal = ZERO
    max_orders_per_minute: int = 0


@dataclass(frozen=True, slots=True)
class OrphanSettings:
    """The rule, applied at start, for positions whose strategy is no longer configured; `to` is their new owner."""

    rule: OrphanRule = OrphanRule.ALERT
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationSettings:
    """The treatment of orders and of positions at the exchange that this log does not know."""

    external_orders: ExternalRule = ExternalRule.REPORT
    external_positions: ExternalRule = ExternalRule.REPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; `order_freshness_seconds` is the time after its placement within which an order may be sent.

    Entries of the strategies in `paused` (by id) are skipped; their exits are still made. With `reverse_others` a
    strategy's entry closes an opposite position of another strategy or a person; otherwise such an entry is skipped.
    `on_opposite` is what such an entry, or one against the strategy's own position, does beside the close.
    `flips` are the rules for an entry against the strategy's own position, `intents` those for its other entries.
    `filters` judge the entries of every strategy instance by the market at their candle. `regimes` are how the regime
    of a market is read, and the limits that are in force in each. `margin` are limits on the margin of entries.
    `limits` are those on positions that are one bet, by `groups` and by correlation, and on losses in a row.
    `management` are the rules by which open positions are managed.
    `weights` scale entries by strategy, instrument and regime. `leverage` is how that of an instrument follows its
    volatility.
    `models` are the limits of learnt scores, `arms` splits entries between two models or policies.
    `book` is what entries need of the order book, and what its readings hold. `venues` names equal instruments.
    """

    strategies: tuple[StrategySettings, ...] = (StrategySettings("trend"),)
    tiers: TierSettings = TierSettings()
    alpha: AlphaSettings = AlphaSettings()
    risk: RiskSettings = RiskSettings()
    sizing: SizingSettings = BY_RISK
    simulation: SimulationSettings = SimulationSettings()
    order_freshness_seconds: int = 60
    paused: tuple[str, ...] = ()
    reverse_others: bool = False
    orphans: OrphanSettings = OrphanSettings()
    caps: CapSettings = CapSettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    on_opposite: OnOpposite = OnOpposite.CLOSE
    flips: FlipSettings = FlipSettings()
    intents: IntentSettings = IntentSettings()
    filters: FilterSettings = NO_FILTERS
    regimes: RegimeSettings = NO_REGIMES
    margin: MarginSettings = NO_MARGIN_LIMITS
    groups: Groups = field(default_factory=lambda: GROUPS)
    limits: LimitSettings = NO_LIMITS
    management: ManagementSettings = NO_MANAGEMENT
    weights: WeightSettings = NO_WEIGHTS
    leverage: LeverageSettings = FIXED_LEVERAGE
    models: ModelSettings = MODEL_LIMITS
    arms: ArmSettings = ONE_ARM
    book: BookSettings = NO_BOOK_REQUIRED
    venues: VenueSettings = ONE_VENUE

    @property
    def instances(self) -> tuple[str, ...]:
        """The id of each strategy instance in force."""
        return tuple(one.instance for one in self.strategies)

    def strategy_of(self, instance: str) -> StrategySettings | None:
        """The settings of the strategy instance with this id; None for a scanner, a person or a removed instance."""
        for one in self.strategies:
            if one.instance == instance:
                return one
        return None

    def alpha_of(self, owner: str) -> AlphaSettings:
        """The Alpha committee's limits for the signals of this owner: its own, else those of all."""
        own = self.strategy_of(owner)
        if own is None or (own.minimum_trend is None and own.minimum_reward_to_risk is None):
            return self.alpha
        trend, ratio = own.minimum_trend, own.minimum_reward_to_risk
        return AlphaSettings(
            self.alpha.minimum_trend if trend is None else trend,
            self.alpha.minimum_reward_to_risk if ratio is None else ratio,
        )

    def flips_of(self, owner: str) -> FlipSettings:
        """The rules for flips of this owner: each its own, else that of all."""
        own = self.strategy_of(owner)
        return with_own(self.flips, None if own is None else own.flips)

    def intents_of(self, owner: str) -> IntentSettings:
        """The settings of intents of this owner: each its own, else that of all."""
        own = self.strategy_of(owner)
        return with_own(self.intents, None if own is None else own.intents)

    def filters_of(self, owner: str) -> FilterSettings:
        """The filters of this owner's entries: each its own setting, else that of all; none where it is no instance."""
        own = self.strategy_of(owner)
        if own is None:
            return NO_FILTERS
        return with_own(self.filters, own.filters)

    def sizing_of(self, owner: str) -> SizingSettings:
        """The settings of sizing of this owner: each its own, else that of all."""
        own = self.strategy_of(owner)
        return with_own(self.sizing, None if own is None else own.sizing)

    def limits_of(self, owner: str) -> LimitSettings:
        """The limits of this owner: each its own, else that of all."""
        own = self.strategy_of(owner)
        return with_own(self.limits, None if own is None else own.limits)

    def management_of(self, owner: str) -> ManagementSettings:
        """The rules for the positions of this owner: each its own, else that of all; none for those of people."""
        if owner == PERSON:
            return NO_MANAGEMENT
        own = self.strategy_of(owner)
        return with_own(self.management, None if own is None else own.management)

    def models_of(self, owner: str) -> ModelSettings:
        """The limits of learnt scores of this owner: each its own, else that of all."""
        own = self.strategy_of(owner)
        return with_own(self.models, None if own is None else own.models)

    def book_of(self, owner: str) -> BookSettings:
        """What the entries of this owner need of the order book: each its own setting, else that of all."""
        own = self.strategy_of(owner)
        return with_own(self.book, None if own is None else own.book)

    @property
    def book_readings(self) -> BookSettings:
        """What is read of all books: `book`, with the shortest `stale_seconds` of all instances."""
        every = (self.book, *(self.book_of(one) for one in self.instances))
        return replace(self.book, stale_seconds=min(one.stale_seconds for one in every))

    @property
    def counts_repeats(self) -> bool:
        """Whether any owner's flips need repeated entries, so that entries in a row are counted."""
        return self.flips.repeats > 0 or any(
            one.flips is not None and one.flips.repeats for one in self.strategies
        )


class SettingsChanged(Struct, frozen=True, gc=False):
    """These settings are in force from this event on; `version` counts from 1 in the account's settings.

    `reason` is the reason given by the person who requested the change; empty if none was given.
    """

    version: int
    settings: Settings
    reason: str = ""


SettingsEvent = SettingsChanged | SettingsHeld


class InForce(Struct, frozen=True, gc=False):
    """The settings in force and their version, which is 0 before the first event; `held` are changes that wait."""

    version: int
    settings: Settings
    held: tuple[HeldChange, ...] = ()


NONE_IN_FORCE = InForce(0, Settings())


def evolve(state: InForce, event: SettingsEvent) -> InForce:
    """The state after the event."""
    match event:
        case SettingsChanged():
            return InForce(event.version, event.settings, state.held)
        case SettingsHeld():
            return InForce(state.version, state.settings, event.changes)
        case _:
            assert_never(event)


def check(settings: Settings) -> None:
    """Raises InvalidSettings, which names every setting that is out of its range or would refuse every trade."""
    if found := list(faults(settings)):
        raise InvalidSettings("; ".join(found))


def faults(settings: Settings) -> Iterator[str]:
    """The faults for which `check` raises, each as a sentence that begins with the setting's dotted name."""
    yield from _out_of_range("", "", ranges(settings))
    yield from _misspelled("risk.allowed", settings.risk.allowed)
    yield from _faults_of_strategies(settings)
    yield from _faults_of_filters("filters", "", settings.filters)
    yield from _faults_of_regimes(settings.regimes)
    yield from _faults_of_sizing("sizing", "", settings.sizing)
    yield from _faults_of_groups(settings.groups)
    yield from faults_of_levels("management.trailing_levels", "", settings.management.trailing_levels)
    yield from faults_of_partial_closes("management.partial_closes", "", settings.management.partial_closes)
    yield from faults_of_weights(settings.weights)
    yield from faults_of_leverage(settings.leverage)
    yield from faults_of_arms(settings.arms)
    yield from faults_of_venues(settings.venues)


Range = tuple[str, Decimal | float, Decimal | float, Decimal | float]
"""The name of a numeric setting, its value, and the least and the greatest value it may have."""

_TREND = (-1, 1)
_RATIO = (ZERO, Decimal(100))
_FLIPS: Mapping[str, tuple[Decimal | float, Decimal | float]] = {
    "minimum_confidence": (0, 1),
    "repeats": (0, 1_000),
    "hold_seconds": (0, 31_536_000),
    "cooldown_seconds": (0, 31_536_000),
    "loss_confidence": (0, 1),
    "cost_buffer": (ZERO, Decimal("0.5")),
}
_INTENTS: Mapping[str, tuple[Decimal | float, Decimal | float]] = {
    "reinforce_confidence": (0, 1),
    "noise_confidence": (0, 1),
    "additions": (0, 19),
    "addition_spacing": (ZERO, ONE),
    "addition_size": (Decimal("0.01"), ONE),
    "repeats": (0, 1_000),
    "repeat_seconds": (0, 31_536_000),
}
"""An exchange attaches a stop to each entry; Bybit allows 20 of them on one position."""
_OWN_BOUNDS: Mapping[str, tuple[Decimal | float, Decimal | float]] = {
    "minimum_trend": _TREND,
    "minimum_reward_to_risk": _RATIO,
    **{f"flips.{name}": bounds for name, bounds in _FLIPS.items()},
    **{f"intents.{name}": bounds for name, bounds in _INTENTS.items()},
    **{f"filters.{name}": bounds for name, bounds in BOUNDS.items()},
    **{f"sizing.{name}": bounds for name, bounds in SIZING_BOUNDS.items()},
    **{f"limits.{name}": bounds for name, bounds in LIMIT_BOUNDS.items()},
    **{f"models.{name}": bounds for name, bounds in MODEL_BOUNDS.items()},
    **{f"management.{name}": bounds for name, bounds in MANAGEMENT_BOUNDS.items()},
    **{f"book.{name}": bounds for name, bounds in BOOK_BOUNDS.items()},
}


def _out_of_range(where: str, of: str, found: Iterable[Range]) -> Iterator[str]:
    for name, value, low, high in found:
        if not is_within(value, low, high):
            yield f"{where}{'.' if where else ''}{name} = {value}{of} must be in {low} … {high}"


def _limits_of(one: StrategySettings) -> Iterator[Range]:
    for name, value in one.own_limits.items():
        if name in _OWN_BOUNDS and not isinstance(value, str | tuple):
            yield name, value, *_OWN_BOUNDS[name]


_LONGEST_ID = 100


def _is_id(text: str) -> bool:
    return text.isprintable() and text == text.strip() and len(text) <= _LONGEST_ID


def _misspelled(where: str, instruments: Iterable[str]) -> Iterator[str]:
    for name in instruments:
        if not is_instrument_id(name):
            yield f"{where}: {name!r} is not an instrument; spell it like BTCUSDT-LINEAR.BYBIT"


def _faults_of_strategies(settings: Settings) -> Iterator[str]:
    """Signals and positions carry the id of their instance, so every id must be unique."""
    for number, one in enumerate(settings.strategies):
        where = f"strategies.{number}"
        if not one.kind:
            yield f'{where}: no strategy is named; write name = "trend", or an id and strategy = "trend"'
        if not _is_id(one.instance):
            yield (
                f"{where}: an id is up to {_LONGEST_ID} visible characters with no blank at its ends, "
                f"not {one.instance[:100]!r}"
            )
        if one.interval and interval_of(one.interval) is None:
            yield (
                f"{where}.interval = {one.interval!r}{_of(one)} does not divide a day evenly; write it like 1m, 15m, "
                "1h or 1d"
            )
        yield from _misspelled(f"{where}.instruments{_of(one)}", one.instruments)
        yield from _out_of_range(where, _of(one), _limits_of(one))
        if one.filters is not None:
            yield from _faults_of_filters(
                f"{where}.filters", _of(one), with_own(settings.filters, one.filters)
            )
        if one.sizing is not None:
            yield from _faults_of_sizing(f"{where}.sizing", _of(one), settings.sizing_of(one.instance))
        if one.management is not None:
            own = one.management
            of, levels = f"{where}.management", own.trailing_levels or ()
            yield from faults_of_levels(f"{of}.trailing_levels", _of(one), levels)
            closes = own.partial_closes or ()
            yield from faults_of_partial_closes(f"{of}.partial_closes", _of(one), closes)
    count = Counter(settings.instances)
    twice = sorted(name for name, times in count.items() if times > 1)
    if twice:
        yield f"strategies: more than one has the id {', '.join(twice)}; give each an id of its own"
    if PERSON in count:
        yield f"strategies: none may have the id {PERSON}: that is the owner of what people enter"
    yield from _faults_of_orphans(settings.orphans, settings.instances)


def _faults_of_filters(where: str, of: str, filters: FilterSettings) -> Iterator[str]:
    """The faults of filters that are no numbers out of their range."""
    if filters.timeframe and interval_of(filters.timeframe) is None:
        yield (
            f"{where}.timeframe = {filters.timeframe!r}{of} does not divide a day evenly; write it like 15m, 1h or 1d"
        )
    if is_within(filters.value_area_candles, 1, 1):
        yield f"{where}.value_area_candles = 1{of} must be 0, which is off, or at least 2"
    if filters.value_area_candles and filters.minimum_place > filters.maximum_place:
        yield (
            f"{where}.minimum_place = {filters.minimum_place}{of} is above maximum_place = {filters.maximum_place}: no "
            "entry would have a place"
        )
    if filters.maximum_major_correlation and not filters.majors:
        yield (
            f"{where}.maximum_major_correlation = {filters.maximum_major_correlation}{of} has no instrument to compare "
            'with; name them, as in majors = ["BTCUSDT-LINEAR.BYBIT"]'
        )
    yield from _misspelled(f"{where}.majors{of}", filters.majors)


def _faults_of_sizing(where: str, of: str, sizing: SizingSettings) -> Iterator[str]:
    if sizing.rule is SizingRule.FIXED and sizing.quantity == 0:
        yield f"{where}.quantity = 0{of} must be above 0 where {where}.rule is FIXED"


def _faults_of_groups(groups: Groups) -> Iterator[str]:
    for name, members in groups.items():
        if not _GROUP.fullmatch(name):
            yield f"groups: {name[:100]!r} is no name of a group; use small letters, digits and _, as in layer1"
        for member in members:
            if not (_BASE.fullmatch(member) or is_instrument_id(member)):
                yield (
                    f"groups.{name}: {member[:100]!r} is neither a base currency, as ETH, nor an instrument, as "
                    "ETHUSDT-LINEAR.BYBIT"
                )


_GROUP = re.compile(r"[a-z0-9_]{1,64}")
_BASE = re.compile(r"[A-Z0-9]{1,30}")


def _faults_of_regimes(regimes: RegimeSettings) -> Iterator[str]:
    if regimes.interval and interval_of(regimes.interval) is None:
        yield (
            f"regimes.interval = {regimes.interval!r} does not divide a day evenly; write it like 15m, 1h or 1d"
        )
    for name in ("trend", "range", "volatile"):
        limits: RegimeLimits = getattr(regimes, name)
        found = (
            (one, value, *_REGIME_LIMITS[one]) for one, value in limits.given.items() if one in _REGIME_LIMITS
        )
        yield from _out_of_range(f"regimes.{name}", "", found)
        yield from faults_of_levels(f"regimes.{name}.trailing_levels", "", limits.trailing_levels or ())


_REGIME_LIMITS: Mapping[str, tuple[Decimal | float, Decimal | float]] = {
    "normal_confidence": (0, 1),
    "strict_confidence": (0, 1),
    "relaxed_confidence": (0, 1),
    "minimum_trend": _TREND,
    "minimum_reward_to_risk": _RATIO,
    "cooldown_seconds": (0, 31_536_000),
    "hold_seconds": _FLIPS["hold_seconds"],
    **{
        name: MANAGEMENT_BOUNDS[name]
        for name in (
            "break_even_at",
            "largest_loss",
            "time_limit_seconds",
            "early_profit",
            "early_loss",
            "early_seconds",
            "target_step",
            "reversal_signs",
        )
    },
}
"""The least and the greatest value of each limit of a regime that is a number."""


def _of(strategy: StrategySettings) -> str:
    """The strategy's id, because a number alone is hard to find in a long settings file."""
    return f" (id {strategy.instance})" if strategy.instance else ""


def _faults_of_orphans(orphans: OrphanSettings, instances: tuple[str, ...]) -> Iterator[str]:
    if orphans.rule is not OrphanRule.HAND_OVER:
        if orphans.to:
            yield (
                f"orphans.to = {orphans.to!r} together with orphans.rule = {orphans.rule}: only HAND_OVER has an "
                "heir; leave out orphans.to, or write rule = HAND_OVER"
            )
    elif orphans.to not in instances:
        yield (
            f"orphans.to = {orphans.to!r} is none of the strategies; name one that takes over: "
            f"{', '.join(instances) or 'none is configured'}"
        )


def ranges(settings: Settings) -> tuple[Range, ...]:
    """Every numeric setting: its name, its value, and the least and the greatest value it may have."""
    tiers, alpha, risk = settings.tiers, settings.alpha, settings.risk
    simulation, caps = settings.simulation, settings.caps
    return (
        ("tiers.normal_confidence", tiers.normal_confidence, 0, 1),
        ("tiers.strict_confidence", tiers.strict_confidence, 0, 1),
        ("tiers.relaxed_confidence", tiers.relaxed_confidence, 0, 1),
        ("tiers.window", tiers.window, 1, 10_000),
        ("tiers.strict_win_rate", tiers.strict_win_rate, 0, 1),
        ("tiers.strict_drawdown", tiers.strict_drawdown, 0, 1),
        ("tiers.strict_losses", tiers.strict_losses, 1, 1_000),
        ("tiers.relaxed_win_rate", tiers.relaxed_win_rate, 0, 1),
        ("tiers.relaxed_drawdown", tiers.relaxed_drawdown, 0, 1),
        ("alpha.minimum_trend", alpha.minimum_trend, *_TREND),
        ("alpha.minimum_reward_to_risk", alpha.minimum_reward_to_risk, *_RATIO),
        ("risk.max_positions", risk.max_positions, 0, 10_000),
        ("risk.max_positions_per_instrument", risk.max_positions_per_instrument, 0, 1),
        ("risk.max_risk_per_trade", risk.max_risk_per_trade, ZERO, ONE),
        ("risk.max_total_risk", risk.max_total_risk, ZERO, ONE),
        ("risk.max_daily_loss", risk.max_daily_loss, ZERO, ONE),
        ("risk.reserved_balance", risk.reserved_balance, ZERO, ONE),
        ("risk.cooldown_seconds", risk.cooldown_seconds, 0, 31_536_000),
        ("risk.freshness_seconds", risk.freshness_seconds, 0, 86_400),
        ("risk.win_rate_window", risk.win_rate_window, 1, 10_000),
        ("risk.minimum_win_rate", risk.minimum_win_rate, ZERO, ONE),
        *(
            (f"sizing.{name}", getattr(settings.sizing, name), *bounds)
            for name, bounds in SIZING_BOUNDS.items()
        ),
        ("simulation.slippage", simulation.slippage, ZERO, Decimal("0.005")),
        ("simulation.slippage_jitter", simulation.slippage_jitter, ZERO, ONE),
        ("simulation.volume_share", simulation.volume_share, Decimal("0.0001"), ONE),
        ("simulation.seed", simulation.seed, -(2**63) + 1, 2**63 - 1),
        ("simulation.latency_ms", simulation.latency_ms, 0, 3_600_000),
        ("order_freshness_seconds", settings.order_freshness_seconds, 1, 86_400),
        ("caps.max_notional", caps.max_notional, ZERO, Decimal(10**12)),
        ("caps.max_deviation", caps.max_deviation, ZERO, ONE),
        ("caps.max_orders_per_minute", caps.max_orders_per_minute, 0, 10_000),
        *((f"intents.{name}", getattr(settings.intents, name), *bounds) for name, bounds in _INTENTS.items()),
        *((f"flips.{name}", getattr(settings.flips, name), *bounds) for name, bounds in _FLIPS.items()),
        *((f"filters.{name}", getattr(settings.filters, name), *bounds) for name, bounds in BOUNDS.items()),
        *(
            (f"management.{name}", getattr(settings.management, name), *bounds)
            for name, bounds in MANAGEMENT_BOUNDS.items()
        ),
        *(
            (f"regimes.{name}", getattr(settings.regimes, name), *bounds)
            for name, bounds in REGIME_BOUNDS.items()
        ),
        *(
            (f"margin.{name}", getattr(settings.margin, name), *bounds)
            for name, bounds in MARGIN_BOUNDS.items()
        ),
        *(
            (f"limits.{name}", getattr(settings.limits, name), *bounds)
            for name, bounds in LIMIT_BOUNDS.items()
        ),
        *(
            (f"leverage.{name}", getattr(settings.leverage, name), *bounds)
            for name, bounds in LEVERAGE_BOUNDS.items()
        ),
        *(
            (f"models.{name}", getattr(settings.models, name), *bounds)
            for name, bounds in MODEL_BOUNDS.items()
        ),
        *((f"arms.{name}", getattr(settings.arms, name), *bounds) for name, bounds in ARM_BOUNDS.items()),
        *((f"book.{name}", getattr(settings.book, name), *bounds) for name, bounds in BOOK_BOUNDS.items()),
    )
