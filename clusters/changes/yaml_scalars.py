"""YAML scalars: resolves a scalar to the value that kubectl reads, and says where that surprises.

kubectl converts YAML to JSON with sigs.k8s.io/yaml, which reads by go.yaml.in/yaml/v2: YAML 1.1 without base 60 and
with dates as text (https://github.com/yaml/go-yaml/blob/v2.4.3/resolve.go). Numbers then pass through Go's JSON, where
a whole number that fits 64 bits is an integer, however it was written.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import struct
from typing import Any

from django.utils.translation import gettext as _

TAG_PREFIX = "tag:yaml.org,2002:"
TYPED_TAGS = frozenset({"bool", "int", "float", "null"})
LONGEST_NUMBER = (
    400  # characters; a longer one has more digits than any number, and Go reads it as text or as infinite
)
INT64 = range(-(2**63), 2**63)
UINT64 = range(2**64)

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_USUAL_WORDS = frozenset({"", "null", "true", "false", "True", "False", "TRUE", "FALSE"})
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINT_FIRST = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
_INTEGER = re.compile(r"(?P<sign>[-+]?)(?P<base>0[xX]|0[oO]|0[bB]|0(?=[0-9]))?(?P<digits>[0-9a-fA-F]+)")
_BASES = {"0x": 16, "0o": 8, "0b": 2, "0": 8, "": 10}


class WrongTag(ValueError):
    """The value does not fit the tag before it, such as `!!int x`."""


def resolve(text: str, *, tag: str, is_plain: bool) -> Any:
    """The value of a scalar in Go: str, int, float, bool or None. Raises WrongTag.

    `tag` is the long form or "", `is_plain` whether it has neither quotes nor a block's mark (for YAML: whether its
    tag may be resolved).
    """
    short = tag.removeprefix(TAG_PREFIX)
    if short == "binary":
        return _decode_binary(text)
    if (not tag and not is_plain) or (tag and short not in TYPED_TAGS):
        return text
    value = _resolve_plain(text)
    if not tag:
        return value
    if short == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if short != _name_type(value):
        raise WrongTag(_("“%(text)s” is not of type !!%(tag)s") % {"text": text[:40], "tag": short})
    return value


def pass_through_json(value: Any) -> Any:
    """What becomes of a number in Go's JSON: a whole one is an integer, and one above 64 bits with sign a float."""
    if isinstance(value, float):
        is_whole = math.isfinite(value) and value.is_integer()
        return int(value) if is_whole and int(value) in INT64 else value
    is_large = isinstance(value, int) and value not in INT64
    return float(value) if is_large else value


def resolve_key(value: Any) -> str | None:
    """A key as JSON has it; None for what Kubernetes' reader refuses as a key (null, integers above 64 bits)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value) if value in INT64 else None
    return _format_short(value) if isinstance(value, float) else None


def describe_surprise(text: str, value: Any) -> str:
    """What a plain scalar becomes, where that is not what it looks like; "" where it is."""
    if isinstance(value, str) or text in _USUAL_WORDS:
        return ""
    if isinstance(value, bool):
        word = "true" if value else "false"
        return _("reads as boolean %(value)s; quote it for text") % {"value": word}
    if value is None:
        return _("reads as null; quote it for text")
    written = json.dumps(value)
    if written == text:
        return ""
    return _("reads as number %(value)s; quote it for text") % {"value": written}


def describe_key_surprise(text: str, key: str) -> str:
    """The same for a key, which is always text in the end."""
    return "" if text == key else _("as a key reads as “%(key)s”; quote it") % {"key": key[:60]}


def _resolve_plain(text: str) -> Any:
    first = text[:1]
    if text in _WORDS:
        return _WORDS[text]
    if first == ".":
        return float(text.replace("_", "")) if _POINT_FIRST.fullmatch(text) else text
    if not first or first not in "+-0123456789" or len(text) > LONGEST_NUMBER:
        return text
    plain = text.replace("_", "")
    whole = _integer(plain)
    if whole is not None:
        return whole
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        return text if math.isinf(number) else number
    return text


def _integer(plain: str) -> int | None:
    """As strconv.ParseInt with base 0, then ParseUint."""
    found = _INTEGER.fullmatch(plain)
    if found is None:
        return None
    try:
        number = int(found["sign"] + found["digits"], _BASES[(found["base"] or "").lower()])
    except ValueError:  # a digit that the base does not have
        return None
    return number if number in INT64 or (not found["sign"] and number in UINT64) else None


def _name_type(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "str")


def _decode_binary(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as wrong:
        raise WrongTag(_("the value of !!binary is not base64")) from wrong


def _format_short(number: float) -> str:
    """As strconv.FormatFloat(f, 'g', -1, 32): the shortest text that is the same 32-bit float."""
    if math.isnan(number):
        return ".nan"
    try:
        short = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        short = math.copysign(math.inf, number)
    if math.isinf(short):
        return ".inf" if short > 0 else "-.inf"
    digits = next(
        text for n in range(9) if struct.pack("f", float(text := f"{short:.{n}e}")) == struct.pack("f", short)
    )
    mantissa, _e, exponent = digits.partition("e")
    power = int(exponent)
    if -4 <= power < 21 and (power < 6 or power < -4):
        return f"{float(digits):.{max(0, len(mantissa.replace('-', '').replace('.', '')) - 1 - power)}f}"
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
