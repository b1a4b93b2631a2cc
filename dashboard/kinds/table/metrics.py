"""Metrics of pods and nodes, served by the metrics server: what they are measured of."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, name_of, namespace_of
from dashboard.kinds.kind import Kind
from dashboard.kinds.references import Reference


def find_measured_pod(found: KubernetesObject) -> Iterator[Reference]:
    """The Pod of the same name."""
    yield Reference(_("Metrics for"), "", "Pod", name_of(found), namespace_of(found))


def find_measured_node(found: KubernetesObject) -> Iterator[Reference]:
    """The Node of the same name."""
    yield Reference(_("Metrics for"), "", "Node", name_of(found))


KINDS = (
    Kind(group="metrics.k8s.io", kind="PodMetrics", plural="pods", find_references=find_measured_pod),
    Kind(group="metrics.k8s.io", kind="NodeMetrics", plural="nodes", find_references=find_measured_node),
)
