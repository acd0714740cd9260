"""The verbs of expert review: prepare a round, invite, answer, comment, judge, release, close.

Each is one transaction with one conditional UPDATE, which decides between two people who want the
same, and adds one row to the history. What is done inside a round begins with `_enter`, which
raises the round's revision: whoever closes it meanwhile waits, or has made the other wait. Time is
an argument. Which colleague may call a verb is asked by the pages (rights.py); what depends on the
state of things is asked here.
"""

import datetime
import random

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from agreements import drafting, markup, publishing
from agreements.segments import everything_of
from dialogue_platform.languages import STORED

from . import links, outbox, panels, perspectives, rights
from .models import (
    AccessLink,
    Alarm,
    Assignment,
    BadgeWithdrawal,
    Comment,
    Dissent,
    Lifting,
    Notes,
    QuorumPolicy,
    Reply,
    Response,
    ReviewRound,
    RoundEvent,
    Seat,
    Verdict,
)
from .models.assignment import LIVE_STATES, READING_STATES, AssignmentState
from .models.comment import Decision
from .models.outbox import Rule
from .models.round import OPEN_PHASES, Outcome, Phase, RoundAction
from .quorum import NOT_COUNTED, Judgement

ANSWER_DAYS = 7  # for an invitation that leaves when the round's own day is over
DISCUSSION_DAYS = 3  # at least: who reads the others' comments needs time to answer
ALIASES = range(11, 100)  # two digits whatever the size of the panel, which they do not tell
_lots = random.SystemRandom()


class ReviewError(Exception):
    """A step that cannot be taken now; the message is for the person who tried."""


class InReview(ReviewError):
    """The agreement has an unfinished round."""


class RoundOver(ReviewError):
    """The round is not in the phase that this step needs."""


class AlreadyAnswered(ReviewError):
    """The invitation was answered, expired or cancelled meanwhile."""


class OtherText(ReviewError):
    """A verdict from a form of another version."""


class NotComplete(ReviewError):
    """Something that the step needs is missing; the message says what."""


class Unanswered(ReviewError):
    """A round with comments that nobody answered cannot be closed."""


class TooEarly(ReviewError):
    """Reviews are still to come."""


class OwnWork(ReviewError):
    """Whoever wrote in a version neither reviews it nor decides about its badge."""


# ── Preparing ────────────────────────────────────────────────────────────────────────────────


def current_policy():
    """Return the QuorumPolicy that new rounds are opened with."""
    return QuorumPolicy.objects.first()


@transaction.atomic
def prepare(version, *, profiles, answer_by, review_by, by, at=None):
    """Return a new round on a sealed version, with a free seat for each of `profiles`.

    Raises InReview, naming whose round it is, and NotComplete for a draft or without seats.
    """
    at = at or timezone.now()
    _conducts(version, by)
    if version.is_draft:
        raise NotComplete(_("Seal the draft first: experts read what cannot change any more."))
    if not profiles:
        raise NotComplete(_("A panel needs seats."))
    if review_by < answer_by:
        raise NotComplete(_("Reviews cannot be due before the invitations are."))
    rounds = ReviewRound.objects.filter(agreement=version.agreement_id)
    try:
        with transaction.atomic():
            number = (rounds.aggregate(last=Max("number"))["last"] or 0) + 1
            round_ = ReviewRound.objects.create(
                agreement_id=version.agreement_id,
                version=version,
                number=number,
                policy=current_policy(),
                answer_by=answer_by,
                review_by=review_by,
                prepared_by=by,
                prepared_at=at,
            )
    except IntegrityError as error:
        raise InReview(_told_whose(rounds)) from error
    for profile in profiles:
        Seat.objects.create(round=round_, profile=profile)
    note(round_, RoundAction.PREPARED, by=by, at=at)
    return round_


def _told_whose(rounds):
    other = rounds.unfinished().select_related("prepared_by").first()
    if other is None:
        return _("Somebody else was quicker. Please look again.")
    return _("%(person)s already prepared round %(number)d of this agreement.") % {
        "person": other.prepared_by,
        "number": other.number,
    }


