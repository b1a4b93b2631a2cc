"""Hostile texts and objects: markup, control characters and long values in every field."""

from typing import Any

NAMESPACE = "hostile"
TEXTS = {
    "image": "<img src=x onerror=alert(1)>",
    "script": '"><script>alert(1)</script>',
    "attribute": "' onmouseover='alert(1)",
    "address": "javascript:alert(1)",
    "closing": "</textarea></style></script><svg onload=alert(1)>",
    "comment": "--><img src=x onerror=alert(1)><!--",
    "entity": "&lt;img src=x onerror=alert(1)&gt;",
    "htmx": '<div hx-get="/x" hx-trigger="load" hx-swap="outerHTML">x</div>',
    "socket": '<div hx-swap-oob="innerHTML:body">x</div>',
    "template": "{{ 7*7 }} {% debug %} ${7*7} #{7*7}",
    "terminal": "\x1b[2J\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "bidi": "user\u202egnp.exe\u202c \u2066admin\u2069 \u200bzero\ufeff",
    "lines": "first\r\nSet-Cookie: a=b\r\n\r\n<b>body</b>\u2028next\u2029last",
    "formula": '=HYPERLINK("https://evil.example","x")',
    "emoji": "\U0001f469\u200d\U0001f4bb e\u0301 \u0930\u094d \U000e0041",
    "control": "a\x00b\x08c\x7fd\x9be",
}
LONG = "x" * 60_000 + "<b>end</b>"
ALL = "\n".join(text for name, text in TEXTS.items() if name != "control")
# For fields that take one printable line (a Warning header, a column, a field manager).
LINE = f"{TEXTS['image']} {TEXTS['script']} {TEXTS['htmx']} {TEXTS['template']}"
GROUP = "hostile.example.com"
RESOURCE = f"oddities.{GROUP}"


def build_definitions() -> list[dict[str, Any]]:
    """A CRD with hostile columns, descriptions and warning, and a policy with a hostile refusal."""
    return [_definition(), _policy(), _policy_binding()]


def build_objects() -> list[dict[str, Any]]:
    return [
        _object("v1", "ConfigMap", "texts", data=TEXTS | {"__proto__": TEXTS["image"], "constructor": "x"}),
        _object("v1", "ConfigMap", "long", data={"one": LONG, "line-lengths": "y\n" * 20_000}),
        _object("v1", "ConfigMap", "large", data={"value": "0123456789abcdef" * 56_000}),
        _object("v1", "ConfigMap", "annotated", annotations=_annotations()),
        _object("v1", "ConfigMap", "many-annotations", annotations=_many_annotations()),
        _object(
            "v1",
            "ConfigMap",
            "many-labels",
            labels={f"hostile.example/label-{n}": "v" * 63 for n in range(300)},
        ),
        _object("v1", "Secret", "texts", type=TEXTS["image"], stringData=TEXTS),
        _object("v1", "ServiceAccount", "hostile", annotations=_annotations()),
        _object("v1", "Service", "annotated", annotations=_annotations(), spec={"ports": [{"port": 80}]}),
        _object("apps/v1", "Deployment", "hostile", annotations=_annotations(), spec=_deployment_spec()),
        _object(
            "v1", "Pod", "hostile", annotations=_annotations(), spec=_pod_spec() | {"schedulerName": "nobody"}
        ),
        _object("coordination.k8s.io/v1", "Lease", "held", spec={"holderIdentity": LINE}),
        _object("rbac.authorization.k8s.io/v1", "Role", "odd", rules=[_rule()]),
        _object("rbac.authorization.k8s.io/v1", "RoleBinding", "odd", **_grant()),
        _object("networking.k8s.io/v1", "Ingress", "odd", spec={"rules": [_ingress_rule()]}),
        _object("example.com/v1", "Widget", "hostile", spec={"size": 1, "colour": LINE, "notes": ALL}),
        *(_oddity(name, text) for name, text in TEXTS.items()),
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": "hostile"},
            "value": 1,
            "description": ALL,
        },
        *(_event(name, text) for name, text in TEXTS.items()),
    ]


def build_statuses() -> list[dict[str, Any]]:
    """The pod never ran (no scheduler takes it), so that nobody writes over its status."""
    condition = {"type": "Ready", "status": "False", "reason": "Hostile", "message": ALL}
    waiting = {"waiting": {"reason": TEXTS["image"], "message": ALL}}
    terminated = {"terminated": {"exitCode": 1, "reason": TEXTS["script"], "message": ALL}}
    container = {"name": "hostile", "image": TEXTS["image"], "imageID": TEXTS["script"], "ready": False}
    container |= {"restartCount": 7, "state": waiting, "lastState": terminated}
    pod_status = {
        "phase": "Pending",
        "reason": TEXTS["image"],
        "message": ALL,
        "conditions": [condition | {"reason": TEXTS["image"]}],
        "containerStatuses": [container],
    }
    widget_status = {
        "conditions": [condition | {"reason": LINE, "lastTransitionTime": "2026-01-01T00:00:00Z"}]
    }
    return [
        _object("v1", "Pod", "hostile", status=pod_status),
        _object("example.com/v1", "Widget", "hostile", status=widget_status),
    ]


