"""Appending process: `python -m tests.people.audit.appender NAME COUNT` writes to a shared audit trail.

It says that it is ready, waits for a line, and then writes so many events in four threads; the sequences are printed.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()

from people.audit.record import AuditDraft, record

THREADS = 4

if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(THREADS) as pool:
        drafts = [
            AuditDraft(verb="team-create", person=sys.argv[1], name=str(one))
            for one in range(int(sys.argv[2]))
        ]
        print(json.dumps(list(pool.map(record, drafts))), flush=True)
