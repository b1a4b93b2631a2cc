"""Contract of pod evictions: the same pods are deleted, with the same errors."""

from __future__ import annotations

import itertools

import pytest

from tests.contract.bodies import deployment, pod, thing
from tests.contract.pods import write_running
from tests.dashboard_server import wait_for

POLICY = "/apis/policy/v1"
_numbers = itertools.count()


@pytest.fixture
def eviction_target(contenders, own_namespace):
    """(path of the namespace, a label of this test, names of three ready pods that carry it), in both."""
    label = f"test-{next(_numbers)}"
    names = [f"{label}-{number}" for number in range(3)]
    for one in contenders.values():
        for name in names:
            metadata = {"labels": {"app": label}, "finalizers": ["example.com/hold"]}
            assert one.admin.post(f"{own_namespace}/pods", pod(name, metadata)).status == 201
            write_running(one.admin, own_namespace, name, "c")
    yield own_namespace, label, names
    for one in contenders.values():
        for name in names:
            one.admin.patch(f"{own_namespace}/pods/{name}", {"metadata": {"finalizers": None}})
            one.admin.delete(f"{own_namespace}/pods/{name}", {"gracePeriodSeconds": 0})


def budgets(path):
    return f"{POLICY}/{path.removeprefix('/api/v1/')}/poddisruptionbudgets"


def protect(both, target, spec, *, name=""):
    """A budget over the pods of this test; returns its path when its controller has synced it."""
    path, label, _ = target
    name = name or label
    body = thing(
        "policy/v1", "PodDisruptionBudget", name, spec={"selector": {"matchLabels": {"app": label}}} | spec
    )
    for one in (both.simulator, both.kubernetes):
        made = one.admin.post(budgets(path), body)
        assert made.status == 201, made.body
        wait_for(lambda one=one: status(one.admin, f"{budgets(path)}/{name}").get("conditions"))
    return f"{budgets(path)}/{name}"


def status(caller, path):
    return caller.get(path).json.get("status") or {}


def evict(caller, target, number=0, query="", **more):
    path, _, names = target
    body = thing("policy/v1", "Eviction", names[number]) | more
    return caller.post(f"{path}/pods/{names[number]}/eviction{query}", body)


def test_a_pod_without_a_budget_goes(both, eviction_target):
    def request(caller):
        reply = evict(caller, eviction_target)
        after = caller.get(f"{eviction_target[0]}/pods/{eviction_target[2][0]}").json
        reasons = [one for one in after["status"]["conditions"] if one["type"] == "DisruptionTarget"]
        return [reply, reasons, "deletionTimestamp" in after["metadata"]]

    found = both.same(request)
    assert found[0]["status"] == 201
    assert found[2]


SPECS = {
    "all are needed": {"minAvailable": 3},
    "more than there are": {"minAvailable": 5},
    "two are needed": {"minAvailable": 2},
    "none is needed": {"minAvailable": 0},
    "a share of nobody's": {"minAvailable": "50%"},
    "one may be missing": {"maxUnavailable": 1},
    "none may be missing": {"maxUnavailable": 0},
}


@pytest.mark.parametrize("name", SPECS)
def test_the_status_of_a_budget_and_what_follows(both, eviction_target, name):
    budget = protect(both, eviction_target, SPECS[name])
    both.same(lambda caller: status(caller, budget))
    both.same(lambda caller: [evict(caller, eviction_target, query="?dryRun=All"), status(caller, budget)])
    both.same(lambda caller: evict(caller, eviction_target))
    both.same(lambda caller: evict(caller, eviction_target, 1))


def test_a_pod_that_was_evicted_does_not_count(both, eviction_target):
    budget = protect(both, eviction_target, {"minAvailable": 2})
    both.same(lambda caller: evict(caller, eviction_target))
    for one in (both.simulator, both.kubernetes):
        wait_for(lambda one=one: is_settled(status(one.admin, budget)))
    both.same(lambda caller: status(caller, budget))


def is_settled(found):
    """Whether the controller has seen that the evicted pod is going: it is listed as disrupted until then."""
    return found["currentHealthy"] == 2 and not found.get("disruptedPods")


def test_a_budget_lists_disrupted_pods(both, eviction_target):
    """Before its pod goes: the first change that a watcher sees."""
    path, label, _ = eviction_target
    budget = protect(both, eviction_target, {"minAvailable": 2})

    def request(caller):
        begin = caller.get(budget).json["metadata"]["resourceVersion"]
        assert evict(caller, eviction_target).status == 201
        query = f"watch=1&timeoutSeconds=1&resourceVersion={begin}&fieldSelector=metadata.name%3D{label}"
        return caller.watch(f"{budgets(path)}?{query}")[0]["object"]["status"]

    assert list(both.same(request)["disruptedPods"]) == [eviction_target[2][0]]