@transaction.atomic
def choose(seat, expert, *, by, at=None):
    """Put an expert on a free seat, before the opening or where somebody left it; no letter yet.

    Raises RoundOver after the release, OwnWork for who wrote in the version or conducts rounds,
    NotComplete where the seat or the expert is taken, or the seat is of another field.
    """
    round_ = _enter(seat.round, Phase.PREPARING, Phase.INDEPENDENT)
    if expert.erased_at:
        raise NotComplete(_("This expert is not with us any more."))
    if seat.profile not in expert.fields:
        raise NotComplete(_("This seat is for another field."))
    _check_stranger(expert, round_.version)
    try:
        with transaction.atomic():
            assignment = _seated(round_, seat, expert)
    except IntegrityError as error:
        raise NotComplete(_("This seat is taken, or this expert is asked already.")) from error
    note(round_, RoundAction.SEATED, by=by, at=at, member=assignment)
    return assignment


def _seated(round_, seat, expert):
    """Return the assignment of an expert to a seat: a new one, or theirs of before they accepted.

    Raises IntegrityError where seat or expert is taken.
    """
    states = AssignmentState
    before = Assignment.objects.filter(
        round=round_,
        expert=expert,
        accepted_at=None,
        state__in=(states.CANCELLED, states.DECLINED, states.EXPIRED),
    )
    if before.update(seat=seat, state=states.CHOSEN, ended_at=None):
        return Assignment.objects.get(round=round_, expert=expert)
    used = set(round_.assignments.values_list("alias", flat=True))
    alias = _lots.choice([each for each in ALIASES if each not in used])
    return Assignment.objects.create(round=round_, seat=seat, expert=expert, alias=alias)


@transaction.atomic
def open_round(round_, *, by, at=None):
    """Freeze policy and seats, and invite everybody who was chosen.

    Raises NotComplete while a seat is free, RoundOver where the round was opened meanwhile.
    """
    at = at or timezone.now()
    _conducts(_enter(round_, Phase.PREPARING).version, by)
    if not round_.seats.exists():
        raise NotComplete(_("A panel needs seats."))
    if round_.seats.exclude(assignments__state__in=LIVE_STATES).exists():
        raise NotComplete(_("Choose an expert for every seat, or take the seat away."))
    round_.refresh_from_db()
    if timezone.localdate(at) > round_.answer_by:
        raise NotComplete(_("The day by which invitations are answered is over. Choose a later."))
    _move(round_, Phase.PREPARING, Phase.INDEPENDENT, opened_at=at, policy=current_policy())
    note(round_, RoundAction.OPENED, by=by, at=at)
    for assignment in round_.assignments.filter(state=AssignmentState.CHOSEN):
        _invite(assignment, round_.answer_by, by=by, at=at)
    return round_


@transaction.atomic
def invite(assignment, *, by, at=None):
    """Invite an expert into an open round, again after a refusal or no answer.

    Raises RoundOver after the release, NotComplete where the seat went to somebody else.
    """
    at = at or timezone.now()
    round_ = _enter(assignment.round, Phase.INDEPENDENT)
    if assignment.expert.erased_at:
        raise NotComplete(_("This expert is not with us any more."))
    today = timezone.localdate(at)
    if today > round_.review_by:
        raise NotComplete(_("Reviews were due already. Put the day off first."))
    day = max(round_.answer_by, today + datetime.timedelta(days=ANSWER_DAYS))
    try:
        with transaction.atomic():
            _invite(assignment, min(day, round_.review_by), by=by, at=at)
    except IntegrityError as error:
        raise NotComplete(_("This seat is taken, or this expert is asked already.")) from error


def _invite(assignment, answer_by, *, by, at):
    states = AssignmentState
    asked = Assignment.objects.filter(
        pk=assignment.pk, state__in=(states.CHOSEN, states.DECLINED, states.EXPIRED)
    )
    if not asked.update(
        state=states.INVITED,
        invitations=F("invitations") + 1,
        invited_at=at,
        ended_at=None,
        answer_by=answer_by,
    ):
        raise AlreadyAnswered(_("This expert is invited already."))
    assignment.refresh_from_db()
    note(assignment.round, RoundAction.INVITED, by=by, at=at, member=assignment)
    outbox.put(Rule.INVITATION, assignment, assignment.invitations, at=at)


# ── The expert answers ───────────────────────────────────────────────────────────────────────


@transaction.atomic
def accept(assignment, *, conflict="", at=None):
    """Accept an invitation. Raises AlreadyAnswered, or RoundOver where the round moved on."""
    at = at or timezone.now()
    round_ = _enter(assignment.round, Phase.INDEPENDENT)
    _check_stranger(assignment.expert, round_.version)
    invited = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.INVITED)
    if not invited.update(
        state=AssignmentState.ACCEPTED, accepted_at=at, conflict=conflict.strip()
    ):
        raise AlreadyAnswered(_("This invitation was answered already, or it has ended."))
    assignment.refresh_from_db()
    note(round_, RoundAction.ACCEPTED, member=assignment, at=at)


