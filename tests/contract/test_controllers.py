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
    """The simulator with all that lives in it."""
    folder = tmp_path_factory.mktemp("living")
    with start_simulated(folder, controlplane.binaries.kubectl, controlplane.pod_log, is_living=True) as one:
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
    def ask(place: ClusterNamespace) -> Any:
        deploy(place)
        return strip_managed(place.get("deployment", "web"))

    found = same(both, namespace, ask)
    assert found["status"]["availableReplicas"] == 3


def test_it_makes_the_same_replica_set(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place, minReadySeconds=1, strategy={"rollingUpdate": {"maxSurge": 2}})
        return [strip_managed(one) for one in place.all("replicasets")]

    same(both, namespace, ask)


def test_it_makes_the_same_pods(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place)
        pods = [strip_node(one, *POD_STATUS) for one in place.all("pods")]
        for one in pods:
            for key in ("podIP", "podIPs", "hostIP", "hostIPs"):
                assert one["status"].pop(key)
        return pods

    same(both, namespace, ask)


def test_it_reports_the_same_conditions_of_a_pod(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place)
        (pod, *_) = place.all("pods")
        wanted = ("PodScheduled", "Initialized", "Ready", "ContainersReady")
        return sorted(
            [one["type"], one["status"]] for one in pod["status"]["conditions"] if one["type"] in wanted
        )

    assert len(same(both, namespace, ask)) == 4


def test_it_rolls_out_rolls_back_and_has_the_same_history(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place, revisionHistoryLimit=2)
        said = []
        for image in ("web:2", "web:3", "web:4"):
            said.append(place.kubectl("set", "image", "deployment/web", f"web=registry.example/{image}"))
            place.wait_for_rollout()
        said.append(place.kubectl("rollout", "history", "deployment/web"))
        said.append(place.kubectl("rollout", "undo", "deployment/web", "--to-revision=3"))
        place.wait_for_rollout()
        said.append(place.kubectl("rollout", "history", "deployment/web"))
        sets = [strip_managed(one) for one in place.all("replicasets")]
        sets.sort(key=lambda one: one["metadata"]["annotations"]["deployment.kubernetes.io/revision"])
        for one in sets:  # how often they were looked at on the way is a matter of pace
            assert one["metadata"].pop("generation") == one["status"].pop("observedGeneration")
        return [said, sets, strip_managed(place.get("deployment", "web"))]

    same(both, namespace, ask)


def test_it_restarts_and_recreates(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place, strategy={"type": "Recreate"})
        said = [place.kubectl("rollout", "restart", "deployment/web")]
        place.wait_for_rollout()
        said.append(place.kubectl("rollout", "status", "deployment/web"))
        return [said, strip_managed(place.get("deployment", "web"))]

    same(both, namespace, ask)


def test_it_waits_while_it_is_paused(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place)
        said = [place.kubectl("rollout", "pause", "deployment/web")]
        place.wait_until(lambda: _read_progressing(place) == "DeploymentPaused")
        place.run_kubectl("set", "image", "deployment/web", "web=registry.example/web:2")
        place.run_kubectl("scale", "deployment/web", "--replicas=4")
        place.wait_until(lambda: place.get("deployment", "web")["status"].get("availableReplicas") == 4)
        said.append([one["spec"]["replicas"] for one in place.all("replicasets")])
        said.append(strip_managed(place.get("deployment", "web")))
        said.append(place.kubectl("rollout", "resume", "deployment/web"))
        place.wait_for_rollout()
        said.append(strip_managed(place.get("deployment", "web")))
        return said

    same(both, namespace, ask)


def _read_progressing(namespace: ClusterNamespace) -> str:
    conditions = namespace.get("deployment", "web")["status"]["conditions"]
    return next(one["reason"] for one in conditions if one["type"] == "Progressing")


