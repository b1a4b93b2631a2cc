"""YAML view: numbered lines with anchors and folds; big values as size and download."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dashboard.kinds.masking import LAST_APPLIED, Hidden
from dashboard.objects import yaml_lines
from dashboard.objects.yaml_lines import Pointer, YamlLine

LINES = 2000  # on one page
LONGEST = 2000  # characters of a value that stand in the page
FOLDED_PATHS: Sequence[Pointer] = (
    ("metadata", "managedFields"),
    ("metadata", "annotations", LAST_APPLIED),
)


@dataclass(frozen=True)
class Block:
    """Lines that stand together; a folded one has a title. `html` is safe: it was escaped line by line."""

    title: str
    lines: int
    html: SafeString


@dataclass(frozen=True)
class Document:
    """One page of an object's YAML, lines `first` to `last` of `total`."""

    blocks: Sequence[Block]
    first: int
    last: int
    total: int
    page: int
    pages: int

    @property
    def previous_page(self) -> int:
        """The page before, 0 where there is none."""
        return self.page - 1

    @property
    def next_page(self) -> int:
        """The page after, 0 where there is none."""
        return self.page + 1 if self.page < self.pages else 0


def document(found: Mapping[str, Any], *, page: int, download: str) -> Document:
    """A page of a masked object; `download` is the URL to which a pointer is added for a big value."""
    lines = list(enumerate(yaml_lines.lines(found, longest=LONGEST), 1))
    pages = max(1, -(-len(lines) // LINES))
    page = min(max(page, 1), pages)
    page_lines = lines[(page - 1) * LINES : page * LINES]
    return Document(
        blocks=list(_blocks(page_lines, download)),
        first=page_lines[0][0],
        last=page_lines[-1][0],
        total=len(lines),
        page=page,
        pages=pages,
    )


def value_at(found: Mapping[str, Any], pointer: str) -> str | None:
    """One value of a masked object by its JSON pointer (RFC 6901), as text; None where there is none."""
    value: Any = found
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    if value is None or isinstance(value, Hidden):
        return None
    if isinstance(value, Mapping | list):
        return yaml_lines.format_inline(value) if pointer.count("/") >= yaml_lines.MAX_DEPTH else None
    return value if isinstance(value, str) else json.dumps(value)


def _blocks(numbered_lines: Sequence[tuple[int, YamlLine]], download: str) -> Iterator[Block]:
    for fold, lines in groupby(numbered_lines, key=lambda numbered: _fold(numbered[1].pointer)):
        block_lines = list(lines)
        html = mark_safe("".join(_html(number, line, download) for number, line in block_lines))  # noqa: S308 - by format_html
        yield Block(fold[-1] if fold else "", len(block_lines), html)


def _fold(pointer: Pointer) -> Pointer:
    return next((fold for fold in FOLDED_PATHS if pointer[: len(fold)] == fold), ())


def _html(number: int, line: YamlLine, download: str) -> SafeString:
    key = format_html('<span class="key">{}</span>:', line.key) if line.key else ""
    value = format_html('<span class="value {}">{}</span>', line.type, line.value) if line.value else ""
    return format_html(
        '<div class="line" id="L{}"><a href="#L{}">{}</a><code>{}{}{}{}{}</code></div>',
        number,
        number,
        number,
        line.lead,
        key,
        " " if key and value else "",
        value,
        _more(line, download),
    )


def _more(line: YamlLine, download: str) -> SafeString | str:
    """Behind the beginning of a big value: its size, and all of it as a file."""
    if line.type != "big":
        return ""
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in line.pointer)
    url = f"{download}?{urlencode({'download': 'value', 'at': pointer})}"
    return format_html(
        '… <a href="{}" download>{}</a>',
        url,
        _("Download (%(size)s)") % {"size": filesizeformat(line.size)},
    )
