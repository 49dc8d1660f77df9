"""Every setting of `whence.toml`: its key, default, range and meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel

from adapters.signals.settings import SignalSettings
from adapters.telegram.settings import TelegramSettings
from domain.settings import Settings, ranges
from infra.alerts import AlertSettings
from infra.backup_settings import BackupTable
from infra.book_view import BookViewSettings
from infra.model_settings import ModelsTable

_OF_REGIMES: Mapping[str, str] = {
    "normal_confidence": "confidence that a signal needs in tier NORMAL",
    "strict_confidence": "confidence that a signal needs in tier STRICT",
    "relaxed_confidence": "confidence that a signal needs in tier RELAXED",
    "minimum_trend": "least trend in the signal's direction",
    "minimum_reward_to_risk": "least ratio of reward to risk, after fees",
    "cooldown_seconds": "pause after a losing position",
    "hold_seconds": "time for which a position is held before a flip",
    "trailing_levels": "levels of the trailing stop, as profit:distance",
    "break_even_at": "profit from which on the stop is at break-even, a fraction",
    "largest_loss": "loss at which a position is closed, a fraction",
    "time_limit_seconds": "time after which a position is closed",
    "early_profit": "net profit at which a position is closed before its target, a fraction",
    "early_loss": "net loss at which a position is closed, a fraction",
    "early_seconds": "time before which it is not closed early",
    "target_step": "first move of a trailing target, a fraction",
    "reversal_signs": "signs against a position that are a reversal",
}

MEANINGS: Mapping[str, str] = {
    "log": "Address of the log: sqlite:///PATH, kafka://HOST:PORT/TOPIC or postgresql://…",
    "store": "Address of read models and tokens; empty: a file beside the log",
    "account": "Name of the account: lower-case letters and digits",
    "starting_balance": "Balance that the account is opened with, in quote currency",
    "leverage": "Largest size of a position as a multiple of its margin",
    "index": "Folder of the disposable index of a log on Kafka; empty: the user's cache folder",
    "keys": "Folder of this installation's keys; empty: the folder `keys` of the user's data",
    "tracing": "Whether a span for every event is sent by OTLP",
    "inputs_at_rest": "Whether a run in a market at rest keeps its inputs for `whence replay`; live runs always do",
    "order_entry": "How a live run sends orders: REST, or WEBSOCKET with REST where its socket is not connected",
    "book_kind": "How order books are kept: plain, fast (extra `fast`), or auto: fast where it is installed",
    "book_source": "Whose readings of order books the engine takes: feed, of this process, or topic, of publishers",
    "routes": "Other engines, to which entries are routed that are cheapest there (docs/venues.md)",
    "inputs_days": "Days after which inputs of an ended session are removed once a snapshot replaces them; 0: never",
    "recordings_days": "Days with rows that `whence record` keeps in its folder, the newest; 0: all",
    "recordings_gib": "GiB that `whence record` keeps in its folder, less the oldest days; 0: all",
    "seal_personal": "Whether names and reasons of people are encrypted before they are recorded (docs/privacy.md)",
    "pulse": "File that a live engine touches while it trades, for probes (docs/deploy.md); empty: none",
    "reload": "Whether a live run takes in changes of whence.toml while it trades (docs/settings.md)",
    "kafka": "Properties of librdkafka, by their own names, as sasl.username",
    "registry": "Properties of the schema registry's client; `url` is its address",
    "instruments": "File of imported trading rules; empty: whence-instruments.json where it exists",
    "secrets": "Where an exchange's key is: a folder, keyring:SERVICE, vault:https://…; empty: the environment",
    "backup.place": "Where backups are: a folder, or s3://BUCKET/PREFIX (docs/backup.md); empty: named by each command",
    "backup.endpoint": "Address of an object store that is not of AWS; empty: AWS",
    "backup.region": "Region of the bucket",
    "backup.keep_days": "Days for which a backup is kept at least; 0: for ever. Events of a log are never removed",
    "backup.keep_least": "Newest backups that are kept whatever their age",
    "backup.segment_events": "Events in one file of a backup",
    "alerts.level": "Least urgent alerts that are sent",
    "alerts.webhook": "URL that alerts are posted to; empty: none",
    "alerts.secret": "Key that signs the webhook's messages",
    "alerts.command": "Program that receives alerts on its standard input; empty: none",
    "alerts.repeat_minutes": "Time between two messages of an alert that nobody acknowledged; 0: sent once",
    "alerts.heartbeat": "URL that is requested while the program is ready; empty: none",
    "alerts.heartbeat_seconds": "Time between two requests of the heartbeat",
    "book_view.shown": "Whether the API reads public order books for those who look at them",
    "book_view.most": "The most books that are read at the same time",
    "book_view.depth": "Levels of Bybit's books: 1, 50, 200 or 1000",
    "book_view.testnet": "Bybit's testnet instead of Bybit",
    "book_view.bybit_address": "Another address than Bybit's own, as that of `whence venue`",
    "book_view.binance_address": "Another address than Binance's own",
    "alerts.telegram": "Whether alerts are kept for the bot of `whence telegram`, which reads them from the API",
    "telegram.api": "Address of GraphQL of `whence api`, or of an engine with it (docs/telegram.md)",
    "telegram.bot_api": "Address of Telegram's Bot API",
    "telegram.mode": "POLL: the bot asks for updates; WEBHOOK: Telegram sends them",
    "telegram.webhook.url": "Public URL to which Telegram sends updates; empty: none",
    "telegram.webhook.host": "Address on which the bot listens for them",
    "telegram.webhook.port": "Port on which the bot listens for them",
    "telegram.refresh_seconds": "Time between two looks at a live screen",
    "telegram.state": "File of what the bot has sent",
    "telegram.report_hour": "Hour (UTC) at which the report of the day before is sent; -1: none",
    "telegram.signal_cooldown_minutes": "Repeats of a signal within this time are suppressed and counted; 0: none",
    "telegram.users": "Users of the bot, each with id, role, alerts and language",
    "telegram.chats": "Groups of the bot, each with id, role, alerts and language",
    "telegram.debug.on": "Whether administrators have the commands /debug_* and their sandbox",
    "telegram.debug.exchange": "Exchange whose public prices the sandbox trades on, as for `whence paper --live`",
    "telegram.debug.address": "Address of these prices; empty: the exchange itself",
    "telegram.debug.symbols": "Symbols that the sandbox trades",
    "telegram.debug.port": "Port of the sandbox's own API on this machine",
    "telegram.debug.folder": "Folder of the sandbox's logs, one for each start",
    "signals.replay_seconds": "Greatest distance of a signature's time from this machine's clock",
    "signals.proxies": "Addresses of own proxies, whose X-Forwarded-For is believed",
    "signals.sources": "Sources of signals at POST /signals (docs/signals.md)",
    "signals.scanners": "Scanners that `whence scan` runs (docs/scanner.md)",
    "trading.strategies": "Strategies in force; each has a name, or an id and a strategy, and may have instruments, "
    "interval, parameters, minimum_trend, minimum_reward_to_risk, flips, intents, filters, sizing, limits, models and "
    "management of its own",
    "trading.tiers.normal_confidence": "Confidence that a signal needs in tier NORMAL",
    "trading.tiers.strict_confidence": "Confidence that a signal needs in tier STRICT",
    "trading.tiers.relaxed_confidence": "Confidence that a signal needs in tier RELAXED",
    "trading.tiers.window": "Trades over which a tier's win rate is counted",
    "trading.tiers.strict_win_rate": "Win rate below which the tier is STRICT",
    "trading.tiers.strict_drawdown": "Drawdown above which the tier is STRICT",
    "trading.tiers.strict_losses": "Losses in a row from which on the tier is STRICT",
    "trading.tiers.relaxed_win_rate": "Win rate from which on the tier may be RELAXED",
    "trading.tiers.relaxed_drawdown": "Drawdown below which the tier may be RELAXED",
    "trading.alpha.minimum_trend": "Least trend in the signal's direction",
    "trading.alpha.minimum_reward_to_risk": "Least ratio of reward to risk, after fees",
    "trading.risk.allowed": "Instruments that may be traded; empty: all",
    "trading.risk.max_positions": "Open positions at a time",
    "trading.risk.max_positions_per_instrument": "Open positions at a time in one instrument",
    "trading.risk.max_risk_per_trade": "Loss at the stop of one trade, as a fraction of the balance",
    "trading.risk.max_total_risk": "Loss if all stops are hit, as a fraction of the balance",
    "trading.risk.max_daily_loss": "Loss of a day after which nothing is entered, as a fraction",
    "trading.risk.reserved_balance": "Fraction of the balance that is never used as margin",
    "trading.risk.cooldown_seconds": "Pause in an instrument after a losing position",
    "trading.risk.freshness_seconds": "Greatest age of a signal's candle",
    "trading.risk.win_rate_window": "Last trades whose win rate the kill switch watches",
    "trading.risk.minimum_win_rate": "Win rate below which the kill switch trips; 0: never. On tapes 0 unless set",
    "trading.risk.on_kill": "What a trip of the kill switch does with open positions",
    "trading.risk.on_daily_loss": "At max_daily_loss: REFUSE refuses entries, TRIP trips the kill switch, too",
    "trading.sizing.rule": "How an entry's quantity is computed (docs/sizing.md)",
    "trading.sizing.quantity": "Quantity with rule FIXED, in base currency",
    "trading.sizing.percent": "Notional with rule PERCENT, as a fraction of the balance",
    "trading.sizing.risk": "Loss at the stop with rule RISK, as a fraction of the balance",
    "trading.sizing.cut_to_max_risk": "Whether a size above risk.max_risk_per_trade is cut to it, instead of refused",
    "trading.sizing.kelly_window": "Latest closed trades of an instance from which KELLY is computed",
    "trading.sizing.kelly_multiplier": "Share of the Kelly fraction that is risked; 0.5 is half Kelly",
    "trading.sizing.kelly_cap": "Largest loss at the stop with rule KELLY, as a fraction of the balance",
    "trading.sizing.kelly_fallback": "With fewer than 30 closed trades: SKIP the entry, or size it by RISK",
    "trading.sizing.by_confidence": "Whether an entry's quantity is multiplied by its signal's confidence",
    "trading.margin.max_in_use": "Margin of everything open after an entry, as a fraction of the balance; 0: no limit",
    "trading.margin.max_per_position": "Margin of one position, as a fraction of the balance; 0: no limit",
    "trading.margin.liquidation_distance": "Least distance from stop to liquidation, a fraction of the price; 0: off",
    "trading.simulation.slippage": "Slippage of the simulated exchange, as a fraction of the price",
    "trading.simulation.slippage_jitter": "Largest deviation of one execution's slippage, as a fraction of it",
    "trading.simulation.volume_share": "Largest fraction of a candle's volume that one order may fill",
    "trading.simulation.latency_ms": "Time from sending an order to its arrival, in milliseconds",
    "trading.simulation.seed": "Seed of the simulated exchange",
    "trading.order_freshness_seconds": "Time after its placement within which an order may be sent",
    "trading.paused": "Ids of strategies whose entries are skipped",
    "trading.reverse_others": "Whether an entry closes an opposite position of another owner",
    "trading.orphans.rule": "What happens to positions of removed strategies: ALERT, CLOSE or HAND_OVER",
    "trading.orphans.to": "New owner of such positions with HAND_OVER",
    "trading.caps.max_notional": "Notional of one entry, in quote currency, above which it is not sent; 0: no cap",
    "trading.caps.max_deviation": "Distance of an entry's price from the market above which it is not sent; 0: no cap",
    "trading.caps.max_orders_per_minute": "Entries that are sent in any 60 seconds; 0: no cap",
    "trading.reconciliation.external_orders": "Orders of others on the account: REPORT halts entries, or ADOPT",
    "trading.on_opposite": "An entry against an open position: CLOSE it, or REVERSE it in one plan",
    "trading.intents.hold_series": "Whether entries along the own position are recorded as one event for each series",
    "trading.intents.reinforce_confidence": "Confidence from which an entry along the own position is REINFORCE",
    "trading.intents.noise_confidence": "Confidence below which an entry against the own position is NOISE; 0: none",
    "trading.intents.additions": "Orders that may add to one position along its direction; 0: none",
    "trading.intents.addition_spacing": "Move in the position's favour since its last entry that an addition needs",
    "trading.intents.addition_size": "Share of the sizing rule's quantity that is added",
    "trading.intents.average_down": "Whether a move against the position counts for the spacing as well",
    "trading.intents.repeats": "Entries in a row from which on one opens a position; 0 and 1: the first",
    "trading.intents.repeat_seconds": "Longest time between two entries of a row; 0: any",
    "trading.flips.minimum_confidence": "Confidence that an entry needs against its strategy's own position; 0: off",
    "trading.flips.repeats": "Entries in a row against the own position from which on one flips it; 0: off",
    "trading.flips.hold_seconds": "Time for which a position is held before a flip; 0: off",
    "trading.flips.cooldown_seconds": "Pause after a flip in the instrument; 0: off",
    "trading.flips.loss_confidence": "Confidence that a flip needs which closes with a loss; 0: off",
    "trading.flips.cost_buffer": "Spread and slippage that the price must exceed beside fees, a fraction; 0: off",
    "trading.filters.minimum_adx": "ADX that an entry of a strategy needs, 0 to 100; 0: off",
    "trading.filters.minimum_di_difference": "Difference +DI less -DI that an entry needs in its direction; 0: off",
    "trading.filters.adx_period": "Candles of the ADX and DI of the filters",
    "trading.filters.timeframe": "Interval, as 15m, whose average must move in an entry's direction; empty: off",
    "trading.filters.timeframe_ema": "Candles of that interval in its average",
    "trading.filters.value_area_candles": "Candles of the value area of an entry's place, at least 2; 0: off",
    "trading.filters.minimum_place": "Least place: 0 is the point of control, 1 the bound in the entry's direction",
    "trading.filters.maximum_place": "Greatest place in the value area",
    "trading.filters.minimum_pivot_distance": "Distance to the next daily pivot level, a fraction; 0: off",
    "trading.filters.maximum_correlation": "Correlation with what is held above which nothing is entered; 0: off",
    "trading.filters.maximum_major_correlation": "Correlation with a major above which nothing is entered; 0: off",
    "trading.filters.correlation_candles": "Candles whose returns are correlated",
    "trading.filters.majors": "Instruments that the others are compared with",
    "trading.regimes.confirmations": "Closed candles in a row that put a market's regime in force; 0: off",
    "trading.regimes.interval": "Interval of these candles, as 1h; empty: that of the market's candles",
    "trading.regimes.period": "Candles of the ADX and ATR that regimes are read from",
    "trading.regimes.efficiency_period": "Candles of the efficiency ratio that regimes are read from",
    "trading.regimes.minimum_adx": "ADX that a trend needs",
    "trading.regimes.minimum_efficiency": "Efficiency ratio that a trend needs, 0 to 1",
    "trading.regimes.volatile_percentile": "Share of earlier candles with a lower ATR from which a market is volatile",
    "trading.regimes.volatile_window": "Earlier candles that the ATR is compared with",
    "trading.groups": "Groups of base currencies and instruments, by name (docs/limits.md)",
    "trading.limits.max_group_positions": "Positions of one group in one direction, less those in the other; 0: off",
    "trading.limits.max_correlated_positions": "Positions that move alike, the entry included; 0: off",
    "trading.limits.correlation": "Correlation of hourly log returns from which on two positions move alike",
    "trading.limits.correlation_hours": "Closed hours whose log returns are correlated",
    "trading.limits.on_missing_correlation": "An unknown correlation that could decide: REFUSE, or NOTE it and enter",
    "trading.limits.account_losses": "Losing positions in a row of the account that pause its entries; 0: off",
    "trading.limits.account_pause_seconds": "Length of that pause; 0: until a person ends it",
    "trading.limits.strategy_losses": "Losing positions in a row of a strategy that pause its entries; 0: off",
    "trading.limits.strategy_pause_seconds": "Length of that pause; 0: until a person ends it",
    "trading.management.trailing_levels": "Levels of the trailing stop, as profit:distance; empty: off",
    "trading.management.break_even_at": "Profit from which on the stop is at break-even, a fraction; 0: off",
    "trading.management.break_even_offset": "How far beyond break-even that stop is, a fraction of the entry",
    "trading.management.minimum_step": "Least move of a stop or target, a fraction of the price",
    "trading.management.largest_loss": "Loss at which a position is closed, a fraction of the entry; 0: off",
    "trading.management.time_limit_seconds": "Time after which a position is closed; 0: off",
    "trading.management.early_profit": "Net profit at which it is closed before its target, a fraction; 0: off",
    "trading.management.early_loss": "Net loss at which a position is closed, a fraction of its cost; 0: off",
    "trading.management.early_seconds": "Time after the opening before which it is not closed early",
    "trading.management.target_activation": "Profit from which on the target is moved, a fraction",
    "trading.management.target_step": "How far the target is moved first, a fraction of the entry; 0: off",
    "trading.management.target_acceleration": "Each move of the target is so many times the one before",
    "trading.management.partial_closes": "Levels at which a part is closed, as profit:share; empty: off",
    "trading.management.reversal_signs": "Signs against a position that are a reversal; 0: off",
    "trading.management.reversal_window": "Closed candles within which these signs have turned",
    "trading.management.reversal_cooldown_seconds": "Least time between two detected reversals",
    "trading.management.reversal_change": "Least move of the price between two detected reversals, a fraction",
    "trading.management.reversal_closes": "Whether a reversal closes the position; else its stop is tightened",
    "trading.management.reversal_distance": "How far a tightened stop is from the price, a fraction",
    "trading.management.book_stop_at": "Profit from which the stop is behind strong levels of the order book; 0: off",
    "trading.management.book_strong": "Median sizes of its side from which a level of the book is strong",
    "trading.management.book_behind": "How far that stop is behind its level, a fraction of the price",
    "trading.management.book_distance": "Least distance of that stop from the price, a fraction",
    "trading.management.book_exit_share": "Share of the opened quantity closed before a strong level ahead; 0: off",
    "trading.management.book_exit_distance": "Distance of that level from which on it is closed, a fraction",
    "trading.leverage.confirmations": "Closed candles in a row after which the leverage follows the volatility; 0: off",
    "trading.leverage.interval": "Interval of these candles, as 1h; empty: that of the market's candles",
    "trading.leverage.period": "Candles of the ATR whose share of the close is the volatility",
    "trading.leverage.steps": "Steps as volatility:leverage: from this volatility on at most this leverage",
    "trading.leverage.least_seconds": "Least time between two changes of an instrument's leverage, in seconds",
    "models.folder": "Folder of model files, each named by its SHA-256 (docs/model-registry.md)",
    "models.store.address": "Object store that has the model files, too, as s3://BUCKET/PREFIX; empty: none",
    "models.store.endpoint": "Address of an object store that is not of AWS, as https://HOST:PORT",
    "models.store.region": "Region of the bucket",
    "models.score_milliseconds": "Time that a live score may take; later, the entry is skipped",
    "models.drift.rows": "Scored signals on which the drift of features is measured; 0: not measured (docs/drift.md)",
    "models.drift.every": "Scored signals between two looks",
    "models.drift.psi": "Population stability index from which a feature may drift",
    "models.drift.ks_p": "Greatest p-value, times the number of features, at which a feature drifts",
    "models.drift.delta": "Doubt at which ADWIN finds a change of the outcomes; 0: not watched",
    "models.drift.outcomes_every": "Closed trades between two looks at the outcomes",
    "models.drift.retires": "Whether a model that drifts is retired without a person",
    "models.auto.every_days": "Days after which a model is trained again; 0: never for its age",
    "models.auto.every_trades": "Closed trades after which a model is trained again; 0: never for trades",
    "models.auto.budget": "Probability that any challenger without skill is ever promoted",
    "models.auto.least_signals": "Instants of signals after its registration before a challenger is promoted",
    "models.auto.patience_days": "Days after which a challenger that was not promoted is retired; 0: never",
    "trading.arms.share": "Share of entries that is arm B; 0: none (docs/model-registry.md)",
    "trading.arms.challenger": "SHA-256, or 8 or more of its first digits, of the model of arm B; empty: none",
    "trading.arms.policy": "Version of the committees' policy in arm B; 0: the current one",
    "trading.book.required": "Whether every entry needs a known order book (docs/order-book.md)",
    "trading.book.levels": "Best levels of each side in a reading of an order book",
    "trading.book.readings_per_second": "Most readings of an instrument's order book in a second",
    "trading.book.stale_seconds": "Age at which a reading of an order book no longer counts",
    "trading.book.max_slippage_bps": "Greatest cost of an entry beyond the best price, in 1/10,000; 0: no limit",
    "trading.venues.equal": "Instruments in any of which an entry may be made, as A=B (docs/venues.md); empty: none",
    "trading.venues.elsewhere": "Those of them that another engine trades, each with its taker fee, as A=0.0005",
    "trading.models.minimum_confidence": "Least confidence of a champion's score for an entry (docs/model-registry.md)",
    "trading.models.maximum_risk": "The champion's risk must be below it for an entry",
    "trading.models.minimum_return": "The champion's expected return must be above it, a fraction of the price",
    "trading.weights.scales": "What weights scale: SIZE of an entry by the sizing rule, CONFIDENCE before the tiers",
    "trading.weights.table": "Rows of strategy, instrument or *, regime or *, and weight, 0 to 2; empty: none",
    "trading.reconciliation.external_positions": "Positions and trades of others: REPORT halts entries, or ADOPT",
    **{
        f"trading.regimes.{regime}.{limit}": f"In regime {regime.upper()}: {meaning}; empty: unchanged"
        for regime in ("trend", "range", "volatile")
        for limit, meaning in _OF_REGIMES.items()
    },
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its dotted key in `whence.toml`, its value, and its range (empty where it has none)."""

    key: str
    value: object
    range: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "WHENCE_" + self.key.upper().replace(".", "__")

    @property
    def meaning(self) -> str:
        """What the setting is for, with its unit."""
        return MEANINGS[self.key]