@transaction.atomic
def decline(assignment, *, reason="", suggests="", at=None):
    """Decline an invitation. Raises AlreadyAnswered."""
    at = at or timezone.now()
    invited = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.INVITED)
    if not invited.update(
        state=AssignmentState.DECLINED,
        ended_at=at,
        reason=reason.strip(),
        suggests=suggests.strip(),
    ):
        raise AlreadyAnswered(_("This invitation was answered already, or it has ended."))
    assignment.refresh_from_db()
    _end(assignment, at)
    note(assignment.round, RoundAction.DECLINED, member=assignment, at=at)


@transaction.atomic
def leave(assignment, *, reason="", by=None, at=None):
    """Take an expert off the panel: by a colleague (`by`), or of their own will.

    What they said stays on record and counts no more. Raises AlreadyAnswered where they were off.
    """
    at = at or timezone.now()
    round_ = _enter(assignment.round, Phase.PREPARING, *OPEN_PHASES)
    assignment.refresh_from_db(fields=["accepted_at"])  # accepted since the page was opened?
    states = AssignmentState
    ends = {states.ACCEPTED: states.WITHDRAWN, states.SUBMITTED: states.WITHDRAWN}
    if by is not None:
        if assignment.accepted_at and not reason.strip():
            raise NotComplete(_("Say why this expert leaves the panel."))
        if round_.released_at and assignment.submitted_at:
            # Else whoever disagrees could be taken off until the rest agree.
            raise NotComplete(_("After the release only experts themselves leave the panel."))
        ends |= {states.CHOSEN: states.CANCELLED, states.INVITED: states.CANCELLED}
    for state, end in ends.items():
        mine = Assignment.objects.filter(pk=assignment.pk, state=state)
        if mine.update(state=end, ended_at=at, reason=reason.strip()):
            break
    else:
        raise AlreadyAnswered(_("This expert is not on the panel any more."))
    assignment.refresh_from_db()
    _end(assignment, at)
    note(round_, RoundAction.REMOVED, by=by, member=assignment, at=at)


def expire_unanswered(*, at=None):
    """End the invitations that nobody answered in time; return how many."""
    at = at or timezone.now()
    today = timezone.localdate(at)
    expired = 0
    late = Assignment.objects.filter(
        state=AssignmentState.INVITED, answer_by__lt=today - outbox.GRACE
    )
    for assignment in late.select_related("round"):
        with transaction.atomic():
            mine = Assignment.objects.filter(
                pk=assignment.pk, state=AssignmentState.INVITED, answer_by=assignment.answer_by
            )
            if mine.update(state=AssignmentState.EXPIRED, ended_at=at):
                _end(assignment, at)
                note(assignment.round, RoundAction.EXPIRED, member=assignment, at=at)
                expired += 1
    return expired


# ── Reading and commenting ───────────────────────────────────────────────────────────────────


def paragraphs_of(version, place, language):
    """Return the blocks of a text in their markup, [] where the version has no such text."""
    segment = everything_of(version).get(place)
    if segment is None or not segment.trilingual or language not in STORED:
        return []
    text = segment.value(language)
    if not segment.is_rich:
        return [text] if text else []
    return markup.normalise(text).split("\n\n") if text else []


@transaction.atomic
def save_comment(assignment, *, key=None, version=None, at=None, **said):
    """Save a draft of a comment, new or under its key, and return it; nothing else changes.

    `said`: place, paragraph, language for a new one; quote, kind, is_blocking, text, suggestion.
    Raises RoundOver, NotComplete where the paragraph does not exist, or the comment was sent.
    """
    at = at or timezone.now()
    round_ = _enter_as(assignment)
    if key is not None:
        mine = Comment.objects.filter(assignment=assignment, key=key, sent_at=None)
        fields = {name: value for name, value in said.items() if name in _EDITABLE}
        if not mine.update(saved_at=at, **fields):
            raise NotComplete(_("This comment was sent already."))
        return Comment.objects.get(key=key)
    paragraphs = paragraphs_of(round_.version, said["place"], said["language"])
    if not 0 <= said["paragraph"] < len(paragraphs):
        raise NotComplete(_("There is no such paragraph in this version."))
    return Comment.objects.create(
        assignment=assignment,
        version=round_.version,
        before=paragraphs[said["paragraph"]],
        saved_at=at,
        **said,
    )


