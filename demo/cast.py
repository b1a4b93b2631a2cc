"""Who can one be in the demo, and who else works there? The people of the made-up company, with what each may do.

Their rights in the clusters are those of the simulated worlds (simulator/worlds/*.yaml), where they have the same
names; all else is put in through Quarterdeck's own pages (demo.stage).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """`name` is the same in Quarterdeck and in the worlds; `can` and `cannot` are a sentence each on the page.

    `clusters` are the ones for which there is a credential of one's own, `namespace` is the one in it; `opened` are
    further (cluster, namespace) that somebody who may not list them has looked at already.
    """

    name: str
    full_name: str
    calling: str
    can: str
    cannot: str
    standing: str
    team: str
    role: str
    clusters: tuple[str, ...]
    namespace: str = ""
    opened: tuple[tuple[str, str], ...] = ()
    icon: str = "person"

    @property
    def first_name(self) -> str:
        return self.full_name.split()[0]


@dataclass(frozen=True)
class Place:
    """How one of the simulated clusters stands in Quarterdeck."""

    slug: str
    name: str
    colour: str
    is_protected: bool
    labels: tuple[str, ...]


TEAMS = {
    "platform": "Platform",
    "shop": "Shop",
    "payments": "Payments",
    "on-call": "On call",
    "audit": "Audit",
}

PLACES = (
    Place("production-eu", "Production EU", "red", True, ("env=production", "region=eu")),
    Place("production-us", "Production US", "orange", True, ("env=production", "region=us")),
    Place("staging", "Staging", "teal", False, ("env=staging", "region=eu")),
)
EVERYWHERE = tuple(place.slug for place in PLACES)

ADMINISTRATOR = Person(
    name="alice",
    full_name="Alice Okafor",
    calling="administrator",
    can="Manages clusters, teams and people; full access to all three clusters.",
    cannot="Cannot see anyone's credentials or modify the audit trail.",
    standing="administrator",
    team="platform",
    role="operator",
    clusters=EVERYWHERE,
    icon="shield",
)

# Whom the visitor can be, in the order of the page.
PICKED = (
    ADMINISTRATOR,
    Person(
        name="dana",
        full_name="Dana Lind",
        calling="developer in team Shop",
        can="Can edit team Shop's namespaces in every cluster.",
        cannot="Cannot see nodes, list namespaces, or access other teams' namespaces.",
        standing="member",
        team="shop",
        role="operator",
        clusters=EVERYWHERE,
        namespace="shop",
        opened=(("production-eu", "shop-jobs"), ("production-us", "shop-jobs"), ("staging", "preview")),
        icon="deployment",
    ),
    Person(
        name="olga",
        full_name="Olga Haddad",
        calling="on-call engineer",
        can="Sees and can fix everything running in all clusters.",
        cannot="Cannot read Secrets or grant permissions.",
        standing="member",
        team="on-call",
        role="operator",
        clusters=EVERYWHERE,
        icon="warning",
    ),
    Person(
        name="ada",
        full_name="Ada Marchand",
        calling="auditor",
        can="Read-only access to all clusters and the full audit trail.",
        cannot="Cannot change anything or see Secret values.",
        standing="auditor",
        team="audit",
        role="reader",
        clusters=EVERYWHERE,
        icon="audit",
    ),
    Person(
        name="noah",
        full_name="Noah Berg",
        calling="new hire without permissions",
        can="Joined team Shop today; sees that three clusters exist.",
        cannot="Cannot see anything in them: Kubernetes has granted him no permissions yet.",
        standing="member",
        team="shop",
        role="reader",
        clusters=("staging",),
        icon="plus",
    ),
)

# Who works there too; nobody can be them.
OTHERS = (
    Person(
        name="pavel",
        full_name="Pavel Rossi",
        calling="developer in team Payments",
        can="",
        cannot="",
        standing="member",
        team="payments",
        role="operator",
        clusters=EVERYWHERE,
        namespace="payments",
    ),
)
PEOPLE = (*PICKED, *OTHERS)
BY_NAME = {one.name: one for one in PICKED}
