"""Margins: what would have had to differ for a member that voted no to approve, from the figures of its vote alone.

Nothing is computed from present settings. Where the recorded figures of a vote do not suffice, the margin states so.
Amounts have the currencies of the instrument where the caller knows them, else `quote currency` and `base currency`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.arithmetic import EXACT, ONE, ZERO, distance
from domain.committees.member import plain
from domain.direction import Direction
from domain.signal import Vote

NOT_RECORDED = "not recorded"
_PERCENT = Decimal(100)
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)


class Must(StrEnum):
    """How a value has to stand to its limit."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    ABOVE = "above"
    BELOW = "below"


class Margin(Struct, frozen=True, gc=False, kw_only=True):
    """One reason of a vote against, and what it would have taken.

    `needed` is a sentence. `value` is the recorded value, `limit` the value it is held to (`must`), and `by` the amount
    by which the value would have to change, never negative. A value that must be above or below its limit would have to
    change by more than `by`. All four are None where the reason is no comparison of two numbers, and where the figures
    of the vote do not show the comparison; `is_recorded` is false in the second case. `unit` is empty for a plain
    number.
    """

    reason: str
    needed: str
    is_recorded: bool
    must: Must | None = None
    value: Decimal | None = None
    limit: Decimal | None = None
    by: Decimal | None = None
    unit: str = ""


Figures = Mapping[str, str]


class Currencies(Struct, frozen=True):
    """The names of an instrument's currencies in a margin, as BTC and USDT."""

    base: str = "base currency"
    quote: str = "quote currency"

    def unit(self, unit: str) -> str:
        """The unit of a rule, with the name of its currency."""
        return {_BASE: self.base, _QUOTE: self.quote}.get(unit, unit)


UNNAMED = Currencies()
_BASE, _QUOTE = UNNAMED.base, UNNAMED.quote


class _Rule(Struct, frozen=True):
    """A comparison of a value with its limit, both read from the figures of a vote."""

    subject: str
    must: Must
    read: Callable[[Figures], tuple[Decimal, Decimal]]
    unit: str = ""
    beside: str = ""
    """A further sentence; `{names}` in it are figures, `{base}` and `{quote}` the currencies."""


class _Condition(Struct, frozen=True):
    """A condition that is no comparison of numbers. `{names}` in its sentence are figures; `figure` has to be there."""

    needed: str
    figure: str = ""


def margins_of(vote: Vote, currencies: Currencies = UNNAMED) -> Sequence[Margin]:
    """One margin for each reason of a vote against, in the order of the reasons; none for an approval.

    `currencies` are those of the instrument that was voted on.
    """
    if vote.approves:
        return ()
    return [_margin(reason, vote.figures, currencies) for reason in vote.reasons or (vote.member,)]


def _margin(reason: str, figures: Figures, currencies: Currencies) -> Margin:
    condition = _CONDITIONS.get(reason)
    if condition is not None:
        return _stated(reason, condition, figures)
    rules = RULES.get(reason, ())
    for rule in rules:
        found = _compared(reason, rule, figures, currencies)
        if found is not None:
            return found
    what = "; ".join(f"{rule.subject} {rule.must} its limit" for rule in rules) or "the cause of this reason"
    return Margin(reason=reason, needed=f"{what}: {NOT_RECORDED} by how much", is_recorded=False)


def _stated(reason: str, condition: _Condition, figures: Figures) -> Margin:
    if condition.figure and not figures.get(condition.figure):
        return Margin(
            reason=reason,
            needed=f"{condition.needed.partition(':')[0]}: {NOT_RECORDED} which",
            is_recorded=False,
        )
    return Margin(reason=reason, needed=condition.needed.format_map(_Recorded(figures)), is_recorded=True)


class _Recorded(dict[str, str]):
    """Figures by name for a sentence; a missing one is named as such."""

    def __missing__(self, key: str) -> str:
        return NOT_RECORDED


