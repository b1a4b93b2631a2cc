"""Identity headers: nothing of a browser's request reaches the API server (class 9).

Who may impersonate there is whoever our headers make them: so each request that arrives is compared, name by name, with
the list of what we ever send. Over the real API server, in which `ada` may impersonate everybody.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from clusters.api.connection import USER_AGENT
from clusters.api.websockets import EXEC_PROTOCOLS
from tests.attacks.forms import parse_forms
from tests.attacks.installation import Installation, roll_back
from tests.attacks.production_server import ProductionServer
from tests.attacks.recorder import ReceivedRequests, Recorder
from tests.attacks.routes import list_routes
from tests.attacks.sockets import LIVE, NOT_FOUND, handshake, knock, list_live_pages, list_socket_paths
from tests.clusters.api.faults import Request
from tests.clusters.credentials import kubeconfigs

ALWAYS = {"host", "authorization", "user-agent", "accept", "accept-encoding"}
WITH_A_BODY = {"content-type", "content-length"}
SOMETIMES = {"if-none-match"}
UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-protocol": ",".join(EXEC_PROTOCOLS),
}

HOSTILE = (
    ("Impersonate-User", "system:admin"),
    ("impersonate-user", "again"),
    ("IMPERSONATE-GROUP", "system:masters"),
    ("Impersonate-Group", "system:nodes"),
    ("Impersonate-Uid", "0"),
    ("Impersonate-Extra-Scopes", "all"),
    ("Impersonate_User", "system:admin"),
    ("Impersonate-User\t", "system:admin"),
    ("X-Remote-User", "system:admin"),
    ("X-Remote-Group", "system:masters"),
    ("X-Remote-Extra-Scopes", "all"),
    ("X_Remote_User", "system:admin"),
    ("Authorization", "Bearer of-somebody-else"),
    ("Proxy-Authorization", "Basic YTpi"),
    ("Connection", "authorization, impersonate-user, close"),
    ("Keep-Alive", "timeout=1"),
    ("TE", "trailers"),
    ("Trailer", "Impersonate-User"),
    ("Upgrade", "SPDY/3.1"),
    ("Forwarded", "for=1.1.1.1"),
    ("X-Forwarded-User", "system:admin"),
    ("X-Forwarded-For", "10.0.0.1"),
    ("X-Forwarded-Client-Cert", "Hash=1"),
    ("X-Original-URL", "/api/v1/secrets"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Accept-Encoding", "identity"),
    ("Accept", "application/vnd.kubernetes.protobuf"),
    ("If-None-Match", '"of-the-browser"'),
    ("Range", "bytes=0-1"),
    ("Referer", "https://evil.example/"),
    ("User-Agent", "Mozilla/5.0"),
    ("Kubectl-Session", "x"),
)
SPLITTING = "x\r\nImpersonate-User: system:admin\r\nX-Y: z"
QUERY = (
    "q", "selector", "fields", "sort", "columns", "label", "namespace", "page", "at", "download", "group", "clusters",
    "next", "request", "limit", "offset", "way", "window", "dryRun", "fieldManager", "as", "continue",
)  # fmt: skip


def find_foreign_headers(request: Request, token: str) -> list[str]:
    """What of a request is not ours, in words."""
    names, wrong = [line.partition(":")[0].lower() for line in request.lines], []
    allowed = ALWAYS | SOMETIMES | (WITH_A_BODY if request.method == "POST" else set())
    if urlsplit(request.target).path.endswith("/exec"):
        allowed = ALWAYS | {*UPGRADE, "sec-websocket-key", "audit-id"}
        wrong += [
            f"{name} is {request.headers.get(name)!r}"
            for name, value in UPGRADE.items()
            if request.headers.get(name) != value
        ]
    wrong += [f"{name} was sent" for name in names if name not in allowed]
    wrong += [f"{name} was sent twice" for name in set(names) if names.count(name) > 1]
    wrong += [f"{name} is missing" for name in ALWAYS - set(names)]
    if request.headers.get("authorization") != f"Bearer {token}":
        wrong.append("the Authorization is another's")
    if request.headers.get("user-agent") != USER_AGENT:
        wrong.append("the User-Agent is the browser's")
    if "of-the-browser" in request.headers.get("if-none-match", ""):
        wrong.append("the browser's ETag was handed on")
    return [f"{request.method} {request.target}: {one}" for one in wrong]


def find_all_foreign_headers(seen: ReceivedRequests, token: str) -> list[str]:
    return [line for one in seen.requests for line in find_foreign_headers(one, token)]


def build_meta(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Headers as Django's test client takes them; of two spellings the last counts."""
    return {
        "HTTP_" + name.strip().upper().replace("-", "_"): value
        for name, value in pairs
        if name != "Connection"
    }


def test_nothing_of_a_request_to_any_route_arrives_there(
    installation: Installation, recorder: Recorder
) -> None:
    browser = Client(**build_meta(HOSTILE), raise_request_exception=False)
    browser.cookies = installation.browser("dana").cookies
    with recorder.record() as seen:
        for route in list_routes():
            for method in sorted(installation.methods(route)):
                with roll_back():
                    browser.generic(
                        method,
                        installation.address(route),
                        "key=password&namespace=shop"
                        if method == "POST" and route.name.startswith("res")
                        else "",
                        content_type="application/x-www-form-urlencoded",
                    )
    assert len(seen.requests) > 10
    assert not (wrong := find_all_foreign_headers(seen, installation.token("dana"))), "\n".join(wrong)


