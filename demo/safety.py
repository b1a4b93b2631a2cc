"""Safety checks: refuse to start the demo where others could reach its password-free sign-in."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

LISTEN = "127.0.0.1:8000"


def find_unsafe_setting(environment: Mapping[str, str]) -> str:
    """Why the demo does not start with these settings, naming the variable; "" where it may."""

    def text(name: str) -> str:
        return environment.get(name, "").strip()

    if text("QUARTERDECK_MODE") == "production":
        return (
            "QUARTERDECK_MODE is production, but the demo signs everyone in without a password and is "
            "meant for one local user. Unset it for the demo, or start the real server with `make run`."
        )
    for name in ("QUARTERDECK_PUBLIC_URL", "QUARTERDECK_TRUSTED_PROXIES"):
        if text(name):
            return (
                f"{name} is set, but the demo has no passwords and must not be exposed. "
                "Unset it to run the demo."
            )
    try:
        address, _port = parse_listen_address(environment)
    except ValueError as wrong:
        return str(wrong)
    if not is_loopback(address):
        return (
            f"QUARTERDECK_LISTEN is {text('QUARTERDECK_LISTEN')}, but the demo only listens on loopback "
            f"addresses, because it has no passwords: set it to {LISTEN}, or to another port of 127.0.0.1."
        )
    return ""


def parse_listen_address(environment: Mapping[str, str]) -> tuple[str, int]:
    """Address and port; ValueError, with a sentence, for what is neither."""
    written = environment.get("QUARTERDECK_LISTEN", "").strip() or LISTEN
    address, _colon, port = written.rpartition(":")
    if not address or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"QUARTERDECK_LISTEN must look like {LISTEN}, not {written!r}.")
    return address.strip("[]"), int(port)


def is_loopback(address: str) -> bool:
    """Of an address as it is written; of names, `localhost` alone."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
