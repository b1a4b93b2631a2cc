"""Copies of a Secret: what tools keep of it in annotations and elsewhere is not shown, whatever its form (class 42)."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from dashboard.kinds.masking import SHOWN_ANNOTATIONS, Hidden
from dashboard.kinds.table import find_resource, mask
from tests.attacks.installation import Installation
from tests.attacks.lying_server import LyingServer, installation_with_lying_server, lying_server
from tests.clusters.api.faults import respond_with

__all__ = ["installation_with_lying_server", "lying_server"]
VALUE = "pumpernickel-77"
ENCODED = base64.b64encode(VALUE.encode()).decode()
OBJECT = json.dumps({"kind": "Secret", "data": {"password": ENCODED}})
PACKED = base64.b64encode(gzip.compress(OBJECT.encode(), mtime=0)).decode()

COPIES = {
    "objectset.rio.cattle.io/applied": PACKED,
    "kubectl.kubernetes.io/last-applied-configuration": OBJECT,
    "tool.example/yaml": f"data:\n  password: {ENCODED}\n",
    "tool.example/plain": VALUE,
    "tool.example/url": f"https://user:{VALUE}@db",
    "tool.example/reversed": VALUE[::-1],
    "cert-manager.io/alt-names": f'{{"a": "{VALUE}"}}',
    "helm.sh/hook": VALUE + "x" * 300,
}
SHAPES: tuple[dict[str, Any], ...] = (
    {"apiVersion": "v1", "kind": "Secret"},
    {},
    {"kind": "Secret"},
    {"apiVersion": "v1", "kind": "secret"},
    {"apiVersion": "v1", "kind": "ConfigMap"},
)
FORMS = (VALUE, ENCODED, PACKED, VALUE[::-1])


def build_secret(head: dict[str, Any]) -> dict[str, Any]:
    """A Secret under this head, with a copy of its value wherever one fits."""
    entry = {"manager": "tool", "fieldsV1": {"f:data": {"f:password": VALUE, f"x{VALUE}": {}}}, "copy": VALUE}
    metadata = {
        "name": "db",
        "namespace": "shop",
        "uid": "u",
        "labels": {"app": "web"},
        "annotations": {**COPIES, "meta.helm.sh/release-name": "shop-release"},
        "managedFields": [entry, VALUE],
        "copy": VALUE,
    }
    extra = {"binaryData": {"a": ENCODED}, "spec": {"copy": VALUE}, "status": VALUE}
    return {**head, "metadata": metadata, "data": {"password": ENCODED}, "stringData": {"a": VALUE}, **extra}


def find_copies(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


@pytest.mark.parametrize("head", SHAPES, ids=str)
def test_no_copy_is_shown_by_the_kind_that_was_requested(head: dict[str, Any]) -> None:
    found = build_secret(head)
    assert len(find_copies(repr(found))) == len(FORMS)
    assert find_copies(repr(mask(found, find_resource("", "secrets")))) == []


def test_what_names_other_objects_stays() -> None:
    metadata = mask(build_secret(SHAPES[0]))["metadata"]
    assert metadata["annotations"]["meta.helm.sh/release-name"] == "shop-release"
    assert metadata["labels"] == {"app": "web"}
    assert isinstance(metadata["annotations"]["objectset.rio.cattle.io/applied"], Hidden)
    assert not any("checksum" in name or "hash" in name or "applied" in name for name in SHOWN_ANNOTATIONS)


@pytest.mark.parametrize(
    ("kind", "head"), [("List", SHAPES[0]), ("SecretList", SHAPES[1]), ("SecretList", SHAPES[3])]
)
def test_the_items_of_a_list_are_masked(kind: str, head: dict[str, Any]) -> None:
    found = {"apiVersion": "v1", "kind": kind, "items": [build_secret(head)]}
    assert find_copies(repr(mask(found))) == []


@pytest.mark.parametrize("kind", ["SecretList", "List", "ConfigMapList"])
def test_what_stands_around_the_items_is_masked(kind: str) -> None:
    found = {**build_secret({"apiVersion": "v1", "kind": kind}), "items": []}
    assert find_copies(repr(mask(found, find_resource("", "secrets")))) == []


@pytest.mark.parametrize("name", ["dana", "rene"])
@pytest.mark.parametrize("head", [SHAPES[0], SHAPES[4]], ids=str)
def test_no_page_of_a_secret_shows_one(
    installation_with_lying_server: Installation, lying_server: LyingServer, head: dict[str, Any], name: str
) -> None:
    lying_server.should_lie = lambda request: request.target.partition("?")[0].endswith("/secrets/db")
    lying_server.lie = respond_with(200, build_secret(head))
    browser, address = installation_with_lying_server.browser(name), "/c/harbour/shop/secrets/db"
    for path in ("", "/yaml", "?download=yaml"):
        page = browser.get(address + path)
        assert page.status_code == 200, path
        assert find_copies(page.content.decode()) == [], path
        assert "shop-release" in page.content.decode(), path
    pointers = [f"/metadata/annotations/{key.replace('/', '~1')}" for key in COPIES] + ["/data/password"]
    for pointer in pointers:
        assert browser.get(f"{address}?download=value&at={pointer}").status_code == 404, pointer
    assert browser.get(f"{address}?download=raw").status_code == 404
