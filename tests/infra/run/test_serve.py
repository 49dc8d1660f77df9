"""The API of a read-only process: its address, its access rules and its announcement."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import sys
import threading
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import delete, insert

from adapters.http.options import HttpOptions
from adapters.tokens.book import TokenBook
from commands.roles import Role
from domain.errors import InvalidInput, LogOwned, StoreUnavailable
from domain.settings import Settings
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.api_plan import ApiPlan, Closed, Hosted
from infra.run.beginning import Beginning
from infra.run.listening import ListenAddress
from infra.run.manual import ManualRun
from infra.run.serve import Api
from infra.run.stake import Stake
from infra.store import migrate, open_store
from projections.bookkeeping import PARKED
from projections.builds import live
from projections.store import writing
from tests.adversary.waiting import until
from tests.replacing import replace

NOW = dt.datetime(2026, 3, 2, 14, tzinfo=dt.UTC)
OWNED = Hosted(
    Closed(LogOwned("this log is owned by process 7 on elsewhere")), "paper", "reads only: process 7 owns it"
)
PLAN = ApiPlan(ListenAddress(port=0))
EVERYWHERE = "0.0.0.0"  # noqa: S104  # the address that the test distinguishes
HTML = {"accept": "text/html"}
PARKED_EVENT = {
    "partition": 0,
    "ordinal": 3,
    "sequence": "paper",
    "event_id": "0d0c2e6a-7f0b-5c49-9a53-6a3d4b1f2e10",
    "type": "DayOpened",
    "error": "ArithmeticError: too large",
    "state": "PARKED",
    "reason": "",
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A new log that no process owns."""
    url = f"sqlite:///{tmp_path_factory.mktemp('log') / 'whence.db'}"
    with closing(open_owned(WhenceSettings(log=url))) as owned:
        ManualRun(
            owned, Beginning("paper", Stake("USDT", Decimal(10_000), Decimal(1)), Settings()), lambda _: None
        )
    return url


@pytest.fixture
def settings(log: str, tmp_path: Path) -> WhenceSettings:
    return WhenceSettings(log=log, store=f"sqlite:///{tmp_path / 'read.db'}")


def ask(
    api: Api, query: str, token: str | None = None, verify: ssl.SSLContext | bool = True
) -> httpx2.Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=api.url, verify=verify) as client:
        return client.post("/graphql", json={"query": query}, headers=headers)


def token(settings: WhenceSettings, role: Role) -> str:
    engine = open_store(settings)
    migrate(engine)
    spelled = TokenBook(engine).issue(role.word, role, NOW).spelled
    engine.dispose()
    return spelled


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_read_only_api_answers_queries_and_refuses_mutations_with_the_owner(
    settings: WhenceSettings, database: str, request: pytest.FixtureRequest
) -> None:
    if database == "postgresql":
        settings = settings.model_copy(update={"store": request.getfixturevalue("postgres_database")})
    trader = token(settings, Role.TRADER)
    with Api(settings, PLAN, OWNED) as api:
        assert ask(api, "{ accounts { account } }").status_code == 200
        answer = ask(
            api,
            'mutation { tripKillSwitch(request: {idempotencyKey: "k"}, reason: "r") { __typename } }',
            trader,
        )
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "LOG_OWNED"
        assert "process 7 on elsewhere" in error["message"]
        api.check()


def test_a_closed_api_leaves_no_thread_and_frees_its_port(settings: WhenceSettings) -> None:
    with Api(settings, PLAN, OWNED) as api:
        port = int(api.url.rpartition(":")[2])
    assert not [one for one in threading.enumerate() if one.name in ("api", "projecting 0")]
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_thread_that_computes_beside_an_api_keeps_others_waiting_for_a_millisecond_at_most(
    settings: WhenceSettings,
) -> None:
    before = sys.getswitchinterval()
    with Api(settings, PLAN, OWNED):
        assert sys.getswitchinterval() == pytest.approx(0.001)
    assert sys.getswitchinterval() == before