def _object(
    api: str, kind: str, name: str, *, labels: Any = None, annotations: Any = None, **rest: Any
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE}
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def _annotations() -> dict[str, str]:
    """One for each text, those that pages like to read, and names that every JavaScript object has."""
    read = ("kubernetes.io/change-cause", "kubernetes.io/description", "kubectl.kubernetes.io/restartedAt")
    names = ("hasOwnProperty", "constructor", "toString")
    ours = {f"hostile.example/{name}": text for name, text in TEXTS.items()}
    return ours | dict.fromkeys(read, LINE) | dict.fromkeys(names, TEXTS["script"])


def _many_annotations() -> dict[str, str]:
    """300 of them, 200 kB in all: the API server takes 256 KiB."""
    texts = list(TEXTS.values())
    return {f"hostile.example/{n}": (texts[n % len(texts)] + "z" * 650)[:640] for n in range(300)}


def _pod_spec() -> dict[str, Any]:
    container = {
        "name": "hostile",
        "image": TEXTS["image"],
        "command": [TEXTS["script"], TEXTS["htmx"]],
        "args": list(TEXTS.values()),
        "env": [{"name": "<b>NAME</b>", "value": TEXTS["script"]}, {"name": "ALL", "value": ALL}],
        "workingDir": TEXTS["image"],
        "volumeMounts": [{"name": "odd", "mountPath": "/<img src=x onerror=alert(1)>"}],
        "livenessProbe": {"exec": {"command": [TEXTS["template"], TEXTS["image"]]}},
        "terminationMessagePath": "/<b>",
    }
    volume = {"name": "odd", "hostPath": {"path": "/<img src=x onerror=alert(1)>"}}
    return {"containers": [container], "volumes": [volume]}


def _deployment_spec() -> dict[str, Any]:
    labels = {"app": "constructor"}
    metadata = {"labels": labels, "annotations": _annotations()}
    return {"selector": {"matchLabels": labels}, "template": {"metadata": metadata, "spec": _pod_spec()}}


def _rule() -> dict[str, list[str]]:
    texts = [TEXTS["image"], TEXTS["htmx"]]
    return {"apiGroups": texts, "resources": texts, "resourceNames": texts, "verbs": texts}


def _grant() -> dict[str, Any]:
    group = "rbac.authorization.k8s.io"
    people = [
        {"apiGroup": group, "kind": "User", "name": TEXTS[name]} for name in ("image", "bidi", "terminal")
    ]
    people.append({"apiGroup": group, "kind": "Group", "name": TEXTS["script"]})
    return {"roleRef": {"apiGroup": group, "kind": "Role", "name": "odd"}, "subjects": people}


def _ingress_rule() -> dict[str, Any]:
    backend = {"service": {"name": "annotated", "port": {"number": 80}}}
    path = {"path": "/<img src=x onerror=alert(1)>", "pathType": "ImplementationSpecific", "backend": backend}
    return {"host": "javascript.alert.example", "http": {"paths": [path]}}


def _event(name: str, text: str) -> dict[str, Any]:
    return _object(
        "v1",
        "Event",
        f"hostile-{name}",
        involvedObject={
            "apiVersion": "v1",
            "kind": "Pod",
            "name": "hostile",
            "namespace": NAMESPACE,
            "fieldPath": text,
        },
        type="Warning",
        reason=text,
        message=text,
        source={"component": text, "host": text},
        reportingComponent=text,
        action=text,
        count=1,
    )


def _oddity(name: str, text: str) -> dict[str, Any]:
    return _object(f"{GROUP}/v1", "Oddity", name, spec={"text": text, "number": 1, "long": LONG[:5000]})


def _definition() -> dict[str, Any]:
    fields = {
        name: {"x-kubernetes-preserve-unknown-fields": True, "description": ALL}
        for name in ("text", "number")
    }
    fields["long"] = {"x-kubernetes-preserve-unknown-fields": True, "description": LONG}
    schema = {
        "type": "object",
        "description": ALL,
        "properties": {"spec": {"type": "object", "properties": fields}},
    }
    columns = [
        {"name": TEXTS["image"], "type": "string", "jsonPath": ".spec.text", "description": ALL},
        {"name": "Name", "type": "string", "jsonPath": ".spec.text", "description": TEXTS["script"]},
        {"name": TEXTS["htmx"], "type": "integer", "jsonPath": ".spec.text"},
        {"name": TEXTS["bidi"], "type": "date", "jsonPath": ".spec.text"},
        {"name": "Missing", "type": "string", "jsonPath": ".spec.missing"},
        {"name": "Long", "type": "string", "jsonPath": ".spec.long", "priority": 1},
    ]
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "deprecated": True,
        "deprecationWarning": f"{TEXTS['image']} {TEXTS['script']}, {TEXTS['template']}",
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": schema},
    }
    names = {"plural": "oddities", "singular": "oddity", "kind": "Oddity", "listKind": "OddityList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": RESOURCE},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def _policy() -> dict[str, Any]:
    """Refuses what carries the label policy.example.com/hostile=true, with a hostile message."""
    everything = {
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["*"],
    }
    selector = {"matchLabels": {"policy.example.com/hostile": "true"}}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "hostile"},
        "spec": {
            "matchConstraints": {"objectSelector": selector, "resourceRules": [everything]},
            "validations": [{"expression": "false", "message": LINE}],
        },
    }


def _policy_binding() -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "hostile"},
        "spec": {"policyName": "hostile", "validationActions": ["Deny"]},
    }
