"""The editors' workplace, as far as it goes: what is sealed can only be read."""

from .texts import AgreementAdmin, PageAdmin, SourceAdmin, TermAdmin, ThemeAdmin, VersionAdmin

__all__ = [
    "AgreementAdmin",
    "PageAdmin",
    "SourceAdmin",
    "TermAdmin",
    "ThemeAdmin",
    "VersionAdmin",
]
