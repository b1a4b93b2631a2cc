"""Does each way of not being reached have its own name, through both clients alike?"""

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
from tests.clusters.api.calls import BOTH, TOKEN, fetch, to
from tests.clusters.api.faults import AUTHORITY, FaultServer, Proxy, says
from tests.controlplane.certificates import Authority

pytestmark = pytest.mark.parametrize("how", BOTH)


def failure_of(how: str, *arguments: object, **named: object) -> ApiError:
    with pytest.raises(ApiError) as raised:
        fetch(how, *arguments, **named)  # type: ignore[arg-type]
    error = raised.value
    assert TOKEN not in f"{error!r}{error}{error.message}"
    assert not isinstance(error.__cause__, requests.RequestException | aiohttp.ClientError)
    assert (error.method, error.path) == ("GET", "/version")
    return error


def test_it_says_that_another_authority_signed(how: str) -> None:
    with FaultServer(says(200)) as server:
        error = failure_of(how, to(server, ca=Authority("another").pem))
        assert type(error) is errors.TlsUntrusted
        assert server.requests == []


def test_it_says_that_the_system_does_not_know_the_authority(how: str) -> None:
    with FaultServer(says(200)) as server:
        assert type(failure_of(how, to(server, ca=""))) is errors.TlsUntrusted


def test_it_says_that_the_certificate_is_for_another_name(how: str) -> None:
    with FaultServer(says(200), pair=AUTHORITY.server(["elsewhere.example"], ["10.0.0.1"])) as server:
        error = failure_of(how, to(server))
        assert type(error) is errors.TlsHostname
        assert "localhost" in error.message


def test_it_says_that_the_certificate_is_for_another_address(how: str) -> None:
    with FaultServer(says(200), pair=AUTHORITY.server(["localhost"], ["10.0.0.1"])) as server:
        url = server.url.replace("localhost", "127.0.0.1")
        assert type(failure_of(how, to(server, url=url))) is errors.TlsHostname


def test_it_says_that_the_certificate_has_expired(how: str) -> None:
    with FaultServer(says(200), pair=AUTHORITY.server(seconds=-60)) as server:
        assert type(failure_of(how, to(server))) is errors.TlsExpired


