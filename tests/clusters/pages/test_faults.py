"""Does each way in which a cluster can fail get its own sentence, with everything typed still there?"""

from __future__ import annotations

import pytest

from clusters.credentials import trial
from clusters.models import Cluster, Credential
from tests.clusters.api.faults import (
    AUTHORITY,
    FaultServer,
    babbles,
    hangs,
    html,
    redirects,
    says,
    status,
    truncates,
)
from tests.clusters.pages.test_credential import body, bring
from tests.clusters.pages.test_manage import fields

EXPIRED = AUTHORITY.server(seconds=-60)

NOT_KUBERNETES = "The server at this address is not a Kubernetes API server."
ANSWERS = [
    ("html", html(200, "Sign in to <b>Corp</b>"), NOT_KUBERNETES),
    ("html 403", html(403), NOT_KUBERNETES),
    (
        "redirect",
        redirects("https://login.example.com/?secret=x"),
        "The server at this address is not a Kubernetes API server.",
    ),
    ("no JSON", says(200, b"hello", "text/plain"), NOT_KUBERNETES),
    ("JSON of another", says(201, {"status": "fine"}), NOT_KUBERNETES),
    (
        "wrong types",
        says(201, {"status": {"userInfo": {"username": 7}}}),
        "The server at this address is not a Kubernetes",
    ),
    ("a list", says(201, []), NOT_KUBERNETES),
    (
        "anonymous",
        says(201, {"status": {"userInfo": {"username": "system:anonymous"}}}),
        "does not recognize this credential",
    ),
    ("401", status(401, "Unauthorized", "Unauthorized"), "The cluster rejected your credential."),
    ("403", status(403, "Forbidden", "no"), "You do not have permission to do this."),
    ("404", status(404, "NotFound", "no"), "cannot report whose credential this is"),
    ("429", says(429, b"slow down", "text/plain"), "The API server is rate limiting requests."),
    ("500", says(500, b"boom", "text/plain"), "The API server had an internal error."),
    ("503", says(503, b"starting", "text/plain"), "is unavailable"),
    ("broken off", truncates, "The connection was lost"),
    ("another protocol", babbles, "not a Kubernetes API server"),
]


def point(cluster: Cluster, server: FaultServer, **fields: object) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(**{"server": server.url, "ca": server.ca, **fields})


@pytest.mark.parametrize(
    ("behaviour", "sentence"), [one[1:] for one in ANSWERS], ids=[one[0] for one in ANSWERS]
)
def test_it_says_what_answered_instead(behaviour, sentence, dark, browser_of):
    with FaultServer(behaviour) as server:
        point(dark, server)
        answer = bring(browser_of("dana"), "token", "dark", token="canary-token")
    assert answer.status_code == 422
    assert sentence in body(answer).replace("&#x27;", "'")
    assert "canary-token</textarea>" in body(answer)
    assert "secret=x" not in body(answer)
    assert "<b>Corp" not in body(answer)
    assert not Credential.objects.exists()


def test_it_says_that_nothing_came_in_time(dark, browser_of, monkeypatch):
    monkeypatch.setattr(trial, "TIMEOUT", 0.5)
    with FaultServer(hangs) as server:
        point(dark, server)
        answer = bring(browser_of("dana"), "token", "dark", token="canary-token")
    assert "The API server did not respond in time." in body(answer)
    assert "canary-token</textarea>" in body(answer)


@pytest.mark.parametrize(
    ("server", "changes", "sentence"),
    [
        ({"pair": EXPIRED}, {}, "certificate has expired or is not valid yet"),
        ({}, {"ca": ""}, "is signed by an untrusted authority"),
        ({}, {"tls_server_name": "other.example.com"}, "certificate is for a different host name"),
        ({"tls": False}, {}, "This address serves plain HTTP, not HTTPS."),
    ],
    ids=["expired", "unknown authority", "another name", "plain HTTP"],
)
def test_it_sends_no_token_where_tls_fails(server, changes, sentence, dark, browser_of):
    with FaultServer(says(200), **server) as running:
        point(dark, running, **changes)
        answer = bring(browser_of("dana"), "token", "dark", token="canary-token")
        assert running.requests == []
    assert sentence in body(answer).replace("&#x27;", "'")
    assert "canary-token</textarea>" in body(answer)


@pytest.mark.parametrize("typed", ["", " ", "a b", "Bearer x", "tök"])
def test_it_sends_nothing_for_a_token_that_would_be_anonymous(typed, dark, browser_of):
    with FaultServer(says(200)) as running:
        point(dark, running)
        assert bring(browser_of("dana"), "token", "dark", token=typed).status_code == 422
        assert running.connections == 0


def test_it_asks_with_the_credential_alone(dark, browser_of):
    who = {"status": {"userInfo": {"username": "dana", "groups": ["a"]}}}
    with FaultServer(says(201, who)) as running:
        point(dark, running)
        assert bring(browser_of("dana"), "token", "dark", token="canary-token").status_code == 302
    assert [one.method + " " + one.target for one in running.requests] == [
        "POST /apis/authentication.k8s.io/v1/selfsubjectreviews"
    ]
    assert running.requests[0].headers["authorization"] == "Bearer canary-token"
    assert not [
        name for name in running.requests[0].headers if name.startswith(("impersonate", "cookie", "x-"))
    ]


def test_it_bounds_and_escapes_what_the_cluster_answers(dark, browser_of):
    hostile = "<script>alert(1)</script>\n" + "x" * 1_000
    who = {"username": hostile, "groups": [hostile] * 500, "extra": {hostile: [hostile]}, "uid": 5}
    with FaultServer(says(201, {"status": {"userInfo": who}})) as running:
        point(dark, running)
        browser = browser_of("dana")
        assert bring(browser, "token", "dark", token="t").status_code == 302
    page = body(browser.get("/clusters/dark/credential/"))
    assert "<script>alert(1)" not in page
    assert len(page) < 400_000
    assert len(Credential.objects.get().groups) == 200


@pytest.mark.parametrize(
    ("behaviour", "reaches"),
    [
        (status(401, "Unauthorized"), True),
        (status(403, "Forbidden"), True),
        (says(200, {"gitVersion": "v1.36.3"}), True),
        (says(200, {"hello": "world"}), False),
        (html(401), False),
        (redirects("https://login.example.com"), False),
    ],
)
def test_it_adds_a_cluster_where_kubernetes_answers_and_sends_no_credential(behaviour, reaches, browser_of):
    with FaultServer(behaviour) as running:
        answer = browser_of("ada").post("/clusters/add/", fields(server=running.url, ca=running.ca))
    assert answer.status_code == (302 if reaches else 422)
    assert Cluster.objects.exists() == reaches
    assert {one.headers["authorization"] for one in running.requests} == {"Bearer nobody"}
