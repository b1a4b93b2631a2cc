"""Documentation links: every link leads to a file, and every `#part` to a heading."""

from __future__ import annotations

import re

from tests.architecture.architecture_map import ROOT
from tests.architecture.committed_files import list_own

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PICTURE = re.compile(r'\b(?:src|srcset)="([^"]+)"')
_HEADING = re.compile(r"^#+ (.+)$", re.M)


def find_broken_links(page: str) -> list[str]:
    """Links of a page that lead nowhere; those to other sites are not asked."""
    found = []
    for link in _LINK.findall((ROOT / page).read_text()):
        path, _hash, part = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        if not target.exists() or (part and part not in _list_anchors(target.read_text())):
            found.append(f"{page}: {link}")
    return found


def _list_anchors(text: str) -> set[str]:
    return {
        re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in _HEADING.findall(text)
    }


def test_it_has_no_link_that_leads_nowhere() -> None:
    pages = list_own(".md")
    assert len(pages) > 8
    assert [one for page in pages for one in find_broken_links(page)] == []


def test_it_shows_every_picture_and_each_light_and_dark() -> None:
    """`make screenshots` takes them in pairs; a page shows the one that its reader's system asks for."""
    shown = set()
    for page in list_own(".md"):
        for picture in _PICTURE.findall((ROOT / page).read_text()):
            if "://" not in picture:
                shown.add(((ROOT / page).parent / picture).resolve())
    there = set((ROOT / "docs" / "screenshots").iterdir())
    assert shown == there
    assert {one.name.replace("-light", "-dark") for one in there} == {
        one.name for one in there if "-dark" in one.name
    }
    assert [one.name for one in there if one.stat().st_size > 150_000] == []


def test_it_leads_to_every_page_from_the_index() -> None:
    reached, waiting = set(), ["docs/index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.startswith("docs/"):
            continue
        reached.add(page)
        links = [
            link.partition("#")[0] for link in _LINK.findall((ROOT / page).read_text()) if "://" not in link
        ]
        targets = [((ROOT / page).parent / link).resolve() for link in links if link.endswith(".md")]
        waiting += [str(target.relative_to(ROOT)) for target in targets if target.exists()]
    assert sorted(reached) == [page for page in list_own(".md") if page.startswith("docs/")]
