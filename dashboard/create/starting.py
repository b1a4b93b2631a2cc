"""Start of the create page: an empty text, an example of a kind, or a copy of an existing object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError, BadRequest, NotFound
from clusters.creation.copies import build_copy
from clusters.creation.examples import build_example
from clusters.gateway.connect import ClusterSession
from clusters.openapi.kind_schemas import KindSchema, fetch_schema
from dashboard.address.paths import ALL, CLUSTER, Address, is_object_name, parse
from dashboard.create.submission import MAX_PATH, Submission
from dashboard.edit.hidden_values import write_placeholders
from dashboard.kinds.masking import Hidden
from dashboard.objects import yaml_lines
from dashboard.objects.opening import open_object

DEFAULT_NAMESPACE = "default"
SEGMENTS = ("clusters", "namespaces", "resource", "name")


def start(session: ClusterSession, address: Address, query: QueryDict) -> Submission:
    """`?example=<resource>` or `?copy=<cluster>/<namespace>/<resource>/<name>&name=<new name>`; else an empty text.

    Raises BadAddress, and what opening the object raises.
    """
    namespace = find_namespace(address)
    if source := query.get("copy", "")[:MAX_PATH]:
        return _start_copy(session, namespace, source, query.get("name", ""))
    if resource := query.get("example", ""):
        text = _write_example(session, namespace, resource)
        return Submission(text, namespace, base=text)
    return Submission("", namespace)


def find_namespace(address: Address) -> str:
    """That of objects which name none: the page's, else `default` as kubectl has it."""
    return DEFAULT_NAMESPACE if address.namespaces[0] in (ALL, CLUSTER) else address.namespaces[0]


def read_source(source: str) -> Address:
    """The address of the object that is copied. Raises BadAddress, and BadRequest where it names no object."""
    parts = source.split("/")
    if len(parts) != len(SEGMENTS):
        raise BadRequest(_("A copy needs cluster, namespace, resource and name of an object."), status=400)
    return parse(dict(zip(SEGMENTS, parts, strict=True)), QueryDict())


def name_source(address: Address) -> str:
    """What `read_source` reads."""
    return "/".join((address.cluster, address.namespaces[0], address.resource, address.name))


def _write_example(session: ClusterSession, namespace: str, slug: str) -> str:
    """Without a schema, which few clusters do not publish, no more than the name of the kind."""
    resource = session.find(slug)
    if resource is None or "create" not in resource.verbs:
        raise NotFound(
            _("This cluster serves no resource “%(kind)s” that can be created.") % {"kind": slug[:100]},
            status=404,
        )
    schema: KindSchema | None
    try:
        schema = fetch_schema(session.client, resource)
    except ApiError:
        schema = None
    return yaml_lines.text(build_example(resource, schema, namespace))


def _start_copy(session: ClusterSession, namespace: str, source: str, name: str) -> Submission:
    opened = open_object(session.user, read_source(source), with_related=False)
    try:
        if opened.is_cut or opened.is_deleted:
            raise BadRequest(
                _("This object cannot be copied: it is deleted, or nested too deeply."), status=400
            )
        is_namespaced = opened.resource.namespaced
        new_name = name if is_object_name(name) else opened.address.name
        copy = build_copy(
            opened.found or {}, opened.resource, name=new_name, namespace=namespace if is_namespaced else ""
        )
        if opened.is_secret:
            copy = write_placeholders(_drop_hidden_annotations(copy))
        text = yaml_lines.text(copy)
        copied = name_source(opened.address) if opened.is_secret else ""
        return Submission(text, namespace, copied=copied, base=text)
    finally:
        opened.close()


def _drop_hidden_annotations(copy: Mapping[str, Any]) -> dict[str, Any]:
    """A hidden annotation may hold the old values: it is not copied."""
    metadata = dict(copy["metadata"])
    annotations = metadata.pop("annotations", {})
    kept = {key: value for key, value in annotations.items() if not isinstance(value, Hidden)}
    return {**copy, "metadata": {**metadata, **({"annotations": kept} if kept else {})}}
