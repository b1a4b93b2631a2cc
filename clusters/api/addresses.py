"""Address checks: which addresses a host name resolves to and which are forbidden (SSRF protection).

What was checked is what is connected to: both HTTP clients connect to the addresses returned here and never
resolve the name a second time (a rebinding DNS server answers twice).
"""

from __future__ import annotations

import ipaddress
import re
import socket

from clusters.api.connection import Server
from clusters.api.errors import AddressRefused, NameNotResolved, PlainHttp

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Metadata services of clouds outside the link-local range: AWS (IPv6), Alibaba, Azure, Oracle.
_METADATA = {
    ipaddress.ip_address(text)
    for text in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
}
# IPv6 whose last 32 bits are an IPv4 address that a translator sends it on to (RFC 6052, 8215, 2765), or once was.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_TRANSLATED = ipaddress.ip_network("::ffff:0:0:0/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
_RESERVED = ipaddress.ip_network("240.0.0.0/4")

_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_HOST = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?"
_URL = re.compile(r"https://" + _HOST + r"((?:/[A-Za-z0-9._~:@-]+)*)/?")
_PROXY_URL = re.compile(r"http://(?:[^@/?#\s]+@)?" + _HOST + r"(/?)")


def checked_addresses(host: str, port: int) -> list[str]:
    """The addresses of `host`, each allowed; else AddressRefused, or NameNotResolved where there is none.

    Loopback and private addresses are allowed: only administrators name servers. One forbidden address
    refuses the name as a whole.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as failed:
        raise NameNotResolved(f"{host}: {failed}") from failed
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in addresses:
        if is_forbidden(ipaddress.ip_address(text)):
            raise AddressRefused(f"{host} leads to {text}.")
    return addresses


def is_forbidden(address: _Address) -> bool:
    """Whether nothing of ours connects to `address`; IPv6 that wraps a forbidden IPv4 address included."""
    if address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA:
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return address in _THIS_NETWORK or address in _RESERVED
    if address.ipv4_mapped is not None:
        return True
    inner = _unwrap(address)
    return inner is not None and is_forbidden(inner)


def _unwrap(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    translated = any(address in network for network in (_NAT64, _LOCAL_NAT64, _TRANSLATED))
    if translated or (address in _COMPATIBLE and not address.is_loopback):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def host_and_port(server: Server) -> tuple[str, int]:
    """Where `server` is; PlainHttp for http://, AddressRefused for what parsers might read differently."""
    if server.url.lower().startswith("http://"):
        raise PlainHttp()
    return _split(_URL, server.url, 443)


def proxy_host_and_port(proxy_url: str) -> tuple[str, int]:
    """Where an HTTP proxy is. Its URL may hold a password, so no message repeats it."""
    return _split(_PROXY_URL, proxy_url, 80)


def _split(pattern: re.Pattern[str], url: str, default_port: int) -> tuple[str, int]:
    found = pattern.fullmatch(url)
    if found is None:
        raise AddressRefused("It does not have the form https://host:port.")
    host, port = found[1].strip("[]"), int(found[2] or default_port)
    if not 0 < port < 65536 or any(part in (".", "..") for part in (found[3] or "").split("/")):
        raise AddressRefused()
    _refuse_literal(host)
    return host, port


def _refuse_literal(host: str) -> None:
    """aiohttp asks no resolver about what looks like an address, `2852039166` and `0251.0376.1` included.

    A name that ends in a number is an address in one spelling or another, hexadecimal too, and never a host's name.
    """
    if ":" not in host and not _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return
    try:
        forbidden = is_forbidden(ipaddress.ip_address(host))
    except ValueError:
        forbidden = True
    if forbidden:
        raise AddressRefused(host)
