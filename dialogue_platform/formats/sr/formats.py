"""Dates in figures, as in Albanian."""

from dialogue_platform.formats.sq.formats import *  # noqa: F403
