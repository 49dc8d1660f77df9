"""Settings: the precedence of layers, refusals, and secrets that are never shown."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.bybit.book_feed import BOOK_DEPTHS
from domain.errors import InvalidSettings
from infra import config
from infra.book_view import BYBIT_DEPTHS
from infra.config import load, shown, unmasked
from infra.trading import trading_settings
from projections.severity import Severity

BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"
Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.upper().startswith("WHENCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Write:
    def write_toml(text: str) -> Path:
        path = folder / "whence.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_toml


def refusal(**given: object) -> str:
    with pytest.raises(InvalidSettings) as refused:
        load(**given)
    return str(refused.value)


def test_the_depths_of_live_books_are_those_of_bybit() -> None:
    assert BYBIT_DEPTHS == BOOK_DEPTHS


def test_without_settings_the_documented_defaults_are_in_force() -> None:
    settings = load()
    assert settings.log == "sqlite:///whence.db"
    assert (settings.account, settings.starting_balance, settings.leverage) == (
        "paper",
        None,
        Decimal(1),
    )
    assert (settings.kafka, settings.registry, settings.trading, settings.config) == ({}, {}, {}, None)


def test_a_higher_layer_overrides_a_lower_one(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write('account = "file"\nleverage = 2\nstarting_balance = 1\n')
    assert load().account == "file"
    monkeypatch.setenv("WHENCE_ACCOUNT", "environment")
    assert load().account == "environment"
    assert load(account="line").account == "line"
    assert load(account="line").leverage == 2


def test_an_option_that_is_not_given_overrides_nothing(write: Write) -> None:
    write('account = "file"\n')
    assert load(account=None).account == "file"


def test_tables_are_merged_key_by_key(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("[trading]\na = 1\nb.c = 2\nb.d = 3\n")
    monkeypatch.setenv("WHENCE_TRADING__B__C", "9")
    settings = load()
    assert settings.trading == {"a": 1, "b": {"c": "9", "d": 3}}


def test_decimals_keep_their_digits(write: Write) -> None:
    write("starting_balance = 0.1\n[trading]\nrisk = 0.02\n")
    settings = load()
    assert str(settings.starting_balance) == "0.1"
    assert settings.trading == {"risk": Decimal("0.02")}


@pytest.mark.parametrize("by_option", [True, False])
def test_the_settings_file_can_be_named_by_option_or_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, by_option: bool
) -> None:
    path = folder / "other.toml"
    path.write_text("leverage = 3\n")
    if not by_option:
        monkeypatch.setenv("WHENCE_CONFIG", str(path))
    settings = load(config=path if by_option else None)
    assert settings.leverage == 3
    assert settings.config == path


def test_the_settings_name_the_file_that_was_read(write: Write) -> None:
    write("leverage = 3\n")
    assert load().config == Path("whence.toml")


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("leverege = 2\n", "whence.toml: leverege: unknown; did you mean leverage?"),
        ('[logging]\nlevel = "info"\n', "whence.toml: logging: unknown; "),
        ("zzz = 1\n", "whence.toml: zzz: unknown; the keys are: log, store, account, "),
        ("[risk]\nmax_positions = 3\n", "whence.toml: risk: unknown; did you mean trading.risk?"),
        (
            '[[strategies]]\nname = "trend"\n',
            "whence.toml: strategies: unknown; did you mean trading.strategies?",
        ),
        (
            'account = "My Account"\n',
            "whence.toml: account: must be 1 to 30 lower-case letters and digits",
        ),
        ("leverage = 0\n", "whence.toml: leverage: must be at least 1, not 0"),
        ("starting_balance = nan\n", "whence.toml: starting_balance: must be a finite number"),
        ("starting_balance = -5\n", "whence.toml: starting_balance: must be above 0, not -5"),
        (
            'account = "system"\n',
            "whence.toml: account: 'system' is reserved for events that belong to no account",
        ),
        ('kafka = "here"\n', "whence.toml: kafka: must be a table of properties"),
        ("[kafka]\nbrokers = [1]\n", "whence.toml: kafka: brokers should be text, a number, true or false"),
        ("[book_view]\ndepth = 7\n", "whence.toml: book_view.depth: must be 1, 50, 200 or 1000"),
        (
            '[book_view]\nbybit_address = "localhost:8680"\n',
            "whence.toml: book_view.bybit_address: must be an address like http://127.0.0.1:8680",
        ),
        ('config = "x.toml"\n', "whence.toml: config: a settings file cannot name another one"),
        ('leverage = "\uff12"\n', "whence.toml: leverage: must be a number in the digits 0 to 9"),
        (
            'starting_balance = "10_000"\n',
            "whence.toml: starting_balance: must be a number in the digits",
        ),
        ('order_entry = "FAX"\n', "whence.toml: order_entry: must be one of REST, WEBSOCKET, not 'FAX'"),
        ('tracing = "yes"\n', "whence.toml: tracing: must be true or false"),
        (
            "trading.risk.max_positions = 1e40000000\n",
            "whence.toml: 1e40000000 has more than 100 places before or after the point",
        ),
        ("leverage = 1e-400000\n", "whence.toml: 1e-400000 has more than 100 places"),
        ("leverage = \n", "whence.toml: not TOML: Invalid value (at line 1"),
    ],
)
def test_a_fault_in_the_file_names_file_key_and_remedy(write: Write, toml: str, sentence: str) -> None:
    write(toml)
    assert refusal().startswith(sentence)


def test_a_number_in_other_digits_in_the_environment_or_an_option_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WHENCE_LEVERAGE", "\u0663")
    monkeypatch.setenv("WHENCE_TRACING", "1")
    assert refusal().splitlines() == [
        "environment: WHENCE_LEVERAGE: must be a number in the digits 0 to 9",
        "environment: WHENCE_TRACING: must be true or false",
    ]
    assert refusal(starting_balance="1_000", leverage="3", tracing=True) == (
        "command line: --balance: must be a number in the digits 0 to 9"
    )


def test_a_flag_in_the_environment_is_the_word_true_or_false(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENCE_TRACING", "True")
    monkeypatch.setenv("WHENCE_TRADING__REVERSE_OTHERS", "true")
    assert load().tracing
    assert trading_settings(load().trading).reverse_others


@pytest.mark.parametrize(
    ("name", "text", "path", "values"),
    [
        ("RISK__ALLOWED", f"{BTC}, {ETH}", "risk.allowed", (BTC, ETH)),
        ("RISK__ALLOWED", "", "risk.allowed", ()),
        ("MANAGEMENT__TRAILING_LEVELS", "0.01:0.005", "management.trailing_levels", ("0.01:0.005",)),
    ],
)
def test_a_list_in_the_environment_is_separated_by_commas(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, path: str, values: tuple[str, ...]
) -> None:
    monkeypatch.setenv(f"WHENCE_TRADING__{name}", text)
    assert attrgetter(path)(trading_settings(load().trading)) == values


@pytest.mark.parametrize("name", ["STRATEGIES", "WEIGHTS__TABLE"])
def test_tables_in_the_environment_are_refused_with_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"WHENCE_TRADING__{name}", "trend")
    assert refusal().startswith(f"WHENCE_TRADING__{name}: these are tables, which a variable cannot hold")


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("WHENCE_LEVEREGE", "environment: WHENCE_LEVEREGE: unknown; did you mean leverage?"),
        ("WHENCE_LOG__X", "environment: WHENCE_LOG__X: unknown; "),
        ("WHENCE_LOGGING__LEVEL", "environment: WHENCE_LOGGING__LEVEL: unknown; "),
        ("WHENCE_LEVERAGE", "environment: WHENCE_LEVERAGE: not a number; write it like"),
        ("WHENCE_KAFKA", "environment: WHENCE_KAFKA: must be a table of properties"),
    ],
)
def test_a_fault_in_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, "much")
    assert refusal().startswith(sentence)


def test_a_fault_on_the_command_line_names_the_option() -> None:
    sentence = "command line: --balance: not a number; write it like 10000 or 2500.50, and 5 % as 0.05"
    assert refusal(starting_balance="much") == sentence


def test_a_fault_names_its_layer_and_not_a_lower_one_with_a_valid_value(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("leverage = 2\n")
    monkeypatch.setenv("WHENCE_LEVERAGE", "0")
    assert refusal().startswith("environment: WHENCE_LEVERAGE: ")


def test_all_faults_are_reported_at_once(write: Write) -> None:
    write("leverage = 0\nstarting_balance = 0\n")
    assert len(refusal().splitlines()) == 2


def test_a_file_that_begins_with_a_byte_order_mark_is_read(folder: Path) -> None:
    (folder / "whence.toml").write_text("starting_balance = 5000\n", encoding="utf-8-sig")
    assert load().starting_balance == 5000


def test_a_named_file_that_is_missing_is_refused(folder: Path) -> None:
    assert refusal(config=folder / "gone.toml") == f"{folder / 'gone.toml'}: No such file or directory"
    assert refusal(config=folder) == f"{folder}: Is a directory"


def test_a_file_that_is_not_text_is_refused(folder: Path) -> None:
    (folder / "whence.toml").write_bytes(b"\xff\xfe")
    assert refusal().startswith("whence.toml: not TOML: ")


def test_client_properties_are_read_the_same_in_every_spelling(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        '[kafka]\nsasl.username = "low"\n"client.id" = "w"\nsocket_timeout_ms = 5\nenable.x = true\nbackoff = 0.5\n'
    )
    monkeypatch.setenv("WHENCE_KAFKA__SASL_USERNAME", "high")
    assert unmasked(load().kafka) == {
        "sasl.username": "high",
        "client.id": "w",
        "socket.timeout.ms": 5,
        "enable.x": True,
        "backoff": 0.5,
    }


@pytest.mark.parametrize("password", ["hunter2", "[1]", '{"a": 1}', "1e5", "true", "pa ss=word"])
def test_a_secret_is_passed_on_as_typed_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("WHENCE_KAFKA__SASL_PASSWORD", password)
    settings = load()
    assert settings.kafka["sasl.password"] == SecretStr(password)
    assert unmasked(settings.kafka) == {"sasl.password": password}
    assert f"'{password}'" not in repr(settings)
    assert "'**********'" in repr(settings)


@pytest.mark.parametrize(
    "toml",
    [
        '[registry]\nurl = "http://me:hunter2@registry:8081"\n',
        '[registry]\nbasic.auth.user.info = "me:hunter2"\n',
        '[kafka]\nssl.key.pem = "hunter2"\n',
        '[kafka]\nsasl.oauthbearer.client.secret = "hunter2"\n',
        'log = "postgresql://me:hunter2@db/whence"\n',
    ],
)
def test_printed_settings_hold_no_credentials(write: Write, toml: str) -> None:
    write(toml)
    settings = load()
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)


def test_an_error_repeats_no_value(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        'log = ""\nleverage = "hunter2"\naccount = "hunter 2"\nhunted = "hunter2"\n[kafka]\npassword = ["hunter2"]\n'
    )
    monkeypatch.setenv("WHENCE_REGISTRY", "hunter2")
    monkeypatch.setenv("WHENCE_PASSWORT", "hunter2")
    with pytest.raises(InvalidSettings) as refused:
        load()
    assert len(str(refused.value).splitlines()) == 7
    assert "hunter" not in str(refused.value).replace("hunted", "")
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "printable"),
    [
        ("postgresql://me:hun/ter2@db/whence", "postgresql://***@db/whence"),
        ("postgresql://me:hunter2@db:5432/whence", "postgresql://***@db:5432/whence"),
        ("postgresql://db/whence?password=hunter2&user=me", "postgresql://db/whence?password=***&user=me"),
        ("kafka://broker:9092/whence.events?partition=1", "kafka://broker:9092/whence.events?partition=1"),
        ("sqlite:///folder/me@home.db", "sqlite:///folder/me@home.db"),
    ],
)
def test_a_url_is_shown_without_credentials(url: str, printable: str) -> None:
    assert shown(url) == printable


def test_the_examples_in_the_docstring_are_valid_settings(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People copy the example at the top of the module, so each key in it must have an effect."""
    shown = [
        re.fullmatch(r"    (\S.*?) {2,}(WHENCE_\S+)=(\S+).*|    (\[.*\])", line)
        for line in (config.__doc__ or "").split("\n")
    ]
    lines = [found for found in shown if found]
    write("\n".join(found[1] or found[4] for found in lines))
    by_file = load()
    assert trading_settings(by_file.trading).risk.max_positions == 3
    for found in lines:
        if found[2]:
            monkeypatch.setenv(found[2], found[3])
    by_environment = load()
    assert by_environment.account == by_file.account == "paper"
    assert by_environment.kafka == by_file.kafka == {"sasl.username": "whence"}
    assert trading_settings(by_environment.trading).risk.max_positions == 3


