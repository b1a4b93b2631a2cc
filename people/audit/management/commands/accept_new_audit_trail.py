"""Command `accept_new_audit_trail`: says who takes over an audit trail that is not the expected one, and why."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from people.audit import checkpoints
from people.audit.integrity.reading import find_end, first_sequence
from people.audit.integrity.start_check import find_fault
from people.audit.integrity.verifying import ACCEPTED
from people.audit.record import AuditTrailUnavailable, draft_for_program, record

UNREADABLE = 4


class Command(BaseCommand):
    help = (
        "After the audit trail was found to be missing, shortened or rewritten: record who accepts it as it is, and "
        "why, so that the server starts again. Nothing is removed; what was wrong stays visible in verify_audit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--who", help="who decides this; asked for where it is left out")
        parser.add_argument("--why", help="why it is not as expected; asked for where it is left out")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0)
            fault = find_fault()
        except DatabaseError as error:
            raise CommandError(f"The databases cannot be read: {error}", returncode=UNREADABLE) from error
        if not fault:
            self.stdout.write("The audit trail is the expected one: there is nothing to accept.")
            return
        self.stdout.write(fault)
        who = self._ask(options["who"], "Who accepts this (name)? ", "--who")
        why = self._ask(options["why"], "Why is the audit trail not as expected? ", "--why")
        detail = {
            "who": who,
            "fault": fault,
            "expected": _describe_expected(),
            "found": str(find_end()),
            "first": first_sequence(),
        }
        draft = draft_for_program(
            "manage.py accept_new_audit_trail", ACCEPTED, target="trail", reason=why, detail=detail
        )
        try:
            record(draft)
        except AuditTrailUnavailable as error:
            raise CommandError(
                f"The audit trail is not writable, so nothing was accepted: {error}."
            ) from error
        end = find_end()
        checkpoints.save(end, replace=True)
        checkpoints.publish(end)
        self.stdout.write(f"Recorded as row {end.sequence}. The server can be started again.")

    def _ask(self, given: str | None, question: str, option: str) -> str:
        """What was given, or typed; CommandError where it is nothing."""
        try:
            text = given if given is not None else input(question)
        except EOFError:
            text = ""
        if not text.strip():
            raise CommandError(
                f"Nothing was accepted: {option} is missing. Say it in a few words.", returncode=2
            )
        return text.strip()


def _describe_expected() -> str:
    try:
        return str(checkpoints.read())
    except checkpoints.InvalidCheckpoint as error:
        return str(error)
