"""What was agreed: identities that last, and versions that never change once sealed."""

from .agreement import Agreement, Provision
from .audit import AuditEntry
from .colleague import Colleague
from .editing import DismissedWarning, Edit, TranslationPair
from .loaded import LoadedEntry
from .original import Original
from .page import Page
from .publication import Publication, ScheduledPublication, Withdrawal
from .source import Side, Source
from .term import Term
from .theme import Theme
from .version import Party, ProvisionText, Version, VersionSource

__all__ = [
    "Agreement",
    "AuditEntry",
    "Colleague",
    "DismissedWarning",
    "Edit",
    "LoadedEntry",
    "Original",
    "Page",
    "Party",
    "Provision",
    "ProvisionText",
    "Publication",
    "ScheduledPublication",
    "Side",
    "Source",
    "Term",
    "Theme",
    "TranslationPair",
    "Version",
    "VersionSource",
    "Withdrawal",
]
