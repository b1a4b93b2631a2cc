"""Do StatefulSets, DaemonSets, Jobs, CronJobs, budgets, quotas and autoscalers do what they are for?"""

from __future__ import annotations

from typing import Any

import pytest

from simulator.keeping.controllers.schedules import read
from simulator.metrics.usage import Used
from tests.simulator.living import Living, condition, deployment, node, ready, template


@pytest.fixture
def living() -> Living:
    return Living()


def stateful(replicas: int = 3, **rest: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"app": "web"}}
    return {"replicas": replicas, "serviceName": "web", "selector": selector, "template": template()} | rest


def job(*command: str, **rest: Any) -> dict[str, Any]:
    one = {"name": "work", "image": "work:1"} | ({"command": list(command)} if command else {})
    return {"template": {"spec": {"restartPolicy": "Never", "containers": [one]}}} | rest


def names(living: Living, kind: str = "Pod") -> list[str]:
    return [one["metadata"]["name"] for one in living.all(kind)]


# --- StatefulSets


def test_it_makes_one_pod_of_a_stateful_set_after_the_other(living: Living) -> None:
    living.make("StatefulSet", "web", stateful(3))
    seen = []
    for _ in range(90):
        living.step(1)
        if names(living) not in seen:
            seen.append(names(living))
            assert all(ready(one) for one in living.all("Pod")[:-1])
    assert seen == [["web-0"], ["web-0", "web-1"], ["web-0", "web-1", "web-2"]]
    living.change("StatefulSet", "web", replicas=1)
    living.step(60)
    assert names(living) == ["web-0"]


