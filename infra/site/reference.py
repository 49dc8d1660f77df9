"""The pages of the reference, each made from the code. They are not committed: the code is their only source."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from infra.site import alerts, commands, errors, events, graphql, metrics, roles, settings, switches

_INDEX = """\
# Reference

These pages are made from the code when the site is built, so they state what this version does.

- [Commands](commands.md): every command of `whence` with its options
- [Settings](settings.md): every setting of `whence.toml` with default, range and meaning
- [Feature switches](switches.md): what is switched while an engine trades, and what only a start switches
- [Events](events.md): every event of the log with its fields
- [GraphQL](graphql.md): every query, mutation, subscription and type of the API
- [Roles](roles.md): the lowest role that may send each request
- [Metrics](metrics.md): every metric of Prometheus
- [Alerts](alerts.md): every alert of an event and of Prometheus
- [Errors and exit codes](errors.md)

Features of models, figures of order books and strategies have pages of their own, which are made from the code, too:
[Features](../features.md), [Analysis of the book](../book-analysis.md), [Strategies](../strategies.md).
"""


def _index() -> str:
    return _INDEX


PAGES: Mapping[str, Callable[[], str]] = {
    "index": _index,
    "commands": commands.page,
    "settings": settings.page,
    "switches": switches.page,
    "events": events.page,
    "graphql": graphql.page,
    "roles": roles.page,
    "metrics": metrics.page,
    "alerts": alerts.page,
    "errors": errors.page,
}
"""Each page by its name in the folder `reference` of the site."""