def test_it_says_that_a_ca_bundle_is_unreadable(how: str) -> None:
    with FaultServer(says(200)) as server:
        for ca in ("nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "ünlesbar"):
            error = failure_of(how, to(server, ca=ca))
            assert type(error) is errors.TlsUntrusted
            assert "no valid certificate" in error.message


def test_it_verifies_the_tls_server_name_instead_where_one_is_set(how: str) -> None:
    pair = AUTHORITY.server(["api.internal.example"], [])
    with FaultServer(says(200, {"ok": True}), pair=pair) as server:
        assert fetch(how, to(server, tls_server_name="api.internal.example")) == b'{"ok": true}'
        assert server.requests[0].headers["host"] == f"localhost:{server.port}"
        assert type(failure_of(how, to(server, tls_server_name="other.example"))) is errors.TlsHostname


def test_it_trusts_the_system_beside_the_bundle_only_when_told(
    how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    bundle = tmp_path / "system.pem"  # type: ignore[operator]
    bundle.write_text(AUTHORITY.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with FaultServer(says(200)) as server:
        another = Authority("bundle of the cluster").pem
        assert type(failure_of(how, to(server, ca=another))) is errors.TlsUntrusted
        assert fetch(how, to(server, ca=another, system_cas=True)) == b"{}"


def test_it_connects_unverified_only_when_told(how: str) -> None:
    with FaultServer(says(200), pair=Authority("nobody").server(["x.example"], [])) as server:
        assert fetch(how, to(server, verify=False)) == b"{}"


def test_it_says_that_nothing_listens(how: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert type(failure_of(how, to(f"https://127.0.0.1:{port}"))) is errors.ConnectionRefused


def test_it_says_that_the_name_is_unknown(how: str) -> None:
    error = failure_of(how, to("https://api.cluster.invalid:6443"))
    assert type(error) is errors.NameNotResolved


@pytest.mark.parametrize("behaviour", [faults.hangs, faults.drips_head, faults.drips_body])
def test_it_gives_up_on_silence_and_on_dripping(how: str, behaviour: faults.Behaviour) -> None:
    with FaultServer(behaviour) as server:
        started = time.monotonic()
        error = failure_of(how, to(server), timeout=0.5)
        assert type(error) is errors.TimedOut
        assert time.monotonic() - started < 2.0


def test_it_gives_up_on_a_handshake_that_hangs(how: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        assert type(failure_of(how, to(url), timeout=0.5)) is errors.TimedOut


def test_it_says_that_the_port_speaks_plain_http(how: str) -> None:
    with FaultServer(says(400, b"no TLS here", "text/plain"), tls=False) as server:
        assert type(failure_of(how, to(server))) is errors.PlainHttp


def test_it_never_sends_a_credential_in_the_clear(how: str) -> None:
    with FaultServer(says(200), tls=False) as server:
        url = server.url.replace("https", "http")
        assert type(failure_of(how, to(server, url=url))) is errors.PlainHttp
        assert server.connections == 0


def test_it_says_that_the_port_speaks_something_else(how: str) -> None:
    with FaultServer(faults.babbles) as server:
        assert type(failure_of(how, to(server))) is errors.NotKubernetes


def test_it_says_that_a_page_is_no_api(how: str) -> None:
    with FaultServer(faults.html(404, "nginx <b>404</b>")) as server:
        error = failure_of(how, to(server))
        assert type(error) is errors.NotKubernetes
        assert error.status == 404
        assert "nginx" in error.message


def test_it_says_that_the_server_behind_a_proxy_page_is_down(how: str) -> None:
    with FaultServer(faults.html(502, "Bad Gateway")) as server:
        assert type(failure_of(how, to(server))) is errors.Unavailable


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_it_follows_no_redirect(how: str, code: int) -> None:
    with (
        FaultServer(says(200)) as target,
        FaultServer(faults.redirects(f"{target.url}/x?a=b", code)) as server,
    ):
        error = failure_of(how, to(server))
        assert type(error) is errors.NotKubernetes
        assert f"localhost:{target.port}" in error.message
        assert "a=b" not in error.message
        assert target.connections == 0


def test_it_says_that_the_answer_broke_off(how: str) -> None:
    with FaultServer(faults.truncates) as server:
        assert type(failure_of(how, to(server))) is errors.StreamBroken


def test_it_says_that_the_answer_cannot_be_unpacked(how: str) -> None:
    with FaultServer(faults.lies_about_gzip) as server:
        assert isinstance(failure_of(how, to(server)), Unreachable)


def test_it_says_that_the_client_certificate_is_refused(how: str) -> None:
    pair = Authority("other clients").client("dana")
    identity = Identity(certificate=pair.certificate, key=pair.key)
    with FaultServer(says(200), client_ca=AUTHORITY.pem) as server:
        error = failure_of(how, to(server, identity=identity))
        assert isinstance(error, errors.ClientCertificateRefused | errors.StreamBroken)


def test_it_shows_a_client_certificate(how: str) -> None:
    pair = AUTHORITY.client("dana")
    with FaultServer(says(200), client_ca=AUTHORITY.pem) as server:
        fetch(how, to(server, identity=Identity(certificate=pair.certificate, key=pair.key)))
        assert "authorization" not in server.requests[0].headers


def test_it_goes_through_the_proxy(how: str) -> None:
    with FaultServer(says(200)) as server, Proxy() as proxy:
        assert fetch(how, to(server, proxy_url=proxy.url)) == b"{}"
        assert proxy.targets == [f"localhost:{server.port}"]
        assert proxy.headers[0]["proxy-authorization"].startswith("Basic ")
        assert "authorization" not in proxy.headers[0]
        assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_it_verifies_the_tls_server_name_through_the_proxy_too(how: str) -> None:
    pair = AUTHORITY.server(["api.internal.example"], [])
    with FaultServer(says(200), pair=pair) as server, Proxy() as proxy:
        fetch(how, to(server, proxy_url=proxy.url, tls_server_name="api.internal.example"))
        assert type(failure_of(how, to(server, proxy_url=proxy.url))) is errors.TlsHostname


@pytest.mark.parametrize("refusal", [403, 407, 502])
def test_it_says_that_the_proxy_refuses(how: str, refusal: int) -> None:
    with FaultServer(says(200)) as server, Proxy(refusal) as proxy:
        error = failure_of(how, to(server, proxy_url=proxy.url))
        assert type(error) is errors.ProxyFailed
        assert "pass" not in error.message


@pytest.mark.parametrize("proxy_url", ["http://proxy.invalid:3128", "http://127.0.0.1:1"])
def test_it_says_that_the_proxy_is_not_there(how: str, proxy_url: str) -> None:
    assert type(failure_of(how, to("https://127.0.0.1:6443", proxy_url=proxy_url))) is errors.ProxyFailed


def test_every_kind_has_its_own_title_and_advice(how: str) -> None:
    kinds = _below(ApiError)
    assert len({kind.title for kind in kinds}) == len(kinds)
    assert len({kind.advice for kind in kinds}) == len(kinds)


def _below(kind: type[ApiError]) -> list[type[ApiError]]:
    return [kind, *(found for below in kind.__subclasses__() for found in _below(below))]
