"""Translation: every text in the templates is inside a translate tag."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
READ = {
    "alt",
    "aria-label",
    "aria-description",
    "placeholder",
    "title",
    "label",
    "data-copied",
    "data-failed",
    "data-goto-label",
}
VALUES = {"button", "submit", "reset"}  # the types of an <input> whose value is read
EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "wbr"}
VERBATIM = {"code", "kbd", "samp", "pre"}  # what stands in them is for machines, as in translate="no"
# What is the same in every language, and abbreviations of units.
SAME = re.compile(r"Quarterdeck|kubectl|curl|YAML|CSV|TSV|JSON|UID|URL|CA|TLS|PEM|HTTP|UTC|s|x")
TAG_MARK = " \x00 "  # stands where a tag or a variable of Django was
BLOCKS = re.compile(r"\{%\s*(comment|blocktranslate|blocktrans)\b.*?%\}.*?\{%\s*end\1\s*%\}", re.DOTALL)
TAGS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)


class TextCollector(HTMLParser):
    """Collects what a person would read of a template whose tags were taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.open_tags: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in VERBATIM | {"script", "style"} or tag in self.open_tags:
            self.open_tags.append(tag)
        given = dict(attributes)
        if given.get("translate") == "no":
            if tag not in EMPTY:
                self.open_tags.append(tag)
            return
        read = READ | ({"value"} if tag == "input" and given.get("type") in VALUES else set())
        for name in read & set(given):
            self._collect(given[name] or "")

    def handle_endtag(self, tag: str) -> None:
        if self.open_tags and self.open_tags[-1] == tag:
            self.open_tags.pop()

    def handle_data(self, text: str) -> None:
        if not self.open_tags:
            self._collect(text)

    def _collect(self, text: str) -> None:
        words = [word for word in re.findall(r"[^\W\d_]+", text) if not SAME.fullmatch(word)]
        if words:
            self.found.append(" ".join(text.replace("\x00", "…").split()))


def find_untranslated(text: str) -> list[str]:
    """The texts of a template that no translator will ever see."""
    parser = TextCollector()
    parser.feed(TAGS.sub(TAG_MARK, BLOCKS.sub(TAG_MARK, text)))
    parser.close()
    return parser.found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_word_of_a_template_is_translatable(path):
    assert find_untranslated(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        "<p>Hello</p>",
        '<p title="Hello">{{ name }}</p>',
        '<input type="submit" value="Send">',
        '<button aria-label="Close {{ name }}">{% icon "x" %}</button>',
        "{% if a %}<li>{{ n }} pods</li>{% endif %}",
    ],
)
def test_the_scanner_sees_words_outside_of_tags(text):
    assert find_untranslated(text) != []


@pytest.mark.parametrize(
    "text",
    [
        '<p class="hello">{% translate "Hello" %} {{ name|default:"x" }} · 12 %</p>',
        "{% blocktranslate count n=n %}{{ n }} pod{% plural %}{{ n }} pods{% endblocktranslate %}",
        '<input type="hidden" value="words" name="next"><code>kubectl get pods</code>',
        '<h2 translate="no">spec</h2><input translate="no" placeholder="env in (production)"><p>{{ x }}</p>',
        "<span{% if wide %} class=wide{% endif %}>{{ x }}</span>",
        "{% comment %} words {% endcomment %}{# words #}",
        """<p aria-label="{% translate 'Hello' %}"></p>""",
    ],
)
def test_the_scanner_passes_what_is_translated(text):
    assert find_untranslated(text) == []
