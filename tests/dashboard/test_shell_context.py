"""Shell context: clusters, navigation, theme and ages that every page gets."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone

from clusters.models import Cluster, Share
from dashboard.shell.context import shell
from dashboard.shell.templatetags.shell import age, short_age
from people.models import GlobalRole, Membership, Team, User


@pytest.fixture
def clusters(db) -> dict[str, Cluster]:
    return {slug: Cluster.objects.create(slug=slug, name=slug.title()) for slug in ("ours", "theirs")}


def build_shell(user: User | AnonymousUser, theme: str = ""):
    request = RequestFactory().get("/")
    request.user = user
    request.COOKIES["quarterdeck-theme"] = theme
    return shell(request)["shell"]


def test_it_lists_the_clusters_of_the_person_s_teams_only(clusters):
    person = User.objects.create_user("dana")
    for slug in ("shop", "core"):
        team = Team.objects.create(slug=slug, name=slug)
        Membership.objects.create(user=person, team=team)
        Share.objects.create(cluster=clusters["ours"], team=team)
    assert [choice.slug for choice in build_shell(person).clusters] == ["ours"]


def test_an_administrator_sees_all_and_a_stranger_none(clusters):
    boss = User.objects.create_user("boss", global_role=GlobalRole.ADMINISTRATOR)
    assert [choice.slug for choice in build_shell(boss).clusters] == ["ours", "theirs"]
    assert build_shell(User.objects.create_user("stan")).clusters == []
    assert build_shell(AnonymousUser()).clusters == []
    assert build_shell(AnonymousUser()).pages == []


def test_only_administrators_are_offered_to_manage(db):
    def labels(user: User) -> set[str]:
        return {entry.label for group in build_shell(user).pages for entry in group.entries}

    boss = User.objects.create_user("boss", global_role=GlobalRole.ADMINISTRATOR)
    assert "People" in labels(boss)
    assert "People" not in labels(User.objects.create_user("stan"))


def test_a_cookie_that_was_not_ours_is_no_theme():
    assert build_shell(AnonymousUser(), "dark").theme == "dark"
    assert build_shell(AnonymousUser(), '"><script>').theme == ""


def test_setting_a_theme_leads_back_into_this_site_only(client, db):
    answer = client.post("/shell/theme/", {"theme": "dark", "next": "/c/prod?q=1"})
    assert answer["Location"] == "/c/prod?q=1"
    assert answer.cookies["quarterdeck-theme"].value == "dark"
    assert answer.cookies["quarterdeck-theme"]["httponly"]
    answer = client.post("/shell/theme/", {"theme": "", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    assert answer.cookies["quarterdeck-theme"].value == ""
    assert client.get("/shell/theme/").status_code == 405


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"),
        (119.9, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (600, "10m"),
        (10800, "3h"),
        (11000, "3h3m"),
        (100000, "27h"),
        (172800, "2d"),
        (176400, "2d1h"),
        (691200, "8d"),
        (63072000, "2y"),
        (10**9, "31y"),
    ],
)
def test_ages_are_written_as_kubectl_does(seconds, words):
    assert short_age(seconds) == words


def test_a_time_says_what_it_is_in_utc():
    shown = age("2026-03-01T12:00:00+08:00")
    assert 'datetime="2026-03-01T04:00:00Z"' in shown
    assert 'title="2026-03-01 04:00:00 UTC"' in shown
    assert "in 5d" in age(timezone.now() + timedelta(days=5, seconds=30))
    assert re.search(r">[1-9]\d*y(\d+d)?</time>$", age(datetime(2020, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("nothing", [None, "", "yesterday", "2026-13-45T00:00:00Z"])
def test_what_is_no_time_shows_nothing(nothing):
    assert age(nothing) == ""


@pytest.mark.parametrize(
    "source",
    [
        "{% kubectl text %}",
        "{% copy text text %}",
        "{% status 'ok' text %}",
        "{% state_line 'live' None text %}",
        "{% icon text %}",
    ],
)
def test_hostile_text_is_only_text(source):
    hostile = "\"><script>alert('1')</script>"
    shown = engines["django"].from_string("{% load shell %}" + source).render({"text": hostile})
    assert "<script>" not in shown
    assert "('1')" not in shown
