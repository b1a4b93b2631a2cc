"""Static files: size budgets, hashes of vendored files, icons, and no inline code in templates."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from dashboard.shell.bundles import BUNDLES

ROOT = Path(__file__).resolve().parents[2]
BUDGET = 60 * 1024  # compressed bytes of all scripts and style sheets of a page
OURS = (
    26 * 1024
)  # of these, what is not a vendored library: a page with a package of its own pays for that too
ROWS = re.compile(r"^\| (?P<file>\S+\.(?:js|css)) \|.*\| (?P<hash>[0-9a-f]{64}) \|$", re.MULTILINE)
SHEETS = sorted((ROOT / "static").rglob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def compressed_size(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6))


@pytest.mark.parametrize("sheet", [name for name in BUNDLES if name.endswith(".css")])
def test_all_scripts_and_style_sheets_of_a_page_fit_the_budget(sheet):
    files = [ROOT / "static" / part for bundle in (sheet, "shell/all.js") for part in BUNDLES[bundle]]
    assert len(files) >= 12
    total = sum(compressed_size(path) for path in files)
    ours = sum(compressed_size(path) for path in files if "vendor" not in path.parts)
    assert total <= BUDGET, f"{total} bytes"
    assert ours <= OURS, f"{ours} bytes"


def test_vendored_files_are_those_that_are_named():
    named = dict(ROWS.findall((ROOT / "static" / "vendor" / "README.md").read_text()))
    there = {
        path.name: path
        for folder in ("static", "tests")
        for path in (ROOT / folder / "vendor").iterdir()
        if path.suffix in (".js", ".css")
    }
    assert set(named) == set(there)
    for name, path in there.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == named[name], name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_holds_inline_code(path):
    text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"<style\b", text, re.IGNORECASE)
    assert not re.search(r"\sstyle\s*=", text, re.IGNORECASE)
    assert not re.search(r"\son[a-z]+\s*=", text, re.IGNORECASE)
    assert not re.search(r"\shx-(on|vals=.js:)", text, re.IGNORECASE)
    assert not re.search(r"javascript:", text, re.IGNORECASE)
    for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL | re.IGNORECASE):
        assert "src=" in attributes
        assert "defer" in attributes or "module" in attributes
        assert not body.strip()


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_no_rule_makes_a_change_of_one_row_look_at_all_others(path):
    """`+ *` is tried on every element; `:has()` of what may stand anywhere in a page, at every change of a page."""
    text = re.sub(r"@media \(scripting: none\) \{.*?\n\}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"[+]\s*\*", text)
    assert "data-stale" not in text


def test_every_icon_that_is_used_is_drawn():
    sprite = (ROOT / "static" / "shell" / "icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', sprite))
    used = {name for path in TEMPLATES for name in re.findall(r'\{% icon "([^"]+)" %\}', path.read_text())}
    python = [
        path for folder in ("dashboard", "people", "clusters") for path in (ROOT / folder).rglob("*.py")
    ]
    used |= {name for path in python for name in re.findall(r'\bicon="([^"]+)"', path.read_text())}
    assert used <= drawn


def test_colors_are_named_in_the_tokens_only():
    for path in sorted((ROOT / "static").rglob("*.css")):
        if path.name == "tokens.css" or path.parent.name == "vendor":
            continue
        named = re.findall(r"#[0-9a-f]{3,8}\b(?![^{]*\{)", path.read_text(), re.IGNORECASE)
        assert named == [], path.name


def test_the_ten_colors_of_clusters_are_readable():
    tokens = (ROOT / "static" / "shell" / "tokens.css").read_text()
    colors = re.findall(r"\.color-([a-z]+) \{ --strip: (#[0-9a-f]+); --on-strip: (#[0-9a-f]+); \}", tokens)
    assert len(colors) == 10
    for name, behind, before in colors:
        assert contrast_ratio(behind, before) >= 4.5, name


def contrast_ratio(one: str, other: str) -> float:
    """WCAG 2's contrast ratio of two colors."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    digits = color.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
