"""Installation for attack tests: users, clusters and sessions, and sample values for each route argument.

Two clusters are one API server behind a recorder: `harbour` is shared with team shop, `island` with team pay.
Where only the dashboard may refuse, the person's credential is a cluster-admin's: Kubernetes would refuse nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import Client
from django.utils import timezone

from clusters.api.connection import Identity
from clusters.api.streams import Streams
from clusters.changes.drafts import DraftContent, save_draft
from clusters.changes.objects import Version
from clusters.credentials.binding import destination_of, read_binding
from clusters.credentials.store import Owner, read_identity, save_credential, seal_for
from clusters.credentials.suspension import CredentialSuspended
from clusters.credentials.verification import WhoAmI
from clusters.gateway.connect import connect
from clusters.models import (
    BulkItem,
    BulkRun,
    BulkState,
    Cluster,
    ClusterRequest,
    Credential,
    Draft,
    Operation,
    OperationState,
    PersonalToken,
    Share,
)
from clusters.personal_tokens.store import TokenScope, issue
from clusters.terminal.launch import TerminalLaunch
from clusters.terminal.service import terminal_service
from clusters.terminal.session import TerminalOwner, TerminalSession
from clusters.terminal.timings import TerminalTimings
from people import one_time_links
from people.control import session_group
from people.models import GlobalRole, Invitation, Membership, Purpose, Session, Team, User
from people.sessions import hash_key
from tests.attacks.routes import Route, fetch_methods, list_routes
from tests.clusters.api.faults import FaultServer
from tests.controlplane.world import NODES
from tests.database_fixtures import create_session
from tests.simulated_cluster import Plane

ADMINISTRATOR = "ada"
OWNER = "dana"  # whose the objects are that others try to reach
# name -> (global role, active, team, role there, whose token it holds, for which cluster)
PEOPLE: dict[str, tuple[str, bool, str, str, str, str]] = {
    "ada": ("administrator", True, "shop", "editor", "ada", "harbour"),
    "dana": ("member", True, "shop", "editor", "dana", "harbour"),
    "rene": ("member", True, "shop", "viewer", "rita", "harbour"),
    "aude": ("auditor", True, "shop", "editor", "rita", "harbour"),
    "dora": ("member", True, "pay", "editor", "rita", "island"),
    "demi": ("administrator", True, "shop", "editor", "rita", "harbour"),  # until Installation.demote
    "idle": ("administrator", True, "shop", "editor", "rita", "harbour"),  # until Installation.demote
    "stan": ("member", True, "", "", "", ""),
}


_methods: dict[Route, frozenset[str]] = {}


class Rollback(Exception):
    """Rolls back what a request of a test did."""


@dataclass
class Installation:
    """The database of one test. `sessions` were begun before anything was taken away from anybody."""

    users: dict[str, User]
    clusters: dict[str, Cluster]
    plane: Plane | None
    link: str
    sessions: dict[str, str]

    def browser(self, name: str = "", *, strict: bool = False, **headers: Any) -> Client:
        """A browser in which this person is signed in (nobody: ""), always in the same session."""
        client = Client(enforce_csrf_checks=strict, raise_request_exception=False, **headers)
        if name:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[name]
        return client

    def demote(self) -> None:
        """Demi is no administrator any more and in no team, idle is not active; their sessions live on."""
        User.objects.filter(username="demi").update(global_role=GlobalRole.MEMBER)
        Membership.objects.filter(user=self.users["demi"]).delete()
        User.objects.filter(username="idle").update(is_active=False)

    def address(self, route: Route, owner: str = OWNER, **other: object) -> str:
        """The path of a route with this person's objects; `other` values go before those of SAMPLES."""
        return route.address(
            {name: other.get(name, _find_sample(route, name)(self, owner)) for name in route.arguments}
        )

    def methods(self, route: Route) -> frozenset[str]:
        """The methods that the route accepts; requested once as an administrator, and rolled back."""
        if route not in _methods:
            with roll_back():
                _methods[route] = fetch_methods(route, self.address(route), self.browser(ADMINISTRATOR))
        return _methods[route]

    def writing_routes(self) -> list[Route]:
        """The routes that take more than GET and HEAD."""
        return [route for route in list_routes() if self.methods(route) - {"GET", "HEAD"}]

    def token(self, name: str) -> str:
        """The bearer token that this person's credential holds."""
        return get_token(self.plane, PEOPLE[name][4])


