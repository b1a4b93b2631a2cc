"""Does a secret stay out of logs, sessions, other pages, errors and the database, whatever happens to it?"""

from __future__ import annotations

import logging

import pytest
from django.db import connection

from clusters.credentials import trial
from clusters.models import Credential
from people.models import Session
from tests.clusters.api.faults import FaultServer, babbles, hangs, html, says, status
from tests.clusters.credentials.kubeconfigs import config, text
from tests.clusters.credentials.pki import certificate, packed
from tests.clusters.pages.conftest import NOBODY_THERE
from tests.clusters.pages.test_credential import body, bring, change
from tests.clusters.pages.test_faults import point

CANARY = "canary-Zq7vN3"
WHO = {"status": {"userInfo": {"username": "dana", "groups": ["team-shop"]}}}
READS = ("", "credentials/", "import/", "requests/", "dark/credential/")
BEHAVIOURS = [
    says(201, WHO),
    says(500, CANARY.encode(), "text/plain"),
    status(401, "Unauthorized"),
    html(200),
    hangs,
    babbles,
    says(201, b"{"),
]


def everything_stored() -> str:
    """Each row of each table, as the database holds it, and each session as Django reads it."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [repr(row) for row in cursor.fetchall()]
    return "\n".join(rows + [repr(one.get_decoded()) for one in Session.objects.all()])


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=range(len(BEHAVIOURS)))
def test_it_keeps_a_token_out_of_everything(behaviour, dark, browser_of, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(trial, "TIMEOUT", 0.3)
    browser = browser_of("dana")
    with FaultServer(behaviour) as server:
        point(dark, server)
        bring(browser, "token", "dark", token=CANARY)
        value = config(user={"token": CANARY}, cluster={"server": server.url})
        bring(browser, "kubeconfig", "dark", kubeconfig=text(value))
    change(dark, server=NOBODY_THERE)
    bring(browser, "token", "dark", token=CANARY)
    assert CANARY not in caplog.text
    assert CANARY not in everything_stored()
    for path in READS:
        assert CANARY not in body(browser.get(f"/clusters/{path}"))


def test_it_keeps_a_key_out_of_everything(dark, browser_of, caplog):
    caplog.set_level(logging.DEBUG)
    cert, key = certificate("dana")
    browser = browser_of("dana")
    with FaultServer(says(201, WHO)) as server:
        point(dark, server)
        assert bring(browser, "certificate", "dark", certificate=cert, key=key).status_code == 302
    stored = everything_stored()
    for line in key.splitlines()[1:-1]:
        assert line not in caplog.text
        assert line not in stored
        for path in READS:
            assert line not in body(browser.get(f"/clusters/{path}"))
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
        {"client-key-data": packed(CANARY), "client-certificate-data": packed(CANARY)},
    ],
)
def test_it_names_no_secret_in_the_reason_for_a_refusal(user, dark, browser_of, caplog):
    caplog.set_level(logging.DEBUG)
    browser = browser_of("dana")
    for path, posted in (
        ("dark/credential/", {"way": "kubeconfig"}),
        ("import/", {"context-chosen": "0:shop", "carry-out": "yes"}),
    ):
        answer = browser.post(f"/clusters/{path}", {**posted, "kubeconfig": text(config(user=user))})
        before, _textarea, after = body(answer).partition("<textarea")
        assert CANARY not in before + after.partition("</textarea>")[2]
    assert CANARY not in caplog.text
    assert CANARY not in everything_stored()
