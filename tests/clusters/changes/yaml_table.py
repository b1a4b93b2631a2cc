"""Table of YAML texts whose reading by kubectl is the reference: scalars, keys and whole documents."""

# Each is the value of a key in a ConfigMap.
SCALARS = (
    *("no", "No", "NO", "nO", "n", "N", "yes", "Yes", "y", "Y", "on", "On", "oN", "off", "OFF"),
    *("true", "True", "TRUE", "tRUE", "false", "null", "Null", "NULL", "nULL", "~", "~x", "", '""', "''"),
    *("0777", "0o777", "0O17", "0o8", "08", "09", "0", "00", "-0", "-0777", "+5", "+", "0x1F", "0X1f", "0xg"),
    *("0x", "0b11", "0B11", "0b12", "-0b11", "1_000", "1__0", "_1", "1_", "0x_1F", "1_0.5_0", "._5", ".1_0", ".1__0"),
    *("12:30:45", "1:30", "190:20:30.15", "2026-11-30", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43"),
    *("1.10", "1.0", "1.", ".5", "-.5", "+.5", ".", "..", "1e3", "1E3", "1e+3", "1e-3", "1.5e3", "1e400", "-1e400"),
    *("1e-400", ".5e1", "1e", "e3", ".e3", "1.2.3", "10.0.0.1", "96Mi", "100m", "1e3Mi", "0.1", "123456789.123456789"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "1e19", "1e21"),
    *("-9223372036854775808", "-9223372036854775809", "9007199254740993", "1e15", "0.1e1", "3.0e0", "-0.0", "0e0"),
    *('"no"', "'0777'", '"\\u00e9\\x41\\n"', "!!str no", "!!str 0777", "!!int '7'", "!!float 1"),
    *("!!bool yes", "!!null ~", "!!float '1'", "a:b:c"),
    *("!!binary aGVsbG8=", "!!null ''", "!custom x", "! 7", "!!timestamp 2026-11-30", "="),
    *("plain text # comment", "a#b", "'it''s'", "[1, no, [on]]", "{a: no, b: 0x10}", "{a, b: }", "[a, ]", "é", "日本"),
    *("|\n    a\n    b", "|-\n    a\n\n", "|+\n    a\n\n", ">\n    a\n    b\n\n    c", "|2\n      a", "a\n    b"),
    *('"a\n    b"', "|\n    a\n\n    b\n"),
)  # fmt: skip

# Each is a key in a ConfigMap.
KEYS = (
    *("no", "on", "y", "True", "0777", "0o777", "1_000", "1.10", "1.5", "1e3", "1e6", "1e7", "1e21"),
    *("0.0001", "0.00001"),
    *("123456.789", "1234567.5", "0.1234567891", "12:30:45", "2026-11-30", '"no"', "8080", "-1", "1.0"),
    *("!!str on", "="),
    *("9223372036854775807", "1e19", "16777217.5", "100000.5", "3.4e39"),
)  # fmt: skip

_HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

# Texts that kubectl reads.
DOCUMENTS = {
    "anchor and alias": _HEAD + "data:\n  a: &x one\n  b: *x\n",
    "alias of a mapping": _HEAD + "x: &x {k: v, l: [1, 2]}\ny: *x\nz: *x\n",
    "merge": _HEAD + "x: &x {k: v, l: w}\ny:\n  <<: *x\n  k: own\n",
    "merge below": _HEAD + "x: &x {k: v, l: w}\ny:\n  k: own\n  <<: *x\n",
    "merge of several": _HEAD + "x: &x {k: 1}\ny: &y {k: 2, m: 3}\nz:\n  <<: [*x, *y]\n",
    "merge of a merge": _HEAD + "x: &x {k: 1}\ny: &y\n  <<: *x\n  l: 2\nz:\n  <<: *y\n",
    "quoted <<": _HEAD + 'data:\n  "<<": x\n',
    "merge key with a tag": _HEAD + "x: &x {k: 1}\nz:\n  !!merge <<: *x\n",
    "duplicate key": _HEAD + "data:\n  a: one\n  b: two\n  a: three\n",
    "duplicate at the top": _HEAD + "data: {a: one}\ndata: {b: two}\n",
    "duplicate boolean keys": _HEAD + "data:\n  on: one\n  yes: two\n",
    "two documents": _HEAD + "---\n" + _HEAD.replace("a}", "b}"),
    "leading separator": "---\n" + _HEAD,
    "separator with a comment": "--- # first\n" + _HEAD + "---   \n" + _HEAD.replace("a}", "b}"),
    "empty documents": "---\n---\n# nothing\n---\n" + _HEAD + "---\n",
    "document end": _HEAD + "...\n",
    "text after the document end": _HEAD + "...\n" + _HEAD.replace("a}", "b}"),
    "separator within a block": _HEAD + "data:\n  a: |\n    x\n    ---\n    y\n",
    "comments": "# one\n" + _HEAD + "# two\n  # three\n",
    "no line feed at the end": _HEAD + "data:\n  a: |\n    x",
    "byte order mark": "\ufeff" + _HEAD,
    "CRLF": (_HEAD + "data:\n  a: |\n    x\n    y\n  b: z\n").replace("\n", "\r\n"),
    "carriage returns alone": (_HEAD + "data:\n  b: z\n").replace("\n", "\r"),
    "tab after a value": _HEAD + "data:\n  a: x\t\n  b:\ty\n",
    "tab in quotes": _HEAD + 'data:\n  a: "x\ty"\n',
    "list": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
    "- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n",
    "list of ConfigMaps": "apiVersion: v1\nkind: ConfigMapList\nitems:\n"
    "- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
    "empty list": "apiVersion: v1\nkind: List\nitems: []\n---\n" + _HEAD,
    "JSON": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "\\ud83d\\ude00\\/"}}',
    "JSON with numbers": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "x": [1e3, 1.0, '
    "18446744073709551615, -0, 1.5, 123456789012345678901234567890]}",
    "JSON with a duplicate key": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "x": 1, "x": 2}',
    "two JSON objects": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}\n'
    '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}',
    "JSON, then YAML": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}\n---\n' + _HEAD,
    "YAML in braces": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: no}}",
    "YAML in braces, two documents": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n" + _HEAD,
    "indented JSON after lines": '\n\n  {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}\n',
    "invisible characters": _HEAD + 'data:\n  a: "\\u200b\\u202e"\n  b: x\u00a0y\n  c: "\u2028"\n',
    "key without a value": _HEAD + "data:\n  a:\n  b: x\n",
    "explicit key": _HEAD + "data:\n  ? a\n  : b\n",
    "lists at the key's level": _HEAD + "x:\n- 1\n- a: b\n  c: d\n",
    "set": _HEAD + "x: !!set {a, b}\n",
}  # fmt: skip

