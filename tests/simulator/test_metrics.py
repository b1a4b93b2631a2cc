"""metrics.k8s.io: usage of pods and nodes, and a source that sets it."""

import pytest

from simulator.cluster import Cluster
from simulator.metrics.usage import ContainerUsage, wave_usage
from simulator.quantities import parse_quantity
from simulator.requests.rbac import MASTERS
from tests.simulator.caller import Caller
from tests.simulator.loops import Loop
from tests.simulator.pods import node, running_pod

METRICS = "/apis/metrics.k8s.io/v1beta1"
PODS = f"{METRICS}/namespaces/default/pods"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.fixture(scope="module")
def cluster():
    found = Cluster("metrics", seed=4)
    dead = node("dead")
    dead["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
    waiting = running_pod(found, "waiting")
    waiting["status"] = {"phase": "Pending"}
    found.load(
        [
            node(),
            node("idle"),
            dead,
            running_pod(found, "one"),
            running_pod(found, "two", "c", "d", labels={"app": "two"}),
            waiting,
            running_pod(found, "unknown"),
        ]
    )
    return found


@pytest.fixture(scope="module")
def admin(cluster):
    with Loop(cluster) as served:
        token = served.run(cluster.add_person, "admin", (MASTERS,))
        served.run(setattr, cluster.usage, "source", fixed_usage)
        yield Caller(served.server.url, cluster.authority.pem, token)


def fixed_usage(pod, container, timestamp):
    """12.5 millicores and 10 MiB in each container; of `unknown` nothing."""
    return None if pod["metadata"]["name"] == "unknown" else ContainerUsage(12.5, 10 * 2**20 + 1)


def test_it_lists_each_container(admin):
    reply = admin.get(f"{PODS}/two")
    assert (reply.json["kind"], reply.json["apiVersion"]) == ("PodMetrics", "metrics.k8s.io/v1beta1")
    assert reply.json["containers"] == [
        {"name": name, "usage": {"cpu": "12500u", "memory": "10Mi"}} for name in ("c", "d")
    ]
    assert reply.json["metadata"]["labels"] == {"app": "two"}


def test_it_lists_what_runs_and_is_known(admin):
    assert [one["metadata"]["name"] for one in admin.get(PODS).json["items"]] == ["one", "two"]
    found = admin.get(f"{METRICS}/pods?labelSelector=app%3Dtwo").json
    assert [one["metadata"]["name"] for one in found["items"]] == ["two"]
    assert found["kind"] == "PodMetricsList"


def test_a_node_is_the_sum_of_its_pods_and_itself(admin):
    usage = {one["metadata"]["name"]: one["usage"] for one in admin.get(f"{METRICS}/nodes").json["items"]}
    assert sorted(usage) == ["idle", "node-1"]
    more = parse_quantity(usage["node-1"]["cpu"]) - parse_quantity(usage["idle"]["cpu"])
    assert more * 1000 == parse_quantity("37.5")
    assert parse_quantity(usage["node-1"]["memory"]) - parse_quantity(usage["idle"]["memory"]) == 30 * 2**20


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"{PODS}/nope", 'pods "nope" not found'),
        (f"{PODS}/waiting", 'podmetrics.metrics.k8s.io "default/waiting" not found'),
        (f"{PODS}/unknown", 'podmetrics.metrics.k8s.io "default/unknown" not found'),
        (f"{METRICS}/nodes/nope", 'node "nope" not found'),
        (f"{METRICS}/nodes/dead", 'nodemetrics.metrics.k8s.io "dead" not found'),
    ],
)
def test_it_reports_what_is_not_there(admin, path, message):
    reply = admin.get(path)
    assert (reply.status, reply.message) == (404, message)


def test_its_table_has_sums(admin):
    table = admin.get(PODS, accept=TABLE).json
    assert [one["name"] for one in table["columnDefinitions"]] == ["Name", "cpu", "memory", "Window"]
    assert [one["cells"] for one in table["rows"]] == [
        ["one", "12500u", "10Mi", "15s"],
        ["two", "25m", "20Mi", "15s"],
    ]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    empty = admin.get(f"{PODS}?labelSelector=no%3Dsuch", accept=TABLE).json
    assert (empty["columnDefinitions"], empty["rows"]) == (None, None)


def test_what_is_made_up_stays_near_the_requests_and_moves(cluster):
    pod = running_pod(cluster, "some", uid="some")
    seen = [wave_usage(pod, "c", float(timestamp)) for timestamp in range(0, 900, 30)]
    assert all(20 < one.cpu < 100 for one in seen)
    assert all(30 * 2**20 < one.memory < 64 * 2**20 for one in seen)
    assert len({one.cpu for one in seen}) > 20
    assert wave_usage(pod, "c", 30.0) == seen[1]


def test_what_requests_nothing_uses_a_little(cluster):
    pod = running_pod(cluster, "poor", uid="poor")
    del pod["spec"]["containers"][0]["resources"]
    assert 5 < wave_usage(pod, "c", 0.0).cpu < 50