def test_it_reports_a_deployment_without_progress(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        stuck = template(nodeSelector={"no": "such"})
        place.make(workload("Deployment", template=stuck, progressDeadlineSeconds=2))
        place.wait_until(lambda: _read_progressing(place) == "ProgressDeadlineExceeded")
        return [
            strip_managed(place.get("deployment", "web")),
            place.kubectl("rollout", "status", "deployment/web"),
        ]

    same(both, namespace, ask)


def test_it_records_the_same_events(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place)
        place.run_kubectl("scale", "deployment/web", "--replicas=1")
        place.wait_for_rollout()
        return [events(place, kind) for kind in ("Deployment", "ReplicaSet")]

    same(both, namespace, ask)


def test_it_brings_a_deleted_pod_back(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place)
        before = {one["metadata"]["name"] for one in place.all("pods")}
        place.run_kubectl("delete", "pod", min(before), "--wait=true")
        place.wait_for_rollout()
        after = {one["metadata"]["name"] for one in place.all("pods")}
        return [len(after), len(before & after)]

    assert same(both, namespace, ask) == [3, 2]


def test_it_scales_to_nothing(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place)
        said = place.kubectl("scale", "deployment/web", "--replicas=0")
        place.wait_for_rollout()
        place.wait_until(lambda: not place.all("pods"))
        return [said, strip_managed(place.get("deployment", "web"))]

    same(both, namespace, ask)


# --- the other workloads


def test_it_makes_the_same_of_a_stateful_set(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        place.make(workload("StatefulSet", replicas=2, serviceName="web"))
        place.wait_for_rollout("statefulset/web")
        pods = [strip_node(one, "status") for one in place.all("pods")]
        revisions = [strip_managed(one) for one in place.all("controllerrevisions")]
        return [strip_managed(place.get("statefulset", "web")), pods, revisions, events(place, "StatefulSet")]

    same(both, namespace, ask)


def test_it_rolls_a_stateful_set(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        place.make(workload("StatefulSet", replicas=2, serviceName="web"))
        place.wait_for_rollout("statefulset/web")
        place.run_kubectl("set", "image", "statefulset/web", "web=registry.example/web:2")
        place.wait_for_rollout("statefulset/web")
        said = [place.kubectl("rollout", "history", "statefulset/web")]
        said.append(place.kubectl("rollout", "undo", "statefulset/web"))
        place.wait_for_rollout("statefulset/web")
        said.append(sorted(one["revision"] for one in place.all("controllerrevisions")))
        return [said, strip_managed(place.get("statefulset", "web"), "status.collisionCount")]

    same(both, namespace, ask)


def test_it_makes_the_same_of_a_daemon_set(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        place.make(workload("DaemonSet"))
        place.wait_for_rollout("daemonset/web")
        pods = [strip_managed(one, "status") for one in place.all("pods")]
        pods.sort(key=lambda one: one["spec"]["nodeName"])
        return [strip_managed(place.get("daemonset", "web")), pods, events(place, "DaemonSet")]

    same(both, namespace, ask)


def test_it_completes_a_job(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        place.make(job(completions=2, parallelism=2))
        said = place.kubectl("wait", "--for=condition=complete", "job/work", "--timeout=60s")
        pods = [strip_node(one, "status") for one in place.all("pods")]
        found = strip_managed(place.get("job", "work"))
        for one in found["status"]["conditions"]:  # pods that end in the same second or not
            one.pop("lastProbeTime", None)
        return [said, found, pods, events(place, "Job")]

    same(both, namespace, ask)


def test_it_suspends_a_job_and_goes_on(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        place.make(job(suspend=True))
        place.wait_until(lambda: place.get("job", "work")["status"].get("conditions"))
        before = strip_managed(place.get("job", "work"))
        place.run_kubectl("patch", "job", "work", "-p", '{"spec":{"suspend":false}}')
        place.run_kubectl("wait", "--for=condition=complete", "job/work", "--timeout=60s")
        return [before, sorted(one["type"] for one in place.get("job", "work")["status"]["conditions"])]

    same(both, namespace, ask)


def test_it_makes_a_job_of_a_cron_job_by_hand(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        place.make(cron_job())
        said = [place.kubectl("create", "job", "now", "--from=cronjob/tick")]
        said.append(place.kubectl("wait", "--for=condition=complete", "job/now", "--timeout=60s"))
        return [
            said,
            strip_managed(place.get("job", "now")),
            strip_managed(place.get("cronjob", "tick"), "status"),
        ]

    same(both, namespace, ask)


# --- what is kept besides


def test_it_shows_the_pods_behind_a_service(both, namespace):
    spec = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}

    def ask(place: ClusterNamespace) -> Any:
        place.make(thing("v1", "Service", "web", {"labels": {"app": "web"}}, spec=spec))
        deploy(place)
        place.wait_until(
            lambda: sum(len(one.get("endpoints") or ()) for one in place.all("endpointslices")) == 3
        )
        place.wait_until(
            lambda: len((place.get("endpoints", "web").get("subsets") or [{}])[0].get("addresses", ())) == 3
        )
        (found,) = place.all("endpointslices")
        for one in found["endpoints"]:
            assert len(one.pop("addresses")) == 1
            assert one.pop("nodeName")
            assert one.pop("zone")
        old = place.get("endpoints", "web")
        for one in (found, old):  # the time of the change that was seen last, where one was seen in time
            one["metadata"].pop("annotations", None)
        for one in old["subsets"][0]["addresses"]:
            assert one.pop("ip")
            assert one.pop("nodeName")
        return [strip_managed(found, "metadata.generation"), strip_managed(old)]

    same(both, namespace, ask)


def test_it_counts_allowed_disruptions(both, namespace):
    budget = thing(
        "policy/v1",
        "PodDisruptionBudget",
        "web",
        spec={"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
    )

    def ask(place: ClusterNamespace) -> Any:
        place.make(budget)
        deploy(place)
        place.wait_until(lambda: place.get("pdb", "web")["status"]["currentHealthy"] == 3)
        return strip_managed(place.get("pdb", "web"))

    assert same(both, namespace, ask)["status"]["disruptionsAllowed"] == 1


def test_it_counts_what_a_quota_bounds(both, namespace):
    hard = {
        "pods": "10",
        "requests.cpu": "2",
        "requests.memory": "1Gi",
        "configmaps": "9",
        "count/deployments.apps": "4",
    }

    def ask(place: ClusterNamespace) -> Any:
        place.make(thing("v1", "ResourceQuota", "team", spec={"hard": hard}))
        deploy(place)
        place.wait_until(lambda: (place.get("quota", "team")["status"].get("used") or {}).get("pods") == "3")
        return strip_managed(place.get("quota", "team"))

    same(both, namespace, ask)


def test_it_reports_why_a_pod_is_unschedulable(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        place.make(thing("v1", "Pod", "huge", spec=template(nodeSelector={"no": "such"})["spec"]))
        place.wait_until(lambda: place.get("pod", "huge")["status"].get("conditions"))
        place.wait_until(lambda: events(place, "Pod"))
        return [strip_managed(place.get("pod", "huge")), events(place, "Pod")]

    same(both, namespace, ask)


def test_it_deletes_dependents_with_the_owner(both, namespace):
    def ask(place: ClusterNamespace) -> Any:
        deploy(place)
        said = place.kubectl("delete", "deployment", "web", "--cascade=foreground", "--timeout=60s")
        return [said, place.all("replicasets"), place.all("pods")]

    assert same(both, namespace, ask)[1:] == [[], []]
