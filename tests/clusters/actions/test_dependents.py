"""Owner references followed as the garbage collector follows them, and searches within their bounds."""

from __future__ import annotations

from clusters.actions.dependents import find_dependents, follow_owners
from clusters.actions.metadata_lists import Item, Metadata, OwnerReference
from clusters.gateway.connect import ClusterSession, connect
from people.models import User
from tests import database_fixtures
from tests.simulated_cluster import SimulatedCluster


def make_item(uid: str, *owners: str) -> Item:
    return Item(Metadata(uid, "shop", uid, [OwnerReference(one) for one in owners]))


def test_owners_are_followed_to_the_last_dependent() -> None:
    items = [
        make_item("pod", "set"),
        make_item("set", "root"),
        make_item("other", "elsewhere"),
        make_item("free"),
    ]
    assert follow_owners("root", items) == {"set": "owned", "pod": "owned"}


def test_what_has_another_owner_stays_with_all_that_it_owns() -> None:
    items = [make_item("shared", "root", "elsewhere"), make_item("below", "shared")]
    assert follow_owners("root", items) == {"shared": "shared"}


def test_two_owners_that_both_go_take_it_along() -> None:
    items = [make_item("a", "root"), make_item("b", "root"), make_item("both", "a", "b")]
    assert follow_owners("root", items)["both"] == "owned"


def test_a_circle_ends_and_the_root_is_not_its_own_dependent() -> None:
    items = [make_item("a", "root"), make_item("root", "a"), make_item("b", "a", "a")]
    assert follow_owners("root", items) == {"a": "owned", "b": "owned"}


def open_session(plane: SimulatedCluster, name: str) -> ClusterSession:
    database_fixtures.create_all(plane)
    return connect(User.objects.get(username=name), "harbour")


def test_without_time_everything_is_unsearched_and_nothing_fails(
    simulated_cluster: SimulatedCluster, db: None
) -> None:
    session = open_session(simulated_cluster, "ada")
    deployments = session.find("deployments.apps")
    assert deployments is not None
    found = find_dependents(session, deployments, "shop", "web", "some-uid", seconds=0.0)
    assert found.groups == ()
    assert len(found.unsearched) > 20
    assert found.is_partial


def test_a_node_shows_its_pods(simulated_cluster: SimulatedCluster, db: None) -> None:
    session = open_session(simulated_cluster, "ada")
    nodes = session.find("nodes")
    assert nodes is not None
    found = find_dependents(session, nodes, "", "node-1", "some-uid")
    pods = [one for one in found.groups if one.resource.plural == "pods"]
    assert [one.relation for one in pods] == ["content"]
    assert pods[0].count > 0
