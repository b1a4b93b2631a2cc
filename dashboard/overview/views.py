"""Overview view: all clusters of a user, rendered from known counts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.overview import pieces
from dashboard.overview.board import Board, open_board
from dashboard.overview.query import OverviewQuery, read_query
from dashboard.overview.rows import arrange_rows, group_html, html_of, row_of, window_of
from people.decorators import person, require_sign_in
from people.models import Membership


@require_safe
@never_cache
@require_sign_in
def overview(request: HttpRequest) -> HttpResponse:
    """Every cluster as a row; what has not answered yet says so."""
    query = read_query(request.GET)
    board = open_board(person(request), query.terms)
    try:
        is_plain = "plain" in request.GET
        timings = settings.TIMINGS.overview
        board.wait(timings.noscript if is_plain else timings.first_counts)
        return render(request, "overview/overview.html", _context(board, query, is_plain=is_plain))
    finally:
        board.close()


def _context(board: Board, query: OverviewQuery, *, is_plain: bool) -> dict[str, Any]:
    rows = [row_of(board, cluster) for cluster in board.clusters]
    groups = arrange_rows(rows, query)
    drawn = [
        (group_html(group) if group.id else "", [html_of(row, board.user) for row in group.rows])
        for group in groups
    ]
    htmls = [each for heading, made in drawn for each in [heading, *made]]
    plain_url = query.url(plain="1")
    return {
        "rows": htmls,
        "window": window_of(htmls),
        "summary": pieces.summary_of(rows),
        "foot": pieces.foot_of(groups, len(rows), query),
        "query": query,
        "sorts": pieces.sorts(query),
        "groupings": pieces.groupings(board, query),
        "hidden_count": board.hidden_count,
        "has_clusters": bool(rows),
        "administrators": board.administrators,
        "memberships": Membership.objects.filter(user=board.user).select_related("team"),
        "command": pieces.command_of(groups),
        "live": f"{get_script_prefix()}live/",
        "page": query.url(),
        "is_plain": is_plain,
        "plain_url": plain_url,
    }
