"""The page of all alerts: those that events raise, and the rules of Prometheus."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from infra.site.markdown import code, plain, table
from projections.alerts import RAISED

_RULES = Path(__file__).parents[1] / "monitoring" / "rules.yml"
_HEAD = """\
# Alerts

[Alerts](../alerts.md) describes how alerts are listed, acknowledged and sent.

## Alerts of events

An alert of this kind is an event of the log that a person should be notified of. `whence alerts list` prints them."""
_PROMETHEUS = """\
## Rules of Prometheus

These rules are `infra/monitoring/rules.yml`; a test runs them with promtool."""


class Rule(msgspec.Struct):
    """One rule of Prometheus: an alert, or a recorded expression."""

    expr: str
    alert: str = ""
    for_: str = msgspec.field(name="for", default="0s")
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Group(msgspec.Struct):
    """Rules that are evaluated together."""

    name: str
    rules: list[Rule]


class RuleFile(msgspec.Struct):
    """The file of rules."""

    groups: list[Group]


def page() -> str:
    """The whole page. Needs PyYAML, which the group `docs` of the dependencies has."""
    events = table(
        ("kind", "severity", "event", "meaning"),
        (
            (code(kind), severity.value, code(event.__name__), plain(_first(inspect.getdoc(event) or "")))
            for event, severity, kind in RAISED
        ),
    )
    return "\n".join([_HEAD, "", *events, _PROMETHEUS, "", *_rules()])


def _named(text: str) -> str:
    """The text with the name of a label or value in place of Prometheus' template for it."""
    return re.sub(r"\{\{\s*\$(?:labels\.)?(\w+)[^}]*\}\}", lambda found: found[1].upper(), text)


def _first(text: str) -> str:
    """The first sentence of a docstring."""
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


def rules() -> Sequence[Group]:
    """The groups of the rules of Prometheus."""
    return msgspec.yaml.decode(_RULES.read_bytes(), type=RuleFile).groups


def _rules() -> Iterator[str]:
    for group in rules():
        for rule in group.rules:
            if rule.alert:
                yield f"### {rule.alert}"
                yield ""
                yield f"{plain(_named(rule.annotations['summary']))} ({rule.labels['severity']}, after {rule.for_})."
                yield ""
                yield plain(_named(rule.annotations["action"]))
                yield ""
                yield f"    {' '.join(rule.expr.split())}"
                yield ""
                yield f"[Runbook](../{rule.annotations['runbook'].removeprefix('docs/')})"
                yield ""
