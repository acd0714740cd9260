"""Two people at one record at once, with real threads: one wins, the other is told."""

import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import translation

from agreements import immutability, recording
from agreements.models import Assessment, AuditEntry, Obstacle, Position, RecordSource
from dialogue_platform.dates import written_moment
from tests.conftest import NOON, make_draft
from tests.records import (
    WHY,
    make_assessment,
    make_obligation,
    make_obstacle,
    make_position,
    make_source,
    words,
)
from tests.test_concurrency import at_once, split

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(days=1)


@pytest.fixture
def version(person):
    return make_draft(person("editor"), provisions=2)


def seen_by(draft):
    """Return what somebody has before them: a draft read on its own, with its revision."""
    return type(draft).objects.get(pk=draft.pk)


def publishing(draft, by, at=LATER):
    copy = seen_by(draft)
    return lambda: recording.publish(copy, by=by, seen=copy.revision, at=at)


def rewriting(draft, by, text):
    copy = seen_by(draft)
    return lambda: recording.rewrite(
        copy, by=by, seen=copy.revision, values=words("statement", text)
    )


def one_after_the_other(first, second, pause=0.4):
    """Start `second` while the transaction of `first` is done and not yet committed."""
    done = threading.Event()

    def slowly():
        with transaction.atomic():
            try:
                return first()
            finally:
                done.set()
                time.sleep(pause)

    def waiting():
        done.wait(10)
        return second()

    return at_once(slowly, waiting)


# ── Publishing ───────────────────────────────────────────────────────────────────────────────


def test_of_two_who_publish_one_draft_one_wins_and_the_other_is_told_by_whom(version, person):
    ana, besa = person("ana"), person("besa")
    draft = make_position(version)
    won, failed = split(at_once(publishing(draft, ana), publishing(draft, besa)))
    assert len(won) == 1
    assert [type(error) for error in failed] == [recording.NotADraft]
    assert won[0].published_by.username in str(failed[0])
    with translation.override(settings.LANGUAGE_CODE):  # the language of a thread of its own
        assert written_moment(LATER) in str(failed[0])
    assert Position.objects.public().get(key=draft.key).published_by == won[0].published_by
    entries = AuditEntry.objects.filter(agreement=version.agreement, action="record-published")
    assert [entry.actor for entry in entries] == [won[0].published_by]


def test_of_eight_who_publish_one_correction_one_wins_and_one_edition_is_public(version, person):
    first = make_position(version, publish=True)
    draft = recording.correct(first, by=version.prepared_by, notes=WHY)
    people = [person(f"publisher-{n}") for n in range(8)]
    won, failed = split(at_once(*(publishing(draft, by) for by in people)))
    assert len(won) == 1
    assert {type(error) for error in failed} == {recording.NotADraft}
    assert Position.objects.public().get(key=draft.key) == won[0]
    assert Position.objects.get(pk=first.pk).ended_at == won[0].published_at


def test_of_two_assessments_of_one_day_published_at_once_one_is_public(version, person):
    obligation = make_obligation(version, publish=True)
    drafts = [make_assessment(obligation, key=key) for key in ("one", "two")]
    ana, besa = person("ana"), person("besa")
    won, failed = split(at_once(publishing(drafts[0], ana), publishing(drafts[1], besa)))
    assert len(won) == 1
    assert [type(error) for error in failed] == [recording.RecordingError]
    assert Assessment.objects.public().get(obligation=obligation) == won[0]
    assert Assessment.objects.drafts().get().revision == 0


# ── The next edition ─────────────────────────────────────────────────────────────────────────


def test_of_two_who_correct_one_record_one_prepares_and_the_other_is_told_who(version, person):
    ana, besa = person("ana"), person("besa")
    record = make_position(version, publish=True)
    won, failed = split(
        at_once(*(lambda by=by: recording.correct(record, by=by, notes=WHY) for by in (ana, besa)))
    )
    assert len(won) == 1
    assert [type(error) for error in failed] == [recording.DraftOpen]
    assert won[0].prepared_by.username in str(failed[0])
    assert Position.objects.drafts().get() == won[0]


