"""Table of regular expressions: every one of the product, with how it is used and the worst inputs known for it.

`FOREIGN` meet text that a cluster, a request or a person wrote, and are tried with 1 MB of it. `OWN` meet only text of
ours or of the operator, each with the reason.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.architecture.architecture_map import ROOT
from tests.architecture.committed_files import list_own

LAYERS = ("people/", "clusters/", "dashboard/")
MAKERS = frozenset({"compile", "match", "fullmatch", "search", "split", "sub", "subn", "findall", "finditer"})


@dataclass(frozen=True)
class Expression:
    """How an expression is used, what its matches begin with, and units that make it work hard when repeated."""

    method: str
    starts: tuple[str, ...] = ("",)
    units: tuple[str, ...] = ()


FULL, FIND, SUB, SPLIT = "fullmatch", "findall", "sub", "split"
SEARCH, MATCH = "search", "match"

# "file:name" -> its use. The names are those of the constants that hold them.
FOREIGN: Mapping[str, Expression] = {
    "clusters/api/addresses.py:_NUMBER": Expression(FULL, ("", "0x")),
    "clusters/api/addresses.py:_PROXY_URL": Expression(FULL, ("http://",), ("a@", "a:", "a/")),
    "clusters/api/addresses.py:_URL": Expression(FULL, ("https://", "https://a"), ("/a", "a.")),
    "dashboard/explore/api_groups.py:_LEVEL": Expression(FULL, ("v", "v1alpha")),
    "clusters/api/deprecations.py:_ESCAPED": Expression(SUB, units=("\\", "\\a")),
    "clusters/api/deprecations.py:_WARNING": Expression(
        FIND, ("", '299 - "'), ("299 ", "299 - ", '299 - "', '299 - "\\"', "299 a", '\\"')
    ),
    "clusters/api/connection.py:_TOKEN": Expression(FULL),
    "clusters/api/json_limits.py:_BRACKETS": Expression(FIND, ("", '"', "{"), ('"\\"', '"', '"a"', "[", '{"a":')),
    "clusters/api/json_limits.py:_BRACKETS_AND_COMMAS": Expression(
        FIND, ("", '"', "{"), ('"\\"', '"', '"a"', "[", "[],", '{"a":')
    ),
    "clusters/api/metrics.py:_CLUSTER_ID": Expression(FULL),
    "clusters/api/paths.py:_CONTROL": Expression(SEARCH),
    "clusters/api/paths.py:_DNS_LABEL": Expression(FULL),
    "clusters/api/paths.py:_PATH": Expression(FULL, ("/",), ("%2f", "/")),
    "clusters/passthrough/raw_paths.py:_CLUSTER": Expression(FULL),
    "clusters/passthrough/raw_paths.py:_PATH": Expression(FULL, ("/",), ("%2f", "/")),
    "clusters/passthrough/raw_paths.py:_QUERY": Expression(FULL, ("",), ("%2f", "&")),
    "clusters/passthrough/raw_paths.py:_CONTROL": Expression(SEARCH),
    "clusters/passthrough/restrictions.py:_INFORMATION": Expression(
        FULL, ("/api", "/openapi", "/healthz"), ("/", "/a")
    ),
    "clusters/personal_tokens/secrets.py:PATTERN": Expression(FULL, ("qdk_",)),
    "clusters/api/statuses.py:_CONTROL": Expression(SUB),
    "clusters/api/statuses.py:_PATH_START": Expression(SPLIT, ("", "https://"), ("//", ":/", ":")),
    "clusters/counting/tallies.py:_DURATION": Expression(FULL, units=("1d", "1y1d1h1m1s", "1")),
    "clusters/changes/yaml_nodes.py:_ESCAPE": Expression(FIND, units=("\\", "\\a")),
    "clusters/changes/yaml_scalars.py:_FLOAT": Expression(FULL, ("", "+", "0."), ("0.", "1e")),
    "clusters/changes/yaml_scalars.py:_INTEGER": Expression(FULL, ("", "0x", "0"), ("0x",)),
    "clusters/changes/yaml_scalars.py:_POINT_FIRST": Expression(FULL, (".0",), ("_0", "0_", "e0")),
    "clusters/credentials/certificate.py:CERTIFICATE": Expression(
        FIND,
        ("", "-----BEGIN CERTIFICATE-----"),
        ("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----A"),
    ),
    "clusters/credentials/certificate.py:KEY": Expression(
        FIND,
        ("", "-----BEGIN PRIVATE KEY-----"),
        ("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----A", "A--", "----"),
    ),
    "clusters/credentials/kubeconfig_fields.py:HOST": Expression(FULL),
    "clusters/credentials/server.py:HOST": Expression(FULL, units=("a.", "a-", "a_", "f:")),
    "clusters/credentials/server.py:PATH": Expression(FULL, ("/",), ("/a", "a/")),
    "clusters/credentials/server.py:PRINTABLE": Expression(FULL),
    "clusters/discovery.py:_CORE_VERSION": Expression(MATCH, ("", "v")),
    "clusters/logs/levels.py:_BRACKETS": Expression(SEARCH, units=("[", "[err", "[error")),
    "clusters/logs/levels.py:_JSON": Expression(SEARCH, units=('"level', '"level": "', '"')),
    "clusters/logs/levels.py:_KLOG": Expression(MATCH, ("", "I1130 12:00:0")),
    "clusters/logs/levels.py:_LOGFMT": Expression(SEARCH, units=(" ", " level=", " lvl")),
    "clusters/logs/levels.py:_UPPER": Expression(SEARCH, units=("ERRO", "ERRORS", "WARNIN ")),
    "clusters/models.py:SLUG": Expression(SEARCH),
    "clusters/tables/columns.py:_DURATION": Expression(FULL, units=("1d", "1")),
    "clusters/tables/columns.py:_PART": Expression(FIND, units=("1d", "1")),
    "clusters/tables/filters.py:_TERM": Expression(FIND, ("", '"'), ('"', '"a', '" "', "a ")),
    "clusters/tables/sort_keys.py:_DIGITS": Expression("", units=("1a",)),
    "clusters/tables/sort_keys.py:_QUANTITY": Expression("", ("", "-", "1."), ("1",)),
    "dashboard/address/paths.py:_UNSAFE_IN_NAME": Expression(SEARCH),
    "dashboard/audit/csv_cells.py:_FORMULA": Expression(SUB, ("", ";"), (";", "; ", "' ", " ")),
    "dashboard/audit/csv_cells.py:_UNSAFE_IN_FILE_NAME": Expression(SUB),
    "dashboard/audit/cursors.py:_NUMBER": Expression(FULL),
    "dashboard/audit/filters.py:_CAMEL": Expression(FULL, ("A",)),
    "dashboard/audit/filters.py:_KIND": Expression(FULL, ("a",), (".a", "/a")),
    "dashboard/audit/filters.py:_VERB": Expression(FULL, ("a",), ("-a",)),
    "dashboard/clusters/cluster_form.py:NAME": Expression(FULL),
    "dashboard/clusters/cluster_form.py:PREFIX": Expression(FULL),
    "dashboard/clusters/credential_form.py:NAMESPACE": Expression(SEARCH),
    "dashboard/clusters/service_account.py:_UNSAFE_IN_NAME": Expression(SUB),
    "dashboard/explore/cluster_home.py:NAMESPACE": Expression(SEARCH),
    "dashboard/kinds/invisible.py:_CONTROL": Expression(SUB),
    "dashboard/logs/plain_text.py:_COLOR": Expression(SUB, units=("\x1b[", "\x1b[0;", "\x1b[0")),
    "dashboard/kinds/invisible.py:_CONTROL_IN_BLOCK": Expression(SUB),
    "dashboard/kinds/tones.py:_PART": Expression(MATCH, ("", "1/"), ("1/",)),
    "dashboard/kinds/tones.py:_WORD": Expression(FIND, ("", "A"), ("A", "a", "Aa", "AAa", "1")),
    "dashboard/kinds/table/__init__.py:_VERSION": Expression(FULL, ("", "v1"), ("1", "alpha", "beta1")),
    "dashboard/lists/row_rendering.py:AGE": Expression(SUB, ("", "\x00"), ("\x00", "\x00a")),
    "dashboard/monitoring/log_redaction.py:SECRETS": Expression(
        SUB,
        ("", "eyJ", "bearer ", "-----BEGIN "),
        (
            "eyJ-", "eyJ.", "-eyJabcdefghi", "eyJabcdefgh.", "a-eyJabcdefgh.abcdefgh", "bearer ", "bearer  ", "abc-",
            "LS0tLS1CRUdJTi", "LS0tLS1CRUdJTi+", "/invitations/", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "aB1",
            "A ", "aB1-", "a1.",
        ),
    ),
    "dashboard/monitoring/log_redaction.py:UNSAFE_CHARACTERS": Expression(SUB),
    "dashboard/monitoring/request_ids.py:_WELL_FORMED": Expression(FULL),
    "dashboard/objects/yaml_lines.py:_COERCED": Expression(FULL, ("", "."), (".", ".1")),
    "dashboard/objects/yaml_lines.py:_PLAIN": Expression(FULL, ("a",), ("a:", "a ", ": a", "a:a ")),
    "dashboard/objects/yaml_lines.py:_PLAIN_NUMBERED": Expression(FULL, ("1",), ("1.", ".1", "1m")),
    "dashboard/overview/numbers.py:READY": Expression(FULL, ("", "1/"), ("1/",)),
    "dashboard/overview/rows.py:AGE": Expression(SUB, ("", "data-age>"), ("data-age>", "data-age")),
    "dashboard/pieces/differ.py:_TIME": Expression(SUB, ("", "<time >"), ("<time ", "<time >", "<time >a<")),
    "people/audit/time_range.py:_AGO": Expression(FULL, ("1",), (" ", "m ", " ago")),
    "people/audit/time_range.py:_TIMESTAMP": Expression(FULL, ("", "2026-01-01T00:00:00."), ("1",)),
    "people/models.py:PRINTABLE": Expression(SEARCH),
}  # fmt: skip
OWN: Mapping[str, str] = {
    "dashboard/environment.py:token": "a setting, written by the operator",
    "dashboard/environment.py:private_address": "a setting, written by the operator",
    "people/audit/management/commands/archive_audit.py:MONTH": "an argument that the operator types",
    "people/audit/checkpoints.py:_CHECKPOINT": "the end of the operator's file",
    "people/audit/segments.py:_NAME": "the names of files in our own folder",
}


def list_expressions() -> set[str]:
    """Every place of the three layers where an expression is made, by `file:name`; migrations repeat the models'."""
    found = set()
    for file in list_own(".py"):
        if file.startswith(LAYERS) and "/migrations/" not in file:
            found |= {f"{file}:{name}" for name in find_expressions((ROOT / file).read_text())}
    return found


