"""Differ: remembers digests of what a page shows, and yields only the pieces that changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from dashboard.pieces.update import Piece

_TIME = re.compile(r"(<time [^<>]*>)[^<]*(?=</time>)")


def digest(html: str) -> str:
    """A short word that changes when the HTML does, its ages apart: times.js keeps those fresh."""
    return hashlib.sha256(_TIME.sub(r"\1", html).encode("utf-8", "replace")).hexdigest()[:16]


class Differ:
    """What one open page shows. Not for two threads at once."""

    def __init__(self, window: str = "") -> None:
        """`window` is the token of the rows that the page says it shows; empty for a page that says nothing."""
        self._window = window
        self._digests: dict[str, str] = {}  # target -> digest of the HTML in it
        self._versions: dict[str, str] = {}  # ids of a row -> its version, in the order of the page

    def has_window(self, window: str) -> bool:
        """Whether the page shows exactly the rows of this token."""
        return window == self._window

    def remember(self, target: str, html: SafeString) -> None:
        """The page shows this already, or is about to as part of a larger piece."""
        self._digests[target] = digest(html)

    def forget(self, target: str) -> bool:
        """Whatever stands there is replaced with what is around it; whether anything was remembered."""
        return self._digests.pop(target, None) is not None

    def compare(self, target: str, html: SafeString) -> Iterator[Piece]:
        """A piece that morphs the target, where its HTML has changed in more than ages."""
        html_digest = digest(html)
        if self._digests.get(target) != html_digest:
            self._digests[target] = html_digest
            yield Piece(target, html)

    def compare_rows(
        self, target: str, versions: Mapping[str, str], window: str, render: Callable[[str], SafeString]
    ) -> Iterator[Piece]:
        """A piece with the changed rows, where the page does not show this window already.

        `versions` is in the order of the page; a key is the id of a row, or the ids of rows that belong together,
        separated by spaces. `render` is called with each key whose version changed, and returns the HTML of its rows.
        """
        before, self._versions = self._versions, dict(versions)
        if self.has_window(window):
            return
        self._window = window
        changed = [(render(ids),) for ids, version in versions.items() if before.get(ids) != version]
        html = format_html_join("", "{}", changed)
        order = " ".join(versions) if list(before) != list(versions) else None
        yield Piece(target, html, swap="rows", window=window, order=order)
