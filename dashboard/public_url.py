"""Public URL: parsed and validated QUARTERDECK_PUBLIC_URL."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

NAME = "QUARTERDECK_PUBLIC_URL"
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class PublicUrl:
    """`https://host[:port][/path]`; `path` is "" or starts with a slash and does not end with one."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    @property
    def written_host(self) -> str:
        """As it stands in a URL and in a Host header: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def origin(self) -> str:
        """As a browser sends it: without the port where it is the scheme's own."""
        return f"{self.scheme}://{self.written_host}" + (
            "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        )

    @property
    def url(self) -> str:
        return self.origin + self.path


def public_url(value: str, *, production: bool) -> PublicUrl | None:
    """The value of QUARTERDECK_PUBLIC_URL; None where it is not set, which production refuses."""
    if not value:
        if production:
            raise ImproperlyConfigured(
                f"Production needs {NAME} (where browsers find it, such as https://quarterdeck.example.com). "
                "Set it in the environment and start again."
            )
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise _invalid_url(value) from None
    has_more = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or has_more:
        raise _invalid_url(value)
    if production and parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ImproperlyConfigured(
            f"{NAME} must start with https:// in production, not {value!r}: over http:// passwords, sessions and "
            "credentials can be read on the way. Terminate TLS in front of Quarterdeck (docs/deployment.md). Only a "
            "loopback address such as http://127.0.0.1:8000 may do without."
        )
    path = parts.path.rstrip("/")
    if "//" in path or any(character in path for character in "%\\;\" '<>") or ".." in path:
        raise _invalid_url(value)
    return PublicUrl(parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme], path)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _invalid_url(value: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{NAME} must look like https://host[:port][/path], not {value!r}.")
