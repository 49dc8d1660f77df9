"""The filters: the members that judge an entry by what the market was like at its candle's close.

Each filter is a member that votes only where its setting is on (`domain.filters.settings`), so a filter that is off
leaves no trace in a decision. It judges figures that the signal recorded, never candles, so a decision is made again
from the log. A figure that is missing, because too few candles had closed, is a vote against. The entries of strategy
instances are judged; a scanner and a person read no candles here, and an exit is never prevented.
"""

from __future__ import annotations

from math import isfinite

from domain.committees.case import Case
from domain.committees.member import Figure, Judgement, Member, Rule, judgement
from domain.direction import Direction
from domain.filters.returns import PREFIX
from domain.filters.settings import FilterSettings
from domain.signal import Chamber

_OWN = "filter."


def filter_members(case: Case) -> tuple[Member, ...]:
    """The members of the filters that are on for the entry's owner."""
    settings = _settings(case)
    if not (settings.reads_own_candles or settings.reads_correlation):
        return ()
    return tuple(rule.member for rule in RULES if rule.is_on(settings))


def adx(case: Case) -> Judgement:
    """The ADX reaches `minimum_adx`: the market has a trend, up or down."""
    found, minimum = _figures(case, ("adx",)), _settings(case).minimum_adx
    if found is None:
        return _missing("adx")
    (strength,) = found
    return judgement({"ADX_TOO_LOW": not minimum <= strength <= 100}, adx=strength, minimum=minimum)


def di_difference(case: Case) -> Judgement:
    """+DI less -DI (its sign reversed for a short) reaches `minimum_di_difference`."""
    found, minimum = _figures(case, ("plus_di", "minus_di")), _settings(case).minimum_di_difference
    if found is None:
        return _missing("plus_di minus_di")
    plus, minus = found
    difference = _sign(case) * (plus - minus)
    return judgement(
        {"DI_DIFFERENCE_TOO_SMALL": not minimum <= difference <= 100},
        direction=case.entry.direction.value,
        plus_di=plus,
        minus_di=minus,
        difference=difference,
        minimum=minimum,
    )


def timeframe(case: Case) -> Judgement:
    """The average of the coarser closed candles moved in the entry's direction from the last but one to the last."""
    found = _figures(case, ("timeframe_ema", "timeframe_ema_before"))
    if found is None:
        return _missing("timeframe_ema timeframe_ema_before")
    last, before = found
    move = _sign(case) * (last - before)
    return judgement(
        {"TIMEFRAME_DISAGREES": not move > 0},
        direction=case.entry.direction.value,
        timeframe=_settings(case).timeframe,
        ema=last,
        ema_before=before,
        move=move,
    )


def value_area(case: Case) -> Judgement:
    """The place of the entry's price in the value area is in `minimum_place` … `maximum_place`.

    The place is 0 at the point of control and 1 at the bound of the area in the entry's direction, -1 at the other
    bound; it goes on beyond both.
    """
    settings, price, sign = _settings(case), float(case.entry.price), _sign(case)
    low, high = settings.minimum_place, settings.maximum_place
    found = _figures(case, ("poc", "value_low", "value_high"))
    if found is None:
        return _missing("poc value_low value_high")
    place = sign * place_of(price, *found)
    poc, bottom, top = found
    return judgement(
        {"PLACE_TOO_LOW": not low <= place, "PLACE_TOO_HIGH": not place <= high},
        price=case.entry.price,
        poc=poc,
        value_low=bottom,
        value_high=top,
        place=place,
        minimum=low,
        maximum=high,
    )


def place_of(price: float, poc: float, low: float, high: float) -> float:
    """-1 at `low`, 0 at the point of control, 1 at `high`, in between and beyond in proportion."""
    height = high - poc if price > poc else poc - low
    return (price - poc) / height


