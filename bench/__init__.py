"""Benchmarks (`make bench`): measured against a real control plane; see docs/benchmarks.md.

What is measured in this process itself (the window, the memory of a row) needs Django's settings, and a data folder
that is nobody's.
"""

import atexit
import os
import shutil
import tempfile

import django
from django.conf import settings

if not settings.configured:
    _folder = tempfile.mkdtemp(prefix="quarterdeck-bench-settings-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    os.environ["QUARTERDECK_DATA"] = _folder
    django.setup()
