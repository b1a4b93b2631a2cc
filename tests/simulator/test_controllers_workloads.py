"""StatefulSets, DaemonSets, Jobs, CronJobs, budgets, quotas and autoscalers under their controllers."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.controllers.schedules import parse_schedule
from simulator.metrics.usage import ContainerUsage
from tests.simulator.simulation import Simulation, condition, deployment, node, ready, template


@pytest.fixture
def simulation() -> Simulation:
    return Simulation()


def stateful_set_spec(replicas: int = 3, **rest: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"app": "web"}}
    return {"replicas": replicas, "serviceName": "web", "selector": selector, "template": template()} | rest


def job(*command: str, **rest: Any) -> dict[str, Any]:
    one = {"name": "work", "image": "work:1"} | ({"command": list(command)} if command else {})
    return {"template": {"spec": {"restartPolicy": "Never", "containers": [one]}}} | rest


def names(simulation: Simulation, kind: str = "Pod") -> list[str]:
    return [one["metadata"]["name"] for one in simulation.all(kind)]


# --- StatefulSets


def test_it_makes_one_pod_of_a_stateful_set_after_the_other(simulation: Simulation) -> None:
    simulation.make("StatefulSet", "web", stateful_set_spec(3))
    seen = []
    for _ in range(90):
        simulation.step(1)
        if names(simulation) not in seen:
            seen.append(names(simulation))
            assert all(ready(one) for one in simulation.all("Pod")[:-1])
    assert seen == [["web-0"], ["web-0", "web-1"], ["web-0", "web-1", "web-2"]]
    simulation.change("StatefulSet", "web", replicas=1)
    simulation.step(60)
    assert names(simulation) == ["web-0"]


def test_it_creates_a_claim_for_each_pod_of_a_stateful_set(simulation: Simulation) -> None:
    simulation.make(
        "StorageClass", "fast", provisioner="csi.example.com", volumeBindingMode="WaitForFirstConsumer"
    )
    claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"}
    claim |= {"resources": {"requests": {"storage": "1Gi"}}}
    simulation.make(
        "StatefulSet",
        "web",
        stateful_set_spec(2, volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": claim}]),
    )
    simulation.step(60)
    assert names(simulation, "PersistentVolumeClaim") == ["data-web-0", "data-web-1"]
    assert all(one["status"]["phase"] == "Bound" for one in simulation.all("PersistentVolumeClaim"))
    assert len(simulation.all("PersistentVolume")) == 2
    simulation.delete("StatefulSet", "web", policy="Background")
    simulation.step(60)
    assert names(simulation) == []
    assert names(simulation, "PersistentVolumeClaim") == ["data-web-0", "data-web-1"]


def test_it_rolls_a_stateful_set_from_the_last_pod_to_the_partition(simulation: Simulation) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    simulation.make("StatefulSet", "web", stateful_set_spec(3, updateStrategy=strategy))
    simulation.step(60)
    simulation.change("StatefulSet", "web", template=template("web:2"))
    simulation.step(90)
    images = [one["spec"]["containers"][0]["image"] for one in simulation.all("Pod")]
    assert images == ["web:1", "web:2", "web:2"]
    status = simulation.get("StatefulSet", "web")["status"]
    assert status["currentRevision"] != status["updateRevision"]
    assert len(simulation.all("ControllerRevision")) == 2


# --- DaemonSets


def test_it_runs_a_daemon_set_on_each_node_and_on_new_ones(simulation: Simulation) -> None:
    simulation.make("DaemonSet", "web", {"selector": {"matchLabels": {"app": "web"}}, "template": template()})
    simulation.step(60)
    assert {one["spec"]["nodeName"] for one in simulation.all("Pod")} == {"n0", "n1", "n2"}
    made = node("n9", 9)
    simulation.make("Node", "n9", made["spec"], status=made["status"])
    simulation.step(60)
    assert len(simulation.all("Pod")) == 4
    assert simulation.get("DaemonSet", "web")["status"]["numberAvailable"] == 4


def test_it_replaces_one_pod_of_a_daemon_set_at_a_time(simulation: Simulation) -> None:
    simulation.make("DaemonSet", "web", {"selector": {"matchLabels": {"app": "web"}}, "template": template()})
    simulation.step(60)
    simulation.change("DaemonSet", "web", template=template("web:2"))
    least = 3
    for _ in range(120):
        simulation.step(1)
        least = min(
            least,
            sum(ready(one) for one in simulation.all("Pod") if "deletionTimestamp" not in one["metadata"]),
        )
    assert least == 2
    assert {one["spec"]["containers"][0]["image"] for one in simulation.all("Pod")} == {"web:2"}


# --- Jobs


def test_it_completes_a_job(simulation: Simulation) -> None:
    simulation.make("Job", "work", job(completions=3, parallelism=2))
    most = 0
    for _ in range(120):
        simulation.step(1)
        most = max(most, simulation.get("Job", "work")["status"].get("active", 0))
    found = simulation.get("Job", "work")
    assert most == 2
    assert found["status"]["succeeded"] == 3
    assert condition(found, "Complete") == ("True", "CompletionsReached")
    assert condition(found, "SuccessCriteriaMet") == ("True", "CompletionsReached")
    assert all("finalizers" not in one["metadata"] for one in simulation.all("Pod"))


def test_it_fails_a_job_beyond_its_limit(simulation: Simulation) -> None:
    simulation.make("Job", "work", job("false", backoffLimit=2))
    simulation.step(300)
    found = simulation.get("Job", "work")
    assert condition(found, "Failed") == ("True", "BackoffLimitExceeded")
    assert found["status"]["failed"] == 3
    assert "completionTime" not in found["status"]


def test_it_fails_a_job_after_its_deadline(simulation: Simulation) -> None:
    simulation.make("Job", "work", job("sleep", "1000", activeDeadlineSeconds=30))
    simulation.step(70)
    assert condition(simulation.get("Job", "work"), "Failed") == ("True", "DeadlineExceeded")
    assert names(simulation) == []


def test_it_removes_a_job_after_its_time(simulation: Simulation) -> None:
    simulation.make("Job", "work", job("true", ttlSecondsAfterFinished=60))
    simulation.step(50)
    assert names(simulation, "Job") == ["work"]
    simulation.step(60)
    assert names(simulation, "Job") == names(simulation) == []


def test_it_stops_a_job_that_is_suspended(simulation: Simulation) -> None:
    simulation.make("Job", "work", job("sleep", "100"))
    simulation.step(20)
    simulation.change("Job", "work", suspend=True)
    simulation.step(30)
    assert names(simulation) == []
    assert condition(simulation.get("Job", "work"), "Suspended") == ("True", "JobSuspended")


def test_it_numbers_the_pods_of_an_indexed_job(simulation: Simulation) -> None:
    simulation.make("Job", "work", job("true", completions=3, parallelism=3, completionMode="Indexed"))
    simulation.step(60)
    assert simulation.get("Job", "work")["status"]["completedIndexes"] == "0-2"
    indexes = {
        one["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] for one in simulation.all("Pod")
    }
    assert indexes == {"0", "1", "2"}


# --- CronJobs


def test_it_fires_a_cron_job_by_the_clusters_clock_and_trims_its_history(simulation: Simulation) -> None:
    simulation.make("CronJob", "tick", {"schedule": "*/5 * * * *", "jobTemplate": {"spec": job("true")}})
    simulation.step(3660)
    jobs = names(simulation, "Job")
    assert len(jobs) == 3
    last = simulation.get("CronJob", "tick")["status"]
    assert last["lastScheduleTime"] == "2026-03-02T10:30:00Z"
    assert jobs[-1] == "tick-29540790"
    assert last["lastSuccessfulTime"] > "2026-03-02T10:25:00Z"


def test_it_does_not_fire_a_cron_job_that_is_suspended(simulation: Simulation) -> None:
    simulation.make(
        "CronJob", "tick", {"schedule": "* * * * *", "suspend": True, "jobTemplate": {"spec": job()}}
    )
    simulation.step(600)
    assert names(simulation, "Job") == []


def test_it_fires_once_after_a_jump_however_much_was_missed(simulation: Simulation) -> None:
    simulation.make("CronJob", "tick", {"schedule": "* * * * *", "jobTemplate": {"spec": job("sleep", "5")}})
    simulation.cluster.clock.move(3600)
    simulation.cluster.clock.ring()
    simulation.runtime.settle()
    assert len(simulation.all("Job")) == 1


def test_it_starts_no_second_job_where_that_is_forbidden(simulation: Simulation) -> None:
    spec = {
        "schedule": "* * * * *",
        "concurrencyPolicy": "Forbid",
        "jobTemplate": {"spec": job("sleep", "150")},
    }
    simulation.make("CronJob", "tick", spec)
    simulation.step(150)
    assert len(simulation.all("Job")) == 1
    assert "JobAlreadyActive" in [reason for reason, _ in simulation.list_events("CronJob")]


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("*/15 * * * *", "UTC", "2026-03-02T09:45:00Z"),
        ("0 3 * * *", "UTC", "2026-03-03T03:00:00Z"),
        ("0 3 * * *", "Europe/Berlin", "2026-03-03T02:00:00Z"),
        ("30 9 1 * mon", "UTC", "2026-03-09T09:30:00Z"),
        ("0 0 29 feb *", "UTC", "2028-02-29T00:00:00Z"),
        ("@hourly", "UTC", "2026-03-02T10:00:00Z"),
        ("@every 90s", "UTC", "2026-03-02T09:31:30Z"),
    ],
)
def test_it_reads_a_schedule(simulation: Simulation, text: str, zone: str, expected: str) -> None:
    found = parse_schedule(text).next_after(simulation.cluster.clock.seconds(), zone)
    assert found is not None
    assert simulation.cluster.clock.format_timestamp(found) == expected


# --- other controllers


def test_it_counts_allowed_disruptions_of_a_budget(simulation: Simulation) -> None:
    simulation.make(
        "PodDisruptionBudget", "web", {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}
    )
    simulation.make("Deployment", "web", deployment(3))
    simulation.step(60)
    status = simulation.get("PodDisruptionBudget", "web")["status"]
    assert (status["currentHealthy"], status["desiredHealthy"], status["disruptionsAllowed"]) == (3, 2, 1)


def test_it_counts_what_a_quota_bounds(simulation: Simulation) -> None:
    hard = {"pods": "10", "requests.cpu": "4", "count/deployments.apps": "5"}
    simulation.make("ResourceQuota", "team", {"hard": hard})
    requirements = {"resources": {"requests": {"cpu": "250m"}}}
    simulation.make("Deployment", "web", deployment(3, container=requirements))
    simulation.step(60)
    used = simulation.get("ResourceQuota", "team")["status"]["used"]
    assert used == {"pods": "3", "requests.cpu": "750m", "count/deployments.apps": "1"}


def test_it_scales_with_what_is_used_and_back_only_after_a_while(simulation: Simulation) -> None:
    requirements = {"resources": {"requests": {"cpu": "100m"}}}
    simulation.make("Deployment", "web", deployment(2, container=requirements))
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 6}
    simulation.make(
        "HorizontalPodAutoscaler", "web", spec | {"metrics": [{"type": "Resource", "resource": metric}]}
    )
    simulation.cluster.usage.source = lambda pod, container, timestamp: ContainerUsage(100, 1)
    simulation.step(120)
    assert simulation.get("Deployment", "web")["spec"]["replicas"] == 6
    simulation.cluster.usage.source = lambda pod, container, timestamp: ContainerUsage(10, 1)
    simulation.step(120)
    assert simulation.get("Deployment", "web")["spec"]["replicas"] == 6
    simulation.step(400)
    assert simulation.get("Deployment", "web")["spec"]["replicas"] == 2
    assert condition(simulation.get("HorizontalPodAutoscaler", "web"), "ScalingActive") == (
        "True",
        "ValidMetricFound",
    )
