"""PodDisruptionBudgets: their status, and evictions that use them up."""

import pytest

from simulator.cluster import Cluster
from simulator.requests.rbac import MASTERS
from tests.dashboard_server import wait_for
from tests.simulator.caller import Caller
from tests.simulator.loops import Loop
from tests.simulator.pods import node, running_pod

POLICY = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
PODS = "/api/v1/namespaces/default/pods"
APPS = "/apis/apps/v1/namespaces/default"
KEYS = ("expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed")


def owner(kind, name, version="apps/v1"):
    uid = f"uid-of-{name}"
    return {"apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": True}


def workload(kind, name, replicas, *owners):
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": f"uid-of-{name}",
        "ownerReferences": list(owners),
    }
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"replicas": replicas}}


def budget(name, app, **spec):
    selector = {"matchLabels": {"app": app}}
    metadata = {"name": name, "namespace": "default"}
    body = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata}
    return body | {"spec": {"selector": selector} | spec}


@pytest.fixture(scope="module")
def cluster():
    """`web`: a Deployment of 4 with 3 pods, `db`: a StatefulSet of 2 with both, `lone`: a pod without an owner."""
    found = Cluster("evictions", seed=2)
    web = [owner("ReplicaSet", "web-1")]
    db = [owner("StatefulSet", "db")]
    pods = [
        running_pod(found, f"web-{number}", labels={"app": "web"}, ownerReferences=web) for number in range(3)
    ]
    pods += [
        running_pod(found, f"db-{number}", labels={"app": "db"}, ownerReferences=db) for number in range(2)
    ]
    pods.append(running_pod(found, "lone", labels={"app": "lone"}))
    agents = [owner("DaemonSet", "agent")]
    pods.append(running_pod(found, "agent-1", labels={"app": "agent"}, ownerReferences=agents))
    found.load(
        [
            node(),
            workload("Deployment", "web", 4),
            workload("ReplicaSet", "web-1", 3, owner("Deployment", "web")),
            workload("StatefulSet", "db", 2),
            workload("DaemonSet", "agent", 0),
            *pods,
            budget("loaded", "db", minAvailable=1) | {"apiVersion": "policy/v1"},
        ]
    )
    return found


@pytest.fixture
def protect(admin):
    made = []

    def make(app, **spec):
        name = f"of-{app}"
        assert admin.post(POLICY, budget(name, app, **spec)).status == 201
        made.append(name)
        return wait_for(
            lambda: admin.get(f"{POLICY}/{name}").json.get("status", {}).get("conditions") and name
        )

    yield make
    for name in made:
        admin.delete(f"{POLICY}/{name}")


def numbers(admin, name):
    status = admin.get(f"{POLICY}/{name}").json["status"]
    return [status[key] for key in KEYS]


def evict(admin, name, query="", **more):
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}} | more
    return admin.post(f"{PODS}/{name}/eviction{query}", body)


def test_a_budget_of_the_first_content_has_a_status(admin):
    assert numbers(admin, "loaded") == [2, 2, 1, 1]


COUNTED = {
    "a number": ("web", {"minAvailable": 2}, [3, 3, 2, 1]),
    "a share of what the Deployment wants": ("web", {"minAvailable": "60%"}, [4, 3, 3, 0]),
    "a number that may be missing": ("web", {"maxUnavailable": 2}, [4, 3, 2, 1]),
    "a share that may be missing, rounded up": ("web", {"maxUnavailable": "30%"}, [4, 3, 2, 1]),
    "more than there are": ("web", {"maxUnavailable": 9}, [4, 3, 0, 3]),
    "pods of nobody": ("lone", {"maxUnavailable": 1}, [0, 1, 0, 0]),
    "pods of nobody by number": ("lone", {"minAvailable": 0}, [1, 1, 0, 1]),
    "no pods": ("none", {"minAvailable": 0}, [0, 0, 0, 0]),
}


@pytest.mark.parametrize("name", COUNTED)
def test_what_is_counted(admin, protect, name):
    app, spec, expected = COUNTED[name]
    assert numbers(admin, protect(app, **spec)) == expected


