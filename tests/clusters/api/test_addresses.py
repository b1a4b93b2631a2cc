"""Forbidden addresses: no connection to a link-local or metadata address, whatever the name resolves to."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from clusters.api.addresses import checked_addresses, host_and_port, is_forbidden
from clusters.api.connection import Server
from clusters.api.errors import AddressRefused, ApiError, NameNotResolved, PlainHttp
from tests.clusters.api.calls import BOTH, fetch, make_connection
from tests.clusters.api.faults import AUTHORITY, FaultServer, respond_with

FORBIDDEN = [
    "169.254.169.254",
    "169.254.0.1",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:169.254.169.254",
    "::ffff:127.0.0.1",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "::ffff:0:169.254.169.254",
    "2002:a9fe:a9fe::1",
    "fd20:ce::254",  # Google's metadata service
    "fd00:c1::a9fe:a9fe",  # Oracle's
    "fd00:ec2::23",  # what gives pods of EKS their credentials
    "fec0::1",
    "feff:ffff::1",
    "2001:db8::5efe:169.254.169.254",  # ISATAP
    "fd12::200:5efe:169.254.169.254",
    "fe80::5efe:10.0.0.1",
    "2001:0:a9fe:a9fe::1",  # Teredo: its server
    "2001:0:c000:201::5601:5601",  # Teredo: its client, the bits turned over
    "64:ff9b:1:a9fe:a9:fe00::",  # NAT64 with a prefix of 48, 56 and 64 bits
    "64:ff9b:1:a9:fe:a9fe::",
    "64:ff9b:1:0:a9:fea9:fe00:0",
]
ALLOWED = [
    "2001:db8::5efe:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:1:a00:0:100::",
    "2002:a00:1::1",
    "fd20:cf::254",
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "192.168.1.1",
    "172.16.0.1",
    "fd12::1",
    "8.8.8.8",
    "2606:4700::1111",
]
# What C libraries read as 169.254.169.254 or 0.0.0.0, and Python's ipaddress does not.
DISGUISED = ["2852039166", "0251.0376.0251.0376", "0xA9FEA9FE", "169.254.43518", "0", "0x0"]


def fake_resolver(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The system's resolver gives these answers, one after the other; the list says who was looked up."""
    looked_up: list[str] = []
    real, waiting = socket.getaddrinfo, list(answers)

    def resolve(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host != "api.example":
            return real(host, port, *more, **named)
        looked_up.append(host)
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        kinds = [(socket.AF_INET6 if ":" in one else socket.AF_INET, one) for one in found]
        return [(kind, socket.SOCK_STREAM, 6, "", (one, port)) for kind, one in kinds]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return looked_up


@pytest.mark.parametrize("address", FORBIDDEN)
def test_it_refuses_a_name_that_leads_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_resolver(monkeypatch, ["10.0.0.1", address])
    with pytest.raises(AddressRefused):
        checked_addresses("api.example", 443)


def test_a_zone_makes_no_other_address() -> None:
    assert is_forbidden(ipaddress.ip_address("fd20:ce::254%eth0"))


@pytest.mark.parametrize("address", ALLOWED)
def test_it_lets_administrators_name(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_resolver(monkeypatch, [address, address])
    assert checked_addresses("api.example", 443) == [address]


@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("host", [*FORBIDDEN, *DISGUISED])
def test_it_refuses_the_literal(how: str, host: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    with pytest.raises((AddressRefused, NameNotResolved)):
        fetch(how, make_connection(f"https://{shown}:6443"))
    with pytest.raises(ApiError) as raised:
        fetch(how, make_connection("https://127.0.0.1:6443", proxy_url=f"http://{shown}:3128"))
    assert raised.value.status == 0


@pytest.mark.parametrize("how", BOTH)
def test_it_connects_to_the_address_that_it_checked(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebinding name answers with a public address first, and with the metadata service next."""
    looked_up = fake_resolver(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    with FaultServer(respond_with(200), pair=AUTHORITY.server(["api.example"], [])) as server:
        fetch(how, make_connection(server, url=f"https://api.example:{server.port}"))
        assert server.requests[0].headers["host"] == f"api.example:{server.port}"
    assert looked_up == ["api.example"]


@pytest.mark.parametrize("how", BOTH)
def test_it_connects_nowhere_where_one_address_is_forbidden(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_resolver(monkeypatch, ["127.0.0.1", "169.254.169.254"])
    with FaultServer(respond_with(200)) as server:
        with pytest.raises(AddressRefused):
            fetch(how, make_connection(server, url=f"https://api.example:{server.port}"))
        assert server.connections == 0


@pytest.mark.parametrize("how", BOTH)
def test_it_goes_to_the_next_address_where_one_is_dead(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_resolver(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    with FaultServer(respond_with(200), pair=AUTHORITY.server(["api.example"], [])) as server:
        assert fetch(how, make_connection(server, url=f"https://api.example:{server.port}")) == b"{}"


@pytest.mark.parametrize(
    "url",
    [
        "https://user@api.example",
        "https://user:pass@api.example",
        "https://api.example:0",
        "https://api.example:99999",
        "https://api.example\\@evil.example",
        "https://api.example#@evil.example",
        "https://api.example?x",
        "https://api.example/../x",
        "https://api.example//x",
        "https://api.example /",
        "https://api.example\n",
        "https://",
        "https://[::1",
        "https://é.example",
        "ftp://api.example",
        "unix:///run/x.sock",
        "file:///etc/passwd",
        "",
    ],
)
def test_it_refuses_a_url_that_parsers_may_read_differently(url: str) -> None:
    with pytest.raises(AddressRefused):
        host_and_port(Server(url))


def test_it_reads_host_port_and_prefix() -> None:
    assert host_and_port(Server("https://api.example")) == ("api.example", 443)
    assert host_and_port(Server("https://[::1]:6443/k8s/clusters/c-1")) == ("::1", 6443)
    with pytest.raises(PlainHttp):
        host_and_port(Server("http://api.example:8080"))
