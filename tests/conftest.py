"""Which fixtures do all tests share? A room's own lie in its folder."""

from tests.browser import browser, new_page, pytest_collection_modifyitems
from tests.canary_watch import pytest_configure, pytest_runtest_setup, pytest_runtest_teardown
from tests.controlplane.fixtures import controlplane, second_controlplane
from tests.missing import pytest_sessionfinish, pytest_terminal_summary
from tests.parts import pytest_addoption
from tests.passwords import easy_passwords
from tests.postgresql import postgresql
from tests.served import served
from tests.simulated import second_simulated, simulated
from tests.trail import django_db_setup, empty_trail, trail

pytest_plugins = ["tests.fast", "tests.lanes"]
__all__ = [
    "browser",
    "controlplane",
    "django_db_setup",
    "easy_passwords",
    "empty_trail",
    "new_page",
    "postgresql",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_setup",
    "pytest_runtest_teardown",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "second_controlplane",
    "second_simulated",
    "served",
    "simulated",
    "trail",
]
