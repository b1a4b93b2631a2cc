"""Response compression, with a length that reveals nothing (BREACH)."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client

PAGE = "/people/sign-in/"


@pytest.mark.django_db
def test_a_page_comes_compressed_for_who_takes_it() -> None:
    answer = Client().get(PAGE, HTTP_ACCEPT_ENCODING="gzip, br")
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    assert b"<form" in gzip.decompress(answer.content)
    assert int(answer["Content-Length"]) == len(answer.content)


@pytest.mark.django_db
def test_it_comes_as_it_is_for_who_does_not() -> None:
    answer = Client().get(PAGE)
    assert "Content-Encoding" not in answer
    assert b"<form" in answer.content


@pytest.mark.django_db
def test_its_length_is_another_each_time() -> None:
    """Against BREACH: who sees only lengths must not learn whether a guess stands twice in the page."""
    browser = Client()
    lengths = {len(browser.get(PAGE, HTTP_ACCEPT_ENCODING="gzip").content) for _ in range(20)}
    assert len(lengths) > 5
