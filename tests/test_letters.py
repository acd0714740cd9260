"""Letters to experts: which leave on which day, once each, in whose language, and what none tells.

Cases 17 (with real threads), 18 to 21 of docs/expert-review.md, the letters' part of 22, the links
in letters, and logs without them.
"""

import base64
import email
import email.policy
import hashlib
import io
import logging
import re
import smtplib
import socket
import threading
import time
from datetime import date, datetime, timedelta
from datetime import time as clock

import pytest
from django.conf import settings as project_settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, Group
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation

from agreements import publishing
from agreements.models import Colleague
from agreements.roles import make_groups
from dialogue_platform.languages import BY_CODE
from dialogue_platform.logs import WithoutLinks
from dialogue_platform.scripts import has_cyrillic, to_latin
from experts import erasure, fidelity, letters, links, outbox, reviewing
from experts.models import (
    AccessLink,
    Alarm,
    Assignment,
    OutboxLetter,
    ReviewRound,
    RoundEvent,
)
from experts.models.outbox import Rule
from experts.models.round import RoundAction
from tests.conftest import NOON
from tests.panels import (
    closed,
    comment_of,
    judge,
    members,
    opened,
    prepared,
    released,
    sealed_version,
)
from tests.test_badges import next_version
from tests.test_concurrency import at_once

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)
ONE = (("law", ""),)
TWO = (("law", ""), ("policy", ""))
TODAY = date(2026, 5, 4)  # of NOON, which is 14:00 on the platform's clock
CODES = ("sq", "sr-latn", "sr-cyrl", "en")
EXPERT_RULES = [rule for rule in Rule if rule != Rule.ALARM]


@pytest.fixture
def anna(person):
    """The coordinator."""
    return person("anna")


@pytest.fixture
def version(editor):
    return sealed_version(editor)


@pytest.fixture
def now(monkeypatch):
    """Set the clock: now(moment)."""
    return lambda moment: monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def on(day, hour=9, minute=0):
    """Return a moment so many days after the opening, on the platform's clock."""
    return timezone.make_aware(datetime.combine(TODAY + day * DAY, clock(hour, minute)))


def run(at):
    """Do what cron does."""
    reviewing.expire_unanswered(at=at)
    outbox.plan(at=at)
    return outbox.send_waiting(at=at)


def heard(assignment):
    """Return [(rule, day)] of the letters an expert got, days counted from the opening."""
    sent = assignment.letters.exclude(sent_at=None).order_by("sent_at", "pk")
    return [(each.rule, (timezone.localdate(each.sent_at) - TODAY).days) for each in sent]


def invited(version, coordinator, panel=ONE, at=NOON):
    round_ = prepared(version, coordinator, panel, at=at)
    return reviewing.open_round(round_, by=coordinator, at=at)


def secret_in(body):
    return re.search(r"/review/enter/([^/\s]+)/", body)[1]


# ── Which letter on which day ────────────────────────────────────────────────────────────────


def _invited(version, by):
    return members(invited(version, by))[0]


def _accepted(version, by):
    return members(opened(version, by, ONE))[0]


def _submitted(version, by):
    judge(member := _accepted(version, by))
    return member


def _late(version, by):
    """Let one of two accept and say nothing, while the discussion goes on without them."""
    round_ = opened(version, by, TWO)
    first, second = members(round_)
    judge(first)
    ReviewRound.objects.filter(pk=round_.pk).update(
        phase="discussion", released_at=NOON, discuss_by=TODAY + 14 * DAY
    )
    return second


def _chosen(version, by):
    return members(prepared(version, by, ONE))[0]


def _declined(version, by):
    reviewing.decline(member := _invited(version, by), at=NOON)
    return member


def _left(version, by):
    reviewing.leave(member := _accepted(version, by), at=NOON)
    return member


def _left_after_review(version, by):
    reviewing.leave(member := _submitted(version, by), reason="Ill.", by=by, at=NOON)
    return member


def _cancelled(version, by):
    reviewing.leave(member := _invited(version, by), by=by, at=NOON)
    return member


def _erased_while_invited(version, by):
    erasure.erase((member := _invited(version, by)).expert, at=NOON)
    return member


def _erased_after_review(version, by):
    erasure.erase((member := _submitted(version, by)).expert, at=NOON)
    return member


def _released(version, by):
    return members(released(version, by, ("approve",), ONE))[0]


def _closed(version, by):
    return members(closed(version, by, ("approve",), ONE, at=NOON - 14 * DAY))[0]


def _passed(version, by):
    return members(closed(version, by, at=NOON - 14 * DAY))[0]


def _round_cancelled(version, by):
    reviewing.cancel((member := _released(version, by)).round, by=by, at=NOON)
    return member


def _round_cancelled_while_reading(version, by):
    reviewing.cancel((member := _accepted(version, by)).round, by=by, at=NOON)
    return member


def _round_cancelled_while_invited(version, by):
    reviewing.cancel((member := _invited(version, by)).round, by=by, at=NOON)
    return member


SILENCE = []


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (_chosen, SILENCE),
        (_invited, [("invitation", 0), ("answer-soon", 4), ("answer-now", 7)]),
        (_accepted, [("review-soon", 14), ("review-late", 23)]),
        (_submitted, SILENCE),
        (_late, [("review-soon", 14), ("review-late", 23)]),
        (_released, [("released", 0), ("closing", 11)]),
        (_closed, [("outcome", 0)]),
        (_passed, [("outcome", 0)]),
        (_declined, SILENCE),
        (_left, SILENCE),
        (_left_after_review, SILENCE),
        (_cancelled, SILENCE),
        (_erased_while_invited, SILENCE),
        (_erased_after_review, SILENCE),
        (_round_cancelled, [("outcome", 0)]),
        (_round_cancelled_while_reading, [("outcome", 0)]),
        (_round_cancelled_while_invited, SILENCE),
    ],
)
def test_each_day_has_its_letter_or_silence(version, anna, mailoutbox, state, expected):
    """Cron runs every day for five weeks; days are counted from the opening."""
    member = state(version, anna)
    run(NOON + MINUTE)
    for day in range(1, 36):
        run(on(day))
    assert heard(member) == expected
    address = member.expert.email
    assert len([each for each in mailoutbox if each.to == [address]]) == len(expected)


def test_an_expert_who_is_erased_during_the_discussion_hears_nothing_any_more(version, anna):
    """Neither the letter that waits nor any that would have followed."""
    member = _released(version, anna)
    assert OutboxLetter.objects.waiting().filter(rule=Rule.RELEASED).exists()
    erasure.erase(member.expert, at=NOON)
    for day in range(1, 15):
        run(on(day))
    assert heard(member) == SILENCE
    assert not member.letters.filter(rule=Rule.CLOSING).exists()
    assert not OutboxLetter.objects.stuck().exists()


