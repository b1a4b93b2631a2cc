"""Command `seal_audit`: the earlier name of `archive_audit`, kept for scripts and cron jobs."""

from people.audit.management.commands.archive_audit import Command

__all__ = ["Command"]
