"""Are the rows of nodes, namespaces, events, roles and all the rest the same in both, and the columns of every kind?"""

from __future__ import annotations

import base64

import pytest

from simulator.schemas.archive import archive
from tests.contract.bodies import thing
from tests.contract.tables import LONG_AGO, NODE, TABLE, collection_path, normalize_row, read_row, same_rows
from tests.controlplane.certificates import make_signing_request

RBAC, DEVICES = "rbac.authorization.k8s.io/v1", "resource.k8s.io/v1"
# Another cluster has the rows of what serves it, and metrics.k8s.io alone has its columns from elsewhere.
PATHS = [path for path, columns in archive().columns.items() if columns is not None]


@pytest.mark.parametrize("path", PATHS)
def test_the_columns_of_a_kind(both, path):
    def ask(caller):
        table = caller.get(f"{path}?labelSelector=none%3Dat-all", accept=TABLE).json
        return [table["columnDefinitions"], table["rows"]]

    assert both.same(ask)[0]


ADDRESSES = [
    {"type": "Hostname", "address": "n"},
    {"type": "InternalIP", "address": "10.0.1.1"},
    {"type": "InternalIP", "address": "fd00::1"},
    {"type": "ExternalIP", "address": "192.0.2.1"},
]
ABOUT = {
    "kubeletVersion": "v1.36.3", "osImage": "Debian GNU/Linux 12 (bookworm)", "kernelVersion": "6.1.0",
    "containerRuntimeVersion": "containerd://2.1.4", "architecture": "amd64", "operatingSystem": "linux",
    "machineID": "", "systemUUID": "", "bootID": "", "kubeProxyVersion": "",
}  # fmt: skip
EMPTY = dict.fromkeys(ABOUT, "")
ROLES = {
    "node-role.kubernetes.io/worker": "",
    "node-role.kubernetes.io/control-plane": "",
    "kubernetes.io/role": "x",
}


