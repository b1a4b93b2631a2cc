"""Attacks of docs/security.md as programs that go on until they are ended, for `bench.under_attack`."""
