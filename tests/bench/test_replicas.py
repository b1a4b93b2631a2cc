"""Command `make replicas`: nginx gets the documented blocks, and the table says what was lost."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from bench.replicas import __main__ as replicas
from bench.replicas.nginx import build_configuration
from bench.replicas.report import Found, write


def test_it_refuses_a_scenario_that_is_not_there(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["replicas", "flood"])
    assert replicas.main() == 2
    assert "There is no scenario flood" in capsys.readouterr().err


def test_nginx_has_the_documented_blocks_with_other_addresses():
    text = build_configuration(7000, [7001, 7002])
    for one in (
        "listen 127.0.0.1:7000;",
        "server 127.0.0.1:7001 max_fails=0;",
        "server 127.0.0.1:7002 max_fails=0;",
        "proxy_pass http://quarterdeck;",
        "proxy_set_header X-Forwarded-Host  $http_host;",
    ):
        assert one in text
    assert "ssl" not in text
    assert "8000" not in text
    assert text.count("proxy_read_timeout") == 1


def test_the_table_says_what_was_lost_and_what_a_page_said(tmp_path: Path):
    found = Found(
        title="Redis stopped",
        said=["Live for 3s", "Some changes arrive late."],
        longest_break=1.25,
        seconds_to_live=2.0,
        seconds_to_answers=3.0,
        probes=10,
        bad_probes=Counter({"503": 2}),
        acknowledged=5,
        refused=Counter({"503": 3, "502": 1}),
        undecided=1,
        unknown=0,
        lost=["team-1 was acknowledged and is not there"],
        audit="All 3 rows are valid",
    )
    write(tmp_path / "page.md", [("Date", "today")], [found])
    text = (tmp_path / "page.md").read_text()
    assert (
        "| Redis stopped | 1.2 s | 2.0 s | 3.0 s | 2 of 10 (2 x 503) | 5, 3, 1 "
        "| team-1 was acknowledged and is not there | “Some changes arrive late.” |" in text
    )
