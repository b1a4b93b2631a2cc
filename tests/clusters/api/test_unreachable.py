"""Transport errors: one exception for each way of not reaching a server, by either client."""

from __future__ import annotations

import socket
import time

import aiohttp
import pytest
import requests

from clusters.api import errors
from clusters.api.connection import Identity
from clusters.api.errors import ApiError, Unreachable
from tests.clusters.api import faults
from tests.clusters.api.calls import BOTH, TOKEN, fetch, make_connection
from tests.clusters.api.faults import AUTHORITY, FaultServer, Proxy, respond_with
from tests.controlplane.certificates import Authority

pytestmark = pytest.mark.parametrize("how", BOTH)


def catch_error(how: str, *arguments: object, **named: object) -> ApiError:
    with pytest.raises(ApiError) as raised:
        fetch(how, *arguments, **named)  # type: ignore[arg-type]
    error = raised.value
    assert TOKEN not in f"{error!r}{error}{error.message}"
    assert not isinstance(error.__cause__, requests.RequestException | aiohttp.ClientError)
    assert (error.method, error.path) == ("GET", "/version")
    return error


def test_it_says_that_another_authority_signed(how: str) -> None:
    with FaultServer(respond_with(200)) as server:
        error = catch_error(how, make_connection(server, ca=Authority("another").pem))
        assert type(error) is errors.TlsUntrusted
        assert server.requests == []


def test_it_says_that_the_system_does_not_know_the_authority(how: str) -> None:
    with FaultServer(respond_with(200)) as server:
        assert type(catch_error(how, make_connection(server, ca=""))) is errors.TlsUntrusted


def test_it_says_that_the_certificate_is_for_another_name(how: str) -> None:
    with FaultServer(respond_with(200), pair=AUTHORITY.server(["elsewhere.example"], ["10.0.0.1"])) as server:
        error = catch_error(how, make_connection(server))
        assert type(error) is errors.TlsHostname
        assert "localhost" in error.message


def test_it_says_that_the_certificate_is_for_another_address(how: str) -> None:
    with FaultServer(respond_with(200), pair=AUTHORITY.server(["localhost"], ["10.0.0.1"])) as server:
        url = server.url.replace("localhost", "127.0.0.1")
        assert type(catch_error(how, make_connection(server, url=url))) is errors.TlsHostname


def test_it_says_that_the_certificate_has_expired(how: str) -> None:
    with FaultServer(respond_with(200), pair=AUTHORITY.server(seconds=-60)) as server:
        assert type(catch_error(how, make_connection(server))) is errors.TlsExpired