def test_alerts_are_read_from_every_layer(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        '[alerts]\nlevel = "critical"\nwebhook = "https://hooks.example/T0KEN"\ncommand = ["notify", "a b"]\n'
    )
    monkeypatch.setenv("WHENCE_ALERTS__REPEAT_MINUTES", "5")
    alerts = load().alerts
    assert (alerts.level, alerts.command, alerts.repeat_minutes) == (Severity.CRITICAL, ("notify", "a b"), 5)
    assert alerts.webhook is not None
    assert alerts.webhook.get_secret_value() == "https://hooks.example/T0KEN"
    assert "T0KEN" not in repr(load())
    monkeypatch.setenv("WHENCE_ALERTS__COMMAND", "mail -s 'from whence' me")
    assert load().alerts.command == ("mail", "-s", "from whence", "me")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('webhok = "https://x"', "alerts.webhok: unknown; did you mean webhook?"),
        ('webhook = "ftp://host/T0KEN"', "alerts.webhook: must be a URL like https://HOST/PATH"),
        ('webhook = "T0KEN"', "alerts.webhook: must be a URL"),
        ('secret = "whsec_T0KEN!"', "alerts.secret: a secret that begins with whsec_ is base64 after it"),
        ('secret = ""', "alerts.secret: must not be empty"),
        ("repeat_minutes = -1", "alerts.repeat_minutes"),
        ('level = "LOUD"', "alerts.level"),
    ],
)
def test_an_invalid_setting_of_alerts_is_refused_without_its_value(
    write: Write, line: str, reason: str
) -> None:
    write(f"[alerts]\n{line}\n")
    refused = refusal()
    assert reason in refused
    assert "T0KEN" not in refused