def test_it_gives_each_pod_of_a_stateful_set_its_claim_and_keeps_it(living: Living) -> None:
    living.make(
        "StorageClass", "fast", provisioner="csi.example.com", volumeBindingMode="WaitForFirstConsumer"
    )
    claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"}
    claim |= {"resources": {"requests": {"storage": "1Gi"}}}
    living.make(
        "StatefulSet",
        "web",
        stateful(2, volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": claim}]),
    )
    living.step(60)
    assert names(living, "PersistentVolumeClaim") == ["data-web-0", "data-web-1"]
    assert all(one["status"]["phase"] == "Bound" for one in living.all("PersistentVolumeClaim"))
    assert len(living.all("PersistentVolume")) == 2
    living.delete("StatefulSet", "web", policy="Background")
    living.step(60)
    assert names(living) == []
    assert names(living, "PersistentVolumeClaim") == ["data-web-0", "data-web-1"]


def test_it_rolls_a_stateful_set_from_the_last_pod_to_the_partition(living: Living) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    living.make("StatefulSet", "web", stateful(3, updateStrategy=strategy))
    living.step(60)
    living.change("StatefulSet", "web", template=template("web:2"))
    living.step(90)
    images = [one["spec"]["containers"][0]["image"] for one in living.all("Pod")]
    assert images == ["web:1", "web:2", "web:2"]
    status = living.get("StatefulSet", "web")["status"]
    assert status["currentRevision"] != status["updateRevision"]
    assert len(living.all("ControllerRevision")) == 2


# --- DaemonSets


def test_it_runs_a_daemon_set_on_each_node_and_on_new_ones(living: Living) -> None:
    living.make("DaemonSet", "web", {"selector": {"matchLabels": {"app": "web"}}, "template": template()})
    living.step(60)
    assert {one["spec"]["nodeName"] for one in living.all("Pod")} == {"n0", "n1", "n2"}
    made = node("n9", 9)
    living.make("Node", "n9", made["spec"], status=made["status"])
    living.step(60)
    assert len(living.all("Pod")) == 4
    assert living.get("DaemonSet", "web")["status"]["numberAvailable"] == 4


def test_it_replaces_one_pod_of_a_daemon_set_at_a_time(living: Living) -> None:
    living.make("DaemonSet", "web", {"selector": {"matchLabels": {"app": "web"}}, "template": template()})
    living.step(60)
    living.change("DaemonSet", "web", template=template("web:2"))
    least = 3
    for _ in range(120):
        living.step(1)
        least = min(
            least, sum(ready(one) for one in living.all("Pod") if "deletionTimestamp" not in one["metadata"])
        )
    assert least == 2
    assert {one["spec"]["containers"][0]["image"] for one in living.all("Pod")} == {"web:2"}


# --- Jobs


def test_it_completes_a_job(living: Living) -> None:
    living.make("Job", "work", job(completions=3, parallelism=2))
    most = 0
    for _ in range(120):
        living.step(1)
        most = max(most, living.get("Job", "work")["status"].get("active", 0))
    found = living.get("Job", "work")
    assert most == 2
    assert found["status"]["succeeded"] == 3
    assert condition(found, "Complete") == ("True", "CompletionsReached")
    assert condition(found, "SuccessCriteriaMet") == ("True", "CompletionsReached")
    assert all("finalizers" not in one["metadata"] for one in living.all("Pod"))


def test_it_fails_a_job_beyond_its_limit(living: Living) -> None:
    living.make("Job", "work", job("false", backoffLimit=2))
    living.step(300)
    found = living.get("Job", "work")
    assert condition(found, "Failed") == ("True", "BackoffLimitExceeded")
    assert found["status"]["failed"] == 3
    assert "completionTime" not in found["status"]


def test_it_fails_a_job_after_its_deadline(living: Living) -> None:
    living.make("Job", "work", job("sleep", "1000", activeDeadlineSeconds=30))
    living.step(70)
    assert condition(living.get("Job", "work"), "Failed") == ("True", "DeadlineExceeded")
    assert names(living) == []


def test_it_removes_a_job_after_its_time(living: Living) -> None:
    living.make("Job", "work", job("true", ttlSecondsAfterFinished=60))
    living.step(50)
    assert names(living, "Job") == ["work"]
    living.step(60)
    assert names(living, "Job") == names(living) == []


def test_it_stops_a_job_that_is_suspended(living: Living) -> None:
    living.make("Job", "work", job("sleep", "100"))
    living.step(20)
    living.change("Job", "work", suspend=True)
    living.step(30)
    assert names(living) == []
    assert condition(living.get("Job", "work"), "Suspended") == ("True", "JobSuspended")


def test_it_numbers_the_pods_of_an_indexed_job(living: Living) -> None:
    living.make("Job", "work", job("true", completions=3, parallelism=3, completionMode="Indexed"))
    living.step(60)
    assert living.get("Job", "work")["status"]["completedIndexes"] == "0-2"
    indexes = {
        one["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] for one in living.all("Pod")
    }
    assert indexes == {"0", "1", "2"}


# --- CronJobs


def test_it_fires_a_cron_job_by_the_clusters_clock_and_keeps_the_last(living: Living) -> None:
    living.make("CronJob", "tick", {"schedule": "*/5 * * * *", "jobTemplate": {"spec": job("true")}})
    living.step(3660)
    jobs = names(living, "Job")
    assert len(jobs) == 3
    last = living.get("CronJob", "tick")["status"]
    assert last["lastScheduleTime"] == "2026-03-02T10:30:00Z"
    assert jobs[-1] == "tick-29540790"
    assert last["lastSuccessfulTime"] > "2026-03-02T10:25:00Z"


def test_it_does_not_fire_a_cron_job_that_is_suspended(living: Living) -> None:
    living.make("CronJob", "tick", {"schedule": "* * * * *", "suspend": True, "jobTemplate": {"spec": job()}})
    living.step(600)
    assert names(living, "Job") == []


def test_it_fires_once_after_a_jump_however_much_was_missed(living: Living) -> None:
    living.make("CronJob", "tick", {"schedule": "* * * * *", "jobTemplate": {"spec": job("sleep", "5")}})
    living.cluster.clock.move(3600)
    living.cluster.clock.ring()
    living.lives.settle()
    assert len(living.all("Job")) == 1


def test_it_starts_no_second_job_where_that_is_forbidden(living: Living) -> None:
    spec = {
        "schedule": "* * * * *",
        "concurrencyPolicy": "Forbid",
        "jobTemplate": {"spec": job("sleep", "150")},
    }
    living.make("CronJob", "tick", spec)
    living.step(150)
    assert len(living.all("Job")) == 1
    assert "JobAlreadyActive" in [reason for reason, _ in living.told("CronJob")]


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
def test_it_reads_a_schedule(living: Living, text: str, zone: str, expected: str) -> None:
    found = read(text).after(living.cluster.clock.seconds(), zone)
    assert found is not None
    assert living.cluster.clock.written(found) == expected


# --- what else is kept


def test_it_says_how_many_pods_of_a_budget_may_go(living: Living) -> None:
    living.make(
        "PodDisruptionBudget", "web", {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}
    )
    living.make("Deployment", "web", deployment(3))
    living.step(60)
    status = living.get("PodDisruptionBudget", "web")["status"]
    assert (status["currentHealthy"], status["desiredHealthy"], status["disruptionsAllowed"]) == (3, 2, 1)


def test_it_counts_what_a_quota_bounds(living: Living) -> None:
    hard = {"pods": "10", "requests.cpu": "4", "count/deployments.apps": "5"}
    living.make("ResourceQuota", "team", {"hard": hard})
    asks = {"resources": {"requests": {"cpu": "250m"}}}
    living.make("Deployment", "web", deployment(3, container=asks))
    living.step(60)
    used = living.get("ResourceQuota", "team")["status"]["used"]
    assert used == {"pods": "3", "requests.cpu": "750m", "count/deployments.apps": "1"}


def test_it_scales_with_what_is_used_and_back_only_after_a_while(living: Living) -> None:
    asks = {"resources": {"requests": {"cpu": "100m"}}}
    living.make("Deployment", "web", deployment(2, container=asks))
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 6}
    living.make(
        "HorizontalPodAutoscaler", "web", spec | {"metrics": [{"type": "Resource", "resource": metric}]}
    )
    living.cluster.usage.source = lambda pod, container, moment: Used(100, 1)
    living.step(120)
    assert living.get("Deployment", "web")["spec"]["replicas"] == 6
    living.cluster.usage.source = lambda pod, container, moment: Used(10, 1)
    living.step(120)
    assert living.get("Deployment", "web")["spec"]["replicas"] == 6
    living.step(400)
    assert living.get("Deployment", "web")["spec"]["replicas"] == 2
    assert condition(living.get("HorizontalPodAutoscaler", "web"), "ScalingActive") == (
        "True",
        "ValidMetricFound",
    )
