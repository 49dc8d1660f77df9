"""What an API was told to be, and which engine stands behind it."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.graphql.limits import Limits
from adapters.http.options import HttpOptions
from commands.door import Answer, Door
from commands.request import Requested
from domain.errors import InvalidInput, WhenceError
from infra.run.listening import ListenAddress
from infra.run.watchers import Watchers


@dataclass(frozen=True, slots=True)
class ApiPlan:
    """`lag` is for how many seconds the read models may be behind before the API says that it is not ready."""

    place: ListenAddress = field(default_factory=ListenAddress)
    http: HttpOptions = field(default_factory=HttpOptions)
    limits: Limits = field(default_factory=Limits)
    graphiql: bool = True
    lag: float = 30.0

    def __post_init__(self) -> None:
        """Raises InvalidInput for an API that nobody could ask by any name."""
        if self.place.is_anywhere and not self.http.hosts:
            raise InvalidInput(
                f"--host {self.place.host} is no name to be asked by: add --allow-host with the one people will use"
            )


@dataclass(frozen=True, slots=True)
class Hosted:
    """Who takes mutations for `account`. `told` says in a line who that is, or why nobody does.

    `watchers` are told by the engine of this process; None where there is none.
    """

    door: Door
    account: str
    told: str
    watchers: Watchers | None = None


class Closed:
    """The door of a process that only reads: it raises why."""

    def __init__(self, why: WhenceError) -> None:
        self._why = why

    def ask(self, requested: Requested, patience: float) -> Answer:
        """See `Door`; raises the reason each time."""
        raise self._why.with_traceback(None)
