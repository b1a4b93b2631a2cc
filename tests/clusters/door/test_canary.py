"""Does a secret that passes the door come into the trail? Not in one byte of its files, whatever was done with it."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest

from clusters.api.errors import ApiError
from clusters.connect import DeniedByRole
from clusters.secret_reads import SECRETS
from clusters.watch.hub import hub
from people.audit.seldom import Seldom
from tests import canary
from tests.clusters.door.conftest import At
from tests.clusters.door.kinds import CONFIGMAPS, config_map
from tests.served import wait_for
from tests.trail import Trail, look_for_secrets

VALUE = "canary-that-passes-the-door"
CODED = base64.b64encode(VALUE.encode()).decode()
WHERE = {"namespace": "shop", "name": "door-canary"}
BODY = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "door-canary", "annotations": {"note": VALUE}},
    "data": {"password": CODED},
}
MERGE, JSON = "application/merge-patch+json", "application/json-patch+json"


@pytest.fixture(autouse=True)
def a_new_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clusters.denials._told", Seldom(60.0, 100))
    monkeypatch.setattr("clusters.secret_reads._seen", Seldom(60.0, 100))


def test_no_secret_is_in_the_bytes_of_the_trail(at: At, trail: Trail) -> None:
    canary.plant("the value of the door's Secret", VALUE, is_shown=True)
    dana = at("dana")
    dana.write("create", SECRETS, namespace="shop", body=BODY)
    dana.write("patch", SECRETS, body={"stringData": {"password": VALUE}}, content_type=MERGE, **WHERE)
    operation = {"op": "replace", "path": "/data/password", "value": CODED}
    dana.write("patch", SECRETS, body=[operation], content_type=JSON, **WHERE)
    with suppress(ApiError):  # refused, in words that may repeat what was sent
        dana.write("update", SECRETS, body={**BODY, "data": {"password": VALUE}}, **WHERE)
    with suppress(ApiError):
        dana.write("create", CONFIGMAPS, namespace="pay", body=config_map("x", password=VALUE))
    assert (
        VALUE in base64.b64decode(dana.reveal("shop", "door-canary", "password")["data"]["password"]).decode()
    )
    feed = dana.object(SECRETS, "shop", "door-canary")
    try:
        wait_for(lambda: trail.rows(detail__values="hidden").exists())
    finally:
        hub.release(feed)
    with pytest.raises(DeniedByRole):
        at("rene").reveal("shop", "door-canary", "password")
    dana.write("delete", SECRETS, **WHERE)
    assert trail.rows().count() >= 14, [str(row) for row in trail.rows()]
    look_for_secrets("the bytes of the trail")
    canary.check()
