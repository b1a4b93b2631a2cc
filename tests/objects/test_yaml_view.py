"""YAML page: line numbers, folds, pages and escaping."""

import base64
import re

from dashboard.kinds.table import mask
from dashboard.objects.yaml_view import LINES, document, value_at

HOSTILE = "<script>alert(1)</script>\" onmouseover='x' &amp; javascript:alert(1) {{ 7|add:7 }} {% now 'Y' %}"


def render_html(found, page=1):
    return "".join(block.html for block in document(found, page=page, download="/x").blocks)


def test_it_numbers_lines_and_links_them():
    html = render_html({"a": "x", "b": {"c": "z"}})
    assert re.findall(r'id="(L\d+)"', html) == ["L1", "L2", "L3"]
    assert '<a href="#L3">3</a><code>  <span class="key">c</span>: <span class="value text">z</span>' in html


def test_it_folds_managed_fields():
    metadata = {"name": "a", "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:a": {}}}], "uid": "u"}
    blocks = document({"metadata": metadata}, page=1, download="").blocks
    assert [block.title for block in blocks] == ["", "managedFields", ""]
    assert "kubectl" in blocks[1].html
    assert "managedFields" in blocks[1].html


def test_it_escapes_whatever_is_in_a_key_or_value():
    html = render_html({HOSTILE: HOSTILE, "block": f"{HOSTILE}\n{HOSTILE}\n", "list": [HOSTILE]})
    assert "<script" not in html
    assert not re.search(r"<[^>]*onmouseover", html)
    assert "{{ 7|add:7 }}" in html


def test_it_shows_a_mebibyte_as_size_and_download():
    found = {"data": {"a/b": "x" * (1 << 20)}}
    html = render_html(found)
    assert len(html) < 5000
    assert "1.0" in html
    assert 'href="/x?download=value&amp;at=%2Fdata%2Fa~1b"' in html
    assert value_at(found, "/data/a~1b") == "x" * (1 << 20)


def test_it_shows_long_documents_page_by_page():
    found = {"items": [f"line {number}" for number in range(LINES * 2)]}
    first, last = document(found, page=1, download=""), document(found, page=99, download="")
    assert (first.first, first.last, first.total, first.pages) == (1, LINES, LINES * 2 + 1, 3)
    assert (last.page, last.first, last.last) == (3, LINES * 2 + 1, LINES * 2 + 1)
    assert f'id="L{LINES * 2 + 1}"' in render_html(found, page=3)


def test_it_never_gives_a_hidden_value_by_its_pointer():
    found = mask({"apiVersion": "v1", "kind": "Secret", "data": {"a": base64.b64encode(b"canary").decode()}})
    assert value_at(found, "/data/a") is None
    assert value_at(found, "/data") is None
    assert value_at(found, "/kind") == "Secret"
    assert value_at(found, "/nothing/at/all") is None
    assert value_at(found, "") is None
    assert value_at({"a": [True, 5]}, "/a/1") == "5"
