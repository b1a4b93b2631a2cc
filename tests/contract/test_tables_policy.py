"""Are the rows of what bounds the rest the same in both: quotas, budgets, autoscalers, priorities, policies?"""

from __future__ import annotations

import pytest

from tests.contract.bodies import thing
from tests.contract.tables import LONG_AGO, collection_path, same_rows

ADMISSION = "admissionregistration.k8s.io/v1"
FLOW = "flowcontrol.apiserver.k8s.io/v1"
NOTHING = {
    "apiGroups": ["nothing.example.com"],
    "apiVersions": ["v1"],
    "resources": ["nothings"],
    "operations": ["*"],
}


@pytest.mark.parametrize("bound", [{"minAvailable": 1}, {"maxUnavailable": "30%"}, {}])
def test_a_disruption_budget(both, own_namespace, bound):
    spec = {"selector": {"matchLabels": {"a": "b"}}} | bound
    status = {"disruptionsAllowed": 2, "currentHealthy": 3, "desiredHealthy": 1, "expectedPods": 3}
    body = thing("policy/v1", "PodDisruptionBudget", "zz", spec=spec)
    path = collection_path(own_namespace, "policy/v1", "poddisruptionbudgets")
    same_rows(both, path, body, {"status": status | {"observedGeneration": 1}})


def test_a_quota(both, own_namespace):
    hard = {"requests.cpu": "10", "limits.memory": "64Gi", "limits.cpu": "0.5", "pods": "20", "services": "3"}
    hard |= {"count/deployments.apps": "5", "requests.storage": "1Ti", "persistentvolumeclaims": "4"}
    used = {"requests.cpu": "1500m", "limits.memory": "1024Mi", "pods": "2", "services": "0"}
    body = thing("v1", "ResourceQuota", "zz", spec={"hard": hard | {"pods": "1000"}})
    path = collection_path(own_namespace, "v1", "resourcequotas")
    same_rows(both, path, body, {"status": {"hard": hard, "used": used}})


def test_a_limit_range(both, own_namespace):
    body = thing("v1", "LimitRange", "zz", spec={"limits": [{"type": "Pod", "max": {"cpu": "1"}}]})
    same_rows(both, collection_path(own_namespace, "v1", "limitranges"), body)


@pytest.mark.parametrize("more", [{}, {"preemptionPolicy": "Never", "description": "last"}])
def test_a_priority_class(both, more):
    body = thing("scheduling.k8s.io/v1", "PriorityClass", "contract-zz", value=-100) | more
    same_rows(both, "/apis/scheduling.k8s.io/v1/priorityclasses", body)


def resource(**target):
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def seen(**current):
    return {"type": "Resource", "resource": {"name": "cpu", "current": current}}


CONTAINER = {"name": "memory", "container": "c"}
HALF, MANY = (
    {"type": "Utilization", "averageUtilization": 50},
    {"type": "AverageValue", "averageValue": "1.5Gi"},
)
OBJECT = {"describedObject": {"kind": "Service", "name": "web"}, "metric": {"name": "hits"}}
QUEUE = {"metric": {"name": "queue"}}
TEN = {"type": "Value", "value": "10k"}
METRICS = {
    "none": (None, None),
    "utilization": ([resource(**HALF)], [seen(averageUtilization=40, averageValue="400m")]),
    "average": ([resource(**MANY)], [seen(averageValue="1024Mi")]),
    "unknown average": ([resource(**MANY)], []),
    "container": (
        [{"type": "ContainerResource", "containerResource": CONTAINER | {"target": HALF}}],
        [{"type": "ContainerResource", "containerResource": CONTAINER | {"current": {"averageUtilization": 7}}}],
    ),
    "container average": (
        [{"type": "ContainerResource", "containerResource": CONTAINER | {"target": MANY}}],
        [{"type": "ContainerResource", "containerResource": CONTAINER | {"current": {"averageValue": "7Mi"}}}],
    ),
    "pods": (
        [{"type": "Pods", "pods": QUEUE | {"target": MANY}}],
        [{"type": "Pods", "pods": QUEUE | {"current": {"averageValue": "2"}}}],
    ),
    "object": (
        [{"type": "Object", "object": OBJECT | {"target": TEN}}],
        [{"type": "Object", "object": OBJECT | {"current": {"value": "9"}}}],
    ),
    "object average": (
        [{"type": "Object", "object": OBJECT | {"target": MANY}}],
        [{"type": "Object", "object": OBJECT | {"current": {"value": "9", "averageValue": "3"}}}],
    ),
    "external": (
        [{"type": "External", "external": QUEUE | {"target": TEN}}],
        [{"type": "External", "external": QUEUE | {"current": {"value": "9"}}}],
    ),
    "external average": (
        [{"type": "External", "external": QUEUE | {"target": MANY}}],
        [{"type": "External", "external": QUEUE | {"current": {"value": "9"}}}],
    ),
    "many": (
        [resource(**HALF), {"type": "Pods", "pods": QUEUE | {"target": MANY}}]
        + [{"type": "External", "external": QUEUE | {"target": TEN}}] * 2,
        [seen(averageUtilization=40)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("metrics", METRICS)
def test_an_autoscaler(both, own_namespace, metrics):
    wanted, current = METRICS[metrics]
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nobody"}
    spec = {"scaleTargetRef": target, "maxReplicas": 10, "minReplicas": 2}
    spec |= {} if wanted is None else {"metrics": wanted}
    status = {"currentReplicas": 3, "desiredReplicas": 4, "currentMetrics": current, "conditions": []}
    body = thing("autoscaling/v2", "HorizontalPodAutoscaler", "zz", spec=spec)
    path = collection_path(own_namespace, "autoscaling/v2", "horizontalpodautoscalers")
    same_rows(both, path, body, {"status": status})


@pytest.mark.parametrize("percentage", [None, 70])
def test_an_old_autoscaler(both, own_namespace, percentage):
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nobody"},
        "maxReplicas": 1,
    }
    spec |= {} if percentage is None else {"targetCPUUtilizationPercentage": percentage}
    body = thing("autoscaling/v1", "HorizontalPodAutoscaler", "zz", spec=spec)
    same_rows(both, collection_path(own_namespace, "autoscaling/v1", "horizontalpodautoscalers"), body)


LIMITED = {"nominalConcurrencyShares": 7, "limitResponse": {"type": "Reject"}}
QUEUED = {"type": "Queue", "queuing": {"queues": 16, "handSize": 4, "queueLengthLimit": 50}}


@pytest.mark.parametrize("limited", [LIMITED, LIMITED | {"limitResponse": QUEUED}])
def test_a_priority_level(both, limited):
    spec = {"type": "Limited", "limited": limited}
    body = thing(FLOW, "PriorityLevelConfiguration", "contract-zz", spec=spec)
    same_rows(both, f"/apis/{FLOW}/prioritylevelconfigurations", body)


@pytest.mark.parametrize("more", [{}, {"distinguisherMethod": {"type": "ByUser"}}])
def test_a_flow_schema(both, more):
    subjects = [{"kind": "User", "user": {"name": "nobody"}}]
    rules = [
        {"subjects": subjects, "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/nowhere"]}]}
    ]
    spec = {
        "priorityLevelConfiguration": {"name": "exempt"},
        "matchingPrecedence": 9000,
        "rules": rules,
    } | more
    dangling = {"type": "Dangling", "status": "False", "lastTransitionTime": LONG_AGO, "reason": "Found"}
    body = thing(FLOW, "FlowSchema", "contract-zz", spec=spec)
    same_rows(both, f"/apis/{FLOW}/flowschemas", body, {"status": {"conditions": [dangling]}})