def test_no_letter_leaves_before_eight_in_the_morning(version, anna):
    member = _accepted(version, anna)
    assert run(on(14, 8) - INSTANT).sent == 0
    assert run(on(14, 8)).sent == 1
    assert heard(member) == [("review-soon", 14)]


def test_who_does_not_answer_is_told_twice_and_then_not_asked_any_more(version, anna):
    member = _invited(version, anna)
    for day in range(11):
        run(on(day, 15))
    member.refresh_from_db()
    assert member.state == "invited"  # three days of grace after the last one
    run(on(11))
    member.refresh_from_db()
    assert member.state == "expired"
    reviewing.invite(member, by=anna, at=on(12, 10))
    run(on(12, 11))
    assert heard(member)[-1] == ("invitation", 12)


def test_a_second_invitation_is_a_letter_of_its_own(version, anna):
    member = _declined(version, anna)
    reviewing.invite(member, by=anna, at=on(1))
    reviewing.decline(member, at=on(2))
    reviewing.invite(member, by=anna, at=on(3))
    run(on(3, 10))
    assert heard(member) == [("invitation", 3)]
    assert [letter.key.rpartition(":")[2] for letter in member.letters.all()] == ["1", "2", "3"]


def test_a_later_due_date_gives_a_new_reminder(version, anna, mailoutbox):
    member = _accepted(version, anna)
    for day in range(1, 16):
        run(on(day))
    reviewing.extend(member.round, by=anna, at=on(15, 10), review_by=TODAY + 35 * DAY)
    for day in range(16, 50):
        run(on(day))
    assert heard(member) == [("review-soon", 14), ("review-soon", 28), ("review-late", 37)]
    assert "25 May 2026" in mailoutbox[0].body
    assert "8 June 2026" in mailoutbox[1].body


def test_a_later_day_to_answer_gives_a_new_reminder_and_never_a_third(version, anna):
    member = _invited(version, anna)
    for day in range(6):
        run(on(day, 15))
    reviewing.extend(member.round, by=anna, at=on(5, 16), answer_by=TODAY + 14 * DAY)
    for day in range(6, 16):
        run(on(day))
    assert heard(member) == [
        ("invitation", 0),
        ("answer-soon", 4),
        ("answer-soon", 11),
    ]


def test_however_often_its_day_is_put_off_an_invitation_has_two_reminders(version, anna):
    member = _invited(version, anna)
    for day in range(20):
        run(on(day, 15))
        if day in (5, 8, 11, 14):
            later = TODAY + (day + 5) * DAY
            reviewing.extend(member.round, by=anna, at=on(day, 16), answer_by=later)
    member.refresh_from_db()
    assert (member.state, member.answer_by) == ("invited", TODAY + 19 * DAY)
    assert heard(member) == [("invitation", 0), ("answer-soon", 4), ("answer-soon", 7)]


def test_a_second_invitation_has_reminders_of_its_own(version, anna):
    member = _invited(version, anna)
    for day in range(8):
        run(on(day, 15))
    reviewing.decline(member, at=on(7, 16))
    reviewing.invite(member, by=anna, at=on(7, 17))
    for day in range(7, 15):
        run(on(day, 18))
    rules = ["invitation", "answer-soon", "answer-now"]
    assert heard(member) == list(zip(rules * 2, (0, 4, 7, 7, 11, 14), strict=True))


def test_a_later_end_of_the_discussion_gives_a_new_reminder(version, anna):
    member = _released(version, anna)
    for day in range(12):
        run(on(day, 15))
    reviewing.extend(member.round, by=anna, at=on(12), discuss_by=TODAY + 21 * DAY)
    for day in range(12, 25):
        run(on(day, 15))
    assert heard(member) == [("released", 0), ("closing", 11), ("closing", 18)]


def test_whoever_accepts_when_the_reminders_day_is_over_gets_none(version, anna):
    member = _invited(version, anna)
    reviewing.extend(member.round, by=anna, at=NOON, answer_by=TODAY + 20 * DAY)
    run(on(1))
    reviewing.accept(member, at=on(15))
    for day in range(15, 21):
        run(on(day, 10))
    assert [rule for rule, _day in heard(member)] == ["invitation"]


# ── Once (cases 17 to 20) ────────────────────────────────────────────────────────────────────


def test_cron_runs_five_times_and_one_letter_leaves(version, anna, now, mailoutbox, capsys):
    member = _accepted(version, anna)
    for minutes in range(5):
        now(on(14, 9, minutes))
        call_command("send_mail_outbox")
    assert heard(member) == [("review-soon", 14)]
    assert len(mailoutbox) == 1
    assert capsys.readouterr().out.count("Sent 1 letter(s)") == 1


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        (5, [("answer-soon", 5)]),
        (7, [("answer-now", 7)]),
        (8, [("answer-now", 8)]),
        (10, [("answer-now", 10)]),
    ],
)
def test_after_days_without_cron_one_letter_leaves_of_the_newest_rule(
    version, anna, back, expected
):
    member = _invited(version, anna)
    run(NOON)
    for minutes in range(5):
        run(on(back, 9, minutes))
    assert heard(member) == [("invitation", 0), *expected]


@pytest.mark.parametrize("back", [4, 7, 9])
def test_nobody_is_reminded_of_an_invitation_that_never_left(version, anna, back):
    member = _invited(version, anna)
    for minutes in range(5):
        run(on(back, 9, minutes))
    assert heard(member)[0] == ("invitation", back)
    assert len(heard(member)) == 1


def test_a_letter_that_was_caught_up_does_not_count_days_wrongly(version, anna, mailoutbox):
    """Whatever the day it leaves, it names the day that was meant."""
    member = _accepted(version, anna)
    run(on(17))
    reviewing.extend(member.round, by=anna, at=on(17), review_by=TODAY + 22 * DAY)
    run(on(27))
    assert [rule for rule, _day in heard(member)] == ["review-soon", "review-late"]
    for letter, day in zip(mailoutbox, ("25 May 2026", "26 May 2026"), strict=True):
        assert day in letter.body
        assert not re.search(r"\b(today|tomorrow|two days|in a week|three days)\b", letter.body)


def test_whoever_submitted_a_minute_ago_hears_nothing(version, anna):
    member = _accepted(version, anna)
    judge(member, at=on(14, 8, 59))
    assert run(on(14, 9)).sent == 0


