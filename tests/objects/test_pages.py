"""Object pages of every kind: who can see them, and no value of a Secret on them."""

from __future__ import annotations

import base64
import re

import pytest

from tests.controlplane.users import USERS

SECRET = "/c/harbour/shop/secrets/web"
VALUE = "correct-horse-battery-staple"
HIDDEN = (VALUE, "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ")
LINK = re.compile(r'<th scope="row"[^>]*><a href="([^"]+)"')


def list_objects(served, name: str) -> list[str]:
    """The path of one object of every kind that the cluster serves and this person may list."""
    client = served.client(name)
    found = []
    for scope in ("hostile", "shop", "_all"):
        kinds = client.get(f"{served.url}/c/harbour/{scope}/_kinds?q=").text
        for href in sorted(set(re.findall(r'href="(/c/harbour/[^/"]+/[a-z][^/"?]*)"', kinds))):
            page = client.get(served.url + href).text
            first = LINK.search(page)
            if first:
                found.append(first[1])
    return sorted(set(found))


def test_one_object_of_every_kind_has_a_page_and_a_yaml_page(dashboard_server):
    client = dashboard_server.client("ada")
    every = list_objects(dashboard_server, "ada")
    assert len({path.split("/")[4] for path in every}) > 40
    for path in every:
        for page in (path, f"{path}/yaml"):
            answer = client.get(dashboard_server.url + page)
            assert answer.status_code == 200, page
            assert not any(value in answer.text for value in HIDDEN), page
            assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        SECRET,
        f"{SECRET}/yaml",
        f"{SECRET}?download=yaml",
        "/c/harbour/shop/secrets",
        "/c/harbour/shop/secrets?wide=1",
    ],
)
@pytest.mark.parametrize("name", [one.name for one in USERS])
def test_no_page_holds_a_secrets_value_whoever_asks(dashboard_server, name, path):
    answer = dashboard_server.client(name).get(dashboard_server.url + path)
    assert not any(value in answer.text for value in HIDDEN)


def reveal(served, name: str, key: str = "password", *, token: bool = True, path: str = SECRET):
    client = served.client(name)
    page = client.get(served.url + "/clusters/")
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    fields = {"key": key} | ({"csrfmiddlewaretoken": found[1]} if token and found else {})
    return client.post(f"{served.url}{path}/secret-value", data=fields, headers={"Referer": served.url})


def test_an_editor_who_can_get_it_sees_the_one_requested_value(dashboard_server):
    answer = reveal(dashboard_server, "dana")
    assert answer.status_code == 200
    assert VALUE in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_long_text_is_cut_between_characters(controlplane, dashboard_server):
    value = base64.b64encode(("€" * 30_000).encode()).decode()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "euro", "namespace": "shop"}}
    controlplane.create([{**secret, "data": {"long": value}}])
    answer = reveal(dashboard_server, "dana", "long", path="/c/harbour/shop/secrets/euro")
    assert answer.status_code == 200
    assert "€" * (64 * 1024 // 3) in answer.text
    assert "�" not in answer.text
    assert value[:100] not in answer.text


def test_binary_data_has_the_size_of_its_bytes(controlplane, dashboard_server):
    blob = base64.b64encode(bytes(range(16))).decode()
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "bin", "namespace": "shop"}}
    controlplane.create([{**found, "binaryData": {"blob": blob}}])
    page = dashboard_server.client("dana").get(f"{dashboard_server.url}/c/harbour/shop/configmaps/bin").text
    assert "16\xa0bytes" in page
    assert "24\xa0bytes" not in page


def count_secret_reads(controlplane, name: str) -> int:
    """How often the API server saw this person read a Secret."""
    return sum(
        f'"username":"{name}"' in line and '"resource":"secrets"' in line and '"verb":"get"' in line
        for line in controlplane.audit_log.read_text().splitlines()
    )


@pytest.mark.parametrize("name", ["rene", "rita", "aude"])
def test_a_viewer_is_refused_before_any_request_to_the_api_server(controlplane, dashboard_server, name):
    """rita is cluster-admin in the cluster: only the dashboard's role stands in the way."""
    before = count_secret_reads(controlplane, name)
    answer = reveal(dashboard_server, name)
    assert answer.status_code == 403
    assert VALUE not in answer.text
    assert count_secret_reads(controlplane, name) == before


def test_a_value_is_not_revealed_without_a_csrf_token(dashboard_server):
    answer = reveal(dashboard_server, "dana", token=False)
    assert answer.status_code == 403
    assert VALUE not in answer.text


def test_a_value_is_not_revealed_to_a_stranger_nor_by_get(dashboard_server):
    assert reveal(dashboard_server, "stan").status_code == 404
    assert (
        dashboard_server.client("dana")
        .get(f"{dashboard_server.url}{SECRET}/secret-value?key=password")
        .status_code
        == 405
    )
    assert (
        dashboard_server.client().get(dashboard_server.url + SECRET, allow_redirects=False).status_code == 302
    )


@pytest.mark.parametrize("key", ["", "nothing", "../password", "password\x00", "x" * 10_000])
def test_a_key_that_is_not_there_is_a_404(dashboard_server, key):
    assert reveal(dashboard_server, "dana", key).status_code == 404


def test_what_may_not_be_seen_is_an_ordinary_page_with_the_servers_words(dashboard_server):
    answer = dashboard_server.client("dana").get(f"{dashboard_server.url}/c/harbour/pay/pods/any")
    assert answer.status_code == 403
    assert "forbidden" in answer.text
    assert "kubectl" in answer.text


def test_an_object_that_is_not_there_is_a_404(dashboard_server):
    assert (
        dashboard_server.client("dana").get(f"{dashboard_server.url}/c/harbour/shop/pods/nobody").status_code
        == 404
    )


def test_an_owner_is_a_link(dashboard_server):
    client = dashboard_server.client("dana")
    pods = client.get(f"{dashboard_server.url}/c/harbour/shop/pods?selector=app%3Dweb").text
    pod = LINK.search(pods)
    assert pod is not None
    assert re.search(
        r'href="/c/harbour/shop/replicasets.apps/web-[^"]+"', client.get(dashboard_server.url + pod[1]).text
    )
