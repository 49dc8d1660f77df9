"""Whether a proposal is worth a signal."""

from __future__ import annotations

from domain.portfolio import Portfolio
from domain.strategies import Intent, Proposal


def worth_raising(proposal: Proposal, portfolio: Portfolio) -> bool:
    """An exit with nothing to exit is no signal."""
    if proposal.intent is Intent.ENTER:
        return True
    where = (proposal.instrument, proposal.direction)
    return portfolio.against(*where) is not None or bool(portfolio.waiting_against(*where))