@pytest.mark.parametrize("deed", ["submit", "leave", "erase", "cancel", "extend"])
def test_a_letter_that_waits_and_is_not_true_any_more_is_dropped(version, anna, mailoutbox, deed):
    member = _accepted(version, anna)
    outbox.send_waiting(at=NOON)  # the invitation, which was answered
    outbox.plan(at=on(14))
    {
        "submit": lambda: judge(member, at=on(14)),
        "leave": lambda: reviewing.leave(member, at=on(14)),
        "erase": lambda: erasure.erase(member.expert, at=on(14)),
        "cancel": lambda: reviewing.cancel(member.round, by=anna, at=on(14)),
        "extend": lambda: reviewing.extend(
            member.round, by=anna, at=on(14), review_by=TODAY + 30 * DAY
        ),
    }[deed]()
    done = outbox.send_waiting(at=on(14, 9, 1))
    told = ["The review is over: Agreement"] if deed == "cancel" else []
    assert [each.subject for each in mailoutbox] == told
    assert (done.sent, done.dropped, done.failed) == (len(told), 1, 0)
    assert OutboxLetter.objects.get(rule=Rule.REVIEW_SOON).dropped_at == on(14, 9, 1)
    assert not OutboxLetter.objects.waiting().exists()
    assert not OutboxLetter.objects.stuck().exists()


class Server(EmailBackend):
    """A mail server of ours: `breaks` is called with each message before it leaves."""

    def __init__(self, breaks=lambda message: None, opens=lambda: None):
        super().__init__()
        self.breaks, self.opens = breaks, opens

    def open(self):
        self.opens()

    def send_messages(self, messages):
        for message in messages:
            self.breaks(message)
        return super().send_messages(messages)


def stops(message):
    raise KeyboardInterrupt  # the machine stops: nothing after this line runs


def test_what_was_begun_and_not_finished_is_shown_and_never_repeated(
    version, anna, now, mailoutbox, capsys
):
    member = _accepted(version, anna)
    outbox.plan(at=on(14))
    with pytest.raises(KeyboardInterrupt):
        outbox.send_waiting(at=on(14), connection=Server(stops))
    letter = OutboxLetter.objects.stuck().get()
    assert (letter.assignment, letter.sent_at) == (member, None)
    for day in (14, 15, 16):
        now(on(day, 10))
        call_command("send_mail_outbox")
    assert mailoutbox == []
    assert capsys.readouterr().err.count("1 letter(s) were begun and not finished") == 3


def test_a_person_lets_a_stuck_letter_wait_once_more(version, anna, mailoutbox):
    _accepted(version, anna)
    outbox.plan(at=on(14))
    with pytest.raises(KeyboardInterrupt):
        outbox.send_waiting(at=on(14), connection=Server(stops))
    letter = OutboxLetter.objects.stuck().get()
    assert outbox.send_again(letter)
    assert not outbox.send_again(letter)
    assert not OutboxLetter.objects.stuck().exists()
    assert run(on(15)).sent == 1
    assert len(mailoutbox) == 1
    assert not outbox.send_again(letter)  # what was sent is not sent again
    assert run(on(15, 10)).sent == 0


def test_a_letter_that_was_begun_a_minute_ago_is_not_let_wait_again(version, anna):
    """Its sender may be at it still: the expert would get it twice."""
    _accepted(version, anna)
    outbox.plan(at=on(14))
    with pytest.raises(KeyboardInterrupt):
        outbox.send_waiting(at=on(14), connection=Server(stops))
    letter = OutboxLetter.objects.get(rule=Rule.REVIEW_SOON)
    for minutes in (1, 15):
        at = on(14, 9, minutes)
        assert not OutboxLetter.objects.stuck(at=at).exists()
        assert not outbox.send_again(letter, at=at)
    letter.refresh_from_db()
    assert letter.claimed_at == on(14)
    assert outbox.send_again(letter, at=on(14, 9, 16))


def test_a_letter_that_failed_can_wait_again_at_once(version, anna):
    _accepted(version, anna)
    outbox.plan(at=on(14))

    def breaks(message):
        raise smtplib.SMTPDataError(451, b"Later, please")

    assert outbox.send_waiting(at=on(14), connection=Server(breaks)).failed == 1
    assert outbox.send_again(OutboxLetter.objects.get(rule=Rule.REVIEW_SOON), at=on(14))
    assert outbox.send_waiting(at=on(14, 10)).sent == 1


def test_a_letter_that_waits_or_was_dropped_is_not_stuck(version, anna):
    judge(member := _accepted(version, anna))
    outbox.put(Rule.REVIEW_SOON, member, TODAY, at=NOON)
    letter = OutboxLetter.objects.get(rule=Rule.REVIEW_SOON)
    assert not outbox.send_again(letter)
    outbox.send_waiting(at=NOON)
    letter.refresh_from_db()
    assert letter.dropped_at
    assert not outbox.send_again(letter)


def test_a_failure_keeps_its_kind_and_not_its_text_and_stops_no_other_letter(
    version, anna, mailoutbox
):
    first, second = members(opened(version, anna, TWO))
    outbox.plan(at=on(14))

    def breaks(message):
        if message.to == [first.expert.email]:
            raise smtplib.SMTPRecipientsRefused({first.expert.email: (550, b"No such user")})

    done = outbox.send_waiting(at=on(14), connection=Server(breaks))
    assert (done.sent, done.failed) == (1, 1)
    assert [each.to for each in mailoutbox] == [[second.expert.email]]
    assert OutboxLetter.objects.stuck().get().failure == "SMTPRecipientsRefused"


def test_a_letter_that_cannot_be_composed_stops_no_other_and_leaves_no_link(
    version, anna, mailoutbox, monkeypatch
):
    first, second = members(opened(version, anna, TWO))
    outbox.plan(at=on(14))
    way_in = letters._way_in

    def breaks(letter, at):
        lines = way_in(letter, at)
        if letter.assignment == first:
            raise KeyError(lines[1])  # the address with the secret
        return lines

    monkeypatch.setattr(letters, "_way_in", breaks)
    done = outbox.send_waiting(at=on(14))
    assert (done.sent, done.failed) == (1, 1)
    assert [each.to for each in mailoutbox] == [[second.expert.email]]
    stuck = OutboxLetter.objects.stuck(at=on(14)).get()
    assert (stuck.assignment, stuck.failure, stuck.sent_at) == (first, "KeyError", None)
    assert [link.assignment for link in AccessLink.objects.all()] == [second]


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_letter_once(person):
    round_ = opened(sealed_version(person("editor")), person("anna"), TWO)
    outbox.plan(at=on(14))

    def slowly(message):
        time.sleep(0.05)

    senders = [lambda: outbox.send_waiting(at=on(14), connection=Server(slowly))] * 4
    outcomes = at_once(*senders)
    assert sum(done.sent for done in outcomes) == 2
    addresses = sorted(each.expert.email for each in members(round_))
    assert sorted(each.to[0] for each in mail.outbox) == addresses


