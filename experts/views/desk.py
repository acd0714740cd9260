"""What an expert has to do and by when; one assignment; the answer to an invitation."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dialogue_platform.languages import reading
from dialogue_platform.passages import bare_text
from experts import links, reviewing
from experts.models import CarryOver, Comment, FidelityCheck
from experts.models.assignment import AssignmentState
from experts.models.round import Phase
from experts.quorum import Judgement

from .access import ANY, for_invited, for_reader, review_page


def name_of(assignment):
    """Return the short title of the text under review, in the reader's language if it has one."""
    return bare_text(reading(assignment.round.version, "short_title"))


@review_page
def desk(request):
    """What waits for whoever entered; for everybody else, the way in."""
    found = list(links.assignments_of(request).order_by("round__review_by", "pk"))
    rows = [(each, name_of(each)) for each in found]
    return render(request, "experts/desk.html", {"rows": rows})


@for_invited
def assignment_page(request, assignment):
    """One review: the invitation, or what is done and what is left."""
    if assignment.state == AssignmentState.INVITED:
        return _invitation(request, assignment)
    context = {"assignment": assignment, "name": name_of(assignment), "round": assignment.round}
    own = Comment.objects.filter(assignment=assignment, taken_back_at=None)
    verdicts = list(assignment.verdicts.all())
    current = verdicts[-1] if verdicts else None
    context |= {
        "drafts": own.filter(sent_at=None).count(),
        "sent": own.filter(sent_at__isnull=False).count(),
        "verdicts": verdicts,
        "current": current,
        "translations": translations_to_check(assignment),
        "carried": carried_to_look_at(assignment),
        "may_lift": may_lift(assignment, current),
        "notes": getattr(assignment, "notes", None),
        "open_round": assignment.round.is_open,
    }
    return render(request, "experts/assignment.html", context)


def _invitation(request, assignment, conflict=""):
    context = {
        "assignment": assignment,
        "name": name_of(assignment),
        "round": assignment.round,
        "conflict": conflict,
    }
    return render(request, "experts/invitation.html", context)


def may_lift(assignment, verdict):
    """Tell whether an objection stands that its author can lift on a newer, public text."""
    public = assignment.round.agreement.published
    return (
        verdict is not None
        and verdict.judgement == Judgement.OBJECT
        and assignment.round.phase == Phase.CLOSED
        and public is not None
        and public.number > assignment.round.version.number
        and not hasattr(verdict, "lifting")
    )


def translations_to_check(assignment):
    """Return [(stored language, own newest check or None)] that this expert may check."""
    version, expert = assignment.round.version, assignment.expert
    if not expert.reads(version.source_language):
        return []
    checks = {
        check.language: check
        for check in FidelityCheck.objects.filter(version=version, expert=expert)
    }
    return [
        (language, checks.get(language))
        for language in expert.languages
        if language != version.source_language and getattr(version, f"title_{language}")
    ]


def carried_to_look_at(assignment):
    """Return the confirmed CarryOver of this panel's badge that nobody has contested, or None."""
    if assignment.state != AssignmentState.SUBMITTED:
        return None
    return (
        CarryOver.objects.filter(
            round=assignment.round, confirmed_at__isnull=False, contested_at=None
        )
        .select_related("version")
        .order_by("-confirmed_at")
        .first()
    )


@review_page
def answer(request, key):
    """Accept or decline; an answer that comes too late gets a page that says so."""
    assignment = links.assignments_of(request).filter(key=key, state__in=ANY).first()
    if assignment is None:
        assignment = links.was_held(request, key)
        if assignment is None:
            raise Http404
        return _too_late(request, _("This invitation was answered already, or it has ended."))
    if request.method != "POST":
        return redirect("review-assignment", key=assignment.key)
    try:
        if request.POST.get("answer") == "accept":
            tied = request.POST.get("tied")
            conflict = request.POST.get("conflict", "")[:2000] if tied == "yes" else ""
            if tied not in ("yes", "no") or (tied == "yes" and not conflict.strip()):
                messages.error(
                    request, _("Say whether something ties you to this matter, and if so, what.")
                )
                return _invitation(request, assignment, conflict)
            reviewing.accept(assignment, conflict=conflict)
        elif request.POST.get("answer") == "decline":
            reviewing.decline(
                assignment,
                reason=request.POST.get("reason", "")[:2000],
                suggests=request.POST.get("suggests", "")[:2000],
            )
            return render(request, "experts/declined.html", {"name": name_of(assignment)})
    except reviewing.ReviewError as error:
        return _too_late(request, error)
    return redirect("review-assignment", key=assignment.key)


def _too_late(request, reason):
    return render(request, "experts/too_late.html", {"reason": reason})


@for_reader
def leave(request, assignment):
    """Step off the panel, with a reason for the coordinator if one wants to give it."""
    if request.method == "POST" and request.POST.get("sure") == "yes":
        try:
            reviewing.leave(assignment, reason=request.POST.get("reason", "")[:2000])
        except reviewing.ReviewError as error:
            messages.error(request, str(error))
        else:
            return render(request, "experts/declined.html", {"name": name_of(assignment)})
    context = {"assignment": assignment, "name": name_of(assignment)}
    return render(request, "experts/leave.html", context)
