"""History of a world's workloads: ReplicaSets, pods, claims and statuses, as controllers leave them.

When the controllers sync for the first time, they find nothing to do.
"""

from __future__ import annotations

from typing import Any

from simulator.clock import Clock
from simulator.controllers.containers import BACK_OFF, PULL_BACK_OFF, Run, runs_of
from simulator.controllers.daemonsets import daemon_pod, runs_on
from simulator.controllers.deployments import REVISION, new_replica_set
from simulator.controllers.index import requests
from simulator.controllers.pods import is_ready, new_pod
from simulator.controllers.revisions import new_revision, revision_label
from simulator.controllers.rollouts import bounds
from simulator.controllers.statefulsets import new_claim, stateful_pod
from simulator.controllers.volumes import claim_status, volume_of
from simulator.store import Object
from simulator.worlds.apps import build_workload
from simulator.worlds.batch import settle_cron_job, settle_job
from simulator.worlds.builder import CONTROLLER, NODES, Builder, set_owner_fields
from simulator.worlds.files import Plan, parse_seconds

HOUR, DAY = 3600.0, 86_400.0
CLASSES = ("storage.k8s.io", "storageclasses")


def settle_workload(builder: Builder, plan: Plan, app: dict[str, Any]) -> None:
    """One application's workload, with all that controllers made of it."""
    age = parse_seconds(app["age"], f"{plan.file}: apps ({app['name']}).age") if "age" in app else None
    since = builder.now - (age or builder.random_between(20 * DAY, 190 * DAY))
    kinds = {
        "StatefulSet": _add_stateful_set,
        "DaemonSet": _add_daemon_set,
        "CronJob": settle_cron_job,
        "Job": settle_job,
    }
    kinds.get(app.get("kind", "Deployment"), _add_deployment)(builder, plan, app, since)


# --- Deployments


def _add_deployment(builder: Builder, plan: Plan, app: dict[str, Any], since: float) -> None:
    thing = build_workload(plan, app)
    count = app.get("revisions", 1 + builder.cluster.random.randrange(4))
    rolled = (
        since
        if count == 1
        else builder.now - builder.random_between(2 * HOUR, min(9 * DAY, builder.now - since))
    )
    thing["metadata"].setdefault("annotations", {})[REVISION] = str(count)
    own = builder.put(thing, since, generation=count)
    for number in range(1, count):
        _add_old_replica_set(builder, plan, app, own, number, since + (rolled - since) * number / count)
    desired = set_owner_fields(new_replica_set(own, [], count), own, "apps/v1", "ReplicaSet")
    made = builder.put(desired, rolled, manager=CONTROLLER)
    pods = _add_pods(builder, app, made, rolled)
    ready = sum(is_ready(one) for one in pods)
    status = replica_set_status(len(pods), ready, 1)
    stored = builder.cluster.store.put(("apps", "replicasets"), made | {"status": status})
    _put_status(builder, own, deployment_status(own, stored, len(pods), ready, since, rolled))


def _add_old_replica_set(
    builder: Builder, plan: Plan, app: dict[str, Any], own: Object, number: int, timestamp: float
) -> None:
    """Of an earlier version, without any pod."""
    tag = earlier_tag(str(app.get("tag", "1.0.0")), own["metadata"]["generation"] - number)
    then = builder.add_defaults(build_workload(plan, app, tag))
    was = own | {"spec": own["spec"] | {"template": then["spec"]["template"]}}
    desired = set_owner_fields(new_replica_set(was, [], number), own, "apps/v1", "ReplicaSet")
    desired["spec"]["replicas"] = 0
    status = {"replicas": 0, "terminatingReplicas": 0, "observedGeneration": 2}
    builder.put(desired, timestamp, status, CONTROLLER, 2)


def earlier_tag(tag: str, steps: int) -> str:
    """1.42.0 -> 1.40.0; a tag that is no version gets its number from the steps."""
    parts = tag.split(".")
    position = min(1, len(parts) - 1)
    head, digits = parts[position][:0], parts[position]
    if digits.isdigit() and int(digits) >= steps:
        parts[position] = f"{head}{int(digits) - steps}"
        return ".".join(parts)
    return f"{tag}-rc{max(20 - steps, 1)}"


