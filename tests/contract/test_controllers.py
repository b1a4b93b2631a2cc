"""Contract of controllers, scheduler and kubelets: the same results from the same objects.

kwok stands for the kubelets of the real one: it knows no containers that start, crash or end by themselves, so what is
compared of a pod is what the other controllers and the scheduler make of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.bodies import thing
from tests.contract.contenders import KUBERNETES, SIMULATOR, Contender, connect_real, start_simulated
from tests.contract.settled_comparison import ClusterNamespace, events, same, strip_managed
from tests.controlplane.controlplane import ControlPlane

POD_STATUS = (
    "status.startTime",
    "status.containerStatuses",
    "status.conditions",
    "status.observedGeneration",
)


@pytest.fixture(scope="module")
def contenders(
    controlplane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Contender]]:
    """The simulator with controllers."""
    folder = tmp_path_factory.mktemp("controllers")
    with start_simulated(
        folder, controlplane.binaries.kubectl, controlplane.pod_log, has_controllers=True
    ) as one:
        yield {SIMULATOR: one, KUBERNETES: connect_real(controlplane)}


def template(image: str = "registry.example/web:1", **spec: Any) -> dict[str, Any]:
    container = {"name": "web", "image": image, "ports": [{"name": "http", "containerPort": 8080}]}
    container["resources"] = {"requests": {"cpu": "10m", "memory": "8Mi"}}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]} | spec}


def workload(kind: str, **spec: Any) -> dict[str, Any]:
    own = {"selector": {"matchLabels": {"app": "web"}}, "template": template()} | spec
    return thing("apps/v1", kind, "web", {"labels": {"app": "web"}}, spec=own)


def job(name: str = "work", **spec: Any) -> dict[str, Any]:
    container = {"name": "work", "image": "registry.example/work:1"}
    own = {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}} | spec
    return thing("batch/v1", "Job", name, spec=own)


def cron_job(**spec: Any) -> dict[str, Any]:
    own = {
        "schedule": "0 3 1 1 *",
        "jobTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": job()["spec"]},
    }
    return thing("batch/v1", "CronJob", "tick", spec=own | spec)


def strip_node(pod: Any, *without: str) -> Any:
    """But for the node that was chosen, whose zone is a label of the pod."""
    found = strip_managed(pod, "spec.nodeName", *without)
    assert found["metadata"]["labels"].pop("topology.kubernetes.io/zone").startswith("zone-")
    return found


def deploy(namespace: ClusterNamespace, **spec: Any) -> None:
    namespace.make(workload("Deployment", replicas=3, **spec))
    namespace.wait_for_rollout()


# --- Deployments


def test_it_makes_the_same_of_a_deployment(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace)
        return strip_managed(namespace.get("deployment", "web"))

    found = same(both, namespace, request)
    assert found["status"]["availableReplicas"] == 3


def test_it_makes_the_same_replica_set(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace, minReadySeconds=1, strategy={"rollingUpdate": {"maxSurge": 2}})
        return [strip_managed(one) for one in namespace.all("replicasets")]

    same(both, namespace, request)


def test_it_makes_the_same_pods(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace)
        pods = [strip_node(one, *POD_STATUS) for one in namespace.all("pods")]
        for one in pods:
            for key in ("podIP", "podIPs", "hostIP", "hostIPs"):
                assert one["status"].pop(key)
        return pods

    same(both, namespace, request)


def test_it_reports_the_same_conditions_of_a_pod(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace)
        (pod, *_) = namespace.all("pods")
        expected = ("PodScheduled", "Initialized", "Ready", "ContainersReady")
        return sorted(
            [one["type"], one["status"]] for one in pod["status"]["conditions"] if one["type"] in expected
        )

    assert len(same(both, namespace, request)) == 4


def test_it_rolls_out_rolls_back_and_has_the_same_history(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace, revisionHistoryLimit=2)
        outputs = []
        for image in ("web:2", "web:3", "web:4"):
            outputs.append(
                namespace.kubectl("set", "image", "deployment/web", f"web=registry.example/{image}")
            )
            namespace.wait_for_rollout()
        outputs.append(namespace.kubectl("rollout", "history", "deployment/web"))
        outputs.append(namespace.kubectl("rollout", "undo", "deployment/web", "--to-revision=3"))
        namespace.wait_for_rollout()
        outputs.append(namespace.kubectl("rollout", "history", "deployment/web"))
        sets = [strip_managed(one) for one in namespace.all("replicasets")]
        sets.sort(key=lambda one: one["metadata"]["annotations"]["deployment.kubernetes.io/revision"])
        for one in sets:  # how often they were synced is a matter of pace
            assert one["metadata"].pop("generation") == one["status"].pop("observedGeneration")
        return [outputs, sets, strip_managed(namespace.get("deployment", "web"))]

    same(both, namespace, request)


def test_it_restarts_and_recreates(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace, strategy={"type": "Recreate"})
        outputs = [namespace.kubectl("rollout", "restart", "deployment/web")]
        namespace.wait_for_rollout()
        outputs.append(namespace.kubectl("rollout", "status", "deployment/web"))
        return [outputs, strip_managed(namespace.get("deployment", "web"))]

    same(both, namespace, request)


def test_it_waits_while_it_is_paused(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace)
        outputs = [namespace.kubectl("rollout", "pause", "deployment/web")]
        namespace.wait_until(lambda: _read_progressing(namespace) == "DeploymentPaused")
        namespace.run_kubectl("set", "image", "deployment/web", "web=registry.example/web:2")
        namespace.run_kubectl("scale", "deployment/web", "--replicas=4")
        namespace.wait_until(
            lambda: namespace.get("deployment", "web")["status"].get("availableReplicas") == 4
        )
        outputs.append([one["spec"]["replicas"] for one in namespace.all("replicasets")])
        outputs.append(strip_managed(namespace.get("deployment", "web")))
        outputs.append(namespace.kubectl("rollout", "resume", "deployment/web"))
        namespace.wait_for_rollout()
        outputs.append(strip_managed(namespace.get("deployment", "web")))
        return outputs

    same(both, namespace, request)


def _read_progressing(namespace: ClusterNamespace) -> str:
    conditions = namespace.get("deployment", "web")["status"]["conditions"]
    return next(one["reason"] for one in conditions if one["type"] == "Progressing")


def test_it_reports_a_deployment_without_progress(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        stuck = template(nodeSelector={"no": "such"})
        namespace.make(workload("Deployment", template=stuck, progressDeadlineSeconds=2))
        namespace.wait_until(lambda: _read_progressing(namespace) == "ProgressDeadlineExceeded")
        return [
            strip_managed(namespace.get("deployment", "web")),
            namespace.kubectl("rollout", "status", "deployment/web"),
        ]

    same(both, namespace, request)


def test_it_records_the_same_events(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace)
        namespace.run_kubectl("scale", "deployment/web", "--replicas=1")
        namespace.wait_for_rollout()
        return [events(namespace, kind) for kind in ("Deployment", "ReplicaSet")]

    same(both, namespace, request)


def test_it_brings_a_deleted_pod_back(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace)
        before = {one["metadata"]["name"] for one in namespace.all("pods")}
        namespace.run_kubectl("delete", "pod", min(before), "--wait=true")
        namespace.wait_for_rollout()
        after = {one["metadata"]["name"] for one in namespace.all("pods")}
        return [len(after), len(before & after)]

    assert same(both, namespace, request) == [3, 2]


def test_it_scales_to_nothing(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace)
        outputs = namespace.kubectl("scale", "deployment/web", "--replicas=0")
        namespace.wait_for_rollout()
        namespace.wait_until(lambda: not namespace.all("pods"))
        return [outputs, strip_managed(namespace.get("deployment", "web"))]

    same(both, namespace, request)


# --- the other workloads


def test_it_makes_the_same_of_a_stateful_set(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(workload("StatefulSet", replicas=2, serviceName="web"))
        namespace.wait_for_rollout("statefulset/web")
        pods = [strip_node(one, "status") for one in namespace.all("pods")]
        revisions = [strip_managed(one) for one in namespace.all("controllerrevisions")]
        return [
            strip_managed(namespace.get("statefulset", "web")),
            pods,
            revisions,
            events(namespace, "StatefulSet"),
        ]

    same(both, namespace, request)


def test_it_rolls_a_stateful_set(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(workload("StatefulSet", replicas=2, serviceName="web"))
        namespace.wait_for_rollout("statefulset/web")
        namespace.run_kubectl("set", "image", "statefulset/web", "web=registry.example/web:2")
        namespace.wait_for_rollout("statefulset/web")
        outputs = [namespace.kubectl("rollout", "history", "statefulset/web")]
        outputs.append(namespace.kubectl("rollout", "undo", "statefulset/web"))
        namespace.wait_for_rollout("statefulset/web")
        outputs.append(sorted(one["revision"] for one in namespace.all("controllerrevisions")))
        return [outputs, strip_managed(namespace.get("statefulset", "web"), "status.collisionCount")]

    same(both, namespace, request)


def test_it_makes_the_same_of_a_daemon_set(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(workload("DaemonSet"))
        namespace.wait_for_rollout("daemonset/web")
        pods = [strip_managed(one, "status") for one in namespace.all("pods")]
        pods.sort(key=lambda one: one["spec"]["nodeName"])
        return [strip_managed(namespace.get("daemonset", "web")), pods, events(namespace, "DaemonSet")]

    same(both, namespace, request)


def test_it_completes_a_job(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(job(completions=2, parallelism=2))
        outputs = namespace.kubectl("wait", "--for=condition=complete", "job/work", "--timeout=60s")
        pods = [strip_node(one, "status") for one in namespace.all("pods")]
        found = strip_managed(namespace.get("job", "work"))
        for one in found["status"]["conditions"]:  # pods that end in the same second or not
            one.pop("lastProbeTime", None)
        return [outputs, found, pods, events(namespace, "Job")]

    same(both, namespace, request)


def test_it_suspends_a_job_and_goes_on(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(job(suspend=True))
        namespace.wait_until(lambda: namespace.get("job", "work")["status"].get("conditions"))
        before = strip_managed(namespace.get("job", "work"))
        namespace.run_kubectl("patch", "job", "work", "-p", '{"spec":{"suspend":false}}')
        namespace.run_kubectl("wait", "--for=condition=complete", "job/work", "--timeout=60s")
        return [before, sorted(one["type"] for one in namespace.get("job", "work")["status"]["conditions"])]

    same(both, namespace, request)


def test_it_makes_a_job_of_a_cron_job_by_hand(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(cron_job())
        outputs = [namespace.kubectl("create", "job", "now", "--from=cronjob/tick")]
        outputs.append(namespace.kubectl("wait", "--for=condition=complete", "job/now", "--timeout=60s"))
        return [
            outputs,
            strip_managed(namespace.get("job", "now")),
            strip_managed(namespace.get("cronjob", "tick"), "status"),
        ]

    same(both, namespace, request)


# --- other controllers


def test_it_shows_the_pods_behind_a_service(both, namespace):
    spec = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}

    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(thing("v1", "Service", "web", {"labels": {"app": "web"}}, spec=spec))
        deploy(namespace)
        namespace.wait_until(
            lambda: sum(len(one.get("endpoints") or ()) for one in namespace.all("endpointslices")) == 3
        )
        namespace.wait_until(
            lambda: (
                len((namespace.get("endpoints", "web").get("subsets") or [{}])[0].get("addresses", ())) == 3
            )
        )
        (found,) = namespace.all("endpointslices")
        for one in found["endpoints"]:
            assert len(one.pop("addresses")) == 1
            assert one.pop("nodeName")
            assert one.pop("zone")
        old = namespace.get("endpoints", "web")
        for one in (found, old):  # the time of the change that was seen last, where one was seen in time
            one["metadata"].pop("annotations", None)
        for one in old["subsets"][0]["addresses"]:
            assert one.pop("ip")
            assert one.pop("nodeName")
        return [strip_managed(found, "metadata.generation"), strip_managed(old)]

    same(both, namespace, request)


def test_it_counts_allowed_disruptions(both, namespace):
    budget = thing(
        "policy/v1",
        "PodDisruptionBudget",
        "web",
        spec={"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
    )

    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(budget)
        deploy(namespace)
        namespace.wait_until(lambda: namespace.get("pdb", "web")["status"]["currentHealthy"] == 3)
        return strip_managed(namespace.get("pdb", "web"))

    assert same(both, namespace, request)["status"]["disruptionsAllowed"] == 1


def test_it_counts_what_a_quota_bounds(both, namespace):
    hard = {
        "pods": "10",
        "requests.cpu": "2",
        "requests.memory": "1Gi",
        "configmaps": "9",
        "count/deployments.apps": "4",
    }

    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(thing("v1", "ResourceQuota", "team", spec={"hard": hard}))
        deploy(namespace)
        namespace.wait_until(
            lambda: (namespace.get("quota", "team")["status"].get("used") or {}).get("pods") == "3"
        )
        return strip_managed(namespace.get("quota", "team"))

    same(both, namespace, request)


def test_it_reports_why_a_pod_is_unschedulable(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        namespace.make(thing("v1", "Pod", "huge", spec=template(nodeSelector={"no": "such"})["spec"]))
        namespace.wait_until(lambda: namespace.get("pod", "huge")["status"].get("conditions"))
        namespace.wait_until(lambda: events(namespace, "Pod"))
        return [strip_managed(namespace.get("pod", "huge")), events(namespace, "Pod")]

    same(both, namespace, request)


def test_it_deletes_dependents_with_the_owner(both, namespace):
    def request(namespace: ClusterNamespace) -> Any:
        deploy(namespace)
        outputs = namespace.kubectl("delete", "deployment", "web", "--cascade=foreground", "--timeout=60s")
        return [outputs, namespace.all("replicasets"), namespace.all("pods")]

    assert same(both, namespace, request)[1:] == [[], []]
