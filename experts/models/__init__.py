"""Who checks it: experts, rounds, what they say, what follows from it, what leaves by mail."""

from .assignment import AccessLink, Assignment, Notes
from .comment import Alarm, Comment, Reply, Response
from .expert import Expert
from .outbox import OutboxLetter
from .perspective import PerspectiveReading, PerspectiveRecord
from .round import QuorumPolicy, ReviewRound, RoundEvent, Seat
from .verdict import (
    BadgeWithdrawal,
    CarryOver,
    Dissent,
    FidelityCheck,
    Lifting,
    ReviewedPublication,
    Verdict,
)

__all__ = [
    "AccessLink",
    "Alarm",
    "Assignment",
    "BadgeWithdrawal",
    "CarryOver",
    "Comment",
    "Dissent",
    "Expert",
    "FidelityCheck",
    "Lifting",
    "Notes",
    "OutboxLetter",
    "PerspectiveReading",
    "PerspectiveRecord",
    "QuorumPolicy",
    "Reply",
    "Response",
    "ReviewRound",
    "ReviewedPublication",
    "RoundEvent",
    "Seat",
    "Verdict",
]
