"""Response rendering of objects: the object itself, metadata alone, or a Table row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.reading.tables import COLUMNS_OF_EVENTS, Printer
from simulator.requests.call import Call
from simulator.requests.negotiation import Form, negotiate
from simulator.requests.statuses import StatusError, bad_request_error
from simulator.schemas.conversion import to_served_version
from simulator.schemas.resources import Object, Resource

INCLUDES = ("None", "Metadata", "Object")
PARTIAL = ("PartialObjectMetadata", "PartialObjectMetadataList")
# Parts that no Table shows
NO_TABLE = {
    ("", "pods", "ephemeralcontainers"),
    ("", "pods", "resize"),
    ("apiextensions.k8s.io", "customresourcedefinitions", "status"),
    ("apiregistration.k8s.io", "apiservices", "status"),
    ("certificates.k8s.io", "certificatesigningrequests", "approval"),
    ("resource.k8s.io", "resourceclaims", "status"),
}


class ObjectRenderer:
    """Writes the objects of one resource for one call."""

    def __init__(self, call: Call, form: Form) -> None:
        self._call = call
        self._resource = call.resource
        self.form = form
        self._include = call.query.get("includeObject") or "Metadata"
        if form.kind == "Table" and self._include not in INCLUDES:
            why = "must be 'Metadata', 'Object', 'None', or empty"
            message = f'includeObject: Invalid value: "{self._include}": {why}'
            raise bad_request_error(f"Unable to convert to Table as requested: {message}")
        self._printer = Printer(call.cluster, call.resource)
        self._has_sent_columns = False

    def render_one(self, thing: Object) -> Object:
        """The answer to a GET or to a write."""
        if self.form.kind == "Table":
            return self._table([thing], self._call_metadata(thing))
        if self.form.kind == "PartialObjectMetadata":
            return make_partial_metadata(thing, self.form.api_version)
        return to_served_version(thing, self._resource)

    def render_many(self, things: Sequence[Object], metadata: dict[str, Any]) -> Object:
        if self.form.kind == "Table":
            return self._table(things, metadata)
        if self.form.kind == "PartialObjectMetadataList":
            items = [make_partial_metadata(one, self.form.api_version) for one in things]
            head = {"kind": self.form.kind, "apiVersion": self.form.api_version}
            return head | {"metadata": metadata, "items": items}
        return make_list(things, self._resource, metadata)

    def render_event(self, kind: str, thing: Object) -> Object:
        """One line of a watch; the columns of a Table are in the first alone."""
        if self.form.kind != "Table":
            return {"type": kind, "object": self.render_one(thing)}
        table = self._table([thing], self._call_metadata(thing))
        if self._has_sent_columns:
            table["columnDefinitions"] = COLUMNS_OF_EVENTS
        self._has_sent_columns = True
        return {"type": kind, "object": table}

    def _table(self, things: Sequence[Object], metadata: dict[str, Any]) -> Object:
        rows = [self._row(one) for one in self._printer.sort_items(things)]
        head = {"kind": "Table", "apiVersion": self.form.api_version, "metadata": metadata}
        return head | {"columnDefinitions": self._printer.columns, "rows": rows or self._printer.no_rows}

    def _row(self, thing: Object) -> Object:
        found: Object = {"cells": self._printer.cells(thing)}
        conditions = self._printer.conditions(thing)
        if conditions:
            found["conditions"] = conditions
        if self._include == "Object":
            return found | {"object": to_served_version(thing, self._resource)}
        if self._include == "Metadata":
            return found | {"object": make_partial_metadata(thing, self.form.api_version)}
        return found | {"object": None}

    @staticmethod
    def _call_metadata(thing: Object) -> dict[str, Any]:
        return {"resourceVersion": thing["metadata"]["resourceVersion"]}


def make_list(things: Sequence[Object], resource: Resource, metadata: dict[str, Any]) -> Object:
    """A plain list; the items of a built-in kind go without kind and apiVersion."""
    head: Object = {"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": metadata}
    items = [to_served_version(one, resource) for one in things]
    if resource.definition is None:
        for one in items:
            del one["kind"], one["apiVersion"]
    return head | {"items": items}


def make_partial_metadata(thing: Object, api_version: str) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": api_version, "metadata": thing["metadata"]}


def create_renderer(call: Call, *, of_list: bool = False, is_watch: bool = False) -> ObjectRenderer:
    """By the Accept header; raises 406."""
    part = (call.resource.group, call.resource.plural, call.info.subresource)
    shapes = PARTIAL if part in NO_TABLE else ("Table", *PARTIAL)
    form = negotiate(call.headers.get("Accept", ""), shapes, streams=of_list or is_watch)
    if not is_watch and form.kind == PARTIAL[0 if of_list else 1]:
        is_core = call.resource.definition is None
        kind = call.resource.list_kind if of_list else call.resource.kind
        group = (call.resource.group or "core").partition(".")[0]
        go_type = f"*{group}.{kind}" if is_core else f"*unstructured.Unstructured{'List' if of_list else ''}"
        which = "a list" if of_list else "not a list"
        message = f"you requested {form.kind}, but the requested object is {which} ({go_type})"
        raise StatusError(406, message, "NotAcceptable")
    return ObjectRenderer(call, form)
