"""A round of review from its preparation to its end: every verb in every state.

Cases 2, 4, 8, 16, 22, 24, 25, 26, 27, 31, 32 and 33 of docs/expert-review.md, without rivals at the
same moment (those are in test_review_races.py); case 7 is in test_review_database.py.
"""

import json

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone, translation

from agreements import drafting, publishing
from agreements.drafting import Change, seen
from agreements.models import Version
from experts import erasure, links, outbox, panels, quorum, reviewing
from experts.models import (
    Comment,
    Expert,
    OutboxLetter,
    QuorumPolicy,
    ReviewRound,
    RoundEvent,
    Verdict,
)
from experts.models.assignment import AssignmentState
from tests.conftest import NOON, make_draft
from tests.panels import (
    BALANCED,
    DAY,
    closed,
    comment_of,
    judge,
    last_day,
    make_expert,
    members,
    next_version,
    opened,
    prepared,
    released,
    sealed_version,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(NOON)
WORDS = {"sq": "Arsyeja.", "sr": "Разлог.", "en": "The reason."}


@pytest.fixture
def coordinator(person):
    return person("coordinator")


@pytest.fixture
def version(editor):
    return sealed_version(editor)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def fresh(row):
    """Return a row as the database has it, with nothing remembered."""
    return type(row).objects.get(pk=row.pk)


def comments_by(round_):
    return Comment.objects.filter(assignment__round=round_)


def unmet(round_, by):
    """Return the rules that a round does not meet: "share serb"."""
    report = panels.report(fresh(round_), reader=by, at=NOON)
    return [f"{rule.kind} {rule.about}".strip() for rule in report.missing]


# ── Every verb in every state of a round ─────────────────────────────────────────────────────

TOLD = {
    reviewing.RoundOver: "over",
    reviewing.NotComplete: "lack",
    reviewing.TooEarly: "early",
    reviewing.Unanswered: "wait",
    reviewing.AlreadyAnswered: "gone",
    reviewing.InReview: "other",
}


class Undone(Exception):
    """Takes a step back after it was seen to succeed."""


def step(action):
    """Try a verb and take it back: return what came of it, and its rows in the history."""
    before = RoundEvent.objects.count()
    try:
        with transaction.atomic():
            action()
            events = RoundEvent.objects.count() - before
            raise Undone
    except Undone:
        return f"ok{events}"
    except reviewing.ReviewError as error:
        return TOLD[type(error)]


def with_comment(version, coordinator, editor, *, verdicts=("approve",) * 5, answered=True):
    """Return a round in discussion, with a comment on the summary by its first member."""
    round_ = opened(version, coordinator)
    for assignment, judgement in zip(members(round_), verdicts, strict=True):
        if judgement:
            judge(assignment, judgement)
    if verdicts[0] != "object":
        comment_of(members(round_)[0])
    round_ = reviewing.release(round_, discuss_by=TODAY + 14 * DAY, by=coordinator, at=NOON)
    if answered:
        for comment in comments_by(round_):
            reviewing.respond(comment, "noted", by=editor, at=NOON)
    return round_


def preparing(version, coordinator, editor):
    return prepared(version, coordinator)


def with_free_seat(version, coordinator, editor):
    round_ = prepared(version, coordinator)
    reviewing.leave(members(round_)[0], by=coordinator, at=NOON)
    return round_


def independent(version, coordinator, editor):
    round_ = opened(version, coordinator)
    comment_of(members(round_)[0])
    judge(members(round_)[0])
    return round_


def all_in(version, coordinator, editor):
    round_ = independent(version, coordinator, editor)
    for assignment in members(round_)[1:]:
        judge(assignment)
    return round_


def discussion(version, coordinator, editor):
    return with_comment(version, coordinator, editor, answered=False)


def answered(version, coordinator, editor):
    return with_comment(version, coordinator, editor)


def passed(version, coordinator, editor):
    round_ = answered(version, coordinator, editor)
    return reviewing.close(round_, by=coordinator, at=last_day(round_))


def not_passed(version, coordinator, editor):
    verdicts = ("object", "approve", "not-convinced", "approve", "recuse")
    round_ = with_comment(version, coordinator, editor, verdicts=verdicts)
    return reviewing.close(round_, by=coordinator, at=last_day(round_))


def cancelled(version, coordinator, editor):
    return reviewing.cancel(all_in(version, coordinator, editor), by=coordinator, at=NOON)


STAGES = [
    preparing,
    with_free_seat,
    independent,
    all_in,
    discussion,
    answered,
    passed,
    not_passed,
    cancelled,
]
# What comes of it in each of STAGES. ok and the number of rows in the history; over: RoundOver;
# lack: NotComplete; early: TooEarly; wait: Unanswered; other: InReview; –: there is no comment.
VERBS_OF_ROUNDS = {
    "choose": "lack ok1 lack lack over over over over over",
    "open": "ok6 lack over over over over over over over",
    "release": "over over early ok1 over over over over over",
    "respond": "– – over over ok1 ok1 over over over",
    "reply": "– – over over ok0 ok0 over over over",
    "extend reviews": "ok1 ok1 ok1 ok1 ok1 ok1 over over over",
    "extend the discussion": "lack lack lack lack ok1 ok1 over over over",
    "close before the last day": "over over over over early early over over over",
    "close": "over over over over wait ok1 over over over",
    "cancel": "ok1 ok1 ok1 ok1 wait ok1 over over over",
    "supersede": "over over lack lack wait lack over over over",
    "decide on dissent": "lack lack lack lack lack lack lack ok1 lack",
    "withdraw the badge": "lack lack lack lack lack lack ok1 lack lack",
    "prepare another": "other other other other other other ok1 ok1 ok1",
}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_each_step_is_open_in_its_phase_and_told_in_the_others(
    stage, version, coordinator, editor, person
):
    round_ = stage(version, coordinator, editor)
    comment = comments_by(round_).first()
    seat, newcomer, decider = members(round_)[0].seat, make_expert("Newcomer"), person("decider")
    by, later = {"by": coordinator, "at": NOON}, TODAY + 30 * DAY
    verbs = {
        "choose": lambda: reviewing.choose(seat, newcomer, **by),
        "open": lambda: reviewing.open_round(fresh(round_), **by),
        "release": lambda: reviewing.release(round_, discuss_by=later, **by),
        "respond": lambda: reviewing.respond(comment, "noted", by=editor, at=NOON),
        "reply": lambda: reviewing.reply(comment, "Why?", by=editor, at=NOON),
        "extend reviews": lambda: reviewing.extend(round_, review_by=later, **by),
        "extend the discussion": lambda: reviewing.extend(round_, discuss_by=later, **by),
        "close before the last day": lambda: reviewing.close(round_, **by),
        "close": lambda: reviewing.close(round_, by=coordinator, at=last_day(round_)),
        "cancel": lambda: reviewing.cancel(round_, **by),
        "supersede": lambda: reviewing.cancel(round_, superseded=True, **by),
        "decide on dissent": lambda: reviewing.dissent(round_, texts=WORDS, by=decider, at=NOON),
        "withdraw the badge": lambda: reviewing.withdraw_badge(
            round_, reasons=WORDS, by=decider, at=NOON
        ),
        "prepare another": lambda: reviewing.prepare(
            version, profiles=["law"], answer_by=TODAY, review_by=TODAY, **by
        ),
    }
    at = STAGES.index(stage)
    expected = {verb: row.split()[at] for verb, row in VERBS_OF_ROUNDS.items()}
    found = {
        verb: step(action) if comment or verb not in ("respond", "reply") else "–"
        for verb, action in verbs.items()
    }
    assert found == expected


# ── Every verb in every state of an assignment ───────────────────────────────────────────────


SIX = (*BALANCED, ("law", ""))
# The states of one of six while the others read, and after they were released.
WHILE_READING = "chosen invited accepted submitted declined expired withdrawn cancelled".split()
AFTERWARDS = "late in uninvited closed dropped".split()
# What comes of it in these states; gone: AlreadyAnswered.
VERBS_OF_MEMBERS = {
    "invite": "ok1 gone gone gone ok1 ok1 gone gone  over over over over over",
    "accept": "gone ok1 gone gone gone gone gone gone  over over over over over",
    "decline": "gone ok1 gone gone gone gone gone gone  gone gone gone gone gone",
    "leave": "gone gone ok1 ok1 gone gone gone gone  ok1 ok1 gone over over",
    "be taken off": "ok1 ok1 ok1 ok1 gone gone gone gone  ok1 lack gone over over",
    "be taken off unsaid": "ok1 ok1 lack lack gone gone lack gone  lack lack gone over over",
    "save a comment": "gone gone ok0 ok0 gone gone gone gone  ok0 ok0 gone over over",
    "send a comment": "gone gone ok0 ok0 gone gone gone gone  ok0 ok0 gone over over",
    "take it back": "gone gone ok0 ok0 gone gone gone gone  ok0 ok0 gone over over",
    "judge": "gone gone ok1 lack gone gone gone gone  ok1 ok1 gone over over",
    "reply": "over over over over over over over over  gone ok0 gone over over",
}


def one_of_six(version, coordinator, state):
    """Return the first member of a panel of six, brought to one of the states above."""
    round_ = reviewing.open_round(prepared(version, coordinator, SIX), by=coordinator, at=NOON)
    first, *others = members(round_)
    for assignment in others:
        reviewing.accept(assignment, at=NOON)
        comment_of(assignment)
        judge(assignment)
    if state in ("accepted", "submitted", "withdrawn", "late", "in", "closed"):
        reviewing.accept(first, at=NOON)
    if state in ("submitted", "in", "closed"):
        judge(first)
    if state == "withdrawn":
        reviewing.leave(first, at=NOON)
    if state in ("declined", "chosen"):
        reviewing.decline(first, at=NOON)
    if state == "chosen":
        first = reviewing.choose(first.seat, make_expert("Second"), by=coordinator, at=NOON)
    if state == "cancelled":
        reviewing.leave(first, by=coordinator, at=NOON)
    if state == "expired":
        assert reviewing.expire_unanswered(at=NOON + 11 * DAY) == 1
    if state in ("late", "in", "uninvited", "closed"):
        day = TODAY + 44 * DAY
        reviewing.release(round_, discuss_by=day, by=coordinator, at=NOON + 30 * DAY)
    if state == "closed":
        for comment in comments_by(round_):
            reviewing.respond(comment, "noted", by=coordinator, at=NOON)
        reviewing.close(round_, by=coordinator, at=last_day(round_))
    if state == "dropped":
        reviewing.cancel(round_, by=coordinator, at=NOON)
    return fresh(first)


@pytest.mark.parametrize("state", [*WHILE_READING, *AFTERWARDS])
def test_each_step_of_an_expert_is_open_in_its_state_and_told_in_the_others(
    state, version, coordinator
):
    member = one_of_six(version, coordinator, state)
    place = {"place": "summary", "paragraph": 0, "language": "en", "kind": "fact"}
    draft = Comment.objects.create(
        assignment=member, version=version, text="So.", saved_at=NOON, **place
    )
    other = comments_by(member.round).exclude(assignment=member).first()
    by, substance = {"by": coordinator, "at": NOON}, version.substance_hash
    verbs = {
        "invite": lambda: reviewing.invite(member, **by),
        "accept": lambda: reviewing.accept(member, at=NOON),
        "decline": lambda: reviewing.decline(member, at=NOON),
        "leave": lambda: reviewing.leave(member, at=NOON),
        "be taken off": lambda: reviewing.leave(member, reason="Ill.", **by),
        "be taken off unsaid": lambda: reviewing.leave(member, **by),
        "save a comment": lambda: reviewing.save_comment(member, text="So.", at=NOON, **place),
        "send a comment": lambda: reviewing.send_comment(draft, at=NOON),
        "take it back": lambda: reviewing.take_back(draft, at=NOON),
        "judge": lambda: reviewing.give_verdict(member, "approve", substance=substance, at=NOON),
        "reply": lambda: reviewing.reply(other, "So?", member=member, at=NOON),
    }
    at, found = [*WHILE_READING, *AFTERWARDS].index(state), {}
    for verb, action in verbs.items():
        found[verb] = step(action)
        member = fresh(member)
    assert found == {verb: row.split()[at] for verb, row in VERBS_OF_MEMBERS.items()}


# ── Preparing and inviting ───────────────────────────────────────────────────────────────────


def test_a_second_round_is_refused_and_told_whose_the_first_is(version, coordinator, person):
    prepared(version, coordinator)
    with pytest.raises(reviewing.InReview, match=r"coordinator .* 1"):
        reviewing.prepare(
            version, profiles=["law"], answer_by=TODAY, review_by=TODAY, by=person("other")
        )
    assert ReviewRound.objects.filter(agreement=version.agreement).count() == 1


def test_experts_read_only_what_is_sealed(editor, coordinator):
    with pytest.raises(reviewing.NotComplete):
        reviewing.prepare(
            make_draft(editor), profiles=["law"], answer_by=TODAY, review_by=TODAY, by=coordinator
        )


@pytest.mark.parametrize(
    "lacking",
    [{"profiles": []}, {"answer_by": TODAY + DAY, "review_by": TODAY}],
)
def test_a_round_needs_seats_and_days_in_their_order(lacking, version, coordinator):
    given = {"profiles": ["law"], "answer_by": TODAY, "review_by": TODAY}
    with pytest.raises(reviewing.NotComplete):
        reviewing.prepare(version, by=coordinator, at=NOON, **given | lacking)


def test_a_round_that_nobody_can_answer_any_more_is_not_opened(version, coordinator):
    round_ = prepared(version, coordinator)
    with pytest.raises(reviewing.NotComplete, match="day"):
        reviewing.open_round(round_, by=coordinator, at=NOON + 8 * DAY)
    assert fresh(round_).phase == "preparing"
    reviewing.extend(round_, answer_by=TODAY + 9 * DAY, by=coordinator, at=NOON + 8 * DAY)
    assert reviewing.open_round(round_, by=coordinator, at=NOON + 8 * DAY).phase == "independent"


def test_a_round_whose_seats_were_all_taken_away_is_not_opened(version, coordinator):
    round_ = reviewing.prepare(
        version, profiles=["law"], answer_by=TODAY, review_by=TODAY, by=coordinator, at=NOON
    )
    round_.seats.all().delete()
    with pytest.raises(reviewing.NotComplete, match="seats"):
        reviewing.open_round(round_, by=coordinator, at=NOON)


def test_whoever_wrote_in_a_version_cannot_review_it(version, coordinator, editor, person):
    helper = person("helper")
    change = Change("summary", "en", seen("Summary."), "Second.")
    draft = drafting.save(version.agreement, [change], by=helper, at=NOON)
    Version.objects.filter(pk=draft.pk).update(change_class="correction")
    second = publishing.seal(fresh(draft), at=NOON)
    seat = prepared(second, coordinator).seats.first()
    reviewing.leave(seat.assignments.get(), by=coordinator, at=NOON)
    of_seat = {"profile": seat.profile}
    for author in (editor, helper):  # the first version was never public: its words are here too
        with pytest.raises(reviewing.OwnWork):
            reviewing.choose(
                seat, make_expert(author.username, user=author, **of_seat), by=coordinator
            )
    reader = make_expert("Reader", user=person("reader"), **of_seat)
    reviewing.choose(seat, reader, by=coordinator, at=NOON)


def test_a_colleague_is_known_by_the_address_of_an_expert_as_well(version, coordinator, editor):
    first = members(prepared(version, coordinator))[0]
    reviewing.leave(first, by=coordinator, at=NOON)
    type(editor).objects.filter(pk=editor.pk).update(email="Editor@example.org")
    with pytest.raises(reviewing.OwnWork):
        reviewing.choose(first.seat, make_expert("Editor"), by=coordinator, at=NOON)


def test_whoever_conducts_rounds_cannot_sit_on_a_panel(version, coordinator, person):
    first = members(prepared(version, coordinator))[0]
    reviewing.leave(first, by=coordinator, at=NOON)
    other = person("other")
    other.user_permissions.add(Permission.objects.get(codename="conduct_round"))
    with pytest.raises(reviewing.OwnWork):
        reviewing.choose(first.seat, make_expert("Other", user=other), by=coordinator, at=NOON)


def test_whoever_wrote_in_a_version_does_not_conduct_its_round(version, coordinator, editor):
    with pytest.raises(reviewing.OwnWork):
        prepared(version, editor)
    round_ = prepared(version, coordinator)
    for conduct in (
        lambda: reviewing.open_round(fresh(round_), by=editor, at=NOON),
        lambda: reviewing.cancel(fresh(round_), by=editor, at=NOON),
    ):
        with pytest.raises(reviewing.OwnWork):
            conduct()
    round_ = opened(sealed_version(editor, slug="other"), coordinator)
    for assignment in members(round_):
        judge(assignment)
    with pytest.raises(reviewing.OwnWork):
        reviewing.release(round_, discuss_by=TODAY + 14 * DAY, by=editor, at=NOON)
    reviewing.release(round_, discuss_by=TODAY + 14 * DAY, by=coordinator, at=NOON)
    with pytest.raises(reviewing.OwnWork):
        reviewing.close(round_, by=editor, at=last_day(round_))


@pytest.mark.parametrize("verb", ["accept", "judge"])
@pytest.mark.parametrize("found", ["wrote", "conducts"])
def test_who_turns_out_to_be_no_stranger_goes_no_further(
    found, verb, version, coordinator, editor, person
):
    """After they were asked: their account became known, or they were let conduct rounds."""
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    member = members(round_)[0]
    if verb == "judge":
        reviewing.accept(member, at=NOON)
    before, account = fresh(member).state, editor
    if found == "conducts":
        account = person("other")
        account.user_permissions.add(Permission.objects.get(codename="conduct_round"))
    Expert.objects.filter(pk=member.expert_id).update(user=account)
    go_on = {"accept": reviewing.accept, "judge": judge}[verb]
    with pytest.raises(reviewing.OwnWork):
        go_on(fresh(member), at=NOON)
    assert (fresh(member).state, member.verdicts.count()) == (before, 0)


def test_an_expert_sits_on_a_seat_of_their_fields(version, coordinator):
    first = members(prepared(version, coordinator))[0]
    reviewing.leave(first, by=coordinator, at=NOON)
    with pytest.raises(reviewing.NotComplete, match="field"):
        reviewing.choose(
            first.seat, make_expert("Other", profile="economy"), by=coordinator, at=NOON
        )
    both = make_expert("Both", profile="economy", further_profile=first.seat.profile)
    assert reviewing.choose(first.seat, both, by=coordinator, at=NOON).expert == both


def test_an_expert_has_one_seat_and_a_seat_one_expert(version, coordinator):
    first, second, *_others = members(prepared(version, coordinator))
    reviewing.leave(second, by=coordinator, at=NOON)
    for seat, expert in ((second.seat, first.expert), (first.seat, make_expert("New"))):
        with pytest.raises(reviewing.NotComplete):
            reviewing.choose(seat, expert, by=coordinator, at=NOON)


def test_who_was_taken_off_before_answering_can_be_chosen_and_invited_again(version, coordinator):
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    first = members(round_)[0]
    reviewing.leave(first, by=coordinator, at=NOON)
    again = reviewing.choose(first.seat, first.expert, by=coordinator, at=NOON)
    assert (again.pk, again.alias, again.state) == (first.pk, first.alias, "chosen")
    reviewing.invite(again, by=coordinator, at=NOON + 10 * DAY)
    again.refresh_from_db()
    assert (again.state, again.invitations) == ("invited", 2)
    assert again.answer_by == TODAY + 17 * DAY  # later than the round's own day


def test_who_accepted_and_left_is_not_asked_again_in_this_round(version, coordinator):
    first = members(opened(version, coordinator))[0]
    reviewing.leave(first, at=NOON)
    with pytest.raises(reviewing.NotComplete):
        reviewing.choose(first.seat, first.expert, by=coordinator, at=NOON)


def test_who_accepted_meanwhile_is_not_taken_off_without_a_reason(version, coordinator):
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    as_the_page_had_it = members(round_)[0]
    reviewing.accept(fresh(as_the_page_had_it), at=NOON)
    with pytest.raises(reviewing.NotComplete):
        reviewing.leave(as_the_page_had_it, by=coordinator, at=NOON)
    assert fresh(as_the_page_had_it).state == "accepted"


def test_an_erased_person_is_neither_chosen_nor_invited(version, coordinator):
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    first = members(round_)[0]
    reviewing.decline(first, at=NOON)
    erasure.erase(first.expert, at=NOON)
    with pytest.raises(reviewing.NotComplete):
        reviewing.invite(fresh(first), by=coordinator, at=NOON)
    with pytest.raises(reviewing.NotComplete):
        reviewing.choose(first.seat, fresh(first.expert), by=coordinator, at=NOON)


def test_aliases_have_two_digits_and_are_drawn_anew_each_round(version, coordinator, editor):
    first = opened(version, coordinator)
    reviewing.cancel(first, by=coordinator, at=NOON)
    experts = [assignment.expert for assignment in members(first)]
    second = reviewing.prepare(
        version,
        profiles=[profile for profile, _community in BALANCED],
        answer_by=TODAY,
        review_by=TODAY,
        by=coordinator,
        at=NOON,
    )
    for seat, expert in zip(second.seats.order_by("pk"), experts, strict=True):
        reviewing.choose(seat, expert, by=coordinator, at=NOON)
    before, after = (
        [assignment.alias for assignment in members(round_)] for round_ in (first, second)
    )
    for aliases in (before, after):
        assert len(set(aliases)) == 5
        assert all(11 <= alias <= 99 for alias in aliases)
    assert before != after


def test_declining_twice_and_accepting_after_the_end_change_nothing(version, coordinator):
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    first, second, *_others = members(round_)
    reviewing.decline(first, reason="No time.", at=NOON)
    with pytest.raises(reviewing.AlreadyAnswered):
        reviewing.decline(first, reason="Again.", at=NOON + DAY)
    assert fresh(first).reason == "No time."
    reviewing.cancel(round_, by=coordinator, at=NOON)
    with pytest.raises(reviewing.RoundOver, match="closed"):
        reviewing.accept(second, at=NOON)
    assert fresh(second).state == "cancelled"


def test_an_invitation_ends_three_days_after_its_day_and_not_before(version, coordinator):
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    last = round_.answer_by - TODAY + 3 * DAY
    assert reviewing.expire_unanswered(at=NOON + last) == 0
    assert reviewing.expire_unanswered(at=NOON + last + DAY) == 5
    assert reviewing.expire_unanswered(at=NOON + last + DAY) == 0
    assert set(round_.events.values_list("action", flat=True)[:5]) == {"expired"}


# ── What is frozen ───────────────────────────────────────────────────────────────────────────


def test_a_draft_that_changes_during_a_round_changes_nothing_of_it(version, coordinator, editor):
    round_ = opened(version, coordinator)
    comment = comment_of(members(round_)[0], quote="Summary")
    hashes = (version.content_hash, version.substance_hash, version.hash_sr)
    drafting.save(
        version.agreement,
        [Change("summary", "en", seen("Summary."), "Another.")],
        by=editor,
        at=NOON,
    )
    now = fresh(version)
    assert (now.content_hash, now.substance_hash, now.hash_sr) == hashes
    assert now.summary_en == "Summary."
    assert fresh(round_).version_id == version.pk
    comment.refresh_from_db()
    assert (comment.version_id, comment.before, comment.quote) == (
        version.pk,
        "Summary.",
        "Summary",
    )


def rule_of_the_quorum(**numbers):
    """Add a rule of the quorum that is newer than any other."""
    newest = QuorumPolicy.objects.first()
    rules = quorum.Policy(**numbers).as_json()
    return QuorumPolicy.objects.create(rules=rules, since=newest.since + DAY)


def test_a_round_keeps_the_rule_it_was_opened_with(version, coordinator):
    round_ = prepared(version, coordinator)
    before = rule_of_the_quorum(smallest_panel=4)  # while it is prepared, a new rule still counts
    round_ = reviewing.open_round(round_, by=coordinator, at=NOON)
    assert round_.policy == before
    rule_of_the_quorum(smallest_panel=9)
    for assignment in members(round_):
        reviewing.accept(assignment, at=NOON)
        judge(assignment, "approve")
    round_ = reviewing.release(round_, discuss_by=TODAY + 14 * DAY, by=coordinator, at=NOON)
    assert unmet(round_, coordinator) == ["perspective albanian", "perspective serb"]
    assert fresh(round_).policy == before


def test_a_stricter_rule_after_the_opening_does_not_stop_a_round(version, coordinator):
    round_ = released(version, coordinator)
    rule_of_the_quorum(smallest_panel=9)
    assert reviewing.close(round_, by=coordinator, at=last_day(round_)).outcome == "passed"


# ── Verdicts ─────────────────────────────────────────────────────────────────────────────────


def test_the_first_verdict_stays_on_record_when_it_is_revised(version, coordinator):
    round_ = released(version, coordinator, ("not-convinced", *("approve",) * 4))
    member = members(round_)[0]
    judge(member, "approve-with-edits", at=NOON + DAY)
    first, second = member.verdicts.all()
    assert (first.number, first.judgement, first.given_at) == (1, "not-convinced", NOON)
    assert (second.number, second.judgement, second.is_late) == (2, "approve-with-edits", False)
    assert panels.current_verdicts(round_)[member.pk] == second
    assert fresh(member).submitted_at == NOON


def test_a_verdict_is_not_revised_before_others_may_be_read(version, coordinator):
    member = members(opened(version, coordinator))[0]
    judge(member, "not-convinced")
    with pytest.raises(reviewing.NotComplete):
        judge(member, "approve")
    assert member.verdicts.get().judgement == "not-convinced"


def test_a_verdict_from_a_form_of_another_version_is_refused_and_explained(version, coordinator):
    member = members(opened(version, coordinator))[0]
    with pytest.raises(reviewing.OtherText, match="another version"):
        reviewing.give_verdict(member, "approve", substance="1:older", at=NOON)
    assert fresh(member).state == "accepted"
    assert not member.verdicts.exists()


def test_a_verdict_after_the_release_is_marked_late(version, coordinator):
    panel = (*BALANCED, ("law", ""))
    round_ = released(version, coordinator, (None, *("approve",) * 5), panel)
    late, other = members(round_)[:2]
    assert judge(late).is_late
    assert not judge(other).is_late  # a revision is not: the first one was in time


@pytest.mark.parametrize(
    ("judgement", "lacking"),
    [
        ("not-convinced", {"reason": "  "}),
        ("object", {"comment": None, "would_lift": "A source."}),
        ("object", {"would_lift": " "}),
    ],
)
def test_a_verdict_against_says_why(judgement, lacking, version, coordinator):
    member = members(opened(version, coordinator))[0]
    said = lacking if "comment" in lacking or judgement != "object" else {
        "comment": comment_of(member), **lacking
    }  # fmt: skip
    with pytest.raises(reviewing.NotComplete):
        judge(member, judgement, **said)


def test_an_objection_rests_on_a_comment_of_ones_own_that_stands(version, coordinator):
    first, second, *_others = members(opened(version, coordinator))
    of_another, draft, gone = (
        comment_of(second),
        comment_of(first, sent=False),
        comment_of(first),
    )
    as_the_form_had_it = fresh(gone)
    reviewing.take_back(gone, at=NOON)
    for comment in (of_another, draft, as_the_form_had_it):
        with pytest.raises(reviewing.NotComplete):
            judge(first, "object", comment=comment, would_lift="A source.")
    assert not first.verdicts.exists()


def test_a_comment_that_others_build_on_is_not_taken_back(version, coordinator, editor):
    round_ = released(version, coordinator, ("object", *("approve",) * 4))
    first, second = members(round_)[:2]
    under_objection = comments_by(round_).get()
    replied, responded, free = (comment_of(second) for _each in range(3))
    reviewing.reply(replied, "Why?", member=first, at=NOON)
    reviewing.respond(responded, "noted", by=editor, at=NOON)
    for comment in (under_objection, replied, responded):
        with pytest.raises(reviewing.NotComplete):
            reviewing.take_back(comment, at=NOON)
    reviewing.take_back(free, at=NOON)
    with pytest.raises(reviewing.NotComplete):
        reviewing.take_back(free, at=NOON)
    assert fresh(free).taken_back_at == NOON


def test_stepping_aside_gives_no_scores(version, coordinator):
    member = members(opened(version, coordinator))[0]
    verdict = judge(member, "recuse", objectivity=9, precision=9, completeness=9)
    assert {verdict.objectivity, verdict.precision, verdict.completeness} == {None}


# ── What nobody may read yet ─────────────────────────────────────────────────────────────────


def everybody_comments(round_, late, gone):
    """Let each member comment and judge; `late` only comments, `gone` comments and leaves."""
    for assignment in members(round_):
        comment_of(assignment)
        comment_of(assignment, sent=False)
        reviewing.take_back(comment_of(assignment), at=NOON)
        if assignment not in (late, gone):
            judge(assignment)
    reviewing.leave(gone, at=NOON)


def authors_of(comments):
    return sorted(comments.values_list("assignment__alias", flat=True))


def test_others_are_read_after_the_release_and_ones_own_review(version, coordinator):
    """Before, everybody has their own comments and nothing else; after, only what was sent by
    those whose review is in."""
    round_ = opened(version, coordinator, (*BALANCED, ("law", ""), ("policy", "")))
    *in_time, late, gone = members(round_)
    everybody_comments(round_, late, gone)

    def sees(assignment):
        return authors_of(Comment.objects.visible_to(fresh(assignment)))

    for assignment in (*in_time, late, gone):
        assert sees(assignment) == [assignment.alias] * 3
    assert not Comment.objects.released().filter(assignment__round=round_).exists()

    day = NOON + 30 * DAY
    reviewing.release(round_, discuss_by=TODAY + 40 * DAY, by=coordinator, at=day)
    told = [assignment.alias for assignment in in_time]
    for assignment in in_time:
        assert sees(assignment) == sorted([*told, assignment.alias, assignment.alias])
    for assignment in (late, gone):
        assert sees(assignment) == [assignment.alias] * 3
    assert authors_of(Comment.objects.released().filter(assignment__round=round_)) == sorted(told)

    judge(late, at=day)
    told.append(late.alias)
    assert sees(late) == sorted([*told, late.alias, late.alias])
    assert authors_of(Comment.objects.released().filter(assignment__round=round_)) == sorted(told)


def test_a_round_that_was_cancelled_opens_nothing_to_its_experts(version, coordinator):
    round_ = released(version, coordinator, ("object", *("approve",) * 4))
    other = members(round_)[1]
    assert authors_of(Comment.objects.visible_to(fresh(other)))
    reviewing.respond(comments_by(round_).get(), "noted", by=coordinator, at=NOON)
    reviewing.cancel(round_, by=coordinator, at=NOON)
    assert not authors_of(Comment.objects.visible_to(fresh(other)))


def test_comments_of_other_rounds_stay_there(version, coordinator, editor):
    first = closed(version, coordinator, ("object", *("approve",) * 4), editor=editor)
    second = released(next_version(version, editor), coordinator)
    for assignment in members(second):
        assert not Comment.objects.visible_to(assignment).exists()
    for assignment in members(first):
        assert Comment.objects.visible_to(assignment).count() == 1


def test_while_blind_the_coordinator_is_told_who_answered_and_not_what(version, coordinator):
    round_ = opened(version, coordinator)

    def told(judgements):
        with transaction.atomic():
            for assignment, judgement in zip(members(round_), judgements, strict=True):
                if judgement:
                    judge(assignment, judgement)
            found = panels.progress(fresh(round_), reader=coordinator, at=NOON)
            transaction.set_rollback(True)
        return found

    approving = told(("approve", "approve", "approve", None, "approve"))
    against = told(("object", "recuse", "not-convinced", None, "not-my-field"))
    assert approving == against
    assert not approving.passed


# ── Releasing ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reviews", "day", "may"),
    [
        (6, 0, True),
        (5, 0, False),
        (5, 21, False),  # the due day itself is still in time
        (5, 22, True),
        (4, 22, False),
    ],
)
def test_comments_are_released_when_all_are_in_or_enough_after_the_day(
    reviews, day, may, version, coordinator
):
    round_ = opened(version, coordinator, (*BALANCED, ("law", "")))
    for assignment in members(round_)[:reviews]:
        judge(assignment)
    assert panels.may_release(round_, TODAY + day * DAY) == may


