"""Does a value of a Secret come out by any way but its own? Copies, YAML, rows, filters, sockets, trail. (Class 19.)"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests import canary
from tests.attacks.routes import Route, routes
from tests.controlplane.cast import CAST
from tests.controlplane.controlplane import ControlPlane
from tests.live.sockets import Sockets, run
from tests.served import Served

NAME = "side-doors"
VALUES = ("value-of-the-side-door-1", "geheim & <hidden> 2", "changed-behind-the-door-3")
PEOPLE = [one.name for one in CAST]
READERS = ("rene", "rita", "aude")  # rita may all in the cluster; only her role here takes it away
OPERATORS = ("ada", "dana")
VALUE_VIEW = "resources:secret_value"
AT = (
    "/data/a",
    "/data",
    "/stringData/a",
    "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
    "/metadata/annotations/tool.example~1copy",
    "/metadata/managedFields",
    "/metadata/managedFields/0/fieldsV1",
    "",
    "/",
)


def secret(*values: str) -> dict[str, object]:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in zip("ab", values, strict=False)}
    copy = json.dumps({"data": data, "stringData": dict(zip("ab", values, strict=False))})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": NAME,
            "namespace": "shop",
            "labels": {"door": "side"},
            "annotations": {"tool.example/copy": copy, "tool.example/gzip": data["a"] * 20, "note": "seen"},
        },
        "type": "Opaque",
        "data": data,
    }


@pytest.fixture(scope="module")
def hidden(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    """A Secret that kubectl and a tool have kept copies of."""
    controlplane.apply([secret(*VALUES[:2])], server_side=False)
    yield controlplane
    controlplane.kubectl("delete", "secret", NAME, "-n", "shop")


def told(text: str) -> list[str]:
    """Which of the values are in it, in whatever spelling."""
    return [value for value in VALUES if any(one in text for one in canary.spellings(value))]


def addresses() -> list[str]:
    """Every page below a cluster, of Secrets, of this one, and of everything that mentions it; from the URL map."""
    known = {"cluster": "harbour", "clusters": "harbour", "name": NAME}
    found = []
    for route in routes():
        if not route.name.startswith("resources:") or route.name == VALUE_VIEW:
            continue
        for namespaces in ("shop", "_all", "shop,pay"):
            for resource in ("secrets", "events", "serviceaccounts"):
                with suppress(KeyError, AssertionError):
                    found.append(route.address(known | {"namespaces": namespaces, "resource": resource}))
    return sorted(set(found))


def pages() -> list[str]:
    lists = [path for path in addresses() if path.endswith("/secrets")]
    this = "/c/harbour/shop/secrets/" + NAME
    more = ["?wide=1", "?columns=name,type,data,age&label=door&sort=data", "?selector=door%3Dside&sort=-age"]
    others = [
        "/",
        "/clusters/",
        "/people/audit/",
        "/people/audit/export/trail.csv",
        "/people/audit/export/trail.jsonl",
    ]
    return [
        *addresses(),
        *(path + query for path in lists for query in more),
        *(f"{this}?download=yaml", *(f"{this}?download=value&at={at}" for at in AT)),
        *(f"{this}/yaml?page={number}" for number in (1, 2)),
        *others,
    ]


@pytest.mark.parametrize("name", PEOPLE)
def test_no_page_holds_a_value_whoever_asks(hidden: ControlPlane, served: Served, name: str) -> None:
    client, found = served.client(name), []
    for path in pages():
        answer = client.get(served.url + path)
        found += [f"{path} ({answer.status_code})"] if told(answer.text + repr(answer.headers)) else []
    assert found == []


def test_the_pages_are_those_that_show_it(hidden: ControlPlane, served: Served) -> None:
    """Else the test above would prove nothing."""
    client = served.client("ada")
    this = "/c/harbour/shop/secrets/" + NAME
    assert len(addresses()) > 10
    assert NAME in client.get(served.url + "/c/harbour/shop/secrets").text
    for path in (this, f"{this}/yaml", f"{this}?download=yaml"):
        text = client.get(served.url + path).text
        assert "last-applied-configuration" in text or "?download" in path, path
        assert "seen" in text, path


def rows(text: str) -> list[str]:
    return re.findall(r'<tr id="[^"]+"', text.partition('id="list-rows"')[2].partition("</tbody>")[0])


@pytest.mark.parametrize("name", ["dana", "rita"])
def test_no_filter_or_selector_tells_whether_a_value_is_there(
    hidden: ControlPlane, served: Served, name: str
) -> None:
    """A guess finds as little when it is right as when it is wrong; what is no secret is found."""
    client = served.client(name)
    for query, text in (("q", NAME), ("fields", f"metadata.name={NAME}")):
        found = client.get(f"{served.url}/c/harbour/shop/secrets", params={query: text})
        assert len(rows(found.text)) == 1, (query, text)
    right = [*canary.spellings(VALUES[0]), VALUES[1], "tool.example/copy"]
    for query in ("q", "selector", "fields", "label", "columns", "sort"):
        for guess in right:
            made = {"q": guess, "selector": f"a={guess}", "fields": f"data.a={guess}"}.get(query, guess)
            answers = [
                client.get(f"{served.url}/c/harbour/shop/secrets", params={query: text})
                for text in (made, f"{made[:-1]}{'1' if made.endswith('0') else '0'}")
            ]
            assert answers[0].status_code == answers[1].status_code
            assert len(rows(answers[0].text)) == len(rows(answers[1].text)), (query, guess)


async def heard(served: Served, name: str, page: str, plane: ControlPlane) -> str:
    """What a page is sent when it opens, and when the value changes."""
    async with Sockets(served) as sockets:
        opened = await sockets.open(served.session(name), page)
        text = await opened.html()
        plane.apply([secret(VALUES[2])], server_side=False)
        plane.kubectl("label", "secret", NAME, "-n", "shop", "door=changed", "--overwrite")
        with suppress(TimeoutError, ConnectionError):
            text += await opened.until("changed")
        plane.apply([secret(*VALUES[:2])], server_side=False)
        return text


@pytest.mark.parametrize("name", ["ada", "dana", "rita"])
@pytest.mark.parametrize("below", ["?label=door", f"/{NAME}", f"/{NAME}/yaml"])
def test_no_socket_sends_a_value(hidden: ControlPlane, served: Served, name: str, below: str) -> None:
    text = run(lambda: heard(served, name, f"/c/harbour/shop/secrets{below}", hidden), 60)
    assert "changed" in text, "the change arrived"
    assert told(text) == []


def value_route() -> Route:
    return next(route for route in routes() if route.name == VALUE_VIEW)


def test_only_who_may_read_it_is_shown_one_and_the_trail_says_so_without_it(
    hidden: ControlPlane, served: Served
) -> None:
    path = value_route().address(
        {"clusters": "harbour", "namespaces": "shop", "resource": "secrets", "name": NAME}
    )
    for name in (*OPERATORS, *READERS, "stan"):
        client = served.client(name)
        token = re.findall(
            r'csrfmiddlewaretoken" value="([^"]+)"', client.get(f"{served.url}/people/me/").text
        )[0]
        answer = client.post(
            served.url + path, data={"key": "a", "csrfmiddlewaretoken": token}, headers={"Origin": served.url}
        )
        assert told(answer.text) == ([VALUES[0]] if name in OPERATORS else []), name
    trail = served.client("aude").get(f"{served.url}/people/audit/?name={NAME}").text
    assert trail.count(NAME) >= len(OPERATORS)
    assert told(trail) == []
