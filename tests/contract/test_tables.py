"""Contract of Tables of every kind: columns, rows as captured from a real API server, whole objects."""

from __future__ import annotations

import json

import pytest

from simulator.printing.kinds import PRINTERS
from simulator.schemas.archive import archive
from simulator.schemas.resources import split_api_version
from tests.contract.bodies import collection_path, thing
from tests.contract.both import compare
from tests.contract.tables import (
    DEFINITIONS,
    TABLE,
    create_definition,
    find_posts,
    read_content,
    run_steps,
)
from tests.dashboard_server import wait_for

CONTENT = read_content()
NEWEST = "contract-newest"  # the default class, while a test lasts
# While the old one of that name is still being deleted, a dry run leaves managedFields out.
NO_DRY_RUN = ("Namespace", "CertificateSigningRequest")
# metrics.k8s.io is served by another server, which has columns of its own.
PATHS = [path for path, columns in archive().columns.items() if columns is not None]
CUSTOM = "/apis/contract.example.com/v1/oddments"


@pytest.fixture(scope="module")
def cases(contenders, own_namespace):
    """Name -> steps, in the namespace of the module."""
    content = read_content(own_namespace.rpartition("/")[2])
    for contender in contenders.values():
        create_definition(contender.admin, content["definition"])
    yield {case["name"]: case["steps"] for case in content["cases"]}
    for contender in contenders.values():
        contender.admin.delete(f"{DEFINITIONS}/{content['definition']['metadata']['name']}")


@pytest.mark.parametrize("name", [case["name"] for case in CONTENT["cases"]])
def test_the_rows_are_those_that_were_captured(contenders, both, cases, name):
    steps = cases[name]
    captured = [json.dumps(step["response"], ensure_ascii=False) for step in steps]
    assert captured
    for contender in contenders.values():
        compare(run_steps(contender.admin, steps), captured)
    for path, body in find_posts(steps)[:1]:
        if body["kind"] not in NO_DRY_RUN:
            both.same_request("POST", f"{path}?dryRun=All", body)


def test_each_kind_with_a_printer_was_captured():
    paths = [path for case in CONTENT["cases"] for path, _ in find_posts(case["steps"])]
    created = {split_resource(path.replace("/namespaces/{namespace}/", "/")) for path in paths}
    assert set(PRINTERS) - created == {("", "componentstatuses")}  # which cannot be created


def split_resource(path):
    """/apis/apps/v1/deployments -> ("apps", "deployments")"""
    version, _, plural = path.removeprefix("/apis/").removeprefix("/api/").rpartition("/")
    return split_api_version(version)[0], plural


@pytest.mark.parametrize("path", [*PATHS, CUSTOM])
def test_the_columns_of_a_kind(both, cases, path):
    def request(caller):
        table = caller.get(f"{path}?labelSelector=none%3Dat-all", accept=TABLE).json
        return [table["columnDefinitions"], table["rows"]]

    assert both.same(request)[0]


DEFAULTS = {
    "ingresses": (
        thing("networking.k8s.io/v1", "IngressClass", NEWEST, spec={"controller": "example.com/ingress"}),
        "ingressclass.kubernetes.io/is-default-class",
        thing(
            "networking.k8s.io/v1", "Ingress", "zz",
            spec={"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}},
        ),
        "ingressClassName",
    ),
    "persistentvolumeclaims": (
        thing("storage.k8s.io/v1", "StorageClass", NEWEST, provisioner="csi.example.com"),
        "storageclass.kubernetes.io/is-default-class",
        thing(
            "v1", "PersistentVolumeClaim", "zz",
            spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}},
        ),
        "storageClassName",
    ),
}  # fmt: skip


@pytest.mark.parametrize("plural", DEFAULTS)
def test_an_object_without_a_class_gets_the_default(both, own_namespace, plural):
    """Once the admission plugin's informer has seen it, which takes a moment."""
    default, annotation, body, field = DEFAULTS[plural]
    classes = f"/apis/{default['apiVersion']}/{default['kind'].lower()}es"
    default["metadata"]["annotations"] = {annotation: "true"}
    path = collection_path(own_namespace, body["apiVersion"], plural)
    step = {"request": f"POST {path}?includeObject=None", "body": body}

    def request(caller):
        caller.post(classes, default)
        try:
            wait_for(lambda: caller.post(f"{path}?dryRun=All", body).json["spec"].get(field) == NEWEST)
            return run_steps(caller, [step])
        finally:
            caller.delete(f"{classes}/{NEWEST}")

    assert f'"{NEWEST}"' in both.same(request)[0]
