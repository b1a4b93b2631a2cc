"""Tests of the audit trail's writing side: record, chain, triggers, archiving and verification."""