def _add_pods(builder: Builder, app: dict[str, Any], owner: Object, timestamp: float) -> list[Object]:
    checked = builder.validate(
        set_owner_fields(new_pod(owner["spec"]["template"], owner), owner, "v1", "Pod"), CONTROLLER
    )
    found = []
    for _ in range(owner["spec"]["replicas"]):
        node = builder.choose_node(checked)
        started_at = timestamp + builder.random_between(1.0, 90.0)
        if builder.cluster.random.random() < 0.15:
            started_at = builder.now - builder.random_between(
                0.5 * HOUR, builder.now - timestamp
            )  # its node was drained in between
        pod = builder.bind_pod(checked, node, started_at)
        found.append(_run_pod(builder, app, pod, node, started_at))
    return found


def _run_pod(builder: Builder, app: dict[str, Any], pod: Object, node: Object, timestamp: float) -> Object:
    """As its behaviour has left it: most are well."""
    behavior = app.get("behavior") or {}
    if behavior.get("share", 1) == 1 and behavior.get("pull"):
        return _fail_pull(builder, pod, node, timestamp, str(behavior["pull"]))
    if behavior.get("share", 1) == 1 and behavior.get("after") and behavior.get("code"):
        return _crash_pod(builder, behavior, pod, node, timestamp)
    if builder.cluster.random.random() < 0.06:
        return _restart_pod(builder, pod, node, timestamp)
    return builder.run_pod(pod, node, timestamp)


def _fail_pull(builder: Builder, pod: Object, node: Object, timestamp: float, why: str) -> Object:
    runs = runs_of(pod)
    for run in runs:
        builder.start(run, timestamp + 5)
    last = runs[-1]
    text = f'Back-off pulling image "{last.image}": ErrImagePull: {why}'
    last.state, last.wait_message, last.ready, last.id = PULL_BACK_OFF, text, False, ""
    return builder.set_pod_status(pod, node, runs, timestamp + 20)


def _crash_pod(
    builder: Builder, behavior: dict[str, Any], pod: Object, node: Object, timestamp: float
) -> Object:
    runs = runs_of(pod)
    for run in runs:
        builder.start(run, timestamp + 5)
    run = next(one for one in runs if one.kind == "main")
    run.finished = float(int(builder.now - builder.random_between(20, 250)))
    run.started, run.code = run.finished - 12, int(behavior["code"])
    run.reason, run.message = "Error", str(behavior.get("message", ""))
    run.restarts = int((builder.now - timestamp) / 320) + 5
    _back_off(run, pod)
    return builder.set_pod_status(pod, node, runs, timestamp + 20)


def _back_off(run: Run, pod: Object) -> None:
    metadata = pod["metadata"]
    whole = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    run.last = {"terminated": run.terminated_state()}
    run.state, run.ready = BACK_OFF, False
    run.wait_message = f"back-off 5m0s restarting failed container={run.name} pod={whole}"


def _restart_pod(builder: Builder, pod: Object, node: Object, timestamp: float) -> Object:
    """Once or twice, long ago."""
    runs = runs_of(pod)
    for run in runs:
        builder.start(run, timestamp + 5)
    run = next(one for one in runs if one.kind == "main")
    finished_at = timestamp + builder.random_between(0.1, 0.9) * (builder.now - timestamp)
    run.finished, run.code, run.reason = float(int(finished_at)), 137, "OOMKilled"
    run.last = {"terminated": run.terminated_state()}
    run.code, run.reason, run.finished = 0, "", 0.0
    run.restarts = 1 + builder.cluster.random.randrange(2)
    run.started = float(int(finished_at)) + 2
    return builder.set_pod_status(pod, node, runs, finished_at + 8)


def replica_set_status(count: int, ready: int, generation: int) -> dict[str, Any]:
    found = {
        "replicas": count,
        "fullyLabeledReplicas": count,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }
    found = {key: value for key, value in found.items() if value or key == "replicas"}
    return found | {"terminatingReplicas": 0, "observedGeneration": generation}