_EDITABLE = ("quote", "kind", "is_blocking", "text", "suggestion")


@transaction.atomic
def send_comment(comment, *, at=None):
    """Make a draft a comment that stays. Raises NotComplete where it says nothing."""
    at = at or timezone.now()
    _enter_as(comment.assignment)
    comment.refresh_from_db()
    suggests = comment.suggestion.strip() and comment.suggestion != comment.before
    if not comment.text.strip() and not suggests:
        raise NotComplete(_("Write a comment or suggest a wording."))
    draft = Comment.objects.filter(pk=comment.pk, sent_at=None)
    if not draft.update(sent_at=at, suggestion=comment.suggestion if suggests else ""):
        raise NotComplete(_("This comment was sent already."))
    comment.refresh_from_db()
    return comment


@transaction.atomic
def take_back(comment, *, at=None):
    """Take a sent comment back, before the editors answered it and while no objection rests on it.

    A draft is dropped. Raises NotComplete otherwise.
    """
    at = at or timezone.now()
    _enter_as(comment.assignment)
    if Comment.objects.filter(pk=comment.pk, sent_at=None).delete()[0]:
        return
    resting = Verdict.objects.filter(comment=comment).exists()
    if comment.responses.exists() or comment.replies.exists() or resting:
        raise NotComplete(_("This comment cannot be taken back: others answered it."))
    sent = Comment.objects.filter(pk=comment.pk, taken_back_at=None)
    if not sent.update(taken_back_at=at):
        raise NotComplete(_("This comment was taken back already."))


def save_notes(assignment, text, *, at=None):
    """Keep an expert's own notes."""
    Notes.objects.update_or_create(
        assignment=assignment, defaults={"text": text, "saved_at": at or timezone.now()}
    )


@transaction.atomic
def end_links(assignment, *, by=None, at=None):
    """End every link and session of an assignment: by the expert, or by a colleague (`by`)."""
    at = at or timezone.now()
    if links.revoke(assignment, at=at):
        note(assignment.round, RoundAction.LINKS_ENDED, by=by, member=assignment, at=at)


@transaction.atomic
def note_new_address(assignment, *, by, at=None):
    """Keep in the history that letters of an expert on a panel go elsewhere, and end the links.

    Whoever could change an address unseen could sit on every panel.
    """
    at = at or timezone.now()
    links.revoke(assignment, at=at)
    note(assignment.round, RoundAction.ADDRESS, by=by, member=assignment, at=at)


@transaction.atomic
def decide_name(assignment, *, named, at=None):
    """Keep whether an expert wants to be named in public as a member of this panel."""
    at = at or timezone.now()
    mine = Assignment.objects.filter(pk=assignment.pk, named_at__isnull=named)
    if mine.update(named_at=at if named else None):
        note(assignment.round, RoundAction.NAMED, member=assignment, at=at)


# ── The verdict ──────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def give_verdict(
    assignment, judgement, *, substance, at=None, reason="", comment=None, would_lift="", **scores
):
    """Add a verdict, the first or a revised one, and return it.

    `substance` is the hash of the text that the form showed. Raises RoundOver, OtherText where the
    form was of another version, NotComplete where the verdict lacks what its kind needs.
    """
    at = at or timezone.now()
    round_ = _enter_as(assignment)
    _check_stranger(assignment.expert, round_.version)
    judgement = Judgement(judgement)
    if substance != round_.version.substance_hash:
        raise OtherText(
            _("This form was of another version. Nothing was sent; please read this one first.")
        )
    if comment is not None:  # as it is now: perhaps taken back since the form was opened
        comment = Comment.objects.filter(pk=comment.pk).first()
    _check_verdict(assignment, judgement, reason, comment, would_lift)
    number = (assignment.verdicts.aggregate(last=Max("number"))["last"] or 0) + 1
    first = number == 1
    if not first and round_.phase == Phase.INDEPENDENT:
        raise NotComplete(_("Your review is in. You can revise it once the comments are released."))
    if first:
        Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.ACCEPTED).update(
            state=AssignmentState.SUBMITTED, submitted_at=at
        )
        assignment.refresh_from_db()
    if judgement in NOT_COUNTED:
        scores = {}
    verdict = Verdict.objects.create(
        assignment=assignment,
        number=number,
        judgement=judgement,
        reason=reason.strip(),
        comment=comment if judgement == Judgement.OBJECT else None,
        would_lift=would_lift.strip() if judgement == Judgement.OBJECT else "",
        substance_hash=substance,
        given_at=at,
        is_late=first and round_.phase == Phase.DISCUSSION,
        **scores,
    )
    action = RoundAction.SUBMITTED if first else RoundAction.REVISED
    note(round_, action, member=assignment, at=at)
    return verdict


