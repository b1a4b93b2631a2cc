"""Notice: one template renders all of them, and escapes what others said."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from dashboard.pieces.notice import Button, Detail, Notice, Retry, Severity

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def render(notice: Notice, *, on_page: bool = False) -> str:
    return render_to_string("parts/notice.html", {"notice": notice, "on_page": on_page})


def test_no_other_template_writes_a_notice_by_hand() -> None:
    written = [path for path in TEMPLATES.rglob("*.html") if 'class="notice' in path.read_text()]
    by_hand = [
        str(path.relative_to(TEMPLATES)) for path in written if 'class="notice-cell"' not in path.read_text()
    ]
    assert by_hand == ["parts/notice.html"]


def test_it_escapes_what_others_said() -> None:
    hostile = "<script>alert(1)</script>"
    html = render(
        Notice(
            hostile,
            hostile,
            subject=hostile,
            field=hostile,
            message=hostile,
            details=(Detail(hostile, hostile),),
        )
    )
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 7


@pytest.mark.parametrize(
    ("severity", "role"),
    [("error", "alert"), ("success", "status"), ("info", "status"), ("warning", "status")],
)
def test_it_is_announced_as_loudly_as_it_is_serious(severity: Severity, role: str) -> None:
    assert f'role="{role}"' in render(Notice("It happened.", severity=severity, is_announced=True))
    assert "role=" not in render(Notice("It happened.", severity=severity))


def test_a_button_leads_somewhere_submits_a_form_or_dismisses() -> None:
    buttons = (Button("Go", "/there/", primary=True), Button("Send", form="sent"), Button("Dismiss"))
    html = render(Notice("It happened.", buttons=buttons))
    assert 'class="button small primary" href="/there/">Go</a>' in html
    assert 'type="submit" form="sent">Send</button>' in html
    assert 'type="button" data-dismiss>Dismiss</button>' in html


def test_a_page_that_has_the_title_as_its_heading_does_not_say_it_twice() -> None:
    html = render(Notice("It happened.", "Try again."), on_page=True)
    assert "It happened." not in html
    assert "Try again." in html


def test_it_says_how_the_page_learns_that_it_works_again() -> None:
    html = render(Notice("It happened.", retry=Retry("/probe/", wait=7)))
    assert 'data-again="" data-probe="/probe/" data-wait="7"' in html