def test_an_open_invitation_is_waited_for_and_a_declined_one_is_not(version, coordinator):
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    first, *others = members(round_)
    for assignment in others:
        reviewing.accept(assignment, at=NOON)
        judge(assignment)
    assert not panels.may_release(round_, TODAY)
    reviewing.decline(first, at=NOON)
    assert panels.may_release(round_, TODAY)


def test_a_panel_that_all_left_is_not_released(version, coordinator):
    round_ = opened(version, coordinator)
    for assignment in members(round_):
        reviewing.leave(assignment, at=NOON)
    assert not panels.may_release(round_, TODAY + 60 * DAY)


def test_a_discussion_lasts_three_days_or_more(version, coordinator):
    round_ = all_in(version, coordinator, None)
    with pytest.raises(reviewing.NotComplete):
        reviewing.release(round_, discuss_by=TODAY + 2 * DAY, by=coordinator, at=NOON)
    assert fresh(round_).phase == "independent"
    last = TODAY + 3 * DAY
    assert reviewing.release(round_, discuss_by=last, by=coordinator, at=NOON).discuss_by == last


@pytest.mark.parametrize(("by_colleague", "may"), [(True, False), (False, True)])
def test_nobody_with_time_left_is_taken_off_to_make_the_rest_complete(
    by_colleague, may, version, coordinator
):
    round_ = opened(version, coordinator, (*BALANCED, ("law", "")))
    *others, last = members(round_)
    for assignment in others:
        judge(assignment)
    by = {"by": coordinator, "reason": "Slow."} if by_colleague else {}
    reviewing.leave(last, at=NOON, **by)
    assert panels.may_release(round_, TODAY) == may
    assert panels.may_release(round_, TODAY + 22 * DAY)