def test_of_eight_who_correct_or_withdraw_one_record_one_prepares_its_next_edition(version, person):
    record = make_obstacle(version, publish=True)
    people = [person(f"editor-{n}") for n in range(8)]
    verbs = [recording.correct, recording.withdraw] * 4
    won, failed = split(
        at_once(
            *(
                lambda by=by, verb=verb: verb(record, by=by, notes=WHY)
                for by, verb in zip(people, verbs, strict=True)
            )
        )
    )
    assert len(won) == 1
    assert {type(error) for error in failed} == {recording.DraftOpen}
    assert all(won[0].prepared_by.username in str(error) for error in failed)
    (draft,) = Obstacle.objects.drafts().filter(key=record.key)
    assert draft.provisions.count() == draft.recordsources.count() == 1


def test_of_eight_who_start_a_record_under_one_key_one_gets_it(version, person):
    people = [person(f"editor-{n}") for n in range(8)]

    def starting(by):
        row = Position(
            key="the-key", agreement=version.agreement, side="eu", said_on=NOON.date(),
            **words("statement", f"By {by}"),
        )  # fmt: skip
        return lambda: recording.start(row, by=by)

    won, failed = split(at_once(*map(starting, people)))
    assert len(won) == 1
    assert {type(error) for error in failed} == {recording.KeyTaken}
    assert Position.objects.get(key="the-key").statement_en == f"By {won[0].prepared_by}"


# ── A draft that changes while it is published ───────────────────────────────────────────────


def test_nothing_is_published_that_the_publisher_did_not_see(version, person):
    besa, editor = person("besa"), version.prepared_by
    for n in range(6):
        draft = make_position(version, key=f"position-{n}")
        pair = (rewriting(draft, editor, "Late."), publishing(draft, besa))
        won, failed = split(at_once(*(pair if n % 2 else pair[::-1])))
        assert len(won) == 1
        now = seen_by(draft)
        if now.is_draft:
            assert now.statement_en == "Late."
            assert isinstance(failed[0], recording.ChangedMeanwhile)
        else:
            assert now.statement_en == draft.statement_en
            assert isinstance(failed[0], recording.NotADraft)
            assert "besa" in str(failed[0])


def test_a_publisher_waits_for_a_change_that_is_not_saved_yet_and_is_told(version, person):
    draft = make_position(version)
    _changed, told = one_after_the_other(
        rewriting(draft, version.prepared_by, "Late."), publishing(draft, person("besa"))
    )
    assert isinstance(told, recording.ChangedMeanwhile)
    now = seen_by(draft)
    assert (now.is_draft, now.statement_en, now.revision) == (True, "Late.", 1)


def test_a_writer_waits_for_a_publication_that_is_not_saved_yet_and_is_told(version, person):
    draft = make_position(version)
    published, told = one_after_the_other(
        publishing(draft, person("besa")), rewriting(draft, version.prepared_by, "Late.")
    )
    assert isinstance(told, recording.NotADraft)
    assert "besa" in str(told)
    assert seen_by(draft).statement_en == draft.statement_en == published.statement_en


def test_whoever_writes_and_publishes_at_once_never_publishes_what_they_wrote_in(version, person):
    besa = person("besa")
    for n in range(4):
        draft = make_position(version, key=f"position-{n}")
        at_once(rewriting(draft, besa, "Mine."), publishing(draft, besa))
        now = seen_by(draft)
        wrote = now.recordauthors.filter(person=besa).exists()
        assert now.is_draft == wrote == (now.statement_en == "Mine.")


def test_of_eight_who_rewrite_one_draft_one_wins_and_seven_are_told(version, person):
    draft = make_position(version)
    people = [person(f"editor-{n}") for n in range(8)]
    won, failed = split(at_once(*(rewriting(draft, by, f"By {by}.") for by in people)))
    assert len(won) == 1
    assert {type(error) for error in failed} == {recording.ChangedMeanwhile}
    (author,) = draft.recordauthors.all()
    assert seen_by(draft).statement_en == f"By {author.person}."
    assert seen_by(draft).revision == 1


