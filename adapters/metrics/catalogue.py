"""All metrics in one table: name, kind, help, labels and unit.

Names follow Prometheus' rules: the program's prefix, the base unit at the end (seconds, ratio), `_total` at the end of
counters. Money has no base unit: it is in the account's currency, which the label `currency` names. The metrics of the
history are read from the read models at each scrape; the other metrics describe only this process.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A COUNTER only grows, a GAUGE is a current value, a HISTOGRAM counts values by their size."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `unit` is the unit at the end of the name, or empty. Each label has a small number of values."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, text, labels)


def _gauge(name: str, text: str, *labels: str, unit: str = "") -> Metric:
    return Metric(name, Kind.GAUGE, text, labels, unit)


def _timing(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, Kind.HISTOGRAM, text, labels, "seconds")


SIGNALS = _counter(
    "whence_signals_total", "Signals that strategies raised.", "account", "strategy", "instrument"
)
DECISIONS = _counter(
    "whence_decisions_total",
    "Signals decided, by verdict: ENTER and CLOSE are traded, SKIP is not.",
    "account",
    "strategy",
    "verdict",
)
SKIPPED = _counter(
    "whence_signals_skipped_total",
    "Signals not traded, once for each reason given.",
    "account",
    "strategy",
    "reason",
)
POSITIONS_OPENED = _counter(
    "whence_positions_opened_total",
    "Positions opened.",
    "account",
    "strategy",
    "instrument",
    "direction",
)
POSITIONS_CLOSED = _counter(
    "whence_positions_closed_total",
    "Positions closed, by what closed them.",
    "account",
    "strategy",
    "instrument",
    "reason",
)
MANAGED_MOVES = _counter(
    "whence_management_moves_total",
    "Stops and targets that the manager of open positions moved, by its rule; moves that the exchange refused count.",
    "account",
    "strategy",
    "instrument",
    "rule",
)
MANAGED_EXITS = _counter(
    "whence_management_exits_total",
    "Positions, and parts of them, that the manager of open positions closed, by its rule.",
    "account",
    "strategy",
    "instrument",
    "rule",
)
ORDERS_PLACED = _counter(
    "whence_orders_placed_total",
    "Orders durably intended.",
    "account",
    "strategy",
    "instrument",
    "side",
)
FILLS = _counter("whence_order_fills_total", "Fills of orders.", "account", "strategy", "instrument", "side")

REALISED_PNL = _gauge(
    "whence_realised_pnl",
    "Net profit of closed positions after fees and funding, in the account's currency.",
    "account",
    "strategy",
    "currency",
)
WIN_RATIO = _gauge(
    "whence_win_ratio", "Share of all closed positions with a net profit.", "account", unit="ratio"
)
RECENT_WIN_RATIO = _gauge(
    "whence_recent_win_ratio",
    "Share of the last 50 closed positions with a net profit.",
    "account",
    unit="ratio",
)
RECENT_TRADES = _gauge(
    "whence_recent_trades",
    "How many closed positions the recent win ratio is made of, at most 50.",
    "account",
)
PROFIT_FACTOR = _gauge(
    "whence_profit_factor",
    "Profit of the won positions by the loss of the lost ones; absent before the first loss.",
    "account",
)
BALANCE = _gauge("whence_balance", "Balance, in the account's currency.", "account", "currency")
EQUITY = _gauge(
    "whence_equity",
    "Balance plus unrealised profit at the last mark, in the account's currency; absent where unknown.",
    "account",
    "currency",
)
EXPOSURE = _gauge(
    "whence_exposure", "Cost of what is held, in the account's currency.", "account", "currency"
)
OPEN_POSITIONS = _gauge("whence_open_positions", "Positions that are open.", "account")
DRAWDOWN = _gauge(
    "whence_drawdown_ratio",
    "How far the equity is below its highest, as a fraction of that.",
    "account",
    unit="ratio",
)
MAX_DRAWDOWN = _gauge(
    "whence_max_drawdown_ratio",
    "The deepest the equity ever was below its highest, as a fraction of that.",
    "account",
    unit="ratio",
)
KILL_SWITCH = _gauge(
    "whence_kill_switch_tripped", "1 while the kill switch keeps new entries out.", "account"
)

ENTRIES_PAUSED = _gauge(
    "whence_entries_paused",
    "1 while entries are paused, by cause: LOSSES or PERSON; without a strategy those of the account. Absent else.",
    "account",
    "strategy",
    "cause",
)
HELD_SETTINGS = _gauge(
    "whence_held_settings", "Changes of settings that are held until a person reviews them.", "account"
)
HELD_SETTINGS_SINCE = _gauge(
    "whence_held_settings_since_timestamp_seconds",
    "When the oldest of the held changes of settings was requested, as a Unix time; absent where none is held.",
    "account",
    unit="seconds",
)
MANIPULATIONS = _counter(
    "whence_manipulations_suspected_total",
    "Suspected episodes of manipulation in order books that were recorded.",
    "account",
    "instrument",
    "kind",
)
LEVERAGE = _gauge(
    "whence_leverage",
    "Leverage in force of an instrument that ever had a request to change it; any other has that of the account.",
    "account",
    "instrument",
)
PAUSE_END = _gauge(
    "whence_entries_paused_until_timestamp_seconds",
    "When a pause that is in force ends, as a Unix time; absent where a person has to end it.",
    "account",
    "strategy",
    "cause",
    unit="seconds",
)

PARKED_EVENTS = _gauge(
    "whence_parked_events",
    "Events that a projection has put aside until somebody retries them.",
    "projection",
)
PARKED_SEQUENCES = _gauge(
    "whence_parked_sequences", "Sequences (streams or accounts) with parked events.", "projection"
)
LAG_EVENTS = _gauge(
    "whence_projection_lag_events", "Events of the log that a projection has not taken up.", "projection"
)
LAG_SECONDS = _gauge(
    "whence_projection_lag_seconds",
    "How long this process has seen an event that a projection has not taken up; 0 where there is none.",
    "projection",
    unit="seconds",
)
READ_MODELS_UP = _gauge(
    "whence_read_models_up", "1 where the store of the read models and their log answered this scrape."
)

REFUSED = _counter(
    "whence_records_refused_total",
    "Events and requests on Kafka that were refused, because no key of this installation had signed them.",
    "kind",
)

DEAD_LETTERS = _gauge(
    "whence_dead_letters",
    "Messages, records and requests from outside that could not be understood, by what became of them.",
    "source",
    "state",
)

SIGNAL_TO_DECISION = _timing(
    "whence_signal_to_decision_seconds", "From the stimulus to the decision about its signal."
)
DECISION_TO_ORDER = _timing("whence_decision_to_order_seconds", "From the decision to its durable order.")
APPEND = _timing("whence_log_append_seconds", "From handing a unit of work to the log until it is durable.")
CANDLES = _counter("whence_candles_processed_total", "Closed candles the engine has seen.", "instrument")

PROCESSES = _gauge(
    "whence_processes",
    "Processes that have announced themselves within 7 days; without role and name where the announcement is refused.",
    "role",
    "name",
    "state",
)

LEASED_SINCE = _gauge(
    "whence_account_leased_since_timestamp_seconds",
    "Since when a node holds an account without a break, as a Unix time; absent where the node is silent.",
    "account",
    "partition",
    "node",
    unit="seconds",
)

WEBSOCKETS = _gauge("whence_websocket_connections", "WebSocket connections that are open.")
RESPONSES = _timing(
    "whence_api_response_seconds",
    "From a GraphQL operation's arrival to its answer.",
    "operation",
    "status",
)

SOURCE_REQUESTS = _counter(
    "whence_source_requests_total",
    "Requests at POST /signals by source and outcome; the source is unknown without a valid credential.",
    "source",
    "outcome",
)

UNPROTECTED = _gauge(
    "whence_unprotected_positions",
    "Open positions that no stop at the exchange has covered for 10 seconds or longer.",
    "account",
)
BREAKER = _gauge(
    "whence_circuit_breaker_open",
    "1 while a circuit breaker is open or tries the exchange again; 0 while every call passes.",
    "account",
    "service",
)

ROUTES_OPEN = _gauge(
    "whence_routes_open",
    "Signals that other engines carry out, or may: UNANSWERED, or TAKEN and not over.",
    "account",
    "state",
)
ROUTE_UNANSWERED = _gauge(
    "whence_route_unanswered_seconds",
    "How long the oldest route that is not answered has been open; 0 where there is none.",
    "account",
    unit="seconds",
)
ROUTES_REFUSED = _counter(
    "whence_route_requests_refused_total",
    "Requests to other engines that failed because the engine, its certificate, the token or its rights are wrong.",
    "instrument",
    "wrong",
)

SCANNER_CANDLES = _counter(
    "whence_scanner_candles_total",
    "Candles that a scanner read after those of its past, by their place: next, repeated, after_gap or foreign.",
    "scanner",
    "place",
)
SCANNER_SIGNALS = _counter(
    "whence_scanner_signals_total",
    "Signals of a scanner by outcome: recorded, repeated, refused by the engine, or late.",
    "scanner",
    "outcome",
)
SCANNER_UNREAD = _counter(
    "whence_scanner_unread_total",
    "Records among the candles that are no candle of this installation.",
    "scanner",
)
SCANNER_LAG = _gauge(
    "whence_scanner_lag_candles", "Candles of the scanner's partitions that it has not read yet.", "scanner"
)
SCANNER_INSTRUMENTS = _gauge(
    "whence_scanner_instruments", "Instruments whose candles this process of a scanner reads.", "scanner"
)

BOOK_LEASES = _counter(
    "whence_book_leases_total",
    "Leases of order books that this process has taken or given.",
    "exchange",
    "change",
)
BOOK_READINGS_SENT = _counter(
    "whence_book_readings_sent_total",
    "Readings of order books that this process has sent, of books that are known or unknown.",
    "exchange",
    "state",
)
BOOKS_HELD = _gauge("whence_books_held", "Instruments whose books this process keeps.", "exchange")
BOOKS_KNOWN = _gauge("whence_books_known", "Instruments of them whose books are known.", "exchange")
BOOK_READINGS_DROPPED = _gauge(
    "whence_book_readings_dropped",
    "Readings since the start of the process that no broker took in time.",
    "exchange",
)

BOOKS_UNPUBLISHED = _gauge(
    "whence_books_unpublished",
    "Instruments that this process names and whose lease is held by a process that does not publish them.",
    "exchange",
)

SCORES = _counter("whence_scores_total", "Scores of entries, by role and outcome.", "role", "outcome")
SCORE_SECONDS = _timing(
    "whence_score_seconds",
    "How long a model took for a score, by role; scores on tapes are not timed.",
    "role",
)
BOOK_READINGS = _counter(
    "whence_book_readings_total",
    "Readings of order books: KNOWN and LOST reached the engine, REPLACED gave way to a newer one.",
    "outcome",
)
BOOK_PASSED_OVER = _counter(
    "whence_book_passed_over_total",
    "Changes of order books and trades that were not analysed, because the analysis was late.",
)
BOOK_RECORDS = _counter(
    "whence_book_records_total",
    "Records of readings that other processes published: taken, or foreign, fenced, late or unread and so refused.",
    "outcome",
)
BOOKS_MISSED = _gauge(
    "whence_engine_books_unpublished",
    "Instruments whose books this engine reads from the topic and that no process has published for 3 seconds.",
)
SCORED_TRADES = _counter(
    "whence_scored_trades_total",
    "Closed trades of scored signals: whether they gained, and whether the confidence was on that side.",
    "role",
    "gained",
    "right",
)
SCORED_CONFIDENCE = _counter(
    "whence_scored_confidence_total",
    "The sum of the confidence of scores whose trade is closed; by the number of trades it is their mean.",
    "role",
)
SCORED_SQUARES = _counter(
    "whence_scored_squares_total",
    "The sum of the squared distances of confidence and outcome; by the number of trades it is the Brier score.",
    "role",
)
MODEL_DRIFT = _gauge(
    "whence_model_drift", "The statistic of the last drift that a test has found.", "model", "subject", "test"
)

TELEGRAM_STRANGERS = _counter(
    "whence_telegram_strangers_total", "Updates of users and chats that are not on the allow-list of the bot."
)
TELEGRAM_ALERTS = _counter(
    "whence_telegram_alerts_total",
    "Alerts to chats of Telegram: arrived, suppressed as repeats of an open one, or undeliverable.",
    "level",
    "outcome",
)
TELEGRAM_WAITING = _gauge("whence_telegram_waiting_alerts", "Alerts that wait for Telegram's limits.")

HISTORY = (
    SIGNALS,
    DECISIONS,
    SKIPPED,
    POSITIONS_OPENED,
    POSITIONS_CLOSED,
    MANAGED_MOVES,
    MANAGED_EXITS,
    ORDERS_PLACED,
    FILLS,
    REALISED_PNL,
    WIN_RATIO,
    RECENT_WIN_RATIO,
    RECENT_TRADES,
    PROFIT_FACTOR,
    BALANCE,
    EQUITY,
    EXPOSURE,
    OPEN_POSITIONS,
    DRAWDOWN,
    MAX_DRAWDOWN,
    KILL_SWITCH,
    ENTRIES_PAUSED,
    PAUSE_END,
    HELD_SETTINGS,
    HELD_SETTINGS_SINCE,
    MANIPULATIONS,
    LEVERAGE,
    PARKED_EVENTS,
    PARKED_SEQUENCES,
    LAG_EVENTS,
    LAG_SECONDS,
    READ_MODELS_UP,
)
"""Read from the read models at each scrape."""

ENGINE = (
    SIGNAL_TO_DECISION,
    DECISION_TO_ORDER,
    APPEND,
    CANDLES,
    UNPROTECTED,
    BREAKER,
    ROUTES_OPEN,
    ROUTE_UNANSWERED,
    ROUTES_REFUSED,
    SCORES,
    SCORE_SECONDS,
    BOOK_READINGS,
    BOOK_PASSED_OVER,
    BOOK_RECORDS,
    BOOKS_MISSED,
    SCORED_TRADES,
    SCORED_CONFIDENCE,
    SCORED_SQUARES,
    MODEL_DRIFT,
)
"""Metrics of a process that trades."""

API = (WEBSOCKETS, RESPONSES, SOURCE_REQUESTS, REFUSED, DEAD_LETTERS, PROCESSES, LEASED_SINCE)
"""Metrics of a process that serves the API."""

BOOKS = (
    BOOK_LEASES,
    BOOK_READINGS_SENT,
    BOOKS_HELD,
    BOOKS_KNOWN,
    BOOK_READINGS_DROPPED,
    BOOKS_UNPUBLISHED,
)
"""Counted by a process that publishes readings of order books."""

SCANNER = (SCANNER_CANDLES, SCANNER_SIGNALS, SCANNER_UNREAD, SCANNER_LAG, SCANNER_INSTRUMENTS)
"""Metrics of `whence scan`."""

TELEGRAM = (TELEGRAM_STRANGERS, TELEGRAM_ALERTS, TELEGRAM_WAITING)
"""Metrics of `whence telegram`."""

CATALOGUE = (*HISTORY, *ENGINE, *API, *SCANNER, *BOOKS, *TELEGRAM)


def series_of(metric: Metric) -> frozenset[str]:
    """The names of a metric's series; a histogram has three series."""
    ends = ("_bucket", "_count", "_sum") if metric.kind is Kind.HISTOGRAM else ("",)
    return frozenset(metric.name + end for end in ends)
