"""What a person does about a difference that the engine does not take in; docs/live.md has the same table."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from domain.reconciliation.differences import (
    AcceptedOrderNotFound,
    BalanceDiffers,
    Difference,
    ExecutionBeyondOrder,
    ExecutionMistaken,
    ExecutionOfUnknownOrder,
    ExecutionUnknownToThem,
    FilledDiffers,
    InstrumentUnknownToThem,
    OrderAmendedOutside,
    OrderMistaken,
    OrderOfAnotherLog,
    OrderUnknownToUs,
    PositionQuantityDiffers,
    PositionSideDiffers,
    PositionUnknownToThem,
    PositionUnknownToUs,
    StatusDiffers,
    TradingTermsDiffer,
)


class Steps(Struct, frozen=True):
    """`first` is done at the exchange or in the settings; `then` is what ends the discrepancy afterwards. Markdown."""

    first: str
    then: str

    def __str__(self) -> str:
        """As a line for a terminal."""
        return f"{self.first}; then {self.then}".replace("`", "")


_ROWS: tuple[tuple[tuple[type[Difference], ...], Steps], ...] = (
    (
        (OrderUnknownToUs,),
        Steps(
            "cancel the order, or permit its adoption",
            (
                "nothing: two comparisons that do not find it open, or an adoption, resolve it. Or resolve it: it is "
                "accepted"
            ),
        ),
    ),
    (
        (OrderOfAnotherLog,),
        Steps("stop the other engine, or give it another account; cancel the order", "resolve"),
    ),
    (
        (AcceptedOrderNotFound,),
        Steps(
            "look for the order in the exchange's own pages, and cancel it there if it is not wanted",
            (
                "nothing: the next comparison resolves it once the exchange states the order or its end. Or resolve "
                "it: the log ends the order as cancelled, which ten minutes without an answer do, too"
            ),
        ),
    ),
    (
        (OrderAmendedOutside,),
        Steps(
            (
                "judge the order by its new terms: amend or cancel it. A stop moved to a worse price than the log "
                "decided is moved back"
            ),
            "resolve; a stop that was moved back resolves it",
        ),
    ),
    ((OrderMistaken, StatusDiffers), Steps("cancel the order", "resolve")),
    (
        (ExecutionOfUnknownOrder,),
        Steps(
            "close what is not the log's, or permit its adoption",
            "resolve: it is accepted and never adopted; an adoption resolves it",
        ),
    ),
    (
        (ExecutionBeyondOrder, ExecutionMistaken),
        Steps(
            "compare the execution, the order and the position with the exchange's own records",
            (
                "resolve: it is left out of the log. Where the exchange's statements contain it later, the log "
                "takes it in, which resolves it"
            ),
        ),
    ),
    (
        (PositionUnknownToUs, PositionQuantityDiffers),
        Steps(
            "close what is not the log's, or permit its adoption",
            "nothing: two comparisons that do not find it, or an adoption, resolve it. Or resolve it: it is accepted",
        ),
    ),
    (
        (PositionUnknownToThem,),
        Steps(
            (
                "permit the adoption of the trades that closed it, or open the position there again; where neither "
                "is possible, find the price of the close in the exchange's records"
            ),
            (
                "nothing: the next comparison resolves it. Or resolve it with `closedAt`: the log closes the position "
                "at this price. It cannot be accepted without, and nothing is sent for the position meanwhile"
            ),
        ),
    ),
    (
        (PositionSideDiffers,),
        Steps(
            "permit the adoption of the trades that turned it, or turn the position there again",
            (
                "nothing: the next comparison resolves it. It cannot be accepted, and nothing is sent for the "
                "position meanwhile"
            ),
        ),
    ),
    (
        (ExecutionUnknownToThem, FilledDiffers),
        Steps("compare with the exchange's own records; make the position what the log holds", "resolve"),
    ),
    (
        (BalanceDiffers,),
        Steps(
            "find the transfer, fee or bonus in the exchange's records",
            (
                "resolve, with `transfer` for a deposit (above 0) or withdrawal (below 0): the balance of the "
                "log changes by it. It is refused where that balance has changed since; the next comparison states the "
                "amount anew. Two comparisons that do not find this amount any more resolve it"
            ),
        ),
    ),
    (
        (TradingTermsDiffer,),
        Steps(
            "set leverage, one-way mode or isolated margin right", "nothing: the next comparison resolves it"
        ),
    ),
    (
        (InstrumentUnknownToThem,),
        Steps(
            "close the position or cancel the order, if the exchange has not",
            "resolve; other instruments go on. Two comparisons that find it listed resolve it",
        ),
    ),
)
BY_A_PERSON: Mapping[type[Difference], Steps] = {kind: steps for kinds, steps in _ROWS for kind in kinds}
"""By kind. The kinds that are left out are taken in by the engine (`commands.remedies`)."""