def test_of_a_publication_and_a_discard_one_wins(version, person):
    besa, goran = person("besa"), person("goran")
    for n in range(3):
        draft = make_position(version, key=f"position-{n}")
        copy = seen_by(draft)
        won, failed = split(
            at_once(
                publishing(draft, besa),
                lambda copy=copy: recording.discard(copy, by=goran, seen=0) or "discarded",
            )
        )
        assert len(won) == 1
        assert isinstance(failed[0], recording.NotADraft)
        assert Position.objects.filter(pk=draft.pk).exists() == (won != ["discarded"])


# ── Past the verbs ───────────────────────────────────────────────────────────────────────────


def adding_a_source(draft):
    source = make_source("late")
    return lambda: RecordSource.objects.create(position=draft, source=source, place=2)


def publishing_with_its_sources(draft, by):
    """Publish, and return the sources that the record had at that moment."""
    publish = publishing(draft, by)

    def act():
        with transaction.atomic():
            return [source.key for source in publish().sources]

    return act


def test_a_source_added_while_a_record_is_published_is_in_before_or_refused(version, person):
    besa = person("besa")
    for n in range(6):
        draft = make_position(version, key=f"position-{n}")
        pair = (adding_a_source(draft), publishing_with_its_sources(draft, besa))
        outcomes = at_once(*pair) if n % 2 else at_once(*pair[::-1])[::-1]
        added, published_with = outcomes
        assert isinstance(published_with, list)
        assert [source.key for source in seen_by(draft).sources] == published_with
        if isinstance(added, Exception):
            assert immutability.MESSAGE_RECORD_FIXED in str(added)
            assert published_with == ["test-source"]
        else:
            assert published_with == ["test-source", "late"]


def test_a_publication_waits_for_a_source_that_is_not_saved_yet(version, person):
    draft = make_position(version)
    _added, published_with = one_after_the_other(
        adding_a_source(draft), publishing_with_its_sources(draft, person("besa"))
    )
    assert published_with == ["test-source", "late"]


def test_a_source_waits_for_a_publication_that_is_not_saved_yet_and_is_refused(version, person):
    draft = make_position(version)
    _published, refusal = one_after_the_other(
        publishing(draft, person("besa")), adding_a_source(draft)
    )
    assert isinstance(refusal, DatabaseError)
    assert immutability.MESSAGE_RECORD_FIXED in str(refusal)
    assert [source.key for source in seen_by(draft).sources] == ["test-source"]


def test_a_record_whose_last_source_is_taken_meanwhile_is_not_published(version, person):
    draft = make_position(version)
    _taken, refusal = one_after_the_other(
        lambda: RecordSource.objects.filter(position=draft).delete(),
        publishing(draft, person("besa")),
    )
    assert isinstance(refusal, recording.Incomplete)
    assert seen_by(draft).is_draft


def test_what_an_obstacle_holds_up_does_not_change_while_it_is_published(version, person):
    draft, besa = make_obstacle(version), person("besa")
    other = version.provision_texts.last().provision
    _published, refusal = one_after_the_other(
        publishing(draft, besa), lambda: draft.provisions.add(other)
    )
    assert immutability.MESSAGE_RECORD_FIXED in str(refusal)
    assert seen_by(draft).provisions.count() == 1

    second = make_obstacle(version, key="second")
    publish = publishing(second, besa)
    _added, held_up = one_after_the_other(
        lambda: second.provisions.add(other), lambda: publish().provisions.count()
    )
    assert held_up == 2


def test_an_author_who_joins_past_the_verbs_does_not_publish(version, person):
    draft, besa = make_position(version), person("besa")
    _joined, refusal = one_after_the_other(
        lambda: draft.recordauthors.create(person=besa), publishing(draft, besa)
    )
    assert isinstance(refusal, recording.OwnRecord)
    assert seen_by(draft).is_draft
