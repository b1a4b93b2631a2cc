"""Error pages: our own errors and those of clusters, each with advice."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from clusters.api import errors
from dashboard.shell.cluster_errors import render_cluster_error, status_of
from people.models import User

pytestmark = pytest.mark.urls("tests.dashboard.styleguide.urls")


@pytest.fixture
def dana(db) -> User:
    return User.objects.create_user("dana")


def build_request(user: User | AnonymousUser, path: str = "/c/prod/shop/pods?q=web", **headers: str):
    request = RequestFactory().get(path, headers=headers)
    request.user = user
    return request


def test_it_answers_404_to_strangers_and_to_people(client, dana):
    for signed_in in (False, True):
        if signed_in:
            client.force_login(dana)
        answer = client.get("/no/such/page")
        assert answer.status_code == 404
        assert b"Page not found" in answer.content
        assert (b'id="navigation"' in answer.content) is signed_in


def test_it_says_that_a_form_is_too_old(dana):
    client = Client(enforce_csrf_checks=True)
    client.force_login(dana)
    answer = client.post("/styleguide/save/", {"note": "x"})
    assert answer.status_code == 403
    assert b"This form has expired" in answer.content


def test_it_has_a_page_for_what_broke_that_says_nothing_of_the_inside(client, dana):
    client.raise_request_exception = False
    client.force_login(dana)
    answer = client.get("/styleguide/broken/")
    assert answer.status_code == 500
    assert b"Something went wrong" in answer.content
    assert b"on purpose" not in answer.content


def test_a_cluster_s_403_stays_403_with_its_own_words(client, dana):
    client.force_login(dana)
    answer = client.get("/styleguide/error/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You do not have permission to do this" in page
    assert "cannot patch resource &quot;deployments&quot;" in page
    assert "must not be more than 10" in page
    assert "kubectl get --raw /apis/apps/v1/namespaces/shop-production-eu-central/deployments/web" in page


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.BadRequest(status=400), 400),
        (errors.Unauthorized(status=401), 403),  # 401 is for sessions here
        (errors.Forbidden(status=403), 403),
        (errors.NotFound(status=404), 404),
        (errors.Conflict(status=409), 409),
        (errors.Gone(status=410), 410),
        (errors.Invalid(status=422), 422),
        (errors.TooManyRequests(status=429, retry_after=7), 429),
        (errors.ServerError(status=500), 502),
        (errors.Unavailable(status=503), 503),
        (errors.GatewayTimeout(status=504), 504),
        (errors.NameNotResolved(), 502),
        (errors.TlsUntrusted(), 502),
        (errors.NotKubernetes(status=200), 502),
        (errors.TimedOut(), 504),
        (errors.ResponseTooLarge(), 502),
        (errors.Busy(retry_after=1), 503),
        (errors.CredentialMissing(), 403),
    ],
)
def test_each_error_has_its_status(dana, error, status):
    assert status_of(error) == status
    answer = render_cluster_error(build_request(dana), error)
    assert answer.status_code == status
    assert error.title.rstrip(".") in answer.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    assert 'href="/c/prod/shop/pods?q=web"' in answer.content.decode()


def test_busy_and_too_many_say_when_to_come_back(dana):
    assert render_cluster_error(build_request(dana), errors.Busy(retry_after=1))["Retry-After"] == "1"
    assert (
        render_cluster_error(build_request(dana), errors.TooManyRequests(status=429, retry_after=6.2))[
            "Retry-After"
        ]
        == "7"
    )
    assert "Retry-After" not in render_cluster_error(build_request(dana), errors.NotFound(status=404))


def test_hostile_words_of_a_server_are_only_words(dana):
    hostile = errors.NotFound("<script>alert(1)</script>\"'&", status=404, method="GET", path="/a'b;rm -rf")
    page = render_cluster_error(build_request(dana), hostile).content.decode()
    assert "<script>alert" not in page
    assert "kubectl get --raw" in page
    assert "&#x27;/a&#x27;&quot;&#x27;&quot;&#x27;b;rm -rf&#x27;" in page


def test_htmx_asking_for_a_part_gets_a_part(dana):
    answer = render_cluster_error(
        build_request(dana, **{"HX-Request": "true", "HX-Request-Type": "partial"}), errors.TimedOut("late")
    )
    assert answer.status_code == 504
    assert b"<html" not in answer.content
    assert b"late" in answer.content