def test_it_says_that_a_ca_bundle_is_unreadable(how: str) -> None:
    with FaultServer(respond_with(200)) as server:
        for ca in ("nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "ünlesbar"):
            error = catch_error(how, make_connection(server, ca=ca))
            assert type(error) is errors.TlsUntrusted
            assert "contains no valid certificate" in error.message


def test_it_verifies_the_tls_server_name_instead_where_one_is_set(how: str) -> None:
    pair = AUTHORITY.server(["api.internal.example"], [])
    with FaultServer(respond_with(200, {"ok": True}), pair=pair) as server:
        assert fetch(how, make_connection(server, tls_server_name="api.internal.example")) == b'{"ok": true}'
        assert server.requests[0].headers["host"] == f"localhost:{server.port}"
        assert (
            type(catch_error(how, make_connection(server, tls_server_name="other.example")))
            is errors.TlsHostname
        )


def test_it_trusts_the_system_beside_the_bundle_only_when_set(
    how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    bundle = tmp_path / "system.pem"  # type: ignore[operator]
    bundle.write_text(AUTHORITY.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with FaultServer(respond_with(200)) as server:
        another = Authority("bundle of the cluster").pem
        assert type(catch_error(how, make_connection(server, ca=another))) is errors.TlsUntrusted
        assert fetch(how, make_connection(server, ca=another, system_cas=True)) == b"{}"


def test_it_connects_unverified_only_when_set(how: str) -> None:
    with FaultServer(respond_with(200), pair=Authority("nobody").server(["x.example"], [])) as server:
        assert fetch(how, make_connection(server, verify=False)) == b"{}"


def test_it_says_that_nothing_listens(how: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert type(catch_error(how, make_connection(f"https://127.0.0.1:{port}"))) is errors.ConnectionRefused


def test_it_says_that_the_name_is_unknown(how: str) -> None:
    error = catch_error(how, make_connection("https://api.cluster.invalid:6443"))
    assert type(error) is errors.NameNotResolved


@pytest.mark.parametrize("behaviour", [faults.hang, faults.drip_head, faults.drip_body])
def test_it_gives_up_on_silence_and_on_dripping(how: str, behaviour: faults.Behaviour) -> None:
    with FaultServer(behaviour) as server:
        started = time.monotonic()
        error = catch_error(how, make_connection(server), timeout=0.5)
        assert type(error) is errors.TimedOut
        assert time.monotonic() - started < 2.0


def test_it_gives_up_on_a_handshake_that_hangs(how: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        assert type(catch_error(how, make_connection(url), timeout=0.5)) is errors.TimedOut


def test_it_says_that_the_port_speaks_plain_http(how: str) -> None:
    with FaultServer(respond_with(400, b"no TLS here", "text/plain"), tls=False) as server:
        assert type(catch_error(how, make_connection(server))) is errors.PlainHttp


def test_it_never_sends_a_credential_in_the_clear(how: str) -> None:
    with FaultServer(respond_with(200), tls=False) as server:
        url = server.url.replace("https", "http")
        assert type(catch_error(how, make_connection(server, url=url))) is errors.PlainHttp
        assert server.connections == 0


def test_it_says_that_the_port_speaks_something_else(how: str) -> None:
    with FaultServer(faults.send_garbage) as server:
        assert type(catch_error(how, make_connection(server))) is errors.NotKubernetes


def test_it_says_that_a_page_is_no_api(how: str) -> None:
    with FaultServer(faults.respond_html(404, "nginx <b>404</b>")) as server:
        error = catch_error(how, make_connection(server))
        assert type(error) is errors.NotKubernetes
        assert error.status == 404
        assert "nginx" in error.message


def test_it_says_that_the_server_behind_a_proxy_page_is_down(how: str) -> None:
    with FaultServer(faults.respond_html(502, "Bad Gateway")) as server:
        assert type(catch_error(how, make_connection(server))) is errors.Unavailable


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_it_follows_no_redirect(how: str, code: int) -> None:
    with (
        FaultServer(respond_with(200)) as target,
        FaultServer(faults.respond_redirect(f"{target.url}/x?a=b", code)) as server,
    ):
        error = catch_error(how, make_connection(server))
        assert type(error) is errors.NotKubernetes
        assert f"localhost:{target.port}" in error.message
        assert "a=b" not in error.message
        assert target.connections == 0


def test_it_says_that_the_answer_broke_off(how: str) -> None:
    with FaultServer(faults.truncate_body) as server:
        assert type(catch_error(how, make_connection(server))) is errors.StreamBroken


def test_it_says_that_the_answer_cannot_be_unpacked(how: str) -> None:
    with FaultServer(faults.send_false_gzip) as server:
        assert isinstance(catch_error(how, make_connection(server)), Unreachable)


def test_it_says_that_the_client_certificate_is_refused(how: str) -> None:
    pair = Authority("other clients").client("dana")
    identity = Identity(certificate=pair.certificate, key=pair.key)
    with FaultServer(respond_with(200), client_ca=AUTHORITY.pem) as server:
        error = catch_error(how, make_connection(server, identity=identity))
        assert isinstance(error, errors.ClientCertificateRefused | errors.StreamBroken)


def test_it_shows_a_client_certificate(how: str) -> None:
    pair = AUTHORITY.client("dana")
    with FaultServer(respond_with(200), client_ca=AUTHORITY.pem) as server:
        fetch(how, make_connection(server, identity=Identity(certificate=pair.certificate, key=pair.key)))
        assert "authorization" not in server.requests[0].headers


def test_it_goes_through_the_proxy(how: str) -> None:
    with FaultServer(respond_with(200)) as server, Proxy() as proxy:
        assert fetch(how, make_connection(server, proxy_url=proxy.url)) == b"{}"
        assert proxy.targets == [f"localhost:{server.port}"]
        assert proxy.headers[0]["proxy-authorization"].startswith("Basic ")
        assert "authorization" not in proxy.headers[0]
        assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_it_verifies_the_tls_server_name_through_the_proxy_too(how: str) -> None:
    pair = AUTHORITY.server(["api.internal.example"], [])
    with FaultServer(respond_with(200), pair=pair) as server, Proxy() as proxy:
        fetch(how, make_connection(server, proxy_url=proxy.url, tls_server_name="api.internal.example"))
        assert type(catch_error(how, make_connection(server, proxy_url=proxy.url))) is errors.TlsHostname


@pytest.mark.parametrize("status", [403, 407, 502])
def test_it_says_that_the_proxy_refuses(how: str, status: int) -> None:
    with FaultServer(respond_with(200)) as server, Proxy(status) as proxy:
        error = catch_error(how, make_connection(server, proxy_url=proxy.url))
        assert type(error) is errors.ProxyFailed
        assert "pass" not in error.message


@pytest.mark.parametrize("proxy_url", ["http://proxy.invalid:3128", "http://127.0.0.1:1"])
def test_it_says_that_the_proxy_is_not_there(how: str, proxy_url: str) -> None:
    assert (
        type(catch_error(how, make_connection("https://127.0.0.1:6443", proxy_url=proxy_url)))
        is errors.ProxyFailed
    )


def test_every_kind_has_its_own_title_and_advice(how: str) -> None:
    kinds = _list_subclasses(ApiError)
    assert len({kind.title for kind in kinds}) == len(kinds)
    assert len({kind.advice for kind in kinds}) == len(kinds)


def _list_subclasses(kind: type[ApiError]) -> list[type[ApiError]]:
    return [kind, *(found for below in kind.__subclasses__() for found in _list_subclasses(below))]
