"""Client and streams against a real API server."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from clusters.api import errors
from clusters.api.client import Client
from clusters.api.connection import Connection, Identity
from clusters.api.streams import Streams
from clusters.api.tables import TABLE_ACCEPT, Event, decode_event, decode_page
from tests.clusters.api.calls import connect_as
from tests.controlplane.controlplane import ControlPlane

SHOP = "/api/v1/namespaces/shop"


def test_it_lists_tables(controlplane: ControlPlane) -> None:
    client = Client(connect_as(controlplane, "dana"))
    page = decode_page(
        client.request("GET", f"{SHOP}/pods", accept=TABLE_ACCEPT, query=[("limit", "2")]).body
    )
    assert page.columns is not None
    assert page.columns[0].name == "Name"
    assert len(page.rows) == 2
    assert page.continue_token
    assert {row.namespace for row in page.rows} == {"shop"}
    assert all(row.uid and row.created and len(row.cells) == len(page.columns) for row in page.rows)


def test_it_shows_no_last_applied_secret(controlplane: ControlPlane) -> None:
    client = Client(connect_as(controlplane, "ada"))
    answer = client.request("GET", f"{SHOP}/secrets", accept=TABLE_ACCEPT)
    assert "correct-horse" not in repr(decode_page(answer.body))


def test_it_says_who_may_not(controlplane: ControlPlane) -> None:
    with pytest.raises(errors.Forbidden) as raised:
        Client(connect_as(controlplane, "stan")).get("/api/v1/pods")
    assert 'User "stan" cannot list resource "pods"' in raised.value.message


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
def test_it_says_that_a_token_is_not_accepted(controlplane: ControlPlane, token: str) -> None:
    known = connect_as(controlplane, "dana")
    with pytest.raises(errors.Unauthorized) as raised:
        Client(Connection("c", known.server, Identity(token=token), token)).get("/version")
    assert "credential" in raised.value.title


def test_it_says_that_a_certificate_has_expired_as_any_401(controlplane: ControlPlane) -> None:
    certificate, key = controlplane.certificate("dana", seconds=-60)
    identity = Identity(certificate=certificate, key=key)
    with pytest.raises(errors.Unauthorized):
        Client(Connection("c", connect_as(controlplane, "dana").server, identity, "expired")).get("/version")


def test_it_names_what_is_wrong_with_what_was_sent(controlplane: ControlPlane) -> None:
    client = Client(connect_as(controlplane, "dana"))
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "Not_A_Name"}}
    with pytest.raises(errors.Invalid) as raised:
        client.post(f"{SHOP}/configmaps", body, query=[("dryRun", "All")])
    assert [cause.field for cause in raised.value.causes] == ["metadata.name"]
    with pytest.raises(errors.BadRequest):
        client.get(f"{SHOP}/pods", query=[("fieldSelector", "no.such=field")])
    with pytest.raises(errors.NotFound):
        client.get(f"{SHOP}/pods/no-such-pod")


def test_it_reads_admission_warnings(controlplane: ControlPlane) -> None:
    client = Client(connect_as(controlplane, "dana"))
    labels = {"policy.example.com/warn": "true"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "warned", "labels": labels}}
    answer = client.request("POST", f"{SHOP}/configmaps", body=body, query=[("dryRun", "All")])
    assert len(answer.warnings) == 2


def test_it_watches_until_the_server_ends_it(controlplane: ControlPlane) -> None:
    events = _read_events(connect_as(controlplane, "dana"), f"{SHOP}/configmaps", ("timeoutSeconds", "1"))
    assert events[0].type == "ADDED"
    assert events[0].columns is not None
    assert all(event.columns is None for event in events[1:])
    assert all(event.row is not None for event in events if event.type == "ADDED")


def test_it_says_that_a_resource_version_is_none(controlplane: ControlPlane) -> None:
    with pytest.raises(errors.ServerError):
        _read_events(connect_as(controlplane, "dana"), f"{SHOP}/pods", ("resourceVersion", "abc"))


def test_it_refuses_a_watch_without_permission(controlplane: ControlPlane) -> None:
    with pytest.raises(errors.Forbidden):
        _read_events(connect_as(controlplane, "stan"), f"{SHOP}/pods")


def _read_events(connection: Connection, path: str, *query: tuple[str, str]) -> list[Event]:
    async def run() -> list[Any]:
        streams = Streams()
        try:
            async with aclosing(streams.watch(connection, path, [("watch", "true"), *query])) as lines:
                return [decode_event(line) async for line in lines]
        finally:
            await streams.close()

    return asyncio.run(asyncio.wait_for(run(), 30))