# ── Changing days ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "days",
    [
        {"review_by": TODAY - DAY},
        {"answer_by": TODAY + 22 * DAY},
        {"review_by": TODAY + 6 * DAY},
    ],
)
def test_a_day_is_not_moved_into_the_past_or_before_another(days, version, coordinator):
    round_ = prepared(version, coordinator)
    with pytest.raises(reviewing.NotComplete):
        reviewing.extend(round_, by=coordinator, at=NOON, **days)


def test_a_day_that_experts_were_told_is_only_put_off(version, coordinator):
    round_ = prepared(version, coordinator)
    earlier = round_.review_by - DAY
    assert reviewing.extend(round_, review_by=earlier, by=coordinator, at=NOON).review_by == earlier
    round_ = reviewing.open_round(fresh(round_), by=coordinator, at=NOON)
    with pytest.raises(reviewing.NotComplete):
        reviewing.extend(round_, review_by=earlier - DAY, by=coordinator, at=NOON)


def test_no_day_of_a_discussion_is_moved_forward(version, coordinator):
    round_ = released(version, coordinator)
    for days in (
        {"discuss_by": round_.discuss_by - DAY},
        {"review_by": round_.review_by - DAY},
        {"answer_by": round_.answer_by - DAY},
        {"discuss_by": round_.discuss_by + DAY, "review_by": round_.review_by - DAY},
    ):
        with pytest.raises(reviewing.NotComplete):
            reviewing.extend(round_, by=coordinator, at=NOON, **days)
    assert fresh(round_).discuss_by == round_.discuss_by