@pytest.mark.django_db(transaction=True)
def test_five_crons_at_once_send_one_letter(person, now):
    member = _accepted(sealed_version(person("editor")), person("anna"))
    now(on(14))
    outcomes = at_once(*[lambda: call_command("send_mail_outbox", stdout=io.StringIO())] * 5)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert heard(member) == [("review-soon", 14)]
    assert len(mail.outbox) == 1
    assert AccessLink.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_let_a_stuck_letter_wait_again_one_does(person):
    _accepted(sealed_version(person("editor")), person("anna"))
    outbox.plan(at=on(14))
    with pytest.raises(KeyboardInterrupt):
        outbox.send_waiting(at=on(14), connection=Server(stops))
    letter = OutboxLetter.objects.get(rule=Rule.REVIEW_SOON)
    assert sorted(at_once(*[lambda: outbox.send_again(letter)] * 2)) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_never_left_has_no_link_and_one_that_left_has_it_already(person):
    """The link is committed before the letter leaves: whoever reads it at once gets in."""
    _accepted(sealed_version(person("editor")), person("anna"))
    outbox.plan(at=on(14))
    found = []

    def follow(message):
        def ask():
            found.append(links.find(secret_in(message.body)))
            connection.close()

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(30)

    outbox.send_waiting(at=on(14), connection=Server(follow))
    assert found == [AccessLink.objects.get()]


# ── The mail server is away ──────────────────────────────────────────────────────────────────


def unused_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_without_a_mail_server_nothing_is_claimed_and_the_command_says_so(
    version, anna, now, settings
):
    _accepted(version, anna)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port()
    now(on(14))
    with pytest.raises(CommandError, match=r"cannot be reached \(ConnectionRefusedError\)"):
        call_command("send_mail_outbox")
    letter = OutboxLetter.objects.get(rule=Rule.REVIEW_SOON)
    assert (letter.claimed_at, letter.dropped_at, letter.failure) == (None, None, "")
    assert not AccessLink.objects.exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    call_command("send_mail_outbox", stdout=io.StringIO())
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("missing", "told"), [("SITE_URL", "SITE_URL"), ("EMAIL_BACKEND", "EMAIL_HOST")]
)
def test_where_letters_would_lead_nowhere_or_reach_nobody_the_command_does_nothing(
    version, anna, now, settings, capsys, missing, told
):
    member = _invited(version, anna)
    other = _accepted(sealed_version(version.prepared_by, slug="other"), anna)
    now(on(14))
    before = list(OutboxLetter.objects.values())
    setattr(settings, missing, "")
    with pytest.raises(CommandError, match=f"{told} is missing"):
        call_command("send_mail_outbox")
    member.refresh_from_db()
    assert member.state == "invited"  # though its days are over
    assert list(OutboxLetter.objects.values()) == before
    assert mail.outbox == []
    call_command("send_mail_outbox", "--dry-run")  # sends nothing, so it may tell
    assert capsys.readouterr().out == "Would send 1 letter(s), sent none.\n"
    assert heard(other) == SILENCE


def test_a_server_that_hangs_up_midway_leaves_the_rest_to_wait(version, anna):
    opened(version, anna, TWO)
    outbox.plan(at=on(14))
    gone = []

    def opens():
        if gone:
            raise ConnectionRefusedError

    def hangs_up(message):
        gone.append(True)
        raise smtplib.SMTPServerDisconnected

    with pytest.raises(ConnectionRefusedError):
        outbox.send_waiting(at=on(14), connection=Server(hangs_up, opens))
    reminders = OutboxLetter.objects.filter(rule=Rule.REVIEW_SOON)
    assert reminders.stuck().count() == 1
    assert reminders.waiting().count() == 1


def test_with_nothing_to_send_no_server_is_asked(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port()
    OutboxLetter.objects.waiting().delete()
    assert outbox.send_waiting(at=NOON).sent == 0


def test_a_dry_run_says_how_many_would_leave_and_changes_nothing(version, anna, now, capsys):
    member = _accepted(version, anna)
    other = _invited(sealed_version(version.prepared_by, slug="other"), anna)
    now(on(14))
    before = list(OutboxLetter.objects.values())
    call_command("send_mail_outbox", "--dry-run")
    assert capsys.readouterr().out == "Would send 1 letter(s), sent none.\n"
    assert list(OutboxLetter.objects.values()) == before
    other.refresh_from_db()
    assert other.state == "invited"
    call_command("send_mail_outbox")
    assert capsys.readouterr().out.startswith("Sent 1 letter(s); 1 newly planned, 2 no longer true")
    assert heard(member) == [("review-soon", 14)]


# ── Summer time (case 21) ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2026, 3, 28), 7),
        (date(2026, 3, 29), 6),  # the clock went forward in the night
        (date(2026, 10, 24), 6),
        (date(2026, 10, 25), 7),  # it went back
    ],
)
def test_letters_leave_at_eight_whatever_the_clock_did_that_night(version, anna, day, utc_hour):
    opening = datetime.combine(day - 14 * DAY, clock(12), tzinfo=NOON.tzinfo)
    member = members(opened(version, anna, ONE, at=opening))[0]
    start = datetime.combine(day, clock(0), tzinfo=NOON.tzinfo)
    sent_at = []
    for quarters in range(-8, 4 * 10):  # cron every quarter of an hour
        at = start + quarters * 15 * MINUTE
        if run(at).sent:
            sent_at.append(at)
    assert sent_at == [start + timedelta(hours=utc_hour)]
    assert [rule for rule, _day in heard(member)] == ["review-soon"]


@pytest.mark.parametrize("due", [date(2026, 3, 1), date(2026, 9, 27)])
def test_a_link_lasts_its_28_days_over_a_change_of_the_clock(version, anna, due):
    opening = datetime.combine(due - 21 * DAY, clock(12), tzinfo=NOON.tzinfo)
    member = members(opened(version, anna, ONE, at=opening))[0]
    links.make(member, at=opening)
    last = timezone.make_aware(datetime.combine(due + 28 * DAY, clock(23, 59)))
    assert links.opening(at=last).exists()
    assert not links.opening(at=last + MINUTE).exists()


# ── Answers, alarms, fresh links ─────────────────────────────────────────────────────────────


