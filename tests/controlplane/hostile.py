"""What does text look like that wants to break a page, and which objects of the tests carry it?"""

from typing import Any

NAMESPACE = "hostile"
TEXTS = {
    "image": "<img src=x onerror=alert(1)>",
    "script": '"><script>alert(1)</script>',
    "attribute": "' onmouseover='alert(1)",
    "address": "javascript:alert(1)",
    "closing": "</textarea></style></script><svg onload=alert(1)>",
    "comment": "--><img src=x onerror=alert(1)><!--",
    "entity": "&lt;img src=x onerror=alert(1)&gt;",
    "htmx": '<div hx-get="/x" hx-trigger="load" hx-swap="outerHTML">x</div>',
    "socket": '<div hx-swap-oob="innerHTML:body">x</div>',
    "template": "{{ 7*7 }} {% debug %} ${7*7} #{7*7}",
    "terminal": "\x1b[2J\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "bidi": "user\u202egnp.exe\u202c \u2066admin\u2069 \u200bzero\ufeff",
    "lines": "first\r\nSet-Cookie: a=b\r\n\r\n<b>body</b>\u2028next\u2029last",
    "formula": "=HYPERLINK(\"https://evil.example\",\"x\")",
    "emoji": "\U0001f469\u200d\U0001f4bb e\u0301 \u0930\u094d \U000e0041",
    "control": "a\x00b\x08c\x7fd\x9be",
}
# JSON carries a NUL; kubectl's YAML reader does not, so it goes where text is not YAML.
LONG = "x" * 60_000 + "<b>end</b>"
ALL = "\n".join(text for name, text in TEXTS.items() if name != "control")


def hostile_objects() -> list[dict[str, Any]]:
    return []


def hostile_statuses() -> list[dict[str, Any]]:
    return []