def test_links_open_until_the_last_day_of_a_discussion_that_goes_on(version, coordinator):
    round_ = released(version, coordinator)
    member = fresh(members(round_)[0])
    links.make(member, at=NOON)
    before = member.links.get().expires_at
    reviewing.extend(round_, discuss_by=round_.discuss_by + DAY, by=coordinator, at=NOON)
    assert member.links.get().expires_at == before
    last = round_.review_by + 40 * DAY
    reviewing.extend(round_, discuss_by=last, by=coordinator, at=NOON)
    assert timezone.localdate(member.links.get().expires_at) == last + DAY
    assert timezone.localtime(member.links.get().expires_at).hour == 0


def test_a_later_day_to_answer_is_later_for_those_who_were_asked(version, coordinator):
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    later = TODAY + 12 * DAY
    reviewing.extend(round_, answer_by=later, by=coordinator, at=NOON)
    assert set(round_.assignments.values_list("answer_by", flat=True)) == {later}


def test_the_same_day_again_is_no_change(version, coordinator):
    round_ = prepared(version, coordinator)
    events = round_.events.count()
    reviewing.extend(round_, review_by=round_.review_by, by=coordinator, at=NOON)
    assert round_.events.count() == events


# ── What the quorum is asked about ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("submitted", [False, True])
def test_whoever_leaves_counts_no_more_and_stays_on_record(submitted, version, coordinator):
    round_ = opened(version, coordinator, (*BALANCED, ("law", "")))
    *others, last = members(round_)
    for assignment in [*others, last] if submitted else others:
        judge(assignment, "object" if assignment == last else "approve")
    reviewing.leave(last, at=NOON)
    round_ = reviewing.release(round_, discuss_by=TODAY + 14 * DAY, by=coordinator, at=NOON)
    assert last.verdicts.count() == submitted
    kept = comments_by(round_).count()
    assert kept == submitted
    assert unmet(round_, coordinator) == ["comments"] * kept
    for comment in comments_by(round_):
        reviewing.respond(comment, "noted", by=coordinator, at=NOON)
    report = reviewing.close(round_, by=coordinator, at=last_day(round_)).report
    assert fresh(round_).outcome == "passed"
    assert (report["panel"], report["left"], report["comments"]) == (5, submitted, kept)


