"""Cluster errors on forms: each has its own message, and typed values stay."""

from __future__ import annotations

import pytest

from clusters.api.timings import ApiTimings
from clusters.models import Cluster, Credential
from dashboard.timings import Timings
from tests.clusters.api.faults import (
    AUTHORITY,
    FaultServer,
    hang,
    respond_html,
    respond_redirect,
    respond_status,
    respond_with,
    send_garbage,
    truncate_body,
)
from tests.clusters.pages.test_credential import post_credential, read_body
from tests.clusters.pages.test_manage import build_fields

EXPIRED = AUTHORITY.server(seconds=-60)

NOT_KUBERNETES = "The server at this address is not a Kubernetes API server."
ANSWERS = [
    ("html", respond_html(200, "Sign in to <b>Corp</b>"), NOT_KUBERNETES),
    ("html 403", respond_html(403), NOT_KUBERNETES),
    (
        "redirect",
        respond_redirect("https://login.example.com/?secret=x"),
        "The server at this address is not a Kubernetes API server.",
    ),
    ("no JSON", respond_with(200, b"hello", "text/plain"), NOT_KUBERNETES),
    ("JSON of another", respond_with(201, {"status": "fine"}), NOT_KUBERNETES),
    (
        "wrong types",
        respond_with(201, {"status": {"userInfo": {"username": 7}}}),
        NOT_KUBERNETES,
    ),
    ("a list", respond_with(201, []), NOT_KUBERNETES),
    (
        "anonymous",
        respond_with(201, {"status": {"userInfo": {"username": "system:anonymous"}}}),
        "does not recognize this credential",
    ),
    ("401", respond_status(401, "Unauthorized", "Unauthorized"), "The cluster rejected your credential."),
    ("403", respond_status(403, "Forbidden", "no"), "You do not have permission to do this."),
    ("404", respond_status(404, "NotFound", "no"), "cannot report whose credential this is"),
    ("429", respond_with(429, b"slow down", "text/plain"), "The API server is rate limiting requests."),
    ("500", respond_with(500, b"boom", "text/plain"), "The API server had an internal error."),
    ("503", respond_with(503, b"starting", "text/plain"), "is unavailable"),
    ("broken off", truncate_body, "The connection was lost while the response was arriving."),
    ("another protocol", send_garbage, "not a Kubernetes API server"),
]


def set_server(cluster: Cluster, server: FaultServer, **fields: object) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(**{"server": server.url, "ca": server.ca, **fields})


@pytest.mark.parametrize(
    ("behaviour", "sentence"), [one[1:] for one in ANSWERS], ids=[one[0] for one in ANSWERS]
)
def test_it_says_what_answered_instead(behaviour, sentence, unreachable_cluster, client_for):
    with FaultServer(behaviour) as server:
        set_server(unreachable_cluster, server)
        answer = post_credential(client_for("dana"), "token", "dark", token="canary-token")
    assert answer.status_code == 422
    assert sentence in read_body(answer).replace("&#x27;", "'")
    assert "canary-token</textarea>" in read_body(answer)
    assert "secret=x" not in read_body(answer)
    assert "<b>Corp" not in read_body(answer)
    assert not Credential.objects.exists()


def test_it_says_that_nothing_came_in_time(unreachable_cluster, client_for, settings):
    settings.TIMINGS = Timings(api=ApiTimings(verification=0.5))
    with FaultServer(hang) as server:
        set_server(unreachable_cluster, server)
        answer = post_credential(client_for("dana"), "token", "dark", token="canary-token")
    assert "The API server did not respond in time." in read_body(answer)
    assert "canary-token</textarea>" in read_body(answer)


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
def test_it_sends_no_token_where_tls_fails(server, changes, sentence, unreachable_cluster, client_for):
    with FaultServer(respond_with(200), **server) as running:
        set_server(unreachable_cluster, running, **changes)
        answer = post_credential(client_for("dana"), "token", "dark", token="canary-token")
        assert running.requests == []
    assert sentence in read_body(answer).replace("&#x27;", "'")
    assert "canary-token</textarea>" in read_body(answer)


@pytest.mark.parametrize("typed", ["", " ", "a b", "Bearer x", "tök"])
def test_it_sends_nothing_for_a_token_that_would_be_anonymous(typed, unreachable_cluster, client_for):
    with FaultServer(respond_with(200)) as running:
        set_server(unreachable_cluster, running)
        assert post_credential(client_for("dana"), "token", "dark", token=typed).status_code == 422
        assert running.connections == 0


def test_it_asks_with_the_credential_alone(unreachable_cluster, client_for):
    who = {"status": {"userInfo": {"username": "dana", "groups": ["a"]}}}
    with FaultServer(respond_with(201, who)) as running:
        set_server(unreachable_cluster, running)
        assert post_credential(client_for("dana"), "token", "dark", token="canary-token").status_code == 302
    assert [one.method + " " + one.target for one in running.requests] == [
        "POST /apis/authentication.k8s.io/v1/selfsubjectreviews"
    ]
    assert running.requests[0].headers["authorization"] == "Bearer canary-token"
    assert not [
        name for name in running.requests[0].headers if name.startswith(("impersonate", "cookie", "x-"))
    ]


def test_it_bounds_and_escapes_what_the_cluster_answers(unreachable_cluster, client_for):
    hostile = "<script>alert(1)</script>\n" + "x" * 1_000
    who = {"username": hostile, "groups": [hostile] * 500, "extra": {hostile: [hostile]}, "uid": 5}
    with FaultServer(respond_with(201, {"status": {"userInfo": who}})) as running:
        set_server(unreachable_cluster, running)
        browser = client_for("dana")
        assert post_credential(browser, "token", "dark", token="t").status_code == 302
    page = read_body(browser.get("/clusters/dark/credential/"))
    assert "<script>alert(1)" not in page
    assert len(page) < 400_000
    assert len(Credential.objects.get().groups) == 200


@pytest.mark.parametrize(
    ("behaviour", "reaches"),
    [
        (respond_status(401, "Unauthorized"), True),
        (respond_status(403, "Forbidden"), True),
        (respond_with(200, {"gitVersion": "v1.36.3"}), True),
        (respond_with(200, {"hello": "world"}), False),
        (respond_html(401), False),
        (respond_redirect("https://login.example.com"), False),
    ],
)
def test_it_adds_a_cluster_where_kubernetes_answers_and_sends_no_credential(behaviour, reaches, client_for):
    with FaultServer(behaviour) as running:
        answer = client_for("ada").post("/clusters/add/", build_fields(server=running.url, ca=running.ca))
    assert answer.status_code == (302 if reaches else 422)
    assert Cluster.objects.exists() == reaches
    assert {one.headers["authorization"] for one in running.requests} == {"Bearer nobody"}
