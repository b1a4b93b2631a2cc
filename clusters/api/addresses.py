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

# Metadata services of clouds outside the link-local range: Alibaba, Azure, Oracle; of Google and Oracle over IPv6.
_METADATA = {
    ipaddress.ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd20:ce::254", "fd00:c1::a9fe:a9fe")
}
# What AWS serves on its hosts over IPv6: metadata (::254), credentials of pods (::23), names, time.
_AWS_LOCAL = ipaddress.ip_network("fd00:ec2::/32")
# IPv6 whose last 32 bits are an IPv4 address that a translator sends it on to (RFC 6052, 8215, 2765), or once was.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_TRANSLATED = ipaddress.ip_network("::ffff:0:0:0/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
_NAT64_PREFIXES = (48, 56, 64, 96)  # bits that an operator's own prefix may have (RFC 6052, section 2.2)
# The interface identifier of ISATAP: one of these above the IPv4 address, under any prefix (RFC 5214, section 6.1).
_ISATAP = (0x00005EFE, 0x02005EFE)
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
    if isinstance(address, ipaddress.IPv6Address):
        # Without its zone: `%eth0` makes no other address of it.
        address = ipaddress.IPv6Address(int(address))
    if address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA:
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return address in _THIS_NETWORK or address in _RESERVED
    if address.ipv4_mapped is not None or address.is_site_local or address in _AWS_LOCAL:
        return True
    return any(is_forbidden(inner) for inner in _unwrap(address))


def _unwrap(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that a tunnel or translator would send it on to: more than one where readings differ."""
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    if address in _LOCAL_NAT64:
        found = [_read_nat64(address, bits) for bits in _NAT64_PREFIXES]
        # 0.x.x.x: read with another prefix.
        return [one for one in found if one not in _THIS_NETWORK] or found
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    is_isatap = int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    if is_isatap or address in _NAT64 or address in _TRANSLATED:
        return [last]
    return [last] if address in _COMPATIBLE and not address.is_loopback else []


def _read_nat64(address: ipaddress.IPv6Address, bits: int) -> ipaddress.IPv4Address:
    """The IPv4 address behind a prefix of so many bits; the ninth byte is left out (RFC 6052, section 2.2)."""
    after = [byte for index, byte in enumerate(address.packed) if index != 8 or bits == 96]
    return ipaddress.IPv4Address(bytes(after[bits // 8 : bits // 8 + 4]))


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