def test_a_seat_that_was_left_has_not_answered(version, coordinator):
    """Of nine seats seven tenths are seven: two may be left, and a third may not."""
    panel = (*BALANCED, ("law", "albanian"), ("policy", "serb"), ("law", ""), ("law", ""))
    round_ = opened(version, coordinator, panel)
    for assignment in members(round_):
        judge(assignment)
    for at, found in ((7, []), (8, []), (4, ["answered"])):
        reviewing.leave(members(round_)[at], at=NOON)
        assert unmet(round_, coordinator) == found


def test_after_the_release_nobody_takes_a_review_off(version, coordinator):
    round_ = released(version, coordinator, ONE_OBJECTS)
    with pytest.raises(reviewing.NotComplete):
        reviewing.leave(members(round_)[0], reason="Ill.", by=coordinator, at=NOON)
    assert len(panels.open_objections(round_)) == 1


def test_what_must_be_settled_is_not_only_noted(version, coordinator, editor):
    round_ = released(version, coordinator)
    comment = comment_of(members(round_)[0], is_blocking=True)
    with pytest.raises(reviewing.NotComplete):
        reviewing.respond(comment, "noted", by=editor, at=NOON)
    assert reviewing.respond(comment, "accepted", by=editor, at=NOON).decision == "accepted"


