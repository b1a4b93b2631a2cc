"""Which fixtures do all tests share? A room's own lie in its folder."""

from tests.browser import browser, new_page, pytest_collection_modifyitems
from tests.controlplane.fixtures import controlplane, pytest_sessionfinish, second_controlplane

__all__ = [
    "browser",
    "controlplane",
    "new_page",
    "pytest_collection_modifyitems",
    "pytest_sessionfinish",
    "second_controlplane",
]
