"""Database fixtures: users, team, clusters and credentials of a dashboard, also as a command loop.

As a program (`python -m tests.database_fixtures`) it works on the database that the environment names, next to a
running server: it reads one JSON command a line and prints one JSON answer a line.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password

from clusters.api.connection import Identity
from clusters.credentials.store import Owner, save_credential, server_of
from clusters.credentials.verification import WhoAmI, try_identity
from clusters.models import (
    Cluster,
    ClusterRequest,
    Credential,
    Operation,
    OperationItem,
    OperationState,
    PersonalToken,
    Share,
)
from clusters.personal_tokens.store import TokenScope, issue, revoke
from people.control import bump_access, notify_signed_out
from people.models import Membership, Session, Team, User
from people.sessions import SessionStore, hash_key
from tests.audit.recording import begin_write, end_write, record_action, record_flood
from tests.controlplane.keys import get_keys
from tests.controlplane.users import TEAMS, USERS

# Who signs in by the form; ada is the administrator without whom a start makes one. To hash one takes long.
BY_PASSWORD = ("ada", "dana", "rene", "stan")
NO_PASSWORD = {"password": make_password(None)}


@dataclass(frozen=True)
class Keys:
    """What one person proves themselves to one cluster with."""

    token: str = ""
    certificate: str = ""
    key: str = ""


def create_users() -> dict[str, User]:
    """All test users with global roles, teams and team roles; those that do not exist yet are created."""
    teams = {
        slug: Team.objects.get_or_create(slug=slug, defaults={"name": slug.title()})[0] for slug in TEAMS
    }
    found = {}
    for one in USERS:
        user, made = User.objects.get_or_create(
            username=one.name, defaults=NO_PASSWORD | {"global_role": one.global_role}
        )
        if made and one.name in BY_PASSWORD:
            user.set_password(f"sail-with-{one.name}")
            user.save()
        if one.team:
            Membership.objects.update_or_create(
                user=user, team=teams[one.team], defaults={"role": one.team_role}
            )
        found[one.name] = user
    return found


def create_editor(name: str, *, team: str = "shop", has_password: bool = False) -> str:
    """One more editor of a team, next to USERS."""
    user, made = User.objects.get_or_create(username=name, defaults=NO_PASSWORD)
    if made and has_password:
        user.set_password(f"sail-with-{name}")
        user.save()
    Membership.objects.get_or_create(user=user, team=Team.objects.get(slug=team), defaults={"role": "editor"})
    return str(user.username)


def create_cluster(slug: str, server: str, ca: str, *, color: str = "teal", team: str = "shop") -> Cluster:
    """A cluster shared with a team."""
    made, _ = Cluster.objects.update_or_create(
        slug=slug, defaults={"name": slug.title(), "server": server, "ca": ca, "color": color}
    )
    Share.objects.get_or_create(cluster=made, team=Team.objects.get(slug=team))
    return made


def store_credential(name: str, slug: str, keys: Keys, *, namespace: str = "") -> Credential:
    """A person's own credential, tried and stored as the page does it."""
    where = Cluster.objects.get(slug=slug)
    identity = Identity(token=keys.token, certificate=keys.certificate, key=keys.key)
    who = try_identity(server_of(where), identity)
    return save_credential(
        where, Owner(user=User.objects.get(username=name)), identity, who, namespace=namespace
    )


def create_all(plane: Any, slug: str = "harbour", *, color: str = "teal") -> Cluster:
    """All test users, each with their own credential, for one control plane."""
    create_users()
    made = create_cluster(slug, plane.server, plane.ca, color=color)
    for one in USERS:
        if one.team:
            store_credential(
                one.name,
                slug,
                Keys(**get_keys(plane, one.name)),
                namespace="shop" if one.name == "dana" else "",
            )
    return made


def create_dead_cluster(slug: str, name: str, server: str = "", ca: str = "") -> str:
    """A cluster at an address that may not answer (else: whose port nobody listens on), and an untried credential."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        made = create_cluster(slug, server or f"https://127.0.0.1:{free.getsockname()[1]}", ca, color="rust")
    who = WhoAmI(name, "", (), {}, None)
    save_credential(made, Owner(user=User.objects.get(username=name)), Identity(token="nobody-asks"), who)
    return slug


def create_session(name: str) -> str:
    """The key of a new session of this person, as a sign-in would make it."""
    user = User.objects.get(username=name)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)


def end_session(key: str) -> int:
    """Sign out from outside the server's process: only the session checks can close its sockets."""
    deleted, _ = Session.objects.filter(pk=hash_key(key)).delete()
    notify_signed_out(hash_key(key))
    return deleted


