"""Authors of revisions: the change right before a revision is its author's, others are nobody's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clusters.actions.authors import (
    TemplateManager,
    TemplateWrite,
    find_newest_change,
    list_managers,
    match_authors,
)

MADE = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def write(seconds: float, person: str = "dana", *, is_certain: bool = True) -> TemplateWrite:
    return TemplateWrite(person, MADE + timedelta(seconds=seconds), is_certain)


@pytest.mark.parametrize(
    ("writes", "managers", "names"),
    [
        ([write(-1)], [], ["dana"]),
        ([write(2)], [], ["dana"]),  # clocks differ a little
        ([write(-1, "rita"), write(-3)], [], ["rita"]),
        ([write(10)], [], []),
        ([write(-300)], [], ["dana"]),  # it was paused since
        ([write(-300, is_certain=False)], [], []),
        ([write(-4000)], [], []),  # before the revision before
        ([write(-300)], [-1], ["kubectl-set"]),
        ([write(-1)], [-2], ["dana", "kubectl-set"]),
        ([], [-100], []),
    ],
)
def test_who_changed_the_template_right_before_made_the_revision(writes, managers, names):
    others = [TemplateManager("kubectl-set", MADE + timedelta(seconds=one)) for one in managers]
    authors = match_authors(MADE, MADE - timedelta(hours=1), writes, others)
    assert [*(one.person for one in authors.ours), *(one.name for one in authors.others)] == names


def test_field_managers_of_the_template_alone_count():
    template = {"f:spec": {"f:template": {}}}
    entries = [
        {"manager": "kubectl-edit", "time": "2026-11-30T12:00:00Z", "fieldsV1": template},
        {"manager": "quarterdeck", "time": "2026-11-30T13:00:00Z", "fieldsV1": template},
        {"manager": "kube-controller-manager", "time": "2026-11-30T14:00:00Z", "fieldsV1": {"f:status": {}}},
        {"manager": "odd", "time": "yesterday", "fieldsV1": template},
        {"manager": "odder", "fieldsV1": None},
        None,
    ]
    found = {"metadata": {"managedFields": entries}}
    assert [(one.name, one.at) for one in list_managers(found)] == [("kubectl-edit", MADE)]
    assert find_newest_change(found) == MADE + timedelta(hours=1)
    assert find_newest_change({}) is None
