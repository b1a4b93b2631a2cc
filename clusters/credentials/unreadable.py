"""Unreadable credentials: records each one that could not be opened, once an hour."""

from __future__ import annotations

from dataclasses import replace

from clusters.audit_details import draft_credential_entry
from clusters.credentials.sealing import SealBroken
from clusters.models import Credential
from people.audit.draft import draft_for_program
from people.audit.models import Result
from people.audit.rate_limit import RateLimiter
from people.audit.record import note

INTERVAL_SECONDS = 3600.0
PROGRAM = "quarterdeck"  # the server itself
MAX_REMEMBERED = 20_000  # credentials that are remembered as recorded

rate_limiter = RateLimiter(INTERVAL_SECONDS, MAX_REMEMBERED)


def note_unreadable(credential: Credential, error: SealBroken) -> None:
    """Record it under the row's owner, who sees it too: a value that was moved there is theirs to explain. A team's is
    recorded under the program."""
    if rate_limiter.is_due((credential.pk, credential.version, credential.user_id, credential.cluster_id)):
        draft = draft_credential_entry(credential.user, "credential-unreadable", credential)
        if credential.user is None:
            draft = replace(draft, person=draft_for_program(PROGRAM, "").person)
        note(replace(draft, result=Result.FAILED, reason=str(error)))
