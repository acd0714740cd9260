"""Two people at one round at once, with real threads: one outcome, and the other is told.

Cases 2, 16 and 26 of docs/expert-review.md, and two who do the same: release, close, answer,
choose, decide. Cases 1 and 11 are in test_concurrency.py (two publishers) and test_versions.py (a
publication that fails midway); what a publication says of its review goes with it here.
"""

import pytest
from django.utils import timezone

from agreements import drafting, publishing
from agreements.models import Agreement, Edit, Publication, Version
from experts import badges, panels, reviewing
from experts.models import (
    Assignment,
    BadgeWithdrawal,
    Comment,
    Dissent,
    OutboxLetter,
    Response,
    ReviewedPublication,
    ReviewRound,
    Verdict,
)
from tests.conftest import NOON
from tests.panels import (
    BALANCED,
    DAY,
    closed,
    comment_of,
    judge,
    last_day,
    make_expert,
    members,
    opened,
    prepared,
    released,
    sealed_version,
)
from tests.test_concurrency import at_once, split
from tests.test_record_races import one_after_the_other

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = timezone.localdate(NOON)
WORDS = {"sq": "Arsyeja.", "sr": "Разлог.", "en": "The reason."}


@pytest.fixture
def people(person):
    return person("ana"), person("besa")


@pytest.fixture
def version(person):
    return sealed_version(person("editor"))


def kinds(failed):
    return {type(error) for error in failed}


# ── Two coordinators ─────────────────────────────────────────────────────────────────────────


def test_of_two_who_prepare_a_round_one_does_and_the_other_is_told_whose_it_is(version, people):
    def preparing(by):
        return lambda: reviewing.prepare(
            version, profiles=["law"], answer_by=TODAY, review_by=TODAY, by=by, at=NOON
        )

    won, failed = split(at_once(*map(preparing, people)))
    assert len(won) == 1
    assert kinds(failed) == {reviewing.InReview}
    assert won[0].prepared_by.username in str(failed[0])
    assert ReviewRound.objects.get() == won[0]
    assert won[0].seats.count() == 1


def test_of_two_who_open_a_round_one_does_and_everybody_is_invited_once(version, people):
    round_ = prepared(version, people[0])

    def opening(by):
        copy = ReviewRound.objects.get(pk=round_.pk)
        return lambda: reviewing.open_round(copy, by=by, at=NOON)

    won, failed = split(at_once(*map(opening, people)))
    assert len(won) == 1
    assert kinds(failed) == {reviewing.RoundOver}
    assert round_.events.filter(action="opened").count() == 1
    assert OutboxLetter.objects.count() == 5
    assert set(Assignment.objects.values_list("invitations", flat=True)) == {1}


def test_a_seat_that_is_freed_at_the_last_moment_is_not_opened_free(version, people):
    ana, besa = people
    round_ = prepared(version, ana)
    first = members(round_)[0]
    outcomes = one_after_the_other(
        lambda: reviewing.leave(first, by=ana, at=NOON),
        lambda: reviewing.open_round(round_, by=besa, at=NOON),
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), reviewing.NotComplete]
    assert ReviewRound.objects.get().phase == "preparing"


def choosing_newcomer(seat, by):
    """Return an action that puts an expert nobody was asked for yet on a seat."""
    expert = make_expert(f"Expert of {by}", profile=seat.profile)
    return lambda: reviewing.choose(seat, expert, by=by, at=NOON)


def test_of_two_who_choose_for_one_seat_one_does(version, people):
    round_ = prepared(version, people[0])
    first = members(round_)[0]
    reviewing.leave(first, by=people[0], at=NOON)
    choosing = [choosing_newcomer(first.seat, by) for by in people]
    won, failed = split(at_once(*choosing))
    assert len(won) == 1
    assert kinds(failed) == {reviewing.NotComplete}
    assert Assignment.objects.live().get(seat=first.seat) == won[0]
    chosen = round_.events.filter(action="seated", member__seat=first.seat)
    assert chosen.count() == 2  # whoever left, and one