def _compared(reason: str, rule: _Rule, figures: Figures, currencies: Currencies) -> Margin | None:
    """The margin of one rule; None where the recorded figures do not break it, or do not have it."""
    try:
        value, limit = rule.read(figures)
    except (KeyError, ValueError, TypeError, ArithmeticError):
        return None
    if not (value.is_finite() and limit.is_finite() and _BROKEN[rule.must](value, limit)):
        return None
    by = distance(value, limit)
    named = currencies.unit(rule.unit)
    unit = f" {named}" if named else ""
    words = _Recorded({**figures, "base": currencies.base, "quote": currencies.quote})
    beside = f"; {rule.beside.format_map(words)}" if rule.beside else ""
    return Margin(
        reason=reason,
        needed=(
            f"{rule.subject} {rule.must} {plain(limit)}{unit}; it was {plain(value)}{unit}, "
            + (f"{plain(by)}{unit} {_TOO[rule.must]}" if by else "exactly the limit")
            + beside
        ),
        is_recorded=True,
        must=rule.must,
        value=value,
        limit=limit,
        by=by,
        unit=named,
    )


_BROKEN: Mapping[Must, Callable[[Decimal, Decimal], bool]] = {
    Must.AT_LEAST: lambda value, limit: value < limit,
    Must.AT_MOST: lambda value, limit: value > limit,
    Must.ABOVE: lambda value, limit: value <= limit,
    Must.BELOW: lambda value, limit: value >= limit,
}
_TOO: Mapping[Must, str] = {
    Must.AT_LEAST: "too low",
    Must.AT_MOST: "too high",
    Must.ABOVE: "too low",
    Must.BELOW: "too high",
}


def _both(value: str, limit: str) -> Callable[[Figures], tuple[Decimal, Decimal]]:
    return lambda figures: (Decimal(figures[value]), Decimal(figures[limit]))


def _to(value: str, limit: Decimal) -> Callable[[Figures], tuple[Decimal, Decimal]]:
    return lambda figures: (Decimal(figures[value]), limit)


def _along(figures: Figures) -> Decimal:
    """The longer trend in the signal's direction."""
    trend = Decimal(figures["trend"])
    return trend if Direction(figures["direction"]) is Direction.LONG else EXACT.minus(trend)


def _reward_and_limit(figures: Figures) -> tuple[Decimal, Decimal]:
    return Decimal(figures["reward"]), EXACT.multiply(Decimal(figures["minimum"]), Decimal(figures["risk"]))


def _beside_entry(level: str, direction: Direction) -> Callable[[Figures], tuple[Decimal, Decimal]]:
    """A level and the price of the entry; raises ValueError for an entry in the other direction."""

    def read(figures: Figures) -> tuple[Decimal, Decimal]:
        if Direction(figures["direction"]) is not direction:
            raise ValueError(f"the entry is no {direction}")
        return Decimal(figures[level]), Decimal(figures["entry"])

    return read


def _to_liquidation(figures: Figures) -> tuple[Decimal, Decimal]:
    entry, stop = Decimal(figures["entry"]), Decimal(figures["stop"])
    share = EXACT.divide(ONE, Decimal(figures["leverage"]))
    liquidated = EXACT.subtract(share, Decimal(figures["maintenance_margin"]))
    return EXACT.divide(distance(entry, stop), entry), liquidated


def _all_risk(figures: Figures) -> tuple[Decimal, Decimal]:
    risk = EXACT.add(Decimal(figures["open_risk"]), Decimal(figures["risk"]))
    return risk, Decimal(figures["limit"])


def _loss(figures: Figures) -> tuple[Decimal, Decimal]:
    """The loss of the day and its limit; raises ValueError where no loss is allowed at all."""
    loss, limit = _loss_and_limit(figures)
    if limit <= 0:
        raise ValueError("the limit is 0")
    return loss, limit


def _any_loss(figures: Figures) -> tuple[Decimal, Decimal]:
    """The loss of a day that allows none; raises ValueError where some loss is allowed."""
    loss, limit = _loss_and_limit(figures)
    if limit > 0:
        raise ValueError("the limit is above 0")
    return loss, ZERO


def _loss_and_limit(figures: Figures) -> tuple[Decimal, Decimal]:
    loss = EXACT.subtract(Decimal(figures["day_balance"]), Decimal(figures["balance"]))
    return loss, Decimal(figures["limit"])


def _since(begin: str, seconds: str) -> Callable[[Figures], tuple[Decimal, Decimal]]:
    """The time in seconds from the time `begin` to now, and its limit."""
    return lambda figures: (_seconds(figures[begin], figures["now"]), Decimal(figures[seconds]))


