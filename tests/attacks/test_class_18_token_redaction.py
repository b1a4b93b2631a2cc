"""Token redaction: a token that the cluster echoes reaches no page, socket or log (class 18)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from channels.db import database_sync_to_async

from tests import canary, canary_watch
from tests.attacks.cluster_requests import Visit, find_cluster_visits
from tests.attacks.installation import Installation
from tests.attacks.lying_server import LyingServer, get_token, installation_with_lying_server, lying_server
from tests.attacks.sockets import knock, list_live_pages, list_socket_paths
from tests.cleanup import stop_background_work
from tests.clusters.api.faults import Behaviour, Request, Wire

__all__ = ["installation_with_lying_server", "lying_server"]


def status_with_token(code: int, **more: object) -> Behaviour:
    def behaviour(wire: Wire) -> None:
        token = get_token(wire)
        body = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "code": code,
            "message": f"no {token} !",
        }
        extra = {key: json.loads(json.dumps(value).replace("TOKEN", token)) for key, value in more.items()}
        wire.respond(
            code, json.dumps(body | extra).encode(), "application/json", f'Warning: 299 - "so {token} said"'
        )

    return behaviour


def text_with_token(code: int, body: str, kind: str, *headers: str) -> Behaviour:
    def behaviour(wire: Wire) -> None:
        token = get_token(wire)
        filled = [one.replace("TOKEN", token) for one in headers]
        wire.respond(code, body.replace("TOKEN", token).encode(), kind, *filled)

    return behaviour


BEHAVIOURS: dict[str, Behaviour] = {
    "a Status of 400": status_with_token(400, reason="TOKEN"),
    "a Status of 401": status_with_token(401),
    "a Status of 403": status_with_token(403, details={"name": "TOKEN", "kind": "TOKEN"}),
    "causes": status_with_token(
        422, details={"causes": [{"field": "TOKEN", "reason": "TOKEN", "message": "TOKEN"}]}
    ),
    "plain text": text_with_token(500, "Authorization: Bearer TOKEN", "text/plain"),
    "the title of a page": text_with_token(200, "<!doctype html><title>TOKEN</title>", "text/html"),
    "a redirect": text_with_token(302, "", "text/plain", "Location: https://evil.example/?token=TOKEN"),
    "a redirect to a host": text_with_token(302, "", "text/plain", "Location: https://TOKEN.evil.example/"),
    "no JSON": text_with_token(200, "{TOKEN", "application/json"),
    "another kind": text_with_token(200, '{"kind": "TOKEN", "apiVersion": "v1"}', "application/json"),
    "429": text_with_token(429, "TOKEN", "text/plain", "Retry-After: TOKEN"),
}


def is_watch(request: Request) -> bool:
    return "watch=" in request.target


# Which requests are answered so; the others get their real answers, so that pages come that far.
TARGETS: dict[str, Callable[[Request], bool]] = {
    "everything": lambda _request: True,
    "discovery": lambda request: request.target.partition("?")[0] in ("/api", "/apis"),
    "lists": lambda request: "as=Table" in request.headers.get("accept", "") and not is_watch(request),
    "watches": is_watch,
    "objects": lambda request: request.target.partition("?")[0].endswith("/secrets/web"),
    "reviews": lambda request: request.method == "POST",
}


def find_leaking_pages(installation: Installation, visits: list[Visit], who: str) -> list[str]:
    """The middleware of the tests looks at each answer."""
    leaks = []
    for visit in visits:
        answer = visit.answer(
            installation, who, f"key=password&namespace=shop&way=token&token={installation.token(who)}"
        )
        if any(finding.what == f"the token of {who}" for finding in canary.findings):
            leaks.append(f"{visit} ({answer.status_code})")
        canary.findings.clear()
    return leaks


def is_in_log(token: str) -> bool:
    log = canary_watch.check_own_log()
    canary.findings.clear()
    return token in log


def test_no_page_says_what_the_cluster_says_back(
    installation_with_lying_server: Installation, lying_server: LyingServer
) -> None:
    leaks, visits = [], find_cluster_visits(installation_with_lying_server, lying_server, "ada")
    for target, when in TARGETS.items():
        for what, behaviour in BEHAVIOURS.items():
            if (
                target != "everything"
                and what != "a Status of 403"
                and (target, what) != ("lists", "another kind")
            ):
                continue
            stop_background_work()
            lying_server.lie, lying_server.should_lie = behaviour, when
            if (target, what) == ("everything", "another kind"):
                continue  # what is no error is the object that was requested, and its text is shown
            leaks += [
                f"{what} to {target}: {one}"
                for one in find_leaking_pages(installation_with_lying_server, visits, "ada")
            ]
            leaks += (
                [f"{what} to {target}: the log"]
                if is_in_log(installation_with_lying_server.token("ada"))
                else []
            )
    assert not leaks, "\n".join(leaks)


def send_error_event(wire: Wire) -> None:
    """An ERROR inside a stream that began well."""
    token = get_token(wire)
    wire.stream_head()
    said = {"kind": "Status", "code": 500, "message": f"no {token} !", "reason": token}
    wire.chunk(json.dumps({"type": "ERROR", "object": said}, separators=(",", ":")).encode() + b"\n")
    wire.send(b"0\r\n\r\n")


async def read_socket(installation: Installation, page: str) -> str:
    """All that a socket sends in its first seconds."""
    communicator = knock(list_socket_paths()[0], session=installation.sessions["ada"], page=page)
    accepted, _code = await communicator.connect(timeout=30)
    parts: list[str] = []
    while accepted:
        if await communicator.receive_nothing(1.5, 0.05):
            break
        message = await communicator.receive_output(1)
        parts.append(str(message.get("text")))
        accepted = message["type"] != "websocket.close"
    if accepted:
        await communicator.disconnect(timeout=30)
    return "".join(parts)


@pytest.mark.parametrize(
    ("target", "behaviour"),
    [
        ("watches", send_error_event),
        ("watches", status_with_token(403)),
        ("lists", status_with_token(403)),
        ("objects", status_with_token(403)),
        ("everything", status_with_token(500)),
    ],
)
async def test_no_socket_says_what_the_cluster_says_back(
    installation_with_lying_server: Installation, lying_server: LyingServer, target: str, behaviour: Behaviour
) -> None:
    pages = await list_live_pages(installation_with_lying_server)
    token = installation_with_lying_server.token("ada")
    await database_sync_to_async(stop_background_work)()
    lying_server.lie, lying_server.should_lie = behaviour, TARGETS[target]
    texts = await asyncio.gather(
        *(read_socket(installation_with_lying_server, page) for page in pages.values())
    )
    assert [view for view, text in zip(pages, texts, strict=True) if token in text] == []
    assert not is_in_log(token)
