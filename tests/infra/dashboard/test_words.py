"""The numbers in the words of the page, formatted by Fluent as the page does it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache

import pytest

from infra.dashboard.bundle import SOURCE
from infra.node import fetch_packages, find_node

FORMAT = """
import { readFileSync } from 'node:fs';
import { FluentBundle, FluentResource } from '@fluent/bundle';
const lines = {};
for (const language of ['en', 'ru']) {
  const bundle = new FluentBundle(language, { useIsolating: false });
  const faults = bundle.addResource(new FluentResource(readFileSync(`src/words/${language}.ftl`, 'utf8')));
  if (faults.length > 0) throw faults[0];
  for (const [name, variable] of JSON.parse(process.argv[2])) {
    lines[`${language} ${name}`] = [1, 2, 5, 21].map(count => {
      const rest = { net: '-3', since: 'S', compared: 1, unsigned: 0, type: 'T', version: 1, stream: 's' };
      const given = { begin: 'B', end: 'E', set: 'F', ...rest, [variable]: count };
      return bundle.formatPattern(bundle.getMessage(name).value, given);
    });
  }
}
console.log(JSON.stringify(lines));
"""
VARIABLES: Mapping[str, str] = {
    "pause-of": "losses",
    "candles-read": "count",
    "verification-holds": "size",
    "inclusion-holds": "size",
    "inclusion-fails": "size",
    "trained": "labels",
    "report-stands-on": "events",
}
FORMS: Mapping[str, Sequence[str]] = {
    "en pause-of": ("1 loss of", "2 losses in", "5 losses in", "21 losses in"),
    "en candles-read": ("1 candle since", "2 candles since", "5 candles since", "21 candles since"),
    "en verification-holds": ("1 event is", "2 events are", "5 events are", "21 events are"),
    "en inclusion-holds": ("of 1 event.", "of 2 events.", "of 5 events.", "of 21 events."),
    "en inclusion-fails": ("of 1 event was", "of 2 events was", "of 5 events was", "of 21 events was"),
    "en trained": ("1 row from", "2 rows from", "5 rows from", "21 rows from"),
    "en report-stands-on": ("1 event of", "2 events of", "5 events of", "21 events of"),
    "ru pause-of": ("1 убыток ", "2 убытка ", "5 убытков ", "21 убыток "),
    "ru candles-read": ("1 свеча ", "2 свечи ", "5 свечей ", "21 свеча "),
    "ru verification-holds": (
        "1 событие такое же, каким было",
        "2 события такие же",
        "5 событий такие же",
        "21 событие такое же",
    ),
    "ru inclusion-holds": ("из 1 события.", "из 2 событий.", "из 5 событий.", "из 21 события."),
    "ru inclusion-fails": ("из 1 события.", "из 2 событий.", "из 5 событий.", "из 21 события."),
    "ru trained": ("1 строке ", "2 строках ", "5 строках ", "21 строке "),
    "ru report-stands-on": ("1 событии ", "2 событиях ", "5 событиях ", "21 событии "),
}


@cache
def formatted() -> Mapping[str, Sequence[str]]:
    """Each word with the counts 1, 2, 5 and 21, by its language and name."""
    node = find_node()
    fetch_packages(node, SOURCE, "The dashboard")
    script = [*node.node, "--input-type=module", "-", json.dumps(list(VARIABLES.items()))]
    done = subprocess.run(script, input=FORMAT, cwd=SOURCE, capture_output=True, text=True, check=True)
    lines: Mapping[str, Sequence[str]] = json.loads(done.stdout)
    return lines


@pytest.mark.parametrize("name", FORMS)
def test_a_word_has_the_form_of_its_number(name: str) -> None:
    for line, form in zip(formatted()[name], FORMS[name], strict=True):
        assert form in line


@pytest.mark.parametrize(("language", "money"), [("en", "money"), ("ru", "деньги")])
def test_the_banner_of_a_live_run_claims_no_real_money_because_the_log_does_not_state_the_place(
    language: str, money: str
) -> None:
    """A run on `whence venue` or on a testnet is live, too."""
    lines = (SOURCE / "src" / "words" / f"{language}.ftl").read_text(encoding="utf-8").splitlines()
    (banner,) = (one for one in lines if one.startswith("mode-live ="))
    assert "LIVE" in banner
    assert money not in banner