def ready(status):
    return [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": status}]


NODES = {
    "ready": ({"labels": ROLES}, {"conditions": ready("True"), "nodeInfo": ABOUT, "addresses": ADDRESSES}),
    "not ready": (
        {"labels": {"kubernetes.io/role": ""}},
        {"conditions": ready("False"), "nodeInfo": EMPTY},
    ),
    "lost": (None, {"conditions": ready("Unknown"), "nodeInfo": EMPTY | {"architecture": "arm64"}}),
    "new": (None, {}),
}


def test_a_node_with_a_wrong_label(both):
    both.same_request("POST", "/api/v1/nodes", thing("v1", "Node", "zz", {"labels": {"example.com/": ""}}))


@pytest.mark.parametrize("node", NODES)
def test_a_node(both, node):
    metadata, status = NODES[node]
    body = thing(
        "v1", "Node", "contract-zz", metadata, spec={"unschedulable": node != "ready"}, status=status
    )
    if node == "ready":  # what a scheduler never takes
        body["spec"] = {"taints": [{"key": "example.com/contract", "effect": "NoSchedule"}]}
    same_rows(both, "/api/v1/nodes", body)


def test_a_namespace(both):
    def ask(caller):
        """Both answer before anything of the namespace is gone."""
        caller.post("/api/v1/namespaces", thing("v1", "Namespace", "contract-rows"))
        path = "/api/v1/namespaces/contract-rows?includeObject=None"
        caller.patch(path, {"metadata": {"finalizers": ["example.com/hold"]}})
        found = [read_row(caller.get(path, accept=TABLE)), read_row(caller.delete(path, accept=TABLE))]
        caller.patch(path, {"metadata": {"finalizers": None}})
        return found

    assert both.same(ask)[0]["1. Status"] == "str Active"


ABOUT_POD = {"kind": "Pod", "name": "web-1", "apiVersion": "v1"}
MICRO = "2020-01-01T00:00:00.123456Z"
REPORTED = {"reportingComponent": "example.com/c", "reportingInstance": "c-1", "action": "Doing"}
EVENTS = {
    "old": {"count": 3, "firstTimestamp": LONG_AGO, "lastTimestamp": "2021-01-01T00:00:00Z"}
    | {"source": {"component": "kubelet", "host": "node-1"}},
    "no count": {"firstTimestamp": LONG_AGO, "source": {"component": "kubelet"}},
    "no times": {},
    "new": {"eventTime": MICRO} | REPORTED,
    "series": {"eventTime": MICRO, "series": {"count": 9, "lastObservedTime": "2022-01-01T00:00:00.000000Z"}}
    | REPORTED,
    "of a container": {"count": 1, "lastTimestamp": LONG_AGO, "path": "spec.containers{c}"},
}  # fmt: skip


@pytest.mark.parametrize("event", EVENTS)
def test_an_event(both, own_namespace, event):
    about = ABOUT_POD | {"namespace": own_namespace.rpartition("/")[2]}
    more = dict(EVENTS[event])
    if "path" in more:
        about["fieldPath"] = more.pop("path")
    told = {"involvedObject": about, "type": "Warning", "reason": "Told", "message": "  Two\nlines. \n"}
    body = thing("v1", "Event", "zz", **told) | more

    def ask(caller):
        """As both groups show it."""
        caller.post(collection_path(own_namespace, "v1", "events"), body)
        paths = [collection_path(own_namespace, version, "events") for version in ("v1", "events.k8s.io/v1")]
        found = [read_row(caller.get(f"{path}/zz?includeObject=None", accept=TABLE)) for path in paths]
        caller.delete(f"{paths[0]}/zz")
        return found

    found = both.same(ask)
    assert all(isinstance(one, dict) for one in found), found


def test_an_event_of_the_new_group(both, own_namespace):
    about = ABOUT_POD | {"namespace": own_namespace.rpartition("/")[2]}
    told = {"regarding": about, "type": "Normal", "reason": "Told", "note": "All is well."}
    own = {
        "eventTime": MICRO,
        "reportingController": "example.com/c",
        "reportingInstance": "c-1",
        "action": "Doing",
    }
    body = thing("events.k8s.io/v1", "Event", "zz", **told, **own)
    same_rows(both, collection_path(own_namespace, "events.k8s.io/v1", "events"), body)


SUBJECTS = [
    {"kind": "User", "name": "dana", "apiGroup": "rbac.authorization.k8s.io"},
    {"kind": "User", "name": "rene", "apiGroup": "rbac.authorization.k8s.io"},
    {"kind": "Group", "name": "team-shop", "apiGroup": "rbac.authorization.k8s.io"},
    {"kind": "ServiceAccount", "name": "robot", "namespace": "shop"},
    {"kind": "ServiceAccount", "name": "other", "namespace": "pay"},
]


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
def test_a_role_and_its_binding(both, own_namespace, kind):
    plural = f"{kind.lower()}s"
    path = collection_path(own_namespace, RBAC, plural) if kind == "Role" else f"/apis/{RBAC}/{plural}"
    same_rows(both, path, thing(RBAC, kind, "contract-zz", rules=[]))
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "contract-nothing"}
    for subjects in (SUBJECTS, []):
        body = thing(RBAC, f"{kind}Binding", "contract-zz", roleRef=reference, subjects=subjects)
        same_rows(both, path.replace(plural, f"{kind.lower()}bindings"), body)


def test_a_signing_request(both):
    request = base64.b64encode(make_signing_request("nobody").encode()).decode()
    spec = {"request": request, "signerName": "example.com/nobody", "usages": ["client auth"]}
    base = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    own = f"{base}/contract-zz"

    def condition(kind):
        return {
            "status": {"conditions": [{"type": kind, "status": "True", "reason": "Test", "message": "m"}]}
        }

    def ask(caller):
        found = []
        for verdict, more in (("Approved", {}), ("Denied", {"expirationSeconds": 3600})):
            body = thing(
                "certificates.k8s.io/v1", "CertificateSigningRequest", "contract-zz", spec=spec | more
            )
            found.append(read_row(caller.post(f"{base}?includeObject=None", body, accept=TABLE)))
            found.append(caller.patch(f"{own}/approval", condition(verdict), accept=TABLE).status)
            caller.patch(f"{own}/approval", condition(verdict))
            found.append(read_row(caller.get(f"{own}?includeObject=None", accept=TABLE)))
            failed = {"status": {"conditions": [*caller.get(own).json["status"]["conditions"]]}}
            failed["status"]["conditions"] += condition("Failed")["status"]["conditions"]
            found.append(read_row(caller.patch(f"{own}/status?includeObject=None", failed, accept=TABLE)))
            caller.delete(own)
        return found

    both.same(ask)