def build_installation(plane: Plane | None, server: FaultServer | None) -> Installation:
    """Everybody and everything; without a server the clusters are where nobody listens."""
    locked = make_password(None)
    teams = {slug: Team.objects.create(slug=slug, name=slug.title()) for slug in ("shop", "pay")}
    clusters = {}
    for slug, team in (("harbour", "shop"), ("island", "pay")):
        where = {"server": server.url, "ca": server.ca} if server else {"server": "https://127.0.0.1:9"}
        clusters[slug] = Cluster.objects.create(slug=slug, name=slug.title(), color="teal", **where)
        Share.objects.create(cluster=clusters[slug], team=teams[team])
    users = {}
    for name, (global_role, active, team, role, token, cluster) in PEOPLE.items():
        user = users[name] = User.objects.create(
            username=name, name=name.title(), global_role=global_role, is_active=active, password=locked
        )
        if team:
            Membership.objects.create(user=user, team=teams[team], role=role)
        if cluster:
            _store_credential(clusters[cluster], Owner(user=user), get_token(plane, token), token)
        content = DraftContent(f"of {name}", "", Version("", ""))
        save_draft(user, clusters["harbour"], "shop/configmaps/web", uuid4(), content)
        issue(user, f"of {name}", TokenScope([clusters["harbour"]], [], read_only=True), timedelta(days=1))
        ClusterRequest.objects.create(user=user, name=f"of {name}", server=f"https://{name}.example.com")
        _create_run(user)
    _store_credential(clusters["harbour"], Owner(team=teams["shop"]), get_token(plane, "rita"), "rita")
    Operation.objects.create(
        kind="drain",
        cluster=clusters["harbour"],
        user=users[OWNER],
        session_id="",
        state=OperationState.STOPPED,
        options={"nodes": [NODES[0]]},
    )
    one_time_links.invite(global_role=GlobalRole.MEMBER, created_by=users[ADMINISTRATOR])
    link = one_time_links.link_for(users["stan"], Purpose.SIGN_IN)
    return Installation(users, clusters, plane, link, {name: create_session(name) for name in PEOPLE})


def move_clusters(**settings_of_connection: Any) -> None:
    """All clusters have these settings, and every owner has confirmed them: their credentials go there."""
    Cluster.objects.update(**settings_of_connection)
    for credential in Credential.objects.select_related("cluster"):
        binding = read_binding(credential)
        seal_for(credential, read_identity(credential), destination_of(credential.cluster), binding.added_by)
        credential.save()


def get_token(plane: Plane | None, name: str) -> str:
    return plane.token(name) if plane else f"token-of-{name}"


@contextmanager
def roll_back() -> Iterator[None]:
    """What happens within is rolled back."""
    try:
        with transaction.atomic():
            yield
            raise Rollback
    except Rollback:
        pass


def make_expired_session(name: str) -> str:
    """The key of a session of this person that is over."""
    key = create_session(name)
    Session.objects.filter(pk=hash_key(key)).update(expire_date=timezone.now() - timedelta(seconds=1))
    return key


def _store_credential(cluster: Cluster, owner: Owner, token: str, identity: str) -> None:
    save_credential(
        cluster,
        owner,
        Identity(token=token),
        WhoAmI(identity, "", (), {}, None),
        namespace="shop",
        read_only=False,
    )


def _find_sample(route: Route, argument: str) -> Callable[[Installation, str], object]:
    package = route.name.partition(":")[0]
    for key in (f"{route.name}.{argument}", f"{package}.{argument}"):
        if key in SAMPLES:
            return SAMPLES[key]
    raise AssertionError(
        f"Nothing is known about the argument {argument} of {route.name}: say in SAMPLES of "
        f'tests/attacks/installation.py, under "{route.name}.{argument}", '
        "which value leads to an object that exists and is the owner's."
    )


def _credential(installation: Installation, owner: str) -> int:
    return Credential.objects.get(user=installation.users[owner]).pk


def _request(installation: Installation, owner: str) -> int:
    return ClusterRequest.objects.get(user=installation.users[owner]).pk


def _token(installation: Installation, owner: str) -> int:
    return PersonalToken.objects.get(user=installation.users[owner]).pk


