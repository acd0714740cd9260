"""What was agreed: identities that last, and versions that never change once sealed."""

from .agreement import Agreement, Provision
from .loaded import LoadedEntry
from .page import Page
from .publication import Publication
from .source import Side, Source
from .term import Term
from .theme import Theme
from .version import Party, ProvisionText, Version, VersionSource

__all__ = [
    "Agreement",
    "LoadedEntry",
    "Page",
    "Party",
    "Provision",
    "ProvisionText",
    "Publication",
    "Side",
    "Source",
    "Term",
    "Theme",
    "Version",
    "VersionSource",
]
