"""One envelope of every event, with a distinct value in every field: the expected result of reading the golden bytes.

Add a value here for each new field. `EARLIER` holds what bytes of older versions are decoded to, where that differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain.account import (
    AccountOpened,
    BalanceChanged,
    BalanceReason,
    DayClosed,
    DayOpened,
    FundsReleased,
    FundsReserved,
    KillSwitchReset,
    KillSwitchTripped,
    PersonalKeyForgotten,
)
from domain.arms.settings import ArmSettings
from domain.arms.split import Arm
from domain.book.book_read import BookRead
from domain.book.settings import BookSettings, OwnBookSettings
from domain.breaker import BreakerClosed, BreakerHalfOpened, BreakerOpened, CallFailed, Service
from domain.closing import CloseReason
from domain.direction import Direction, Purpose, Side
from domain.events import FULL_NAMES, Event, schema_version
from domain.filters.settings import FilterSettings, OwnFilterSettings
from domain.grid import Grid, GridEnd, GridLevel
from domain.held import HeldChange, SettingsHeld
from domain.instrument import Instrument, InstrumentListed, InstrumentRulesChanged, RulesOrigin
from domain.leverage.change import (
    LeverageChanged,
    LeverageChangeRefused,
    LeverageChangeRequested,
    LeverageChangeUnclear,
)
from domain.leverage.settings import LeverageSettings
from domain.limits.settings import GROUPS, LimitSettings, OnMissing, OwnLimitSettings
from domain.log import Envelope, Meta
from domain.managed import ManagedBy, PositionManaged, Rule
from domain.management.settings import ManagementSettings, OwnManagementSettings
from domain.manipulation import BookSide, ManipulationKind, ManipulationSuspected, WithdrawnWall
from domain.margin.settings import MarginSettings
from domain.mark import AccountMarked
from domain.market import Level, PriceSource
from domain.model import DriftFound, ModelPromoted, ModelRegistered, ModelRetired, ModelRole
from domain.models.score import Contribution
from domain.models.settings import ModelSettings, OwnModelSettings
from domain.moving import LogMoved
from domain.opening import LogOpened, Mode
from domain.order import (
    Liquidity,
    OrderAccepted,
    OrderAmended,
    OrderAmendRefused,
    OrderAmendRequested,
    OrderCancelled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderOutcomeUnknown,
    OrderOverfilled,
    OrderPlaced,
    OrderRejected,
    OrderSubmitted,
    OrderTriggered,
    OrderType,
)
from domain.pause import EntriesPaused, EntriesResumed
from domain.position import (
    PositionClosed,
    PositionCloseFailed,
    PositionCloseRetried,
    PositionCloseWithdrawn,
    PositionClosing,
    PositionFunded,
    PositionIncreased,
    PositionOpened,
    PositionOrphaned,
    PositionReduced,
    ProtectionMoved,
)
from domain.reconciliation import (
    DiscrepancyEnded,
    DiscrepancyFound,
    DiscrepancyResolved,
    ReconciliationBegun,
    ReconciliationEnded,
)
from domain.regime import Regime, RegimeChanged
from domain.regimes.settings import RegimeLimits, RegimeSettings
from domain.routed import RouteEnded, RouteOutcome, RouteReported, SignalRouted
from domain.scored import ScoreOutcome, SignalScored
from domain.settings import (
    AlphaSettings,
    CapSettings,
    ExternalRule,
    FlipSettings,
    IntentSettings,
    OnDailyLoss,
    OnKill,
    OnOpposite,
    OrphanRule,
    OrphanSettings,
    OwnFlipSettings,
    OwnIntentSettings,
    ReconciliationSettings,
    RiskSettings,
    Settings,
    SettingsChanged,
    SimulationSettings,
    StrategySettings,
    TierSettings,
)
from domain.signal import (
    Chamber,
    DecisionMade,
    GridEnded,
    ReversalDecided,
    SeriesEnded,
    SignalDetected,
    SignalIntent,
    Tier,
    Verdict,
    Vote,
)
from domain.sizing.settings import KellyFallback, OwnSizingSettings, SizingRule, SizingSettings
from domain.strategies import Intent
from domain.venues.choice import VenueCandidate, VenueChoice
from domain.venues.settings import VenueSettings
from domain.weights.scale import WeightScale
from domain.weights.settings import Weight, WeightSettings
from tests.replacing import replace

BTC = "BTCUSDT-LINEAR.BYBIT"
ORDER = "01hx3k9zq2m4c-e1"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_REGISTERED = ModelRegistered(
    name="main",
    sha256=_SHA256,
    feature_set="core.1",
    data_from=NOON - timedelta(days=90),
    data_until=NOON - timedelta(days=1),
    labels=1234,
    seed=7,
    metrics={"brier": 0.2315, "auc": 0.5625},
    reason="trained on the spring",
    passed_gate=True,
)

META = Meta(
    event_id=UUID("6f1f7a52-4a10-5d0c-9a44-5c2ab1f0e3d7"),
    stream=f"order-main-{ORDER}",
    version=4,
    correlation_id="01hx3k9zq2m4c",
    causation_id="b7a1c0de-0f0f-5e5e-8d8d-123456789abc",
    occurred_at=NOON,
    recorded_at=NOON + timedelta(microseconds=150_001),
    account="main",
    actor="engine",
    source="whence-test",
    schema_version=1,
)

_INSTRUMENT = Instrument(
    id=BTC,
    base="BTC",
    quote="USDT",
    tick=Decimal("0.10"),
    lot=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    max_quantity=Decimal(1190),
    min_notional=Decimal(5),
    maker_fee=Decimal("0.0002"),
    taker_fee=Decimal("0.00055"),
    max_leverage=Decimal(100),
    maintenance_margin=Decimal("0.005"),
)
_CHANGED_RULES = replace(_INSTRUMENT, tick=Decimal("0.5"), maker_fee=Decimal("-0.0001"))

_SETTINGS = Settings(
    strategies=(
        StrategySettings("trend", {"fast": "12", "slow": "26"}),
        StrategySettings(
            id="quick",
            strategy="breakout",
            instruments=(BTC,),
            interval="15m",
            minimum_trend=-0.75,
            minimum_reward_to_risk=Decimal("0.8"),
            flips=OwnFlipSettings(
                minimum_confidence=0.71,
                repeats=4,
                hold_seconds=77,
                cooldown_seconds=78,
                loss_confidence=0.91,
                cost_buffer=Decimal("0.0011"),
            ),
            intents=OwnIntentSettings(
                hold_series=False,
                reinforce_confidence=0.82,
                noise_confidence=0.22,
                additions=3,
                addition_spacing=Decimal("0.006"),
                addition_size=Decimal("0.6"),
                average_down=False,
                repeats=4,
                repeat_seconds=1201,
            ),
            filters=OwnFilterSettings(
                minimum_adx=22.5,
                minimum_di_difference=4.5,
                adx_period=16,
                timeframe="30m",
                timeframe_ema=32,
                value_area_candles=96,
                minimum_place=-2.5,
                maximum_place=3.5,
                minimum_pivot_distance=0.0025,
                maximum_correlation=0.75,
                maximum_major_correlation=0.9,
                correlation_candles=60,
                majors=("ETHUSDT-LINEAR.BYBIT",),
            ),
            sizing=OwnSizingSettings(
                rule=SizingRule.KELLY,
                quantity=Decimal("0.02"),
                percent=Decimal("0.3"),
                risk=Decimal("0.03"),
                cut_to_max_risk=False,
                kelly_window=90,
                kelly_multiplier=Decimal("0.3"),
                kelly_cap=Decimal("0.12"),
                kelly_fallback=KellyFallback.RISK,
                by_confidence=True,
            ),
            limits=OwnLimitSettings(strategy_losses=4, strategy_pause_seconds=7201),
            models=OwnModelSettings(minimum_confidence=0.7, maximum_risk=0.25, minimum_return=0.001),
            book=OwnBookSettings(required=False, stale_seconds=6, max_slippage_bps=Decimal("4.5")),
            management=OwnManagementSettings(
                trailing_levels=("0.01:0.005",),
                break_even_at=Decimal("0.011"),
                break_even_offset=Decimal("0.0003"),
                minimum_step=Decimal("0.002"),
                largest_loss=Decimal("0.03"),
                time_limit_seconds=3600,
                early_profit=Decimal("0.0031"),
                early_loss=Decimal("0.021"),
                early_seconds=61,
                target_activation=Decimal("0.012"),
                target_step=Decimal("0.0051"),
                target_acceleration=Decimal("1.6"),
                partial_closes=("0.011:0.4",),
                reversal_signs=4,
                reversal_window=6,
                reversal_cooldown_seconds=61,
                reversal_change=Decimal("0.0021"),
                reversal_closes=True,
                reversal_distance=Decimal("0.0051"),
                book_stop_at=Decimal("0.0011"),
                book_strong=Decimal("2.5"),
                book_behind=Decimal("0.00011"),
                book_distance=Decimal("0.00051"),
                book_exit_share=Decimal("0.51"),
                book_exit_distance=Decimal("0.00052"),
            ),
        ),
    ),
    tiers=TierSettings(
        normal_confidence=0.6,
        strict_confidence=0.7,
        relaxed_confidence=0.5,
        window=30,
        strict_win_rate=0.45,
        strict_drawdown=0.06,
        strict_losses=4,
        relaxed_win_rate=0.62,
        relaxed_drawdown=0.01,
    ),
    alpha=AlphaSettings(0.1, Decimal("1.5")),
    risk=RiskSettings(
        allowed=(BTC,),
        max_positions=3,
        max_positions_per_instrument=0,
        max_risk_per_trade=Decimal("0.01"),
        max_total_risk=Decimal("0.06"),
        max_daily_loss=Decimal("0.03"),
        reserved_balance=Decimal("0.2"),
        cooldown_seconds=600,
        freshness_seconds=20,
        win_rate_window=40,
        minimum_win_rate=Decimal("0.4"),
        on_kill=OnKill.CLOSE,
        on_daily_loss=OnDailyLoss.TRIP,
    ),
    sizing=SizingSettings(
        rule=SizingRule.FIXED,
        quantity=Decimal("0.01"),
        percent=Decimal("0.2"),
        risk=Decimal("0.02"),
        cut_to_max_risk=True,
        kelly_window=80,
        kelly_multiplier=Decimal("0.4"),
        kelly_cap=Decimal("0.15"),
        kelly_fallback=KellyFallback.SKIP,
        by_confidence=True,
    ),
    simulation=SimulationSettings(
        slippage=Decimal("0.0001"),
        slippage_jitter=Decimal("0.25"),
        volume_share=Decimal("0.05"),
        latency_ms=90,
        seed=42,
    ),
    order_freshness_seconds=45,
    paused=("breakout",),
    reverse_others=True,
    orphans=OrphanSettings(OrphanRule.HAND_OVER, "quick"),
    caps=CapSettings(max_notional=Decimal(20_000), max_deviation=Decimal("0.02"), max_orders_per_minute=12),
    reconciliation=ReconciliationSettings(
        external_orders=ExternalRule.ADOPT, external_positions=ExternalRule.ADOPT
    ),
    on_opposite=OnOpposite.REVERSE,
    intents=IntentSettings(
        hold_series=True,
        reinforce_confidence=0.81,
        noise_confidence=0.21,
        additions=2,
        addition_spacing=Decimal("0.004"),
        addition_size=Decimal("0.5"),
        average_down=True,
        repeats=3,
        repeat_seconds=1200,
    ),
    flips=FlipSettings(
        minimum_confidence=0.72,
        repeats=3,
        hold_seconds=61,
        cooldown_seconds=62,
        loss_confidence=0.92,
        cost_buffer=Decimal("0.0012"),
    ),
    filters=FilterSettings(
        minimum_adx=21.5,
        minimum_di_difference=3.5,
        adx_period=15,
        timeframe="1h",
        timeframe_ema=31,
        value_area_candles=288,
        minimum_place=-1.5,
        maximum_place=2.5,
        minimum_pivot_distance=0.0015,
        maximum_correlation=0.85,
        maximum_major_correlation=0.95,
        correlation_candles=120,
        majors=(BTC,),
    ),
    regimes=RegimeSettings(
        confirmations=4,
        interval="2h",
        period=15,
        efficiency_period=21,
        minimum_adx=26.5,
        minimum_efficiency=0.35,
        volatile_percentile=0.85,
        volatile_window=150,
        trend=RegimeLimits(normal_confidence=0.51, strict_confidence=0.61, relaxed_confidence=0.41),
        range=RegimeLimits(minimum_trend=-0.5, minimum_reward_to_risk=Decimal("1.6")),
        volatile=RegimeLimits(
            cooldown_seconds=1200,
            hold_seconds=1300,
            trailing_levels=("0.03:0.02",),
            break_even_at=Decimal("0.015"),
            largest_loss=Decimal("0.025"),
            time_limit_seconds=7200,
            early_profit=Decimal("0.004"),
            early_loss=Decimal("0.015"),
            early_seconds=30,
            target_step=Decimal("0.006"),
            reversal_signs=2,
        ),
    ),
    management=ManagementSettings(
        trailing_levels=("0.02:0.01", "0.05:0.015"),
        break_even_at=Decimal("0.01"),
        break_even_offset=Decimal("0.0002"),
        minimum_step=Decimal("0.001"),
        largest_loss=Decimal("0.02"),
        time_limit_seconds=86_400,
        early_profit=Decimal("0.003"),
        early_loss=Decimal("0.02"),
        early_seconds=60,
        target_activation=Decimal("0.011"),
        target_step=Decimal("0.005"),
        target_acceleration=Decimal("1.4"),
        partial_closes=("0.01:0.5", "0.02:0.25"),
        reversal_signs=3,
        reversal_window=4,
        reversal_cooldown_seconds=120,
        reversal_change=Decimal("0.003"),
        reversal_closes=True,
        reversal_distance=Decimal("0.004"),
        book_stop_at=Decimal("0.001"),
        book_strong=Decimal(4),
        book_behind=Decimal("0.0002"),
        book_distance=Decimal("0.0004"),
        book_exit_share=Decimal("0.5"),
        book_exit_distance=Decimal("0.0003"),
    ),
    margin=MarginSettings(
        max_in_use=Decimal("0.6"), max_per_position=Decimal("0.35"), liquidation_distance=Decimal("0.01")
    ),
    groups={"majors": ("BTC", "ETHUSDT-LINEAR.BYBIT")},
    limits=LimitSettings(
        max_group_positions=3,
        max_correlated_positions=4,
        correlation=0.75,
        correlation_hours=100,
        on_missing_correlation=OnMissing.NOTE,
        account_losses=6,
        account_pause_seconds=7200,
        strategy_losses=5,
        strategy_pause_seconds=3600,
    ),
    weights=WeightSettings(
        scales=WeightScale.CONFIDENCE,
        table=(
            Weight(strategy="trend", instrument=BTC, regime="RANGE", weight=Decimal("0.35")),
            Weight(strategy="breakout-fast", weight=Decimal("1.85")),
        ),
    ),
    leverage=LeverageSettings(
        confirmations=3, interval="1h", period=20, steps=("0:25", "0.02:8"), least_seconds=7200
    ),
    models=ModelSettings(minimum_confidence=0.66, maximum_risk=0.29, minimum_return=0.0005),
    arms=ArmSettings(share=0.5, policy=5, challenger="b" * 64),
    book=BookSettings(
        required=True, levels=40, readings_per_second=5, stale_seconds=5, max_slippage_bps=Decimal("7.5")
    ),
    venues=VenueSettings(equal=(f"{BTC}=XBTUSDT-LINEAR.BYBIT",), elsewhere=("XBTUSDT-LINEAR.BYBIT=0.0005",)),
)


_OPENED = LogOpened(
    log_id=UUID("00112233-4455-6677-8899-aabbccddeeff"),
    mode=Mode.TAPE,
    tape="BTCUSDT_5m.csv",
    synthetic=True,
    simulator=3,
)

_DETECTED = SignalDetected(
    strategy="trend",
    instrument=BTC,
    interval_seconds=300,
    candle_closed_at=NOON,
    direction=Direction.SHORT,
    intent=Intent.EXIT,
    confidence=0.7,
    trend=-0.25,
    price=Decimal("43210.5"),
    stop=Decimal("43655.125"),
    target=Decimal("42321.25"),
    inputs={"ema_fast": 43190.062, "adx": 27.5},
    grid=Grid(
        levels=(
            GridLevel(Decimal("43300.5"), Decimal("43210.5")),
            GridLevel(Decimal("43390.5"), Decimal("43300.5")),
        ),
        rounds=20,
        lifetime_seconds=86_400,
    ),
    book=BookRead(
        at=NOON,
        update_id=177_400_507,
        why="a delta is missing",
        bids=(Level(Decimal("43210.4"), Decimal("0.125")),),
        asks=(Level(Decimal("43210.5"), Decimal("1.5")), Level(Decimal("43210.6"), Decimal(2))),
    ),
    venue=VenueChoice(
        proposed="XBTUSDT-LINEAR.BYBIT",
        price=Decimal("43212.1"),
        stop=Decimal("43656.741"),
        target=Decimal("42322.817"),
        candidates=(
            VenueCandidate(
                instrument="XBTUSDT-LINEAR.BYBIT",
                book_at=NOON,
                update_id=9_204_417_733_021,
                quantity=Decimal("0.051"),
                middle=Decimal("43212.05"),
                vwap=Decimal("43211.9"),
                taker_fee=Decimal("0.00055"),
                cost_bps=Decimal("11.0347"),
            ),
            VenueCandidate(instrument=BTC, why="BOOK_STALE"),
        ),
    ),
)

_EVENTS: tuple[Event, ...] = (
    _OPENED,
    LogMoved(
        storage="SQLite storage copy-7a0e4f0c-6a39-4c1e-9d83-1f0f3b1f6f55",
        address="sqlite:///copy.db",
        source="SQLite storage 2a5f9b2e-41a8-4a55-8d6f-0a4be0a4f0aa",
        source_lost=True,
    ),
    _DETECTED,
    DecisionMade(
        verdict=Verdict.ENTER,
        reasons=("confidence 0.70 is over 0.65", "Grund genug: größer als verlangt"),
        votes=(
            Vote(
                member="confidence",
                chamber=Chamber.ALPHA,
                approves=True,
                reasons=(),
                figures={"threshold": "0.65", "limit": "3"},
            ),
            Vote(member="reconciliation", chamber=Chamber.RISK, approves=True, reasons=(), figures={}),
            Vote(
                member="total_risk",
                chamber=Chamber.RISK,
                approves=False,
                reasons=("too much", "at risk"),
                figures={"limit": "600", "threshold": "0.65", "größe": ""},
            ),
        ),
        tier=Tier.STRICT,
        quantity=Decimal("0.125"),
        stop=Decimal("43655.1"),
        target=Decimal("42321.3"),
        policy_version=2,
        settings_version=3,
        arm=Arm.B,
    ),
    ReversalDecided(
        verdict=Verdict.ENTER,
        reasons=("ALL_APPROVE",),
        price=Decimal("43210.5"),
        fresh_until=datetime(2024, 3, 1, 12, 0, 59, 850_000, tzinfo=UTC),
        policy_version=6,
        settings_version=3,
        quantity=Decimal("0.024"),
    ),
    SeriesEnded(
        strategy="trend",
        instrument=BTC,
        direction=Direction.SHORT,
        intent=SignalIntent.HOLD,
        position="BTCUSDT-LINEAR.BYBIT-SHORT-2",
        count=3,
        first_at=NOON,
        last_at=NOON + timedelta(minutes=20),
    ),
    GridEnded(GridEnd.STOP),
    SignalRouted(
        instrument="BTCUSDT-LINEAR.BINANCE",
        direction=Direction.LONG,
        intent=Intent.ENTER,
        price=Decimal("43655.1"),
        stop=Decimal(42000),
        target=Decimal("47000.5"),
    ),
    RouteReported(outcome=RouteOutcome.TAKEN, signal="01hx3k9zq2m4c", reasons=("ALL_APPROVE",)),
    RouteEnded("that machine is gone; its account is flat"),
    OrderPlaced(
        instrument=BTC,
        side=Side.SELL,
        type=OrderType.STOP,
        quantity=Decimal("0.125"),
        limit_price=None,
        trigger_price=Decimal("43655.1"),
        reduce_only=True,
        purpose=Purpose.STOP,
        parent=ORDER,
        fresh_until=NOON + timedelta(minutes=1),
    ),
    OrderSubmitted("8a1f"),
    OrderAccepted("8a1f"),
    OrderTriggered(Decimal("43655.1")),
    OrderFilled(
        execution_id=f"{ORDER}/1",
        price=Decimal("43210.55"),
        quantity=Decimal("0.125"),
        fee=Decimal("-2.97072531"),
        fee_currency="USDT",
        liquidity=Liquidity.MAKER,
    ),
    OrderOverfilled(Decimal("0.001")),
    OrderCancelRequested("the signal turned"),
    OrderCancelRefused("too late to cancel"),
    OrderCancelled("asked for"),
    OrderAmendRequested(Decimal("0.1"), Decimal(43000), None),
    OrderAmended(Decimal("0.1"), None, Decimal("43001.5")),
    OrderAmendRefused("not modified"),
    OrderRejected("insufficient balance"),
    OrderExpired("not fresh any more"),
    OrderDenied("the kill switch is tripped"),
    OrderOutcomeUnknown("no answer within 5 s"),
    PositionOpened(
        instrument=BTC,
        direction=Direction.LONG,
        order_id=ORDER,
        quantity=Decimal("0.125"),
        price=Decimal("43210.55"),
        cost=Decimal("5401.31875"),
        fee=Decimal("2.9707253125"),
        stop=Decimal(42900),
        target=None,
    ),
    PositionIncreased(
        order_id=ORDER,
        quantity=Decimal("0.1"),
        price=Decimal(43000),
        cost=Decimal(4300),
        fee=Decimal("2.365"),
    ),
    PositionReduced(
        order_id=ORDER,
        quantity=Decimal("0.1"),
        price=Decimal(43500),
        released=Decimal("4310.5"),
        realised=Decimal("39.5"),
        fee=Decimal("2.3925"),
    ),
    PositionFunded(Decimal("-0.432")),
    ProtectionMoved(Decimal(43100), Decimal(44000)),
    PositionOrphaned("trend-fast", "trend-slow"),
    PositionManaged(
        rule=Rule.TRAILING_STOP,
        action=ManagedBy.MOVE_STOP,
        rules_version=1,
        stop_before=Decimal(43100),
        target_before=Decimal(44000),
        stop=Decimal("43650.5"),
        target=Decimal("44100.5"),
        close_reason=CloseReason.TIME_LIMIT,
        price=Decimal("43990.25"),
        price_source=PriceSource.QUOTE,
        price_at=NOON,
        profit=Decimal("0.02071113"),
        regime=Regime.TREND,
        figures={"from_profit": "0.02", "distance": "0.01"},
        close_price=Decimal("43990.1"),
        quantity=Decimal("0.05"),
        levels=1,
    ),
    PositionClosing(CloseReason.KILL_SWITCH, "01hx3k9zq2m4c", "01hx3k9zq2m4c-x"),
    PositionCloseFailed(order_id=ORDER, attempt=2, remaining=Decimal("0.0625"), retry_at=NOON),
    PositionCloseRetried(3),
    PositionCloseWithdrawn("kept for the weekend"),
    PositionClosed(
        order_id=ORDER,
        quantity=Decimal("0.125"),
        price=Decimal(44000),
        released=Decimal("5401.31875"),
        realised=Decimal("98.68125"),
        fee=Decimal("3.025"),
        reason=Purpose.TARGET,
        opened_at=NOON - timedelta(hours=2),
        gross=Decimal("138.18125"),
        fees=Decimal("10.7532253125"),
        funding=Decimal("-0.432"),
        net=Decimal("126.9960246875"),
        balance=Decimal("10126.9960246875"),
    ),
    AccountOpened("USDT", Decimal("10000.00"), Decimal(5)),
    FundsReserved(ORDER, Decimal("1083.2")),
    FundsReleased(ORDER, Decimal("1083.2")),
    BalanceChanged(BalanceReason.TRANSFER, Decimal("-0.432"), Decimal("9999.568")),
    DayOpened("2026-03-01", Decimal("10000.00")),
    DayClosed("2026-03-01", Decimal("10126.5"), Decimal("126.5")),
    KillSwitchTripped("daily loss", ("position-main-BTCUSDT-LINEAR.BYBIT-LONG-1",), ("abc-e1",)),
    KillSwitchReset("looked into it"),
    PersonalKeyForgotten("0123456789abcdef", "she has left"),
    AccountMarked(
        hour=NOON,
        balance=Decimal("9998.35"),
        unrealised=Decimal("-630.00"),
        equity=Decimal("9368.35"),
        low=Decimal("9368.35"),
        high=Decimal("10000.00"),
        worst=Decimal("9338.35"),
        candles=1042,
        candle_hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        hash_algorithm="sha256-hourly/1",
    ),
    InstrumentListed(_INSTRUMENT, RulesOrigin("Bybit v5 instruments-info", NOON, guessed=False)),
    InstrumentRulesChanged(_CHANGED_RULES, RulesOrigin("the tape", None, guessed=True)),
    RegimeChanged(
        instrument=BTC,
        interval_seconds=3600,
        candle_closed_at=NOON,
        regime=Regime.VOLATILE,
        before=Regime.TREND,
        candles=3,
        adx=31.25,
        efficiency=0.41,
        atr_share=0.0125,
        percentile=0.955,
    ),
    ManipulationSuspected(
        instrument=BTC,
        episode="LAYERING-ASK-1750000000000",
        kind=ManipulationKind.LAYERING,
        side=BookSide.ASK,
        score=0.875,
        lowest=Decimal("64010.5"),
        highest=Decimal("64012.1"),
        first_at=NOON,
        last_at=NOON + timedelta(milliseconds=700),
        update_id=18521288,
        walls=(
            WithdrawnWall(
                price=Decimal("64012.1"),
                size=Decimal("12.5"),
                multiple=4.25,
                distance=8.5,
                placed_at=NOON,
                withdrawn_at=NOON + timedelta(milliseconds=700),
                away=0.75,
                score=0.625,
            ),
        ),
    ),
    LeverageChangeRequested(
        instrument=BTC,
        leverage=Decimal(10),
        before=Decimal(20),
        step_leverage=Decimal(10),
        from_volatility=Decimal("0.015"),
        volatility=0.0175,
        candles=3,
        interval_seconds=3600,
        candle_closed_at=NOON,
    ),
    LeverageChanged(BTC, Decimal(10), Decimal(20)),
    LeverageChangeRefused(BTC, Decimal(10), Decimal(20), "leverage must be from 1 to 5"),
    LeverageChangeUnclear(BTC, Decimal(10), Decimal(20), "no response within 10 s"),
    SettingsChanged(2, _SETTINGS, "breakout trades against the news"),
    SettingsHeld(
        (
            HeldChange(
                name="risk.max_positions",
                before="3",
                after="5",
                by="eve",
                since=NOON,
                reason="the limit is too tight for four symbols",
                closes=2,
            ),
        ),
        "the limit is too tight for four symbols",
    ),
    DiscrepancyFound("d-1", ORDER, "filled 0.125 at 43210.55"),
    DiscrepancyResolved("d-1", "taken up as a fill"),
    DiscrepancyEnded("d-1"),
    ReconciliationBegun("the engine starts"),
    ReconciliationEnded(3, 1),
    CallFailed(Service.ORDERS, NOON, "no response within 10 s"),
    BreakerOpened(Service.ORDERS, NOON, 5, "no response within 10 s"),
    BreakerHalfOpened(Service.QUERIES, NOON),
    BreakerClosed(Service.MARKET_DATA, NOON),
    EntriesPaused(
        owner="trend",
        losses=2,
        net=Decimal("-31.25"),
        positions=(f"position-main-{BTC}-LONG-1", f"position-main-{BTC}-SHORT-1"),
        until=NOON,
    ),
    EntriesResumed("trend", "the stops were too near"),
    _REGISTERED,
    ModelPromoted(
        name="main",
        sha256=_SHA256,
        role=ModelRole.CHALLENGER,
        reason="better beyond luck",
        rule="gate.1",
        replaced="5e" * 32,
    ),
    ModelRetired(name="main", sha256=_SHA256, reason="its features have drifted", rule="drift.1"),
    DriftFound(
        name="main",
        sha256=_SHA256,
        subject="adx",
        test="PSI",
        statistic=0.3125,
        limit=0.25,
        count=500,
        begin=NOON - timedelta(days=7),
        end=NOON,
        reason="the hourly test",
    ),
    SignalScored(
        model=_SHA256,
        name="main",
        role=ModelRole.CHAMPION,
        feature_set="core.1",
        values=(0.0125, None, -1.5),
        outcome=ScoreOutcome.OK,
        detail="scored again",
        confidence=0.671234,
        risk=0.213456,
        expected_return=0.001875,
        stands_on=("boosting", "forest"),
        reasons=(Contribution("gain_24h", 0.0125, 0.041), Contribution("volume_ratio", None, -0.0175)),
    ),
)


def _enveloped(event: Event) -> Envelope:
    return Envelope(replace(META, schema_version=schema_version(type(event))), event)


SAMPLES: Mapping[str, Envelope] = {FULL_NAMES[type(event)]: _enveloped(event) for event in _EVENTS}
"""The sample of each event, by the event's full name."""