def test_a_dry_run_spends_nothing(both, eviction_target):
    budget = protect(both, eviction_target, {"minAvailable": 2})
    both.same(lambda caller: [evict(caller, eviction_target, query="?dryRun=All") for _ in range(2)])
    both.same(lambda caller: evict(caller, eviction_target, deleteOptions={"dryRun": ["All"]}))
    assert both.same(lambda caller: status(caller, budget))["disruptionsAllowed"] == 1
    both.same(
        lambda caller: (
            "deletionTimestamp"
            in caller.get(f"{eviction_target[0]}/pods/{eviction_target[2][0]}").json["metadata"]
        )
    )


def test_a_pod_that_is_not_ready(both, eviction_target):
    path, _, names = eviction_target
    not_ready = {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    budget = protect(both, eviction_target, {"minAvailable": 3})
    for one in (both.simulator, both.kubernetes):
        one.admin.patch(f"{path}/pods/{names[0]}/status", not_ready)
        wait_for(lambda one=one: status(one.admin, budget)["currentHealthy"] == 2)
    both.same(lambda caller: evict(caller, eviction_target))
    for one in (both.simulator, both.kubernetes):
        one.admin.patch(budget, {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}})
    both.same(lambda caller: evict(caller, eviction_target))


def test_a_pod_that_does_not_run_goes_whatever_the_budget(both, eviction_target):
    path, _, names = eviction_target
    protect(both, eviction_target, {"minAvailable": 3})
    for one in (both.simulator, both.kubernetes):
        one.admin.patch(f"{path}/pods/{names[0]}/status", {"status": {"phase": "Failed"}})
    both.same(lambda caller: evict(caller, eviction_target))
    both.same(lambda caller: evict(caller, eviction_target))


def test_two_budgets_over_one_pod(both, eviction_target):
    protect(both, eviction_target, {"minAvailable": 0}, name=f"{eviction_target[1]}-a")
    protect(both, eviction_target, {"minAvailable": 0}, name=f"{eviction_target[1]}-b")
    both.same(lambda caller: evict(caller, eviction_target))


def test_the_pods_of_a_deployment_are_counted_by_desired_replicas(both, own_namespace):
    """The real one's controllers make the pods' owner; the number that they want is what matters."""
    path = f"/apis/apps/v1/{own_namespace.removeprefix('/api/v1/')}"
    for one in (both.simulator, both.kubernetes):
        one.admin.post(f"{path}/deployments", deployment("wanted", replicas=0))
    budget = thing(
        "policy/v1",
        "PodDisruptionBudget",
        "wanted",
        spec={"maxUnavailable": "50%", "selector": {"matchLabels": {"a": "b"}}},
    )
    for one in (both.simulator, both.kubernetes):
        one.admin.post(budgets(own_namespace), budget)
        wait_for(lambda one=one: status(one.admin, f"{budgets(own_namespace)}/wanted").get("conditions"))
    both.same(lambda caller: status(caller, f"{budgets(own_namespace)}/wanted"))


WRONG = {
    "another name": {"metadata": {"name": "other"}},
    "no name": {"metadata": {}},
    "another namespace": {"metadata": {"name": "NAME", "namespace": "shop"}},
    "another kind": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "NAME"}},
    "another dry run": {"metadata": {"name": "NAME"}, "deleteOptions": {"dryRun": ["Some"]}},
    "another uid": {
        "metadata": {"name": "NAME"},
        "deleteOptions": {"preconditions": {"uid": "12345678-1234-1234-1234-123456789012"}},
    },
    "another version": {
        "metadata": {"name": "NAME"},
        "deleteOptions": {"preconditions": {"resourceVersion": "5"}},
    },
    "a wrong type": {"metadata": {"name": "NAME"}, "deleteOptions": 5},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_eviction(both, eviction_target, name):
    more = dict(WRONG[name])
    if more["metadata"].get("name") == "NAME":
        more["metadata"] = more["metadata"] | {"name": eviction_target[2][0]}
    both.same(lambda caller: evict(caller, eviction_target, **more))


def test_no_such_pod(both, own_namespace):
    body = thing("policy/v1", "Eviction", "nope")
    both.same_request("POST", f"{own_namespace}/pods/nope/eviction", body)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method(both, own_namespace, method):
    both.same_request(method, f"{own_namespace}/pods/nope/eviction")


@pytest.mark.parametrize("person", ["stan", "rene"])
def test_who_is_not_allowed(both, own_namespace, person):
    body = thing("policy/v1", "Eviction", "nope")
    both.same_request("POST", f"{own_namespace}/pods/nope/eviction", body, person=person)
