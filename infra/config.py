"""The settings of one run. Each layer overrides the next: command line, environment, file, defaults.

    whence.toml                      environment                           command line
    account = "paper"                WHENCE_ACCOUNT=paper                  --account paper
    [kafka]
    sasl.username = "whence"         WHENCE_KAFKA__SASL_USERNAME=whence
    [trading.risk]
    max_positions = 3                WHENCE_TRADING__RISK__MAX_POSITIONS=3

The file is the one that `--config` or `WHENCE_CONFIG` names, or else `whence.toml` in the working folder where it
exists. An unknown key is refused, never ignored. A secret (a password, a key, a URL with credentials) is held in a
SecretStr, and no error message contains a value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from adapters.book_kind import BookKind
from adapters.book_source import BookSource
from adapters.order_way import OrderWay
from adapters.routing.settings import RouteSettings
from adapters.signals.settings import SignalSettings
from adapters.telegram.settings import TelegramSettings
from domain.errors import InvalidSettings
from domain.number import Misread, misread
from infra.alerts import AlertSettings
from infra.backup_settings import BackupTable
from infra.book_view import BookViewSettings
from infra.layer import Layer, Spelling, Tree, fault_sentence, is_table, merged, read_toml
from infra.listed_variables import with_lists
from infra.model_settings import ModelsTable

Plain = str | int | float | bool

DEFAULT_INSTRUMENTS = Path("whence-instruments.json")
"""The file of imported trading rules where no other is named; it need not exist."""
DEFAULT_FILE = Path("whence.toml")
"""The settings file that is read where no other is named; it need not exist."""
_PREFIX = "WHENCE_"
_PASSED_THROUGH = ("kafka", "registry")
_TABLES = (*_PASSED_THROUGH, "trading", "alerts", "signals", "models", "book_view", "telegram", "backup")
_OPTIONS = {"starting_balance": "balance"}
"""Settings whose command-line option has another name, by setting; an error about the option uses its name."""
_SECRET_NAME = re.compile(r"password|secret|token|key|pem|jaas|user\.info|oauthbearer\.config")
_CREDENTIALS = re.compile(r"(?<=://)[^/].*(?=@)|(?<=password=)[^&]*")


class WhenceSettings(BaseSettings):
    """All settings of a run. Money is in the account's quote currency, leverage a multiple (1 = none).

    `log` is a URL, as sqlite:///PATH or kafka://HOST:PORT/TOPIC; the default is the file `whence.db` in the working
    folder. `store` is the place of read models and tokens, sqlite:///PATH or postgresql://…; the default is a file
    beside the log. `kafka` holds librdkafka's properties and `registry` those of the Confluent registry client, by
    their own dotted names; both reach those clients unchanged (`unmasked`). `trading` is read by `infra.trading`,
    `alerts` by `infra.run.alerting`, `signals` by `infra.signals`, `models` by `infra.model_settings`, and
    `book_view` by `infra.book_view`, `telegram` by `infra.telegram`, `backup` by `infra.backup`.
    `index` is the folder for the disposable index of a log on Kafka (default: this user's cache folder, one for each
    cluster). `keys` is the folder of the installation's keys (default: `keys` in this user's data folder of Whence).
    `starting_balance` is by default that of the quote currency (`domain/quotes.py`). `instruments` is the
    file of imported trading rules (default: `whence-instruments.json` in the working folder where it exists).
    `secrets` is where the API key of an exchange is, besides the environment (`adapters.secrets.place`). With
    `tracing`, a span for every event is sent by OTLP to the endpoint in the standard OTEL_EXPORTER_OTLP_… variables.
    A live run keeps its inputs for `whence replay`; with `inputs_at_rest` a run in a market at rest does so, too.
    `order_entry` is how a live run sends orders: WEBSOCKET goes by REST where its socket is not connected.
    `book_kind` is how order books are kept: AUTO keeps fast books where the extra `fast` is installed.
    `routes` are the other engines to which entries are routed (docs/venues.md).
    `book_source` is where the engine's readings of order books come from (docs/order-book.md).
    `inputs_days` is for how many days after its end a session's inputs are kept at least; 0 keeps them for ever. Older
    ones are removed at a start where a kept snapshot replaces them.
    `recordings_days` is how many days with rows `whence record` keeps in a folder, `recordings_gib` how many GiB; 0
    keeps all.
    With `seal_personal` the names of people and the reasons that they give are encrypted before they are recorded
    (docs/privacy.md).
    `pulse` is the file that a live engine touches while it trades (docs/deploy.md).
    With `reload` a live run takes in changes of that file while it trades (docs/settings.md).
    `config` is the file that was read, if any.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    log: str = Field(default="sqlite:///whence.db", min_length=1, repr=False)
    store: str | None = Field(default=None, min_length=1, repr=False)
    account: str = Field(default="paper", pattern=r"^[a-z0-9]{1,30}$")
    starting_balance: Decimal | None = Field(default=None, gt=0)
    leverage: Decimal = Field(default=Decimal(1), ge=1)
    kafka: dict[str, Plain | SecretStr] = {}
    registry: dict[str, Plain | SecretStr] = {}
    trading: dict[str, object] = {}
    alerts: AlertSettings = AlertSettings()
    signals: SignalSettings = SignalSettings()
    models: ModelsTable = ModelsTable()
    book_view: BookViewSettings = BookViewSettings()
    telegram: TelegramSettings = TelegramSettings()
    backup: BackupTable = BackupTable()
    routes: tuple[RouteSettings, ...] = ()
    index: Path | None = None
    keys: Path | None = None
    instruments: Path | None = None
    secrets: str | None = Field(default=None, min_length=1)
    tracing: bool = False
    inputs_at_rest: bool = False
    order_entry: OrderWay = OrderWay.REST
    book_kind: BookKind = BookKind.AUTO
    book_source: BookSource = BookSource.FEED
    inputs_days: int = Field(default=0, ge=0, le=36_500)
    recordings_days: int = Field(default=0, ge=0, le=36_500)
    recordings_gib: int = Field(default=0, ge=0, le=1_048_576)
    seal_personal: bool = False
    pulse: Path | None = None
    reload: bool = False
    config: Path | None = None

    @field_validator("account")
    @classmethod
    def _no_namesake(cls, account: str) -> str:
        if account == "system":
            raise PydanticCustomError("reserved", "'system' is reserved for events that belong to no account")
        return account

    @field_validator(*_PASSED_THROUGH, mode="before")
    @classmethod
    def _properties(cls, table: object) -> dict[str, Plain | SecretStr]:
        if not is_table(table):
            raise PydanticCustomError("table", "Input should be a table of properties")
        return {name: _property(name, value) for name, value in table.items()}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only the given values: `load` merges the layers itself, because its errors name the layer at fault."""
        return (init_settings,)


def load(**given: object) -> WhenceSettings:
    """The settings in force; `given` holds the values of the command line by field name (None = not given).

    Raises InvalidSettings with one line for each fault: its layer, its key and the remedy.
    """
    line = _layer("command line", _option, {key: value for key, value in given.items() if value is not None})
    environment = _layer("environment", _variable, _from_environment())
    file = _file(line.values.get("config", environment.values.get("config")))
    layers = [line, environment] if file is None else [line, environment, file]
    given_values = merged(layers)
    try:
        settings = WhenceSettings.model_validate(given_values)
    except ValidationError as error:
        found = (fault_sentence(fault, layers, WhenceSettings) for fault in error.errors(include_url=False))
        raise InvalidSettings("\n".join(dict.fromkeys(found))) from None
    wrong = [
        fault_sentence(_misread(one), layers, WhenceSettings)
        for one in misread(given_values, settings.model_dump())
    ]
    if wrong:
        raise InvalidSettings("\n".join(wrong))
    return settings


def _misread(one: Misread) -> ErrorDetails:
    return {
        "type": "misread",
        "loc": one.place,
        "msg": f"Input should be {one.expected}",
        "input": one.value,
    }


def unmasked(properties: Mapping[str, Plain | SecretStr]) -> dict[str, Plain]:
    """The properties with secrets in clear text, only for the constructor of a client."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in properties.items()
    }


