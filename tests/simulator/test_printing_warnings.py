"""Warnings of the simulator: sent to API callers, not collected for controllers."""

from __future__ import annotations

import copy

from simulator.cluster import Cluster
from simulator.reconcilers.runner import ReconcilerRunner
from simulator.writing import registry
from simulator.writing.options import WriteOptions

ODD = {"containers": [{"name": "c", "image": "i", "resources": {"limits": {"memory": "100m"}}}]}


def test_who_writes_is_warned(api):
    made = api.post("/api/v1/namespaces/default/pods", {"metadata": {"name": "odd"}, "spec": ODD})
    assert made.status == 201
    assert len(made.warnings) == 2
    assert "fractional byte value" in made.warnings[0]


def test_the_clusters_own_life_gathers_no_warnings():
    """Its options are used until it is deleted."""
    cluster = Cluster("quiet", seed=1)
    ReconcilerRunner(cluster)
    resource = cluster.catalog.find("", "v1", "pods")
    by = WriteOptions(manager="kube-controller-manager")
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "odd", "namespace": "default"},
        "spec": ODD,
    }
    registry.create(cluster, resource, "default", copy.deepcopy(body), by)
    assert by.warnings == []


def test_an_unreadable_key_is_no_server_error(api):
    data = {"tls.crt": "A===", "tls.key": "A==="}
    body = {"metadata": {"name": "odd"}, "type": "kubernetes.io/tls", "data": data}
    made = api.post("/api/v1/namespaces/default/secrets", body)
    assert made.status < 500
