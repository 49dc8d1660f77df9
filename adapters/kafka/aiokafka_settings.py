"""librdkafka's settings as arguments of aiokafka, the client in pure Python.

The command topic uses it, and so does what looks at a consumer group (`group`).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Final

import adapters.kafka.aiokafka_log  # noqa: F401  # pyright: ignore[reportUnusedImport] - sums up its log
from adapters.kafka.errors import KafkaSettingsInvalid

_PLAIN: Final = {
    "security.protocol": "security_protocol",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.mechanisms": "sasl_mechanism",
    "sasl.username": "sasl_plain_username",
    "sasl.password": "sasl_plain_password",
}
_TLS: Final = {"ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password"}


def aiokafka_arguments(settings: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of an aiokafka client's constructor, with secrets in clear text.

    `settings` are librdkafka's and include `bootstrap.servers`. Raises KafkaSettingsInvalid for a security setting that
    has no counterpart in aiokafka, and for a certificate that cannot be read.
    """
    arguments: dict[str, Any] = {"bootstrap_servers": settings["bootstrap.servers"]}
    for name, value in settings.items():
        if name in _PLAIN:
            arguments[_PLAIN[name]] = value.upper() if name == "security.protocol" else value
        elif name not in _TLS and name.startswith(("sasl.", "ssl.", "security.", "enable.ssl.")):
            raise KafkaSettingsInvalid(
                f"kafka.{name} is not supported by the client of the command topic and of the log's ownership; "
                f"it supports {', '.join(sorted(_TLS | _PLAIN.keys()))}"
            )
    if arguments.get("security_protocol", "PLAINTEXT").endswith("SSL"):
        arguments["ssl_context"] = _tls(settings)
    return arguments


def _tls(settings: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.get("ssl.ca.location"))
        certificate = settings.get("ssl.certificate.location")
        if certificate is not None:
            key = settings.get("ssl.key.location")
            context.load_cert_chain(certificate, key, settings.get("ssl.key.password"))
    except (OSError, ssl.SSLError) as fault:
        raise KafkaSettingsInvalid(f"kafka.ssl: a certificate cannot be read: {fault.strerror}") from None
    return context