def test_two_who_choose_for_two_seats_draw_two_aliases(version, people):
    round_ = prepared(version, people[0])
    free = members(round_)[:2]
    for assignment in free:
        reviewing.leave(assignment, by=people[0], at=NOON)
    choosing = [choosing_newcomer(old.seat, by) for by, old in zip(people, free, strict=True)]
    won, failed = split(at_once(*choosing))
    assert (len(won), failed) == (2, [])
    aliases = round_.assignments.values_list("alias", flat=True)
    assert len(set(aliases)) == len(aliases) == 7


def test_of_two_who_release_one_does_and_each_expert_gets_one_letter(version, people):
    round_ = opened(version, people[0])
    for assignment in members(round_):
        judge(assignment)
    won, failed = split(
        at_once(
            *(
                lambda by=by: reviewing.release(round_, discuss_by=TODAY + 14 * DAY, by=by, at=NOON)
                for by in people
            )
        )
    )
    assert len(won) == 1
    assert kinds(failed) == {reviewing.RoundOver}
    assert round_.events.filter(action="released").count() == 1
    assert OutboxLetter.objects.filter(rule="released").count() == 5


def test_of_two_who_close_one_does(version, people):
    round_ = released(version, people[0])
    won, failed = split(
        at_once(
            *(lambda by=by: reviewing.close(round_, by=by, at=last_day(round_)) for by in people)
        )
    )
    assert len(won) == 1
    assert kinds(failed) == {reviewing.RoundOver}
    assert round_.events.filter(action="closed").count() == 1
    assert OutboxLetter.objects.filter(rule="outcome").count() == 5


def test_of_closing_and_cancelling_one_outcome_stays(version, people):
    ana, besa = people
    round_ = released(version, ana)
    won, failed = split(
        at_once(
            lambda: reviewing.close(round_, by=ana, at=last_day(round_)),
            lambda: reviewing.cancel(round_, by=besa, at=NOON),
        )
    )
    assert len(won) == 1
    assert kinds(failed) == {reviewing.RoundOver}
    assert ReviewRound.objects.get().outcome == won[0].outcome
    assert round_.events.filter(action__in=["closed", "cancelled"]).count() == 1


# ── An expert and a coordinator ──────────────────────────────────────────────────────────────


def stale(assignment):
    return Assignment.objects.select_related("round", "expert").get(pk=assignment.pk)


@pytest.mark.parametrize("first", ["accept", "take off", "neither"])
def test_accepting_and_being_taken_off_at_once_have_one_outcome(first, version, people):
    round_ = reviewing.open_round(prepared(version, people[0]), by=people[0], at=NOON)
    member, same = stale(members(round_)[0]), stale(members(round_)[0])
    actions = {
        "accept": lambda: reviewing.accept(member, at=NOON) or "accepted",
        "take off": lambda: reviewing.leave(same, by=people[0], at=NOON) or "cancelled",
    }
    if first == "neither":
        outcomes = at_once(*actions.values())
    else:
        order = sorted(actions, key=lambda name: name != first)
        outcomes = one_after_the_other(*(actions[name] for name in order))
        assert not isinstance(outcomes[0], Exception)
    won, failed = split(outcomes)
    assert len(won) == 1
    assert kinds(failed) <= {reviewing.AlreadyAnswered, reviewing.NotComplete}
    assert Assignment.objects.get(pk=member.pk).state == won[0]
    told = round_.events.filter(action__in=["accepted", "withdrawn"])
    assert [event.member for event in told] == [member]


def test_accepting_and_declining_at_once_have_one_outcome(version, people):
    round_ = reviewing.open_round(prepared(version, people[0]), by=people[0], at=NOON)
    member, same = stale(members(round_)[0]), stale(members(round_)[0])
    won, failed = split(
        at_once(
            lambda: reviewing.accept(member, at=NOON) or "accepted",
            lambda: reviewing.decline(same, at=NOON) or "declined",
            lambda: reviewing.decline(same, at=NOON) or "declined",
        )
    )
    assert len(won) == 1
    assert kinds(failed) == {reviewing.AlreadyAnswered}
    assert Assignment.objects.get(pk=member.pk).state == won[0]
    assert round_.events.filter(action__in=["accepted", "declined"]).count() == 1