def test_owners_without_a_replica_count_are_an_error(server_loop, cluster, admin, protect):
    """The budget looked well until the DaemonSet's pod came under it."""
    name = protect("late", maxUnavailable=1)
    pod = cluster.store.get(("", "pods"), "default", "agent-1")
    labelled = pod | {"metadata": pod["metadata"] | {"labels": {"app": "late"}}}
    server_loop.run(cluster.store.put, ("", "pods"), labelled)
    wait_for(lambda: conditions(admin, name)[0]["reason"] == "SyncFailed")
    reply = evict(admin, "agent-1")
    assert reply.status == 429
    assert reply.causes[0][2].endswith('because it failed sync: found no controllers for pod "agent-1"')


def conditions(admin, name):
    return admin.get(f"{POLICY}/{name}").json["status"]["conditions"]


def test_a_budget_follows_desired_replicas(server_loop, cluster, admin, protect):
    name = protect("web", minAvailable="50%")
    assert numbers(admin, name) == [4, 3, 2, 1]
    for replicas, expected in ((6, [6, 3, 3, 0]), (4, [4, 3, 2, 1])):
        found = cluster.store.get(("apps", "deployments"), "default", "web")
        server_loop.run(cluster.store.put, ("apps", "deployments"), found | {"spec": {"replicas": replicas}})
        wait_for(lambda expected=expected: numbers(admin, name) == expected)


def test_a_budget_follows_readiness_and_labels(admin, protect):
    name = protect("web", minAvailable=1)
    for value, healthy in (("False", 2), ("True", 3)):
        status = {"conditions": [{"type": "Ready", "status": value}]}
        admin.patch(f"{PODS}/web-0/status", {"status": status}, "strategic")
        wait_for(lambda healthy=healthy: numbers(admin, name)[1] == healthy)
    for value, healthy in (("other", 2), ("web", 3)):
        admin.patch(f"{PODS}/web-0", {"metadata": {"labels": {"app": value}}})
        wait_for(lambda healthy=healthy: numbers(admin, name)[1] == healthy)


def test_no_more_are_evicted_than_allowed(admin, protect):
    protect("db", minAvailable=2)
    admin.delete(f"{POLICY}/loaded")
    reply = evict(admin, "db-0")
    assert (reply.status, reply.reason) == (429, "TooManyRequests")
    assert reply.message == "Cannot evict pod as it would violate the pod's disruption budget."
    assert reply.causes == [
        ("DisruptionBudget", "", "The disruption budget of-db needs 2 healthy pods and has 2 currently")
    ]
    assert "retry-after" not in reply.headers
    assert admin.get(f"{PODS}/db-0").status == 200


def test_one_after_the_other_goes(admin, protect):
    """Its budget is synced at once, before the pod is gone."""
    name = protect("web", minAvailable=2)
    assert evict(admin, "web-0", "?dryRun=All").status == 201
    assert admin.get(f"{PODS}/web-0").status == 200
    replies = [evict(admin, pod) for pod in ("web-0", "web-1")]
    assert [one.status for one in replies] == [201, 429]
    assert replies[0].json["status"] == "Success"
    assert [admin.get(f"{PODS}/{pod}").status for pod in ("web-0", "web-1")] == [404, 200]
    wait_for(lambda: numbers(admin, name) == [2, 2, 2, 0])
    assert "disruptedPods" not in admin.get(f"{POLICY}/{name}").json["status"]


def test_a_budget_without_a_status_answers_retry_after():
    """Two servers have not begun: the reconciler is that of a served cluster."""
    found = Cluster("early", seed=2)
    found.load([node(), running_pod(found, "web")])
    with Loop(found) as served:
        caller = Caller(
            served.server.url, found.authority.pem, served.run(found.add_person, "admin", (MASTERS,))
        )
        body = budget("new", "web", minAvailable=1)
        served.run(found.load, [body | {"metadata": body["metadata"] | {"generation": 1}}])
        reply = evict(caller, "web")
    assert (reply.status, reply.headers["retry-after"]) == (429, "10")
    assert reply.json["details"]["retryAfterSeconds"] == 10
    assert reply.causes[0][2] == "The disruption budget new is still being processed by the server."
