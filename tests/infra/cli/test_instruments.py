"""`whence instruments`, and the rules and currencies that `whence paper` states."""

from __future__ import annotations

import json
from pathlib import Path

from tests.adapters.instruments import documents
from tests.adapters.instruments.documents import save
from tests.adapters.tapes.sheets import row, sheet, write
from tests.infra.cli.conftest import Whence

FILES = sheet(row(at) for at in range(5))


def test_imported_rules_are_used_and_called_real_with_their_source(whence: Whence, tmp_path: Path) -> None:
    save(tmp_path, documents.binance_spot())
    done = whence("instruments", "import", "saved.json")
    assert (done.code, done.err) == (0, "")
    assert (
        "saved.json: 2 instruments of Binance exchangeInfo (spot); assumed: fees, as of 2025-01-02 09:22 UTC"
        in (done.out)
    )
    assert "whence-instruments.json holds 2 instruments now." in done.out
    write(tmp_path, FILES, "STRAXBUSD_5m.csv")
    played = whence("paper", "--candles", "STRAXBUSD_5m.csv", "--json")
    assert played.code == 0, played.err
    rules = json.loads(played.out)["rules"]["STRAXBUSD-LINEAR.BYBIT"]
    assert (rules["origin"], rules["source"]) == ("real", "Binance exchangeInfo (spot); assumed: fees")
    assert (rules["tick"], rules["lot"], rules["quote"]) == ("0.00001", "0.0001", "BUSD")
    assert "guessed" not in played.err
    listed = whence("log", "--type", "InstrumentListed")
    assert "real, from Binance exchangeInfo (spot)" in listed.out


def test_a_symbol_that_the_file_lacks_is_guessed_and_called_so(whence: Whence, tmp_path: Path) -> None:
    save(tmp_path, documents.binance_spot())
    whence("instruments", "import", "saved.json", "--rules", "mine.json")
    write(tmp_path, FILES, "ABCUSDT_5m.csv")
    played = whence("paper", "--candles", "ABCUSDT_5m.csv", "--rules", "mine.json")
    assert played.code == 0, played.err
    assert (
        "ABCUSDT-LINEAR.BYBIT: guessed from the tape, because no rules of an exchange are known" in played.err
    )
    assert "ABCUSDT-LINEAR.BYBIT: guessed rules, from the tape: tick 0.1" in played.out
    as_json = json.loads(whence("paper", "--candles", "ABCUSDT_5m.csv", "--json").out)
    assert as_json["rules"]["ABCUSDT-LINEAR.BYBIT"]["origin"] == "guessed"


def test_an_import_keeps_earlier_ones_and_reports_what_it_leaves_out(whence: Whence, tmp_path: Path) -> None:
    save(tmp_path, documents.binance_spot(), "one.json")
    save(tmp_path, documents.bybit_linear(), "two.json")
    assert whence("instruments", "import", "one.json").code == 0
    done = whence("instruments", "import", "two.json")
    assert "left out: BTC-26DEC25: LinearFutures: only perpetuals are traded here" in done.out
    assert "whence-instruments.json holds 4 instruments now." in done.out
    listed = whence("instruments", "list", "btcusdt")
    assert listed.out.startswith(
        "BTCUSDT-LINEAR.BYBIT  tick 0.1  lot 0.001  orders 0.001 to 1190 BTC, from 5 USDT"
    )
    listed_json = json.loads(whence("instruments", "list", "--json").out)
    sources = {one["instrument"]["id"]: one["origin"]["source"] for one in listed_json}
    assert len(sources) == len(listed_json)
    assert "built in" not in sources["BTCUSDT-LINEAR.BYBIT"]
    assert "built in" in sources["XRPUSDT-LINEAR.BYBIT"]


