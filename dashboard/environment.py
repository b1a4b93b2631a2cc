"""Environment readers: typed values with an error message for each wrong one."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MAX_SECRET = 64 * 1024  # bytes of a file with one

# Loopback, RFC 1918, RFC 6598 (which some clusters give to pods) and unique local addresses.
PRIVATE = tuple(
    ipaddress.ip_network(one)
    for one in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1",
        "fc00::/7",
    )
)


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding white space."""
    return os.environ.get(name, default).strip()


def secret(name: str) -> str:
    """The variable's value, or the content of the file that `NAME_FILE` names, such as a credential of systemd or a
    mounted Secret. No message holds it.
    """
    value, path = text(name), text(f"{name}_FILE")
    if not path:
        return value
    if value:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: unset one of them.")
    try:
        with Path(path).open("rb") as file:
            found = file.read(MAX_SECRET + 1)
        content = found.decode("utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{name}_FILE: {path} is not a text file.") from None
    if not content or len(found) > MAX_SECRET:
        raise ImproperlyConfigured(
            f"{name}_FILE: {path} is empty." if not content else f"{name}_FILE: {path} is larger than 64 KiB."
        )
    return content


def flag(name: str, default: bool = False) -> bool:
    """`true` or `false`; anything else stops the start."""
    value = text(name).lower()
    if not value:
        return default
    if value in ("true", "1", "yes", "on"):
        return True
    if value in ("false", "0", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def number(name: str, default: int, *, minimum: int = 0, maximum: int = 10**9) -> int:
    """A whole number within its bounds."""
    value = text(name)
    if not value:
        return default
    if not value.isdigit() or not minimum <= int(value) <= maximum:
        raise ImproperlyConfigured(
            f"{name} must be a whole number from {minimum} to {maximum}, not {value!r}."
        )
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas; empty parts are dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of a few words."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def networks(name: str) -> list[Network]:
    """Addresses and address ranges, separated by commas: `10.0.0.0/8, 192.0.2.7`."""
    found: list[Network] = []
    for word in words(name):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must contain IP addresses or ranges such as 10.0.0.0/8, not {word!r}."
            ) from None
    return found


def token(name: str) -> str:
    """A bearer token of at least 32 characters, "" where it is not set. No message holds it."""
    value = secret(name)
    if value and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{32,}", value):
        raise ImproperlyConfigured(
            f"{name} must be at least 32 characters long, of letters, digits and - . _ ~ + / = only."
        )
    return value


def private_address(name: str) -> tuple[str, int] | None:
    """`host:port` with an IP address that the internet does not reach; None where it is not set."""
    value = text(name)
    if not value:
        return None
    host, _colon, port = value.rpartition(":")
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.strip("[]"))
    except ValueError:
        address = None
    is_port = bool(re.fullmatch(r"[1-9][0-9]{0,4}", port)) and int(port) <= 65535
    if address is None or not _is_private(address) or not is_port:
        raise ImproperlyConfigured(
            f"{name} must be a loopback or private IP address and a port, such as 127.0.0.1:9100, not {value!r}."
        )
    return str(address), int(port)


def folder(name: str, default: Path) -> Path:
    """A folder for this installation alone; made, closed to others, where it is not there yet."""
    path = Path(text(name, str(default)))
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be made: {error.strerror}.") from error
    return path


def file(name: str) -> Path | None:
    """A file that may not be there yet, in a folder that is; None where the variable is not set."""
    value = text(name)
    if not value:
        return None
    path = Path(value)
    if not path.is_absolute() or not path.parent.is_dir() or path.is_dir():
        raise ImproperlyConfigured(
            f"{name} must be the absolute path of a file in a folder that exists, not {value!r}."
        )
    return path


def _is_private(address: Address) -> bool:
    return any(address in network for network in PRIVATE)