def set_membership(name: str, role: str) -> str:
    """Change (or, with an empty role, end) a person's membership."""
    user = User.objects.get(username=name)
    if role:
        Membership.objects.filter(user=user).update(role=role)
    else:
        Membership.objects.filter(user=user).delete()
    bump_access([user.pk])
    return role


def issue_token(
    name: str,
    *,
    clusters: list[str],
    read_only: bool = False,
    namespaces: list[str] | None = None,
    lifetime: float = 3600,
) -> dict[str, Any]:
    """A personal token of this person: its number and its secret. `lifetime` is in seconds."""
    scope = TokenScope(list(Cluster.objects.filter(slug__in=clusters)), namespaces or [], read_only)
    user = User.objects.get(username=name)
    token, secret = issue(user, "of a test", scope, timedelta(seconds=lifetime))
    return {"pk": token.pk, "secret": secret}


def revoke_token(pk: int) -> bool:
    token = PersonalToken.objects.get(pk=pk)
    return revoke(token, token.user)


def set_active(name: str, *, is_active: bool) -> bool:
    User.objects.filter(username=name).update(is_active=is_active)
    return is_active


def bump_access_of(names: list[str]) -> int:
    """Notify the sockets of these people, as a change of a team's shares does; how many they are."""
    found = User.objects.filter(username__in=names).values_list("pk", flat=True)
    bump_access(found)
    return len(found)


def set_hostile_names(text: str, long: str) -> str:
    """Whatever has a name or a note is called so, as if no form had looked at it; one short line, one long text."""
    User.objects.get_or_create(username=text[:150], defaults={"name": text[:150]})
    User.objects.filter(username__in=("dana", "ada")).update(name=text[:150])
    Team.objects.filter(slug="shop").update(name=text[:100])
    Cluster.objects.update(name=text[:100], labels={text: text}, color=text[:16], tls_server_name="")
    Credential.objects.update(identity=text, groups=[text, long])
    Session.objects.update(agent=text[:200])
    _create_hostile_drain(text, long)
    request = {"server": text, "tls_server_name": text, "note": long}
    ClusterRequest.objects.create(user=User.objects.get(username="dana"), name=text[:100], **request)
    return text


def _create_hostile_drain(text: str, long: str) -> None:
    """Whatever a drain shows of a cluster is called so."""
    node = {"name": text, "state": "failed", "errors": [text, long], "warnings": [text], "notice": text}
    budget = {"namespace": text, "name": text, "allowed": text, "healthy": 1, "desired": 1, "owner": text}
    drain = Operation.objects.create(
        kind="drain",
        cluster=Cluster.objects.get(slug="harbour"),
        user=User.objects.get(username="ada"),
        session_id="",
        state=OperationState.FAILED,
        options={"nodes": [text], "pod_selector": text},
        progress={"nodes": [node], "budgets": {f"{text[:63]}/{text}": budget}},
        reason=text,
    )
    detail = {
        "node": text, "workload": text, "warnings": [text], "empty_dirs": [text], "blocked_by": text, "skipped": text,
    }  # fmt: skip
    for state in ("blocked", "failed", "skipped", "waiting", text[:16]):
        OperationItem.objects.create(
            operation=drain, resource="pods", namespace=text[:63], name=text[:253], state=state,
            message=text, detail=detail,
        )  # fmt: skip


def protect(slug: str) -> int:
    """Mark a cluster as protected."""
    return Cluster.objects.filter(slug=slug).update(protected=True)


def _run_command(command: dict[str, Any]) -> Any:
    name, arguments = command["do"], command.get("with", {})
    if name == "create_users":
        return list(create_users())
    if name == "cluster":
        return create_cluster(**arguments).pk
    if name == "credential":
        keys = Keys(**arguments.pop("keys"))
        return store_credential(keys=keys, **arguments).pk
    return {
        "dead_cluster": create_dead_cluster,
        "protect": protect,
        "hostile_names": set_hostile_names,
        "create_editor": create_editor,
        "session": create_session,
        "end_session": end_session,
        "set_membership": set_membership,
        "bump_access": bump_access_of,
        "issue_token": issue_token,
        "revoke_token": revoke_token,
        "set_active": set_active,
        "record_action": record_action,
        "begin_write": begin_write,
        "end_write": end_write,
        "record_flood": record_flood,
    }[name](**arguments)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_run_command(json.loads(line))), flush=True)