def _check_verdict(assignment, judgement, reason, comment, would_lift):
    if judgement == Judgement.NOT_CONVINCED and not reason.strip():
        raise NotComplete(_("Say why you are not convinced."))
    if judgement == Judgement.OBJECT:
        if comment is None or comment.assignment_id != assignment.pk or not comment.sent_at:
            raise NotComplete(_("An objection rests on one of your comments. Choose it."))
        if comment.taken_back_at:
            raise NotComplete(_("You took this comment back. Choose another one."))
        if not would_lift.strip():
            raise NotComplete(_("Say what would lift your objection."))


@transaction.atomic
def lift(verdict, *, assignment, version, at=None):
    """Lift one's own objection of a round that is over, on the text of a newer version.

    `assignment` is whose word this is. Raises NotComplete where the objection is somebody else's,
    or lifted already, and while its round is open: there its author revises the verdict.
    """
    at = at or timezone.now()
    if verdict.assignment.expert_id != assignment.expert_id:
        raise NotComplete(_("Only its author lifts an objection."))
    round_ = ReviewRound.objects.get(pk=verdict.assignment.round_id)
    if round_.phase != Phase.CLOSED:
        raise NotComplete(_("While the round is open, revise your verdict instead."))
    if verdict.judgement != Judgement.OBJECT or Lifting.objects.filter(verdict=verdict).exists():
        raise NotComplete(_("This objection is lifted already."))
    try:
        with transaction.atomic():
            lifting = Lifting.objects.create(verdict=verdict, version=version, lifted_at=at)
    except IntegrityError as error:
        raise NotComplete(_("This objection is lifted already.")) from error
    note(round_, RoundAction.LIFTED, member=assignment, at=at)
    return lifting


# ── Discussion ───────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def release(round_, *, discuss_by, by, at=None):
    """Let the panel and the editors read what was said. Never taken back.

    Raises TooEarly while reviews may still come, RoundOver where it happened meanwhile.
    """
    at = at or timezone.now()
    today = timezone.localdate(at)
    round_ = _enter(round_, Phase.INDEPENDENT)
    _conducts(round_.version, by)
    if not panels.may_release(round_, today):
        raise TooEarly(
            _("Not all reviews are in, and it is too early, or too few are in, to go on without.")
        )
    if discuss_by < today + datetime.timedelta(days=DISCUSSION_DAYS):
        raise NotComplete(
            _("A discussion lasts at least %(count)d days.") % {"count": DISCUSSION_DAYS}
        )
    _move(round_, Phase.INDEPENDENT, Phase.DISCUSSION, released_at=at, discuss_by=discuss_by)
    for invited in round_.assignments.filter(state=AssignmentState.INVITED):
        Assignment.objects.filter(pk=invited.pk, state=AssignmentState.INVITED).update(
            state=AssignmentState.CANCELLED, ended_at=at
        )
        _end(invited, at)
    note(round_, RoundAction.RELEASED, by=by, at=at)
    for member in round_.assignments.filter(state=AssignmentState.SUBMITTED):
        outbox.put(Rule.RELEASED, member, at=at)
    return round_


@transaction.atomic
def reply(comment, text, *, member=None, by=None, at=None):
    """Add to the discussion of a comment, as a member of the panel or as a colleague (`by`).

    Raises RoundOver outside the discussion, AlreadyAnswered for who is not on this panel or has no
    review in, NotComplete for a comment that is not released.
    """
    at = at or timezone.now()
    round_ = _enter(comment.assignment.round, Phase.DISCUSSION)
    if not text.strip():
        raise NotComplete(_("There is nothing in it yet."))
    panel = round_.assignments.filter(state=AssignmentState.SUBMITTED)
    if member is not None and not panel.filter(pk=member.pk).exists():
        raise AlreadyAnswered(_("You are not on this panel any more."))
    if not Comment.objects.released().filter(pk=comment.pk).exists():
        raise NotComplete(_("This comment was taken back already."))
    return Reply.objects.create(
        comment=comment, member=member, colleague=by, text=text.strip(), at=at
    )