def test_answers_are_told_once_a_day_and_only_the_new_ones(version, anna, editor, mailoutbox):
    round_ = opened(version, anna, ONE)
    member = members(round_)[0]
    comments = [comment_of(member, text=f"Comment {n}.") for n in range(3)]
    judge(member)
    reviewing.release(round_, discuss_by=TODAY + 14 * DAY, by=anna, at=NOON)
    run(NOON)
    reviewing.respond(comments[0], "noted", by=editor, at=on(1, 7))
    assert run(on(1, 7, 30)).sent == 0  # not before eight
    assert run(on(1, 8)).sent == 1
    reviewing.respond(comments[1], "noted", by=editor, at=on(1, 10))
    reviewing.respond(comments[2], "noted", by=editor, at=on(1, 11))
    assert run(on(1, 12)).sent == 0
    assert run(on(2, 8)).sent == 1
    assert run(on(3, 8)).sent == 0
    assert heard(member) == [("released", 0), ("digest", 1), ("digest", 2)]
    assert "1 new answer" in mailoutbox[1].body
    assert "2 new answers" in mailoutbox[2].body


def test_an_answer_to_somebody_elses_comment_is_not_told(version, anna, editor):
    round_ = opened(version, anna, TWO)
    first, second = members(round_)
    comment = comment_of(first)
    for member in (first, second):
        judge(member)
    reviewing.release(round_, discuss_by=TODAY + 14 * DAY, by=anna, at=NOON)
    reviewing.respond(comment, "noted", by=editor, at=NOON)
    run(on(1))
    assert ("digest", 1) in heard(first)
    assert ("digest", 1) not in heard(second)


@pytest.fixture
def duty(person):
    """Return a coordinator who can be written to."""
    make_groups(None, "default")
    colleague = person("besa", email="besa@example.org")
    colleague.groups.add(Group.objects.get(name="coordinator"))
    return colleague


def alarm_on(version, by, publisher):
    publishing.publish(version, by=publisher, replacing=None, at=NOON)
    member = Assignment.objects.get(pk=_accepted(version, by).pk)
    return reviewing.raise_alarm(member, "The date is wrong.", at=NOON)


def test_an_alarm_reaches_at_once_whoever_can_be_written_to(
    version, anna, publisher, duty, person, mailoutbox
):
    person("no-address").groups.add(Group.objects.get(name="editor"))
    alarm_on(version, anna, publisher)
    done = run(NOON)
    assert (done.sent, done.failed) == (1, 0)
    assert [each.to for each in mailoutbox] == [["besa@example.org"]]
    assert "The date is wrong." in mailoutbox[0].body
    assert not any(each.expert.name in mailoutbox[0].body for each in Assignment.objects.all())
    assert run(NOON).sent == 0


@pytest.mark.parametrize("code", ["", *CODES])
def test_an_alarm_is_in_the_language_of_the_colleague(
    version, anna, publisher, duty, mailoutbox, code
):
    Colleague.objects.create(user=duty, language=code)
    alarm_on(version, anna, publisher)
    run(NOON)
    tag = BY_CODE[code or "en"].tag
    assert mailoutbox[0].extra_headers["Content-Language"] == tag
    subject = mailoutbox[0].subject
    assert has_cyrillic(subject) == (code == "sr-cyrl")


@pytest.mark.parametrize("why", ["settled", "inactive"])
def test_an_alarm_that_is_over_is_not_told(version, anna, publisher, duty, mailoutbox, why):
    alarm = alarm_on(version, anna, publisher)
    if why == "settled":
        reviewing.settle_alarm(alarm, by=anna, at=NOON)
    else:
        type(duty).objects.filter(pk=duty.pk).update(is_active=False)
    run(NOON)
    assert mailoutbox == []


def test_whoever_has_no_address_is_not_counted_as_told(version, anna, publisher, duty):
    alarm_on(version, anna, publisher)
    type(duty).objects.filter(pk=duty.pk).update(email="")
    done = run(NOON)
    assert (done.sent, done.failed) == (0, 1)
    assert OutboxLetter.objects.stuck().get().failure == "NoAddress"


def test_a_fresh_link_is_sent_while_it_would_open_something(version, anna):
    """Long after the others ended, as long as something of theirs is kept; not after leaving."""
    first, second = members(released(version, anna, ("approve",) * 2, TWO))
    reviewing.close(first.round, by=anna, at=on(60))
    OutboxLetter.objects.update(dropped_at=on(60))  # what else the round had to say
    for day, sent in ((100, 1), (149, 1), (151, 0)):
        outbox.put(Rule.FRESH_LINK, first, day, at=on(day))
        assert outbox.send_waiting(at=on(day)).sent == sent, day
    Assignment.objects.filter(pk=second.pk).update(state="withdrawn")
    outbox.put(Rule.FRESH_LINK, second, "left", at=on(100))
    assert outbox.send_waiting(at=on(100)).dropped == 1


@pytest.mark.parametrize("rule", [Rule.FRESH_LINK, Rule.REMINDER])
def test_a_fresh_link_opens_at_least_fourteen_days(version, anna, mailoutbox, rule):
    """The others of its round end on the 49th day."""
    member = _accepted(version, anna)
    outbox.send_waiting(at=NOON)  # the invitation, which was answered
    outbox.put(rule, member, at=on(48))
    assert outbox.send_waiting(at=on(48)).sent == 1
    assert member.links.get().expires_at == on(48) + 14 * DAY
    assert "It opens the review until: 5 July 2026" in mailoutbox[0].body
    assert links.opening(at=on(61)).filter(assignment=member).exists()


@pytest.fixture
def kept(editor, anna, person):
    """Keep a badge over a typing error, so many days after the opening: kept(2)."""

    def keep(day):
        round_ = closed(sealed_version(editor), anna)
        second = next_version(round_.version, person("mira"), summary_en="Sumary.")
        made = fidelity.propose_carry_over(second, by=second.prepared_by, at=NOON)
        fidelity.confirm_carry_over(made, by=person("zana"), at=on(day))
        return made

    return keep


@pytest.mark.parametrize("day", [2, 58])
def test_the_panel_hears_of_a_kept_badge_and_its_link_lasts_as_long_as_its_say(kept, day):
    carry = kept(day)
    run(on(day))
    member = members(carry.round)[0]
    assert ("carried", day) in heard(member)
    letter = member.letters.get(rule=Rule.CARRIED)
    letters.compose(letter, at=on(day))
    assert member.links.first().expires_at >= fidelity.contest_until(carry)


