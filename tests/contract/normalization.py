"""Normalization of responses: values that differ from cluster to cluster, replaced before a comparison."""

from __future__ import annotations

import re
from typing import Any

from tests.contract.differences import IGNORED_KEYS

_TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_UIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_QUOTED = re.compile(r'(?<=\\"resourceVersion\\":\\")\d+')
_RECORDS = re.compile(r"(?<=in record \()\d+(?=\))")
_CERTIFICATES = re.compile(r"X509SHA256=[0-9a-f]{64}")
_SERVERS = re.compile(r"127\.0\.0\.1:\d+")
_TOKENS = re.compile(r"ey[\w-]{20,}\.[\w-]+\.[\w-]+")
_DIGESTS = re.compile(r"[0-9A-F]{128}")
_GENERATED = re.compile(r"\b(generated-|made-|kube-api-access-)[a-z0-9]{5}\b")
_PRINTED = re.compile(
    r"(?<=esourceVersion: \")\d+|(?<=Resource Version: )\s*\d+|(?<=\"resourceVersion\": \")\d+"
)
_PRINTED_AGE = re.compile(r"(?<=\s)(\d+[smhd])+$|<invalid>$")
_AGES = re.compile(r"^(\d+[smhdy])+$")
_CONTINUED = re.compile(r"eyJ2Ijoi[\w-]+")
REVISIONS = {"resourceVersion"}


def normalize(value: Any, key: str = "") -> Any:
    """A JSON value with placeholders for times, uids, resourceVersions and the like."""
    if isinstance(value, dict):
        return {name: normalize(one, name) for name, one in value.items() if name not in IGNORED_KEYS}
    if isinstance(value, list):
        return [normalize(one, key) for one in value]
    if isinstance(value, str):
        return "<revision>" if key in REVISIONS and value.isdigit() else normalize_text(value)
    return value


def normalize_output(text: str) -> list[str]:
    """What kubectl prints, line by line; the width of columns depends on ages and is left out."""
    return [
        " ".join(normalize_text(_PRINTED.sub("<revision>", _PRINTED_AGE.sub("<age>", line))).split())
        for line in text.splitlines()
    ]


def normalize_text(text: str) -> str:
    for form, name in (
        (_TOKENS, "<token>"),
        (_CONTINUED, "<continue>"),
        (_TIMES, "<time>"),
        (_UIDS, "<uid>"),
        (_QUOTED, "<revision>"),
        (_CERTIFICATES, "<certificate>"),
        (_RECORDS, "<revision>"),
        (_SERVERS, "<server>"),
        (_DIGESTS, "<digest>"),
        (_AGES, "<age>"),
        (_GENERATED, r"\1<end>"),
    ):
        text = form.sub(name, text)
    return text
