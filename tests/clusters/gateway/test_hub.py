"""Hub: feeds are shared under one credential only, bounded in number, and closed on changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clusters.api import pools
from clusters.api.client import Client
from clusters.api.connection import Connection, Identity, Server
from clusters.discovery import fetch_catalog, refresh
from clusters.feeds.states import State
from clusters.feeds.timings import FeedTimings
from clusters.runtime import runtime
from clusters.tables.table_content import TableQuery
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import wait_for

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.hub.example}}
spec:
  group: hub.example
  scope: Namespaced
  names: {{plural: {plural}, kind: {kind}}}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
      additionalPrinterColumns: [{{name: {column}, type: string, jsonPath: .spec.{column}}}]
"""


@pytest.fixture
def connect(controlplane: ControlPlane) -> Callable[..., Connection]:
    """A connection of one of the users, under a fingerprint of its own."""

    def connected(name: str, fingerprint: str = "") -> Connection:
        server = Server(controlplane.server, ca=controlplane.ca)
        return Connection(
            "harbour", server, Identity(token=controlplane.token(name)), fingerprint or name, name
        )

    return connected


def find_kind(connection: Connection, slug: str):
    found = fetch_catalog(Client(connection)).find(slug)
    assert found is not None
    return found


def test_viewers_of_one_credential_share_a_feed_and_others_never_do(hub, connect):
    ada, aude = connect("ada"), connect("aude")
    pods = find_kind(ada, "pods")
    query = TableQuery(pods)
    first, second, other = hub.table(ada, query), hub.table(ada, query), hub.table(aude, query)
    assert first is second
    assert other is not first
    for feed in (first, other):
        feed.wait(10)
        assert feed.state.state is State.LIVE
    one, two = first.content.snapshot().rows, other.content.snapshot().rows
    assert set(one) == set(two)
    assert all(one[key] is two[key] for key in one), "equal rows are held once"


def test_it_follows_what_is_made_changed_and_deleted(hub, connect, controlplane):
    ada = connect("ada")
    feed = hub.table(ada, TableQuery(find_kind(ada, "configmaps"), "ops"))
    feed.wait(10)

    def values() -> dict[str, dict[str, str]]:
        return {row.name: dict(row.labels) for row in feed.content.snapshot().rows.values()}

    controlplane.kubectl("create", "configmap", "followed", "-n", "ops")
    wait_for(lambda: "followed" in values())
    controlplane.kubectl("label", "configmap", "followed", "-n", "ops", "seen=yes")
    wait_for(lambda: values()["followed"].get("seen") == "yes")
    controlplane.kubectl("delete", "configmap", "followed", "-n", "ops")
    wait_for(lambda: "followed" not in values())


def test_an_object_is_followed_and_its_end_is_said(hub, connect, controlplane):
    ada = connect("ada")
    controlplane.kubectl("create", "configmap", "single", "-n", "ops", "--from-literal=a=1")
    feed = hub.object(ada, find_kind(ada, "configmaps"), "ops", "single")
    feed.wait(10)
    assert feed.content.snapshot().object["data"] == {"a": "1"}
    controlplane.kubectl("patch", "configmap", "single", "-n", "ops", "-p", '{"data": {"a": "2"}}')
    wait_for(lambda: feed.content.snapshot().object["data"] == {"a": "2"})
    controlplane.kubectl("delete", "configmap", "single", "-n", "ops")
    wait_for(lambda: feed.content.snapshot().is_deleted)


def test_columns_of_a_crd_that_change_change_the_table(hub, connect, controlplane):
    ada = connect("ada")
    controlplane.kubectl("apply", "-f", "-", input=CRD.format(plural="boats", kind="Boat", column="sail"))
    controlplane.kubectl("wait", "--for=condition=Established", "crd/boats.hub.example")
    try:
        boats = wait_for(lambda: refresh(Client(ada)).find("boats.hub.example"))
        feed = hub.table(ada, TableQuery(boats, "ops"))
        wait_for(lambda: [c.name for c in feed.content.snapshot().columns] == ["Name", "sail"])
        controlplane.kubectl("apply", "-f", "-", input=CRD.format(plural="boats", kind="Boat", column="mast"))
        wait_for(lambda: [c.name for c in feed.content.snapshot().columns] == ["Name", "mast"])
    finally:
        controlplane.kubectl("delete", "crd", "boats.hub.example")
    wait_for(lambda: feed.state.state is State.GONE)


def test_a_credential_that_was_changed_takes_its_feeds_with_it(hub, connect):
    old = connect("ada", "ada-old")
    feed = hub.table(old, TableQuery(find_kind(old, "pods")))
    feed.wait(10)
    pools.forget("ada-old")
    wait_for(lambda: feed.state.state is State.CLOSED, 10)
    assert not feed.content.snapshot().rows


def test_a_feed_that_nobody_watches_is_closed_after_its_time(make_hub, connect):
    hub = make_hub(FeedTimings(keep=0.5, sweep=0.1))
    ada = connect("ada")
    feed = hub.table(ada, TableQuery(find_kind(ada, "pods")))
    feed.wait(10)
    hub.release(feed)
    wait_for(lambda: hub.open_feeds() == 0, 10)


def test_a_person_has_a_bounded_number_of_feeds_and_the_oldest_unwatched_goes_first(make_hub, connect):
    hub = make_hub(feeds_a_person=3)
    ada = connect("ada")
    pods = find_kind(ada, "pods")
    watched = hub.table(ada, TableQuery(pods, "shop"))
    left = hub.table(ada, TableQuery(pods, "pay"))
    hub.table(ada, TableQuery(pods, "ops"))
    hub.release(left)
    hub.table(ada, TableQuery(pods, "hostile"))
    wait_for(lambda: left.state.state is State.CLOSED)
    assert watched.state.state is not State.CLOSED
    hub.table(ada, TableQuery(pods, "default"))
    wait_for(lambda: watched.state.state is State.CLOSED)
    assert "oldest" in watched.state.message


def test_more_rows_than_the_process_may_hold_close_a_list_with_a_message(hub, connect, settings):
    settings.QUARTERDECK_MAX_ROWS = 3
    ada = connect("ada")
    feed = hub.table(ada, TableQuery(find_kind(ada, "pods")))
    wait_for(lambda: feed.state.state is State.CLOSED, 10)
    assert "rows" in feed.state.message


def test_one_that_could_not_be_started_is_in_nobodys_way(make_hub, connect):
    """The next one who opens it gets another, and does not wait for it."""
    starts = iter([OSError("no more threads")])

    def start_loop(name, close):
        for error in starts:
            raise error
        return runtime.start_loop(name, close)

    hub, ada = make_hub(start_loop=start_loop), connect("ada")
    query = TableQuery(find_kind(ada, "pods"))
    with pytest.raises(OSError, match="no more threads"):
        hub.table(ada, query)
    assert hub.open_feeds() == 0
    feed = hub.table(ada, query)
    feed.wait(10)
    assert feed.state.state is State.LIVE


def test_a_refused_list_is_denied_with_the_servers_words(hub, connect):
    stan = connect("stan")
    feed = hub.table(stan, TableQuery(find_kind(connect("ada"), "pods")))
    feed.wait(10)
    assert feed.state.state is State.DENIED
    assert 'User "stan" cannot list' in feed.state.message


def test_a_selector_that_cannot_be_read_is_rejected(hub, connect):
    ada = connect("ada")
    feed = hub.table(ada, TableQuery(find_kind(ada, "pods"), "", "app in ("))
    feed.wait(10)
    assert feed.state.state is State.REJECTED
