"""Retired words: what texts and names no longer say, each with what they say instead.

`RETIRED_TEXTS` is for what people read, `RETIRED_NAMES` for names in the code. docs/glossary.md has the words that
stay.
"""

from __future__ import annotations

KIND = "the kind as Kubernetes writes it"

# A regular expression, matched without case at word boundaries, and the word of the field that replaced it.
# docs/glossary.md has the words that stay.
RETIRED_TEXTS = {
    r"(?<!audit )(?<!audit-)trails?": "audit trail",
    r"deeds?": "action, entry",
    r"standings?": "global role",
    r"readers?": "viewer (team role)",
    r"rights": "permissions",
    r"the house|floors?|rooms?": "architecture, layer, package",
    r"the door|desks?": "cluster session",
    r"the cast": "users",
    r"may not": "cannot",
    r"may (?:be asked|change|do|edit|list|only read|read|see|use|write)": "can",
    r"(?:do|does) not let (?:you|it|him|her|them)|lets? you neither|nothing lets": "you do not have permission",
    r"not for you": "not permitted",
    r"not yours": "no permission",
    r"no clear answer,|: no clear answer": "access unknown",
    r"takes? away|takes? aught": "restricts",
    r"asks? again|asked again|being asked|is asked for less": "retries, connecting",
    r"asking…": "loading, connecting",
    r"(?:goes|go) on by itself|comes? back by itself|opens? by itself": "resumes by itself, opens automatically",
    r"brings?|brought": "add, paste",
    r"anew": "again",
    r"meanwhile": "in the meantime, in that time",
    r"beside": "next to, besides",
    r"as it was": "last known",
    r"save (?:at|by|for|what|where|when|that)": "except",
    r"(?:not|nothing|nobody|no) (?:\w+ ){0,4}any ?more|no more than it": "no longer",
    r"(?:credential|token|session|certificate|key)s? (?:has |have |that )?(?:ends|ended)": "expires, expired",
    r"end not told": "expires: unknown",
    r"lapsed|hurried": "credential rejected",
    r"in trouble|troubles first|needs a look": "unavailable, problems first, needs attention",
    r"listing again": "reloading",
    r"over there|you there": "your access",
    r"change over(?! time)|who to be": "switch user",
    r"cannot be (?:written|opened)": "is not writable, cannot be decrypted",
    r"does not answer|nothing answers|did not answer": "is not responding, connection refused, did not respond",
    r"whoever runs it": "if you run this server",
    r"remember this head|remembered heads?|heads? to remember": "checkpoint",
    r"short names? in urls": "ID",
    r"user names?": "username",
    r"present password": "current password",
    r"start page": "overview",
    r"all kinds|custom kinds": "API resources, CustomResourceDefinitions, instances",
    r"config maps?|cron jobs?|daemon sets?|replica sets?|stateful sets?": KIND,
    r"cluster roles?(?! binding)|role bindings?|cluster role bindings?|service accounts": KIND,
    r"endpoint slices?|network polic(?:y|ies)|storage class(?:es)?|volume claims?": KIND,
    r"resource quotas?|limit ranges?|disruption budgets?|autoscalers first": KIND,
    r"whole cluster": "cluster-wide",
    r"roll-outs?": "rollout",
    r"ctrl-[a-z]": "Ctrl+C",
    r"colou?red by|colours?": "color",
    r"recognise[ds]?|behaviour|defence|favourite|honour": "American spelling",
    r"lower-case|upper-case": "lowercase, uppercase",
    r"sealed segments?|sealing old": "archived segment",
}

# Where a retired word stands for a reason: (file, word as it is written there) -> why.
ALLOWED_TEXTS = {
    ("docs/security.md", "readers"): "“slow readers” are clients that read their socket slowly",
    ("docs/benchmarks.md", "*"): "written by `make bench` with the words of the day on which it was measured",
}

