"""How do all of this person's clusters stand? The page, drawn from what is known, with its socket."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.overview import parts
from dashboard.overview.board import Board, open_board
from dashboard.overview.rows import arranged, group_html, html_of, row_of, window_of
from dashboard.overview.wish import Wish, read_wish
from people.decorators import person, signed_in
from people.models import Membership

AT_ONCE = (
    0.2  # seconds that the page waits for clusters of which nothing is known yet; the socket brings the rest
)
WITHOUT_SCRIPT = 1.5  # seconds that it waits where no socket will


@require_safe
@never_cache
@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    """Every cluster as a row; what has not answered yet says so."""
    wish = read_wish(request.GET)
    board = open_board(person(request), wish.words)
    try:
        is_plain = "plain" in request.GET
        board.wait(WITHOUT_SCRIPT if is_plain else AT_ONCE)
        return render(request, "overview/overview.html", _context(board, wish, is_plain=is_plain))
    finally:
        board.close()


def _context(board: Board, wish: Wish, *, is_plain: bool) -> dict[str, Any]:
    rows = [row_of(board, line) for line in board.lines]
    groups = arranged(rows, wish)
    drawn = [
        (group_html(group) if group.id else "", [html_of(row, board.user) for row in group.rows])
        for group in groups
    ]
    htmls = [each for heading, made in drawn for each in [heading, *made]]
    plain_url = wish.url(plain="1")
    return {
        "rows": htmls,
        "window": window_of(htmls),
        "summary": parts.summary_of(rows),
        "foot": parts.foot_of(groups, len(rows), wish),
        "wish": wish,
        "sorts": parts.sorts(wish),
        "groupings": parts.groupings(board, wish),
        "beyond": board.beyond,
        "has_clusters": bool(rows),
        "administrators": board.administrators,
        "memberships": Membership.objects.filter(user=board.user).select_related("team"),
        "command": parts.command_of(groups),
        "live": f"{get_script_prefix()}live/",
        "page": wish.url(),
        "is_plain": is_plain,
        "plain_url": plain_url,
    }
