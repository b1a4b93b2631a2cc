"""Contract of watches: the same events in the same order."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.bodies import config_map
from tests.contract.both import compare, normalize_response
from tests.contract.contenders import KUBERNETES, SIMULATOR

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
LIST_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
PLAIN = "application/json"
INITIAL = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan"

# Since a resourceVersion: two were made, changed, moved out of a selector and back, and deleted.
SINCE = {
    "everything": ("", PLAIN),
    "one label": ("labelSelector=watched%3Dweb", PLAIN),
    "another label": ("labelSelector=watched%3Ddb", PLAIN),
    "one name": ("fieldSelector=metadata.name%3Dzz", PLAIN),
    "no label": ("labelSelector=!watched", PLAIN),
    "as a table": ("fieldSelector=metadata.name%3Dzz", TABLE),
    "as a table of objects": ("fieldSelector=metadata.name%3Dzz&includeObject=Object", TABLE),
    "as a table of cells": ("fieldSelector=metadata.name%3Dzz&includeObject=None", TABLE),
    "as metadata": ("fieldSelector=metadata.name%3Dzz", PARTIAL),
}
# The state of now first: one that is there.
FIRST = {
    "without a version": ("", PLAIN),
    "from any version": ("resourceVersion=0", PLAIN),
    "with bookmarks": ("allowWatchBookmarks=true", PLAIN),
    "requested": (INITIAL, PLAIN),
    "requested, with bookmarks": (f"{INITIAL}&allowWatchBookmarks=true", PLAIN),
    "requested from any version": (f"{INITIAL}&allowWatchBookmarks=true&resourceVersion=0", PLAIN),
    "not requested": ("sendInitialEvents=false&resourceVersionMatch=NotOlderThan", PLAIN),
    "as a table": ("", TABLE),
    "as a table, requested, with bookmarks": (f"{INITIAL}&allowWatchBookmarks=true", TABLE),
    "as metadata": ("", PARTIAL),
    "as a list": ("", LIST_METADATA),
    "in no known form": ("", "text/html"),
}


@pytest.fixture(scope="module")
def watch_events(contenders, own_namespace):
    """The events of each watch, by contender, group and name: all of them at once."""
    path = f"{own_namespace}/configmaps"
    jobs = {}
    with ThreadPoolExecutor(64) as pool:
        for name, one in contenders.items():
            one.admin.delete(f"{path}/kube-root-ca.crt")
            begin = changes(one.admin, path)
            one.admin.post(path, config_map("first", {"labels": {"begin": "1"}}, a="1"))
            for watch, (query, accept) in SINCE.items():
                full = f"{path}?watch=1&timeoutSeconds=1&resourceVersion={begin}&{query}"
                jobs[name, "since", watch] = pool.submit(one.admin.get, full, accept=accept)
            for watch, (query, accept) in FIRST.items():
                full = f"{path}?watch=1&timeoutSeconds=1&labelSelector=begin&{query}"
                jobs[name, "first", watch] = pool.submit(one.admin.get, full, accept=accept)
            full = (
                f"/api/v1/configmaps?watch=1&resourceVersion={begin}&timeoutSeconds=1&labelSelector=watched"
            )
            jobs[name, "since", "the whole cluster"] = pool.submit(one.admin.get, full)
            old = path.replace("/api/v1/", "/api/v1/watch/")
            jobs[name, "since", "the old path"] = pool.submit(
                one.admin.get, f"{old}?timeoutSeconds=1&labelSelector=none"
            )
    return {key: job.result() for key, job in jobs.items()}


def changes(caller, path):
    begin = caller.get(f"{path}?limit=1").json["metadata"]["resourceVersion"]
    caller.post(path, config_map("zz", {"labels": {"watched": "web"}}, a="1"))
    caller.post(path, config_map("yy", {"labels": {"watched": "db"}}, a="1"))
    caller.patch(f"{path}/zz", {"data": {"a": "2"}})
    caller.patch(f"{path}/zz", {"metadata": {"labels": {"watched": "db"}}})
    caller.patch(f"{path}/zz", {"data": {"a": "3"}})
    caller.patch(f"{path}/zz", {"metadata": {"labels": {"watched": "web"}}})
    caller.delete(f"{path}/zz")
    caller.delete(f"{path}/yy")
    return begin


def events(reply):
    """Of a bookmark its annotations alone: others come when the real one likes. So does the certificate's ConfigMap."""
    if reply.status != 200:
        return reply
    found = [event for event in reply.events() if "kube-root-ca.crt" not in str(event)]
    told_of = [one for one in found if one["type"] != "BOOKMARK" or annotations(one)]
    return [one if one["type"] != "BOOKMARK" else ["BOOKMARK", annotations(one)] for one in told_of]


def annotations(event):
    """Of a Table those of its only row."""
    thing = event["object"]
    return (thing["rows"][0]["object"] if thing["kind"] == "Table" else thing)["metadata"].get("annotations")


@pytest.mark.parametrize("name", [*SINCE, "the whole cluster", "the old path"])
def test_changes_since_a_version(watch_events, name):
    compare(
        normalize_response(events(watch_events[SIMULATOR, "since", name])),
        normalize_response(events(watch_events[KUBERNETES, "since", name])),
    )


@pytest.mark.parametrize("name", FIRST)
def test_the_first_events(watch_events, name):
    compare(
        normalize_response(events(watch_events[SIMULATOR, "first", name])),
        normalize_response(events(watch_events[KUBERNETES, "first", name])),
    )


def test_the_columns_come_once(watch_events):
    for contender in (SIMULATOR, KUBERNETES):
        found = watch_events[contender, "since", "as a table"].events()
        columns = [one["object"]["columnDefinitions"] for one in found if one["type"] != "BOOKMARK"]
        assert columns[0]
        assert set(map(str, columns[1:])) == {"None"}


def test_a_change_comes_while_it_is_watched(cluster, own_namespace):
    path = f"{own_namespace}/configmaps"
    begin = cluster.admin.get(path).json["metadata"]["resourceVersion"]
    found = []
    query = f"watch=1&resourceVersion={begin}&timeoutSeconds=2&labelSelector=live"
    watcher = threading.Thread(target=lambda: found.extend(cluster.admin.watch(f"{path}?{query}")))
    watcher.start()
    cluster.admin.post(path, config_map("xx", {"labels": {"live": "1"}}))
    cluster.admin.delete(f"{path}/xx")
    watcher.join(30)
    assert [one["type"] for one in found] == ["ADDED", "DELETED"]


def test_what_is_no_watch(both, own_namespace):
    path = f"{own_namespace}/configmaps?labelSelector=none"
    for query in ("watch=false", "watch=0", "watch=true&timeoutSeconds=-1"):
        both.same(lambda caller, query=query: kind_of(caller.get(f"{path}&{query}")))


def kind_of(reply):
    return [reply.status, (reply.json or {}).get("kind")]
