"""Quantities and timestamps: stored in the form in which the API server stores them."""

from __future__ import annotations

from decimal import InvalidOperation

import pytest

from simulator.quantities import format_canonical, parse_quantity


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("0", "0"), ("0m", "0"), ("0.5", "500m"), ("1000m", "1"), ("1500m", "1500m"), ("1024Ki", "1Mi"),
        ("1.5Gi", "1536Mi"), ("0.5Gi", "512Mi"), ("1000000", "1M"), ("2048", "2048"), ("12e4", "120e3"),
        ("1e3", "1e3"), ("0.1n", "1n"), ("-1000m", "-1"), ("0.3Ki", "307200m"), ("16Ei", "9223372036854775807"),
        (1, "1"), (0.25, "250m"),
    ],
)  # fmt: skip
def test_a_quantity(given, stored):
    assert format_canonical(given) == stored


@pytest.mark.parametrize("text", ["0.5", "1.5Gi", "12e4", "3M", "1023Ki", "-0.2"])
def test_its_canonical_form_is_worth_the_same(text):
    assert parse_quantity(format_canonical(text)) == parse_quantity(text)


def test_an_invalid_quantity_is_rejected():
    with pytest.raises(InvalidOperation):
        format_canonical("many")


def test_it_is_stored_in_canonical_form(api):
    limits = {"cpu": "0.5", "memory": "1024Mi"}
    spec = {"containers": [{"name": "c", "image": "i", "resources": {"limits": limits}}]}
    made = api.post("/api/v1/namespaces/default/pods", {"metadata": {"name": "sized"}, "spec": spec})
    assert made.json["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "500m", "memory": "1Gi"}


def test_times_are_stored_in_utc(api):
    spec = {"holderIdentity": "me", "renewTime": "2026-03-01T12:00:00.500000+02:00"}
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    made = api.post(path, {"metadata": {"name": "held"}, "spec": spec})
    assert made.json["spec"]["renewTime"] == "2026-03-01T10:00:00.500000Z"
    begun = {"status": {"startTime": "2026-03-01T12:00:00.5+02:00"}}
    api.post(
        "/api/v1/namespaces/default/pods", {"metadata": {"name": "timed"}, "spec": {"containers": CONTAINERS}}
    )
    changed = api.patch("/api/v1/namespaces/default/pods/timed/status", begun)
    assert changed.json["status"]["startTime"] == "2026-03-01T10:00:00Z"


def test_a_time_out_of_range_is_rejected(api):
    begun = {"status": {"startTime": "0001-01-01T00:00:00+02:00"}}
    api.post(
        "/api/v1/namespaces/default/pods", {"metadata": {"name": "old"}, "spec": {"containers": CONTAINERS}}
    )
    assert api.patch("/api/v1/namespaces/default/pods/old/status", begun).status == 422


CONTAINERS = [{"name": "c", "image": "i"}]
