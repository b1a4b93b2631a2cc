"""Object lists: whole objects of a selection, live, bounded in number and bytes, gone with the permission."""

from __future__ import annotations

import json

import pytest

from clusters.api.errors import Gone
from clusters.api.memory import MEBIBYTE, MemoryBudget
from clusters.feeds.object_list_content import ObjectListContent, ObjectListQuery
from clusters.feeds.states import State
from dashboard.kinds.fields import name_of
from tests.clusters.feeds.table_events import PODS
from tests.clusters.gateway.test_hub import connect, find_kind
from tests.dashboard_server import wait_for

__all__ = ["connect"]


def list_names(feed) -> list[str]:
    return sorted(name_of(one) for one in feed.content.snapshot().objects.values())


def test_it_follows_whole_objects_of_a_selection(hub, connect, controlplane):
    ada = connect("ada")
    query = ObjectListQuery(find_kind(ada, "configmaps"), "shop", "listed=yes")
    feed = hub.objects(ada, query)
    assert hub.objects(ada, query) is feed
    wait_for(lambda: feed.state.state is State.LIVE)
    assert list_names(feed) == []
    for name in ("listed-a", "listed-b"):
        controlplane.kubectl("create", "configmap", name, "--from-literal=a=b", "-n", "shop")
        controlplane.kubectl("label", "configmap", name, "listed=yes", "-n", "shop")
    wait_for(lambda: list_names(feed) == ["listed-a", "listed-b"])
    found = next(iter(feed.content.snapshot().objects.values()))
    assert found["data"] == {"a": "b"}
    assert "managedFields" not in found["metadata"]
    again = hub.objects(
        connect("ada", "another"), ObjectListQuery(query.resource, "shop", "listed=yes", limit=1)
    )
    wait_for(lambda: again.state.state is State.LIVE)
    assert len(list_names(again)) == 1
    assert again.content.snapshot().is_cut
    controlplane.kubectl("delete", "configmap", "listed-a", "listed-b", "-n", "shop")
    wait_for(lambda: list_names(feed) == [])


def test_who_cannot_list_gets_nothing(hub, connect):
    dana = connect("dana")
    feed = hub.objects(dana, ObjectListQuery(find_kind(dana, "pods"), "pay"))
    wait_for(lambda: feed.state.state is State.DENIED)
    assert list_names(feed) == []


def encode(kind: str, number: int, **more: object) -> bytes:
    metadata = {"uid": f"uid-{number}", "name": f"pod-{number}", "resourceVersion": str(number), **more}
    return json.dumps({"type": kind, "object": {"kind": "Pod", "metadata": metadata}}).encode()


def test_beyond_the_limit_the_first_gives_way_and_every_byte_is_given_back():
    budget = MemoryBudget(lambda: 100 * MEBIBYTE)
    account = budget.open("1", "harbour")
    content = ObjectListContent(ObjectListQuery(PODS, "shop", limit=3), account=account)
    for number in range(1, 6):
        assert content.apply(encode("ADDED", number, managedFields=[{"manager": "x"}]))
    assert list(content.snapshot().objects) == ["uid-3", "uid-4", "uid-5"]
    assert content.snapshot().is_cut
    assert budget.held > 0
    assert not content.apply(encode("BOOKMARK", 9))
    assert content.resource_version == "9"
    assert content.apply(encode("MODIFIED", 4, labels={"a": "b"}))
    assert content.apply(encode("DELETED", 3))
    assert len(content.snapshot().objects) == 2
    content.clear()
    assert (budget.held, content.size()) == (0, 0)


def test_an_error_event_is_an_error():
    content = ObjectListContent(ObjectListQuery(PODS, "shop"))
    status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
    with pytest.raises(Gone):
        content.apply(json.dumps({"type": "ERROR", "object": status}).encode())
