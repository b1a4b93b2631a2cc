"""Import plan: the step of each context, decided without a request; one bad context costs no other."""

from __future__ import annotations

from typing import Any

import pytest

from clusters.credentials.import_execution import carry_out
from clusters.credentials.import_plan import (
    Choice,
    ContextState,
    PlannedContext,
    Step,
    command_importer,
    plan_import,
    user_importer,
)
from clusters.credentials.kubeconfig import read_kubeconfig
from clusters.models import Cluster, ClusterRequest
from people.models import GlobalRole, User
from tests.clusters.credentials.certificates import make_certificate, to_base64
from tests.clusters.credentials.kubeconfigs import AUTHORITY, add_context, build_config, to_yaml

SERVER = "https://api.example.com:6443"
PROGRAM = {"exec": {"command": "aws"}}


def build_user(role: GlobalRole) -> User:
    return User(username="somebody", global_role=role)


def plan(
    value: dict[str, Any], *known: Cluster, role: GlobalRole = GlobalRole.ADMINISTRATOR
) -> list[PlannedContext]:
    return plan_import(read_kubeconfig(to_yaml(value)), known, user_importer(build_user(role)), {})


def build_known(**fields: Any) -> Cluster:
    return Cluster(**{"pk": 7, "slug": "lit", "name": "Lit", "server": SERVER, "ca": AUTHORITY, **fields})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "user", "known", "state", "step"),
    [
        (GlobalRole.ADMINISTRATOR, None, [], ContextState.NEW, Step.CLUSTER),
        (GlobalRole.ADMINISTRATOR, PROGRAM, [], ContextState.NEW, Step.CLUSTER),
        (GlobalRole.MEMBER, None, [], ContextState.NEW, Step.REQUEST),
        (GlobalRole.AUDITOR, None, [], ContextState.REFUSED, Step.NOTHING),
        (GlobalRole.AUDITOR, None, [build_known()], ContextState.SAME, Step.CREDENTIAL),
        (GlobalRole.MEMBER, None, [build_known()], ContextState.SAME, Step.CREDENTIAL),
        (GlobalRole.MEMBER, PROGRAM, [build_known()], ContextState.REFUSED, Step.NOTHING),
        (GlobalRole.MEMBER, None, [build_known(ca="")], ContextState.CHANGED, Step.REQUEST),
        (GlobalRole.ADMINISTRATOR, None, [build_known(ca="")], ContextState.CHANGED, Step.CLUSTER),
    ],
)
def test_it_decides_by_who_imports_and_what_is_known(
    role: GlobalRole, user: dict[str, Any] | None, known: list[Cluster], state: ContextState, step: Step
) -> None:
    [planned] = plan(build_config(user=user), *known, role=role)
    assert (planned.state, planned.step) == (state, step)
    assert bool(planned.errors) == (user is PROGRAM or state is ContextState.REFUSED)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("with_owner", "user", "known", "step"),
    [
        (True, None, [], Step.CLUSTER),
        (True, PROGRAM, [], Step.NOTHING),
        (True, None, [build_known()], Step.CREDENTIAL),
        (False, PROGRAM, [], Step.CLUSTER),
        (False, PROGRAM, [build_known()], Step.SHARE),
    ],
)
def test_the_command_needs_credentials_only_for_an_owner(
    with_owner: bool, user: dict[str, Any] | None, known: list[Cluster], step: Step
) -> None:
    importer = command_importer(build_user(GlobalRole.MEMBER) if with_owner else None, must_reach=True)
    [planned] = plan_import(read_kubeconfig(to_yaml(build_config(user=user))), known, importer, {})
    assert planned.step is step


@pytest.mark.django_db
def test_contexts_of_one_new_cluster_share_their_id_and_others_get_their_own() -> None:
    value = add_context(build_config(), user={"token": "second"}, server=SERVER)
    value["clusters"][1]["cluster"]["certificate-authority-data"] = to_base64(AUTHORITY)
    value["clusters"].append({"name": "Prod", "cluster": {"server": "https://c.example.com"}})
    value["contexts"].append({"name": "third", "context": {"cluster": "Prod", "user": "other"}})
    planned = plan(value)
    assert [one.first for one in planned] == [0, 0, 2]
    assert [one.slug for one in planned] == ["prod", "prod", "prod-2"]


@pytest.mark.django_db
def test_one_address_with_two_authorities_is_two_clusters() -> None:
    value = add_context(build_config(), user={"token": "second"}, server=SERVER)
    evil = to_base64(make_certificate("evil")[0])
    value["clusters"][1]["cluster"]["certificate-authority-data"] = evil
    assert [one.first for one in plan(value)] == [0, 1]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["import", "Add", "credentials"])
def test_it_proposes_no_id_that_is_one_of_our_urls(name: str) -> None:
    value = build_config()
    value["clusters"][0]["name"] = value["contexts"][0]["context"]["cluster"] = name
    assert plan(value)[0].slug == f"{name.lower()}-2"


@pytest.mark.django_db
def test_a_bad_context_costs_the_others_nothing() -> None:
    member = User.objects.create(username="dana", global_role=GlobalRole.MEMBER)
    value = add_context(build_config(), user={"token": "good"}, server="https://b.example.com")
    value["contexts"][0]["context"]["cluster"] = "gone"
    importer = user_importer(member)
    choices = {0: Choice(), 1: Choice()}
    planned = plan_import(read_kubeconfig(to_yaml(value)), [], importer, choices)
    bad, good = carry_out(planned, importer)
    assert getattr(bad.error, "field", "") == "contexts[0].context.cluster"
    assert good.error is None
    assert ClusterRequest.objects.get().server == "https://b.example.com"


@pytest.mark.django_db
def test_nothing_is_done_with_a_context_that_was_not_chosen() -> None:
    importer = user_importer(User.objects.create(username="dana", global_role=GlobalRole.MEMBER))
    planned = plan_import(read_kubeconfig(to_yaml(build_config())), [], importer, {})
    assert list(carry_out(planned, importer)) == []
    assert not ClusterRequest.objects.exists()
