"""Contract of kubectl get, describe, events and explain on what controllers have made."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contract.bodies import config_map, thing
from tests.contract.both import compare
from tests.contract.contenders import KUBERNETES, SIMULATOR
from tests.contract.copying import Copy
from tests.contract.normalization import normalize_output
from tests.dashboard_server import wait_for

VOLUME, NODE = "contract-shown", "contract-shown"
_DATES = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
_TIMES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC")
_AGES = re.compile(r"(?<![^\s(])(\d+[smhdy])+(?![^\s),])")


@pytest.fixture(scope="module")
def copied_namespace(contenders, own_namespace):
    """The name of a namespace of the real one where everything has come to rest, copied into the simulator."""
    name = own_namespace.rpartition("/")[2]
    real, simulator = contenders[KUBERNETES], contenders[SIMULATOR]
    text = (Path(__file__).parent / "shows.yaml").read_text()
    for path, body in (("/api/v1/persistentvolumes", volume(name)), ("/api/v1/nodes", node())):
        assert real.admin.post(path, body).status == 201
    for command in (
        ["create", "-n", name, "-f", "-"],
        ["set", "image", "deployment/web", "web=registry.example/web:2", "-n", name],
        ["annotate", "deployment/web", "kubernetes.io/change-cause=the second", "--overwrite", "-n", name],
    ):
        ran(real, *command, input=text if command[0] == "create" else None)
    wait_until_settled(real.admin, name)
    copy = Copy(real, simulator)
    copy.copy_object("/api/v1/nodes", NODE)
    taints = {"spec": {"taints": real.admin.get(f"/api/v1/nodes/{NODE}").json["spec"]["taints"]}}
    simulator.admin.patch(f"/api/v1/nodes/{NODE}", taints)  # a new node has one more
    copy.copy_object("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", NODE)
    copy.copy_object("/api/v1/persistentvolumes", VOLUME)
    copy.copy_namespace(name)
    yield name
    for one in contenders.values():
        for path in (f"/api/v1/nodes/{NODE}", f"/api/v1/persistentvolumes/{VOLUME}"):
            one.admin.delete(path)


def ran(one, *command, **how):
    code, output, error = one.kubectl(*command, **how)
    assert code == 0, error
    return output


def volume(namespace):
    claim = {"namespace": namespace, "name": "data"}
    spec = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "claimRef": claim}
    spec |= {"storageClassName": "contract", "csi": {"driver": "csi.example.com", "volumeHandle": "v-1"}}
    return thing("v1", "PersistentVolume", VOLUME, spec=spec)


def node():
    """A node that is looked after, and takes no pods."""
    resources = {"cpu": "4", "memory": "8Gi", "pods": "10"}
    taints = [{"key": "example.com/contract", "effect": "NoSchedule"}]
    status = {"allocatable": resources, "capacity": resources}
    labels = {"node-role.kubernetes.io/edge": ""}
    return thing(
        "v1", "Node", NODE, {"labels": labels}, spec={"taints": taints, "unschedulable": True}, status=status
    )


def wait_until_settled(caller, name):
    """Until the controllers have nothing to do there any more."""
    try:
        wait_for(lambda: not find_unsettled(caller, name), 60)
    except AssertionError:
        raise AssertionError(f"still not at rest: {find_unsettled(caller, name)}") from None


def find_unsettled(caller, name):
    """What is not yet as it will stay."""

    def items(path):
        return caller.get(path).json["items"]

    def status(version, plural, one):
        return caller.get(f"/{version}/namespaces/{name}/{plural}/{one}").json.get("status") or {}

    def conditions(part):
        return {one["type"]: one["status"] for one in part.get("conditions") or ()}

    pods = items(f"/api/v1/namespaces/{name}/pods")
    sets = items(f"/apis/apps/v1/namespaces/{name}/replicasets")
    slices = items(f"/apis/discovery.k8s.io/v1/namespaces/{name}/endpointslices")
    web = status("apis/apps/v1", "deployments", "web")
    generation = caller.get(f"/apis/apps/v1/namespaces/{name}/deployments/web").json["metadata"]["generation"]
    expected = {
        "pods": len(pods) == 5 and not any("deletionTimestamp" in one["metadata"] for one in pods),
        "web": [web.get(f"{one}eplicas") for one in ("r", "updatedR", "availableR")] == [2] * 3,
        "its generation": web.get("observedGeneration") == generation,
        "replica sets": sorted(one["status"]["replicas"] for one in sets) == [0, 0, 2],
        "db": status("apis/apps/v1", "statefulsets", "db").get("availableReplicas") == 1,
        "agent": status("apis/apps/v1", "daemonsets", "agent").get("numberAvailable") == 1,
        "once": conditions(status("apis/batch/v1", "jobs", "once")).get("Complete") == "True",
        "data": status("api/v1", "persistentvolumeclaims", "data").get("phase") == "Bound",
        "bounds": status("api/v1", "resourcequotas", "bounds").get("used", {}).get("pods") == "4",
        "budget": status("apis/policy/v1", "poddisruptionbudgets", "web").get("currentHealthy") == 2,
        "autoscaler": len(conditions(status("apis/autoscaling/v2", "horizontalpodautoscalers", "idle"))) >= 2,
        "endpoints": sum(len(one.get("endpoints") or ()) for one in slices) == 3,
        "node": conditions(caller.get(f"/api/v1/nodes/{NODE}").json["status"]).get("Ready") == "True",
    }
    return [one for one, is_so in expected.items() if not is_so]


def compare_output(both, *command, person="admin"):
    """As Both.same_kubectl, with ages and dates out of sight wherever they stand."""
    with ThreadPoolExecutor(2) as pool:
        ran_both = pool.map(
            lambda one: one.kubectl(*command, person=person), (both.simulator, both.kubernetes)
        )
        found, expected = ([code, *map(normalize_lines, texts)] for code, *texts in ran_both)
    compare(found, expected)
    return expected


def normalize_lines(text):
    return [
        _AGES.sub("<age>", _DATES.sub("<date>", _TIMES.sub("<date>", line)))
        for line in normalize_output(text)
    ]


KINDS = [
    "pods", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs", "controllerrevisions",
    "services", "endpoints", "endpointslices", "ingresses", "networkpolicies", "persistentvolumeclaims",
    "resourcequotas", "horizontalpodautoscalers", "poddisruptionbudgets", "serviceaccounts", "secrets", "configmaps",
    "roles", "rolebindings", "events", f"pv/{VOLUME}", f"node/{NODE}", "all",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_it_gets(both, copied_namespace, kind):
    code, output, _ = compare_output(both, "get", kind, "-n", copied_namespace, "-o", "wide")
    assert code == 0
    assert len(output) > 1


@pytest.mark.parametrize(
    "more",
    [
        ("all",),
        ("pods", "--show-labels"),
        ("pods", "-L", "app,zone"),
        ("pods", "--sort-by=.metadata.name", "--no-headers"),
        ("pods", "-l", "app in (web,db)", "-o", "name"),
        ("pods", "--field-selector=status.phase=Succeeded"),
        ("pods", "-o", "custom-columns=NAME:.metadata.name,NODE:.spec.nodeName,IP:.status.podIP"),
        ("deployment", "web", "-o", "jsonpath={.status.conditions[*].type}"),
        ("deploy,sts,ds", "-o", "wide"),
        ("pods", "--show-kind"),
    ],
)
def test_it_gets_in_other_forms(both, copied_namespace, more):
    assert compare_output(both, "get", *more, "-n", copied_namespace)[1]


DESCRIBED = [
    "deployment/web", "deployment/idle", "replicaset", "statefulset/db", "daemonset/agent", "job/once",
    "cronjob/nightly", "pod", "service/web", "service/db", "endpoints/web", "endpointslice", "ingress/web",
    "networkpolicy/web", "pvc/data", "quota/bounds", "hpa/idle", "pdb/web", "serviceaccount/robot", "secret/password",
    "configmap/settings", "role/reader", "rolebinding/readers", "controllerrevision", f"pv/{VOLUME}",
    f"node/{NODE} --show-events=false",
]  # fmt: skip


@pytest.mark.parametrize("what", DESCRIBED)
def test_it_describes(both, copied_namespace, what):
    code, output, _ = compare_output(both, "describe", *what.split(), "-n", copied_namespace)
    assert code == 0
    assert output


def test_it_describes_a_namespace(both, copied_namespace):
    compare_output(both, "describe", "namespace", copied_namespace)


@pytest.mark.parametrize(
    "command",
    [
        "rollout status deployment/web --timeout=5s",
        "rollout status statefulset/db --timeout=5s",
        "rollout status daemonset/agent --timeout=5s",
        "rollout history deployment/web",
        "rollout history deployment/web --revision=1",
        "rollout history deployment/web --revision=9",
        "rollout history statefulset/db",
        "rollout history daemonset/agent --revision=1",
        "wait --for=condition=Available deployment/web --timeout=5s",
        "wait --for=condition=Complete job/once --timeout=5s",
        "wait --for=jsonpath={.status.phase}=Bound pvc/data --timeout=5s",
        "wait --for=delete pod/nobody --timeout=5s",
        "wait --for=condition=Complete job/once job/nobody --timeout=1s",
        "events",
        "events --for deployment/web",
        "events --types=Warning",
        "auth can-i --list --as=nobody",
        "get events --field-selector=involvedObject.kind=Deployment",
    ],
)
def test_it_prints(both, copied_namespace, command):
    compare_output(both, *command.split(), "-n", copied_namespace)


def test_it_counts_what_changes_a_deployment(both, copied_namespace):
    """A change of annotations is one: ReplicaSets have copies of them."""
    path = f"/apis/apps/v1/namespaces/{copied_namespace}/deployments/idle"

    def request(caller):
        found = [caller.get(path).json["metadata"]["generation"]]
        for patch in ({"annotations": {"a": "b"}}, {"labels": {"a": "b"}}, {"annotations": {"a": None}}):
            found.append(caller.patch(path, {"metadata": patch}).json["metadata"]["generation"])
        return [one - found[0] for one in found]

    assert both.same(request) == [0, 1, 1, 2]


def test_it_shows_changes_as_they_come(both, copied_namespace):
    def watch(one):
        command = [
            str(one.kubectl_binary),
            "--kubeconfig",
            str(one.folder / "admin.yaml"),
            "-n",
            copied_namespace,
        ]
        command += ["get", "configmaps", "-l", "watched", "--watch", "--no-headers", "--output-watch-events"]
        command += ["--request-timeout=30s"]  # where nothing comes
        path = f"/api/v1/namespaces/{copied_namespace}/configmaps"
        one.admin.post(path, config_map("watched", {"labels": {"watched": "yes"}}, a="1"))
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        ) as kubectl:
            lines = [kubectl.stdout.readline()]
            for patch in ({"data": {"b": "2"}}, {"metadata": {"labels": {"watched": None}}}):
                one.admin.patch(f"{path}/watched", patch)
                lines.append(kubectl.stdout.readline())
            kubectl.kill()
        one.admin.delete(f"{path}/watched")
        return [normalize_lines(line) for line in lines]

    with ThreadPoolExecutor(2) as pool:
        found, expected = pool.map(watch, (both.simulator, both.kubernetes))
    compare(found, expected)
    assert [one[0].split()[0] for one in expected] == ["ADDED", "MODIFIED", "DELETED"]


@pytest.mark.parametrize("person", ["dana", "rene", "stan", "aude"])
@pytest.mark.parametrize("namespace", ["shop", "pay", "default"])
def test_it_lists_permissions(both, person, namespace):
    compare_output(both, "auth", "can-i", "--list", "-n", namespace, person=person)


@pytest.mark.parametrize(
    "what",
    ["pod.spec.containers", "pod.spec.containers.resources", "deployment.spec.template.spec.volumes.projected.sources",
     "hpa.spec.metrics", "ingress --api-version=networking.k8s.io/v1", "events.metadata", "node.status --recursive"],
)  # fmt: skip
def test_it_explains(both, what):
    assert compare_output(both, "explain", *what.split())[0] == 0


GROUPS = ["", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io",
          "storage.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
          "authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io",
          "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "node.k8s.io", "resource.k8s.io",
          "scheduling.k8s.io", "example.com"]  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
def test_it_lists_the_kinds_of_a_group(both, group):
    code, output, _ = compare_output(both, "api-resources", "-o", "wide", f"--api-group={group}")
    assert code == 0
    assert len(output) > 1