# Texts that kubectl refuses.
REFUSED = {
    "tab as indentation": (_HEAD + "data:\n\ta: x\n", 5),
    "bad indentation": (_HEAD + "data:\n  a: x\n b: y\n", 6),
    "unknown alias": (_HEAD + "data:\n  a: *x\n", 5),
    "alias of itself": (_HEAD + "data: &x\n  a: *x\n", 5),
    "unclosed quote": (_HEAD + 'data:\n  a: "x\n', 6),
    "unclosed bracket": (_HEAD + "data: [a\n", 5),
    "two values": (_HEAD + "data:\n  a: b: c\n", 5),
    "at sign": (_HEAD + "data:\n  a: @x\n", 5),
    "escaped slash": (_HEAD + 'data:\n  é: ü\n  a: "a\\\\ \\/b"\n', 6),
    "infinity": (_HEAD + "x: .inf\n", 4),
    "not a number": (_HEAD + "x: .NaN\n", 4),
    "null as a key": (_HEAD + "x: {~: a}\n", 4),
    "large integer as a key": (_HEAD + "x: {18446744073709551615: a}\n", 4),
    "mapping as a key": (_HEAD + "x: {{a: b}: c}\n", 4),
    "merge of text": (_HEAD + "x:\n  <<: text\n", 5),
    "wrong tag": (_HEAD + "x: !!int text\n", 4),
    "wrong binary": (_HEAD + "x: !!binary '*'\n", 4),
    "text after a separator": (_HEAD + "--- x\n" + _HEAD, 4),
    "directive": ("%YAML 1.1\n---\n" + _HEAD, 2),
    "control character": (_HEAD + "data: {a: \x01}\n", 0),
}
