"""What was agreed: identities that last, and versions that never change once sealed.

What became of it: records, added and never rewritten.
"""

from .agreement import Agreement, Provision
from .audit import AuditEntry
from .colleague import Colleague
from .count import Count
from .editing import DismissedWarning, Edit, TranslationPair
from .event import Event
from .loaded import LoadedEntry
from .obligation import Assessment, Debtor, Level, Obligation
from .obstacle import Obstacle
from .original import Original
from .page import Page
from .phase import Phase, PhasePerson
from .position import Position
from .publication import Publication, ScheduledPublication, Withdrawal
from .record import RECORD_KINDS, Record, RecordAuthor, RecordSource
from .reply import Reply
from .source import Side, Source
from .term import Term
from .theme import Theme
from .version import Party, ProvisionText, Version, VersionSource

__all__ = [
    "RECORD_KINDS",
    "Agreement",
    "Assessment",
    "AuditEntry",
    "Colleague",
    "Count",
    "Debtor",
    "DismissedWarning",
    "Edit",
    "Event",
    "Level",
    "LoadedEntry",
    "Obligation",
    "Obstacle",
    "Original",
    "Page",
    "Party",
    "Phase",
    "PhasePerson",
    "Position",
    "Provision",
    "ProvisionText",
    "Publication",
    "Record",
    "RecordAuthor",
    "RecordSource",
    "Reply",
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