def shown(url: str) -> str:
    """The URL without its credentials, for printing."""
    return _CREDENTIALS.sub("***", url)


class _Environment(EnvSettingsSource):
    """Reads every value as text: a password that looks like JSON is not parsed."""

    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: object) -> object:
        return value


def _from_environment() -> Tree:
    ours = [name.lower() for name in os.environ if name.upper().startswith(_PREFIX)]
    keys = [name.removeprefix(_PREFIX.lower()) for name in ours]
    unknown: Tree = {key: "" for key in keys if not _is_known(key)}
    found = unknown | _Environment(WhenceSettings)()
    trading = found.get("trading")
    return found | {"trading": with_lists(trading, _variable)} if is_table(trading) else found


def _is_known(key: str) -> bool:
    head, nested, _ = key.partition("__")
    return head in (_TABLES if nested else WhenceSettings.model_fields)


def _file(named: object) -> Layer | None:
    path = DEFAULT_FILE if named is None else Path(str(named))
    if named is None and not path.exists():
        return None
    tree = read_toml(path)
    if "config" in tree:
        raise InvalidSettings(f"{path}: config: a settings file cannot name another one")
    return _layer(str(path), ".".join, tree | {"config": path})


def _layer(name: str, spell: Spelling, values: Tree) -> Layer:
    tables = {key: _dotted(values[key]) for key in _PASSED_THROUGH if key in values}
    return Layer(name, spell, values | tables)


def _dotted(table: object) -> object:
    """The table with one level of dotted keys.

    TOML reads dots as nested tables; environment variables have underscores.
    """
    return dict(_leaves(table)) if is_table(table) else table


def _leaves(table: Tree, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        name = prefix + key.replace("_", ".")
        if is_table(value):
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def _property(name: str, value: object) -> Plain | SecretStr:
    if isinstance(value, Decimal):
        return float(value)
    if not isinstance(value, Plain | SecretStr):
        raise PydanticCustomError(
            "property", "{name} should be text, a number, true or false", {"name": name}
        )
    if isinstance(value, str) and (_SECRET_NAME.search(name) or _CREDENTIALS.search(value)):
        return SecretStr(value)
    return value


def _option(place: Iterable[str]) -> str:
    return "--" + _OPTIONS.get(name := "-".join(place), name).replace("_", "-")


def _variable(place: Iterable[str]) -> str:
    return _PREFIX + "__".join(place).replace(".", "_").upper()