def test_a_suggestion_that_was_taken_stands_in_the_history(version, coordinator, editor):
    round_ = released(version, coordinator)
    comment = comment_of(members(round_)[0], suggestion="Better.")
    before = set(round_.events.values_list("pk", flat=True))
    reviewing.accept_suggestion(comment, by=editor, at=NOON)
    told = round_.events.exclude(pk__in=before).order_by("pk")
    assert list(told.values_list("action", "actor", "detail")) == [
        ("applied", editor.pk, comment.key),
        ("answered", editor.pk, comment.key),
    ]
    with pytest.raises(reviewing.TextMoved):
        reviewing.accept_suggestion(comment, by=editor, at=NOON)
    assert round_.events.filter(action="applied").count() == 1


def test_who_leaves_below_the_smallest_panel_ends_the_quorum(version, coordinator):
    round_ = released(version, coordinator)
    assert unmet(round_, coordinator) == []
    reviewing.leave(members(round_)[4], at=NOON)
    assert unmet(round_, coordinator) == ["size"]


def test_a_conflict_of_interest_keeps_a_verdict_out(version, coordinator):
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    for assignment in members(round_):
        conflict = "Sat on the committee." if assignment == members(round_)[0] else "  "
        reviewing.accept(assignment, conflict=conflict, at=NOON)
        judge(assignment)
    found = unmet(round_, coordinator)
    assert {"size", "profile law"} <= set(found)
    assert "answered" not in found


@pytest.mark.parametrize(("day", "may"), [(-1, False), (0, True), (1, True)])
def test_a_round_is_closed_on_the_last_day_of_its_discussion_or_later(
    day, may, version, coordinator
):
    round_ = released(version, coordinator)
    at = last_day(round_) + day * DAY
    if may:
        assert reviewing.close(round_, by=coordinator, at=at).outcome == "passed"
        return
    with pytest.raises(reviewing.TooEarly):
        reviewing.close(round_, by=coordinator, at=at)
    assert fresh(round_).phase == "discussion"


def test_an_unanswered_comment_keeps_a_round_open(version, coordinator, editor):
    round_ = released(version, coordinator, ("object", *("approve",) * 4))
    with pytest.raises(reviewing.Unanswered, match="1"):
        reviewing.close(round_, by=coordinator, at=last_day(round_))
    assert fresh(round_).phase == "discussion"
    reviewing.respond(comments_by(round_).get(), "noted", by=editor, at=NOON)
    assert reviewing.close(round_, by=coordinator, at=last_day(round_)).outcome == "not-passed"


def test_a_comment_whose_review_never_came_keeps_no_round_open(version, coordinator):
    """It is released to nobody, so nobody could answer it."""
    panel = (*BALANCED, ("law", ""), ("policy", ""))
    round_ = opened(version, coordinator, panel)
    *others, late, gone = members(round_)
    for assignment in (late, gone):
        comment_of(assignment)
    reviewing.leave(gone, at=NOON)
    for assignment in others:
        judge(assignment)
    day = TODAY + 44 * DAY
    round_ = reviewing.release(round_, discuss_by=day, by=coordinator, at=NOON + 30 * DAY)
    for comment in comments_by(round_):
        with pytest.raises(reviewing.NotComplete):
            reviewing.respond(comment, "noted", by=coordinator, at=NOON)
    assert reviewing.close(round_, by=coordinator, at=last_day(round_)).outcome == "passed"