_BOOK_RULES = (
    "book_stop_at",
    "book_strong",
    "book_behind",
    "book_distance",
    "book_exit_share",
    "book_exit_distance",
)
_WITHOUT_BOOKS = {name: getattr(ManagementSettings(), name) for name in _BOOK_RULES}
_WITHOUT_OWN_BOOKS = dict.fromkeys(_BOOK_RULES)
_BEFORE_15 = replace(_SETTINGS, venues=replace(_SETTINGS.venues, elsewhere=()))
_BEFORE_14 = replace(
    _SETTINGS,
    book=BookSettings(),
    venues=VenueSettings(),
    sizing=replace(_SETTINGS.sizing, by_confidence=False),
    management=replace(_SETTINGS.management, **_WITHOUT_BOOKS),
    strategies=tuple(
        replace(
            one,
            book=None,
            sizing=None if one.sizing is None else replace(one.sizing, by_confidence=None),
            management=None if one.management is None else replace(one.management, **_WITHOUT_OWN_BOOKS),
        )
        for one in _SETTINGS.strategies
    ),
)
_BEFORE_13 = replace(_BEFORE_14, arms=ArmSettings())
_BEFORE_12 = replace(
    _BEFORE_13,
    leverage=LeverageSettings(),
    models=ModelSettings(),
    strategies=tuple(replace(one, models=None) for one in _BEFORE_13.strategies),
)
_BEFORE_11 = replace(
    _BEFORE_12,
    sizing=SizingSettings(
        rule=SizingRule.FIXED, quantity=Decimal("0.01"), percent=Decimal("0.2"), risk=Decimal("0.02")
    ),
    margin=MarginSettings(),
    groups=GROUPS,
    limits=LimitSettings(),
    management=ManagementSettings(),
    weights=WeightSettings(),
    regimes=replace(_SETTINGS.regimes, volatile=RegimeLimits(cooldown_seconds=1200, hold_seconds=1300)),
    strategies=tuple(
        replace(one, sizing=None, limits=None, management=None) for one in _BEFORE_12.strategies
    ),
)
_WITHOUT_ADDITIONS = replace(
    _BEFORE_11,
    filters=FilterSettings(),
    regimes=RegimeSettings(),
    intents=IntentSettings(hold_series=True, reinforce_confidence=0.81, noise_confidence=0.21),
    strategies=tuple(replace(one, intents=None, filters=None) for one in _BEFORE_11.strategies),
)
_WITHOUT_OWN_LIMITS = replace(
    _WITHOUT_ADDITIONS,
    flips=FlipSettings(),
    intents=IntentSettings(),
    strategies=tuple(
        replace(one, minimum_trend=None, minimum_reward_to_risk=None, flips=None)
        for one in _WITHOUT_ADDITIONS.strategies
    ),
)
_CLOSING = replace(_WITHOUT_OWN_LIMITS, on_opposite=OnOpposite.CLOSE)
_REPORTING = replace(_CLOSING, reconciliation=ReconciliationSettings())
_UNCAPPED = replace(
    _REPORTING, risk=replace(_REPORTING.risk, on_daily_loss=OnDailyLoss.REFUSE), caps=CapSettings()
)
_HELD_AFTER_A_TRIP = replace(_UNCAPPED, risk=replace(_UNCAPPED.risk, on_kill=OnKill.HOLD))
_ONE_OF_A_KIND = replace(
    _HELD_AFTER_A_TRIP,
    strategies=(StrategySettings("trend", {"fast": "12", "slow": "26"}), StrategySettings("breakout")),
    reverse_others=False,
    orphans=OrphanSettings(),
)
_STEADY = replace(_SETTINGS.simulation, slippage_jitter=SimulationSettings().slippage_jitter)
_UNBROKEN = replace(
    _ONE_OF_A_KIND,
    risk=replace(
        _HELD_AFTER_A_TRIP.risk,
        win_rate_window=RiskSettings().win_rate_window,
        minimum_win_rate=Decimal(0),
    ),
    paused=(),
)
_DECISION = SAMPLES["whence.signal.DecisionMade"].event
_REVERSAL = SAMPLES["whence.signal.ReversalDecided"].event

