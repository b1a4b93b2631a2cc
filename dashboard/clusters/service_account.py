"""Service account advice: kubectl commands that create a ServiceAccount token, for this user."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from clusters.api.paths import is_dns_label
from clusters.credentials.kubeconfig import Context
from people.models import TeamRole, User

HOURS = 720
_UNSAFE_IN_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Account:
    """The commands, in their order; `days` is the lifetime that is requested for the token."""

    namespace: str
    name: str
    role: str
    create: str
    bind: str
    token: str
    days: int = HOURS // 24


def account_for(
    user: User, role: TeamRole, *, namespace: str = "", context: Context | None = None
) -> Account:
    """Commands for this user; a rejected kubeconfig's context and namespace are used where there is one."""
    chosen = namespace or (context.namespace if context else "")
    namespace = chosen if is_dns_label(chosen) else "default"
    name, grant = account_name(user.username), "edit" if role == TeamRole.EDITOR else "view"
    kubectl = f"kubectl --context {shlex.quote(context.name)}" if context else "kubectl"
    return Account(
        namespace=namespace,
        name=name,
        role=grant,
        create=f"{kubectl} -n {namespace} create serviceaccount {name}",
        bind=(
            f"{kubectl} -n {namespace} create rolebinding {name}-{grant} "
            f"--clusterrole={grant} --serviceaccount={namespace}:{name}"
        ),
        token=f"{kubectl} -n {namespace} create token {name} --duration={HOURS}h",
    )


def account_name(username: str) -> str:
    """A name that Kubernetes takes, made from a user name that may hold anything."""
    plain = _UNSAFE_IN_NAME.sub("-", username.lower()).strip("-")[:40].strip("-")
    return f"quarterdeck-{plain}" if plain else "quarterdeck"
