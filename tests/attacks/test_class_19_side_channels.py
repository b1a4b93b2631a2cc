"""Side channels: a value of a Secret leaves the server by its own view only (class 19)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests import canary
from tests.attacks.routes import Route, list_routes
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.users import USERS
from tests.dashboard_server import DashboardServer
from tests.live.sockets import Sockets, run

NAME = "side-doors"
VALUES = ("value-of-the-side-door-1", "geheim & <hidden> 2", "changed-behind-the-door-3")
PEOPLE = [one.name for one in USERS]
VIEWERS = ("rene", "rita", "aude")  # rita may all in the cluster; only her role here takes it away
EDITORS = ("ada", "dana")
VALUE_VIEW = "resources:secret_value"
POINTERS = (
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


def build_secret(*values: str) -> dict[str, object]:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in zip("ab", values, strict=False)}
    copy = json.dumps({"data": data, "stringData": dict(zip("ab", values, strict=False))})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": NAME,
            "namespace": "shop",
            "labels": {"door": "side"},
            "annotations": {
                "tool.example/copy": copy,
                "tool.example/gzip": data["a"] * 20,
                "note": copy[:200],
                "cert-manager.io/common-name": "seen",
            },
        },
        "type": "Opaque",
        "data": data,
    }


@pytest.fixture(scope="module")
def copied_secret(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    """A Secret that kubectl and a tool have kept copies of."""
    controlplane.apply([build_secret(*VALUES[:2])], server_side=False)
    yield controlplane
    controlplane.kubectl("delete", "secret", NAME, "-n", "shop")


def find_values(text: str) -> list[str]:
    """Which of the values are in it, in whatever spelling."""
    return [value for value in VALUES if any(one in text for one in canary.list_spellings(value))]


def list_paths() -> list[str]:
    """Every page below a cluster, of Secrets, of this one, and of everything that mentions it; from the URL map."""
    known = {"cluster": "harbour", "clusters": "harbour", "name": NAME}
    found = []
    for route in list_routes():
        if not route.name.startswith("resources:") or route.name == VALUE_VIEW:
            continue
        for namespaces in ("shop", "_all", "shop,pay"):
            for resource in ("secrets", "events", "serviceaccounts"):
                with suppress(KeyError, AssertionError):
                    found.append(route.address(known | {"namespaces": namespaces, "resource": resource}))
    return sorted(set(found))


def list_pages() -> list[str]:
    lists = [path for path in list_paths() if path.endswith("/secrets")]
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
        *list_paths(),
        *(path + query for path in lists for query in more),
        *(f"{this}?download=yaml", *(f"{this}?download=value&at={at}" for at in POINTERS)),
        *(f"{this}/yaml?page={number}" for number in (1, 2)),
        *others,
    ]


@pytest.mark.parametrize("name", PEOPLE)
def test_no_page_holds_a_value_whoever_asks(
    copied_secret: ControlPlane, dashboard_server: DashboardServer, name: str
) -> None:
    client, found = dashboard_server.client(name), []
    for path in list_pages():
        answer = client.get(dashboard_server.url + path)
        found += [f"{path} ({answer.status_code})"] if find_values(answer.text + repr(answer.headers)) else []
    assert found == []


def test_the_pages_are_those_that_show_it(
    copied_secret: ControlPlane, dashboard_server: DashboardServer
) -> None:
    """Else the test above would prove nothing."""
    client = dashboard_server.client("ada")
    this = "/c/harbour/shop/secrets/" + NAME
    assert len(list_paths()) > 10
    assert NAME in client.get(dashboard_server.url + "/c/harbour/shop/secrets").text
    for path in (this, f"{this}/yaml", f"{this}?download=yaml"):
        text = client.get(dashboard_server.url + path).text
        assert "last-applied-configuration" in text or "?download" in path, path
        assert "seen" in text, path


def find_rows(text: str) -> list[str]:
    return re.findall(r'<tr id="[^"]+"', text.partition('id="list-rows"')[2].partition("</tbody>")[0])


@pytest.mark.parametrize("name", ["dana", "rita"])
def test_no_filter_or_selector_reveals_whether_a_value_exists(
    copied_secret: ControlPlane, dashboard_server: DashboardServer, name: str
) -> None:
    """A guess finds as little when it is right as when it is wrong; what is no secret is found."""
    client = dashboard_server.client(name)
    for query, text in (("q", NAME), ("fields", f"metadata.name={NAME}")):
        found = client.get(f"{dashboard_server.url}/c/harbour/shop/secrets", params={query: text})
        assert len(find_rows(found.text)) == 1, (query, text)
    right = [*canary.list_spellings(VALUES[0]), VALUES[1], "tool.example/copy"]
    for query in ("q", "selector", "fields", "label", "columns", "sort"):
        for guess in right:
            made = {"q": guess, "selector": f"a={guess}", "fields": f"data.a={guess}"}.get(query, guess)
            answers = [
                client.get(f"{dashboard_server.url}/c/harbour/shop/secrets", params={query: text})
                for text in (made, f"{made[:-1]}{'1' if made.endswith('0') else '0'}")
            ]
            assert answers[0].status_code == answers[1].status_code
            assert len(find_rows(answers[0].text)) == len(find_rows(answers[1].text)), (query, guess)


async def read_socket(served: DashboardServer, name: str, page: str, plane: ControlPlane) -> str:
    """What a page is sent when it opens, and when the value changes."""
    async with Sockets(served) as sockets:
        opened = await sockets.open(served.session(name), page)
        text = await opened.read_html()
        plane.apply([build_secret(VALUES[2])], server_side=False)
        plane.kubectl("label", "secret", NAME, "-n", "shop", "door=changed", "--overwrite")
        with suppress(TimeoutError, ConnectionError):
            text += await opened.read_until("changed")
        plane.apply([build_secret(*VALUES[:2])], server_side=False)
        return text


@pytest.mark.parametrize("name", ["ada", "dana", "rita"])
@pytest.mark.parametrize("below", ["?label=door", f"/{NAME}", f"/{NAME}/yaml"])
def test_no_socket_sends_a_value(
    copied_secret: ControlPlane, dashboard_server: DashboardServer, name: str, below: str
) -> None:
    text = run(
        lambda: read_socket(dashboard_server, name, f"/c/harbour/shop/secrets{below}", copied_secret), 60
    )
    assert "changed" in text, "the change arrived"
    assert find_values(text) == []


def get_value_route() -> Route:
    return next(route for route in list_routes() if route.name == VALUE_VIEW)


def test_only_who_can_read_it_sees_one_and_the_audit_trail_says_so_without_it(
    copied_secret: ControlPlane, dashboard_server: DashboardServer
) -> None:
    path = get_value_route().address(
        {"clusters": "harbour", "namespaces": "shop", "resource": "secrets", "name": NAME}
    )
    for name in (*EDITORS, *VIEWERS, "stan"):
        client = dashboard_server.client(name)
        token = re.findall(
            r'csrfmiddlewaretoken" value="([^"]+)"', client.get(f"{dashboard_server.url}/people/me/").text
        )[0]
        answer = client.post(
            dashboard_server.url + path,
            data={"key": "a", "csrfmiddlewaretoken": token},
            headers={"Origin": dashboard_server.url},
        )
        assert find_values(answer.text) == ([VALUES[0]] if name in EDITORS else []), name
    page = dashboard_server.client("aude").get(f"{dashboard_server.url}/people/audit/?name={NAME}").text
    assert page.count(NAME) >= len(EDITORS)
    assert find_values(page) == []
