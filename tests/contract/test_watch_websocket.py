"""Contract of watches over a WebSocket."""

from __future__ import annotations

import json

import pytest

from tests.contract.bodies import config_map
from tests.contract.sockets import read_frames, request_rejected_upgrade
from tests.contract.test_watches import changes, events

ORIGIN = "https://example.com"


@pytest.fixture(scope="module")
def path(own_namespace, contenders):
    for one in contenders.values():
        one.admin.delete(f"{own_namespace}/configmaps/kube-root-ca.crt")
        one.admin.post(f"{own_namespace}/configmaps", config_map("first", {"labels": {"begin": "1"}}, a="1"))
    return f"{own_namespace}/configmaps"


def test_the_state_of_now_comes_first(both, path):
    query = "?watch=1&timeoutSeconds=1&labelSelector=begin"
    found = both.same(lambda caller: [json.loads(one) for one in read_frames(caller, path + query)])
    assert [one["type"] for one in found] == ["ADDED"]


def test_each_event_is_a_message_of_text_with_its_line_end(both, path):
    query = "?watch=1&timeoutSeconds=1&labelSelector=begin"
    assert both.same(lambda caller: [one.endswith("}\n") for one in read_frames(caller, path + query)]) == [
        True
    ]


def test_changes_since_a_version(both, path):
    def request(caller):
        begin = changes(caller, path)
        found = read_frames(
            caller, f"{path}?watch=1&timeoutSeconds=1&labelSelector=watched&resourceVersion={begin}"
        )
        return [json.loads(one) for one in found]

    assert len(both.same(request)) == 8


def test_a_version_that_is_gone_or_none(both, path):
    for query in ("resourceVersion=abc", "resourceVersionMatch=Exact"):
        watch_path = f"{path}?watch=1&{query}"
        both.same(
            lambda caller, watch_path=watch_path: request_rejected_upgrade(
                caller, watch_path, protocols=(), origin=ORIGIN
            )
        )


def test_one_without_an_origin_is_rejected_without_a_body(both, path):
    def request(caller):
        reply = request_rejected_upgrade(caller, f"{path}?watch=1&timeoutSeconds=1", protocols=())
        return [reply.status, reply.body.decode()]

    assert both.same(request) == [403, ""]


@pytest.mark.parametrize("person", ["stan", "dana"])
def test_who_is_not_allowed(both, path, person):
    both.same(
        lambda caller: request_rejected_upgrade(caller, f"{path}?watch=1", protocols=(), origin=ORIGIN),
        person=person,
    )


def test_it_is_as_the_watch_over_lines(cluster, path):
    query = f"{path}?watch=1&timeoutSeconds=1&labelSelector=begin"
    assert [json.loads(one) for one in read_frames(cluster.admin, query)] == events(cluster.admin.get(query))