def find_expressions(source: str) -> set[str]:
    """The constant that holds each expression, or else the function or class in which it is made."""
    return {name for node in ast.parse(source).body for name in _find_in(node, "")}


def _find_in(node: ast.AST, name: str) -> Iterator[str]:
    if isinstance(node, ast.Assign | ast.AnnAssign) and not name:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = target.id if isinstance(target, ast.Name) else ""
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = node.name
    if isinstance(node, ast.ImportFrom) and node.module == "re":
        yield "from re import"
    if isinstance(node, ast.Import) and any(one.name == "re" and one.asname for one in node.names):
        yield "import re as"
    if isinstance(node, ast.Call) and _makes_expression(node.func):
        yield name or "a statement"
    for child in ast.iter_child_nodes(node):
        yield from _find_in(child, name)


def _makes_expression(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "RegexValidator"
    is_of_re = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    return is_of_re and function.value.id == "re" and function.attr in MAKERS  # type: ignore[attr-defined]


def list_actions(key: str) -> list[Callable[[str], object]]:
    """What the product does with a text: one function for each pattern that the constant holds."""
    file, _, name = key.partition(":")
    held: Any = getattr(
        importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")), name
    )
    method = FOREIGN[key].method
    if not method:
        return [held]
    patterns = [getattr(one, "regex", one) for one in (held if isinstance(held, tuple) else (held,))]
    return [_use(pattern, method) for pattern in patterns]


def _use(pattern: re.Pattern[Any], method: str) -> Callable[[str], object]:
    if isinstance(pattern.pattern, bytes):
        return lambda text: getattr(pattern, method)(text.encode())
    if method == SUB:
        return lambda text: pattern.sub(r"", text)
    function: Callable[[str], object] = getattr(pattern, method)
    return function
