"""The limits of the account that are off by default: positions of one group, correlated positions, losses in a row.

Each is a member of the Risk committee that votes only where its setting is on (`domain.limits.settings`), so a limit
that is off leaves no trace in a decision. They judge entries of strategies, scanners and sources alike, and never an
exit. A person's entry is judged by groups and by the account's pause; it has no recorded correlations.

A holding is a position, a waiting entry or a running grid, one for each instrument; the entry's own instrument is
judged by other members.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import isfinite

from msgspec import Struct

from domain.committees.case import Case
from domain.committees.member import Judgement, Member, Rule, judgement, plain
from domain.direction import Direction
from domain.instrument import Instrument
from domain.limits.holdings import Holding, holdings
from domain.limits.hourly import PREFIX
from domain.limits.settings import OnMissing
from domain.owner import PERSON
from domain.pause import ACCOUNT, NO_LOSSES, Pause
from domain.plain_text import counted
from domain.signal import Chamber


def limit_members(case: Case) -> tuple[Member, ...]:
    """The members of the limits that are on for the entry's owner, and of a pause that is in force for it."""
    return tuple(rule.member for rule in RULES if rule.is_on(case))


def group_positions(case: Case) -> Judgement:
    """In no group of the entry's instrument the net number of positions, this one included, is above the limit.

    The net number is that of the holdings in the entry's direction less the open positions in the other one: a long and
    a short of one group offset each other. A waiting entry, a grid that holds nothing and a position that is being
    closed offset nothing, because they may never be positions, or no longer. The group with the greatest net number is
    named.
    """
    most = case.view.settings.settings.limits.max_group_positions
    found = [_InGroup(name, *_sides(case, members)) for name, members in _groups_of(case).items()]
    fullest = max(found, key=lambda one: one.net, default=None)
    if fullest is None:
        return judgement({}, group="", most=most)
    return judgement(
        {"MAX_GROUP_POSITIONS": fullest.net > most},
        group=fullest.name,
        direction=case.entry.direction.value,
        held=_names(fullest.along),
        offsetting=_names(fullest.offsetting),
        net=fullest.net,
        most=most,
    )


class _InGroup(Struct, frozen=True):
    """The holdings in one group: in the entry's direction, and the positions that offset them."""

    name: str
    along: Sequence[Holding]
    offsetting: Sequence[Holding]

    @property
    def net(self) -> int:
        """The net number of positions in the entry's direction, with the entry."""
        return len(self.along) - len(self.offsetting) + 1


def _groups_of(case: Case) -> Mapping[str, Collection[str]]:
    name, listed = case.entry.instrument, case.view.portfolio.instruments
    groups = case.view.settings.settings.groups
    return {group: members for group, members in groups.items() if _is_member(name, members, listed)}


def _is_member(name: str, members: Collection[str], listed: Mapping[str, Instrument]) -> bool:
    rules = listed.get(name)
    return name in members or (rules is not None and rules.base in members)


def _sides(case: Case, members: Collection[str]) -> tuple[Sequence[Holding], Sequence[Holding]]:
    portfolio, direction = case.view.portfolio, case.entry.direction
    held = [
        one
        for one in holdings(portfolio, without=case.entry.instrument)
        if _is_member(one.instrument, members, portfolio.instruments)
    ]
    along = [one for one in held if one.direction is direction]
    return along, [one for one in held if one.direction is not direction and one.is_sure]


def correlated_positions(case: Case) -> Judgement:
    """The holdings that are one bet with the entry, and the entry, are at most `max_correlated_positions`.

    A holding is one bet with the entry where the correlation of their hourly log returns, its sign reversed for a
    holding in the other direction, is `correlation` or more. Where correlations are missing, because too few hours had
    closed, and the limit would be exceeded if those were one bet, too, `on_missing_correlation` decides.
    """
    limits, inputs = case.view.settings.settings.limits, case.signal.inputs
    found: dict[str, float] = {}
    missing: list[str] = []
    for one in holdings(case.view.portfolio, without=case.entry.instrument):
        figure = inputs.get(PREFIX + one.instrument)
        if figure is None or not isfinite(figure):
            missing.append(one.instrument)
        else:
            found[one.instrument] = _sign(case, one.direction) * figure
    alike = [name for name, figure in found.items() if not figure < limits.correlation]
    count, most = len(alike) + 1, limits.max_correlated_positions
    undecided = count <= most < count + len(missing)
    return judgement(
        {
            "MAX_CORRELATED_POSITIONS": count > most,
            "CORRELATION_MISSING": undecided and limits.on_missing_correlation is OnMissing.REFUSE,
        },
        direction=case.entry.direction.value,
        correlations=" ".join(f"{name}={plain(figure)}" for name, figure in found.items()),
        correlated=" ".join(alike),
        missing=" ".join(missing),
        count=count,
        most=most,
        correlation=limits.correlation,
        hours=limits.correlation_hours,
    )


def _sign(case: Case, direction: Direction) -> float:
    return 1.0 if direction is case.entry.direction else -1.0


def loss_pause(case: Case) -> Judgement:
    """No pause after losses in a row is in force: neither of the account nor of the entry's strategy.

    The figures have the losses in a row so far, and the pause in words where one is in force.
    """
    portfolio, owner = case.view.portfolio, case.entry.owner
    account, own = _pause(case, ACCOUNT), None if owner == PERSON else _pause(case, owner)
    return judgement(
        {
            "ACCOUNT_PAUSED_AFTER_LOSSES": account is not None,
            "STRATEGY_PAUSED_AFTER_LOSSES": own is not None,
        },
        now=case.view.now,
        account_losses=portfolio.streaks.get(ACCOUNT, NO_LOSSES).losses,
        strategy_losses=portfolio.streaks.get(owner, NO_LOSSES).losses,
        account_pause=_in_words(account),
        strategy_pause=_in_words(own),
    )


def _pause(case: Case, owner: str) -> Pause | None:
    """The owner's pause in force; one whose time is over may not be recorded as ended yet."""
    found = case.view.portfolio.pauses.get(owner)
    return None if found is None or found.is_over(case.view.now) else found


def _in_words(pause: Pause | None) -> str:
    if pause is None:
        return ""
    end = "until a person ends it" if pause.until is None else f"until {pause.until.isoformat()}"
    return f"{counted(pause.losses, 'losing position')} in a row of {plain(pause.net)} together, {end}"


def _counts_losses(case: Case) -> bool:
    """Whether losses in a row are limited, or a pause of an earlier limit is left."""
    limits, pauses = case.view.settings.settings.limits_of(case.entry.owner), case.view.portfolio.pauses
    return (
        limits.account_losses > 0
        or limits.strategy_losses > 0
        or ACCOUNT in pauses
        or case.entry.owner in pauses
    )


_RISK = Chamber.RISK
RULES: tuple[Rule[Case], ...] = (
    Rule(Member("loss_pause", _RISK, loss_pause), _counts_losses),
    Rule(
        Member("group_positions", _RISK, group_positions),
        lambda case: case.view.settings.settings.limits.max_group_positions > 0,
    ),
    Rule(
        Member("correlated_positions", _RISK, correlated_positions),
        lambda case: (
            case.view.settings.settings.limits.max_correlated_positions > 0 and case.entry.origin is not None
        ),
    ),
)
"""The members that vote on an entry after those of the filters."""


def _names(held: Collection[Holding]) -> str:
    return " ".join(one.instrument for one in held)
