"""Permissions and methods of every URL below a cluster."""

from __future__ import annotations

import re

import pytest

POD = "/c/harbour/shop/pods/toolbox"
SECRET = "/c/harbour/shop/secrets/web"
READ = [
    "/c/",
    "/c/harbour/",
    "/c/harbour/shop/_kinds",
    "/c/harbour/shop/pods?q=web&sort=-age",
    POD,
    f"{POD}?download=yaml",
    f"{POD}/yaml?page=1",
    SECRET,
]
WRITE = [f"{SECRET}/secret-value", "/c/harbour/"]


@pytest.mark.parametrize("path", READ)
def test_it_asks_for_sign_in_and_keeps_the_requested_url(dashboard_server, path):
    answer = dashboard_server.client().get(dashboard_server.url + path, allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/people/sign-in")
    assert path.partition("?")[0].replace("/", "%2F") in answer.headers["Location"]
    assert "toolbox" not in answer.text


@pytest.mark.parametrize("path", READ[1:])
def test_it_is_not_there_for_who_is_in_no_team(dashboard_server, path):
    answer = dashboard_server.client("stan").get(dashboard_server.url + path)
    assert answer.status_code == 404
    assert "toolbox" not in answer.text.replace(POD, "")


@pytest.mark.parametrize("path", [path for path in READ if path != "/c/harbour/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_changes_nothing_by_a_page_that_reads(dashboard_server, path, method):
    client = dashboard_server.client("ada")
    token = fetch_csrf_token(client, dashboard_server)
    answer = client.request(
        method, dashboard_server.url + path, headers={"X-CSRFToken": token, "Origin": dashboard_server.url}
    )
    assert answer.status_code == 405


@pytest.mark.parametrize("path", WRITE)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://sub.127.0.0.1:1"]
)
def test_it_takes_no_post_from_another_origin(dashboard_server, path, origin):
    client = dashboard_server.client("ada")
    fields = {
        "key": "password",
        "namespace": "shop",
        "csrfmiddlewaretoken": fetch_csrf_token(client, dashboard_server),
    }
    answer = client.post(
        dashboard_server.url + path, data=fields, headers={"Origin": origin}, allow_redirects=False
    )
    assert answer.status_code == 403
    assert "correct-horse" not in answer.text


@pytest.mark.parametrize("path", WRITE)
@pytest.mark.parametrize("name", ["ada", ""])
def test_it_takes_no_post_without_a_token(dashboard_server, path, name):
    client = dashboard_server.client(name)
    answer = client.post(
        dashboard_server.url + path, data={"key": "password", "namespace": "shop"}, allow_redirects=False
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("path", [POD, f"{POD}/yaml", SECRET, f"{SECRET}?download=yaml"])
def test_it_leaves_nothing_of_an_object_in_caches(dashboard_server, path):
    assert (
        "no-store" in dashboard_server.client("ada").get(dashboard_server.url + path).headers["Cache-Control"]
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/c/HARBOUR/shop/pods/x", 400),
        ("/c/harbour,other/shop/pods/x", 400),
        ("/c/harbour/_all/pods/x", 400),
        ("/c/harbour/shop/Pods/x", 400),
        ("/c/harbour/shop/pods/" + "x" * 254, 400),
        ("/c/harbour/shop/pods/x%00", 400),
        ("/c/harbour/shop/nodes/node-1", 404),
        ("/c/harbour/_cluster/pods/toolbox", 404),
        ("/c/harbour/shop/pods.v9/x", 404),
        ("/c/harbour/shop/tokenreviews.authentication.k8s.io/x", 404),
        ("/c/harbour/../../etc/passwd", 404),
        ("/c/harbour/shop/pods/..%2f..%2fsecrets%2fweb", 404),
        ("/c/harbour/shop/pods/toolbox?download=value&at=/nothing", 404),
        ("/c/harbour/shop/pods/toolbox?download=other", 404),
        ("/c/harbour/shop/pods/toolbox/yaml?page=99999999999", 200),
        ("/c/harbour/shop/pods/toolbox/yaml?page=-1", 200),
    ],
)
def test_it_says_what_is_wrong_with_an_address(dashboard_server, path, status):
    assert dashboard_server.client("ada").get(dashboard_server.url + path).status_code == status


def test_it_gives_the_masked_object_as_a_file(dashboard_server):
    answer = dashboard_server.client("ada").get(f"{dashboard_server.url}{SECRET}?download=yaml")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="secrets-web.yaml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "kind: Secret" in answer.text
    assert "password:" in answer.text
    assert "28 bytes" in answer.text


def test_it_gives_one_big_value_as_a_file_but_no_secret_one(dashboard_server):
    client = dashboard_server.client("ada")
    found = client.get(f"{dashboard_server.url}/c/harbour/hostile/configmaps/large/yaml").text
    link = re.search(r'href="(/c/harbour/hostile/configmaps/large\?download=value[^"]+)"', found)
    assert link is not None
    answer = client.get(dashboard_server.url + link[1].replace("&amp;", "&"))
    assert len(answer.content) > 500_000
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert client.get(f"{dashboard_server.url}{SECRET}?download=value&at=/data/password").status_code == 404


def fetch_csrf_token(client, served) -> str:
    """The token of this person's forms."""
    page = client.get(
        f"{served.url}/people/sign-in"
        if not client.cookies.get("quarterdeck-session")
        else f"{served.url}/clusters/"
    )
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]
