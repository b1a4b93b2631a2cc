"""Cluster sessions: the only way from a user to a cluster, with credential, role and permission checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from clusters import discovery
from clusters import namespaces as namespace_lists
from clusters.access import reviews
from clusters.access.reviews import Budget, ReviewResult, review, review_by_rules
from clusters.api.call_log import CallLog
from clusters.api.client import Response
from clusters.api.connection import Connection
from clusters.api.paths import resource_path
from clusters.api.reading_client import ReadingClient
from clusters.api.resource_attributes import INTERACTIVE_SUBRESOURCES, ResourceAttributes
from clusters.audit_details import add_attributes, draft_session_entry
from clusters.credentials.invalidation import fingerprint
from clusters.credentials.sealing import SealBroken
from clusters.credentials.store import identity_of, server_of
from clusters.discovery import Catalog, Resource, fetch_catalog, refresh
from clusters.feeds.content import Content
from clusters.feeds.feed import Feed
from clusters.feeds.object_content import ObjectContent
from clusters.feeds.object_list_content import ObjectListContent, ObjectListQuery
from clusters.gateway.audited_requests import AuditedRequest, detail_of, name_in, send
from clusters.gateway.denials import make_error_callback
from clusters.gateway.hub import hub
from clusters.gateway.secret_reads import SECRETS, is_secret, note_when_read
from clusters.gateway.team_credentials import role_with, team_credentials, team_roles
from clusters.models import Cluster, Credential
from clusters.sharing import roles, visible_clusters
from clusters.tables.table_content import TableContent, TableQuery
from people.audit.draft import AuditDraft
from people.audit.models import Result
from people.audit.record import RecordedDenial, note
from people.models import TeamRole, User
from people.storage import release_connections

C = TypeVar("C", bound=Content)
READ_VERBS = frozenset({"get", "list", "watch"})
WRITE_SECONDS = 30.0


class NotShared(Exception):
    """This cluster is not there, or is shared with none of the user's teams: both look the same."""


class DeniedByRole(RecordedDenial):
    """The dashboard role does not permit it; nothing was sent. The text says why."""