@pytest.mark.parametrize(
    "spec", [{}, {"holderIdentity": "node-1", "leaseDurationSeconds": 40, "renewTime": MICRO}]
)
def test_a_lease(both, own_namespace, spec):
    body = thing("coordination.k8s.io/v1", "Lease", "zz", spec=spec)
    same_rows(both, collection_path(own_namespace, "coordination.k8s.io/v1", "leases"), body)


@pytest.mark.parametrize(
    "body",
    [
        thing("v1", "ConfigMap", "zz", data={"a": "1", "b": "2"}, binaryData={"c": "AA=="}),
        thing("v1", "ConfigMap", "zz"),
        thing("v1", "Secret", "zz", stringData={"a": "1"}, data={"b": "AA=="}),
        thing(
            "v1",
            "Secret",
            "zz",
            type="kubernetes.io/basic-auth",
            stringData={"username": "u", "password": "p"},
        ),
        thing("v1", "ServiceAccount", "zz"),
    ],
)
def test_what_is_configured(both, own_namespace, body):
    same_rows(both, collection_path(own_namespace, "v1", f"{body['kind'].lower()}s"), body)


def test_a_runtime_class(both):
    body = thing("node.k8s.io/v1", "RuntimeClass", "contract-zz", handler="gvisor")
    same_rows(both, "/apis/node.k8s.io/v1/runtimeclasses", body)


def test_a_definition(both):
    def ask(caller):
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com"
        table = caller.get(f"{path}?includeObject=None", accept=TABLE).json
        return [table["columnDefinitions"], normalize_row(["Name", "Created At"], table["rows"][0])]

    both.same(ask)


def test_an_api_service(both):
    """The group is that of a service which is not there, and gone again at once. Whether it is available is found
    out at once: what of that is shown is tested in tests/simulator/test_printing.py."""
    spec = {
        "group": "contract.example.org",
        "version": "v1",
        "groupPriorityMinimum": 10,
        "versionPriority": 10,
    }
    spec |= {"service": {"namespace": "default", "name": "nobody"}, "insecureSkipTLSVerify": True}
    body = thing("apiregistration.k8s.io/v1", "APIService", "v1.contract.example.org", spec=spec)
    path = "/apis/apiregistration.k8s.io/v1/apiservices"
    same_rows(both, path, body)
    both.same(lambda caller: read_row(caller.get(f"{path}/v1.apps?includeObject=None", accept=TABLE)))
    both.same(lambda caller: caller.patch(f"{path}/v1.apps/status", {}, accept=TABLE))


def test_a_class_of_devices(both):
    body = thing(DEVICES, "DeviceClass", "contract-zz", spec={})
    same_rows(both, f"/apis/{DEVICES}/deviceclasses", body)


REQUESTS = {"requests": [{"name": "one", "exactly": {"deviceClassName": "contract-nothing"}}]}


def test_a_claim_of_devices(both, own_namespace):
    result = {"request": "one", "driver": "d.example.com", "pool": "p", "device": "gpu-1"}
    allocation = {"devices": {"results": [result]}}
    reserved = [{"apiGroup": "example.com", "resource": "others", "name": "nobody", "uid": "0000"}]
    body = thing(DEVICES, "ResourceClaim", "zz", spec={"devices": REQUESTS})
    statuses = [{"allocation": allocation}, {"allocation": allocation, "reservedFor": reserved}]
    path = collection_path(own_namespace, DEVICES, "resourceclaims")
    same_rows(both, path, body, *({"status": one} for one in statuses), is_deleted=True)
    same_rows(both, path, body, is_deleted=True)


def test_a_template_of_claims(both, own_namespace):
    body = thing(DEVICES, "ResourceClaimTemplate", "zz", spec={"spec": {"devices": REQUESTS}})
    same_rows(both, collection_path(own_namespace, DEVICES, "resourceclaimtemplates"), body)


@pytest.mark.parametrize("where", [{"nodeName": NODE}, {"allNodes": True}])
def test_a_slice_of_devices(both, where):
    pool = {"name": "pool-1", "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": "d.example.com", "pool": pool, "devices": [{"name": "gpu-1"}]} | where
    same_rows(
        both, f"/apis/{DEVICES}/resourceslices", thing(DEVICES, "ResourceSlice", "contract-zz", spec=spec)
    )
