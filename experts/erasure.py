"""An expert who asks to be forgotten: the person goes, what they said stays under a pseudonym."""

from django.db import transaction
from django.utils import timezone

from .models import (
    AccessLink,
    Assignment,
    Comment,
    Expert,
    Notes,
    PerspectiveRecord,
    RoundEvent,
)
from .models.assignment import AssignmentState
from .models.round import RoundAction


@transaction.atomic
def erase(expert, *, by=None, at=None):
    """Erase name, address, link to an account, community, notes, drafts and links of an expert.

    Verdicts and comments stay under the pseudonym, with the badges that rest on them and the
    objections that stand. `by` is the colleague who was asked. Returns whether there was anything
    to erase.
    """
    at = at or timezone.now()
    mine = Expert.objects.filter(pk=expert.pk, erased_at=None)
    if not mine.update(
        name="", name_cyrillic="", affiliation="", email="", user=None, erased_at=at
    ):
        return False
    assignments = Assignment.objects.filter(expert=expert)
    PerspectiveRecord.objects.filter(assignment__in=assignments).delete()
    Notes.objects.filter(assignment__in=assignments).delete()
    Comment.objects.filter(assignment__in=assignments, sent_at=None).delete()
    AccessLink.objects.filter(assignment__in=assignments, revoked_at=None).update(revoked_at=at)
    waiting = (AssignmentState.CHOSEN, AssignmentState.INVITED, AssignmentState.ACCEPTED)
    assignments.filter(state__in=waiting).update(state=AssignmentState.CANCELLED, ended_at=at)
    assignments.update(named_at=None, reason="", suggests="")
    # That there was a conflict still keeps the verdict out of the quorum; what it was, is gone.
    assignments.exclude(conflict="").update(conflict="–")
    for assignment in assignments.select_related("round"):
        RoundEvent.objects.create(
            round=assignment.round, action=RoundAction.ERASED, actor=by, member=assignment, at=at
        )
    expert.refresh_from_db()
    return True