class NoCredential(Exception):
    """The person has no credential for this cluster, and no team's may be used."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster.slug)
        self.cluster = cluster


@dataclass(frozen=True)
class ClusterSession:
    """One person at one cluster: everything a view may use, under that person's credential and role."""

    user: User
    cluster: Cluster
    credential: Credential
    role: TeamRole
    connection: Connection
    client: ReadingClient
    budget: Budget = field(default_factory=Budget)
    token: str = ""  # the personal token by which the request came, as the audit trail names it

    @property
    def can_see_secrets(self) -> bool:
        """Whether the dashboard role leaves Secret values to Kubernetes' own decision."""
        return self.role == TeamRole.EDITOR

    @property
    def team(self) -> str:
        """The team whose shared credential is used, or nothing."""
        return self.credential.team.name if self.credential.team else ""

    def catalog(self) -> Catalog:
        return fetch_catalog(self.client)

    def forget(self) -> None:
        """Drop the cached permissions of this credential at sign-out; a changed one has another fingerprint."""
        reviews.forget(self.connection.fingerprint)
        discovery.forget(self.connection.fingerprint)
        namespace_lists.forget(self.connection.fingerprint)

    def find(self, slug: str) -> Resource | None:
        """The kind by its name in URLs; an unknown one is fetched again: its CRD may have just been made."""
        return fetch_catalog(self.client).find(slug) or refresh(self.client).find(slug)

    def review_access(self, checks: Sequence[ResourceAttributes]) -> dict[ResourceAttributes, ReviewResult]:
        """What Kubernetes says to each, less what the dashboard role does not permit."""
        denied = {check: found for check in checks if (found := self.review_role(check)) is not None}
        rest = [check for check in checks if check not in denied]
        release_connections()
        return {**review(self.connection, self.client, rest, self.budget), **denied}

    def review_menu(self, checks: Sequence[ResourceAttributes]) -> dict[ResourceAttributes, ReviewResult]:
        """The same for a menu: what rules allow costs no review of its own, what they do not is reviewed.

        For what the budget leaves without a review, rules that are complete decide this too.
        """
        by_rules = review_by_rules(
            self.client, [check for check in checks if self.review_role(check) is None]
        )
        results = self.review_access([check for check in checks if by_rules.get(check) != "allowed"])
        for check, state in by_rules.items():
            is_left = check in results and results[check].source == "budget"
            if state == "allowed" or (state == "denied" and is_left):
                results[check] = ReviewResult(state)
        return results

    def prefetch(self, checks: Sequence[ResourceAttributes]) -> None:
        """Fetch ahead what a page will need; the network only, so that any thread can do it."""
        self.review_access(checks)
        namespace_lists.fetch_namespaces(self.client, self.catalog())

    def namespaces(self) -> namespace_lists.Namespaces:
        return namespace_lists.namespaces(
            self.client, self.user, self.cluster, self.credential, self.catalog()
        )

    def remember(self, namespace: str) -> bool:
        """Prove a namespace with a real response and keep its name; False where it is not there."""
        if not namespace_lists.is_there(self.client, namespace):
            return False
        namespace_lists.remember(self.user, self.cluster, namespace)
        return True

    def table(self, query: TableQuery, *, eager: bool = True) -> Feed[TableContent]:
        """A list's feed; the caller gives it back with `release`. `eager` as there."""
        release_connections()
        return self._note_calls(hub.table(self.connection, query, eager=eager))

    def object(self, resource: Resource, namespace: str, name: str) -> Feed[ObjectContent]:
        """An object's feed; the caller gives it back with `release`. Who read a Secret is recorded."""
        release_connections()
        feed = hub.object(self.connection, resource, namespace, name)
        if is_secret(resource):
            draft = self._draft_entry(resource.attributes("get", namespace, name), {"values": "hidden"})
            note_when_read(feed, draft, lambda: hub.is_viewer(feed, self.connection))
        return self._note_calls(feed)

    def objects(self, query: ObjectListQuery) -> Feed[ObjectListContent]:
        """The feed of a selection of whole objects, never of Secrets; the caller gives it back with `release`."""
        if is_secret(query.resource):
            raise ValueError("Secrets are read one by one, so that each is recorded.")
        release_connections()
        return self._note_calls(hub.objects(self.connection, query))

    def _note_calls(self, feed: Feed[C]) -> Feed[C]:
        """What fills a feed and keeps it: calls behind the page, also where another page began them."""
        log, content = self.connection.call_log, feed.content
        if log is not None:
            log.note("GET", content.load_path(), content.load_query())
            if content.can_watch:
                log.note("GET", content.watch_path(), [("watch", "true"), *content.watch_query()])
        return feed

    def release(self, feed: Feed[Any]) -> None:
        """Look no longer at a feed that was opened by this session."""
        hub.release(feed, self.connection)

    @property
    def audit_draft(self) -> AuditDraft:
        """Person, cluster, credential and role, as each row of the audit trail names them."""
        return replace(
            draft_session_entry(self.user, self.role, self.cluster, self.credential), token=self.token
        )

    def with_token(self, name: str) -> ClusterSession:
        """The same under a personal token, which each row of the audit trail then names."""
        named = replace(self, token=name)
        connection = replace(self.connection, error_callback=make_error_callback(named.audit_draft))
        return replace(named, connection=connection, client=ReadingClient(connection))

    def write(
        self,
        attributes: ResourceAttributes,
        *,
        body: Any = None,  # bytes, or a value to send as JSON
        query: Sequence[tuple[str, str]] = (),
        content_type: str = "application/json",
        timeout: float = WRITE_SECONDS,
        detail: Mapping[str, Any] | None = None,
    ) -> Response:
        """Change something: the verb is create, update, patch, delete or deletecollection (`Resource.attributes`).
        What `detail` says goes into the audit trail with what the request itself says.

        Raises DeniedByRole and sends nothing where the dashboard role does not permit it, AuditTrailUnavailable and
        sends nothing where the request cannot be recorded, ApiError as the API server answers, BadRequest where the
        attributes fit no path.
        """
        if attributes.verb == "create" and not attributes.name:
            attributes = replace(attributes, name=name_in(body))
        described = {**detail_of(attributes.verb, query, body, content_type), **(detail or {})}
        audited_request = self.open(attributes, described)
        return send(audited_request, body=body, query=query, content_type=content_type, timeout=timeout)

    def require_role(self, attributes: ResourceAttributes) -> None:
        """Raises DeniedByRole, recorded, where the dashboard role does not permit it; nothing is sent either way.

        For a form that was posted: what leads to the change (discovery, the object) is not even read then.
        """
        denial = self.review_role(attributes)
        if denial is not None:
            raise _record_denial(self._draft_entry(attributes, {}), denial.reason)

    def record_denial(self, attributes: ResourceAttributes, reason: str) -> DeniedByRole:
        """Records a request that Quarterdeck itself refuses, and returns the error to raise."""
        return _record_denial(self._draft_entry(attributes, {}), reason)

    def open(self, attributes: ResourceAttributes, detail: Mapping[str, Any] | None = None) -> AuditedRequest:
        """For what lasts or reaches in: a log, a shell, a forwarded port. `with` or `async with` what it returns.

        Raises DeniedByRole at once; entering raises AuditTrailUnavailable.
        """
        denial, draft = self.review_role(attributes), self._draft_entry(attributes, detail or {})
        if denial is not None:
            raise _record_denial(draft, denial.reason)
        return AuditedRequest(self.connection, attributes, draft)

    def reveal(self, namespace: str, name: str, key: str) -> Any:
        """A Secret with its values, for handing out that of `key`.

        Raises DeniedByRole, AuditTrailUnavailable, ApiError.
        """
        return self._read_secret(namespace, name, {"values": "shown", "key": key})

    def read_for_copy(self, namespace: str, name: str, to: str) -> Any:
        """A Secret with its values, for writing them to another one (`to`) and showing none. Raises as `reveal`."""
        return self._read_secret(namespace, name, {"values": "copied", "to": to})

    def _read_secret(self, namespace: str, name: str, detail: Mapping[str, Any]) -> Any:
        attributes = SECRETS.attributes("get", namespace, name)
        if not self.can_see_secrets:
            reason = _(
                "Secret values are shown only to people with the Editor role. Your role for this "
                "cluster is Viewer."
            )
            raise _record_denial(self._draft_entry(attributes, detail), reason)
        with self.open(attributes, detail) as opened:
            response = opened.client.request(attributes.method, resource_path(attributes))
            opened.record_response(response.status, response.headers.get("audit-id", ""))
        return response.json()

    def _draft_entry(self, attributes: ResourceAttributes, detail: Mapping[str, Any]) -> AuditDraft:
        return replace(add_attributes(self.audit_draft, attributes), detail=detail)

    def review_role(self, check: ResourceAttributes) -> ReviewResult | None:
        """What the dashboard role alone does not permit, without a request; None of what it leaves to Kubernetes."""
        if self.role == TeamRole.EDITOR:
            return None
        if check.verb in READ_VERBS and check.subresource not in INTERACTIVE_SUBRESOURCES:
            return None
        return ReviewResult("denied", self.role_reason, "role")

    @property
    def role_reason(self) -> str:
        """Why the dashboard role permits reading only."""
        if self.user.is_auditor:
            return _("Auditors have read-only access.")
        if self.credential.team and self.credential.read_only:
            return _("The credential shared by team %(team)s is read-only.") % {"team": self.team}
        if self.credential.team:
            return _("In team %(team)s, whose credential you use here, you are a Viewer (read-only).") % {
                "team": self.team
            }
        return _("Your role for this cluster is Viewer (read-only).")