# A regular expression over what is named and the parts of its name in lower case, such as `class audit entry`,
# `module csv cells` or `parameter audit trail`, matched at word boundaries; and the name to give instead.
RETIRED_NAMES = {
    r"(?<!audit )trails?": "audit_trail",
    r"deeds?": "entry, action, request",
    r"^class (?:fact|opening)$": "AuditEntry, AuditedRequest",
    r"desks?|doors?": "session, open_session, connect",
    r"standings?": "global_role, status",
    r"readers?|operators?": "viewer, editor",
    r"(?<!in )places?": "slot, path, offset, address",
    r"wish(?:es)?|asked|wanted": "query, options, expected",
    r"^class (?:ask|answer)$": "ResourceAttributes, ReviewResult",
    r"^class (?:line|shown|look|frame|shape|keeping)$": "WindowRow, DisplayColumn, RowFilter, FrameContext",
    r"stretch(?:es)?": "slice, range",
    r"rounds?(?! trip)|^(?:class|module) takes?$": "poll",
    r"moments?|seldom|guards?": "time_range, rate_limit, triggers",
    r"^module (?:cells|shown|walk)$": "csv_cells, presenter, pagination",
    r"lanes?|^module turns$": "concurrency, limit",
    r"outages|refusals?|echo(?:es)?": "circuit_breaker, denial, redaction",
    r"hurried|ahead|lapsed|^constant ended$": "eager, prefetch, unauthorized, closed",
    r"houses?|floors?|rooms?": "installation, layer, package",
    r"keepers?|grounds?|stages?|cast|told": "controller, base objects, fixtures, users, notified",
    r"troubles?|problems?": "error, notice, violation",
    r"rights": "permissions",
    r"colours?": "color",
    r"seal(?:s|ed|ing)?": "archive (of old audit rows)",
}

# Where such a name is right: (file or pattern of files, the words as the expression finds them) -> why.
ENCRYPTION = "a credential is sealed: encrypted, and bound to its row"
PARSER = "reads a value or a stream; no team role"
SELECTOR = "the `operator` of a requirement in a Kubernetes selector or toleration"
TEST_SELECTION = "a selection of the tests: fast, usual or long"
ALLOWED_NAMES = {
    ("clusters/credentials/*", "seal*"): ENCRYPTION,
    ("clusters/models.py", "sealed"): ENCRYPTION,
    ("dashboard/keys.py", "sealing"): ENCRYPTION,
    ("dashboard/settings.py", "sealing"): ENCRYPTION,
    ("tests/clusters/*", "seal*"): ENCRYPTION,
    ("tests/attacks/test_class_25_sessions.py", "sealing"): ENCRYPTION,
    ("tests/dashboard/test_settings.py", "sealing"): ENCRYPTION,
    (
        "people/audit/management/commands/seal_audit.py",
        "seal",
    ): "the earlier name of a command, kept for cron jobs",
    ("clusters/credentials/kubeconfig.py", "reader"): PARSER,
    ("clusters/counting/tallies.py", "reader"): PARSER,
    ("clusters/tables/columns.py", "reader*"): PARSER,
    ("simulator/reading/fields.py", "reader"): PARSER,
    ("simulator/writing/protobuf.py", "reader"): PARSER,
    ("tests/clusters/api/faults.py", "reader"): PARSER,
    ("tests/simulator/test_pods_exec.py", "reader"): PARSER,
    ("simulator/*", "operator*"): SELECTOR,
    ("simulator/pods/shell/programs.py", "echo"): "the program `echo`",
    ("tests/simulator/test_pods_exec.py", "echoes"): "a terminal echoes what is typed",
    ("tests/__main__.py", "lane*"): TEST_SELECTION,
    ("tests/architecture/test_flaky.py", "lane"): TEST_SELECTION,
    ("tests/flaky.py", "lane"): TEST_SELECTION,
    ("tests/lanes.py", "lane*"): TEST_SELECTION,
    ("tests/parts.py", "lane"): TEST_SELECTION,
    ("tests/controlplane/files.py", "stages"): "the kind `Stage` of kwok",
}
