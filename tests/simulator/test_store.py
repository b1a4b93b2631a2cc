"""Object store: resourceVersions, past states, the event log and its compaction."""

from __future__ import annotations

import pytest

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.store import Compacted, Store

MAPS = ("", "configmaps")


def thing(name: str, namespace: str = "shop", **more: str) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": more,
    }


def names(things: list[dict]) -> list[str]:
    return [one["metadata"]["name"] for one in things]


def test_it_gives_each_change_a_higher_version():
    store = Store()
    first, second = store.put(MAPS, thing("a")), store.put(MAPS, thing("a", x="1"))
    assert int(second["metadata"]["resourceVersion"]) == int(first["metadata"]["resourceVersion"]) + 1
    assert first["data"] == {}


def test_it_lists_in_the_order_of_the_keys():
    store = Store()
    for namespace, name in (("a-b", "x"), ("a", "z"), ("a", "b"), ("b", "a")):
        store.put(MAPS, thing(name, namespace))
    assert names(store.items(MAPS)) == ["x", "b", "z", "a"], "a-b/ stands before a/, as bytes"
    assert names(store.items(MAPS, "a")) == ["b", "z"]


def test_it_knows_how_it_was():
    store = Store()
    store.put(MAPS, thing("a"))
    store.put(MAPS, thing("b", x="old"))
    then = store.revision
    store.put(MAPS, thing("c"))
    store.put(MAPS, thing("b", x="new"))
    store.remove(MAPS, "shop", "a")
    assert names(store.items_at(MAPS, then)) == ["a", "b"]
    assert store.items_at(MAPS, then)[1]["data"] == {"x": "old"}
    assert [event.type for event in store.events_since(MAPS, then)] == ["ADDED", "MODIFIED", "DELETED"]


def test_it_forgets_what_is_compacted():
    store = Store()
    store.put(MAPS, thing("a"))
    then = store.revision
    store.put(MAPS, thing("b"))
    store.compact()
    with pytest.raises(Compacted, match="too old resource version"):
        store.events_since(MAPS, then)


def test_it_limits_the_number_of_events():
    store = Store(max_events=3)
    for number in range(6):
        store.put(MAPS, thing(f"n{number}"))
    with pytest.raises(Compacted):
        store.events_since(MAPS, 2)
    assert len(store.events_since(MAPS, store.revision - 3)) == 3


def test_it_returns_410_in_the_stream_of_a_watch(served_cluster, api):
    path = "/api/v1/namespaces/default/configmaps"
    begin = api.get(path).json["metadata"]["resourceVersion"]
    api.post(path, thing("late", "default"))
    served_cluster.run(served_cluster.server.cluster.store.compact)
    events = api.watch(f"{path}?watch=1&resourceVersion={begin}&timeoutSeconds=1")
    assert [one["type"] for one in events] == ["ERROR"]
    assert (events[0]["object"]["code"], events[0]["object"]["reason"]) == (410, "Expired")


def test_it_returns_410_to_a_page_that_is_too_old(served_cluster, api):
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    token = api.get(f"{path}?limit=5").json["metadata"]["continue"]
    api.post(path, {"metadata": {"name": "zzz"}, "rules": []})
    served_cluster.run(served_cluster.server.cluster.store.compact)
    reply = api.get(f"{path}?limit=5&continue={token}")
    assert (reply.status, reply.reason) == (410, "Expired")
    assert api.get(f"{path}?limit=5&continue={reply.json['metadata']['continue']}").status == 200


def test_a_seed_makes_names_and_uids_repeatable():
    first, second = (Cluster("x", seed=7) for _ in range(2))
    assert [first.new_uid(), first.name_suffix()] == [second.new_uid(), second.name_suffix()]


def test_a_clock_stands_still_and_jumps():
    clock = Clock(speed=0)
    then = clock.seconds()
    clock.move(3600)
    assert clock.seconds() == then + 3600