def test_the_announcement_gives_address_owner_and_access_rules(
    settings: WhenceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.run.announcement.built", lambda: None)
    with Api(settings, PLAN, OWNED) as api:
        announcement = "\n".join(api.announcement)
    assert f"API on {api.url}/graphql" in announcement
    assert f"dashboard on {api.url}/" in announcement
    assert "reads only: process 7 owns it" in announcement
    assert "GraphiQL is not built: `make graphiql`" in announcement
    assert "requests without a token: from this machine only, and read-only" in announcement
    assert "TLS" not in announcement


def test_graphiql_and_introspection_can_be_switched_off(settings: WhenceSettings) -> None:
    plan = replace(PLAN, graphiql=False, introspection=False)
    with Api(settings, plan, OWNED) as api, httpx2.Client(base_url=api.url) as client:
        assert client.get("/graphiql", headers=HTML).status_code == 404
        assert "GraphiQL is switched off" in api.announcement
        errors = ask(api, "{ __schema { types { name } } }").json()["errors"]
        assert errors
        assert all("introspection" in error["message"] for error in errors)


def test_the_api_is_ready_when_its_store_log_and_read_models_answer(settings: WhenceSettings) -> None:
    with Api(settings, PLAN, OWNED) as api, httpx2.Client(base_url=api.url) as client:
        assert client.get("/readyz").json() == {
            "ready": True,
            "checks": {"store": "ok", "log": "ok", "readModels": "ok"},
        }


def test_an_api_whose_store_file_is_removed_accepts_no_token_any_more_and_reports_why(
    settings: WhenceSettings, tmp_path: Path
) -> None:
    viewer = token(settings, Role.VIEWER)
    with Api(settings, PLAN, OWNED) as api:
        assert ask(api, "{ __typename }", viewer).status_code == 200
        for file in tmp_path.glob("read.db*"):
            file.rename(tmp_path / f"gone-{file.name}")
        ready = httpx2.get(f"{api.url}/readyz").json()
        assert ready["checks"]["store"] == "its file was replaced or removed: restart the program"
        until(lambda: ask(api, "{ __typename }", viewer).status_code == 503, "the token is not accepted")
        assert "was replaced or removed" in ask(api, "{ __typename }", viewer).text
    assert not (tmp_path / "read.db").exists()


def test_a_parked_event_makes_the_api_not_ready_and_shows_in_every_answer_until_it_is_projected(
    settings: WhenceSettings, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_store(settings)
    with Api(settings, PLAN, OWNED) as api, httpx2.Client(base_url=api.url) as client:
        with writing(engine) as connection:
            build = live(connection)["performance"].id
            connection.execute(insert(PARKED).values(build_id=build, **PARKED_EVENT))
        answer = client.get("/readyz")
        detail = "leaves out 1 events: see `whence projections parked`"
        assert answer.status_code == 503
        assert answer.json()["checks"]["readModels"] == f"performance {detail}"
        fault = {"name": "performance", "fault": "PARKED", "detail": detail}
        assert ask(api, "{ accounts { account } }").json()["extensions"] == {"readModels": [fault]}
        assert ask(api, "{ nothing }").json()["extensions"] == {"readModels": [fault]}
        assert [
            one.levelname for one in caplog.records if "alert: read model performance" in one.message
        ] == ["ERROR"]
        with writing(engine) as connection:
            connection.execute(delete(PARKED))
        assert client.get("/readyz").status_code == 200
        assert "extensions" not in ask(api, "{ accounts { account } }").json()
    engine.dispose()


def test_metrics_cover_the_read_models_and_the_api(settings: WhenceSettings) -> None:
    with Api(settings, PLAN, OWNED) as api, httpx2.Client(base_url=api.url) as client:
        ask(api, "{ __typename }")
        metrics = client.get("/metrics").text
    assert "whence_read_models_up 1.0" in metrics
    assert 'whence_api_response_seconds_count{operation="query",status="ok"} 1.0' in metrics


def test_a_public_address_is_refused_until_a_token_exists(settings: WhenceSettings) -> None:
    plan = ApiPlan(ListenAddress(EVERYWHERE, 0), HttpOptions(("api.example.com",)))
    with pytest.raises(InvalidInput, match="whence tokens create"), Api(settings, plan, OWNED):
        pass
    token(settings, Role.VIEWER)
    with Api(settings, plan, OWNED) as api:
        assert any(line.startswith("WITHOUT TLS") for line in api.announcement)


def test_a_public_address_without_an_allowed_host_is_refused() -> None:
    with pytest.raises(InvalidInput, match="--allow-host"):
        ApiPlan(ListenAddress(EVERYWHERE, 0))


def test_a_port_in_use_is_refused_before_the_store_is_created(
    settings: WhenceSettings, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        plan = ApiPlan(ListenAddress(port=taken.getsockname()[1]))
        with pytest.raises(InvalidInput, match="cannot be listened on"), Api(settings, plan, OWNED):
            pass
    assert not (tmp_path / "read.db").exists()


def test_an_unreachable_store_is_reported_at_the_start(log: str) -> None:
    settings = WhenceSettings(log=log, store="postgresql://desk:hushhush@127.0.0.1:1/whence")
    with pytest.raises(StoreUnavailable, match="does not answer"), Api(settings, PLAN, OWNED):
        pass


def test_an_api_with_a_certificate_serves_tls(settings: WhenceSettings, pair: tuple[Path, Path]) -> None:
    cert, key = pair
    plan = ApiPlan(ListenAddress(port=0, cert=cert, key=key), HttpOptions(tls=True))
    with Api(settings, plan, OWNED) as api:
        assert api.url.startswith("https://")
        answer = ask(api, "{ __typename }", verify=ssl.create_default_context(cafile=str(cert)))
    assert answer.status_code == 200
    assert "max-age" in answer.headers["strict-transport-security"]


def test_an_incomplete_or_invalid_pair_of_certificate_and_key_is_refused(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    cert, key = pair
    with pytest.raises(InvalidInput, match="both"):
        ListenAddress(cert=cert)
    with pytest.raises(InvalidInput, match=r"nothing\.pem"):
        ListenAddress(cert=cert, key=tmp_path / "nothing.pem")
    with pytest.raises(InvalidInput, match="TLS cannot use"):
        ListenAddress(cert=key, key=key)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whence test")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = dt.datetime.now(dt.UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(cert.public_bytes(pem))
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(plain)
    return folder / "cert.pem", folder / "key.pem"


def test_an_api_on_a_free_port_is_announced_with_the_port_that_it_serves(log: str) -> None:
    with Api(WhenceSettings(log=log), PLAN, OWNED) as api:
        query = {"query": "{ processes { role name } }"}

        def names() -> list[str]:
            found = httpx2.post(f"{api.url}/graphql", json=query).json()["data"]["processes"]
            return [one["name"] for one in found if one["role"] == "API"]

        until(lambda: names() != [], "the API is announced")
        assert names() == [api.url.removeprefix("http://")]