def test_the_level_that_is_exempt(both):
    def ask(caller):
        accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
        reply = caller.get(
            f"/apis/{FLOW}/prioritylevelconfigurations/exempt?includeObject=None", accept=accept
        )
        return reply.json["rows"][0]["cells"][:-1]

    assert both.same(ask)[:2] == ["exempt", "Exempt"]


@pytest.mark.parametrize("kind", ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"])
def test_webhooks(both, kind):
    one = {"clientConfig": {"url": "https://127.0.0.1:1/"}, "rules": [NOTHING], "sideEffects": "None"}
    hooks = [one | {"name": f"{name}.example.com", "admissionReviewVersions": ["v1"]} for name in ("a", "b")]
    path = f"/apis/{ADMISSION}/{kind.lower()}s"
    same_rows(both, path, thing(ADMISSION, kind, "contract-zz", webhooks=hooks))
    same_rows(both, path, thing(ADMISSION, kind, "contract-zz"))


PARAMETERS = {"apiVersion": "example.com/v1", "kind": "Widget"}
MUTATION = {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}
RULES = {
    "Validating": {"validations": [{"expression": "true"}, {"expression": "1 == 1"}]},
    "Mutating": {"mutations": [MUTATION], "reinvocationPolicy": "Never"},
}


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("parameters", [{}, {"paramKind": PARAMETERS}])
def test_an_admission_policy(both, kind, parameters):
    spec = {"matchConstraints": {"resourceRules": [NOTHING]}} | RULES[kind] | parameters
    body = thing(ADMISSION, f"{kind}AdmissionPolicy", "contract-zz", spec=spec)
    same_rows(both, f"/apis/{ADMISSION}/{kind.lower()}admissionpolicies", body)


EXPRESSIONS = [{"key": "k", "operator": "In", "values": ["x", "y"]}, {"key": "there", "operator": "Exists"}]
REFERENCES = {
    "none": {},
    "name": {"paramRef": {"name": "p", "parameterNotFoundAction": "Deny"}},
    "name and namespace": {"paramRef": {"name": "p", "namespace": "shop", "parameterNotFoundAction": "Deny"}},
    "selector": {
        "paramRef": {
            "selector": {"matchLabels": {"b": "c", "a": "b"}, "matchExpressions": EXPRESSIONS},
            "parameterNotFoundAction": "Allow",
        }
    },
    "any": {"paramRef": {"selector": {}, "parameterNotFoundAction": "Allow"}},
}


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("reference", REFERENCES)
def test_the_binding_of_an_admission_policy(both, kind, reference):
    actions = {"validationActions": ["Deny"]} if kind == "Validating" else {}
    spec = {"policyName": "contract-nothing"} | actions | REFERENCES[reference]
    body = thing(ADMISSION, f"{kind}AdmissionPolicyBinding", "contract-zz", spec=spec)
    same_rows(both, f"/apis/{ADMISSION}/{kind.lower()}admissionpolicybindings", body)