@transaction.atomic
def respond(comment, decision, *, reason="", by, at=None):
    """Add an editor's answer to a comment and return it; the newest holds.

    Raises RoundOver outside the discussion, NotComplete for a refusal without a reason.
    """
    at = at or timezone.now()
    round_ = _enter(comment.assignment.round, Phase.DISCUSSION)
    if comment.is_blocking and decision == Decision.NOTED:
        raise NotComplete(_("This must be settled: accept it, or say why not."))
    if decision == Decision.REJECTED and not reason.strip():
        raise NotComplete(_("Say why the comment is not accepted."))
    if not Comment.objects.released().filter(pk=comment.pk).exists():
        raise NotComplete(_("This comment was taken back already."))
    answer = Response.objects.create(
        comment=comment, decision=decision, reason=reason.strip(), by=by, at=at
    )
    note(round_, RoundAction.ANSWERED, by=by, at=at, detail=comment.key)
    return answer


@transaction.atomic
def extend(round_, *, by, at=None, answer_by=None, review_by=None, discuss_by=None):
    """Put due dates off (before the opening: choose others), and the end of links with them.

    Raises NotComplete for a day that is over, or earlier than what experts were told.
    """
    at = at or timezone.now()
    round_ = _enter(round_, Phase.PREPARING, *OPEN_PHASES)
    today = timezone.localdate(at)
    wanted = {"answer_by": answer_by, "review_by": review_by, "discuss_by": discuss_by}
    changed = {name: day for name, day in wanted.items() if day and day != getattr(round_, name)}
    if any(day < today for day in changed.values()):
        raise NotComplete(_("This day is over. Choose one to come."))
    if "discuss_by" in changed and round_.phase != Phase.DISCUSSION:
        raise NotComplete(_("There is no discussion yet."))
    if round_.opened_at and any(day < getattr(round_, name) for name, day in changed.items()):
        raise NotComplete(_("A day that experts were told can only be put off."))
    if (review_by or round_.review_by) < (answer_by or round_.answer_by):
        raise NotComplete(_("Reviews cannot be due before the invitations are."))
    if not changed:
        return round_
    ReviewRound.objects.filter(pk=round_.pk).update(**changed)
    if answer_by:
        round_.assignments.filter(state=AssignmentState.INVITED, answer_by__lt=answer_by).update(
            answer_by=answer_by
        )
    round_.refresh_from_db()
    links.put_off(round_)
    days = ", ".join(f"{name} {day}" for name, day in changed.items())
    note(round_, RoundAction.EXTENDED, by=by, at=at, detail=days)
    return round_


# ── The end of a round ───────────────────────────────────────────────────────────────────────


@transaction.atomic
def close(round_, *, by, at=None):
    """Ask the quorum and close the round: passed, or not passed. Returns the round.

    Raises RoundOver outside the discussion, TooEarly before its last day, Unanswered while a
    comment has no answer.
    """
    at = at or timezone.now()
    round_ = _enter(round_, Phase.DISCUSSION)
    _conducts(round_.version, by)
    if timezone.localdate(at) < round_.discuss_by:
        raise TooEarly(_("The discussion is not over yet: experts may still change their minds."))
    waiting = panels.unanswered_comments(round_).count()
    if waiting:
        raise Unanswered(_("Answer every comment first: %(count)d wait.") % {"count": waiting})
    found = panels.report(round_, reader=by, at=at)
    outcome = Outcome.PASSED if found.passed else Outcome.NOT_PASSED
    _finish(round_, outcome, by=by, at=at, report=panels.public_report(found, round_))
    for member in round_.assignments.filter(state=AssignmentState.SUBMITTED):
        outbox.put(Rule.OUTCOME, member, at=at)
    return round_


@transaction.atomic
def cancel(round_, *, by, reason="", superseded=False, at=None):
    """Close a round without a result: cancelled, or superseded by a newer version.

    Raises RoundOver where it is closed (or superseded before it was opened), NotComplete where
    there is no newer version, Unanswered where a released comment has no answer.
    """
    at = at or timezone.now()
    prepared = () if superseded else (Phase.PREPARING,)  # what nobody read is only cancelled
    round_ = _enter(round_, *prepared, *OPEN_PHASES)
    _conducts(round_.version, by)
    if round_.released_at and panels.unanswered_comments(round_).exists():
        raise Unanswered(_("Answer every comment first."))
    if superseded:
        newer = round_.agreement.versions.sealed().filter(number__gt=round_.version.number)
        if not newer.exists():
            raise NotComplete(_("There is no newer sealed version."))
    outcome = Outcome.SUPERSEDED if superseded else Outcome.CANCELLED
    _finish(round_, outcome, by=by, at=at, detail=reason)
    for member in round_.assignments.on_panel():
        outbox.put(Rule.OUTCOME, member, at=at)
    return round_


