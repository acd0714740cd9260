"""Letters: what is due is put into the outbox once, and what is in the outbox leaves once.

The planner asks "due by now, and nothing put in for this key", so that a day on which it did not
run is caught up; of several that are due for one expert only the newest goes in. The sender asks
again whether a letter is still true, claims it by a conditional UPDATE, sends it and marks it. A
claim without a mark (the machine stopped in between) is shown to the coordinator, never resent by
itself. Days are those of the platform's clock; letters leave from eight in the morning on.
"""

import datetime
from contextlib import suppress
from dataclasses import dataclass

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from . import perspectives
from .models import Assignment, OutboxLetter, Response
from .models.assignment import READING_STATES, AssignmentState
from .models.outbox import Rule
from .models.round import OPEN_PHASES, Phase
from .rights import ANSWER, CONDUCT, holders

MORNING = datetime.time(8)
GRACE = datetime.timedelta(days=3)  # after the day to answer, until an invitation ends
_DAY = datetime.timedelta(days=1)


def put(rule, assignment, part=None, *, at=None):
    """Put a letter to an expert into the outbox, unless one with this key was ever there.

    `part` tells letters of one rule apart: a due date, a count. Returns whether it is new.
    """
    tail = "" if part is None else f":{part}"
    _letter, new = OutboxLetter.objects.get_or_create(
        key=f"{assignment.pk}:{rule}{tail}",
        defaults={"rule": rule, "assignment": assignment, "made_at": at or timezone.now()},
    )
    return new


def put_alarm(alarm, *, at=None):
    """Tell everybody who answers comments or conducts rounds of an alarm."""
    people = {
        person.pk: person for code in (ANSWER, CONDUCT) for person in holders(code) if person.email
    }
    for person in people.values():
        OutboxLetter.objects.get_or_create(
            key=f"alarm:{alarm.pk}:{person.pk}",
            defaults={
                "rule": Rule.ALARM,
                "colleague": person,
                "alarm": alarm,
                "made_at": at or timezone.now(),
            },
        )


def morning(day):
    """Return the moment at which letters of a day may leave, summer time or not."""
    return timezone.make_aware(datetime.datetime.combine(day, MORNING))


# ── Planning ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Due:
    """A letter that the state of an assignment asks for from a moment on."""

    rule: str
    since: datetime.datetime
    part: object


def due(assignment, at):
    """Return the newest Due of an assignment, or None: what its expert should have heard last."""
    found = [each for each in _asked_for(assignment) if each.since <= at]
    newest = max(found, key=lambda each: each.since, default=None)
    if newest is not None and newest.rule in (Rule.ANSWER_SOON, Rule.ANSWER_NOW):
        # Nobody is reminded of an invitation that never left, or left after the reminder's moment.
        invitation = next(each for each in found if each.rule == Rule.INVITATION)
        mine = OutboxLetter.objects.filter(key=_key(assignment, invitation))
        if not mine.filter(claimed_at__lt=newest.since).exists():
            return invitation
    return newest


def _asked_for(assignment):
    round_, state = assignment.round, assignment.state
    if state == AssignmentState.INVITED and round_.phase == Phase.INDEPENDENT:
        yield Due(Rule.INVITATION, assignment.invited_at, assignment.invitations)
        day = assignment.answer_by
        yield Due(Rule.ANSWER_SOON, morning(day - 3 * _DAY), day)
        yield Due(Rule.ANSWER_NOW, morning(day), day)
    elif state == AssignmentState.ACCEPTED and round_.phase in OPEN_PHASES:
        day = round_.review_by
        yield Due(Rule.REVIEW_SOON, morning(day - 7 * _DAY), day)
        yield Due(Rule.REVIEW_LATE, morning(day + 2 * _DAY), day)
    elif state == AssignmentState.SUBMITTED and round_.phase == Phase.DISCUSSION:
        yield Due(Rule.RELEASED, round_.released_at, None)
        day = round_.discuss_by
        yield Due(Rule.CLOSING, morning(day - 3 * _DAY), day)
    elif state in READING_STATES and round_.phase == Phase.CLOSED:
        yield Due(Rule.OUTCOME, round_.closed_at, None)


def plan(*, at=None):
    """Put into the outbox what is due by now; return the number of new letters."""
    at = at or timezone.now()
    recent = at - datetime.timedelta(days=60)
    waiting = (
        Assignment.objects.filter(
            state__in=(AssignmentState.INVITED, *READING_STATES), expert__erased_at=None
        )
        .filter(Q(round__phase__in=OPEN_PHASES) | Q(round__closed_at__gte=recent))
        .select_related("round")
    )
    new = 0
    for assignment in waiting:
        letter = due(assignment, at)
        if letter is not None and not _is_needless(assignment, letter):
            new += put(letter.rule, assignment, letter.part, at=at)
        new += _plan_digest(assignment, at)
    return new


def _is_needless(assignment, letter):
    """Tell whether a reminder is one too many: whoever accepted after its moment needs none, and
    nobody is reminded of one invitation more than twice, however often its day is put off."""
    if letter.rule == Rule.REVIEW_SOON:
        return assignment.accepted_at is not None and assignment.accepted_at >= letter.since
    if letter.rule not in _TO_ANSWER or OutboxLetter.objects.filter(key=_key(assignment, letter)):
        return False
    earlier = assignment.letters.filter(rule__in=_TO_ANSWER, made_at__gte=assignment.invited_at)
    return earlier.count() >= 2