def deployment_status(
    own: Object, made: Object, count: int, ready: int, since: float, rolled: float
) -> dict[str, Any]:
    desired, name = own["spec"]["replicas"], made["metadata"]["name"]
    is_enough = ready >= desired - bounds(own)[1]
    words = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    if not is_enough:
        words = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    progress = ("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.')
    if ready < desired:
        progress = ("False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.')
    conditions = [
        _condition("Available", words, since + 30, since + 30),
        _condition("Progressing", progress, rolled + 60, since + 1),
    ]
    found = {"observedGeneration": own["metadata"]["generation"], "replicas": count, "updatedReplicas": count}
    found |= {"readyReplicas": ready, "availableReplicas": ready, "unavailableReplicas": count - ready}
    found = {key: value for key, value in found.items() if value}
    return found | {"terminatingReplicas": 0, "conditions": conditions}


def _condition(
    kind: str, reason_and_message: tuple[str, str, str], updated: float, changed: float
) -> dict[str, Any]:
    return {
        "type": kind,
        "status": reason_and_message[0],
        "lastUpdateTime": Clock.format_timestamp(updated),
        "lastTransitionTime": Clock.format_timestamp(changed),
        "reason": reason_and_message[1],
        "message": reason_and_message[2],
    }


# --- StatefulSets and DaemonSets


def _add_stateful_set(builder: Builder, plan: Plan, app: dict[str, Any], since: float) -> None:
    own = builder.put(build_workload(plan, app), since)
    revision = _add_revision(builder, own, since)
    label, count = revision["metadata"]["name"], own["spec"]["replicas"]
    ready = 0
    for ordinal in range(count):
        for template in own["spec"].get("volumeClaimTemplates") or ():
            _add_claim(builder, own, template, f"data-{own['metadata']['name']}-{ordinal}", since)
        desired = stateful_pod(own, ordinal, label, own["spec"]["template"])
        checked = builder.validate(set_owner_fields(desired, own, "v1", "Pod"), CONTROLLER)
        node = builder.choose_node(checked)
        started_at = builder.now - builder.random_between(HOUR, min(builder.now - since, 30 * DAY))
        pod = builder.bind_pod(checked, node, started_at, checked["metadata"]["name"])
        ready += is_ready(_run_pod(builder, app, pod, node, started_at))
    status: dict[str, Any] = {
        "observedGeneration": 1,
        "replicas": count,
        "readyReplicas": ready,
        "currentReplicas": count,
        "updatedReplicas": count,
        "currentRevision": label,
        "updateRevision": label,
        "collisionCount": 0,
        "availableReplicas": ready,
    }
    _put_status(builder, own, {key: one for key, one in status.items() if one or key in ("collisionCount",)})


def _add_claim(builder: Builder, own: Object, template: Object, name: str, since: float) -> None:
    """Bound to a volume that was made for it."""
    desired = set_owner_fields(new_claim(own, template, name), own, "v1", "PersistentVolumeClaim")
    claim = builder.put(desired, since, manager=CONTROLLER)
    found = builder.cluster.store.get(CLASSES, "", claim["spec"]["storageClassName"])
    if found is None:
        return
    volume = builder.put(volume_of(claim, found), since + 4, {"phase": "Bound"}, CONTROLLER)
    spec = claim["spec"] | {"volumeName": volume["metadata"]["name"]}
    marks = {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}
    metadata = claim["metadata"] | {"annotations": marks}
    bound = claim | {"metadata": metadata, "spec": spec, "status": claim_status(volume)}
    builder.cluster.store.put(("", "persistentvolumeclaims"), bound)


def _add_daemon_set(builder: Builder, plan: Plan, app: dict[str, Any], since: float) -> None:
    own = builder.put(build_workload(plan, app), since)
    label = revision_label(own, _add_revision(builder, own, since))
    nodes = [one for one in builder.cluster.store.items(NODES) if runs_on(own, one)]
    ready = 0
    checked: Object = {}
    for node in nodes:
        desired = daemon_pod(own, node["metadata"]["name"], label)
        checked = checked or builder.validate(set_owner_fields(desired, own, "v1", "Pod"), CONTROLLER)
        checked = checked | {"spec": checked["spec"] | {"affinity": desired["spec"]["affinity"]}}
        started_at = builder.now - builder.random_between(HOUR, min(builder.now - since, 20 * DAY))
        builder.allocate(node["metadata"]["name"], *requests(checked))
        pod = builder.bind_pod(checked, node, started_at)
        ready += is_ready(builder.run_pod(pod, node, started_at))
    count = len(nodes)
    status: dict[str, Any] = {
        "currentNumberScheduled": count,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": count,
        "numberReady": ready,
        "observedGeneration": 1,
        "updatedNumberScheduled": count,
        "numberAvailable": ready,
    }
    _put_status(builder, own, status)


def _add_revision(builder: Builder, own: Object, since: float) -> Object:
    data = {"spec": {"template": own["spec"]["template"] | {"$patch": "replace"}}}
    return builder.put(new_revision(own, data, 1), since, manager=CONTROLLER)


def _put_status(builder: Builder, own: Object, status: dict[str, Any]) -> None:
    builder.cluster.store.put(builder.resource(own).storage, own | {"status": status})
