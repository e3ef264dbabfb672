"""Scanward's settings with bare views beside its routes."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.serving.urls"
