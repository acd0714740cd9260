"""What the database itself refuses in expert review, whoever asks and however.

Case 7 of docs/expert-review.md for what reviews leave behind, and the rules behind cases 4, 8, 24,
26, 27, 31 and 32. Each rule is tried twice: with its trigger it is refused, without it is not.
"""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from agreements import publishing
from agreements.immutability import MESSAGE_SEALED
from experts import fidelity, immutability, outbox, reviewing
from experts.models import (
    Assignment,
    BadgeWithdrawal,
    CarryOver,
    Comment,
    Dissent,
    Expert,
    FidelityCheck,
    OutboxLetter,
    QuorumPolicy,
    Reply,
    Response,
    ReviewedPublication,
    ReviewRound,
    RoundEvent,
    Seat,
    Verdict,
)
from tests.conftest import NOON
from tests.panels import (
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
from tests.past_the_verbs import refused, sql

pytestmark = pytest.mark.django_db

WORDS = {"sq": "Arsyeja.", "sr": "Разлог.", "en": "The reason."}
RULES = {rule[0]: rule for rule in immutability.rules()}


class Undone(Exception):
    """Takes back what was tried without a trigger."""


@contextmanager
def without(name):
    """Do something as if a trigger were not there, and take it back."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            on = ""
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                on = f" ON {RULES[name][1]}"
            cursor.execute(f"DROP TRIGGER {name}{on}")
            yield
            raise Undone
    except Undone:
        pass


def said_without(name, action):
    try:
        with without(name):
            action()
    except DatabaseError as error:
        return str(error)
    return ""


def guarded(tries):
    """Return what is wrong of {(trigger, what is tried): action}: nothing, where all is well."""
    wrong = {}
    for (name, what), action in tries.items():
        message = RULES[name][4]
        if message not in refused(action):
            wrong[name, what] = "not refused"
        elif message in said_without(name, action):
            wrong[name, what] = "refused by another rule as well"
    return wrong


# ── What was said is only added to ───────────────────────────────────────────────────────────


@pytest.fixture
def over(editor, publisher, person):
    """One row of everything that two rounds leave behind: one did not pass, one did."""
    coordinator, version = person("coordinator"), sealed_version(editor)
    failed = closed(version, coordinator, ("object", *("approve",) * 4), editor=editor)
    verdict = members(failed)[0].verdicts.get()
    reviewing.lift(verdict, assignment=members(failed)[0], version=version, at=NOON)
    reviewing.dissent(failed, texts=WORDS, by=coordinator, at=NOON)

    second = next_version(version, editor)
    talked = released(second, coordinator)
    comment = comment_of(members(talked)[0])
    reviewing.reply(comment, "Why?", by=editor, at=NOON)
    reviewing.respond(comment, "noted", by=editor, at=NOON)
    passed = reviewing.close(talked, by=coordinator, at=last_day(talked))
    fidelity.check(second, "sq", is_faithful=True, assignment=members(passed)[0], at=NOON)
    publishing.publish(second, by=publisher, replacing=None, at=NOON)
    reviewing.withdraw_badge(passed, reasons=WORDS, by=publisher, at=NOON)
    return SimpleNamespace(
        failed=failed, passed=passed, comment=comment, verdict=verdict, version=second
    )


def test_every_table_of_what_was_said_refuses_changes_and_deletions(over):
    tries = {}
    for name, table, event, *_rest in RULES.values():
        if not name.startswith("expert_"):
            continue
        (model,) = [each for each in apps.get_models() if each._meta.db_table == table]
        pk = model.objects.last().pk
        statement = {
            "UPDATE": f"UPDATE {table} SET id = id WHERE id = %s",
            "DELETE": f"DELETE FROM {table} WHERE id = %s",
        }[event]
        tries[name, table] = sql(statement, pk)
    assert len(tries) == 22
    assert guarded(tries) == {}


def test_a_verdict_refuses_every_way_of_changing_it(over):
    rows = Verdict.objects.filter(pk=over.verdict.pk)
    changed = rows.get()
    changed.judgement = "approve"
    for change in (
        changed.save,
        lambda: rows.update(judgement="approve"),
        lambda: Verdict.objects.bulk_update([changed], ["judgement"]),
        lambda: Verdict.objects.bulk_create(
            [changed],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["judgement"],
        ),
        lambda: rows._raw_delete(rows.db),
        sql("UPDATE experts_verdict SET reason = 'Other.' WHERE id = %s", changed.pk),
        sql("DELETE FROM experts_verdict WHERE id = %s", changed.pk),
    ):
        said = refused(change)
        assert immutability.MESSAGE_ADDED_ONLY in said or immutability.MESSAGE_VERDICT_TRUE in said
    assert rows.get().judgement == "object"


def test_a_row_cannot_be_replaced_or_a_table_emptied_behind_the_guards(over):
    if connection.vendor == "sqlite":
        columns = [field.column for field in RoundEvent._meta.concrete_fields]
        values = ", ".join("'other'" if name == "detail" else name for name in columns)
        change = sql(
            f"REPLACE INTO experts_roundevent ({', '.join(columns)})"
            f" SELECT {values} FROM experts_roundevent WHERE id = %s",
            RoundEvent.objects.first().pk,
        )
        assert immutability.MESSAGE_ADDED_ONLY in refused(change)
        return
    sql("SET CONSTRAINTS ALL IMMEDIATE")()  # else PostgreSQL refuses for another reason
    for table in immutability.NEVER_EMPTIED:
        assert MESSAGE_SEALED in refused(sql(f"TRUNCATE {table} CASCADE"))


# ── Rounds, panels, verdicts, comments ───────────────────────────────────────────────────────


@pytest.fixture
def live(editor, publisher, person):
    """A round in discussion with a newer version behind it, and one that is only prepared."""
    coordinator, version = person("coordinator"), sealed_version(editor)
    round_ = released(version, coordinator)
    first, second = members(round_)[:2]
    policy = QuorumPolicy.objects.first()
    other = prepared(sealed_version(editor, slug="other"), coordinator)
    reviewing.leave(members(other)[0], by=coordinator, at=NOON)
    return SimpleNamespace(
        coordinator=coordinator,
        editor=editor,
        publisher=publisher,
        version=version,
        newer=next_version(version, editor),
        draft=publishing.open_draft(other.agreement, by=editor),
        round=round_,
        first=first,
        second=second,
        sent=comment_of(first),
        own_draft=comment_of(first, sent=False),
        of_second=comment_of(second),
        policy=QuorumPolicy.objects.create(rules=policy.rules, since=policy.since - DAY),
        other=other,
        chosen=members(other)[1],
        seat=members(other)[0].seat,
    )


def rows(row, **columns):
    """Return an action that overwrites columns of a row by a bulk update."""
    return lambda: type(row).objects.filter(pk=row.pk).update(**columns)


def deleted(row):
    """Return an action that deletes a row past the checks of Django."""
    return sql(f"DELETE FROM {row._meta.db_table} WHERE id = %s", row.pk)


def a_round(live, **columns):
    values = {
        "agreement": live.version.agreement,
        "version": live.version,
        "number": 2,
        "policy": live.policy,
        "answer_by": live.round.answer_by,
        "review_by": live.round.review_by,
        "prepared_by": live.coordinator,
        "prepared_at": NOON,
    }
    return lambda: ReviewRound.objects.create(**values | columns)


def a_member(live, **columns):
    values = {"round": live.other, "seat": live.seat, "alias": 10}
    return lambda: Assignment.objects.create(
        **values | {"expert": Expert.objects.get(name="Newcomer")} | columns
    )


def a_verdict(live, **columns):
    values = {
        "assignment": live.first,
        "number": 9,
        "judgement": "approve",
        "substance_hash": live.version.substance_hash,
        "given_at": NOON,
    }
    return lambda: Verdict.objects.create(**values | columns)


def a_comment(live, **columns):
    values = {
        "assignment": live.first,
        "version": live.version,
        "language": "en",
        "place": "summary",
        "kind": "fact",
        "text": "So.",
        "saved_at": NOON,
    }
    return lambda: Comment.objects.create(**values | columns)


def words_of(model, field, round_, by):
    who, when = {"text": ("decided_by", "decided_at")}.get(field, ("withdrawn_by", "withdrawn_at"))
    columns = {f"{field}_{language}": text for language, text in WORDS.items()}
    return lambda: model.objects.create(round=round_, **{who: by, when: NOON}, **columns)


def test_a_round_is_born_in_preparation_on_a_sealed_version_of_its_agreement(live):
    opened_at = {"phase": "independent", "opened_at": NOON}
    elsewhere = live.other.version
    tries = {
        ("round_true", "open"): a_round(live, **opened_at),
        ("round_true", "draft"): a_round(live, agreement=live.draft.agreement, version=live.draft),
        ("round_true", "another agreement's"): a_round(live, version=elsewhere),
        ("round_stays_true", "draft"): rows(live.other, version=live.draft),
        ("round_stays_true", "another agreement's"): rows(live.other, version=live.version),
    }
    assert guarded(tries) == {}


def test_an_opened_round_keeps_version_rule_and_number_and_goes_forward(live):
    tries = {
        ("round_keeps", "version"): rows(live.round, version=live.newer),
        ("round_keeps", "rule"): rows(live.round, policy=live.policy),
        ("round_keeps", "number"): rows(live.round, number=7),
        ("round_forward", "back"): rows(live.round, phase="independent"),
        ("round_stays", "discussion"): deleted(live.round),
    }
    assert guarded(tries) == {}
    assert refused(rows(live.other, policy=live.policy)) == ""
    assert refused(rows(live.round, revision=99)) == ""


def test_a_closed_round_never_changes(over):
    back = {"phase": "discussion", "outcome": "", "closed_at": None}
    tries = {
        ("round_forward", "outcome"): rows(over.failed, outcome="passed"),
        ("round_forward", "report"): rows(over.passed, report=None),
        ("round_forward", "day"): rows(over.passed, discuss_by=over.passed.discuss_by + DAY),
        ("round_forward", "back"): rows(over.passed, **back),
        ("round_stays", "closed"): deleted(over.passed),
    }
    assert guarded(tries) == {}


def test_dissent_follows_a_failed_round_and_a_badge_ends_where_one_was_given(live, person):
    by = person("decider")
    lost = closed(sealed_version(live.editor, slug="lost"), by, ("not-convinced",) * 5)
    won = closed(sealed_version(live.editor, slug="won"), by)
    tries = {
        ("dissent_true", "open"): words_of(Dissent, "text", live.round, by),
        ("dissent_true", "passed"): words_of(Dissent, "text", won, by),
        ("badgewithdrawal_true", "open"): words_of(BadgeWithdrawal, "reason", live.round, by),
        ("badgewithdrawal_true", "failed"): words_of(BadgeWithdrawal, "reason", lost, by),
    }
    assert guarded(tries) == {}


def test_the_seats_of_an_opened_round_are_fixed(live):
    spare = Seat.objects.create(round=live.other, profile="history")
    tries = {
        ("seat_fixed_insert", ""): lambda: Seat.objects.create(round=live.round, profile="law"),
        ("seat_fixed_update", "profile"): rows(live.first.seat, profile="history"),
        ("seat_fixed_update", "moved in"): rows(spare, round=live.round),
        ("seat_fixed_update", "moved out"): rows(live.first.seat, round=live.other),
        ("seat_fixed_delete", ""): deleted(live.first.seat),
    }
    assert guarded(tries) == {}
    assert refused(rows(spare, profile="law")) == ""
    assert refused(deleted(spare)) == ""


def test_who_sits_where_is_fixed(live):
    newcomer = make_expert("Newcomer")
    tries = {
        ("member_true", "a seat of another round"): a_member(live, seat=live.first.seat),
        ("member_fixed", "expert"): rows(live.chosen, expert=newcomer),
        ("member_fixed", "round"): rows(live.chosen, round=live.round, seat=live.first.seat),
        ("member_fixed", "a seat of another round"): rows(live.chosen, seat=live.first.seat),
        ("member_fixed", "seat after accepting"): rows(live.first, seat=live.second.seat),
        ("member_fixed", "alias after accepting"): rows(live.first, alias=10),
        ("member_stays", "invited"): deleted(live.first),
    }
    assert guarded(tries) == {}
    assert refused(rows(live.chosen, seat=live.seat)) == ""
    assert refused(rows(live.chosen, alias=10)) == ""


def test_a_verdict_comes_from_the_panel_of_an_open_round_on_its_text(live, invited_and_ended):
    invited, ended = invited_and_ended

    def on_its_text(member):
        substance = member.round.version.substance_hash
        return a_verdict(live, assignment=member, substance_hash=substance)

    tries = {
        ("verdict_true", "chosen"): on_its_text(live.chosen),
        ("verdict_true", "invited"): on_its_text(invited),
        ("verdict_true", "closed"): on_its_text(ended),
        ("verdict_true", "another text"): a_verdict(live, substance_hash="1:other"),
        ("verdict_true", "another's comment"): a_verdict(live, comment=live.of_second),
        ("verdict_true", "unsent comment"): a_verdict(live, comment=live.own_draft),
    }
    assert guarded(tries) == {}
    assert refused(a_verdict(live, comment=live.sent)) == ""


@pytest.fixture
def invited_and_ended(live):
    """Return a member who is only invited, and one of a closed round."""
    open_ = reviewing.open_round(
        prepared(sealed_version(live.editor, slug="invited"), live.coordinator),
        by=live.coordinator,
        at=NOON,
    )
    ended = closed(sealed_version(live.editor, slug="ended"), live.coordinator)
    return members(open_)[0], members(ended)[0]


def test_a_comment_that_was_sent_stays_as_it_is(live):
    changes = {
        "assignment": live.second,
        "key": "other",
        "language": "sr",
        "place": "title",
        "paragraph": 1,
        "before": "Other.",
        "quote": "Other",
        "kind": "bias",
        "is_blocking": True,
        "text": "Other.",
        "suggestion": "Other.",
        "saved_at": NOON + DAY,
        "sent_at": NOON + DAY,
    }
    taken_back = comment_of(live.first)
    reviewing.take_back(taken_back, at=NOON)
    tries = {
        ("comment_fixed_update", name): rows(live.sent, **{name: value})
        for name, value in changes.items()
    } | {
        ("comment_true_insert", ""): a_comment(live, version=live.newer),
        ("comment_true_update", "draft"): rows(live.own_draft, version=live.newer),
        ("comment_true_update", "moved"): rows(live.own_draft, assignment=live.chosen),
        ("comment_fixed_update", "unsent"): rows(live.sent, sent_at=None),
        ("comment_fixed_update", "given again"): rows(taken_back, taken_back_at=None),
        ("comment_fixed_delete", ""): deleted(live.sent),
    }
    assert guarded(tries) == {}
    assert refused(rows(live.own_draft, text="Other.")) == ""
    assert refused(deleted(live.own_draft)) == ""
    assert refused(rows(live.sent, taken_back_at=NOON)) == ""


def test_every_trigger_is_tried_above():
    """By name, so that a new rule without a test is noticed."""
    tried = """
        round_true round_stays_true round_keeps round_forward round_stays dissent_true
        badgewithdrawal_true seat_fixed_insert seat_fixed_update seat_fixed_delete member_true
        member_fixed member_stays verdict_true comment_true_insert comment_true_update
        comment_fixed_update comment_fixed_delete
    """.split()
    assert [name for name in RULES if not name.startswith("expert_")] == tried


# ── Constraints by name ──────────────────────────────────────────────────────────────────────


def a_letter(**columns):
    values = {"key": "k", "rule": "invitation", "made_at": NOON}
    return lambda: OutboxLetter.objects.create(**values | columns)


def a_response(live, **columns):
    values = {"comment": live.sent, "decision": "noted", "by": live.editor, "at": NOON}
    return lambda: Response.objects.create(**values | columns)


def a_reply(live, **columns):
    return lambda: Reply.objects.create(comment=live.sent, text="Why?", at=NOON, **columns)


def a_check(live, **columns):
    values = {
        "version": live.version,
        "language": "sq",
        "language_hash": "1:x",
        "substance_hash": "1:x",
        "is_faithful": True,
        "colleague": live.editor,
        "checked_at": NOON,
    }
    return lambda: FidelityCheck.objects.create(**values | columns)


def a_carry_over(live, **columns):
    values = {
        "version": live.newer,
        "round": live.round,
        "proposed_by": live.editor,
        "proposed_at": NOON,
    }
    return lambda: CarryOver.objects.create(**values | columns)


def another_of_the_same_number(live):
    def act():
        reviewing.cancel(live.other, by=live.coordinator, at=NOON)
        version = live.other.version
        a_round(live, agreement=version.agreement, version=version, number=1)()

    return act


def constraints(live):
    """Yield (constraint, what it refuses)."""
    expert, over_by = live.first.expert, {"phase": "closed", "closed_at": NOON}
    yield "expert_profile_is_known", rows(expert, profile="x")
    yield "expert_further_profile_is_known", rows(expert, further_profile="x")
    yield "expert_email_once", rows(expert, email=live.second.expert.email.upper())
    yield "erased_expert_has_no_name", rows(expert, erased_at=NOON)
    yield "expert_has_name_and_email", rows(expert, email="")
    yield "expert_has_name_and_email", rows(expert, name="")

    yield "reviewround_phase_is_known", rows(live.round, phase="x")
    yield "reviewround_outcome_is_known", rows(live.round, outcome="x", **over_by)
    yield "round_number_once", another_of_the_same_number(live)
    yield "one_open_round_per_agreement", a_round(live)
    yield "closed_round_has_outcome", rows(live.round, **over_by)
    yield "closed_round_has_outcome", rows(live.round, phase="closed", outcome="passed")
    yield "closed_round_has_outcome", rows(live.round, outcome="passed")
    yield "discussion_was_released", rows(live.other, phase="discussion", opened_at=NOON)
    yield "discussion_was_released", rows(live.round, discuss_by=None)
    yield "open_round_was_opened", rows(live.other, phase="independent")
    yield "open_round_was_opened", rows(live.other, outcome="superseded", **over_by)
    yield "review_due_after_answer", rows(live.round, review_by=live.round.answer_by - DAY)
    yield "seat_profile_is_known", lambda: Seat.objects.create(round=live.other, profile="x")
    yield (
        "roundevent_action_is_known",
        lambda: RoundEvent.objects.create(round=live.round, action="x", at=NOON),
    )

    yield "assignment_state_is_known", rows(live.chosen, state="x")
    yield "alias_once_per_round", a_member(live, alias=live.chosen.alias)
    yield "expert_once_per_round", a_member(live, expert=live.chosen.expert)
    yield "one_expert_per_seat", a_member(live, seat=live.chosen.seat)
    yield "submitted_has_moment", rows(live.chosen, state="submitted")

    yield "comment_kind_is_known", a_comment(live, kind="x")
    yield "comment_language_known", a_comment(live, language="de")
    yield "sent_comment_says_something", a_comment(live, text="", sent_at=NOON)
    yield "only_sent_is_taken_back", a_comment(live, taken_back_at=NOON)
    yield "response_decision_is_known", a_response(live, decision="x")
    yield "rejection_has_reason", a_response(live, decision="rejected")
    yield "reply_by_one_person", a_reply(live)
    yield "reply_by_one_person", a_reply(live, member=live.first, colleague=live.editor)

    yield "outboxletter_rule_is_known", a_letter(rule="x", assignment=live.first)
    yield "letter_to_one_person", a_letter()
    yield "letter_to_one_person", a_letter(assignment=live.first, colleague=live.editor)
    yield "sent_letter_was_claimed", a_letter(assignment=live.first, sent_at=NOON)

    yield "verdict_judgement_is_known", a_verdict(live, judgement="x")
    yield "verdict_number_once", a_verdict(live, number=1)
    unlifted = {"judgement": "object", "comment": live.sent}
    yield "objection_says_what_lifts_it", a_verdict(live, **unlifted)
    yield "objection_says_what_lifts_it", a_verdict(live, judgement="object", would_lift="A source")
    yield "not_convinced_has_reason", a_verdict(live, judgement="not-convinced")
    for score in ("objectivity", "precision", "completeness"):
        for value in (0, 10):
            yield f"verdict_{score}_from_one_to_nine", a_verdict(live, **{score: value})

    yield "fidelity_language_known", a_check(live, language="de")
    yield "fidelity_by_one_reader", a_check(live, colleague=None)
    yield "fidelity_by_one_reader", a_check(live, expert=expert)
    yield "unfaithful_says_where", a_check(live, is_faithful=False)
    own = {"confirmed_by": live.editor, "confirmed_at": NOON}
    yield "second_editor_carries_over", a_carry_over(live, **own)
    yield "carry_over_confirmed_when", a_carry_over(live, confirmed_by=live.publisher)
    yield "carry_over_contested_when", a_carry_over(live, contested_by=live.first)

    publication = publishing.publish(live.version, by=live.publisher, replacing=None, at=NOON)
    for name, level in (
        ("reviewedpublication_level_is_known", "x"),
        ("level_rests_on_round", "verified"),
    ):
        columns = {"level": level, "round": live.round if level == "x" else None}
        yield (
            name,
            lambda columns=columns: ReviewedPublication.objects.create(
                publication=publication, **columns
            ),
        )


def test_every_constraint_refuses_by_its_name(live):
    make_expert("Newcomer")
    known = {
        constraint.name: constraint
        for model in apps.get_app_config("experts").get_models()
        for constraint in model._meta.constraints
    }
    tried, wrong = set(), []
    for name, action in constraints(live):
        tried.add(name)
        said = refused(action)
        unique = isinstance(known[name], models.UniqueConstraint)
        # SQLite names the columns of what has to be unique, and not the rule.
        if name not in said and not (
            unique and connection.vendor == "sqlite" and "UNIQUE constraint failed" in said
        ):
            wrong.append((name, said))
    assert wrong == []
    assert tried == set(known)


def test_a_letter_is_put_in_once_whatever_the_verb(live):
    key = f"{live.first.pk}:outcome"
    assert outbox.put("outcome", live.first, at=NOON)
    assert not outbox.put("outcome", live.first, at=NOON)
    assert "key" in refused(a_letter(key=key, rule="outcome", assignment=live.first))


def test_a_taken_off_member_gives_no_verdict_past_the_verbs(live, editor):
    round_ = opened(sealed_version(editor, slug="left"), live.coordinator)
    member = members(round_)[0]
    judge(member)
    reviewing.leave(member, at=NOON)
    substance = round_.version.substance_hash
    late = a_verdict(live, assignment=member, number=2, substance_hash=substance)
    assert immutability.MESSAGE_VERDICT_TRUE in refused(late)
