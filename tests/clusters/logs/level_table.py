"""Table of log lines and their levels; the server and the page are tried with the same."""

LEVELS = [
    ("E1130 12:00:00.000000       1 main.go:5] it failed", "error"),
    ("I1130 12:00:00.000000       1 main.go:5] ERROR in a text", "info"),
    ('{"time":"2026-01-01","level":"warn","msg":"slow"}', "warning"),
    ('{"severity": "CRITICAL", "message": "no"}', "error"),
    ('{"level":30,"msg":"pino"}', "info"),
    ('{"msg":"no level in it, but ERROR"}', ""),
    ('time=2026-01-01 level=debug msg="x"', "debug"),
    ('ts=1 lvl="err" msg=x', "error"),
    ("2026-01-01 12:00:00,123 WARNING root: careful", "warning"),
    ("2026/01/01 12:00:00 [error] 7#7: *1 open() failed", "error"),
    ("[2026-01-01] FATAL: out of memory", "error"),
    ("an error happened in lower case", ""),
    ("TERRORS and INFORMATION", ""),
    ("", ""),
]
