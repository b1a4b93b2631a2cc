"""Secret leaks: no secret in logs, sessions, other pages, errors or the database."""

from __future__ import annotations

import logging

import pytest
from django.db import connection

from clusters.api.timings import ApiTimings
from clusters.models import Credential
from dashboard.timings import Timings
from people.models import Session
from tests.clusters.api.faults import (
    FaultServer,
    hang,
    respond_html,
    respond_status,
    respond_with,
    send_garbage,
)
from tests.clusters.credentials.certificates import make_certificate, to_base64
from tests.clusters.credentials.kubeconfigs import build_config, to_yaml
from tests.clusters.pages.conftest import UNREACHABLE
from tests.clusters.pages.test_cluster_errors import set_server
from tests.clusters.pages.test_credential import post_credential, read_body, update_cluster

CANARY = "canary-Zq7vN3"
WHO = {"status": {"userInfo": {"username": "dana", "groups": ["team-shop"]}}}
READS = ("", "credentials/", "import/", "requests/", "dark/credential/")
BEHAVIOURS = [
    respond_with(201, WHO),
    respond_with(500, CANARY.encode(), "text/plain"),
    respond_status(401, "Unauthorized"),
    respond_html(200),
    hang,
    send_garbage,
    respond_with(201, b"{"),
]


def dump_database() -> str:
    """Each row of each table, as the database holds it, and each session as Django reads it."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [repr(row) for row in cursor.fetchall()]
    return "\n".join(rows + [repr(one.get_decoded()) for one in Session.objects.all()])


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=range(len(BEHAVIOURS)))
def test_it_keeps_a_token_out_of_everything(behaviour, unreachable_cluster, client_for, caplog, settings):
    caplog.set_level(logging.DEBUG)
    settings.TIMINGS = Timings(api=ApiTimings(verification=0.3))
    browser = client_for("dana")
    with FaultServer(behaviour) as server:
        set_server(unreachable_cluster, server)
        post_credential(browser, "token", "dark", token=CANARY)
        value = build_config(user={"token": CANARY}, cluster={"server": server.url})
        post_credential(browser, "kubeconfig", "dark", kubeconfig=to_yaml(value))
    update_cluster(unreachable_cluster, server=UNREACHABLE)
    post_credential(browser, "token", "dark", token=CANARY)
    assert CANARY not in caplog.text
    assert CANARY not in dump_database()
    for path in READS:
        assert CANARY not in read_body(browser.get(f"/clusters/{path}"))


def test_it_keeps_a_key_out_of_everything(unreachable_cluster, client_for, caplog):
    caplog.set_level(logging.DEBUG)
    cert, key = make_certificate("dana")
    browser = client_for("dana")
    with FaultServer(respond_with(201, WHO)) as server:
        set_server(unreachable_cluster, server)
        assert post_credential(browser, "certificate", "dark", certificate=cert, key=key).status_code == 302
    stored = dump_database()
    for line in key.splitlines()[1:-1]:
        assert line not in caplog.text
        assert line not in stored
        for path in READS:
            assert line not in read_body(browser.get(f"/clusters/{path}"))
    assert Credential.objects.get().kind == "certificate"


@pytest.mark.parametrize(
    "user",
    [
        {"token": f"{CANARY} x"},
        {"token": CANARY, "password": CANARY},
        {
            "token": CANARY,
            "exec": {"command": CANARY, "args": [CANARY], "env": [{"name": "x", "value": CANARY}]},
        },
        {"token": CANARY, "auth-provider": {"name": "x", "config": {"secret": CANARY}}},
        {"token": [CANARY]},
        {"client-key-data": to_base64(CANARY), "client-certificate-data": to_base64(CANARY)},
    ],
)
def test_it_names_no_secret_in_the_reason_for_a_rejection(user, unreachable_cluster, client_for, caplog):
    caplog.set_level(logging.DEBUG)
    browser = client_for("dana")
    for path, posted in (
        ("dark/credential/", {"way": "kubeconfig"}),
        ("import/", {"context-chosen": "0:shop", "carry-out": "yes"}),
    ):
        answer = browser.post(f"/clusters/{path}", {**posted, "kubeconfig": to_yaml(build_config(user=user))})
        before, _textarea, after = read_body(answer).partition("<textarea")
        assert CANARY not in before + after.partition("</textarea>")[2]
    assert CANARY not in caplog.text
    assert CANARY not in dump_database()
