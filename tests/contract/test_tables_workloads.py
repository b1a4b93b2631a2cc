"""Are the rows of what makes pods the same in both: Deployments, Jobs and their like?"""

from __future__ import annotations

import pytest

from tests.contract.bodies import CONTAINER, NO_NODE, TEMPLATE, deployment, thing
from tests.contract.tables import LONG_AGO, collection_path, same_rows

EXPRESSIONS = [
    {"key": "tier", "operator": "In", "values": ["web", "db"]},
    {"key": "zone", "operator": "Exists"},
    {"key": "b", "operator": "NotIn", "values": ["c"]},
    {"key": "old", "operator": "DoesNotExist"},
]
SELECTOR = {"matchLabels": {"a": "b", "app": "shop"}, "matchExpressions": EXPRESSIONS}
LABELS = {"a": "b", "app": "shop", "tier": "web", "zone": "z"}
TWO = {
    "metadata": {"labels": LABELS},
    "spec": {"nodeSelector": NO_NODE, "containers": [CONTAINER, CONTAINER | {"name": "d", "image": "e/f@sha256:0"}]},
}  # fmt: skip
ONE = {"metadata": {"labels": {"a": "b"}}, "spec": TEMPLATE["spec"] | {"nodeSelector": NO_NODE}}
COUNTS = {"replicas": 3, "readyReplicas": 2, "availableReplicas": 1}


@pytest.mark.parametrize("spec", [{}, {"replicas": 3, "paused": True, "selector": SELECTOR, "template": TWO}])
def test_a_deployment(both, own_namespace, spec):
    status = COUNTS | {"updatedReplicas": 2, "unavailableReplicas": 2, "observedGeneration": 1}
    path = collection_path(own_namespace, "apps/v1", "deployments")
    same_rows(both, path, deployment(**spec), {"spec": {"replicas": 5}}, {"status": status})


@pytest.mark.parametrize("kind", ["ReplicaSet", "StatefulSet"])
@pytest.mark.parametrize(
    "spec", [{"replicas": 2, "template": TWO, "selector": SELECTOR}, {"replicas": 0}, {}]
)
def test_a_set(both, own_namespace, kind, spec):
    own = {"selector": {"matchLabels": {"a": "b"}}, "template": ONE} | spec
    path = collection_path(own_namespace, "apps/v1", f"{kind.lower()}s")
    same_rows(both, path, thing("apps/v1", kind, "zz", spec=own), {"status": COUNTS})


@pytest.mark.parametrize("nodes", [{"a": "b", "no": "such"}, NO_NODE])
def test_a_daemon_set(both, own_namespace, nodes):
    template = {"metadata": TWO["metadata"], "spec": TWO["spec"] | {"nodeSelector": nodes}}
    own = {"selector": SELECTOR, "template": template}
    counts = {
        "desiredNumberScheduled": 5,
        "currentNumberScheduled": 4,
        "numberReady": 3,
        "updatedNumberScheduled": 2,
        "numberAvailable": 1,
        "numberMisscheduled": 0,
    }
    path = collection_path(own_namespace, "apps/v1", "daemonsets")
    same_rows(both, path, thing("apps/v1", "DaemonSet", "zz", spec=own), {"status": counts})


@pytest.mark.parametrize(
    "spec",
    [
        {"replicas": 2, "template": ONE, "selector": {"a": "b"}},
        {"replicas": 0, "template": TWO, "selector": {"a": "b", "app": "shop"}},
        {"template": ONE},
    ],
)
def test_a_replication_controller(both, own_namespace, spec):
    body = thing("v1", "ReplicationController", "zz", spec=spec)
    same_rows(both, collection_path(own_namespace, "v1", "replicationcontrollers"), body, {"status": COUNTS})


def condition(kind, status="True"):
    return {"type": kind, "status": status, "lastTransitionTime": LONG_AGO}


BEGUN = {"startTime": LONG_AGO}
TOOK = BEGUN | {"completionTime": "2020-01-01T01:02:03Z"}
JOBS = {
    "new": ({}, []),
    "running": ({"completions": 5, "parallelism": 2}, [BEGUN | {"active": 2, "succeeded": 1}]),
    "parallel": ({"parallelism": 3}, [BEGUN | {"succeeded": 1, "active": 1}]),
    "complete": (
        {"completions": 2},
        [
            BEGUN | {"succeeded": 2, "conditions": [condition("SuccessCriteriaMet")]},
            TOOK | {"succeeded": 2, "conditions": [condition("SuccessCriteriaMet"), condition("Complete")]},
        ],
    ),
    "failed": (
        {"completions": 2},
        [
            BEGUN | {"failed": 1, "conditions": [condition("FailureTarget")]},
            BEGUN | {"failed": 1, "conditions": [condition("FailureTarget"), condition("Failed")]},
        ],
    ),
    "suspended": ({"suspend": True}, [{"conditions": [condition("Suspended")]}]),
    "resumed": ({}, [BEGUN | {"conditions": [condition("Suspended", "False")]}]),
}


@pytest.mark.parametrize("state", JOBS)
def test_a_job(both, own_namespace, state):
    spec, statuses = JOBS[state]
    path = collection_path(own_namespace, "batch/v1", "jobs")
    same_rows(both, path, job(**spec), *({"status": one} for one in statuses), is_deleted=True)


def job(**spec):
    """That the Job controller leaves alone."""
    template = {"spec": {"restartPolicy": "Never", "nodeSelector": NO_NODE, "containers": [CONTAINER]}}
    own = {"managedBy": "example.com/nobody", "template": template, "manualSelector": True} | spec
    own["selector"] = {"matchLabels": {"a": "b"}}
    own["template"] = template | {"metadata": {"labels": {"a": "b"}}}
    return thing("batch/v1", "Job", "zz", spec=own)


@pytest.mark.parametrize("spec", [{"suspend": True}, {"schedule": "0 3 1 1 *", "timeZone": "Europe/Berlin"}])
def test_a_cron_job(both, own_namespace, spec):
    template = {"spec": {"restartPolicy": "Never", "containers": TWO["spec"]["containers"]}}
    own = {"schedule": "0 3 1 1 *", "jobTemplate": {"spec": {"template": template}}} | spec
    active = [
        {"kind": "Job", "namespace": own_namespace.rpartition("/")[2], "name": f"zz-{one}"}
        for one in range(2)
    ]
    status = {"lastScheduleTime": LONG_AGO, "active": active}
    path = collection_path(own_namespace, "batch/v1", "cronjobs")
    same_rows(both, path, thing("batch/v1", "CronJob", "zz", spec=own), {"status": status})


OWNER = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "0000", "controller": True}


@pytest.mark.parametrize(
    "owners",
    [[], [OWNER], [OWNER | {"controller": False}], [OWNER | {"apiVersion": "v1", "kind": "Pod"}]],
)
def test_a_controller_revision(both, own_namespace, owners):
    body = thing("apps/v1", "ControllerRevision", "zz", {"ownerReferences": owners}, revision=3, data={})
    same_rows(both, collection_path(own_namespace, "apps/v1", "controllerrevisions"), body)


@pytest.mark.parametrize("template", [TWO, {"spec": TWO["spec"]}])
def test_a_pod_template(both, own_namespace, template):
    body = thing("v1", "PodTemplate", "zz", template=template)
    same_rows(both, collection_path(own_namespace, "v1", "podtemplates"), body)