def pivots(case: Case) -> Judgement:
    """The next daily pivot level in the entry's direction is at least `minimum_pivot_distance` of the price away.

    The levels of a long are R1 and R2, those of a short S1 and S2. A price beyond both has no level before it.
    """
    minimum, price = _settings(case).minimum_pivot_distance, float(case.entry.price)
    names = _LEVELS[case.entry.direction]
    found = _figures(case, names)
    if found is None:
        return _missing(" ".join(names))
    sign = _sign(case)
    ahead = [level for level in found if sign * (level - price) > 0.0]
    distance = min(abs(level - price) / price for level in ahead) if ahead else None
    levels: dict[str, Figure] = dict(zip(names, found, strict=True))
    return judgement(
        {"PIVOT_TOO_NEAR": distance is not None and not distance >= minimum},
        price=case.entry.price,
        **levels,
        distance=distance,
        minimum=minimum,
    )


_LEVELS = {
    Direction.LONG: ("resistance_1", "resistance_2"),
    Direction.SHORT: ("support_1", "support_2"),
}


def correlation(case: Case) -> Judgement:
    """No position or waiting entry moves with the entry by more than `maximum_correlation`.

    With one in the other direction the sign of the correlation is reversed: a short of what moves oppositely is the
    same bet. The instrument's own position is judged by other members.
    """
    own, portfolio = case.entry, case.view.portfolio
    directions = {entry.instrument: entry.direction for entry in portfolio.entries.values()}
    directions |= {name: held.state.direction for name, held in portfolio.positions.items()}
    signs = {
        name: 1.0 if direction is own.direction else -1.0
        for name, direction in directions.items()
        if name != own.instrument
    }
    return _correlated(case, signs, _settings(case).maximum_correlation, "CORRELATED_WITH_HELD")


def major_correlation(case: Case) -> Judgement:
    """The instrument moves with no other instrument of `majors` by more than `maximum_major_correlation`."""
    settings = _settings(case)
    signs = dict.fromkeys((name for name in settings.majors if name != case.entry.instrument), 1.0)
    return _correlated(case, signs, settings.maximum_major_correlation, "CORRELATED_WITH_MAJOR")


def _correlated(case: Case, signs: dict[str, float], maximum: float, reason: str) -> Judgement:
    inputs = case.signal.inputs
    missing = [name for name in signs if PREFIX + name not in inputs]
    if missing:
        return _missing(" ".join(missing))
    found = {name: sign * inputs[PREFIX + name] for name, sign in signs.items()}
    most = max(found, key=lambda name: found[name], default=None)
    greatest = None if most is None else found[most]
    return judgement(
        {reason: greatest is not None and not -1 <= greatest <= maximum},
        instruments=" ".join(found),
        most_alike=most,
        correlation=greatest,
        maximum=maximum,
    )


_ALPHA, _RISK = Chamber.ALPHA, Chamber.RISK

RULES: tuple[Rule[FilterSettings], ...] = (
    Rule(Member("adx", _ALPHA, adx), lambda settings: settings.minimum_adx > 0),
    Rule(Member("di_difference", _ALPHA, di_difference), lambda settings: settings.minimum_di_difference > 0),
    Rule(Member("timeframe", _ALPHA, timeframe), lambda settings: settings.timeframe != ""),
    Rule(Member("value_area", _ALPHA, value_area), lambda settings: settings.value_area_candles > 0),
    Rule(Member("pivots", _ALPHA, pivots), lambda settings: settings.minimum_pivot_distance > 0),
    Rule(Member("correlation", _RISK, correlation), lambda settings: settings.maximum_correlation > 0),
    Rule(
        Member("major_correlation", _RISK, major_correlation),
        lambda settings: settings.maximum_major_correlation > 0,
    ),
)
"""The members that vote on an entry, after those that vote on every entry."""


def _settings(case: Case) -> FilterSettings:
    return case.view.settings.settings.filters_of(case.entry.owner)


def _sign(case: Case) -> float:
    return 1.0 if case.entry.direction is Direction.LONG else -1.0


def _figures(case: Case, names: tuple[str, ...]) -> tuple[float, ...] | None:
    """The figures that the signal recorded; None if one of them is missing or no number."""
    found = tuple(case.signal.inputs.get(_OWN + name) for name in names)
    known = tuple(figure for figure in found if figure is not None and isfinite(figure))
    return known if len(known) == len(names) else None


def _missing(what: str) -> Judgement:
    return judgement({"FILTER_FIGURES_MISSING": True}, missing=what)