async def test_nothing_of_a_handshake_arrives_there(
    committed_installation: Installation, recorder: Recorder
) -> None:
    """Each header as often as it was sent, in every spelling."""
    more = tuple((name.lower(), value) for name, value in HOSTILE)
    pages = (await list_live_pages(committed_installation)).values()
    with recorder.record() as seen:
        for path in list_socket_paths():
            for page in pages:
                for attack in (
                    (),
                    (("sec-websocket-protocol", f"base64url.bearer.authorization.k8s.io.{'YQ' * 9}"),),
                ):
                    communicator = knock(
                        path,
                        session=committed_installation.sessions["dana"],
                        page=page,
                        more=(*more, *attack),
                    )
                    assert await handshake(communicator) == (0 if path == LIVE else NOT_FOUND)
    assert seen.requests
    assert not (wrong := find_all_foreign_headers(seen, committed_installation.token("dana"))), "\n".join(
        wrong
    )


def test_no_field_of_any_form_becomes_a_header(installation: Installation, recorder: Recorder) -> None:
    """Every form of every page, each of its fields filled with a line break and a header of the attacker's."""
    sent = 0
    with recorder.record() as seen:
        for route in list_routes():
            if "GET" not in installation.methods(route):
                continue
            page = installation.address(route)
            found = installation.browser("ada").get(page)
            if found.status_code != 200 or found.streaming:  # a download has no form
                continue
            for form in parse_forms(page, found.content.decode()):
                if form.method == "DIALOG":  # closes a dialog of the page and sends nothing
                    continue
                with roll_back():
                    ask = getattr(installation.browser("ada"), form.method.lower())
                    ask(form.action, dict.fromkeys(form.fields, SPLITTING))
                    sent += 1
    assert sent > 40
    assert not (wrong := find_all_foreign_headers(seen, installation.token("ada"))), "\n".join(wrong)


def test_no_query_and_no_part_of_an_address_becomes_a_header(
    installation: Installation, recorder: Recorder
) -> None:
    browser = installation.browser("dana")
    query = dict.fromkeys(QUERY, SPLITTING)
    with recorder.record() as seen:
        for route in list_routes():
            if "GET" in installation.methods(route):
                browser.get(installation.address(route), query)
        for part in ("harbour", "shop", "secrets", "web"):
            path = "/c/harbour/shop/secrets/web".replace(
                part, f"{part}%0d%0aImpersonate-User:%20system:admin"
            )
            for page in ("", "/yaml"):
                browser.get(path + page)
        browser.post("/c/harbour/", {"namespace": "shop\r\nImpersonate-User: system:admin"})
    assert seen.requests
    assert not (wrong := find_all_foreign_headers(seen, installation.token("dana"))), "\n".join(wrong)


@pytest.mark.parametrize(
    "token", ["abc\r\nImpersonate-User: x", "abc\nX: y", "a b", "abc\x00", "a\x0bb", "äbc"]
)
def test_no_credential_is_a_header_of_its_own(
    installation: Installation, recorder: Recorder, token: str
) -> None:
    """Typed into the page, and from a kubeconfig: it is rejected, and nothing was sent."""
    config = kubeconfigs.build_config(user={"token": token}, cluster={"server": recorder.url})
    kubeconfig = kubeconfigs.to_yaml(config)
    browser = installation.browser("dana")
    with recorder.record() as seen:
        for fields in ({"way": "token", "token": token}, {"way": "kubeconfig", "kubeconfig": kubeconfig}):
            assert browser.post("/clusters/harbour/credential/", fields).status_code == 422
    assert seen.is_empty, seen


def test_over_a_real_connection_nothing_arrives_either(
    production_server: ProductionServer, recorder: Recorder
) -> None:
    """By Daphne: duplicates, underscores, blanks, folded lines and names in every case, as they are on the wire."""
    folded = [
        "X-Fold: a\r\n Impersonate-User: system:admin",
        "X-Tab:\tb\r\n\tImpersonate-Group: system:masters",
    ]
    lines = [
        f"{name}: {value}"
        for name, value in HOSTILE
        if name not in ("Connection", "Upgrade", "TE", "Trailer") and "\t" not in name
    ]
    for kind, extra in (("secrets", []), ("configmaps", folded)):
        request = [
            f"GET /c/harbour/shop/{kind} HTTP/1.1",
            f"Host: {production_server.host}",
            f"Cookie: {production_server.cookie('ada')}",
            "Connection: close, authorization, impersonate-user",
            *lines,
            *extra,
        ]
        with recorder.record() as seen:
            status, _text = production_server.raw("\r\n".join([*request, "", ""]).encode())
        assert status == 200
        assert seen.requests
        assert not (wrong := find_all_foreign_headers(seen, production_server.token("ada"))), "\n".join(wrong)


@pytest.mark.parametrize(
    "line", ["Impersonate-User : a", "Impersonate-User\t: a", "no colon here", ": a", "X-Y\x00: a"]
)
def test_a_real_connection_is_refused_for_what_is_no_header(
    production_server: ProductionServer, recorder: Recorder, line: str
) -> None:
    """A name with a blank before its colon was a way to smuggle: such a request is not half read."""
    request = [
        "GET /c/harbour/shop/services HTTP/1.1",
        f"Host: {production_server.host}",
        f"Cookie: {production_server.cookie('ada')}",
        line,
        "Connection: close",
    ]
    with recorder.record() as seen:
        status, _text = production_server.raw("\r\n".join([*request, "", ""]).encode("latin1"))
    assert status == 400
    assert seen.is_empty
