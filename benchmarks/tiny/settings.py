"""Scanward's settings with this app beside the others."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.tiny.apps.TinyConfig"]