def _create_run(user: User) -> None:
    """A bulk run that is over, with one object that failed."""
    run = BulkRun.objects.create(
        id=uuid4(), user=user, action="label", resource="pods", finished_at=timezone.now()
    )
    BulkItem.objects.create(
        run=run, number=1, cluster="harbour", namespace="shop", name="web", uid="u", state=BulkState.FAILED
    )


def _bulk_run(installation: Installation, owner: str) -> str:
    return str(BulkRun.objects.get(user=installation.users[owner]).pk)


def _draft(installation: Installation, owner: str) -> str:
    return str(Draft.objects.get(user=installation.users[owner]).pk)


def _terminal(installation: Installation, owner: str) -> str:
    """A terminal of the owner's browser in which nothing runs: its loop is over. Without a credential none is there."""
    whose = TerminalOwner(installation.users[owner].pk, hash_key(installation.sessions[owner]))
    known = terminal_service.list(whose)
    if known:
        return known[0].id

    try:
        session = connect(installation.users[owner], "harbour")
    except CredentialSuspended:
        return uuid4().hex

    async def make() -> TerminalSession:
        launch = TerminalLaunch("shop", "web", "main")
        return TerminalSession(uuid4().hex, whose, session, launch, Streams(), TerminalTimings())

    loop = asyncio.new_event_loop()
    made = loop.run_until_complete(make())
    loop.close()
    terminal_service.add(made)
    return made.id


def _session_id(installation: Installation, owner: str) -> str:
    return session_group(hash_key(installation.sessions[owner])).removeprefix("session.")


def _person(installation: Installation, owner: str) -> int:
    return installation.users[owner].pk


# "<package>.<argument>" or, before that, "<view>.<argument>" -> the value that is the owner's
SAMPLES: dict[str, Callable[[Installation, str], object]] = {
    "resources:short_form.form": lambda installation, owner: "configmap",
    "accounts.secret": lambda installation, _owner: installation.link,
    "accounts.session_id": _session_id,
    "accounts.pk": _person,
    "accounts.user_id": lambda installation, _owner: installation.users[OWNER].pk,
    "accounts.slug": lambda _installation, _owner: "shop",
    "accounts:withdraw_invitation.pk": lambda _installation, _owner: Invitation.objects.get(user=None).pk,
    "clusters.slug": lambda _installation, _owner: "harbour",
    "clusters.team": lambda _installation, _owner: "shop",
    "clusters:approve.pk": _request,
    "clusters:decline.pk": _request,
    "clusters:withdraw.pk": _request,
    "clusters:remove_credential.pk": _credential,
    "bulk.run_id": _bulk_run,
    "resources:api_version.group": lambda _installation, _owner: "apps",
    "resources:api_version.version": lambda _installation, _owner: "v1",
    "resources.cluster": lambda _installation, _owner: "harbour",
    "resources.clusters": lambda _installation, _owner: "harbour",
    "resources.namespaces": lambda _installation, _owner: "shop",
    "resources.resource": lambda _installation, _owner: "secrets",
    "resources.name": lambda _installation, _owner: "web",
    "resources:object_logs.resource": lambda _installation, _owner: "deployments.apps",
    "resources:files.resource": lambda _installation, _owner: "pods",
    "resources:files.name": lambda _installation, _owner: "toolbox",
    "resources:files_download.resource": lambda _installation, _owner: "pods",
    "resources:files_download.name": lambda _installation, _owner: "toolbox",
    "resources:terminal.resource": lambda _installation, _owner: "deployments.apps",
    "terminal.terminal_id": _terminal,
    "resources:history.resource": lambda _installation, _owner: "deployments.apps",
    "personal_tokens.pk": _token,
    "resources:drain_plan.resource": lambda _installation, _owner: "nodes",
    "resources:drain_plan.namespaces": lambda _installation, _owner: "_cluster",
    "resources:drain_plan.name": lambda _installation, _owner: NODES[0],
    "resources:node_drains.resource": lambda _installation, _owner: "nodes",
    "resources:node_drains.namespaces": lambda _installation, _owner: "_cluster",
    "resources:node_drains.name": lambda _installation, _owner: NODES[0],
    "resources.number": lambda _installation, _owner: Operation.objects.get(kind="drain").pk,
    "resources:draft.draft": _draft,
    "resources:rollout.resource": lambda _installation, _owner: "deployments.apps",
    "resources.action": lambda _installation, _owner: "delete",
}
