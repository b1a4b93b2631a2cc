"""Documentation links: every link leads to a file, and every `#part` to a heading."""

from __future__ import annotations

import re

from tests.architecture.architecture_map import ROOT
from tests.architecture.committed_files import list_own
from tests.architecture.imports import OURS

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PICTURE = re.compile(r'\b(?:src|srcset)="([^"]+)"')
_PATH = re.compile(rf"`((?:{'|'.join((*OURS, 'docs', 'templates', 'static'))})/[\w./-]*)`")
_HEADING = re.compile(r"^#+ (.+)$", re.M)


def find_broken_links(page: str) -> list[str]:
    """Links of a page that lead nowhere; those to other sites are not visited."""
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


def find_missing_paths(page: str, text: str) -> list[str]:
    """Paths in backticks that begin with a folder of ours and do not exist."""
    return [f"{page}: {path}" for path in _PATH.findall(text) if not (ROOT / path).exists()]


def test_it_has_no_link_that_leads_nowhere() -> None:
    pages = list_own(".md")
    assert len(pages) > 8
    assert [one for page in pages for one in find_broken_links(page)] == []


def test_every_path_in_the_documentation_exists() -> None:
    pages = [
        page for page in list_own(".md") if page != "ARCHITECTURE.md"
    ]  # its columns have names below a folder
    found = [path for page in pages for path in _PATH.findall((ROOT / page).read_text())]
    assert len(found) > 50
    assert [one for page in pages for one in find_missing_paths(page, (ROOT / page).read_text())] == []


def test_it_sees_a_path_that_does_not_exist() -> None:
    text = "See `clusters/watch/hub.py`, `tests/attacks/`, `pods/exec` and `clusters/gateway/hub.py`."
    assert find_missing_paths("docs/page.md", text) == ["docs/page.md: clusters/watch/hub.py"]


def test_it_shows_every_picture_and_each_light_and_dark() -> None:
    """`make screenshots` takes them in pairs; a page shows the one that the browser's color scheme selects."""
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
