"""pods/eviction: deletes a pod if its PodDisruptionBudget allows."""

from __future__ import annotations

import dataclasses
from typing import Any

from aiohttp import web

from simulator.cluster import Cluster
from simulator.pods.budgets import BUDGETS, DISRUPTION_ALLOWED, is_ready, selects, set_disruption_allowed
from simulator.requests.call import Call
from simulator.requests.responses import respond
from simulator.requests.statuses import (
    StatusError,
    bad_request_error,
    forbidden_error,
    not_found_error,
    status_error,
)
from simulator.schemas.resources import Object, Resource
from simulator.writing import registry
from simulator.writing.bodies import read_object
from simulator.writing.decoding import decode
from simulator.writing.deletion import DeleteOptions, delete, read_delete_options
from simulator.writing.options import WriteOptions, write_options

EVICTION = Resource("policy", "v1", "evictions", "eviction", "Eviction", True, ())
WRITE_OPTIONS = WriteOptions(manager="kube-apiserver", subresource="status")
BUDGET_VIOLATED = "Cannot evict pod as it would violate the pod's disruption budget."
SEVERAL_BUDGETS = (
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
)
RETRY_SECONDS = 10
MAX_DISRUPTED = 2000  # pods that were evicted and are not gone


async def evict(call: Call) -> web.StreamResponse:
    """Answers a Status; raises 400, 404, 409 and 429."""
    options = write_options(call, "CreateOptions")
    thing, _ = await read_object(call)
    _check_kind(thing)
    thing = decode(thing, call.cluster.types.get_kind_type("policy", "v1", "Eviction"), EVICTION).thing
    namespace, name = call.info.namespace, call.info.name
    given = (thing.get("metadata") or {}).get("namespace")
    if given and given != namespace:
        raise bad_request_error(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if (thing.get("metadata") or {}).get("name") != name:
        raise bad_request_error("name in URL does not match name in Eviction object")
    delete_options = _options(thing, is_dry_run=options.is_dry_run)
    pod = call.cluster.store.get(call.resource.storage, namespace, name)
    if pod is None:
        raise not_found_error(call.resource, name)
    if not _is_free(pod):
        budgets = [one for one in call.cluster.store.items(BUDGETS, namespace) if selects(one, pod)]
        if len(budgets) > 1:
            failed = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
            return await respond(call, failed | {"message": SEVERAL_BUDGETS, "code": 500}, 500)
        if budgets and not _is_unguarded(pod, budgets[0]):
            _use_disruption(call.cluster, budgets[0], name, is_dry_run=delete_options.is_dry_run)
    _remove(call, pod, delete_options)
    done = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
    return await respond(call, done, 201)


def _check_kind(thing: Object) -> None:
    """One without kind is taken for one."""
    version, kind = thing.get("apiVersion") or "policy/v1", thing.get("kind") or "Eviction"
    if (version, kind) not in (("policy/v1", "Eviction"), ("policy/v1beta1", "Eviction")):
        why = f"converting ({version.rpartition('/')[2]}.{kind}) to (policy.Eviction): unknown conversion"
        raise bad_request_error(f'{kind} in version "{version}" cannot be handled as a Eviction: {why}')


def _options(thing: Object, *, is_dry_run: bool) -> DeleteOptions:
    found = read_delete_options(thing.get("deleteOptions") or {})
    return dataclasses.replace(found, is_dry_run=found.is_dry_run or is_dry_run)


def _is_free(pod: Object) -> bool:
    """One that does not run, or is going already, is no loss."""
    phase = (pod.get("status") or {}).get("phase")
    return phase in ("Succeeded", "Failed", "Pending") or "deletionTimestamp" in pod["metadata"]


def _is_unguarded(pod: Object, budget: Object) -> bool:
    """A pod that is not ready may go where the policy says so, or where enough others are healthy."""
    if is_ready(pod):
        return False
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    desired = status.get("desiredHealthy") or 0
    return 0 < desired <= (status.get("currentHealthy") or 0)


def _use_disruption(cluster: Cluster, budget: Object, pod: str, *, is_dry_run: bool) -> None:
    """One disruption of the budget, on record so that the pod counts as gone; raises 403 and 429."""
    name, status = budget["metadata"]["name"], budget.get("status") or {}
    resource = cluster.catalog.find_any_version(*BUDGETS)
    if (status.get("observedGeneration") or 0) < budget["metadata"].get("generation", 0):
        raise _too_many_requests_error(
            f"The disruption budget {name} is still being processed by the server.", RETRY_SECONDS
        )
    if resource is None or len(status.get("disruptedPods") or {}) > MAX_DISRUPTED:
        why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise forbidden_error(Resource("policy", "v1", "poddisruptionbudget", "", "", True, ()), name, why)
    if not status.get("disruptionsAllowed"):
        raise _too_many_requests_error(_violation_message(name, status))
    if is_dry_run:
        return
    now = cluster.clock.stamp()

    def changed(old: Object) -> Object:
        new = dict(old["status"], disruptionsAllowed=old["status"]["disruptionsAllowed"] - 1)
        new["disruptedPods"] = (new.get("disruptedPods") or {}) | {pod: now}
        return old | {"status": new if new["disruptionsAllowed"] else set_disruption_allowed(new, now)}

    registry.update(cluster, resource, budget["metadata"]["namespace"], name, changed, WRITE_OPTIONS)


def _violation_message(name: str, status: dict[str, Any]) -> str:
    condition: dict[str, Any] = next(
        (one for one in status.get("conditions") or () if one["type"] == DISRUPTION_ALLOWED), {}
    )
    message = condition.get("message") if condition.get("status") == "False" else ""
    healthy, desired = status.get("currentHealthy") or 0, status.get("desiredHealthy") or 0
    text = f"The disruption budget {name} does not allow evicting pods currently"
    if message and condition.get("reason") == "SyncFailed":
        return f"{text} because it failed sync: {message}"
    if healthy <= desired:
        return f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
    return f"{text} ({condition.get('reason')}): {message}" if message else text


def _too_many_requests_error(message: str, seconds: int = 0) -> StatusError:
    details: dict[str, Any] = {"causes": [{"reason": "DisruptionBudget", "message": message}]}
    headers = {"Retry-After": str(seconds)} if seconds else {}
    if seconds:
        details["retryAfterSeconds"] = seconds
    return StatusError(429, BUDGET_VIOLATED, "TooManyRequests", details, headers=headers)


def _remove(call: Call, pod: Object, options: DeleteOptions) -> None:
    """Says in the pod's status why it goes, then deletes it."""
    metadata, resource = pod["metadata"], call.resource
    if options.uid and options.uid != metadata["uid"]:
        why = f"the UID in the precondition ({options.uid}) does not match the UID in record ({metadata['uid']})"
        message = f'Operation cannot be fulfilled on Pod "{metadata["name"]}": {why}'
        details = {"name": metadata["name"], "kind": "Pod"}
        raise status_error(409, f"{message}. The object might have been deleted and then recreated", details)
    if not options.is_dry_run:
        status = pod.get("status") or {}
        others = [one for one in status.get("conditions") or () if one.get("type") != "DisruptionTarget"]
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": call.cluster.clock.stamp(),
            "reason": "EvictionByEvictionAPI",
            "message": "Eviction API: evicting",
        }
        unready = pod | {"status": status | {"conditions": [*others, condition]}}
        stored = call.cluster.store.put(resource.storage, unready)
        if options.revision == metadata["resourceVersion"]:
            options = dataclasses.replace(options, revision=stored["metadata"]["resourceVersion"])
    delete(call.cluster, resource, call.info.namespace, call.info.name, options)