def _finish(round_, outcome, *, by, at, report=None, detail=""):
    _move(round_, round_.phase, Phase.CLOSED, outcome=outcome, closed_at=at, report=report)
    states = AssignmentState
    round_.assignments.filter(state__in=(states.CHOSEN, states.INVITED)).update(
        state=states.CANCELLED, ended_at=at
    )
    if report is not None:  # whoever never answered is not on the panel any more
        silent = list(round_.assignments.filter(state=states.ACCEPTED))
        round_.assignments.filter(state=states.ACCEPTED).update(state=states.EXPIRED, ended_at=at)
        for member in silent:
            _end(member, at)
    else:  # nobody will ask for the balance of this panel
        perspectives.erase_of(round_)
    stopped = outcome == Outcome.CANCELLED
    note(
        round_,
        RoundAction.CANCELLED if stopped else RoundAction.CLOSED,
        by=by,
        at=at,
        detail=detail or outcome,
    )


@transaction.atomic
def dissent(round_, *, texts, by, at=None):
    """Decide that a version whose round did not pass may be published *reviewed with dissent*.

    `texts` is {language: the dissent, for readers}. Raises OwnWork, NotComplete.
    """
    at = at or timezone.now()
    if round_.outcome != Outcome.NOT_PASSED:
        raise NotComplete(_("Only a round that did not pass leaves a dissent."))
    _check_words(round_, texts, by)
    try:
        with transaction.atomic():
            made = Dissent.objects.create(
                round=round_,
                decided_by=by,
                decided_at=at,
                **{f"text_{language}": texts[language].strip() for language in STORED},
            )
    except IntegrityError as error:
        raise NotComplete(_("Somebody else decided this already.")) from error
    note(round_, RoundAction.OVERRIDDEN, by=by, at=at)
    return made


@transaction.atomic
def withdraw_badge(round_, *, reasons, by, at=None):
    """End the badge that a round gave, at once. `reasons` is {language: public reason}.

    Raises OwnWork, NotComplete.
    """
    at = at or timezone.now()
    if round_.outcome != Outcome.PASSED:
        raise NotComplete(_("This round gave no badge."))
    _check_words(round_, reasons, by)
    try:
        with transaction.atomic():
            ended = BadgeWithdrawal.objects.create(
                round=round_,
                withdrawn_by=by,
                withdrawn_at=at,
                **{f"reason_{language}": reasons[language].strip() for language in STORED},
            )
    except IntegrityError as error:
        raise NotComplete(_("The badge is withdrawn already.")) from error
    note(round_, RoundAction.BADGE_WITHDRAWN, by=by, at=at)
    return ended


def _check_words(round_, words, by):
    if by.pk in publishing.authors_of(round_.version):
        raise OwnWork(_("You prepared or wrote part of this version; somebody else decides."))
    if not all(words.get(language, "").strip() for language in STORED):
        raise NotComplete(_("Readers need the reason in all three languages."))


@transaction.atomic
def raise_alarm(assignment, text, *, at=None):
    """Tell the editors at once that something on the live page is wrong; return the Alarm.

    Raises NotComplete where nothing is said or nothing of the agreement is public.
    """
    at = at or timezone.now()
    public = assignment.round.agreement.published
    if public is None:
        raise NotComplete(_("Nothing of this agreement is public."))
    if not text.strip():
        raise NotComplete(_("Say what is wrong."))
    alarm = Alarm.objects.create(
        version=public, assignment=assignment, text=text.strip(), raised_at=at
    )
    outbox.put_alarm(alarm, at=at)
    return alarm


@transaction.atomic
def settle_alarm(alarm, *, by, at=None):
    """Say that an alarm was looked at. Raises NotComplete where somebody did already."""
    mine = Alarm.objects.filter(pk=alarm.pk, settled_at=None)
    if not mine.update(settled_by=by, settled_at=at or timezone.now()):
        raise NotComplete(_("Somebody else looked at it already."))


# ── Accepting a suggestion ───────────────────────────────────────────────────────────────────


class TextMoved(ReviewError):
    """The draft has not the paragraph any more that a suggestion was made for.

    `now` is the text that stands at its place, '' where the place is gone.
    """

    def __init__(self, now):
        self.now = now
        super().__init__(
            _("The draft has another text there by now. Compare the three and decide yourself.")
        )


