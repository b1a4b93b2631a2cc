"""Users of the tests, in the dashboard and in the cluster.

One table: user x global role x role in a team x RBAC. Permissions follow from both sides: what the cluster's RBAC
grants, restricted by global role and team role.
"""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Binding:
    """A grant to one person: of a ClusterRole in one namespace, or in the whole cluster (namespace "")."""

    role: str
    namespace: str = ""


@dataclass(frozen=True)
class Person:
    name: str  # the username, in the dashboard and in the cluster
    global_role: Literal["member", "auditor", "administrator"] = "member"
    team: str = ""  # the slug of the team; "" is none
    team_role: Literal["viewer", "editor", ""] = ""  # in that team
    groups: tuple[str, ...] = ()  # in the cluster, beside system:authenticated
    auth: Literal["token", "certificate"] = "token"  # what the kubeconfig holds; both work for everybody
    bindings: tuple[Binding, ...] = ()


TEAMS = ("shop",)  # the slugs

USERS = (
    # the administrator, who can do everything on both sides
    Person("ada", "administrator", "shop", "editor", ("admins",), bindings=(Binding("cluster-admin"),)),
    # works in one namespace and cannot even list the namespaces
    Person("dana", "member", "shop", "editor", ("team-shop",), "certificate", (Binding("edit", "shop"),)),
    # reads in two namespaces
    Person(
        "rene", "member", "shop", "viewer", (), bindings=(Binding("view", "shop"), Binding("view", "pay"))
    ),
    # the cluster grants all; only the team role restricts
    Person("rita", "member", "shop", "viewer", (), bindings=(Binding("cluster-admin"),)),
    # sees everything but Secrets, changes nothing
    Person("aude", "auditor", "shop", "viewer", ("auditors",), bindings=(Binding("quarterdeck-auditor"),)),
    # no permissions anywhere
    Person("stan"),
)


def get_person(name: str) -> Person:
    """Raises KeyError for a name that is not in USERS."""
    return {one.name: one for one in USERS}[name]


def build_rbac_objects() -> list[dict[str, Any]]:
    """The RoleBindings and ClusterRoleBindings of the table; the roles themselves are in world/rbac.yaml."""
    return [_build_binding(one, binding) for one in USERS for binding in one.bindings]


def _build_binding(one: Person, binding: Binding) -> dict[str, Any]:
    metadata = {"name": f"{one.name}-{binding.role}"}
    if binding.namespace:
        metadata["namespace"] = binding.namespace
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding" if binding.namespace else "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": binding.role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": one.name}],
    }
