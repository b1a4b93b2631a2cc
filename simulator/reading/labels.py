"""Label selectors: parser, matching and error messages of the API server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator.requests.statuses import bad_request_error

LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
NAME_PART = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_TOKEN = re.compile(r"\s*(==|!=|[!=(),<>]|[^\s!=(),<>]+|$)")
_SIGNS = {"=", "==", "!=", "<", ">", "(", ")", ",", "!", ""}
Labels = Mapping[str, str]

KEY_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


@dataclass(frozen=True)
class Requirement:
    key: str
    operator: str  # in, notin, exists, !, gt, lt
    values: frozenset[str] = frozenset()

    def holds(self, labels: Labels) -> bool:
        return _OPERATORS[self.operator](labels, self.key, self.values)


def _compare_numbers(labels: Labels, key: str, values: frozenset[str], *, greater: bool) -> bool:
    try:
        number = int(labels.get(key, ""))
    except ValueError:
        return False
    bound = int(next(iter(values)))
    return number > bound if greater else number < bound


_OPERATORS: dict[str, Callable[[Labels, str, frozenset[str]], bool]] = {
    "in": lambda labels, key, values: key in labels and labels[key] in values,
    "notin": lambda labels, key, values: labels.get(key) not in values,
    "exists": lambda labels, key, values: key in labels,
    "!": lambda labels, key, values: key not in labels,
    "gt": lambda labels, key, values: _compare_numbers(labels, key, values, greater=True),
    "lt": lambda labels, key, values: _compare_numbers(labels, key, values, greater=False),
}


def parse(text: str) -> list[Requirement]:
    """Raises the 400 of the API server."""
    return _Parser(text).parse() if text.strip() else []


def matches(requirements: list[Requirement], labels: Labels | None) -> bool:
    return all(one.holds(labels or {}) for one in requirements)


def parse_selector(selector: Mapping[str, object] | None) -> list[Requirement] | None:
    """The requirements of a LabelSelector; None (which selects nothing) where there is none."""
    if selector is None:
        return None
    pairs = selector.get("matchLabels") or {}
    found = [Requirement(key, "in", frozenset([value])) for key, value in pairs.items()]  # type: ignore[attr-defined]
    for one in selector.get("matchExpressions") or ():  # type: ignore[attr-defined]
        operator = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}[one["operator"]]
        found.append(Requirement(one["key"], operator, frozenset(one.get("values") or ())))
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[str] = [match[1] for match in _TOKEN.finditer(text)]
        self._position = 0

    def parse(self) -> list[Requirement]:
        found: list[Requirement] = []
        while True:
            word = self._peek()
            if word == "":
                return found
            if word != "!" and word in _SIGNS:
                raise bad_request_error(f"found '{word}', expected: !, identifier, or 'end of string'")
            found.append(self._requirement())
            word = self._next()
            if word == "":
                return found
            if word != ",":
                raise bad_request_error(f"found '{word}', expected: ',' or 'end of string'")
            after = self._peek()
            if after != "!" and after in _SIGNS:
                raise bad_request_error(f"found '{after}', expected: identifier after ','")

    def _requirement(self) -> Requirement:
        key, is_negated = self._next(), False
        if key == "!":
            key, is_negated = self._next(), True
        if key in _SIGNS:
            raise _parse_error(f"found '{key}', expected: identifier")
        _check_key(key)
        if is_negated or self._peek() in ("", ","):
            return Requirement(key, "!" if is_negated else "exists")
        return self._parse_operator(key)

    def _parse_operator(self, key: str) -> Requirement:
        sign = self._next()
        if sign in ("in", "notin"):
            return self._make_requirement(key, sign, self._values())
        named = {"=": "in", "==": "in", "!=": "notin", ">": "gt", "<": "lt"}.get(sign)
        if named is None:
            raise _parse_error(f"found '{sign}', expected: in, notin, =, ==, !=, gt, lt")
        return self._make_requirement(key, named, [self._exact_value()])

    def _exact_value(self) -> str:
        word = self._peek()
        if word in ("", ","):
            return ""
        if word in _SIGNS:
            raise _parse_error(f"found '{word}', expected: identifier")
        return self._next()

    def _values(self) -> list[str]:
        word = self._next()
        if word != "(":
            raise _parse_error(f"found '{word}' expected: '('")
        found: list[str] = []
        is_after_comma = True
        while True:
            word = self._next()
            if word == ")":
                return [*found, ""] if is_after_comma else found
            if word == ",":
                if is_after_comma:
                    found.append("")
                is_after_comma = True
            elif word in _SIGNS:
                raise _parse_error(f"found '{word}', expected: ',', ')' or identifier")
            elif not is_after_comma:
                raise _parse_error(f"found '{word}', expected: ',' or ')'")
            else:
                found.append(word)
                is_after_comma = False

    def _make_requirement(self, key: str, operator: str, values: list[str]) -> Requirement:
        for number, value in enumerate(values):
            if operator in ("gt", "lt"):
                _check_integer(number, value)
            elif len(value) > 63 or not LABEL_VALUE.fullmatch(value):
                why = VALUE_RULE if len(value) <= 63 else "must be no more than 63 bytes"
                raise _parse_error(f'values[{number}][{key}]: Invalid value: "{value}": {why}')
        return Requirement(key, operator, frozenset(values))

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _next(self) -> str:
        word = self._peek()
        self._position += 1
        return word


def _check_key(key: str) -> None:
    complaint = key_complaint(key)
    if complaint:
        raise _parse_error(f'<nil>: Invalid value: "{key}": {complaint}')


def key_complaint(key: str) -> str:
    """What is wrong with the key of a label selector; "" is nothing."""
    return "; ".join(key_complaints(key))


def key_complaints(key: str) -> list[str]:
    """What is wrong with a label's or annotation's key."""
    prefix, slash, name = key.rpartition("/")
    if key.count("/") > 1:
        why = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a valid label key {KEY_RULE} {why}"]
    if slash and not prefix:
        return ["prefix part must be non-empty"]
    if slash and not SUBDOMAIN.fullmatch(prefix):
        return [
            "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
            "or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
            "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        ]
    return _name_complaints(name)


def _name_complaints(name: str) -> list[str]:
    found = []
    if not name:
        found.append("name part must be non-empty")
    if len(name) > 63:
        found.append("name part must be no more than 63 bytes")
    return found if NAME_PART.fullmatch(name) else [*found, f"name part {KEY_RULE}"]


def _check_integer(number: int, value: str) -> None:
    if not re.fullmatch(r"[+-]?\d+", value):
        why = "for 'Gt', 'Lt' operators, the value must be an integer"
        raise _parse_error(f'values[{number}]: Invalid value: "{value}": {why}')


def _parse_error(why: str) -> Exception:
    return bad_request_error(f"unable to parse requirement: {why}")
