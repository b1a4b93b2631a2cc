"""Fast password hasher: the same hash with less work, for tests that are not about passwords.

Loaded by tests/conftest.py. Whoever asks for `easy_passwords` goes the product's own ways; what makes guessing slow is
left out. tests/attacks/test_class_24_brute_force.py, and every server process, has the real cost.
"""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import ScryptPasswordHasher


class FastPasswordHasher(ScryptPasswordHasher):
    work_factor = 2**4  # Django's own is 2**14 or more: a fifth of a second for each password


@pytest.fixture
def fast_passwords(settings) -> None:  # type: ignore[no-untyped-def]
    settings.PASSWORD_HASHERS = ["tests.passwords.FastPasswordHasher"]