@pytest.mark.parametrize("why", ["contested", "over"])
def test_nobody_is_asked_to_contest_what_cannot_be_contested(kept, why):
    carry = kept(2)
    at = on(20) if why == "over" else on(3)
    if why == "contested":
        fidelity.contest(carry, assignment=members(carry.round)[1], reason="More.", at=at)
    run(at)
    assert "carried" not in [rule for rule, _day in heard(members(carry.round)[0])]


# ── Language and script ──────────────────────────────────────────────────────────────────────


def letter_of(rule, member, code="en", at=NOON):
    """Return the EmailMessage of a rule to a member of a panel, in a language."""
    member.expert.language = code
    letter = OutboxLetter(rule=rule, assignment=member, key=f"{member.pk}:{rule}:1", made_at=at)
    return letters.compose(letter, at=at)


@pytest.fixture
def member(version, anna):
    """A member of a released round of two, so that every rule has its days."""
    found = members(released(version, anna, ("approve",) * 2, TWO))[0]
    found.answer_by = TODAY
    found.expert.name, found.expert.name_cyrillic = "Ljubica Njegovan", "Љубица Његован"
    return found


ADDRESS = re.compile(r"https?://\S+")
LATIN_NAMES = ("Balkans Policy Research Group", "BPRG")


@pytest.mark.parametrize("code", CODES)
def test_a_letter_is_in_one_script(member, code):
    for rule in EXPERT_RULES:
        message = letter_of(rule, member, code)
        text = ADDRESS.sub("", f"{message.subject}\n{message.body}")
        if code != "sr-cyrl":
            assert not has_cyrillic(text), rule
            continue
        for name in LATIN_NAMES:
            text = text.replace(name, "")
        assert re.findall(r"[^\W\d_]*[A-Za-z][^\W\d_]*", text) == [], rule


@pytest.mark.parametrize("code", ["sq", "sr-latn", "sr-cyrl"])
def test_a_letter_is_in_the_language_of_the_expert(member, code):
    """No line of it is the English one, but for the name of who publishes."""
    for rule in EXPERT_RULES:
        ours, english = letter_of(rule, member, code), letter_of(rule, member, "en")
        name = {"sq": "Marrëveshja", "sr-latn": "Sporazum", "sr-cyrl": "Споразум"}[code]
        known = f"{english.subject}\n{english.body}".replace("Agreement", name).splitlines()
        said = f"{ours.subject}\n{ours.body}".splitlines()
        same = {line for line in {*said} & {*known} if line and "BPRG" not in line}
        assert same == set(), rule


def test_the_two_scripts_of_serbian_say_the_same(member):
    for rule in EXPERT_RULES:
        latin, cyrillic = (letter_of(rule, member, code) for code in ("sr-latn", "sr-cyrl"))
        greeting = cyrillic.body.replace("Љубица Његован", "Ljubica Njegovan")
        assert ADDRESS.sub("", to_latin(greeting)) == ADDRESS.sub("", latin.body)
        assert to_latin(cyrillic.subject) == latin.subject


def test_a_letter_says_in_which_language_it_is_and_that_a_machine_sent_it(member):
    tags = {code: letter_of(Rule.INVITATION, member, code).extra_headers for code in CODES}
    assert {code: tags[code]["Content-Language"] for code in CODES} == {
        "sq": "sq",
        "sr-latn": "sr-Latn",
        "sr-cyrl": "sr-Cyrl",
        "en": "en",
    }
    assert {each["Auto-Submitted"] for each in tags.values()} == {"auto-generated"}


@pytest.mark.parametrize("active", CODES)
def test_the_language_of_whoever_runs_cron_makes_no_difference(member, active):
    with translation.override(active):
        found = letter_of(Rule.OUTCOME, member, "en")
    assert found.subject == "The review is over: Agreement"
    assert "Good day, Ljubica Njegovan," in found.body


# ── What no letter tells ─────────────────────────────────────────────────────────────────────


def test_a_letter_names_its_own_expert_and_nobody_else(version, anna):
    mine, *others = members(released(version, anna))
    told = [anna.username]
    for each in others:
        told += [each.expert.name, each.expert.email, each.key, each.expert.pseudonym]
    for rule in EXPERT_RULES:
        message = letter_of(rule, mine)
        assert message.to == [mine.expert.email]
        assert (message.cc, message.bcc, message.reply_to) == ([], [], [])
        whole = f"{message.subject}\n{message.body}\n{message.message().as_string()}"
        assert [text for text in told if text in whole] == [], rule


BLIND_RULES = [
    Rule.INVITATION,
    Rule.ANSWER_SOON,
    Rule.ANSWER_NOW,
    Rule.REVIEW_SOON,
    Rule.REVIEW_LATE,
    Rule.REMINDER,
    Rule.FRESH_LINK,
]


def test_while_experts_read_alone_a_letter_is_the_same_whatever_others_do(version, anna):
    first, *others = members(opened(version, anna))

    def told():
        mine = Assignment.objects.get(pk=first.pk)
        bodies = [letter_of(rule, mine).body for rule in BLIND_RULES]
        return [re.sub(r"enter/\S+", "enter/", body) for body in bodies]

    before = told()
    reviewing.leave(others[0], reason="Gone.", by=anna, at=NOON)
    judge(others[1], "object")
    comment_of(others[2], text="The date is wrong.")
    judge(others[3], "recuse")
    assert told() == before


def test_while_experts_read_alone_what_others_do_gives_nobody_a_letter(version, anna):
    first, *others = members(opened(version, anna))
    for each in others:
        comment_of(each)
        judge(each)
    run(on(1))
    assert heard(first) == SILENCE


def test_a_letter_is_plain_text_with_one_link(member):
    for rule in EXPERT_RULES:
        message = letter_of(rule, member)
        assert type(message) is mail.EmailMessage
        assert (message.content_subtype, message.attachments) == ("plain", [])
        assert len(ADDRESS.findall(message.body)) == 1
        assert "<" not in message.body


def test_the_outbox_keeps_no_secret_no_address_and_no_text(version, anna, mailoutbox):
    member = members(invited(version, anna))[0]
    run(NOON)
    secret = secret_in(mailoutbox[0].body)
    for row in OutboxLetter.objects.values():
        kept = " ".join(str(value) for value in row.values())
        for text in (secret, links.digest(secret), member.expert.email, member.expert.name, "@"):
            assert text not in kept


# ── Links ────────────────────────────────────────────────────────────────────────────────────


