"""The editors' workplace. So far a window: all can be seen, nothing sealed can be changed."""

from .texts import AgreementAdmin, PageAdmin, SourceAdmin, TermAdmin, ThemeAdmin, VersionAdmin

__all__ = [
    "AgreementAdmin",
    "PageAdmin",
    "SourceAdmin",
    "TermAdmin",
    "ThemeAdmin",
    "VersionAdmin",
]
