"""Server of a simulated cluster: bearer tokens, client certificates, anonymous callers."""

from simulator.cluster import Cluster
from tests.simulator.caller import Caller


def test_it_reports_its_version(api):
    reply = api.get("/version")
    assert reply.status == 200
    assert reply.json["gitVersion"] == "v1.36.3"


def test_it_is_ready(api):
    assert [api.get(path).body for path in ("/readyz", "/livez", "/healthz")] == [b"ok"] * 3


def test_it_holds_what_an_empty_control_plane_holds(api):
    names = [one["metadata"]["name"] for one in api.get("/api/v1/namespaces").json["items"]]
    assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]
    assert api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-admin").status == 200


def test_it_rejects_an_unknown_token(api):
    reply = api.get("/version", headers={"Authorization": "Bearer no"})
    assert reply.status == 401
    assert reply.json["message"] == "Unauthorized"


def test_it_knows_a_client_certificate(served_cluster):
    cluster: Cluster = served_cluster.server.cluster
    pair = cluster.certificate("kim", ["system:masters"])
    caller = Caller(served_cluster.server.url, cluster.authority.pem, pair=(pair.certificate, pair.key))
    assert caller.get("/api/v1/nodes").status == 200


def test_it_rejects_an_expired_client_certificate(served_cluster):
    cluster: Cluster = served_cluster.server.cluster
    pair = cluster.certificate("kim", ["system:masters"], seconds=-5)
    caller = Caller(served_cluster.server.url, cluster.authority.pem, pair=(pair.certificate, pair.key))
    assert caller.get("/api/v1/nodes").status == 401


def test_it_treats_a_caller_without_credentials_as_anonymous(served_cluster):
    caller = Caller(served_cluster.server.url, served_cluster.server.cluster.authority.pem)
    assert caller.get("/version").status == 200
    reply = caller.get("/api/v1/pods")
    assert reply.status == 403
    assert reply.message == (
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope'
    )
