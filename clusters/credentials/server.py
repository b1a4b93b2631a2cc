"""Server addresses: validates and normalizes URLs of API servers and HTTP proxies."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from clusters.api.addresses import host_and_port, proxy_host_and_port
from clusters.api.connection import Server
from clusters.api.errors import AddressRefused
from clusters.credentials.errors import ServerError

LONGEST = 500
PRINTABLE = re.compile(r"[\x21-\x7e]+")
HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9.])?|[0-9a-f:.]+")
PATH = re.compile(r"(/[A-Za-z0-9._~:@-]+)*")


def checked_server(text: str, *, field: str = "server") -> str:
    """The address in its normal form: `https://host[:port][/prefix]`, no port 443, no slash at the end."""
    address = text.strip()
    if not address:
        raise ServerError(field, _("Enter the API server's address."))
    if len(address) > LONGEST:
        raise ServerError(field, _("The address is longer than 500 characters."))
    if not PRINTABLE.fullmatch(address) or "\\" in address:
        raise ServerError(field, _("The address contains a space or an invalid character."))
    parts = _split(address, field)
    _refuse(parts, address, field)
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, 443) else f":{parts.port}"
    return _check_allowed(f"https://{host}{port}{_path(parts, field)}", field)


def checked_proxy(text: str, *, field: str = "proxy_url") -> str:
    """The address of an HTTP proxy as `http://host:port`; an empty text stays empty."""
    address = text.strip()
    if not address:
        return ""
    if len(address) > LONGEST or not PRINTABLE.fullmatch(address):
        raise ServerError(field, _("The proxy address contains an invalid character."))
    parts = _split(address, field)
    plain = parts.path in ("", "/") and "@" not in parts.netloc and not parts.query and not parts.fragment
    if parts.scheme != "http" or not parts.hostname or not HOST.fullmatch(parts.hostname) or not plain:
        raise ServerError(
            field,
            _("This is not a valid HTTP proxy address."),
            _("Use the form http://proxy.example.com:3128."),
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    found = f"http://{host}:{parts.port or 80}"
    try:
        proxy_host_and_port(found)
    except AddressRefused as refused:
        raise _address_error(refused, field) from refused
    return found


def _split(address: str, field: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port  # raises for a port that is none
    except ValueError as wrong:
        raise ServerError(field, _("This is not a valid address."), _format_advice()) from wrong
    if port == 0:
        raise ServerError(field, _("Port 0 is not valid."), _format_advice())
    return parts


def _refuse(parts: SplitResult, address: str, field: str) -> None:
    if parts.scheme == "http":
        raise ServerError(
            field,
            _("The address starts with http://, so credentials would be sent unencrypted."),
            _("Use the https:// address of the API server."),
            reason="http",
        )
    if parts.scheme != "https":
        raise ServerError(field, _("The address must start with https://."), _format_advice())
    if "@" in parts.netloc:
        raise ServerError(
            field,
            _("The address contains a username or password before the @."),
            _("Remove that part."),
            reason="userinfo",
        )
    if "?" in address or "#" in address:
        raise ServerError(
            field, _("The address contains a query string or fragment (? or #)."), _("Remove that part.")
        )
    if not parts.hostname or not HOST.fullmatch(parts.hostname.rstrip(".")):
        raise ServerError(field, _("The address has no valid host name."), _format_advice())


def _path(parts: SplitResult, field: str) -> str:
    path = parts.path.rstrip("/")
    if not PATH.fullmatch(path) or any(segment in (".", "..") for segment in path.split("/")):
        raise ServerError(
            field,
            _("The path contains an empty segment, dots or an encoded character."),
            _("Use the form https://host/prefix."),
        )
    return path


def _check_allowed(address: str, field: str) -> str:
    """The address, unless nothing is ever connected to there; where a name leads is seen at each connection."""
    try:
        host_and_port(Server(address))
    except AddressRefused as refused:
        raise _address_error(refused, field) from refused
    return address


def _address_error(error: AddressRefused, field: str) -> ServerError:
    return ServerError(field, _(error.title), _(error.advice))


def _format_advice() -> str:
    return _("Use the form https://host:6443.")
