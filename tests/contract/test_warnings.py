"""Contract of warnings about deprecated and odd fields."""

from __future__ import annotations

import pytest

from tests.contract.bodies import CONTAINER, NO_NODE, TEMPLATE, collection_path, deployment, pod, thing

ODD = {
    "old labels": {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
    "spread": {
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "beta.kubernetes.io/arch", "whenUnsatisfiable": "DoNotSchedule"}
        ]
    },
    "half a byte": {"containers": [CONTAINER | {"resources": {"limits": {"memory": "100m"}}}]},
    "variables": {
        "containers": [
            CONTAINER
            | {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "A", "value": "$(A)3"}]}
        ]
    },
    "ports": {
        "containers": [
            CONTAINER | {"ports": [{"containerPort": 80, "name": "a"}, {"containerPort": 80}]},
            CONTAINER
            | {"name": "d", "ports": [{"containerPort": 80, "hostPort": 90}, {"containerPort": 81, "name": "a"}]},
        ]
    },
    "secrets": {"imagePullSecrets": [{"name": "a"}, {"name": "a"}, {}]},
    "aliases": {"hostAliases": [{"ip": "192.0.2.1", "hostnames": ["a"]}, {"ip": "192.0.2.1", "hostnames": ["b"]}]},
    "volumes": {
        "volumes": [{"name": "g", "gitRepo": {"repository": "r"}}, {"name": "f", "flocker": {"datasetName": "d"}}]
    },
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_of_a_pod(both, own_namespace, odd):
    assert compare_warnings(both, collection_path(own_namespace, "v1", "pods"), pod(**ODD[odd]))


@pytest.mark.parametrize("odd", ["half a byte", "ports", "old labels"])
def test_of_a_template(both, own_namespace, odd):
    spec = TEMPLATE["spec"] | {"nodeSelector": NO_NODE} | ODD[odd]
    template = TEMPLATE | {"spec": spec}
    job = {"metadata": TEMPLATE["metadata"], "spec": spec | {"restartPolicy": "Never"}}
    for path, body in (
        (collection_path(own_namespace, "apps/v1", "deployments"), deployment(template=template)),
        (
            collection_path(own_namespace, "batch/v1", "jobs"),
            thing("batch/v1", "Job", "zz", spec={"template": job}),
        ),
        (
            collection_path(own_namespace, "batch/v1", "cronjobs"),
            thing(
                "batch/v1",
                "CronJob",
                "zz",
                spec={"schedule": "@daily", "jobTemplate": {"spec": {"template": job}}},
            ),
        ),
        (
            collection_path(own_namespace, "v1", "podtemplates"),
            thing("v1", "PodTemplate", "zz", template=template),
        ),
    ):
        assert compare_warnings(both, path, body)


def test_of_an_old_annotation(both, own_namespace):
    key = "scheduler.alpha.kubernetes.io/critical-pod"
    assert compare_warnings(
        both, collection_path(own_namespace, "v1", "pods"), pod("zz", {"annotations": {key: ""}})
    )


@pytest.mark.parametrize("name", ["a.b", "a" * 64])
def test_of_a_name_that_is_no_host_name(both, own_namespace, name):
    assert compare_warnings(both, collection_path(own_namespace, "v1", "pods"), pod(name))
    compare_warnings(both, collection_path(own_namespace, "apps/v1", "deployments"), deployment(name))


PORTS = [{"port": 80}]


@pytest.mark.parametrize(
    "spec",
    [
        {"clusterIP": "None", "externalIPs": ["192.0.2.1"]},
        {"clusterIP": "None", "sessionAffinity": "ClientIP"},
        {"type": "ExternalName", "externalName": "a.example.com", "externalIPs": ["192.0.2.1"]},
        {"clusterIP": "10.0.0.214", "externalName": "a.example.com"},
        {"clusterIP": "10.0.0.214", "trafficDistribution": "PreferClose"},
    ],
)
def test_of_a_service(both, own_namespace, spec):
    body = thing("v1", "Service", "zz", spec={"ports": PORTS} | spec)
    assert compare_warnings(both, collection_path(own_namespace, "v1", "services"), body)


def test_of_half_a_byte_of_a_claim(both, own_namespace):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1500m"}}}
    path = collection_path(own_namespace, "v1", "persistentvolumeclaims")
    assert compare_warnings(
        both, path, thing("v1", "PersistentVolumeClaim", "zz", spec=spec | {"storageClassName": ""})
    )


def test_of_a_volume_that_is_recycled(both):
    spec = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/tmp/x"}}
    body = thing("v1", "PersistentVolume", "zz", spec=spec | {"persistentVolumeReclaimPolicy": "Recycle"})
    assert compare_warnings(both, "/api/v1/persistentvolumes", body)


def test_of_a_certificate_that_is_none(both, own_namespace):
    data = {"tls.crt": "bm8=", "tls.key": "bm8="}
    body = thing("v1", "Secret", "zz", type="kubernetes.io/tls", data=data)
    assert compare_warnings(both, collection_path(own_namespace, "v1", "secrets"), body)


def test_of_changes(both, own_namespace):
    """Of a template alone that may have changed, of a Service whenever it is written, of a pod never."""
    odd = {"metadata": TEMPLATE["metadata"], "spec": TEMPLATE["spec"] | ODD["half a byte"]}
    service = {"clusterIP": "10.0.0.215", "ports": PORTS, "externalIPs": ["192.0.2.1"]}
    label = {"metadata": {"labels": {"a": "b"}}}
    slower = {"spec": {"minReadySeconds": 1}}
    cases = (
        ("apps/v1", "deployments", deployment("changed", template=odd), label, slower),
        ("v1", "services", thing("v1", "Service", "changed", spec=service), label, label),
        ("v1", "pods", pod("changed", **ODD["half a byte"]), label, label),
    )
    for api_version, plural, body, *patches in cases:
        path = collection_path(own_namespace, api_version, plural)

        def request(caller, path=path, body=body, patches=patches):
            found = [caller.post(path, body).warnings]
            found += [caller.patch(f"{path}/changed", patch).warnings for patch in patches]
            caller.delete(f"{path}/changed?gracePeriodSeconds=0")
            return [list(one) for one in found]

        assert both.same(request)[0]


def compare_warnings(both, path, body):
    """The warnings of a dry run."""
    return both.same(lambda caller: sorted(caller.post(f"{path}?dryRun=All", body).warnings))
