"""Demo users, teams and clusters of the made-up company, with the permissions of each.

Their permissions in the clusters are those of the simulated worlds (simulator/worlds/*.yaml), where they have the same
names; all else is put in through Quarterdeck's own pages (demo.fixtures).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoUser:
    """`name` is the same in Quarterdeck and in the worlds; `can` and `cannot` are a sentence each on the page.

    `clusters` are the ones for which there is a credential of one's own, `namespace` is the one in it;
    `opened_namespaces` are further (cluster, namespace) that somebody who may not list them has looked at already.
    """

    name: str
    full_name: str
    job_title: str
    can: str
    cannot: str
    global_role: str
    team: str
    role: str
    clusters: tuple[str, ...]
    namespace: str = ""
    opened_namespaces: tuple[tuple[str, str], ...] = ()
    icon: str = "person"

    @property
    def first_name(self) -> str:
        return self.full_name.split()[0]


@dataclass(frozen=True)
class DemoCluster:
    """One of the simulated clusters, as registered in Quarterdeck."""

    slug: str
    name: str
    color: str
    is_protected: bool
    labels: tuple[str, ...]


TEAMS = {
    "platform": "Platform",
    "shop": "Shop",
    "payments": "Payments",
    "on-call": "On call",
    "audit": "Audit",
}

CLUSTERS = (
    DemoCluster("production-eu", "Production EU", "red", True, ("env=production", "region=eu")),
    DemoCluster("production-us", "Production US", "orange", True, ("env=production", "region=us")),
    DemoCluster("staging", "Staging", "teal", False, ("env=staging", "region=eu")),
)
ALL_CLUSTERS = tuple(cluster.slug for cluster in CLUSTERS)

ADMINISTRATOR = DemoUser(
    name="alice",
    full_name="Alice Okafor",
    job_title="administrator",
    can="Manages clusters, teams and people; full access to all three clusters.",
    cannot="Cannot see anyone's credentials or modify the audit trail.",
    global_role="administrator",
    team="platform",
    role="editor",
    clusters=ALL_CLUSTERS,
    icon="shield",
)

# Whom the visitor can be, in the order of the page.
SELECTABLE_USERS = (
    ADMINISTRATOR,
    DemoUser(
        name="dana",
        full_name="Dana Lind",
        job_title="developer in team Shop",
        can="Can edit team Shop's namespaces in every cluster.",
        cannot="Cannot see nodes, list namespaces, or access other teams' namespaces.",
        global_role="member",
        team="shop",
        role="editor",
        clusters=ALL_CLUSTERS,
        namespace="shop",
        opened_namespaces=(
            ("production-eu", "shop-jobs"),
            ("production-us", "shop-jobs"),
            ("staging", "preview"),
        ),
        icon="deployment",
    ),
    DemoUser(
        name="olga",
        full_name="Olga Haddad",
        job_title="on-call engineer",
        can="Sees and can fix everything running in all clusters.",
        cannot="Cannot read Secrets or grant permissions.",
        global_role="member",
        team="on-call",
        role="editor",
        clusters=ALL_CLUSTERS,
        icon="warning",
    ),
    DemoUser(
        name="ada",
        full_name="Ada Marchand",
        job_title="auditor",
        can="Read-only access to all clusters and the full audit trail.",
        cannot="Cannot change anything or see Secret values.",
        global_role="auditor",
        team="audit",
        role="viewer",
        clusters=ALL_CLUSTERS,
        icon="audit",
    ),
    DemoUser(
        name="noah",
        full_name="Noah Berg",
        job_title="new hire without permissions",
        can="Joined team Shop today; sees that three clusters exist.",
        cannot="Cannot see anything in them: Kubernetes has granted him no permissions yet.",
        global_role="member",
        team="shop",
        role="viewer",
        clusters=("staging",),
        icon="plus",
    ),
)

# Who works there too; nobody can be them.
OTHER_USERS = (
    DemoUser(
        name="pavel",
        full_name="Pavel Rossi",
        job_title="developer in team Payments",
        can="",
        cannot="",
        global_role="member",
        team="payments",
        role="editor",
        clusters=ALL_CLUSTERS,
        namespace="payments",
    ),
)
USERS = (*SELECTABLE_USERS, *OTHER_USERS)
USERS_BY_NAME = {one.name: one for one in SELECTABLE_USERS}
