"""Does a token stay away from pages, sockets and logs when the cluster says it back, wherever it can? (Class 18.)"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from channels.db import database_sync_to_async

from tests import canary, canary_watch
from tests.attacks.house import House
from tests.attacks.liar import Liar, liar, lied_to, token_of
from tests.attacks.reaching import Visit, reaching
from tests.attacks.sockets import knock, live_pages, socket_paths
from tests.clusters.api.faults import Behaviour, Request, Wire
from tests.quiet import quiet

__all__ = ["liar", "lied_to"]


def status(code: int, **more: object) -> Behaviour:
    def behaviour(wire: Wire) -> None:
        token = token_of(wire)
        body = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "code": code,
            "message": f"no {token} !",
        }
        told = {key: json.loads(json.dumps(value).replace("TOKEN", token)) for key, value in more.items()}
        wire.answer(
            code, json.dumps(body | told).encode(), "application/json", f'Warning: 299 - "so {token} said"'
        )

    return behaviour


def text(code: int, body: str, kind: str, *headers: str) -> Behaviour:
    def behaviour(wire: Wire) -> None:
        token = token_of(wire)
        told = [one.replace("TOKEN", token) for one in headers]
        wire.answer(code, body.replace("TOKEN", token).encode(), kind, *told)

    return behaviour


ECHOES: dict[str, Behaviour] = {
    "a Status of 400": status(400, reason="TOKEN"),
    "a Status of 401": status(401),
    "a Status of 403": status(403, details={"name": "TOKEN", "kind": "TOKEN"}),
    "causes": status(422, details={"causes": [{"field": "TOKEN", "reason": "TOKEN", "message": "TOKEN"}]}),
    "plain text": text(500, "Authorization: Bearer TOKEN", "text/plain"),
    "the title of a page": text(200, "<!doctype html><title>TOKEN</title>", "text/html"),
    "a redirect": text(302, "", "text/plain", "Location: https://evil.example/?token=TOKEN"),
    "a redirect to a host": text(302, "", "text/plain", "Location: https://TOKEN.evil.example/"),
    "no JSON": text(200, "{TOKEN", "application/json"),
    "another kind": text(200, '{"kind": "TOKEN", "apiVersion": "v1"}', "application/json"),
    "429": text(429, "TOKEN", "text/plain", "Retry-After: TOKEN"),
}


def is_watch(request: Request) -> bool:
    return "watch=" in request.target


# Which requests are answered so; the others get their real answers, so that pages come that far.
ASKED: dict[str, Callable[[Request], bool]] = {
    "everything": lambda _request: True,
    "discovery": lambda request: request.target.partition("?")[0] in ("/api", "/apis"),
    "lists": lambda request: "as=Table" in request.headers.get("accept", "") and not is_watch(request),
    "watches": is_watch,
    "objects": lambda request: request.target.partition("?")[0].endswith("/secrets/web"),
    "reviews": lambda request: request.method == "POST",
}


def told_in_pages(house: House, visits: list[Visit], who: str) -> list[str]:
    """The middleware of the tests looks at each answer."""
    told = []
    for visit in visits:
        answer = visit.answer(house, who, f"key=password&namespace=shop&way=token&token={house.token(who)}")
        if any(finding.what == f"the token of {who}" for finding in canary.findings):
            told.append(f"{visit} ({answer.status_code})")
        canary.findings.clear()
    return told


def told_in_log(token: str) -> bool:
    log = canary_watch.look_at_own_log()
    canary.findings.clear()
    return token in log


def test_no_page_says_what_the_cluster_says_back(lied_to: House, liar: Liar) -> None:
    told, visits = [], reaching(lied_to, liar, "ada")
    for asked, when in ASKED.items():
        for what, behaviour in ECHOES.items():
            if (
                asked != "everything"
                and what != "a Status of 403"
                and (asked, what) != ("lists", "another kind")
            ):
                continue
            quiet()
            liar.lie, liar.when = behaviour, when
            if (asked, what) == ("everything", "another kind"):
                continue  # what is no error is the object that was asked for, and its text is shown
            told += [f"{what} to {asked}: {one}" for one in told_in_pages(lied_to, visits, "ada")]
            told += [f"{what} to {asked}: the log"] if told_in_log(lied_to.token("ada")) else []
    assert not told, "\n".join(told)


def error_event(wire: Wire) -> None:
    """An ERROR inside a stream that began well."""
    token = token_of(wire)
    wire.stream_head()
    said = {"kind": "Status", "code": 500, "message": f"no {token} !", "reason": token}
    wire.chunk(json.dumps({"type": "ERROR", "object": said}, separators=(",", ":")).encode() + b"\n")
    wire.send(b"0\r\n\r\n")


async def heard(house: House, page: str) -> str:
    """All that a socket sends in its first seconds."""
    communicator = knock(socket_paths()[0], session=house.sessions["ada"], page=page)
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
    ("asked", "behaviour"),
    [
        ("watches", error_event),
        ("watches", status(403)),
        ("lists", status(403)),
        ("objects", status(403)),
        ("everything", status(500)),
    ],
)
async def test_no_socket_says_what_the_cluster_says_back(
    lied_to: House, liar: Liar, asked: str, behaviour: Behaviour
) -> None:
    pages = await live_pages(lied_to)
    token = lied_to.token("ada")
    await database_sync_to_async(quiet)()
    liar.lie, liar.when = behaviour, ASKED[asked]
    texts = await asyncio.gather(*(heard(lied_to, page) for page in pages.values()))
    assert [view for view, text in zip(pages, texts, strict=True) if token in text] == []
    assert not told_in_log(token)