def test_a_link_is_32_random_bytes_of_which_the_hash_alone_is_kept(version, anna):
    member = _accepted(version, anna)
    secrets = {links.make(member, at=NOON) for _each in range(20)}
    assert len(secrets) == 20
    for secret in secrets:
        assert len(base64.urlsafe_b64decode(secret + "=")) == 32
        link = links.find(secret)
        assert link.digest == hashlib.sha256(secret.encode()).hexdigest()
    rows = " ".join(str(row) for row in AccessLink.objects.values())
    assert not any(secret in rows for secret in secrets)


def test_the_link_of_a_letter_opens_by_its_secret_and_by_nothing_that_is_kept(
    version, anna, mailoutbox
):
    member = members(invited(version, anna))[0]
    run(NOON)
    secret = secret_in(mailoutbox[0].body)
    link = links.find(secret)
    assert link.assignment == member
    for guess in (link.digest, str(link.pk), member.key, secret[:-1], secret.upper(), "", "\ud800"):
        assert links.find(guess) is None


def test_each_letter_has_a_link_of_its_own(version, anna, mailoutbox):
    members(invited(version, anna, TWO))
    run(NOON)
    run(on(4))
    found = [links.find(secret_in(each.body)) for each in mailoutbox]
    assert len({link.pk for link in found}) == 4
    assert [link.assignment.expert.email for link in found] == [each.to[0] for each in mailoutbox]


def test_a_link_opens_until_28_days_after_the_review_is_due_and_its_letter_says_so(
    version, anna, mailoutbox
):
    member = members(invited(version, anna))[0]
    run(NOON)
    last = member.round.review_by + 28 * DAY
    midnight = timezone.make_aware(datetime.combine(last + DAY, clock()))
    assert AccessLink.objects.get().expires_at == midnight
    assert links.opening(at=midnight - INSTANT).exists()
    assert not links.opening(at=midnight).exists()
    assert "It opens the review until: 22 June 2026" in mailoutbox[0].body
    assert last == date(2026, 6, 22)


@pytest.mark.parametrize("rule", [Rule.RELEASED, Rule.CLOSING, Rule.FRESH_LINK, Rule.OUTCOME])
def test_no_letter_holds_a_link_that_opens_nothing(version, anna, rule):
    """However long a discussion lasted."""
    found = members(released(version, anna, ("approve",) * 2, TWO))[0]
    reviewing.extend(found.round, by=anna, at=NOON, discuss_by=TODAY + 60 * DAY)
    if rule == Rule.OUTCOME:
        reviewing.close(found.round, by=anna, at=on(60))
    letter_of(rule, Assignment.objects.get(pk=found.pk), at=on(60))
    assert links.opening(at=on(60, 23)).filter(assignment=found).exists()


def test_a_later_due_date_lets_links_open_longer_and_never_shorter(version, anna, editor):
    round_ = opened(version, anna, TWO)
    first, second = members(round_)
    other = _accepted(sealed_version(editor, slug="other"), anna)
    plain, ended = (links.find(links.make(first, at=NOON)) for _each in range(2))
    long = links.find(links.make(second, at=NOON, until=on(100)))
    elsewhere = links.find(links.make(other, at=NOON))
    AccessLink.objects.filter(pk=ended.pk).update(revoked_at=NOON)
    before = plain.expires_at
    reviewing.extend(round_, by=anna, at=NOON, review_by=TODAY + 31 * DAY)
    for link in (plain, ended, long, elsewhere):
        link.refresh_from_db()
    assert plain.expires_at == before + 10 * DAY == on(60, 0)
    assert long.expires_at == on(100)
    assert (ended.expires_at, ended.revoked_at) == (before, NOON)
    assert elsewhere.expires_at == before
    reviewing.extend(round_, by=anna, at=NOON, answer_by=TODAY + 14 * DAY)
    plain.refresh_from_db()
    assert plain.expires_at == on(60, 0)


def test_links_that_are_out_already_open_as_long_as_a_discussion_that_was_put_off(version, anna):
    member = _released(version, anna)
    link = links.find(links.make(member, at=NOON))
    reviewing.extend(member.round, by=anna, at=NOON, discuss_by=TODAY + 60 * DAY)
    link.refresh_from_db()
    assert link.expires_at == on(61, 0)


@pytest.mark.parametrize("end", ["decline", "leave", "expire", "erase", "cancel", "revoke"])
def test_a_link_ends_with_its_assignment_or_by_hand(version, anna, end):
    member = _invited(version, anna)
    secret = links.make(member, at=NOON)
    assert links.opening(at=NOON).get().assignment == member
    {
        "decline": lambda: reviewing.decline(member, at=NOON),
        "leave": lambda: reviewing.leave(member, by=anna, at=NOON),
        "expire": lambda: reviewing.expire_unanswered(at=on(11)),
        "erase": lambda: erasure.erase(member.expert, at=NOON),
        "cancel": lambda: reviewing.cancel(member.round, by=anna, at=NOON),
        "revoke": lambda: links.revoke(member, at=NOON),
    }[end]()
    assert not links.opening(at=NOON).exists()
    assert links.find(secret) is not None  # a dead one can still offer a fresh one


def test_an_old_link_does_not_come_back_with_a_second_invitation(version, anna):
    member = _invited(version, anna)
    secret = links.make(member, at=NOON)
    reviewing.decline(member, at=NOON)
    reviewing.invite(member, by=anna, at=on(1))
    assert not links.opening(at=on(1)).filter(pk=links.find(secret).pk).exists()


class Visit:
    """What links.py asks of a request."""

    def __init__(self, user, session):
        self.user, self.session = user, session


def test_a_session_opens_what_its_links_open_and_an_account_alone_opens_nothing(
    version, anna, person, client, editor, now
):
    now(NOON)
    first, second = members(opened(version, anna, TWO))
    third = _accepted(sealed_version(editor, slug="other"), anna)
    account = person("expert-account")
    third.expert.user = account
    third.expert.save()
    session = client.session
    nobody, expert = Visit(AnonymousUser(), session), Visit(account, session)
    assert list(links.assignments_of(nobody)) == []
    assert list(links.assignments_of(expert)) == []
    key = session.session_key
    for _twice in range(2):
        links.remember(nobody, links.find(links.make(first)))
    assert session.session_key != key
    assert list(links.assignments_of(nobody)) == [first]
    assert list(links.assignments_of(expert)) == [first]
    reviewing.leave(first, at=NOON)
    assert list(links.assignments_of(nobody)) == []
    links.remember(nobody, links.find(links.make(second)))
    links.forget(nobody)
    assert list(links.assignments_of(nobody)) == []