@transaction.atomic
def accept_suggestion(comment, *, by, at=None, decision=Decision.ACCEPTED, reason=""):
    """Put a suggested wording into the draft, and answer the comment; return the Response.

    Only where the draft still has exactly the paragraph it was made for, once, at its place;
    else raises TextMoved, and nothing is changed. Raises also drafting.EditConflict and RoundOver.
    """
    at = at or timezone.now()
    agreement = comment.version.agreement
    if not comment.suggestion:
        raise NotComplete(_("This comment suggests no wording."))
    target = drafting.text_to_write(agreement)
    segment = everything_of(target).get(comment.place)
    text = segment.value(comment.language) if segment else ""
    paragraphs = paragraphs_of(target, comment.place, comment.language)
    if paragraphs.count(comment.before) != 1:
        raise TextMoved(text)
    paragraphs[paragraphs.index(comment.before)] = comment.suggestion
    # The expert had the source text of the version before them; it may have moved on since.
    source = everything_of(comment.version)[comment.place].value(target.source_language)
    change = drafting.Change(
        comment.place,
        comment.language,
        was=drafting.seen(text),
        text="\n\n".join(paragraphs),
        made_from=drafting.seen(source),
    )
    drafting.save(agreement, [change], by=by, at=at)
    note(comment.assignment.round, RoundAction.APPLIED, by=by, at=at, detail=comment.key)
    return respond(comment, decision, reason=reason, by=by, at=at)


# ── What all of them share ───────────────────────────────────────────────────────────────────


def _enter(round_, *phases):
    """Raise the revision of a round that is in one of the phases, and return it as it is now.

    The WHERE clause is the lock: until this transaction ends, nobody closes or releases the round.
    """
    if not ReviewRound.objects.filter(pk=round_.pk, phase__in=phases).update(
        revision=F("revision") + 1
    ):
        raise RoundOver(_over(ReviewRound.objects.filter(pk=round_.pk).first()))
    return ReviewRound.objects.select_related("version__agreement", "policy", "agreement").get(
        pk=round_.pk
    )


def _over(round_):
    if round_ is None or round_.phase == Phase.CLOSED:
        return _("This round is closed. Nothing was changed.")
    return _("This step is not open in the phase of the round: %(phase)s.") % {
        "phase": round_.get_phase_display()
    }


def _enter_as(assignment):
    """Enter an open round as a member of its panel. Raises RoundOver, AlreadyAnswered."""
    round_ = _enter(assignment.round, *OPEN_PHASES)
    on_panel = Assignment.objects.filter(pk=assignment.pk, state__in=READING_STATES)
    if not on_panel.exists():
        raise AlreadyAnswered(_("You are not on this panel any more."))
    return round_


def _move(round_, before, after, **columns):
    """Take a round from one phase to another; of two who want to, one does."""
    if not ReviewRound.objects.filter(pk=round_.pk, phase=before).update(
        phase=after, revision=F("revision") + 1, **columns
    ):
        raise RoundOver(_over(ReviewRound.objects.filter(pk=round_.pk).first()))
    round_.refresh_from_db()


def _end(assignment, at):
    """End what an assignment opened: its links, and the answer about a community with it."""
    AccessLink.objects.filter(assignment=assignment, revoked_at=None).update(revoked_at=at)
    perspectives.erase(assignment)


def _conducts(version, by):
    """Raise OwnWork where a colleague wrote in the version whose round they would conduct."""
    if by.pk in publishing.authors_of(version):
        raise OwnWork(_("You prepared or wrote part of this version; somebody else conducts."))


def _check_stranger(expert, version):
    """Raise OwnWork for an expert who wrote in the version, or who conducts rounds.

    A colleague is known by the account the expert is linked to, and by the e-mail.
    """
    people = get_user_model().objects.filter(
        Q(pk=expert.user_id) | Q(email__iexact=expert.email) & ~Q(email="")
    )
    ids = set(people.values_list("pk", flat=True))
    if ids & publishing.authors_of(version):
        raise OwnWork(_("Whoever wrote in this version cannot review it."))
    if ids and rights.holders(rights.CONDUCT).filter(pk__in=ids).exists():
        raise OwnWork(_("Whoever conducts rounds cannot sit on a panel."))


def note(round_, action, *, at=None, by=None, member=None, detail=""):
    """Add the row of a change of state; call it inside the transaction that makes the change."""
    RoundEvent.objects.create(
        round=round_,
        action=action,
        actor=by,
        member=member,
        at=at or timezone.now(),
        detail=detail,
    )
