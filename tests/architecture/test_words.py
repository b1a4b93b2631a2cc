"""Words of the interface: no retired word in templates, gettext strings, command output, docs or the README."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.architecture.architecture_map import ROOT
from tests.architecture.committed_files import list_own
from tests.architecture.retired import ALLOWED_TEXTS, RETIRED_TEXTS

GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
PRODUCT = ("clusters/", "dashboard/", "demo/", "people/")
PAGES = ("docs/", "README.md", "CHANGELOG.md")
RETIRED = [
    (re.compile(rf"(?<![\w-])(?:{word})(?![\w-])", re.IGNORECASE), use) for word, use in RETIRED_TEXTS.items()
]

_COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}|<!--.*?-->", re.DOTALL)
_TRANSLATE = re.compile(r"""\{%\s*trans(?:late)?\s+(?:"([^"]*)"|'([^']*)').*?%\}""")
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_READ = re.compile(r"""\b(?:alt|aria-label|placeholder|title)=(?:"([^"]*)"|'([^']*)')""")
_MARKUP = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL)
_CODE = re.compile(
    r"^```.*?^```|^    .*?$|`[^`\n]*`|\]\([^)]*\)|<(?:picture|source)[^>]*>", re.DOTALL | re.MULTILINE
)


def extract_template_text(source: str) -> str:
    """What a person reads of a template: translated texts, its own, and attributes that are shown or read out."""
    text = _TRANSLATE.sub(lambda found: found[1] or found[2] or "", _COMMENT.sub(" ", source))
    text = _TAG.sub(" ", text)
    attributes = " ".join(one or other for one, other in _READ.findall(text))
    return html.unescape(f"{_MARKUP.sub(' ', text)} {attributes}")


def extract_page_text(source: str) -> str:
    """A page of documentation without code and the targets of links; alternative texts of pictures belong to it."""
    text = _CODE.sub(lambda found: re.sub(r"[^\n]+", " ", found[0]), source)
    attributes = " ".join(one or other for one, other in _READ.findall(text))
    return f"{_MARKUP.sub(' ', text)} {attributes}"


def extract_module_text(source: str, *, is_command: bool) -> str:
    """The texts for gettext, and every string of a management command (its help and what it prints)."""
    tree = ast.parse(source)
    return "\n".join(_list_strings(tree) if is_command else _list_translated(tree))


def _list_translated(tree: ast.Module) -> Iterator[str]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in GETTEXT:
            yield from (
                one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
            )


def _list_strings(tree: ast.Module) -> Iterator[str]:
    descriptions = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
        if is_text and id(node) not in descriptions:
            yield node.value


@cache
def collect_texts() -> dict[str, str]:
    """Each file of ours with the text in it that people read."""
    found = {}
    for path in list_own(".html", ".py", ".md"):
        source = (ROOT / path).read_text()
        if path.endswith(".html") and path.startswith(("templates/", "demo/")):
            found[path] = extract_template_text(source)
        elif path.endswith(".py") and path.startswith(PRODUCT):
            found[path] = extract_module_text(source, is_command="/management/commands/" in path)
        elif path.startswith(PAGES):
            found[path] = extract_page_text(source)
    return found


def find_retired(text: str) -> list[tuple[str, str]]:
    """The retired words of a text as they are written there, each with what to write instead."""
    return [(found[0], use) for pattern, use in RETIRED for found in pattern.finditer(text)]


def is_allowed(path: str, word: str) -> bool:
    return (path, word) in ALLOWED_TEXTS or (path, "*") in ALLOWED_TEXTS


def test_it_reads_templates_strings_commands_and_pages() -> None:
    found = collect_texts()
    assert len(found) > 150
    for path, said in (
        ("templates/parts/navigation.html", "Not permitted"),
        ("dashboard/shell/errors.py", "Page not found"),
        ("people/audit/management/commands/verify_audit.py", "Verify the audit trail"),
        ("docs/audit.md", "Archiving old months"),
        ("README.md", "Always your own credential"),
    ):
        assert said in found[path], path


def test_no_text_has_a_retired_word() -> None:
    wrong = [
        f"{path}: “{word}”: write {use}"
        for path, text in collect_texts().items()
        for word, use in find_retired(text)
        if not is_allowed(path, word)
    ]
    assert wrong == []


def test_every_exception_is_needed() -> None:
    found = {(path, word) for path, text in collect_texts().items() for word, _use in find_retired(text)}
    files = {path for path, _word in found}
    assert [
        key for key in ALLOWED_TEXTS if key not in found and not (key[1] == "*" and key[0] in files)
    ] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<h1>{% translate "Your standing" %}</h1>', ["standing"]),
        ("<p title='{% translate 'Remember this head' %}'>x</p>", ["Remember this head"]),
        ("{% blocktranslate %}You may not list {{ kinds }}{% endblocktranslate %}", ["may not"]),
        ('<a aria-label="Not for you" href="/deeds/">x</a>', ["Not for you"]),
        ("{# the trail #}<p class='deed' id='trail'>{% if deed.standing %}Audit trail{% endif %}</p>", []),
        ("<script>const trail = 1</script>{% url 'people:audit:trail' %}", []),
    ],
)
def test_it_sees_the_words_of_a_template(text: str, words: list[str]) -> None:
    assert [word for word, _use in find_retired(extract_template_text(text))] == words


@pytest.mark.parametrize(
    ("source", "is_command", "words"),
    [
        ('x = _("Bring a token.")', False, ["Bring"]),
        ('x = ngettext("%d deed", "%d deeds", n)', False, ["deed", "deeds"]),
        ('"""What a deed is."""\nx = record("deed")', False, []),
        ('class Command:\n    help = "Prove the trail."', True, ["trail"]),
        ('class Command:\n    """Prove the trail."""\n    help = "Verify the audit trail."', True, []),
    ],
)
def test_it_sees_the_words_of_a_module(source: str, is_command: bool, words: list[str]) -> None:
    assert [word for word, _use in find_retired(extract_module_text(source, is_command=is_command))] == words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Three floors, and an order of the rooms on each.", ["floors", "rooms"]),
        ("See `people/audit/trail.html` and [the page](trail.md).\n\n```sh\nls deeds\n```\n", []),
        ('<img alt="The trail as an auditor sees it" src="trail.png">', ["trail"]),
    ],
)
def test_it_sees_the_words_of_a_page(source: str, words: list[str]) -> None:
    assert [word for word, _use in find_retired(extract_page_text(source))] == words


def test_the_glossary_has_at_most_25_words_and_none_of_them_is_retired() -> None:
    rows = re.findall(r"^\| ([a-z][^|]*) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    assert 10 < len(rows) <= 25
    assert rows == sorted(rows)
    assert [word for row in rows for word, _use in find_retired(row)] == []