_TO_ANSWER = (Rule.ANSWER_SOON, Rule.ANSWER_NOW)


def _plan_digest(assignment, at):
    """Once a day, tell an expert of new answers to their comments."""
    if assignment.state != AssignmentState.SUBMITTED or assignment.round.phase != Phase.DISCUSSION:
        return 0
    today = timezone.localdate(at)
    if at < morning(today) or not new_answers(assignment, at).exists():
        return 0
    return put(Rule.DIGEST, assignment, today, at=at)


def new_answers(assignment, at):
    """Return the answers to an expert's comments since the last digest that left."""
    letters = assignment.letters.filter(rule=Rule.DIGEST)
    last = letters.aggregate(last=Max("sent_at"))["last"]
    answers = Response.objects.filter(comment__assignment=assignment, at__lte=at)
    return answers.filter(at__gt=last) if last else answers


# ── Sending ──────────────────────────────────────────────────────────────────────────────────


def is_true(letter, at):
    """Tell whether a letter still says what is so: whoever has finished hears nothing more."""
    if letter.rule == Rule.ALARM:
        return letter.alarm.settled_at is None and letter.colleague.is_active
    assignment = letter.assignment
    if assignment.expert.erased_at:
        return False
    if letter.rule == Rule.CARRIED:
        return assignment.state == AssignmentState.SUBMITTED and _can_be_contested(letter, at)
    if letter.rule == Rule.FRESH_LINK:
        # As long as there is something of theirs: the round, a sealed answer, a name in public.
        over = assignment.round.closed_at
        kept = over is None or at < over + perspectives.KEPT_DAYS * _DAY
        return kept and assignment.state in (AssignmentState.INVITED, *READING_STATES)
    if letter.rule == Rule.DIGEST:
        return (
            assignment.state == AssignmentState.SUBMITTED
            and assignment.round.phase == Phase.DISCUSSION
            and new_answers(assignment, at).exists()
        )
    if letter.rule == Rule.REMINDER:
        return (
            assignment.state in (AssignmentState.INVITED, AssignmentState.ACCEPTED)
            and assignment.round.phase in OPEN_PHASES
        )
    newest = due(assignment, at)
    return newest is not None and letter.key == _key(assignment, newest)


def _can_be_contested(letter, at):
    from . import fidelity

    carry = letter.assignment.round.carried_to.get(pk=letter.key.rpartition(":")[2])
    return carry.contested_at is None and at <= fidelity.contest_until(carry)


def _key(assignment, letter):
    tail = "" if letter.part is None else f":{letter.part}"
    return f"{assignment.pk}:{letter.rule}{tail}"


def true_letters(*, at=None):
    """Return the letters that would leave now."""
    at = at or timezone.now()
    return [letter for letter in _whole(OutboxLetter.objects.waiting()) if is_true(letter, at)]


def _whole(letters):
    return letters.select_related(
        "assignment__expert",
        "assignment__seat",
        "assignment__round__version",
        "assignment__round__agreement",
        "colleague__colleague",
        "alarm__version__agreement",
    )


@dataclass
class Sent:
    """What a run of the sender did: letters sent, dropped as no longer true, failed."""

    sent: int = 0
    dropped: int = 0
    failed: int = 0


def send_waiting(*, at=None, connection=None):
    """Send what waits in the outbox, each once, and return a Sent.

    Raises what the mail server raises when it cannot be reached: then nothing was claimed.
    """
    done = Sent()
    waiting = list(OutboxLetter.objects.waiting().values_list("pk", flat=True))
    if not waiting:
        return done
    connection = connection or get_connection()
    try:
        for pk in waiting:
            connection.open()  # anew where the server hung up: what it never saw is not claimed
            _send(pk, at or timezone.now(), connection, done)
    finally:
        _hang_up(connection)
    return done


def _hang_up(connection):
    with suppress(OSError):
        connection.close()


def _send(pk, at, connection, done):
    from . import letters

    mine = OutboxLetter.objects.filter(pk=pk, claimed_at=None, dropped_at=None)
    with transaction.atomic():
        # The WHERE clause is the lock: of two senders, one has the letter.
        if not mine.update(claimed_at=at):
            return
        letter = _whole(OutboxLetter.objects).get(pk=pk)
        if not is_true(letter, at):
            OutboxLetter.objects.filter(pk=pk).update(dropped_at=at, claimed_at=None)
            done.dropped += 1
            return
    try:
        with transaction.atomic():
            message = letters.compose(letter, at=at)
        message.connection = connection
        failure = "" if message.send() else "NoAddress"
    except Exception as error:  # whatever it was: perhaps it left, so it is not sent again
        failure = type(error).__name__[:60]
    if failure:
        OutboxLetter.objects.filter(pk=pk, claimed_at=at).update(failure=failure)
        done.failed += 1
        _hang_up(connection)
        return
    OutboxLetter.objects.filter(pk=pk, claimed_at=at).update(sent_at=at)
    done.sent += 1


@transaction.atomic
def send_again(letter, *, at=None):
    """Let a stuck letter wait once more: a person decided that it did not arrive."""
    stuck = OutboxLetter.objects.stuck(at=at).filter(pk=letter.pk)
    return bool(stuck.update(claimed_at=None, failure=""))