def test_accepting_and_the_end_of_a_round_at_once_have_one_outcome(version, people):
    round_ = reviewing.open_round(prepared(version, people[0]), by=people[0], at=NOON)
    member = stale(members(round_)[0])
    outcomes = at_once(
        lambda: reviewing.accept(member, at=NOON) or "accepted",
        lambda: reviewing.cancel(round_, by=people[0], at=NOON) and "over",
    )
    assert outcomes[1] == "over"
    state = Assignment.objects.get(pk=member.pk).state
    assert state == ("accepted" if outcomes[0] == "accepted" else "cancelled")
    if outcomes[0] != "accepted":
        assert isinstance(outcomes[0], reviewing.RoundOver)


@pytest.mark.parametrize("first", ["verdict", "closing", "neither"])
def test_a_verdict_while_the_round_closes_is_refused_or_counted(first, version, people):
    """Four of five approve and one is not convinced, until it revises or the round is closed."""
    against = ("approve", "not-convinced", "approve", "not-convinced", "approve")
    round_ = released(version, people[0], against)
    member = stale(members(round_)[1])
    actions = {
        "verdict": lambda: judge(member, "approve"),
        "closing": lambda: reviewing.close(round_, by=people[0], at=last_day(round_)),
    }
    if first == "neither":
        verdict, ended = at_once(*actions.values())
    else:
        order = sorted(actions, key=lambda name: name != first)
        found = dict(
            zip(order, one_after_the_other(*(actions[name] for name in order)), strict=True)
        )
        verdict, ended = found["verdict"], found["closing"]
    counted = isinstance(verdict, Verdict)
    assert counted or isinstance(verdict, reviewing.RoundOver)
    if first != "neither":
        assert counted == (first == "verdict")
    assert ended.outcome == ("passed" if counted else "not-passed")
    assert Verdict.objects.filter(assignment=member).count() == 1 + counted
    assert ReviewRound.objects.get().report == ended.report


def test_a_verdict_while_the_comments_are_released_is_late_or_was_there(version, people):
    round_ = opened(version, people[0], (*BALANCED, ("law", "")))
    *others, last = members(round_)
    for assignment in others:
        judge(assignment)
    last = stale(last)
    at = NOON + 30 * DAY
    verdict, talk = at_once(
        lambda: judge(last, at=at),
        lambda: reviewing.release(round_, discuss_by=TODAY + 40 * DAY, by=people[0], at=at),
    )
    assert not isinstance(verdict, Exception)
    released_with = OutboxLetter.objects.filter(rule="released").count()
    assert released_with == (5 if verdict.is_late else 6)
    assert talk.phase == "discussion"


def test_two_windows_of_one_expert_give_one_first_verdict(version, people):
    member = members(opened(version, people[0]))[0]
    copies = [stale(member) for _each in range(4)]
    won, failed = split(at_once(*(lambda copy=copy: judge(copy) for copy in copies)))
    assert len(won) == 1
    assert kinds(failed) == {reviewing.NotComplete}
    assert Verdict.objects.get().number == 1


def test_a_comment_is_taken_back_or_an_objection_rests_on_it(version, people):
    member = members(opened(version, people[0]))[0]
    comment = comment_of(member)
    copies = [Comment.objects.get(pk=comment.pk) for _each in range(2)]
    won, failed = split(
        at_once(
            lambda: reviewing.take_back(copies[0], at=NOON) or "taken back",
            lambda: judge(stale(member), "object", comment=copies[1], would_lift="A source."),
        )
    )
    assert len(won) == 1
    assert kinds(failed) == {reviewing.NotComplete}
    comment.refresh_from_db()
    assert (comment.taken_back_at is not None) == (won == ["taken back"])
    assert Verdict.objects.exists() == (comment.taken_back_at is None)


# ── Two editors ──────────────────────────────────────────────────────────────────────────────