def test_a_refused_comment_has_a_reason_and_the_newest_answer_counts(version, coordinator, editor):
    round_ = with_comment(version, coordinator, editor, answered=False)
    comment = comments_by(round_).get()
    with pytest.raises(reviewing.NotComplete):
        reviewing.respond(comment, "rejected", reason=" ", by=editor, at=NOON)
    reviewing.respond(comment, "accepted", by=editor, at=NOON)
    reviewing.respond(comment, "rejected", reason="It is so.", by=editor, at=NOON + DAY)
    assert panels.received(round_) == panels.Received(comments=1, accepted=0, rejected=1)
    report = reviewing.close(round_, by=coordinator, at=last_day(round_)).report
    assert (report["comments"], report["accepted"], report["rejected"]) == (1, 0, 1)


def test_what_is_kept_of_a_quorum_has_no_word_of_communities(version, coordinator):
    panel = [(profile, "albanian") for profile, _community in BALANCED]
    round_ = closed(version, coordinator, panel=panel)
    assert round_.outcome == "not-passed"
    kept = json.dumps(fresh(round_).report)
    for word in ("albanian", "serb", "perspective", "share", "inside"):
        assert word not in kept
    rules = {rule["kind"]: rule["met"] for rule in round_.report["rules"]}
    assert rules["balance"] is False
    assert rules["size"] is True


# ── Objections ───────────────────────────────────────────────────────────────────────────────

ONE_OBJECTS = ("object", *("approve",) * 4)


def again_with(expert, version, coordinator, editor):
    """Return an open round on the next version whose first seat goes to an expert, if any."""
    second = next_version(version, editor)
    round_ = prepared(second, coordinator)
    if expert is not None:
        first = members(round_)[0]
        reviewing.leave(first, by=coordinator, at=NOON)
        reviewing.choose(first.seat, expert, by=coordinator, at=NOON)
    reviewing.open_round(round_, by=coordinator, at=NOON)
    for assignment in round_.assignments.filter(state=AssignmentState.INVITED):
        reviewing.accept(assignment, at=NOON)
    return round_


def test_in_its_round_an_objection_ends_when_its_author_revises_it(version, coordinator):
    round_ = released(version, coordinator, ONE_OBJECTS)
    assert "objections" in unmet(round_, coordinator)
    objection = panels.open_objections(round_)[0]
    with pytest.raises(reviewing.NotComplete):
        reviewing.lift(objection, assignment=members(round_)[0], version=version, at=NOON)
    judge(members(round_)[0], "approve")
    assert "objections" not in unmet(round_, coordinator)


def test_an_objection_outlives_its_round_and_the_text_it_was_made_on(version, coordinator, editor):
    first = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    objection = panels.open_objections(first)[0]
    second = again_with(None, version, coordinator, editor)
    assert panels.open_objections(second) == [objection]
    stranger = members(second)[0]
    with pytest.raises(reviewing.NotComplete):
        reviewing.lift(objection, assignment=stranger, version=second.version, at=NOON)
    author = members(first)[0]
    reviewing.lift(objection, assignment=author, version=second.version, at=NOON)
    assert panels.open_objections(second) == []
    with pytest.raises(reviewing.NotComplete):
        reviewing.lift(objection, assignment=author, version=second.version, at=NOON)
    assert first.events.filter(action="lifted", member=author).count() == 1


@pytest.mark.parametrize(("judgement", "open_ones"), [("approve", 0), ("object", 1)])
def test_its_author_answers_for_an_objection_in_the_next_round(
    judgement, open_ones, version, coordinator, editor
):
    first = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    author = members(first)[0].expert
    second = again_with(author, version, coordinator, editor)
    assert len(panels.open_objections(second)) == 1
    member = second.assignments.get(expert=author)
    verdict = judge(member, judgement)
    assert panels.open_objections(second) == [verdict] * open_ones


@pytest.mark.parametrize("judgement", ["recuse", "not-my-field"])
def test_stepping_aside_lifts_no_objection(judgement, version, coordinator, editor):
    first = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    objection = panels.open_objections(first)[0]
    second = again_with(objection.assignment.expert, version, coordinator, editor)
    judge(second.assignments.get(expert=objection.assignment.expert), judgement)
    assert panels.open_objections(second) == [objection]


@pytest.mark.parametrize("superseded", [True, False])
def test_a_round_that_ends_without_a_result_lifts_no_objection(
    superseded, version, coordinator, editor
):
    first = released(version, coordinator, ONE_OBJECTS)
    objection = panels.open_objections(first)[0]
    reviewing.respond(comments_by(first).get(), "noted", by=editor, at=NOON)
    newer = next_version(version, editor)
    reviewing.cancel(first, superseded=superseded, by=coordinator, at=NOON)
    second = prepared(newer, coordinator)
    assert panels.open_objections(second) == [objection]
    reviewing.lift(objection, assignment=members(first)[0], version=newer, at=NOON)
    assert panels.open_objections(second) == []


def test_an_objection_stands_over_all_rounds_in_between(version, coordinator, editor):
    first = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    objection = panels.open_objections(first)[0]
    second = next_version(version, editor, "Better.")
    unread = opened(second, coordinator)
    reviewing.cancel(unread, by=coordinator, at=NOON)
    again = closed(second, coordinator)
    assert again.outcome == "not-passed"
    assert panels.open_objections(again) == [objection]
    third = next_version(second, editor, "Best.")
    assert panels.open_objections(prepared(third, coordinator)) == [objection]


def test_an_objection_that_nobody_could_read_ends_with_its_round(version, coordinator):
    unread = opened(version, coordinator)
    judge(members(unread)[0], "object")
    reviewing.cancel(unread, by=coordinator, at=NOON)
    assert panels.open_objections(prepared(version, coordinator)) == []


def test_an_objection_stands_when_its_author_is_erased(version, coordinator, editor):
    first = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    objection = panels.open_objections(first)[0]
    erasure.erase(objection.assignment.expert, by=coordinator, at=NOON)
    assert panels.open_objections(again_with(None, version, coordinator, editor)) == [objection]


def test_an_erased_expert_leaves_a_line_in_the_history_of_each_round(version, coordinator, editor):
    first = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    expert = members(first)[0].expert
    second = again_with(expert, version, coordinator, editor)
    assert erasure.erase(expert, by=coordinator, at=NOON)
    assert not erasure.erase(expert, by=coordinator, at=NOON + DAY)
    told = RoundEvent.objects.filter(action="erased").order_by("round__number")
    assert list(told.values_list("round", "actor", "member", "at", "detail")) == [
        (round_.pk, coordinator.pk, round_.assignments.get(expert=expert).pk, NOON, "")
        for round_ in (first, second)
    ]


def test_an_objection_does_not_go_with_its_author_from_the_panel(version, coordinator, editor):
    first = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    objection = panels.open_objections(first)[0]
    second = again_with(objection.assignment.expert, version, coordinator, editor)
    member = second.assignments.get(expert=objection.assignment.expert)
    judge(member, "approve")
    reviewing.leave(member, reason="Ill.", by=coordinator, at=NOON)
    assert panels.open_objections(second) == [objection]