@pytest.mark.parametrize("why", ["by-the-expert", "by-a-colleague", "another-address"])
def test_ending_the_links_of_an_expert_ends_every_session_that_holds_one(
    version, anna, client, now, why
):
    now(NOON)
    mine, other = members(opened(version, anna, TWO))
    visit = Visit(AnonymousUser(), client.session)
    for member in (mine, mine, other):
        links.remember(visit, links.find(links.make(member)))
    assert set(links.assignments_of(visit)) == {mine, other}
    action, by = RoundAction.LINKS_ENDED, None if why == "by-the-expert" else anna
    if why == "another-address":
        action = RoundAction.ADDRESS
        reviewing.note_new_address(mine, by=anna, at=NOON)
    else:
        reviewing.end_links(mine, by=by, at=NOON)
        reviewing.end_links(mine, by=by, at=NOON)  # nothing is left to end, or to note
    assert list(links.assignments_of(visit)) == [other]
    assert not links.opening().filter(assignment=mine).exists()
    event = RoundEvent.objects.get(action=action)
    assert (event.actor, event.member, event.round) == (by, mine, mine.round)
    assert links.revoke(mine) == 0
    # Whoever held a link is told that it is over; a key alone tells nothing.
    assert links.was_held(visit, mine.key) == mine
    assert links.was_held(Visit(AnonymousUser(), {}), mine.key) is None
    links.remember(visit, links.find(links.make(mine)))  # a fresh one opens again
    assert set(links.assignments_of(visit)) == {mine, other}


def test_a_colleague_who_changes_an_address_ends_its_links_and_stands_in_history(
    version, anna, client, duty
):
    type(duty).objects.filter(pk=duty.pk).update(is_staff=True)
    mine, other = members(opened(version, anna, TWO))
    for member in (mine, other):
        links.make(member, at=NOON)
    client.force_login(duty)
    with translation.override("en"):
        page = reverse("admin:experts_expert_change", args=[mine.expert.pk])
    form = client.get(page).context["adminform"].form
    fields = {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields}
    fields = {name: value for name, value in fields.items() if value not in (None, False, "")}
    for changes in ({"affiliation": "A university"}, {"email": "elsewhere@example.org"}):
        assert client.post(page, fields | changes).status_code == 302
        ended = AccessLink.objects.exclude(revoked_at=None)
        moved = [mine] if "email" in changes else []
        assert [link.assignment for link in ended] == moved
    event = RoundEvent.objects.get(action=RoundAction.ADDRESS)
    assert (event.actor, event.member) == (duty, mine)
    kept = " ".join(f"{entry} {entry.object_repr}" for entry in LogEntry.objects.all())
    assert mine.expert.pseudonym in kept
    assert mine.expert.name not in kept
    assert "elsewhere" not in kept


# ── Real mail ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", CODES)
def test_a_letter_in_a_file_is_whole(version, anna, settings, tmp_path, code):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.DEFAULT_FROM_EMAIL = "review@example.org"
    member = members(invited(version, anna))[0]
    type(member.expert).objects.filter(pk=member.expert.pk).update(language=code)
    assert run(NOON).sent == 1
    raw = next(tmp_path.iterdir()).read_bytes()
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert (read["To"], read["From"]) == (member.expert.email, "review@example.org")
    assert read.get_content_type() == "text/plain"
    name = {"sq": "Marrëveshja", "sr-latn": "Sporazum", "sr-cyrl": "Споразум", "en": "Agreement"}
    assert name[code] in read["Subject"]
    body = read.get_content()
    assert name[code] in body
    assert links.find(secret_in(body)).assignment == member
    assert f"{project_settings.SITE_URL}/{code}/review/enter/" in body


def test_a_name_with_a_line_break_breaks_no_header(version, anna):
    member = _accepted(version, anna)
    member.round.version.short_title_en = "Agreement\r\nBcc: all@example.org"
    with pytest.raises(Exception, match="newlines"):
        letter_of(Rule.REVIEW_SOON, member).message()


# ── Logs ─────────────────────────────────────────────────────────────────────────────────────

SECRET = "abcDEF_123-xyz" * 3
PATH = f"/sr-latn/review/enter/{SECRET}/"


def own_handlers(name):
    """Return the handlers that the settings gave a logger; the test runner adds its own."""
    found = logging.getLogger(name).handlers
    return [handler for handler in found if type(handler) is logging.StreamHandler]


@pytest.fixture
def log():
    """What the site writes to its log, as it is configured."""
    handler = own_handlers("django")[0]
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def test_every_handler_of_the_site_leaves_out_links():
    for name, handler in project_settings.LOGGING["handlers"].items():
        assert "without_links" in handler["filters"], name
    for name in ("django", "django.server", "django.request"):
        assert own_handlers(name)
        for handler in own_handlers(name):
            assert any(isinstance(each, WithoutLinks) for each in handler.filters)


def test_a_page_that_is_not_there_is_logged_without_the_secret(client, log):
    client.get(f"{PATH}no-such-page/?next={PATH}")
    assert "/review/enter/…" in log.getvalue()
    assert SECRET not in log.getvalue()


def test_a_page_that_breaks_is_logged_without_the_secret(client, log, monkeypatch):
    def breaks(secret):
        try:
            raise KeyError(f"/sq/review/enter/{secret}/")
        except KeyError as error:
            raise RuntimeError(f"cannot open /en/review/enter/{secret}/?x=1") from error

    monkeypatch.setattr(links, "find", breaks)
    client.raise_request_exception = False
    assert client.get(PATH).status_code == 500
    assert "Internal Server Error: /sr-latn/review/enter/…" in log.getvalue()
    assert "cannot open /en/review/enter/…" in log.getvalue()
    assert "RuntimeError" in log.getvalue()
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (f"GET {PATH} HTTP/1.1", ()),
        ("%s %s", ("GET", PATH)),
        ("%(path)s", ({"path": PATH},)),
        (f"\"{PATH}\" '{PATH}'", ()),
        (f"https://example.org{PATH}?a=b", ()),
        (f"/review/enter/{SECRET}", ()),
    ],
)
def test_a_line_of_the_log_keeps_no_secret(log, message, arguments):
    logging.getLogger("django.server").info(message, *arguments)
    assert SECRET not in log.getvalue()
    assert "/review/enter/…" in log.getvalue()


def test_the_log_of_other_pages_is_as_it_was(log):
    logging.getLogger("django").info("%s at 100%%", "/sq/review/")
    assert log.getvalue() == "/sq/review/ at 100%\n"


def test_the_alarms_of_a_version_are_not_lost(version, anna, publisher):
    """However nobody can be written to."""
    alarm_on(version, anna, publisher)
    assert Alarm.objects.count() == 1
    assert not OutboxLetter.objects.filter(rule=Rule.ALARM).exists()
