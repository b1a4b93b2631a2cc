"""Open logs: whose logs a page shows under one user's permissions, in one cluster or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.errors import ApiError, BadRequest
from clusters.api.resource_attributes import ResourceAttributes
from clusters.credentials.sealing import SealBroken
from clusters.gateway.connect import ClusterSession, NoCredential, NotShared, connect, connect_all
from clusters.logs.options import LogTarget
from clusters.logs.pods import Pod, read_pod
from dashboard.address.paths import ALL, CLUSTER, Address, BadAddress
from dashboard.kinds.fields import mapping, text
from dashboard.kinds.kind import Kind
from dashboard.kinds.selectors import format_labels, format_selector
from dashboard.kinds.tabs import LOGS
from dashboard.logs.query import LogQuery
from dashboard.objects.opening import OpenObject
from dashboard.pieces.notice import Notice
from dashboard.shell.cluster_errors import describe_error
from people.models import User

JOB_PODS = "batch.kubernetes.io/job-name"  # the label of a Job's pods, whatever its CronJob is called
MAX_TARGETS = 20


@dataclass
class OpenLogs:
    """What a log page reads. `notices` say what it cannot, `pod` is the one that it is about, where it is one."""

    query: LogQuery
    sessions: Sequence[ClusterSession]
    targets: list[LogTarget] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    pod: Pod | None = None
    container_names: Sequence[str] = ()

    @property
    def is_previous(self) -> bool:
        """As the URL says; else whether the pod has crashed, whose last words are looked for."""
        if self.query.previous is not None:
            return self.query.previous
        return self.pod is not None and any(
            one.is_crashed and one.previous is not None and one.ended is None
            for one in self.pod.containers
            if one.name in (self.query.containers or self.container_names)
        )


def open_object_logs(opened: OpenObject, query: LogQuery, user: User) -> OpenLogs:
    """The logs of a pod or of a workload's pods. Raises BadAddress for a kind without logs."""
    if LOGS not in opened.kind.tabs:
        raise BadAddress("resource", _("Objects of this kind have no logs."))
    found, session = opened.found or {}, opened.cluster_session
    logs = OpenLogs(query, [session])
    if opened.kind.slug == "pods":
        logs.pod = read_pod(found)
        logs.container_names = [one.name for one in logs.pod.containers]
        target = LogTarget(session, opened.address.namespace, name=opened.address.name)
    else:
        logs.container_names = _find_container_names(found)
        target = _make_target(session, opened.kind, found)
    _add_targets(logs, session, [target])
    if query.also and not target.name:
        _add_other_clusters(logs, opened, user)
    return logs


def open_selected_logs(user: User, address: Address, query: LogQuery) -> OpenLogs:
    """The logs of the pods that the label selector of the URL selects, in its clusters and namespaces."""
    selector = dict(address.query).get("selector", "")
    if ALL in (*address.clusters, *address.namespaces) or CLUSTER in address.namespaces:
        raise BadRequest(_("Logs are read in named clusters and namespaces."), status=400)
    if len(address.clusters) * len(address.namespaces) > MAX_TARGETS:
        message = _("At most %(most)d clusters times namespaces can be read at once.")
        raise BadRequest(message % {"most": MAX_TARGETS}, status=400)
    first = connect(user, address.cluster)
    logs = OpenLogs(query, [first])
    others = connect_all(user, [one for one in address.clusters if one != address.cluster])
    for slug, session in {address.cluster: first, **others}.items():
        if not isinstance(session, ClusterSession):
            logs.notices.append(_describe_missing(slug, session))
            continue
        if session is not first:
            logs.sessions = [*logs.sessions, session]
        _add_targets(
            logs, session, [LogTarget(session, one, selector=selector) for one in address.namespaces]
        )
    return logs


def _make_target(session: ClusterSession, kind: Kind, found: Mapping[str, Any]) -> LogTarget:
    """The pods of a workload. Raises BadRequest for one that selects none."""
    selector = mapping(found, "spec", "selector")
    if kind.slug == "cronjobs.batch":
        labels = JOB_PODS
    elif kind.slug == "replicationcontrollers":
        labels = format_labels(selector)
    else:
        labels = format_selector(selector)
    if not labels:
        raise BadRequest(_("This workload has no label selector, so its pods are not known."), status=400)
    return LogTarget(
        session,
        text(found, "metadata", "namespace"),
        selector=labels,
        owner_uid=text(found, "metadata", "uid"),
    )


def _add_targets(logs: OpenLogs, session: ClusterSession, targets: Sequence[LogTarget]) -> None:
    """Those whose logs may be read, or may perhaps; a notice for each of the others."""
    checks = {
        target: ResourceAttributes("get", "", "v1", "pods", "log", target.namespace, target.name)
        for target in targets
    }
    results = session.review_access(list(checks.values()))
    for target, check in checks.items():
        if results[check].state != "denied":
            logs.targets.append(target)
            continue
        reason = results[check].reason
        logs.notices.append(
            Notice(
                title=_("You do not have permission to read logs here."),
                advice=_("Kubernetes does not grant you “get” on “pods/log” in namespace %(namespace)s.")
                % {"namespace": target.namespace},
                severity="warning",
                subject=session.cluster.slug if len(logs.sessions) > 1 or logs.query.also else "",
                message=reason,
            )
        )


def _add_other_clusters(logs: OpenLogs, opened: OpenObject, user: User) -> None:
    """The workload of the same name in other clusters; what one of them lacks is a notice."""
    address = opened.address
    for slug, session in connect_all(
        user, [one for one in logs.query.also if one != address.cluster]
    ).items():
        if not isinstance(session, ClusterSession):
            logs.notices.append(_describe_missing(slug, session))
            continue
        try:
            resource = session.find(address.resource)
            if resource is None:
                raise BadRequest(_("This cluster does not serve this resource."), status=404)
            found = session.client.get(resource.object_path(address.namespace, address.name))
            target = _make_target(session, opened.kind, found)
        except ApiError as error:
            logs.notices.append(replace(describe_error(error), subject=slug))
            continue
        logs.sessions = [*logs.sessions, session]
        _add_targets(logs, session, [target])


def _describe_missing(slug: str, error: NotShared | NoCredential | SealBroken) -> Notice:
    advice = (
        _("This cluster does not exist or is not shared with you.")
        if isinstance(error, NotShared)
        else _("You have no credential for this cluster that can be used.")
    )
    return Notice(
        title=_("Logs of one cluster are missing."), advice=advice, severity="warning", subject=slug
    )


def _find_container_names(found: Mapping[str, Any]) -> Sequence[str]:
    """Of the pods that a workload makes, by its template."""
    template = mapping(found, "spec", "template") or mapping(found, "spec", "jobTemplate", "spec", "template")
    return [one.name for one in read_pod({"metadata": {}, "spec": mapping(template, "spec")}).containers]
