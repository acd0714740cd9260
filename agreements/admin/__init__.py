"""The editors' workplace: what needs doing, writing, comparing, deciding, keeping accounts."""

from . import accounts, timeline, today
from .agreements import AgreementAdmin
from .texts import PageAdmin, SourceAdmin, TermAdmin, ThemeAdmin

__all__ = [
    "AgreementAdmin",
    "PageAdmin",
    "SourceAdmin",
    "TermAdmin",
    "ThemeAdmin",
    "accounts",
    "timeline",
    "today",
]
