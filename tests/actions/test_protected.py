"""Protected clusters: each action has the object's name typed, by a hand-made request too."""

from __future__ import annotations

import pytest
from django.test import Client

from clusters.models import Cluster
from tests import database_fixtures
from tests.simulated_cluster import SimulatedCluster

PATH = "/c/harbour/shop/configmaps/guarded/delete"


@pytest.fixture
def guarded(simulated_cluster: SimulatedCluster, db: None) -> str:
    """The UID of a ConfigMap in a protected cluster."""
    database_fixtures.create_all(simulated_cluster)
    Cluster.objects.update(protected=True)
    metadata = {"name": "guarded", "namespace": "shop"}
    simulated_cluster.create([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}])
    found = simulated_cluster.admin.call("GET", "/api/v1/namespaces/shop/configmaps/guarded")
    return str((found.json or {})["metadata"]["uid"])


def test_nothing_is_deleted_before_the_name_is_typed(
    guarded: str, simulated_cluster: SimulatedCluster
) -> None:
    client = Client()
    client.cookies["quarterdeck-session"] = database_fixtures.create_session("dana")
    assert "Type guarded to confirm" in client.get(PATH).content.decode()
    fields = {"uid": guarded, "propagation": "Background"}
    for typed in ("", "Guarded", "guarded2"):
        answer = client.post(PATH, {**fields, "typed": typed})
        assert answer.status_code == 422
        assert "This does not match the object" in answer.content.decode()
    path = "/api/v1/namespaces/shop/configmaps/guarded"
    assert simulated_cluster.admin.call("GET", path).status == 200
    assert client.post(PATH, {**fields, "typed": "guarded"}).status_code == 302
    assert simulated_cluster.admin.call("GET", path).status == 404


def test_a_form_without_a_uid_deletes_nothing(guarded: str, simulated_cluster: SimulatedCluster) -> None:
    client = Client()
    client.cookies["quarterdeck-session"] = database_fixtures.create_session("dana")
    answer = client.post(PATH, {"propagation": "Background", "typed": "guarded"})
    assert answer.status_code == 422
    path = "/api/v1/namespaces/shop/configmaps/guarded"
    assert simulated_cluster.admin.call("GET", path).status == 200
    assert (
        client.post(PATH, {"uid": guarded, "propagation": "Background", "typed": "guarded"}).status_code
        == 302
    )