def _record_denial(draft: AuditDraft, reason: str) -> DeniedByRole:
    note(replace(draft, result=Result.DENIED, reason=reason))
    return DeniedByRole(reason)


def connect(user: User, slug: str) -> ClusterSession:
    """The person's way to the cluster. Raises NotShared, NoCredential, SealBroken, or CredentialSuspended, which is a
    SealBroken."""
    found = connect_all(user, [slug])[slug]
    if isinstance(found, ClusterSession):
        return found
    raise found


def connect_all(
    user: User, slugs: Collection[str]
) -> dict[str, ClusterSession | NotShared | NoCredential | SealBroken]:
    """For each slug its session, or the error that `connect` raises; in as many queries for all as for one.

    The person's own credential comes first, else the one that a team of theirs shares there. Where the first cannot be
    used, the other does not stand in for it.
    """
    visible = (
        {one.slug: one for one in visible_clusters(user).filter(slug__in=slugs)} if user.is_active else {}
    )
    own = {one.cluster_id: one for one in Credential.objects.filter(user=user, cluster__in=visible.values())}
    role, roles_by_team = roles(user), team_roles(user)
    shared = team_credentials(user, roles_by_team)
    found: dict[str, ClusterSession | NotShared | NoCredential | SealBroken] = {}
    for slug in slugs:
        cluster = visible.get(slug)
        if cluster is None or cluster.pk not in role:
            found[slug] = NotShared(slug)
            continue
        credential = own.get(cluster.pk) or shared.get(cluster.pk)
        if credential is None:
            found[slug] = NoCredential(cluster)
            continue
        credential.cluster = cluster  # its address is compared, and sent to, as read here
        try:
            held = role_with(credential, role[cluster.pk], roles_by_team)
            found[slug] = _open_session(user, cluster, held, credential)
        except SealBroken as error:
            found[slug] = error
    release_connections()  # from here on a page waits for clusters
    return found


def _open_session(user: User, cluster: Cluster, role: TeamRole, credential: Credential) -> ClusterSession:
    """Raises SealBroken."""
    connection = Connection(
        cluster=cluster.slug,
        server=server_of(cluster),
        identity=identity_of(credential),
        fingerprint=fingerprint(cluster, credential),
        person=str(user.pk),
        expires_at=credential.expires_at,
        error_callback=make_error_callback(draft_session_entry(user, role, cluster, credential)),
        account=hub.budget.open(str(user.pk), cluster.slug),
        call_log=CallLog(),
    )
    return ClusterSession(user, cluster, credential, role, connection, ReadingClient(connection))
