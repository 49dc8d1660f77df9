"""The configuration of an API, and the engine that carries out its mutations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry

from adapters.http.options import HttpOptions
from adapters.http.shared_rate import SharedRates
from adapters.metrics.snapshot import Family
from commands.door import Answer, Door
from commands.request import Requested
from domain.errors import InvalidInput, WhenceError
from infra.run.listening import ListenAddress
from infra.run.watchers import Watchers


@dataclass(frozen=True, slots=True)
class ApiPlan:
    """`lag`: the seconds that read models may be behind the log before the API reports that it is not ready. `workers`:
    the processes that serve the API together. `checkpoints`: a folder of a notary or a file of signed checkpoints; None
    for the folder that this user's notary of the log has. With `opens_page` a browser opens the dashboard once the API
    serves."""

    place: ListenAddress = field(default_factory=ListenAddress)
    http: HttpOptions = field(default_factory=HttpOptions)
    introspection: bool = True
    graphiql: bool = True
    lag: float = 30.0
    workers: int = 1
    checkpoints: Path | None = None
    opens_page: bool = False

    def __post_init__(self) -> None:
        """Raises InvalidInput where the API listens on every address and no host name is allowed."""
        if self.place.is_anywhere and not self.http.hosts:
            raise InvalidInput(
                f"--host {self.place.host} is no host name: add --allow-host with the host name that clients use"
            )


@dataclass(frozen=True, slots=True)
class Shared:
    """What the processes of one API share: the secret that signs confirmations, the counts of rates, and `counted`, the
    registry of this process's own requests, which is shown together with those of the others; None for one process."""

    secret: bytes = field(repr=False)
    rates: SharedRates = field(repr=False)
    counted: CollectorRegistry | None = None


@dataclass(frozen=True, slots=True)
class Hosted:
    """The engine's door (it takes requests) for the mutations of `account`.

    `description` is one line for the user: which engine answers, or the reason why none does. `watchers` see the
    prices of the engine that this process belongs to, and `figures` returns its metrics; None where there is none.
    `shared` is None where one process serves the API alone, without a supervisor.
    """

    door: Door
    account: str
    description: str
    watchers: Watchers | None = None
    figures: Callable[[], Sequence[Family]] | None = None
    shared: Shared | None = None


class Closed:
    """The door of a read-only process: refuses every request with the reason `why`."""

    def __init__(self, why: WhenceError) -> None:
        self._why = why

    def ask(self, requested: Requested, patience: float) -> Answer:
        """See `Door`; always raises the reason."""
        raise self._why.with_traceback(None)
