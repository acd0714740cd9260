"""A round's panel as the quorum needs it, and what each kind of reader may know of it."""

from dataclasses import dataclass

from django.views.decorators.debug import sensitive_variables

from . import perspectives, quorum
from .models import Assignment, Comment, Verdict
from .models.assignment import READING_STATES, AssignmentState
from .models.comment import Decision
from .models.round import Phase, RoundAction


def current_verdicts(round_):
    """Return {assignment id: Verdict} of the panel: the newest of each."""
    rows = Verdict.objects.filter(
        assignment__round=round_, assignment__state__in=READING_STATES
    ).order_by("number")
    return {row.assignment_id: row for row in rows}


def open_objections(round_):
    """Return the Verdicts that object and were not lifted by their authors.

    Those of this round, and those of all earlier rounds of the agreement in which comments were
    released: neither a changed text nor another panel lifts them, only their author does, by a
    verdict that counts or by word. Who stepped aside since has lifted nothing.
    """
    current = current_verdicts(round_)
    found = [row for row in current.values() if row.judgement == quorum.Judgement.OBJECT]
    # Whoever was taken off this panel has lifted nothing by what they said on it.
    counted = [pk for pk, row in current.items() if row.judgement not in quorum.NOT_COUNTED]
    spoke = set(Assignment.objects.filter(pk__in=counted).values_list("expert", flat=True))
    earlier = (
        Verdict.objects.filter(
            assignment__round__agreement=round_.agreement_id,
            assignment__round__number__lt=round_.number,
            assignment__round__released_at__isnull=False,
            assignment__state=AssignmentState.SUBMITTED,
        )
        .exclude(judgement__in=quorum.NOT_COUNTED)
        .select_related("assignment", "lifting")
        .order_by("assignment__round__number", "number")
    )
    last = {verdict.assignment.expert_id: verdict for verdict in earlier}
    for expert, verdict in last.items():
        is_open = verdict.judgement == quorum.Judgement.OBJECT
        if is_open and expert not in spoke and not hasattr(verdict, "lifting"):
            found.append(verdict)
    return found


def unanswered_comments(round_):
    """Return the released comments of the panel that no editor has answered.

    Those of a member whose review never came are not released, and wait for nobody.
    """
    return Comment.objects.released().filter(assignment__round=round_).unanswered()


@sensitive_variables()
def report(round_, *, reader, at=None):
    """Return the quorum.Report of a round; opens the sealed answers, which is logged."""
    seats = _seats(round_, reader, at)
    verdicts = [
        quorum.Verdict(str(pk), quorum.Judgement(row.judgement), row.substance_hash)
        for pk, row in current_verdicts(round_).items()
    ]
    return quorum.evaluate(
        round_.policy.policy,
        seats,
        verdicts,
        substance=round_.version.substance_hash,
        open_objections=len(open_objections(round_)),
        unanswered=unanswered_comments(round_).count(),
    )


@sensitive_variables()
def _seats(round_, reader, at):
    said = perspectives.read(round_, reader=reader, reason="quorum", at=at)
    members = list(round_.assignments.on_panel().select_related("seat"))
    taken = {member.seat_id for member in members}
    # A seat that was accepted and left is one that has not answered.
    left = round_.seats.filter(assignments__accepted_at__isnull=False).exclude(pk__in=taken)
    empty = [quorum.Seat(f"left-{seat.pk}", seat.profile) for seat in left.distinct()]
    return empty + [
        quorum.Seat(
            str(member.pk),
            member.seat.profile,
            said.get(member.pk, ""),
            conflicted=bool(member.conflict),
        )
        for member in members
    ]


@sensitive_variables()
def progress(round_, *, reader, at=None):
    """Return the Report for a coordinator: in the blind phases only who answered goes into it."""
    if not round_.is_blind:
        return report(round_, reader=reader, at=at)
    answered = round_.assignments.filter(state=AssignmentState.SUBMITTED)
    return quorum.expected(
        round_.policy.policy,
        _seats(round_, reader, at),
        [str(pk) for pk in answered.values_list("pk", flat=True)],
        substance=round_.version.substance_hash,
    )


@dataclass(frozen=True)
class Received:
    """How many comments a round received, and what became of them."""

    comments: int
    accepted: int
    rejected: int


def received(round_):
    """Return the Received of a released round; whoever left the panel is not counted away."""
    comments = Comment.objects.sent().filter(
        assignment__round=round_, assignment__submitted_at__isnull=False
    )
    # The newest answer of each comment: the last of its rows stays.
    rows = comments.order_by("responses__at", "responses__pk")
    decisions = list(dict(rows.values_list("pk", "responses__decision")).values())
    taken = (Decision.ACCEPTED, Decision.WITH_CHANGES)
    return Received(
        len(decisions),
        sum(each in taken for each in decisions),
        decisions.count(Decision.REJECTED),
    )


def public_report(found, round_):
    """Return what is kept of a Report for everybody: each rule, met or not; of communities only
    whether the rules about them were met all together."""
    rules = [
        {"kind": rule.kind, "met": rule.met, "lacking": rule.lacking, "about": rule.about}
        for rule in found.rules
        if not rule.is_private
    ]
    rules.append({"kind": "balance", "met": found.balanced, "lacking": 0, "about": ""})
    counted = received(round_)
    return {
        "rules": rules,
        "panel": round_.assignments.on_panel().count(),
        "left": round_.assignments.filter(
            state=AssignmentState.WITHDRAWN, submitted_at__isnull=False
        ).count(),
        "comments": counted.comments,
        "accepted": counted.accepted,
        "rejected": counted.rejected,
    }


def may_release(round_, today):
    """Tell whether the comments may be released: all reviews are in, or it is past the due date
    and enough are."""
    if round_.phase != Phase.INDEPENDENT:
        return False
    members = round_.assignments.filter(
        state__in=(AssignmentState.INVITED, *READING_STATES)
    ).values_list("state", flat=True)
    arrived = sum(state == AssignmentState.SUBMITTED for state in members)
    # Nobody who still had time was taken off to make the rest complete.
    hurried = round_.assignments.filter(
        state=AssignmentState.WITHDRAWN,
        accepted_at__isnull=False,
        submitted_at=None,
        events__action=RoundAction.REMOVED,
        events__actor__isnull=False,
    )
    if arrived and arrived == len(members) and not hurried.exists():
        return True
    return today > round_.review_by and arrived >= round_.policy.policy.smallest_panel
