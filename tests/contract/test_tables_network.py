"""Are the rows of what leads traffic the same in both: Services, endpoints, Ingresses, addresses?"""

from __future__ import annotations

import pytest

from tests.contract.bodies import thing
from tests.contract.tables import collection_path, read_rows, same_rows
from tests.dashboard_server import wait_for

NEWEST = "contract-newest"  # the default class, while a test lasts
PORTS = [{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"}]
BALANCED = {
    "loadBalancer": {"ingress": [{"ip": "192.0.2.7"}, {"hostname": "lb.example.com"}, {"ip": "192.0.2.10"}]}
}
OWN_ADDRESS = "10.0.0.213"
OWN_PORT = 30951
SERVICES = {
    "plain": ({"clusterIP": OWN_ADDRESS, "ports": PORTS, "selector": {"a": "b", "app": "shop"}}, []),
    "headless": ({"clusterIP": "None", "selector": {"a": "b"}}, []),
    "external addresses": (
        {"clusterIP": OWN_ADDRESS, "ports": PORTS, "externalIPs": ["192.0.2.1", "192.0.2.2"]},
        [],
    ),
    "node port": (
        {"type": "NodePort", "clusterIP": OWN_ADDRESS, "ports": [PORTS[0] | {"nodePort": OWN_PORT}]},
        [],
    ),
    "balanced": (
        {
            "type": "LoadBalancer",
            "clusterIP": OWN_ADDRESS,
            "ports": PORTS,
            "allocateLoadBalancerNodePorts": False,
        },
        [{"status": BALANCED}, {"spec": {"externalIPs": ["192.0.2.1"]}}],
    ),
    "elsewhere": ({"type": "ExternalName", "externalName": "shop.example.com"}, []),
    "elsewhere, with ports": (
        {"type": "ExternalName", "externalName": "shop.example.com", "ports": PORTS[:1]},
        [],
    ),
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service(both, own_namespace, service):
    spec, patches = SERVICES[service]
    same_rows(
        both,
        collection_path(own_namespace, "v1", "services"),
        thing("v1", "Service", "zz", spec=spec),
        *patches,
    )


def addresses(*ends):
    return [{"ip": f"10.9.0.{end}"} for end in ends]


@pytest.mark.parametrize(
    "subsets",
    [
        [],
        [{"addresses": addresses(1), "ports": [{"port": 80}]}],
        [{"addresses": addresses(1, 2)}],
        [{"addresses": addresses(1, 2), "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}]}],
        [{"addresses": addresses(1, 2, 3, 4)}, {"addresses": addresses(5), "ports": [{"port": 80}]}],
        [{"notReadyAddresses": addresses(1), "ports": [{"port": 80}]}],
        [{"addresses": [{"ip": "fd00::1"}], "ports": [{"port": 80}]}],
    ],
)  # fmt: skip
def test_endpoints(both, own_namespace, subsets):
    same_rows(
        both,
        collection_path(own_namespace, "v1", "endpoints"),
        thing("v1", "Endpoints", "zz", subsets=subsets),
    )


@pytest.mark.parametrize(
    ("ports", "ends"),
    [
        ([], []),
        ([{"name": "a", "port": 80}], [["10.9.0.1"]]),
        ([{"name": "a"}, {"port": 81}], [["10.9.0.1"], ["10.9.0.2"], ["10.9.0.3"]]),
        (
            [{"name": f"p{one}", "port": 80 + one} for one in range(5)],
            [[f"10.9.0.{one}"] for one in range(1, 6)],
        ),
    ],
)
def test_an_endpoint_slice(both, own_namespace, ports, ends):
    found = [{"addresses": one} for one in ends]
    body = thing(
        "discovery.k8s.io/v1", "EndpointSlice", "zz", addressType="IPv4", ports=ports, endpoints=found
    )
    same_rows(both, collection_path(own_namespace, "discovery.k8s.io/v1", "endpointslices"), body)


BACKEND = {"service": {"name": "web", "port": {"number": 80}}}


def rules(*hosts):
    paths = [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]
    return [({"host": host} if host else {}) | {"http": {"paths": paths}} for host in hosts]


@pytest.mark.parametrize(
    "spec",
    [
        {"defaultBackend": BACKEND},
        {"ingressClassName": "nginx", "rules": rules("a.example.com")},
        {"rules": rules("a.example.com", ""), "tls": [{"hosts": ["a.example.com"], "secretName": "tls"}]},
        {"rules": rules("a.example.com", "b.example.com", "c.example.com", "d.example.com", "e.example.com")},
        {"rules": rules("")},
        {"rules": rules("a.example.com", "", "b.example.com", "c.example.com")},
    ],
)
def test_an_ingress(both, own_namespace, spec):
    path = collection_path(own_namespace, "networking.k8s.io/v1", "ingresses")
    classless = (
        {"annotations": {"kubernetes.io/ingress.class": "old"}} if "ingressClassName" not in spec else {}
    )
    body = thing("networking.k8s.io/v1", "Ingress", "zz", classless, spec=spec)
    same_rows(both, path, body, {"status": BALANCED})


def test_an_ingress_of_the_default_class(both, own_namespace):
    classes = "/apis/networking.k8s.io/v1/ingressclasses"
    metadata = {"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}}
    spec = {"controller": "example.com/ingress"}
    made = thing("networking.k8s.io/v1", "IngressClass", NEWEST, metadata, spec=spec)
    body = thing("networking.k8s.io/v1", "Ingress", "zz", spec={"defaultBackend": BACKEND})

    path = collection_path(own_namespace, "networking.k8s.io/v1", "ingresses")

    def ask(caller):
        caller.post(classes, made)
        try:
            wait_for(
                lambda: caller.post(f"{path}?dryRun=All", body).json["spec"].get("ingressClassName") == NEWEST
            )
            return read_rows(caller, path, body)
        finally:
            caller.delete(f"{classes}/{NEWEST}")

    assert both.same(ask)[0]["1. Class"] == f"str {NEWEST}"


PARAMETERS = {"kind": "IngressParameters", "name": "outside", "scope": "Cluster"}


@pytest.mark.parametrize(
    ("more", "is_default"),
    [
        ({}, "false"),
        ({"parameters": PARAMETERS}, "true"),
        ({"parameters": PARAMETERS | {"apiGroup": "example.com"}}, "true"),
    ],
)
def test_an_ingress_class(both, more, is_default):
    metadata = {"annotations": {"ingressclass.kubernetes.io/is-default-class": is_default}}
    spec = {"controller": "example.com/ingress"} | more
    body = thing("networking.k8s.io/v1", "IngressClass", "contract-zz", metadata, spec=spec)
    same_rows(both, "/apis/networking.k8s.io/v1/ingressclasses", body)


@pytest.mark.parametrize("selector", [{}, {"matchLabels": {"a": "b", "c": "d"}}])
def test_a_network_policy(both, own_namespace, selector):
    body = thing("networking.k8s.io/v1", "NetworkPolicy", "zz", spec={"podSelector": selector})
    same_rows(both, collection_path(own_namespace, "networking.k8s.io/v1", "networkpolicies"), body)


@pytest.mark.parametrize(
    "parent",
    [
        {"resource": "services", "namespace": "default", "name": "nobody"},
        {"group": "example.com", "resource": "Widgets", "name": "nobody"},
    ],
)
def test_an_ip_address(both, parent):
    body = thing("networking.k8s.io/v1", "IPAddress", "192.0.2.77", spec={"parentRef": parent})
    same_rows(both, "/apis/networking.k8s.io/v1/ipaddresses", body)


@pytest.mark.parametrize("cidrs", [["192.0.2.0/28"], ["192.0.2.0/28", "fd00:1234::/112"]])
def test_a_service_cidr(both, cidrs):
    body = thing("networking.k8s.io/v1", "ServiceCIDR", "contract-zz", spec={"cidrs": cidrs})
    same_rows(both, "/apis/networking.k8s.io/v1/servicecidrs", body)
