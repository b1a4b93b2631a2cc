"""Bulk actions: what each sends for one object, by the UID and the values of the run alone.

Each can be sent again without doing more than once was done: a patch says what shall be, a DELETE and an Eviction name
the UID, and the time of a restart is that of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clusters.actions import cordon, suspension
from clusters.actions.change import ActionObject, Change
from clusters.actions.deletion import DeletionOptions, delete
from clusters.actions.eviction import evict
from clusters.actions.metadata_terms import Field, MetadataTerms
from clusters.actions.restart import restart
from clusters.actions.scale import scale

Values = Mapping[str, Any]  # JSON: those of BulkRun.values


@dataclass(frozen=True)
class BulkAction:
    """`verb` and `subresource` are what the access review is about. Where `needs_spec` is False, objects are listed by
    their metadata alone before it. `is_destructive` is whatever the values are, `destroys` by them."""

    slug: str
    verb: str
    build: Callable[[ActionObject, Values], Change]
    subresource: str = ""
    is_destructive: bool = False
    needs_spec: bool = True
    destroys: Callable[[Values], bool] = lambda values: False

    def is_destructive_with(self, values: Values) -> bool:
        """Whether what it does with these values cannot be undone: in protected clusters it can be called back."""
        return self.is_destructive or self.destroys(values)


def _delete(thing: ActionObject, values: Values) -> Change:
    options = DeletionOptions(
        thing.uid, values.get("propagation") or "Background", values.get("grace_seconds")
    )
    return delete(thing.resource, thing.namespace, thing.name, options)


def _patch_terms(field: Field) -> Callable[[ActionObject, Values], Change]:
    return lambda thing, values: MetadataTerms(field, values["terms"]).patch(thing, values["terms"])


ACTIONS: Mapping[str, BulkAction] = {
    one.slug: one
    for one in (
        BulkAction("delete", "delete", _delete, is_destructive=True, needs_spec=False),
        BulkAction(
            "restart", "patch", lambda thing, values: restart(thing, datetime.fromisoformat(values["at"]))
        ),
        BulkAction(
            "scale",
            "patch",
            lambda thing, values: scale(thing, values["replicas"]),
            "scale",
            destroys=lambda values: values.get("replicas") == 0,
        ),
        BulkAction("label", "patch", _patch_terms("labels"), needs_spec=False),
        BulkAction("annotate", "patch", _patch_terms("annotations"), needs_spec=False),
        BulkAction("suspend", "patch", lambda thing, values: suspension.suspend(thing)),
        BulkAction("stop", "patch", lambda thing, values: suspension.suspend(thing), is_destructive=True),
        BulkAction("unsuspend", "patch", lambda thing, values: suspension.unsuspend(thing)),
        BulkAction("cordon", "patch", lambda thing, values: cordon.cordon(thing)),
        BulkAction("uncordon", "patch", lambda thing, values: cordon.uncordon(thing)),
        BulkAction(
            "evict",
            "create",
            lambda thing, values: evict(thing),
            "eviction",
            is_destructive=True,
            needs_spec=False,
        ),
    )
}