def test_two_who_answer_one_comment_both_stay_and_the_newest_holds(version, people):
    round_ = released(version, people[0], ("object", *("approve",) * 4))
    comment = Comment.objects.get()
    won, failed = split(
        at_once(
            *(
                lambda by=by: reviewing.respond(comment, "noted", reason=by.username, by=by)
                for by in people
            )
        )
    )
    assert (len(won), failed) == (2, [])
    assert comment.responses.count() == 2
    assert round_.events.filter(action="answered").count() == 2
    assert panels.received(round_).comments == 1


def test_an_answer_while_the_round_closes_is_in_time_or_refused(version, people):
    round_ = released(version, people[0], ("object", *("approve",) * 4))
    comment = Comment.objects.get()
    answer, ended = at_once(
        lambda: reviewing.respond(comment, "noted", by=people[1], at=NOON),
        lambda: reviewing.close(round_, by=people[0], at=last_day(round_)),
    )
    assert isinstance(answer, Response)  # unanswered, the round does not close
    assert isinstance(ended, reviewing.Unanswered) or ended.report["comments"] == 1
    assert ReviewRound.objects.get().phase == (
        "discussion" if isinstance(ended, Exception) else "closed"
    )


def suggestions(round_, *places):
    """Return a sent suggestion for each (place, wording), by members of a round in discussion."""
    return [
        comment_of(member, place=place, suggestion=wording)
        for member, (place, wording) in zip(members(round_), places, strict=False)
    ]


def test_two_suggestions_for_one_text_are_never_half_taken(version, people):
    round_ = released(version, people[0])
    wanted = ("One.", "Two.")
    comments = suggestions(round_, *(("summary", text) for text in wanted))
    outcomes = at_once(
        *(
            lambda comment=comment, by=by: reviewing.accept_suggestion(comment, by=by, at=NOON)
            for comment, by in zip(comments, people, strict=True)
        )
    )
    won, failed = split(outcomes)
    assert len(won) == 1
    assert isinstance(failed[0], (drafting.EditConflict, reviewing.TextMoved))
    draft = version.agreement.versions.drafts().get()
    assert draft.summary_en == wanted[outcomes.index(won[0])]
    assert Response.objects.get() == won[0]
    assert Edit.objects.filter(version=draft).count() == 1


def test_two_suggestions_for_two_texts_are_both_taken_into_one_draft(version, people):
    round_ = released(version, people[0])
    comments = suggestions(round_, ("summary", "One."), ("provision.p1.text", "Two."))
    won, failed = split(
        at_once(
            *(
                lambda comment=comment, by=by: reviewing.accept_suggestion(comment, by=by, at=NOON)
                for comment, by in zip(comments, people, strict=True)
            )
        )
    )
    assert (len(won), failed) == (2, [])
    draft = Version.objects.drafts().get(agreement=version.agreement)
    assert (draft.summary_en, draft.provision_texts.get().text_en) == ("One.", "Two.")
    assert Response.objects.count() == 2


# ── Two who decide ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("verb", "words", "model", "verdicts", "action"),
    [
        ("dissent", "texts", Dissent, ("not-convinced",) * 5, "overridden"),
        ("withdraw_badge", "reasons", BadgeWithdrawal, ("approve",) * 5, "badge-withdrawn"),
    ],
)
def test_of_two_who_decide_about_a_round_one_does(
    verb, words, model, verdicts, action, version, people
):
    round_ = closed(version, people[0], verdicts)
    decide = getattr(reviewing, verb)
    won, failed = split(
        at_once(*(lambda by=by: decide(round_, by=by, at=NOON, **{words: WORDS}) for by in people))
    )
    assert len(won) == 1
    assert kinds(failed) == {reviewing.NotComplete}
    assert model.objects.get() == won[0]
    assert round_.events.filter(action=action).count() == 1


def test_when_a_publication_cannot_say_how_it_was_reviewed_nothing_is_public(
    version, people, monkeypatch
):
    def fails(publication):
        raise RuntimeError

    monkeypatch.setattr(publishing, "WITNESSES", [badges.record_publication, fails])
    with pytest.raises(RuntimeError):
        publishing.publish(version, by=people[0], replacing=None, at=NOON)
    assert Agreement.objects.get(pk=version.agreement_id).published is None
    assert not Publication.objects.exists()
    assert not ReviewedPublication.objects.exists()
