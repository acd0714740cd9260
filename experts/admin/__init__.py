"""The coordinator's desk, the editors' answers, and what publishers decide about badges."""

from . import desk, letters, today
from .experts import ExpertAdmin
from .policy import QuorumPolicyAdmin
from .rounds import ReviewRoundAdmin

__all__ = ["ExpertAdmin", "QuorumPolicyAdmin", "ReviewRoundAdmin", "desk", "letters", "today"]