EARLIER: Mapping[tuple[str, int], Event] = {
    ("whence.account.BalanceChanged", 1): BalanceChanged(
        BalanceReason.FUNDING, Decimal("-0.432"), Decimal("9999.568")
    ),
    ("whence.account.KillSwitchTripped", 1): KillSwitchTripped("daily loss"),
    ("whence.instrument.InstrumentListed", 1): InstrumentListed(_INSTRUMENT),
    ("whence.instrument.InstrumentRulesChanged", 1): InstrumentRulesChanged(_CHANGED_RULES),
    ("whence.model.ModelRegistered", 1): replace(_REGISTERED, passed_gate=None),
    ("whence.log.LogOpened", 1): replace(_OPENED, simulator=1),
    ("whence.signal.DecisionMade", 2): replace(_DECISION, arm=Arm.NONE),
    ("whence.signal.DecisionMade", 3): replace(_DECISION, arm=Arm.NONE),
    ("whence.signal.DecisionMade", 1): replace(
        _DECISION,
        arm=Arm.NONE,
        votes=(
            Vote(
                member="confidence",
                chamber=Chamber.ALPHA,
                approves=True,
                reasons=(),
                figures={"threshold": "0.65"},
            ),
            Vote(
                member="total_risk",
                chamber=Chamber.RISK,
                approves=False,
                reasons=("too much", "at risk"),
                figures={},
            ),
        ),
    ),
    ("whence.signal.ReversalDecided", 1): replace(_REVERSAL, quantity=None),
    ("whence.signal.SignalDetected", 1): replace(_DETECTED, grid=None, book=None, venue=None),
    ("whence.signal.SignalDetected", 2): replace(_DETECTED, grid=None, book=None, venue=None),
    ("whence.signal.SignalDetected", 3): replace(_DETECTED, book=None, venue=None),
    ("whence.settings.SettingsChanged", 1): SettingsChanged(2, replace(_UNBROKEN, simulation=_STEADY)),
    ("whence.settings.SettingsChanged", 2): SettingsChanged(2, _UNBROKEN),
    ("whence.settings.SettingsChanged", 3): SettingsChanged(
        2, _ONE_OF_A_KIND, "breakout trades against the news"
    ),
    ("whence.settings.SettingsChanged", 4): SettingsChanged(
        2, _HELD_AFTER_A_TRIP, "breakout trades against the news"
    ),
    ("whence.settings.SettingsChanged", 5): SettingsChanged(2, _UNCAPPED, "breakout trades against the news"),
    ("whence.settings.SettingsChanged", 6): SettingsChanged(
        2, _REPORTING, "breakout trades against the news"
    ),
    ("whence.settings.SettingsChanged", 7): SettingsChanged(2, _CLOSING, "breakout trades against the news"),
    ("whence.settings.SettingsChanged", 8): SettingsChanged(
        2, _WITHOUT_OWN_LIMITS, "breakout trades against the news"
    ),
    ("whence.settings.SettingsChanged", 9): SettingsChanged(
        2, _WITHOUT_ADDITIONS, "breakout trades against the news"
    ),
    ("whence.settings.SettingsChanged", 10): SettingsChanged(
        2, _BEFORE_11, "breakout trades against the news"
    ),
    ("whence.settings.SettingsChanged", 11): SettingsChanged(
        2, _BEFORE_12, "breakout trades against the news"
    ),
    ("whence.settings.SettingsChanged", 12): SettingsChanged(
        2, _BEFORE_13, "breakout trades against the news"
    ),
    ("whence.settings.SettingsChanged", 14): SettingsChanged(
        2, _BEFORE_15, "breakout trades against the news"
    ),
    ("whence.settings.SettingsChanged", 13): SettingsChanged(
        2, _BEFORE_14, "breakout trades against the news"
    ),
    ("whence.settings.SettingsHeld", 1): SettingsHeld(
        (
            HeldChange(
                name="risk.max_positions",
                before="3",
                after="5",
                by="engine",
                since=NOON,
                reason="the limit is too tight for four symbols",
            ),
        ),
        "the limit is too tight for four symbols",
    ),
}
"""By full name and version: the event that older bytes are decoded to, where it differs from the current sample."""


def expected(name: str, version: int) -> Envelope:
    """The envelope that the golden bytes of one version of one event must be decoded to."""
    today = SAMPLES[name]
    event = EARLIER.get((name, version), today.event)
    return Envelope(replace(today.meta, schema_version=version), event)
