"""The lines for the user: where an API listens, what it shows and who may use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from adapters.http.paths import GRAPHIQL, GRAPHQL
from infra.config import WhenceSettings
from infra.graphiql.folder import built
from infra.run.api_plan import ApiPlan
from infra.store_address import store_address


class Announced(Protocol):
    """An API, in this process or in another one. `url` is its address, without a path."""

    url: str

    @property
    def announcement(self) -> Sequence[str]: ...

    def check(self) -> None: ...


def announcement(settings: WhenceSettings, plan: ApiPlan, url: str, description: str) -> Sequence[str]:
    """Lines for the user: addresses, store, access rules. `description` names the engine that answers."""
    lines = [
        f"API on {url}{GRAPHQL}",
        f"dashboard on {url}/, in a browser",
        description,
        f"read models and tokens in {store_address(settings)}",
        _page_line(plan, url),
        "requests without a token: from this machine only, and read-only",
    ]
    if plan.place.cert is None and not plan.place.is_loopback:
        lines.append(
            "WITHOUT TLS: tokens can be read in transit, unless a proxy in front of the API adds TLS"
        )
    return lines


def _page_line(plan: ApiPlan, url: str) -> str:
    if not plan.graphiql:
        return "GraphiQL is switched off"
    return (
        f"GraphiQL on {url}{GRAPHIQL}, in a browser" if built() else "GraphiQL is not built: `make graphiql`"
    )
