"""The DELETE request, what stays after it, and what its finalizers wait for."""

from __future__ import annotations

import pytest

from clusters.actions.deletion import DeletionOptions, delete, is_still_there
from clusters.actions.finalizers import explain_finalizer
from clusters.gateway.audited_requests import detail_of
from tests.clusters.gateway.kinds import CONFIGMAPS


def test_all_options_are_in_the_body_and_no_grace_period_is_made_up() -> None:
    change = delete(CONFIGMAPS, "shop", "web", DeletionOptions(uid="u-1"))
    assert change.query == ()
    assert change.body == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": "u-1"},
    }
    assert change.as_dry_run().body == {**change.body, "dryRun": ["All"]}
    assert change.as_dry_run().query == ()


def test_zero_is_sent_where_it_was_chosen() -> None:
    change = delete(CONFIGMAPS, "shop", "web", DeletionOptions(uid="u-1", grace_seconds=0))
    assert change.body["gracePeriodSeconds"] == 0


def test_the_audit_trail_reads_the_options_of_a_delete_where_the_api_server_does() -> None:
    body = delete(CONFIGMAPS, "shop", "web", DeletionOptions("u-1", "Orphan", 5)).as_dry_run().body
    found = detail_of("delete", (("propagationPolicy", "Foreground"),), body, "application/json")
    assert found == {"propagationPolicy": "Orphan", "gracePeriodSeconds": 5, "dryRun": ["All"]}


@pytest.mark.parametrize(
    ("answer", "stays"),
    [
        ({"kind": "Status", "status": "Success"}, False),
        ({"kind": "Service", "metadata": {"name": "a"}}, False),
        ({"kind": "Pod", "metadata": {"deletionTimestamp": "x", "deletionGracePeriodSeconds": 0}}, False),
        ({"kind": "Pod", "metadata": {"deletionTimestamp": "x", "deletionGracePeriodSeconds": 30}}, True),
        ({"kind": "ConfigMap", "metadata": {"deletionTimestamp": "x", "finalizers": ["a/b"]}}, True),
        (
            {
                "kind": "Namespace",
                "metadata": {"deletionTimestamp": "x"},
                "spec": {"finalizers": ["kubernetes"]},
            },
            True,
        ),
        ([], False),
    ],
)
def test_an_object_stays_that_waits_for_something(answer: object, stays: bool) -> None:
    assert is_still_there(answer) is stays


def test_a_finalizer_is_explained_by_its_name_its_prefix_or_its_domain() -> None:
    assert "no pod uses the claim" in explain_finalizer("kubernetes.io/pvc-protection")
    assert "detached from its node" in explain_finalizer("external-attacher/disk-example-com")
    assert "The controller of example.com" in explain_finalizer("example.com/hold")
    assert "The controller that added it" in explain_finalizer("hold")