def _age(figures: Figures) -> Decimal:
    return _seconds(figures["candle_closed_at"], figures["now"])


def _seconds(begin: str, end: str) -> Decimal:
    """The exact time in seconds between two times in ISO 8601."""
    apart = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return EXACT.divide(Decimal(apart // _MICROSECOND), Decimal(_SECOND // _MICROSECOND))


def _with_this_one(figures: Figures) -> tuple[Decimal, Decimal]:
    return EXACT.add(Decimal(figures["held"]), ONE), Decimal(figures["most"])


def _with_this_addition(figures: Figures) -> tuple[Decimal, Decimal]:
    return EXACT.add(Decimal(figures["additions"]), ONE), Decimal(figures["most"])


_HELD = (_Rule("positions and working entries, this entry included, of", Must.AT_MOST, _with_this_one),)
RULES: Mapping[str, Sequence[_Rule]] = {
    "CONFIDENCE_BELOW_THRESHOLD": (
        _Rule("a confidence of", Must.AT_LEAST, _both("confidence", "threshold")),
        _Rule("a confidence of", Must.AT_MOST, _to("confidence", ONE)),
    ),
    "TREND_DISAGREES": (
        _Rule(
            "a longer trend, in the signal's direction, of",
            Must.AT_LEAST,
            lambda figures: (_along(figures), Decimal(figures["minimum"])),
        ),
        _Rule(
            "a longer trend, in the signal's direction, of",
            Must.AT_MOST,
            lambda figures: (_along(figures), ONE),
        ),
    ),
    "REWARD_TO_RISK_TOO_LOW": (
        _Rule("a reward per unit, after fees, of", Must.AT_LEAST, _reward_and_limit, _QUOTE),
        _Rule("a reward per unit, after fees, of", Must.ABOVE, _to("reward", ZERO), _QUOTE),
    ),
    "STOP_NOT_PROTECTIVE": (
        _Rule("a stop of a long", Must.BELOW, _beside_entry("stop", Direction.LONG), _QUOTE),
        _Rule("a stop of a short", Must.ABOVE, _beside_entry("stop", Direction.SHORT), _QUOTE),
        _Rule("a stop", Must.ABOVE, _to("stop", ZERO), _QUOTE),
    ),
    "TARGET_NOT_BEYOND_ENTRY": (
        _Rule("a target of a long", Must.ABOVE, _beside_entry("target", Direction.LONG), _QUOTE),
        _Rule("a target of a short", Must.BELOW, _beside_entry("target", Direction.SHORT), _QUOTE),
        _Rule("a target", Must.ABOVE, _to("target", ZERO), _QUOTE),
    ),
    "LEVEL_WITHIN_COSTS": (
        _Rule(
            "a gain of the least profitable level, after fees,", Must.ABOVE, _to("least_gain", ZERO), _QUOTE
        ),
    ),
    "STOP_BEYOND_LIQUIDATION": (
        _Rule("a distance of the stop, as a fraction of the entry,", Must.BELOW, _to_liquidation),
    ),
    "MAX_POSITIONS": _HELD,
    "MAX_POSITIONS_PER_INSTRUMENT": _HELD,
    "RISK_PER_TRADE": (_Rule("a loss at the stop of", Must.AT_MOST, _both("risk", "limit"), _QUOTE),),
    "TOTAL_RISK": (_Rule("a risk of everything open, with this entry, of", Must.AT_MOST, _all_risk, _QUOTE),),
    "DAILY_LOSS_LIMIT": (
        _Rule("a loss of the day", Must.BELOW, _loss, _QUOTE),
        _Rule("a loss of the day of", Must.AT_MOST, _any_loss, _QUOTE),
    ),
    "RESERVED_BALANCE": (
        _Rule("margin and fees of", Must.AT_MOST, _both("margin", "spendable"), _QUOTE),
        _Rule(
            "a quantity that the free funds carry, in whole lots and not below the smallest order,",
            Must.ABOVE,
            _to("quantity", ZERO),
            _BASE,
            "{wanted} {base} was wanted, and {spendable} {quote} was free at a leverage of {leverage}: "
            "a balance of {balance} less {margin_held} as margin of positions, {reserved} for waiting entries, and a "
            "reserve of {reserve}",
        ),
    ),
    "MARGIN_IN_USE": (
        _Rule(
            "margin of everything open, with this entry, of",
            Must.AT_MOST,
            _both("in_use", "most"),
            "quote currency",
        ),
    ),
    "MARGIN_OF_POSITION": (
        _Rule("a margin of the whole position of", Must.AT_MOST, _both("in_use", "most"), "quote currency"),
    ),
    "STOP_NEAR_LIQUIDATION": (
        _Rule(
            "a distance from stop to liquidation, as a fraction of the entry, of",
            Must.AT_LEAST,
            _both("distance", "liquidation_distance"),
        ),
    ),
    "KELLY_TOO_FEW_TRADES": (
        _Rule("closed trades of the instance of", Must.AT_LEAST, _both("kelly_trades", "kelly_least_trades")),
    ),
    "KELLY_NO_EDGE": (
        _Rule(
            "a mean result of the last trades, in multiples of their risk,",
            Must.ABOVE,
            _to("kelly_mean", ZERO),
            "",
            "{kelly_trades} trades were counted",
        ),
    ),
    "COOLDOWN": (
        _Rule(
            "a time since the last losing position of",
            Must.AT_LEAST,
            _since("lost_at", "cooldown_seconds"),
            "s",
        ),
    ),
    "MAX_ADDITIONS": (
        _Rule("additions to the position, this entry included, of", Must.AT_MOST, _with_this_addition),
    ),
    "ADDITION_TOO_NEAR": (
        _Rule(
            "a move of the price since the position's last entry of",
            Must.AT_LEAST,
            _both("move", "least"),
            _QUOTE,
        ),
        _Rule(
            "a move of the price since the position's last entry",
            Must.ABOVE,
            _to("move", ZERO),
            _QUOTE,
        ),
    ),
    "POSITION_NOTIONAL_TOO_HIGH": (
        _Rule("a cost of the whole position of", Must.AT_MOST, _both("notional", "most"), _QUOTE),
    ),
    "ENTRY_NOT_REPEATED": (_Rule("entries in a row of", Must.AT_LEAST, _both("row", "repeats")),),
    "WEIGHT_ZERO": (_Rule("a weight of the entry", Must.ABOVE, _to("weight", ZERO)),),
    "SCORE_CONFIDENCE_TOO_LOW": (
        _Rule(
            "a confidence of the deciding model's score of",
            Must.AT_LEAST,
            _both("confidence", "minimum_confidence"),
        ),
        _Rule("a confidence of the deciding model's score of", Must.AT_MOST, _to("confidence", ONE)),
    ),
    "SCORE_RISK_TOO_HIGH": (
        _Rule("a risk of the deciding model's score of", Must.BELOW, _both("risk", "maximum_risk")),
        _Rule("a risk of the deciding model's score of", Must.AT_LEAST, _to("risk", ZERO)),
    ),
    "SCORE_RETURN_TOO_LOW": (
        _Rule(
            "an expected return of the deciding model's score of",
            Must.ABOVE,
            _both("expected_return", "minimum_return"),
        ),
    ),
    "FLIP_CONFIDENCE_TOO_LOW": (
        _Rule("a confidence of", Must.AT_LEAST, _both("confidence", "minimum")),
        _Rule("a confidence of", Must.AT_MOST, _to("confidence", ONE)),
    ),
    "FLIP_NOT_REPEATED": (
        _Rule("entries in a row against the position of", Must.AT_LEAST, _both("row", "repeats")),
    ),
    "FLIP_HELD_TOO_SHORT": (
        _Rule(
            "a time since the position was opened of", Must.AT_LEAST, _since("opened_at", "hold_seconds"), "s"
        ),
    ),
    "FLIP_COOLDOWN": (
        _Rule("a time since the last flip of", Must.AT_LEAST, _since("flipped_at", "cooldown_seconds"), "s"),
    ),
    "FLIP_IN_A_LOSS": (
        _Rule(
            "a confidence, since a close would lose, of",
            Must.AT_LEAST,
            _both("confidence", "loss_confidence"),
        ),
        _Rule("a confidence, since a close would lose, of", Must.AT_MOST, _to("confidence", ONE)),
    ),
    "FLIP_WITHIN_COSTS": (
        _Rule(
            "a move of the price since the position was opened",
            Must.ABOVE,
            _both("move", "cost"),
            _QUOTE,
        ),
    ),
    "ADX_TOO_LOW": (
        _Rule("an ADX of", Must.AT_LEAST, _both("adx", "minimum")),
        _Rule("an ADX of", Must.AT_MOST, _to("adx", _PERCENT)),
    ),
    "DI_DIFFERENCE_TOO_SMALL": (
        _Rule(
            "a difference of +DI and -DI, in the entry's direction, of",
            Must.AT_LEAST,
            _both("difference", "minimum"),
        ),
        _Rule(
            "a difference of +DI and -DI, in the entry's direction, of",
            Must.AT_MOST,
            _to("difference", _PERCENT),
        ),
    ),
    "TIMEFRAME_DISAGREES": (
        _Rule(
            "a move of the coarser candles' average, in the entry's direction,",
            Must.ABOVE,
            _to("move", ZERO),
            _QUOTE,
        ),
    ),
    "PLACE_TOO_LOW": (
        _Rule(
            "a place in the value area, in the entry's direction, of",
            Must.AT_LEAST,
            _both("place", "minimum"),
        ),
    ),
    "PLACE_TOO_HIGH": (
        _Rule(
            "a place in the value area, in the entry's direction, of", Must.AT_MOST, _both("place", "maximum")
        ),
    ),
    "PIVOT_TOO_NEAR": (
        _Rule(
            "a distance to the next pivot level, as a fraction of the price, of",
            Must.AT_LEAST,
            _both("distance", "minimum"),
        ),
    ),
    "CORRELATED_WITH_HELD": (
        _Rule("a correlation with what is held of", Must.AT_MOST, _both("correlation", "maximum")),
    ),
    "CORRELATED_WITH_MAJOR": (
        _Rule("a correlation with the majors of", Must.AT_MOST, _both("correlation", "maximum")),
    ),
    "MAX_GROUP_POSITIONS": (
        _Rule(
            "a net number of positions in the group, this entry included, of",
            Must.AT_MOST,
            _both("net", "most"),
            beside="in {group} there were {held}",
        ),
    ),
    "MAX_CORRELATED_POSITIONS": (
        _Rule(
            "positions that move alike, this entry included, of",
            Must.AT_MOST,
            _both("count", "most"),
            beside="alike were {correlated}",
        ),
    ),
    "STALE_DATA": (
        _Rule(
            "an age of the candle of",
            Must.AT_MOST,
            lambda figures: (_age(figures), Decimal(figures["freshness_seconds"])),
            "s",
        ),
    ),
    "BOOK_STALE": (
        _Rule("an age of the order book of", Must.AT_MOST, _both("age_seconds", "stale_seconds"), "s"),
    ),
    "BOOK_TOO_THIN": (
        _Rule("a size in the known levels of", Must.AT_LEAST, _both("filled", "quantity"), _BASE),
    ),
    "EXPECTED_SLIPPAGE": (
        _Rule(
            "a cost beyond the best price of",
            Must.AT_MOST,
            _both("cost_bps", "max_slippage_bps"),
            "bp",
        ),
    ),
    "EQUAL_INSTRUMENT_HELD": (
        _Rule("positions and entries in equal instruments of", Must.BELOW, _both("held", "most")),
    ),
    "DATA_FROM_THE_FUTURE": (
        _Rule("an age of the candle of", Must.AT_LEAST, lambda figures: (_age(figures), ZERO), "s"),
    ),
}
"""The comparisons behind each reason, as `domain/committees` makes them; the first one that the figures break counts.

The members of both committees that judge with numbers: see `alpha.py`, `risk.py`, `flips.py`, `filters.py` and
`limits.py` and `margin_limits.py`.
"""

_CONDITIONS: Mapping[str, _Condition] = {
    "STRATEGY_PAUSED": _Condition("the strategy in force: {strategy} was paused", "strategy"),
    "INSTRUMENT_NOT_LISTED": _Condition("the instrument listed: {instrument} was not", "instrument"),
    "INSTRUMENT_NOT_ALLOWED": _Condition(
        "the instrument on the allow-list: {instrument} was not one of {allowed}", "instrument"
    ),
    "GRID_UNDER_WAY": _Condition("no position, waiting entry or grid in the instrument"),
    "LEVELS_NOT_BETWEEN_PRICE_AND_STOP": _Condition(
        "levels from the price to the stop at {stop}: the nearest was at {nearest}, the outermost at {outermost}",
        "stop",
    ),
    "HELD_BY_PERSON": _Condition("no person with a position or entry in the instrument: {owners}", "owners"),
    "HELD_BY_OTHER_STRATEGY": _Condition(
        "no other owner with a position or entry in the instrument: {owners}", "owners"
    ),
    "TRADING_DAY_NOT_OPENED": _Condition("an opened trading day: {today} was not open", "today"),
    "KILL_SWITCH": _Condition("the kill switch reset: it was tripped for {tripped}", "tripped"),
    "ORDER_OUTCOME_UNKNOWN": _Condition("a known outcome of every order: unknown of {unknown}", "unknown"),
    "RECONCILING": _Condition("no comparison with the exchange under way: {reconciling}", "reconciling"),
    "UNRESOLVED_DISCREPANCY": _Condition("no unresolved discrepancy: {unresolved}", "unresolved"),
    "LEVERAGE_UNCERTAIN": _Condition(
        "a known leverage: the change to {requested} had no known outcome", "requested"
    ),
    "CIRCUIT_BREAKER_OPEN": _Condition("no open circuit breaker: {open}", "open"),
    "EXIT_UNDER_WAY": _Condition("no exit under way: {leaving}", "leaving"),
    "CORRELATION_MISSING": _Condition(
        "a known correlation with each position, which more closed hours would have given: none with {missing}",
        "missing",
    ),
    "ACCOUNT_PAUSED_AFTER_LOSSES": _Condition(
        "no pause of the account after losses: {account_pause}", "account_pause"
    ),
    "STRATEGY_PAUSED_AFTER_LOSSES": _Condition(
        "no pause of the strategy after losses: {strategy_pause}", "strategy_pause"
    ),
    "FILTER_FIGURES_MISSING": _Condition(
        "the figures of the filter, which more closed candles would have given: no {missing}", "missing"
    ),
    "ROUTE_OPEN": _Condition("no open route to another engine: that of {chain} to {instrument}", "chain"),
    "ROUTED": _Condition(
        "this engine's instrument to be the cheapest: {chosen} was, at another engine", "chosen"
    ),
    "BOOK_UNKNOWN": _Condition("a known order book: {why}", "why"),
    "SCORE_LATE": _Condition("the deciding model's score in time: {detail}", "detail"),
    "SCORE_FAILED": _Condition("a score of the champion: {detail}", "detail"),
    "SCORE_MISSING": _Condition("the features of the champion: {detail}", "detail"),
    "BELOW_MIN_QUANTITY": _Condition(
        f"a quantity of at least {{min_quantity}}; the quantity before rounding is {NOT_RECORDED}",
        "min_quantity",
    ),
    "BELOW_MIN_NOTIONAL": _Condition(
        f"a notional of at least {{min_notional}}; the quantity before rounding is {NOT_RECORDED}",
        "min_notional",
    ),
    "ABOVE_MAX_QUANTITY": _Condition(
        f"a quantity of at most {{max_quantity}}; the given quantity is {NOT_RECORDED}", "max_quantity"
    ),
    "ADDITION_UNDER_WAY": _Condition("no order that increases the position already: {working}", "working"),
    "POSITION_WITHOUT_STOP": _Condition("a stop of the position {position}", "position"),
    "POSITION_LEAVING": _Condition("no order that leads out of the position: {leaving}", "leaving"),
    "CUT_TO_RISK_LEFT": _Condition(
        "a smaller loss of the position at its stop {stop}: too little of the risk per trade is left",
        "stop",
    ),
    "CUT_TO_MAX_RISK": _Condition(
        "a larger risk per trade: the size was cut to a loss at the stop of {most_risk} quote currency",
        "most_risk",
    ),
    "CUT_TO_MAX_QUANTITY": _Condition(
        f"a quantity of at most {{max_quantity}}; the quantity before the cut is {NOT_RECORDED}",
        "max_quantity",
    ),
}
"""What had to hold for each reason that is no comparison of two recorded numbers."""