def test_without_an_import_the_built_in_rules_are_listed(whence: Whence) -> None:
    listed = whence("instruments", "list", "sol")
    assert listed.out.startswith("SOLUSDT-LINEAR.BYBIT  tick 0.01  lot 0.1  ")
    assert "(Bybit v5 instruments-info, built in, 2025-01-01)" in listed.out
    absent = whence("instruments", "list", "doge")
    assert (absent.code, absent.out) == (0, "")
    assert "no imported or built-in instrument has 'doge' in its id" in absent.err
    refused = whence("instruments", "list", "--rules", "absent.json")
    assert (refused.code, "absent.json cannot be read" in refused.err) == (2, True)


def test_a_file_that_is_no_response_changes_nothing(whence: Whence, tmp_path: Path) -> None:
    save(tmp_path, "[]")
    done = whence("instruments", "import", "saved.json")
    assert done.code == 2
    assert "saved.json" in done.err
    assert not (tmp_path / "whence-instruments.json").exists()


def test_a_named_file_of_rules_that_does_not_exist_is_refused(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    done = whence("paper", "--candles", "BTCUSDT_5m.csv", "--rules", "absent.json")
    assert done.code == 2
    assert "absent.json cannot be read: No such file or directory; import the exchange's rules" in done.err
    assert not (tmp_path / "whence.db").exists()


def test_an_unknown_quote_currency_is_named_by_an_option_and_then_known_to_the_log(
    whence: Whence, tmp_path: Path
) -> None:
    write(tmp_path, FILES, "GOLD_5m.csv")
    refused = whence("paper", "--candles", "GOLD_5m.csv")
    assert refused.code == 2
    assert "the quote currency of GOLD is unknown: name it with --quote, as in --quote USDT" in refused.err
    assert not (tmp_path / "whence.db").exists()
    played = whence("paper", "--candles", "GOLD_5m.csv", "--quote", "usdt", "--json")
    assert json.loads(played.out)["rules"]["GOLD-LINEAR.BYBIT"]["quote"] == "USDT"
    assert whence("paper", "--candles", "GOLD_5m.csv").code == 0


def test_an_account_in_a_coin_begins_with_the_default_of_that_coin_and_says_so(
    whence: Whence, tmp_path: Path
) -> None:
    write(tmp_path, FILES, "ETHBTC_5m.csv")
    played = whence("paper", "--candles", "ETHBTC_5m.csv")
    assert "the starting balance is 0.10000000 BTC, the default for this quote currency" in played.err
    assert "0.10000000 -> 0.10000000 BTC" in played.out


def test_files_in_different_currencies_are_refused(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, FILES, "ETHBTC_5m.csv")
    write(tmp_path, FILES, "ETHUSDT_5m.csv")
    done = whence("paper", "--candles", "ETHBTC_5m.csv", "ETHUSDT_5m.csv")
    assert done.code == 2
    assert (
        "one account has one currency, but ETHBTC-LINEAR.BYBIT in BTC, ETHUSDT-LINEAR.BYBIT in USDT"
        in done.err
    )


def test_a_strategy_without_candles_of_its_instruments_is_named_by_every_run(
    whence: Whence, tmp_path: Path
) -> None:
    write(tmp_path, FILES, "BTCUSDT_5m.csv")
    (tmp_path / "whence.toml").write_text(
        '[[trading.strategies]]\nname = "trend"\n'
        '[[trading.strategies]]\nname = "supertrend"\ninstruments = ["SOLUSDT-LINEAR.BYBIT"]\n'
        '[[trading.strategies]]\nname = "breakout"\n'
        'instruments = ["BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"]\n'
    )
    nothing = "supertrend trades nothing: this run has no candles of SOLUSDT-LINEAR.BYBIT"
    others = "breakout trades the others only: this run has no candles of ETHUSDT-LINEAR.BYBIT"
    played = whence("paper", "--candles", "BTCUSDT_5m.csv")
    assert nothing in played.err
    assert others in played.err
    assert "trend trades nothing" not in played.err.replace("supertrend", "")
    tested = whence("backtest", "--candles", "BTCUSDT_5m.csv")
    assert nothing in " ".join(tested.out.split())
