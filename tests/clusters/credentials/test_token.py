"""Bearer tokens: checked before they are sent; the expiry is read for display only."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.api.connection import Identity
from clusters.credentials.errors import TokenError
from clusters.credentials.token import checked_token, token_expiry
from tests.clusters.credentials.certificates import make_jwt


def test_it_takes_a_token_with_white_space_around_it():
    assert checked_token("  abc.DEF-_~+/=\r\n") == "abc.DEF-_~+/="


@pytest.mark.parametrize(
    "token", ["kubeconfig-user-abcde12345:q9zkvx7w2ssn4t", "ext/id:secret", "a,b", "{a}|b^c"]
)
def test_it_takes_whatever_token_client_go_sends(token):
    assert checked_token(token) == token
    assert Identity(token=token).headers() == {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "\n",
        "a b",
        "a\nb",
        "a\r\nImpersonate-User: root",
        "tök",
        "a\x00b",
        "a" * 40_000,
        "a\u2028b",
    ],
)
def test_it_refuses_what_would_be_anonymous_or_another_header(token):
    with pytest.raises(TokenError) as refused:
        checked_token(token)
    assert refused.value.field == "token"
    assert refused.value.advice
    assert len(token) < 3 or token not in str(refused.value)


def test_it_says_so_when_the_word_bearer_was_pasted_too():
    with pytest.raises(TokenError, match="Bearer"):
        checked_token("Bearer abc")


def test_it_reads_when_a_token_ends():
    assert token_expiry(make_jwt(exp=1_900_000_000)) == datetime.fromtimestamp(1_900_000_000, tz=UTC)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": "soon"},
        {"exp": True},
        {"exp": -1},
        {"exp": 10**30},
        {"exp": float("nan")},
        {"exp": float("inf")},
    ],
)
def test_it_says_nothing_about_an_end_that_makes_no_sense(claims):
    assert token_expiry(make_jwt(**claims)) is None


def test_it_shows_an_end_far_away_as_what_it_is():
    assert token_expiry(make_jwt(exp=2**32 + 1_700_000_000)).year == 2159


@given(st.text(max_size=300))
def test_it_survives_any_text(text):
    token_expiry(text)
    token_expiry(f"a.{text}.b")


def test_it_survives_deep_json():
    deep = base64.urlsafe_b64encode(b"[" * 20_000).decode()
    assert token_expiry(f"a.{deep}.b") is None