def models(settings: ModelsTable) -> Iterator[Setting]:
    """The settings of the table `[models]`, in the order of their declaration."""
    return _of_model("models", settings)


def alerts(settings: AlertSettings) -> Iterator[Setting]:
    """The settings of the table `[alerts]`, in the order of their declaration."""
    return _of_model("alerts", settings)


def telegram(settings: TelegramSettings) -> Iterator[Setting]:
    """The settings of the table `[telegram]`, in the order of their declaration."""
    return _of_model("telegram", settings)


def signals(settings: SignalSettings) -> Iterator[Setting]:
    """The settings of the table `[signals]`, in the order of their declaration."""
    return _of_model("signals", settings)


def book_view(settings: BookViewSettings) -> Iterator[Setting]:
    """The settings of the table `[book_view]`, in the order of their declaration."""
    return _of_model("book_view", settings)


def backup(settings: BackupTable) -> Iterator[Setting]:
    """The settings of the table `[backup]`, in the order of their declaration."""
    return _of_model("backup", settings)


def _of_model(table: str, settings: BaseModel) -> Iterator[Setting]:
    for name, schema in type(settings).model_json_schema()["properties"].items():
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from _of_model(f"{table}.{name}", value)
            continue
        numbers = f"{schema['minimum']} to {schema['maximum']}" if "minimum" in schema else ""
        yield Setting(f"{table}.{name}", value, numbers or _choices(value))


def trading(settings: Settings) -> Iterator[Setting]:
    """The settings of the table `[trading]`, in the order of their declaration."""
    bounds = {name: f"{_plain(low)} to {_plain(high)}" for name, _, low, high in ranges(settings)}
    for field in fields(Settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            yield from _of_table(field.name, value, bounds)
        else:
            yield _setting(field.name, value, bounds)


def _of_table(table: str, value: Any, bounds: Mapping[str, str]) -> Iterator[Setting]:
    for part in fields(value):
        name, own = f"{table}.{part.name}", getattr(value, part.name)
        if is_dataclass(own):
            yield from _of_table(name, own, bounds)
        else:
            yield _setting(name, own, bounds)


def _setting(name: str, value: object, bounds: Mapping[str, str]) -> Setting:
    flag = "true, false" if isinstance(value, bool) else ""
    return Setting(f"trading.{name}", value, bounds.get(name) or _choices(value) or flag)


def _choices(value: object) -> str:
    return ", ".join(type(value).__members__) if isinstance(value, Enum) else ""


def _plain(bound: Decimal | float) -> str:
    return f"{Decimal(str(bound)):f}"