def test_an_objection_that_its_author_gave_up_in_its_round_is_over(version, coordinator, editor):
    round_ = released(version, coordinator, ("object", *("not-convinced",) * 4))
    judge(members(round_)[0], "approve")
    for comment in comments_by(round_):
        reviewing.respond(comment, "noted", by=editor, at=NOON)
    reviewing.close(round_, by=coordinator, at=last_day(round_))
    assert panels.open_objections(again_with(None, version, coordinator, editor)) == []


# ── The end ──────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_said_in_a_closed_round(version, coordinator):
    round_ = closed(version, coordinator)
    member = members(round_)[0]
    for step_ in (lambda: judge(member, "object", comment=None), lambda: comment_of(member)):
        with pytest.raises(reviewing.RoundOver):
            step_()
    assert Verdict.objects.filter(assignment__round=round_).count() == 5


def test_a_round_is_superseded_by_a_newer_sealed_version_only(version, coordinator, editor):
    round_ = released(version, coordinator, ONE_OBJECTS)
    with pytest.raises(reviewing.Unanswered):
        reviewing.cancel(round_, superseded=True, by=coordinator, at=NOON)
    reviewing.respond(comments_by(round_).get(), "accepted", by=editor, at=NOON)
    with pytest.raises(reviewing.NotComplete):
        reviewing.cancel(round_, superseded=True, by=coordinator, at=NOON)
    newer = next_version(version, editor)
    round_ = reviewing.cancel(round_, superseded=True, by=coordinator, at=NOON)
    assert (round_.outcome, round_.report) == ("superseded", None)
    assert prepared(newer, coordinator).number == 2


def test_what_was_never_opened_is_cancelled_and_not_superseded(version, coordinator, editor):
    round_ = prepared(version, coordinator)
    next_version(version, editor)
    with pytest.raises(reviewing.RoundOver):
        reviewing.cancel(round_, superseded=True, by=coordinator, at=NOON)
    assert reviewing.cancel(round_, by=coordinator, at=NOON).outcome == "cancelled"


def test_who_never_gave_a_review_is_off_the_panel_when_it_closes(version, coordinator):
    panel = (*BALANCED, ("law", ""))
    round_ = closed(version, coordinator, (None, *("approve",) * 5), panel)
    states = [assignment.state for assignment in members(round_)]
    assert states == ["expired", *["submitted"] * 5]


@pytest.mark.parametrize(
    ("end", "panel"),
    [("close", 5), ("cancel", 6), ("supersede", 6)],
    ids=["closed", "cancelled", "superseded"],
)
def test_everybody_on_the_panel_is_told_how_a_round_ended(end, panel, version, coordinator, editor):
    """Whoever never gave a review is on it until the quorum was asked."""
    round_ = released(version, coordinator, (None, *("approve",) * 5), SIX)
    if end == "supersede":
        next_version(version, editor)
    if end == "close":
        reviewing.close(round_, by=coordinator, at=last_day(round_))
    else:
        superseded = end == "supersede"
        reviewing.cancel(round_, superseded=superseded, by=coordinator, at=NOON)
    told = OutboxLetter.objects.filter(rule="outcome").values_list("assignment", flat=True)
    assert sorted(told) == sorted(round_.assignments.on_panel().values_list("pk", flat=True))
    assert len(told) == panel


def test_a_cancelled_round_ends_its_invitations_and_says_why(version, coordinator):
    round_ = reviewing.open_round(prepared(version, coordinator), by=coordinator, at=NOON)
    reviewing.accept(members(round_)[0], at=NOON)
    reviewing.cancel(round_, reason="A mistake.", by=coordinator, at=NOON)
    states = [assignment.state for assignment in members(round_)]
    assert states == ["accepted", *["cancelled"] * 4]
    event = round_.events.get(action="cancelled")
    assert (event.detail, event.actor) == ("A mistake.", coordinator)


@pytest.mark.parametrize("verb", ["dissent", "withdraw_badge"])
def test_dissent_and_the_end_of_a_badge_are_decided_by_others_in_all_languages(
    verb, version, coordinator, editor, person
):
    verdicts = ("not-convinced",) * 5 if verb == "dissent" else ("approve",) * 5
    round_ = closed(version, coordinator, verdicts)
    words = {"dissent": "texts", "withdraw_badge": "reasons"}[verb]
    decide = getattr(reviewing, verb)
    with pytest.raises(reviewing.OwnWork):
        decide(round_, by=editor, at=NOON, **{words: WORDS})
    with pytest.raises(reviewing.NotComplete):
        decide(round_, by=coordinator, at=NOON, **{words: WORDS | {"sr": " "}})
    made = decide(round_, by=coordinator, at=NOON, **{words: WORDS})
    assert {name: getattr(made, f"{words[:-1]}_{name}") for name in WORDS} == WORDS
    with pytest.raises(reviewing.NotComplete):
        decide(round_, by=person("other"), at=NOON, **{words: WORDS})


def test_a_decision_to_publish_with_dissent_verifies_nothing(version, coordinator):
    round_ = closed(version, coordinator, ("not-convinced",) * 5)
    reviewing.dissent(round_, texts=WORDS, by=coordinator, at=NOON)
    assert fresh(round_).outcome == "not-passed"
    assert ReviewRound.objects.passed().filter(agreement=version.agreement).count() == 0


# ── What stays ───────────────────────────────────────────────────────────────────────────────


def test_the_history_tells_a_round_from_beginning_to_end(version, coordinator, editor):
    round_ = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    told = list(round_.events.order_by("pk").values_list("action", "actor", "member"))
    ids = [assignment.pk for assignment in members(round_)]
    by, by_lot = coordinator.pk, [row.pk for row in round_.assignments.order_by("alias")]
    assert told == [
        ("prepared", by, None),
        *(("seated", by, member) for member in ids),
        ("opened", by, None),
        *(("invited", by, member) for member in by_lot),
        *(("accepted", None, member) for member in ids),
        *(("submitted", None, member) for member in ids),
        ("released", by, None),
        ("answered", editor.pk, None),
        ("closed", by, None),
    ]


def test_the_history_does_not_say_what_a_verdict_says(version, coordinator, editor):
    round_ = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    reviewing_events = round_.events.filter(member__isnull=False)
    assert set(reviewing_events.values_list("detail", flat=True)) == {""}


def test_version_expert_and_people_with_verdicts_cannot_be_deleted(version, coordinator, editor):
    round_ = closed(version, coordinator, ONE_OBJECTS, editor=editor)
    member = members(round_)[0]
    for row in (version, version.agreement, member.expert, member, round_, coordinator, editor):
        with pytest.raises(ProtectedError):
            row.delete()
    assert Expert.objects.filter(pk=member.expert_id).exists()


def test_each_letter_of_a_round_is_put_in_once(version, coordinator, editor):
    round_ = closed(version, coordinator, editor=editor)
    for assignment in members(round_):
        rules = assignment.letters.order_by("pk").values_list("rule", flat=True)
        assert list(rules) == ["invitation", "released", "outcome"]
    assert outbox.plan(at=NOON) == 0
