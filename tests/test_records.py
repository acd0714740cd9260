"""Records: drafts change, published editions never do, and a second person publishes them."""

from datetime import date, timedelta
from itertools import product

import pytest
from django.db import connection, models
from django.db.models import ProtectedError

from agreements import immutability, recording
from agreements.content.record_rows import MODELS
from agreements.models import (
    RECORD_KINDS,
    Agreement,
    Assessment,
    AuditEntry,
    Obligation,
    RecordAuthor,
    RecordSource,
    Side,
)
from agreements.models.record import SOURCE_OPTIONAL
from dialogue_platform.dates import written_moment
from dialogue_platform.languages import STORED
from tests.conftest import NOON
from tests.past_the_verbs import refused, sql
from tests.records import (
    TELLING,
    WHY,
    corrected,
    make,
    make_assessment,
    make_obligation,
    make_source,
    published,
    withdrawn,
    words,
)

pytestmark = pytest.mark.django_db

LATER, MUCH_LATER = NOON + timedelta(days=1), NOON + timedelta(days=2)
every_kind = pytest.mark.parametrize("kind", RECORD_KINDS)
every_sourced_kind = pytest.mark.parametrize(
    "kind", [kind for kind in RECORD_KINDS if kind not in SOURCE_OPTIONAL]
)
# Nobody invents a reply, so content/ brings none.
every_loaded_kind = pytest.mark.parametrize(
    "kind", [kind for kind in RECORD_KINDS if kind != "reply"]
)
every_change = pytest.mark.parametrize("verb", [recording.correct, recording.withdraw])
LANGUAGE_NAMES = {"sq": "Albanian", "sr": "Serbian", "en": "English"}


@pytest.fixture
def version(public):
    return public(provisions=2)


@pytest.fixture(autouse=True)
def _messages_in_english():
    """Let recording's messages be the ones that stand in the code."""
    from django.utils import translation

    with translation.override("en"):
        yield


def rows(record):
    """Return the queryset of this edition alone: changes past the verbs go through it."""
    return type(record).objects.filter(pk=record.pk)


def editions(record):
    return list(type(record).objects.filter(key=record.key).order_by("edition"))


# What differs between two editions that say the same.
OF_THE_EDITION = {"id", "edition", "change", "prepared_by_id", "prepared_at", "revision"}
OF_THE_EDITION |= {"published_by_id", "published_at", "ended_at", "change_note"}
OF_THE_EDITION |= {"changed_by_id", "changed_at"}
OF_THE_EDITION |= {f"change_note_{code}" for code in STORED}


def said_by(record):
    """Return everything a record says: {column: value}, its sources, its lists."""
    row = rows(record).get()
    skipped = OF_THE_EDITION | set(recording.trilingual_fields(record))  # in three columns each
    columns = {field.attname for field in row._meta.concrete_fields} - skipped
    names = recording.LISTS.get(record.kind, ())
    lists = {name: set(getattr(record, name).values_list("pk", flat=True)) for name in names}
    return {name: getattr(row, name) for name in columns}, list(record.sources), lists


# ── Start ────────────────────────────────────────────────────────────────────────────────────


@every_kind
def test_a_record_starts_as_a_draft_that_no_reader_sees(version, kind):
    draft = make(kind, version)
    assert (draft.edition, draft.change, draft.revision) == (1, "first", 0)
    assert (draft.prepared_by, draft.prepared_at) == (version.prepared_by, NOON)
    assert draft.is_draft
    assert draft in type(draft).objects.drafts()
    for moment in (None, LATER):
        assert draft not in type(draft).objects.public_at(moment)
        assert not draft.is_public_at(moment)


@every_kind
def test_a_record_keeps_its_sources_in_the_order_they_were_given(version, kind):
    sources = [make_source("zulu"), make_source("alpha")]
    draft = make(kind, version)
    draft = recording.rewrite(draft, by=draft.prepared_by, seen=0, sources=sources)
    assert draft.sources == sources
    draft = recording.rewrite(draft, by=draft.prepared_by, seen=1, sources=sources[::-1])
    assert draft.sources == sources[::-1]


@every_kind
def test_a_key_names_one_record_for_ever(version, kind, editor):
    taken = withdrawn(make(kind, version, publish=True))
    again = type(taken).objects.get(pk=taken.pk)
    again.pk = again.published_by = again.published_at = again.ended_at = None
    with pytest.raises(recording.KeyTaken):
        recording.start(again, by=editor)
    again.pk, again.edition, again.change = None, 1, "first"
    assert "edition" in refused(lambda: again.save(force_insert=True))


@every_kind
def test_a_record_that_cannot_be_saved_leaves_nothing_behind(version, kind, editor):
    first = make(kind, version)
    counts = [model.objects.count() for model in (type(first), RecordSource, AuditEntry)]
    again = type(first).objects.get(pk=first.pk)
    again.pk = None
    with pytest.raises(recording.KeyTaken):
        recording.start(again, by=editor, sources=[make_source()])
    assert [model.objects.count() for model in (type(first), RecordSource, AuditEntry)] == counts


@every_kind
def test_a_record_is_born_as_a_draft(version, kind):
    born = make(kind, version, publish=True)
    born.pk, born.key = None, "another"
    assert immutability.MESSAGE_RECORD_BORN_DRAFT in refused(lambda: born.save(force_insert=True))
    born.published_by = born.published_at = None
    born.ended_at = NOON
    assert immutability.MESSAGE_RECORD_BORN_DRAFT in refused(lambda: born.save(force_insert=True))


# ── Publish ──────────────────────────────────────────────────────────────────────────────────


@every_kind
def test_publishing_makes_a_record_public_from_that_moment_on(version, kind, publisher):
    draft = make(kind, version)
    record = recording.publish(draft, by=publisher, seen=0, at=NOON)
    assert (record.published_by, record.published_at) == (publisher, NOON)
    assert record in type(record).objects.public()
    assert record.is_public_at(NOON)
    before = NOON - timedelta(microseconds=1)
    assert not record.is_public_at(before)
    assert record not in type(record).objects.public_at(before)


@every_kind
@pytest.mark.parametrize("rights", [{}, {"is_staff": True, "is_superuser": True}])
def test_nobody_publishes_a_record_they_prepared(version, kind, person, rights):
    preparer = person("preparer", **rights)
    record = make(kind, version, publish=True)
    draft = recording.correct(record, by=preparer, notes=WHY)
    with pytest.raises(recording.OwnRecord, match="somebody else"):
        recording.publish(draft, by=preparer, seen=0)
    assert rows(draft).get().is_draft
    assert not recording.may_publish(draft, preparer)


@every_kind
def test_the_database_refuses_the_preparer_of_a_record(version, kind):
    draft = make(kind, version)
    own = {"published_by": draft.prepared_by, "published_at": NOON}
    said = refused(lambda: rows(draft).update(**own))
    assert f"{kind}_not_published_by_its_preparer" in said


@every_kind
def test_nobody_publishes_a_record_of_a_colleague_that_they_wrote_in(
    version, kind, person, publisher
):
    helper = person("helper", is_staff=True, is_superuser=True)
    draft = make(kind, version)
    draft = recording.rewrite(draft, by=helper, seen=0, values=words(TELLING[kind], "Helped"))
    assert not recording.may_publish(draft, helper)
    for author in (helper, draft.prepared_by):
        with pytest.raises(recording.OwnRecord):
            recording.publish(draft, by=author, seen=1)
    past_the_verb = {"published_by": helper, "published_at": NOON}
    assert immutability.MESSAGE_RECORD_OWN in refused(lambda: rows(draft).update(**past_the_verb))
    assert recording.publish(draft, by=publisher, seen=1, at=NOON).published_by == publisher


@every_kind
def test_whoever_writes_twice_in_a_draft_is_its_author_once_and_the_preparer_never(
    version, kind, publisher
):
    draft = make(kind, version)
    for seen, by in enumerate((publisher, draft.prepared_by, publisher)):
        draft = recording.rewrite(draft, by=by, seen=seen)
    assert [row.person for row in draft.recordauthors.all()] == [publisher]


@every_kind
def test_a_helper_of_one_edition_may_publish_the_next(version, kind, person, publisher):
    helper = person("helper")
    draft = recording.rewrite(make(kind, version), by=helper, seen=0)
    record = recording.publish(draft, by=publisher, seen=1, at=NOON)
    second = recording.correct(record, by=publisher, notes=WHY)
    assert recording.publish(second, by=helper, seen=0, at=LATER).published_by == helper


@every_sourced_kind
def test_a_record_is_published_only_with_a_source(version, kind, publisher):
    draft = make(kind, version)
    draft = recording.rewrite(draft, by=draft.prepared_by, seen=0, sources=[])
    with pytest.raises(recording.Incomplete, match="source") as refusal:
        recording.publish(draft, by=publisher, seen=1)
    assert refusal.value.missing == recording.missing(draft)
    past_the_verb = {"published_by": publisher, "published_at": NOON}
    said = refused(lambda: rows(draft).update(**past_the_verb))
    assert immutability.MESSAGE_RECORD_SOURCE in said
    assert rows(draft).get().is_draft


@every_kind
def test_whoever_publishes_a_published_record_is_told_by_whom_and_when(version, kind, person):
    draft = make(kind, version)
    recording.publish(draft, by=person("besa"), seen=0, at=NOON)
    with pytest.raises(recording.NotADraft, match="besa") as told:
        recording.publish(draft, by=person("goran"), seen=0, at=LATER)
    assert written_moment(NOON) in str(told.value)
    assert rows(draft).get().published_by.username == "besa"


@every_kind
def test_a_publication_is_by_somebody_and_at_some_time(version, kind, publisher):
    draft = make(kind, version)
    for half in ({"published_by": publisher}, {"published_at": NOON}):
        said = refused(lambda half=half: rows(draft).update(**half))
        assert f"{kind}_published_by_somebody" in said


@every_kind
def test_when_publishing_fails_midway_nothing_stays(version, kind, monkeypatch, publisher):
    first = make(kind, version, publish=True)
    draft = recording.correct(first, by=first.prepared_by, notes=WHY)

    def fails(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(recording, "_record", fails)
    with pytest.raises(RuntimeError):
        recording.publish(draft, by=publisher, seen=0, at=LATER)
    assert list(type(first).objects.public().filter(key=first.key)) == [first]
    assert rows(draft).get().revision == 0


# ── What is missing ──────────────────────────────────────────────────────────────────────────

REQUIRED = [
    ("obligation", "text"),
    ("assessment", "reason"),
    ("obstacle", "title"),
    ("obstacle", "text"),
    ("position", "statement"),
    ("reply", "institution"),
    ("event", "title"),
]
MAY_LACK = [
    ("assessment", "would_settle"),
    ("position", "speaker"),
    ("reply", "question"),
    ("event", "text"),
]
TRANSLATED = ("reply", "translation")  # into every language but its own: tests/test_replies.py


def test_every_trilingual_field_is_either_required_or_may_be_absent():
    fields = {
        (kind, field)
        for kind in RECORD_KINDS
        for field in recording.trilingual_fields(MODELS[kind])
    }
    notes = {(kind, "change_note") for kind in RECORD_KINDS}
    assert fields == {*REQUIRED, *MAY_LACK, TRANSLATED} | notes


@pytest.mark.parametrize(("kind", "field"), REQUIRED)
def test_missing_names_the_field_and_the_language_it_lacks(version, kind, field, publisher):
    draft = make(kind, version)
    assert recording.missing(draft) == []
    name = str(draft._meta.get_field(field).verbose_name)
    for language, empty in product(STORED, ("", None)):
        rows(draft).update(**words(field, "Whole") | {f"{field}_{language}": empty})
        with pytest.raises(recording.Incomplete) as refusal:
            recording.publish(draft, by=publisher, seen=0)
        (said,) = refusal.value.missing
        assert name in said
        assert [code for code, each in LANGUAGE_NAMES.items() if each in said] == [language]


@pytest.mark.parametrize(("kind", "field"), REQUIRED)
def test_missing_names_every_language_of_an_empty_field(version, kind, field):
    draft = make(kind, version, **dict.fromkeys(words(field, ""), ""))
    (said,) = recording.missing(draft)
    assert all(name in said for name in LANGUAGE_NAMES.values())


@pytest.mark.parametrize(("kind", "field"), MAY_LACK)
def test_what_may_be_absent_stands_in_all_languages_or_in_none(version, kind, field):
    assert recording.missing(make(kind, version)) == []
    alone = {f"{field}_sr": "Само овде."}
    (said,) = recording.missing(make(kind, version, key="half", **alone))
    assert "Albanian" in said
    assert "English" in said
    assert "Serbian" not in said
    assert recording.missing(make(kind, version, key="whole", **words(field, "All."))) == []


def test_missing_lists_everything_at_once(version):
    draft = make("obstacle", version, title_sq="", text_en="")
    draft = recording.rewrite(
        draft, by=draft.prepared_by, seen=0, sources=[], lists={"provisions": []}
    )
    lacking = recording.missing(draft)
    assert len(lacking) == 4
    for word in ("source", "Albanian", "English", "provisions"):
        assert any(word in each for each in lacking)


def test_an_obstacle_is_published_only_with_what_it_holds_up(version, publisher):
    draft = make("obstacle", version)
    draft = recording.rewrite(draft, by=draft.prepared_by, seen=0, lists={"provisions": []})
    with pytest.raises(recording.Incomplete, match="provisions"):
        recording.publish(draft, by=publisher, seen=1)


def test_missing_speaks_the_editors_language(version):
    from django.utils import translation

    draft = make("obligation", version, text_en="")
    with translation.override("sr-cyrl"):
        cyrillic = recording.missing(draft)
    assert cyrillic != recording.missing(draft)


# ── Levels ───────────────────────────────────────────────────────────────────────────────────


def test_complete_needs_evidence(version, publisher):
    draft = make("assessment", version)
    draft.level = "complete"
    assert any("evidence" in each for each in recording.missing(draft))
    said = refused(lambda: rows(draft).update(level="complete"))
    assert "complete_needs_evidence" in said
    shown = {"level": "complete", "evidence": make_source()}
    draft = recording.rewrite(draft, by=draft.prepared_by, seen=0, values=shown)
    record = recording.publish(draft, by=publisher, seen=1, at=NOON)
    assert record.evidence == make_source()


def test_evidence_stands_among_the_sources(version, publisher):
    draft = make("assessment", version, evidence=make_source("somewhere-else"))
    with pytest.raises(recording.Incomplete, match="evidence"):
        recording.publish(draft, by=publisher, seen=0)


def test_cannot_be_rated_says_when_somebody_looked(version):
    draft = make("assessment", version)
    draft.level = "cannot-be-rated"
    assert any("last looked" in each for each in recording.missing(draft))
    said = refused(lambda: rows(draft).update(level="cannot-be-rated"))
    assert "cannot_be_rated_says_when_we_looked" in said


@pytest.mark.parametrize(
    "lacking", [{}, words("would_settle", "A census.") | {"would_settle_sq": ""}]
)
def test_cannot_be_rated_says_what_would_settle_it_in_three_languages(version, publisher, lacking):
    unknown = {"level": "cannot-be-rated", "looked_on": date(2026, 3, 1)}
    draft = make("assessment", version, **unknown | lacking)
    with pytest.raises(recording.Incomplete, match=r"what would settle it.*Albanian"):
        recording.publish(draft, by=publisher, seen=0)
    settles = words("would_settle", "A census.")
    draft = recording.rewrite(draft, by=draft.prepared_by, seen=0, values=settles)
    assert not recording.publish(draft, by=publisher, seen=1, at=NOON).is_draft


# ── One current assessment a day ─────────────────────────────────────────────────────────────

DAY, ANOTHER_DAY = date(2026, 3, 1), date(2026, 3, 2)


@pytest.fixture
def obligation(version):
    return make_obligation(version, publish=True)


def test_an_obligation_has_one_current_assessment_of_a_day(obligation, publisher):
    make_assessment(obligation, DAY, publish=True)
    second = make_assessment(obligation, DAY, key="second")
    with pytest.raises(recording.RecordingError, match="assessment of that day already"):
        recording.publish(second, by=publisher, seen=0, at=LATER)
    assert rows(second).get().revision == 0  # nothing of the attempt stays
    past_the_verb = {"published_by": publisher, "published_at": LATER}
    said = refused(lambda: rows(second).update(**past_the_verb))
    assert "one_current_assessment" in said or "as_of" in said
    assert published(make_assessment(obligation, ANOTHER_DAY)).is_public_at(None)


def test_two_obligations_have_each_their_assessment_of_a_day(version, obligation):
    other = make_obligation(version, "other", publish=True)
    for owed in (obligation, other):
        assert make_assessment(owed, DAY, publish=True).is_public_at(None)


def test_a_corrected_assessment_stays_the_only_one_of_its_day(obligation):
    first = make_assessment(obligation, DAY, publish=True)
    corrected(first, "Better", at=LATER)
    second = make_assessment(obligation, DAY, key="second")
    with pytest.raises(recording.RecordingError, match="that day already"):
        published(second, at=MUCH_LATER)
    assert Assessment.objects.public().get(obligation=obligation, as_of=DAY).edition == 2


def test_a_correction_that_moves_an_assessment_frees_its_day(obligation):
    moved = corrected(make_assessment(obligation, DAY, publish=True), as_of=ANOTHER_DAY, at=LATER)
    assert published(make_assessment(obligation, DAY, key="second"), at=MUCH_LATER).is_public_at(
        None
    )
    with pytest.raises(recording.RecordingError, match="that day already"):
        corrected(moved, as_of=DAY, at=MUCH_LATER)


def test_after_a_withdrawal_the_day_is_free_again_and_cannot_be_taken_twice(obligation):
    gone = withdrawn(make_assessment(obligation, DAY, publish=True), at=LATER)
    published(make_assessment(obligation, DAY, key="second"), at=MUCH_LATER)
    with pytest.raises(recording.RecordingError, match="that day already"):
        corrected(gone, "Put back", at=MUCH_LATER)


# ── Corrections and withdrawals ──────────────────────────────────────────────────────────────


@every_kind
def test_a_correction_starts_from_everything_the_record_says(version, kind, publisher):
    record = make(kind, version, publish=True)
    draft = recording.correct(record, by=publisher, notes=WHY, at=LATER)
    assert said_by(draft) == said_by(record)
    assert (draft.edition, draft.change, draft.revision) == (2, "correction", 0)
    assert (draft.prepared_by, draft.prepared_at) == (publisher, LATER)
    assert {code: getattr(draft, f"change_note_{code}") for code in STORED} == WHY
    assert draft.is_draft
    assert record.is_public_at(None)


@every_kind
def test_a_published_correction_takes_the_place_of_the_edition_that_stays_in_the_table(
    version, kind
):
    record = make(kind, version, publish=True)
    said = said_by(record)
    second = corrected(record, "Better", at=LATER)
    first = rows(record).get()
    assert editions(record) == [first, second]
    assert said_by(first) == said
    assert said_by(second) != said
    assert (first.published_at, first.ended_at, second.published_at) == (NOON, LATER, LATER)
    assert list(type(record).objects.public().filter(key=record.key)) == [second]
    just_before = LATER - timedelta(microseconds=1)
    for moment, shown in ((NOON, first), (just_before, first), (LATER, second)):
        assert list(type(record).objects.public_at(moment).filter(key=record.key)) == [shown]
        assert [each for each in (first, second) if each.is_public_at(moment)] == [shown]


@every_kind
def test_a_published_withdrawal_leaves_nothing_to_read_and_everything_in_the_table(version, kind):
    record = make(kind, version, publish=True)
    gone = withdrawn(record, at=LATER)
    first = rows(record).get()
    assert (gone.edition, gone.change, gone.published_at) == (2, "withdrawal", LATER)
    assert first.ended_at == LATER
    assert editions(record) == [first, gone]
    assert said_by(gone) == said_by(first)
    for moment in (LATER, MUCH_LATER, None):
        assert not type(record).objects.public_at(moment).filter(key=record.key)
        assert not first.is_public_at(moment)
        assert not gone.is_public_at(moment)
    assert list(type(record).objects.public_at(NOON).filter(key=record.key)) == [first]


@every_kind
def test_until_somebody_publishes_it_a_withdrawal_changes_nothing(version, kind, publisher):
    record = make(kind, version, publish=True)
    recording.withdraw(record, by=publisher, notes=WHY)
    assert list(type(record).objects.public().filter(key=record.key)) == [record]


@every_kind
def test_a_withdrawn_record_can_be_put_back_and_not_be_withdrawn_twice(version, kind, publisher):
    gone = withdrawn(make(kind, version, publish=True), at=LATER)
    with pytest.raises(recording.NotPublic, match="withdrawn already"):
        recording.withdraw(gone, by=publisher, notes=WHY)
    back = corrected(gone, "Back", at=MUCH_LATER)
    assert (back.edition, back.change) == (3, "correction")
    assert list(type(back).objects.public().filter(key=back.key)) == [back]


@every_kind
@every_change
def test_a_change_says_why_in_three_languages(version, kind, verb, publisher):
    record = make(kind, version, publish=True)
    draft = verb(record, by=record.prepared_by, at=LATER)
    for language in STORED:
        rows(draft).update(**_why() | {f"change_note_{language}": ""})
        with pytest.raises(recording.Incomplete, match=f"why.*{LANGUAGE_NAMES[language]}"):
            recording.publish(draft, by=publisher, seen=0, at=LATER)
    rows(record).update(ended_at=LATER)
    ended = LATER if verb is recording.withdraw else None
    past_the_verb = {"published_by": publisher, "published_at": LATER, "ended_at": ended}
    for language, empty in product(STORED, ("", None)):
        rows(draft).update(**_why() | {f"change_note_{language}": empty})
        assert f"{kind}_change_says_why" in refused(lambda: rows(draft).update(**past_the_verb))
    rows(draft).update(**_why())
    assert refused(lambda: rows(draft).update(**past_the_verb)) == ""


@every_kind
@every_change
def test_a_change_without_any_reason_is_told_in_words_before_the_database_refuses_it(
    version, kind, verb, publisher
):
    draft = verb(make(kind, version, publish=True), by=version.prepared_by, at=LATER)
    with pytest.raises(recording.Incomplete, match="why it was changed"):
        recording.publish(draft, by=publisher, seen=0, at=LATER)


def _why():
    return {f"change_note_{code}": note for code, note in WHY.items()}


@every_kind
def test_a_draft_is_neither_corrected_nor_withdrawn(version, kind, publisher):
    draft = make(kind, version)
    for verb in (recording.correct, recording.withdraw):
        with pytest.raises(recording.NotPublic):
            verb(draft, by=publisher, notes=WHY)


@every_kind
@every_change
def test_one_person_prepares_the_next_edition_and_the_other_is_told_who(
    version, kind, verb, person
):
    record = make(kind, version, publish=True)
    draft = verb(record, by=person("ana"), notes=WHY)
    late = person("besa")
    for second in (recording.correct, recording.withdraw):
        with pytest.raises(recording.DraftOpen, match="ana"):
            second(record, by=late, notes=WHY)
    assert editions(record) == [record, draft]


@every_kind
def test_the_database_knows_an_edition_once(version, kind, publisher):
    record = make(kind, version, publish=True)
    rival = recording.correct(record, by=publisher, notes=WHY)
    rival.pk = None
    said = refused(lambda: rival.save(force_insert=True))
    assert f"{kind}_edition_once" in said or ".edition" in said


@every_kind
def test_only_the_newest_edition_is_corrected_or_withdrawn(version, kind, publisher):
    record = make(kind, version, publish=True)
    corrected(record, "Better", at=LATER)
    for verb in (recording.correct, recording.withdraw):
        with pytest.raises(recording.RecordingError, match="not the newest"):
            verb(record, by=publisher, notes=WHY)
    assert len(editions(record)) == 2


def test_an_assessment_belongs_to_the_first_edition_of_its_obligation(obligation, editor):
    second = corrected(obligation, "Better", at=LATER)
    with pytest.raises(recording.RecordingError, match=immutability.MESSAGE_FIRST_EDITION):
        make_assessment(second)
    draft = make_assessment(obligation)
    said = refused(lambda: rows(draft).update(obligation=second))
    assert immutability.MESSAGE_FIRST_EDITION in said
    assert draft.obligation == obligation


@every_kind
def test_the_first_edition_adds_and_no_other_does(version, kind, publisher):
    draft = make(kind, version)
    assert f"{kind}_added_once" in refused(lambda: rows(draft).update(change="correction"))
    second = recording.correct(published(draft), by=publisher, notes=WHY)
    assert f"{kind}_added_once" in refused(lambda: rows(second).update(change="first"))
    assert "is_known" in refused(lambda: rows(second).update(change="x"))


# ── Rewriting and discarding a draft as it was seen ──────────────────────────────────────────


@every_kind
def test_rewriting_changes_what_is_named_and_nothing_else(version, kind):
    draft = make(kind, version)
    columns, sources, lists = said_by(draft)
    changed = {f"{TELLING[kind]}_sq": "Ndryshe"}
    again = recording.rewrite(draft, by=draft.prepared_by, seen=0, values=changed)
    assert again.revision == 1
    assert said_by(again) == (columns | changed, sources, lists)


@pytest.mark.parametrize(("kind", "name"), [("obstacle", "provisions"), ("event", "agreements")])
def test_rewriting_replaces_a_list(version, kind, name):
    draft = make(kind, version)
    other = (
        version.provision_texts.last().provision
        if name == "provisions"
        else Agreement.objects.get(slug="customs-stamps")
    )
    draft = recording.rewrite(draft, by=draft.prepared_by, seen=0, lists={name: [other]})
    assert list(getattr(draft, name).all()) == [other]


VERBS_ON_A_DRAFT = {
    "rewrite": lambda draft, by: recording.rewrite(
        draft, by=by, seen=draft.revision, values=words(TELLING[draft.kind], "Too late")
    ),
    "publish": lambda draft, by: recording.publish(draft, by=by, seen=draft.revision, at=LATER),
    "discard": lambda draft, by: recording.discard(draft, by=by, seen=draft.revision),
}


@every_kind
def test_a_draft_that_changed_meanwhile_is_looked_at_again(version, kind, person):
    seen, late = make(kind, version), person("late")
    now = recording.rewrite(seen, by=seen.prepared_by, seen=0, values=words(TELLING[kind], "New"))
    said = said_by(now)
    for verb in VERBS_ON_A_DRAFT.values():
        with pytest.raises(recording.ChangedMeanwhile):
            verb(seen, late)
    row = rows(seen).get()
    assert (row.is_draft, row.revision, said_by(row)) == (True, 1, said)
    assert not row.recordauthors.exists()


@every_kind
def test_whoever_is_late_for_a_draft_is_told_who_published_it_and_when(version, kind, person):
    seen, late = make(kind, version), person("late")
    now = recording.publish(seen, by=person("besa"), seen=0, at=NOON)
    said = said_by(now)
    for verb in VERBS_ON_A_DRAFT.values():
        with pytest.raises(recording.NotADraft, match="besa") as told:
            verb(seen, late)
        assert written_moment(NOON) in str(told.value)
    assert said_by(rows(seen).get()) == said


@every_kind
def test_whoever_is_late_for_a_discarded_draft_is_told(version, kind, person):
    draft, late = make(kind, version), person("late")
    seen = rows(draft).get()
    recording.discard(draft, by=draft.prepared_by, seen=0)
    for verb in VERBS_ON_A_DRAFT.values():
        with pytest.raises(recording.NotADraft, match="discarded"):
            verb(seen, late)


@every_kind
def test_discarding_takes_a_draft_with_all_its_rows(version, kind, person):
    draft = recording.rewrite(make(kind, version), by=person("helper"), seen=0)
    key = draft.pk
    recording.discard(draft, by=person("anybody"), seen=1)
    assert not type(draft).objects.filter(pk=key).exists()
    for rest in (RecordSource, RecordAuthor):
        assert not rest.objects.filter(**{f"{kind}_id": key}).exists()


@every_kind
def test_a_discarded_correction_leaves_the_record_as_it_was_and_the_way_free(
    version, kind, publisher
):
    record = make(kind, version, publish=True)
    said = said_by(record)
    draft = recording.correct(record, by=publisher, notes=WHY)
    recording.discard(draft, by=publisher, seen=0)
    assert editions(record) == [record]
    assert said_by(record) == said
    assert recording.withdraw(record, by=publisher, notes=WHY).edition == 2


# ── History ──────────────────────────────────────────────────────────────────────────────────


@every_kind
def test_every_verb_leaves_a_row_in_the_history(version, kind, editor, person):
    besa = person("besa")
    already = list(AuditEntry.objects.values_list("pk", flat=True))
    draft = make(kind, version, key="told")  # of an assessment: its obligation too
    first = recording.publish(draft, by=besa, seen=0, at=NOON)
    given_up = recording.correct(first, by=besa, notes=WHY, at=LATER)
    recording.discard(given_up, by=editor, seen=0, at=LATER)
    gone = recording.withdraw(first, by=besa, notes=WHY, at=MUCH_LATER)
    recording.publish(gone, by=editor, seen=0, at=MUCH_LATER)

    entries = AuditEntry.objects.exclude(pk__in=already).filter(detail__startswith=f"{kind} told")
    assert list(
        entries.order_by("pk").values_list("action", "actor__username", "at", "detail")
    ) == [
        ("record-started", "editor", NOON, f"{kind} told"),
        ("record-published", "besa", NOON, f"{kind} told"),
        ("record-started", "besa", LATER, f"{kind} told (2)"),
        ("record-discarded", "editor", LATER, f"{kind} told (2)"),
        ("record-started", "besa", MUCH_LATER, f"{kind} told (2)"),
        ("record-published", "editor", MUCH_LATER, f"{kind} told (2)"),
    ]
    agreement = None if kind == "event" else version.agreement
    assert {entry.agreement for entry in entries} == {agreement}


@every_kind
def test_a_verb_that_fails_leaves_no_row_in_the_history(version, kind, editor):
    draft = make(kind, version)
    count = AuditEntry.objects.count()
    with pytest.raises(recording.OwnRecord):
        recording.publish(draft, by=editor, seen=0)
    with pytest.raises(recording.ChangedMeanwhile):
        recording.discard(draft, by=editor, seen=7)
    with pytest.raises(recording.NotPublic):
        recording.correct(draft, by=editor)
    assert AuditEntry.objects.count() == count


# ── Past the verbs ───────────────────────────────────────────────────────────────────────────


def _other(field, record):
    """Return a value for a column that it does not have, of its own type."""
    now = getattr(record, field.attname)
    if field.choices:
        return next(value for value, _label in field.choices if value != now)
    if isinstance(field, models.ForeignKey):
        others = field.related_model.objects.exclude(pk=now)
        return others.values_list("pk", flat=True).first()
    if isinstance(field, models.BooleanField):
        return not now
    if isinstance(field, models.DateTimeField):
        return MUCH_LATER
    if isinstance(field, models.DateField):
        return date(2001, 1, 1)
    if isinstance(field, models.IntegerField):
        return now + 1
    return "other"


@every_kind
def test_no_column_of_a_published_record_changes(version, kind):
    record = make(kind, version, publish=True)
    fields = [
        field for field in record._meta.concrete_fields if field.name not in ("id", "ended_at")
    ]
    assert len(fields) > 15
    for field in fields:
        others = {_other(field, record), None}
        for other in others - {rows(record).values_list(field.attname, flat=True).get()}:
            change = sql(
                f"UPDATE agreements_{kind} SET {field.column} = %s WHERE id = %s", other, record.pk
            )
            said = refused(change)
            expected = {immutability.MESSAGE_RECORD_FIXED, *_ALSO_SAID.get(field.name, ())}
            assert any(message in said for message in expected), (field.column, other, said)


# Where another guard stands before the one that looks at every column.
_ALSO_SAID = {
    "edition": [immutability.MESSAGE_RECORD_CHAIN],
    "key": [immutability.MESSAGE_RECORD_CHAIN],
    "obligation": [immutability.MESSAGE_FIRST_EDITION],
}


SOURCES = {
    "source added": lambda r: RecordSource.objects.create(
        **{r.kind: r}, source=make_source("late"), place=2
    ),
    "source replaced": lambda r: r.recordsources.update(source=make_source("late")),
    "source moved": lambda r: r.recordsources.update(place=7),
    "source deleted": lambda r: r.recordsources.all().delete(),
    "author added": lambda r: RecordAuthor.objects.create(**{r.kind: r}, person=r.prepared_by),
    "author replaced": lambda r: r.recordauthors.update(person=r.prepared_by),
    "author deleted": lambda r: r.recordauthors.all().delete(),
}


def with_author(kind, version, person):
    return recording.rewrite(make(kind, version), by=person("helper"), seen=0)


@every_kind
def test_sources_and_authors_of_a_published_record_stay(version, kind, person):
    record = published(with_author(kind, version, person))
    for way, change in SOURCES.items():
        said = refused(lambda change=change: change(record))
        assert immutability.MESSAGE_RECORD_FIXED in said, way
    assert record.sources == [make_source()]


@every_kind
def test_sources_and_authors_of_a_draft_may_change(version, kind, person):
    draft = with_author(kind, version, person)
    for way, change in SOURCES.items():
        assert refused(lambda change=change: change(draft)) == "", way


@every_kind
def test_a_source_is_not_moved_from_or_to_a_published_record(version, kind):
    record, draft = make(kind, version, publish=True), make(kind, version, key="a-draft")
    for own, goal in ((record, draft), (draft, record)):
        said = refused(lambda own=own, goal=goal: own.recordsources.update(**{kind: goal}))
        assert immutability.MESSAGE_RECORD_FIXED in said


def _provisions(obstacle):
    other = obstacle.agreement.provisions.exclude(obstacles=obstacle).first()
    return obstacle.provisions, other, "obstacle_id", "provision_id"


def _agreements(event):
    return (
        event.agreements,
        Agreement.objects.get(slug="customs-stamps"),
        "event_id",
        "agreement_id",
    )


LISTS = {"obstacle": _provisions, "event": _agreements}
every_list = pytest.mark.parametrize("kind", LISTS)


def _ways_with_a_list(record):
    related, other, own, column = LISTS[record.kind](record)
    table = related.through._meta.db_table
    return {
        "add": lambda: related.add(other),
        "clear": related.clear,
        "insert": sql(
            f"INSERT INTO {table} ({own}, {column}) VALUES (%s, %s)", record.pk, other.pk
        ),
        "update": sql(f"UPDATE {table} SET {column} = %s WHERE {own} = %s", other.pk, record.pk),
        "delete": sql(f"DELETE FROM {table} WHERE {own} = %s", record.pk),
    }


@every_list
def test_the_list_of_a_published_record_stays(version, kind):
    record = make(kind, version, publish=True)
    for way, change in _ways_with_a_list(record).items():
        assert immutability.MESSAGE_RECORD_FIXED in refused(change), way
    assert LISTS[kind](record)[0].count() == 1


@every_list
@pytest.mark.parametrize("way", ["add", "clear", "insert", "update", "delete"])
def test_the_list_of_a_draft_may_change(version, kind, way):
    assert refused(_ways_with_a_list(make(kind, version))[way]) == ""


@every_kind
def test_a_published_record_does_not_disappear(version, kind):
    first = make(kind, version, publish=True)
    for record in (first, corrected(first, "Better", at=LATER)):
        for change in (
            lambda record=record: rows(record).delete(),
            sql(f"DELETE FROM agreements_{kind} WHERE id = %s", record.pk),
        ):
            assert immutability.MESSAGE_RECORD_FIXED in refused(change)


@every_kind
def test_an_ended_edition_never_changes_again_not_even_its_end(version, kind):
    first = make(kind, version, publish=True)
    second = corrected(first, "Better", at=LATER)
    gone = withdrawn(second, at=MUCH_LATER)
    for record in (first, second, gone):
        for change in (
            {"ended_at": None},
            {"ended_at": MUCH_LATER + timedelta(days=1)},
            {"change_note_en": "Nothing"},
            {f"{TELLING[kind]}_en": "Nothing"},
        ):
            said = refused(lambda record=record, change=change: rows(record).update(**change))
            # Which of the two guards speaks first is the database's affair.
            refusals = (immutability.MESSAGE_RECORD_FIXED, immutability.MESSAGE_RECORD_CHAIN)
            assert any(message in said for message in refusals), (record, change)
        for way in SOURCES.values():
            if way is SOURCES["author replaced"] or way is SOURCES["author deleted"]:
                continue  # these editions have no such row
            assert immutability.MESSAGE_RECORD_FIXED in refused(lambda r=record, w=way: w(r))


@every_kind
def test_a_record_does_not_vanish_without_a_next_edition(version, kind):
    record = make(kind, version, publish=True)
    said = refused(lambda: rows(record).update(ended_at=LATER))
    assert immutability.MESSAGE_RECORD_CHAIN in said


@every_kind
def test_an_edition_never_ends_before_it_began(version, kind, publisher):
    record = make(kind, version, publish=True)
    recording.correct(record, by=publisher, notes=WHY)
    early = NOON - timedelta(seconds=1)
    assert f"{kind}_ends_after_it_began" in refused(lambda: rows(record).update(ended_at=early))


@every_kind
def test_two_editions_of_a_record_are_never_public_at_once(version, kind, editor, publisher):
    record = make(kind, version, publish=True)
    second = recording.correct(record, by=editor, notes=WHY, at=LATER)
    past_the_verb = {"published_by": publisher, "published_at": LATER}
    # While the first is public, and where the first ended only after the second began.
    for change in (past_the_verb, past_the_verb | {"published_at": NOON}):
        said = refused(lambda change=change: rows(second).update(**change))
        assert immutability.MESSAGE_RECORD_CHAIN in said or f"{kind}_public_once" in said
    rows(record).update(ended_at=LATER)
    overlapping = past_the_verb | {"published_at": NOON + timedelta(hours=1)}
    said = refused(lambda: rows(second).update(**overlapping))
    assert immutability.MESSAGE_RECORD_CHAIN in said


@every_kind
def test_no_edition_is_left_out(version, kind, editor, publisher):
    record = make(kind, version, publish=True)
    draft = recording.correct(record, by=editor, notes=WHY, at=LATER)
    rows(record).update(ended_at=LATER)
    past_the_verb = {"published_by": publisher, "published_at": LATER, "edition": 3}
    said = refused(lambda: rows(draft).update(**past_the_verb))
    assert immutability.MESSAGE_RECORD_CHAIN in said


@every_kind
def test_a_withdrawal_past_the_verb_shows_nothing(version, kind, editor, publisher):
    record = make(kind, version, publish=True)
    draft = recording.withdraw(record, by=editor, notes=WHY, at=LATER)
    rows(record).update(ended_at=LATER)
    for ended in (None, MUCH_LATER):
        change = {"published_by": publisher, "published_at": LATER, "ended_at": ended}
        said = refused(lambda change=change: rows(draft).update(**change))
        assert f"{kind}_withdrawal_shows_nothing" in said


def test_a_source_belongs_to_exactly_one_record(version):
    one, other = make("obligation", version), make("obstacle", version)
    for owners in ({}, {"obligation": one, "obstacle": other}):
        said = refused(
            lambda owners=owners: RecordSource.objects.create(source=make_source("x"), **owners)
        )
        assert "recordsource_of_one_record" in said


@every_kind
def test_what_a_record_names_cannot_be_deleted(version, kind):
    record = make(kind, version, publish=True)
    named = [make_source(), record.prepared_by, record.published_by]
    if kind == "assessment":
        named.append(record.obligation)
    for row in named:
        with pytest.raises(ProtectedError):
            row.delete()


@every_kind
def test_a_value_outside_its_closed_list_is_refused(version, kind):
    draft = make(kind, version)
    # The kind of change is in a second rule, which some database asks first.
    closed = [
        each for each in draft._meta.concrete_fields if each.choices and each.name != "change"
    ]
    assert closed
    for field in closed:
        said = refused(lambda field=field: rows(draft).update(**{field.name: "x"}))
        assert "is_known" in said, field.name


# Table → a kind of record that has rows in it.
TABLES = {f"agreements_{kind}": kind for kind in RECORD_KINDS} | {
    "agreements_recordsource": "position",
    "agreements_recordauthor": "position",
    "agreements_obstacle_provisions": "obstacle",
    "agreements_event_agreements": "event",
}


@pytest.mark.parametrize(("table", "kind"), TABLES.items())
def test_a_row_is_not_replaced_nor_a_table_emptied_behind_the_guards(version, table, kind, person):
    record = published(with_author(kind, version, person))
    if connection.vendor == "sqlite":
        own = "id" if table == f"agreements_{kind}" else f"{kind}_id"
        change = sql(f"REPLACE INTO {table} SELECT * FROM {table} WHERE {own} = %s", record.pk)
        born, fixed = immutability.MESSAGE_RECORD_BORN_DRAFT, immutability.MESSAGE_RECORD_FIXED
        assert (born if own == "id" else fixed) in refused(change)
    else:
        sql("SET CONSTRAINTS ALL IMMEDIATE")()  # else PostgreSQL refuses for another reason
        assert "cannot change" in refused(sql(f"TRUNCATE {table} CASCADE"))


@every_kind
def test_a_draft_does_not_replace_a_published_record(version, kind):
    """SQLite deletes the row that stands in the way of a REPLACE, PostgreSQL updates it."""
    record, draft = make(kind, version, publish=True), make(kind, version, key="a-draft")
    columns = [field.column for field in record._meta.concrete_fields]
    taken = {"id": record.pk, "key": f"'{record.key}'"}
    values = ", ".join(str(taken.get(column, column)) for column in columns)
    verb, instead = ("REPLACE", "")
    if connection.vendor == "postgresql":
        verb, instead = ("INSERT", " ON CONFLICT (id) DO UPDATE SET revision = 99")
    change = sql(
        f"{verb} INTO agreements_{kind} ({', '.join(columns)})"
        f" SELECT {values} FROM agreements_{kind} WHERE id = %s{instead}",
        draft.pk,
    )
    assert immutability.MESSAGE_RECORD_FIXED in refused(change)


# ── The records that are loaded from content/ ────────────────────────────────────────────────

SIX = (
    "cadastral-records",
    "customs-stamps",
    "first-agreement",
    "freedom-of-movement",
    "licence-plates-2022",
    "path-to-normalisation",
)
every_agreement = pytest.mark.parametrize("slug", SIX)


def loaded(kind):
    return list(MODELS[kind].objects.prefetch_related("recordsources__source"))


def test_the_six_agreements_are_there():
    assert set(Agreement.objects.public().values_list("slug", flat=True)) >= set(SIX)


@every_loaded_kind
def test_every_loaded_record_is_public_and_was_published_by_a_second_account(kind):
    records = loaded(kind)
    assert len(records) >= 10
    assert [each.key for each in records if each.is_draft] == []
    assert [each.key for each in records if each.prepared_by_id == each.published_by_id] == []


@every_loaded_kind
def test_every_loaded_record_has_its_sources(kind):
    assert [each.key for each in loaded(kind) if not each.sources] == []


@every_loaded_kind
def test_every_loaded_record_speaks_three_languages(kind):
    lacking = []
    for each in loaded(kind):
        for field in recording.trilingual_fields(each):
            said = [bool((getattr(each, f"{field}_{code}") or "").strip()) for code in STORED]
            may_lack = (kind, field) in MAY_LACK or (field, each.edition) == ("change_note", 1)
            if not all(said) and (any(said) or not may_lack):
                lacking.append((each.key, field, said))
    assert lacking == []


@every_loaded_kind
def test_every_loaded_serbian_text_is_written_in_cyrillic(kind):
    latin = []
    for each in loaded(kind):
        for field in recording.trilingual_fields(each):
            text = getattr(each, f"{field}_sr") or ""
            letters = [letter for letter in text if letter.isalpha()]
            cyrillic = [letter for letter in letters if "\u0400" <= letter <= "\u04ff"]
            if letters and len(cyrillic) < len(letters) / 2:
                latin.append((each.key, field))
    assert latin == []


def test_every_loaded_complete_has_its_evidence_among_its_sources():
    complete = Assessment.objects.filter(level="complete").select_related("evidence")
    assert complete
    assert [each.key for each in complete if each.evidence not in each.sources] == []


def test_every_loaded_assessment_that_cannot_be_rated_says_what_would_settle_it():
    unknown = Assessment.objects.filter(level="cannot-be-rated")
    assert unknown
    lacking = [each.key for each in unknown if not (each.looked_on and each.would_settle_en)]
    assert lacking == []


def test_every_loaded_obligation_has_a_debtor_and_an_assessment():
    assert Obligation.objects.exists()
    assert not Obligation.objects.filter(owed_by="").exists()
    assessed = Assessment.objects.public().values_list("obligation__key", flat=True)
    assert set(Obligation.objects.public().values_list("key", flat=True)) == set(assessed)


def test_no_loaded_assessment_looks_into_the_future():
    early = [each.key for each in loaded("assessment") if each.as_of > each.published_at.date()]
    assert early == []


@every_agreement
def test_an_agreement_of_the_six_has_obligations_on_every_point_it_tracks(slug):
    agreement = Agreement.objects.get(slug=slug)
    found = Obligation.objects.public().filter(provision__agreement=agreement)
    assert found
    texts = agreement.published.provision_texts.values_list("provision", flat=True)
    assert set(found.values_list("provision", flat=True)) <= set(texts)


@every_agreement
def test_an_agreement_of_the_six_has_obstacles_that_hold_up_its_own_points(slug):
    agreement = Agreement.objects.get(slug=slug)
    obstacles = agreement.obstacles.public()
    assert obstacles
    for obstacle in obstacles:
        assert obstacle.provisions.exists()
        assert not obstacle.provisions.exclude(agreement=agreement).exists()


@every_agreement
@pytest.mark.parametrize("side", [Side.KOSOVO, Side.SERBIA, Side.EU])
def test_in_an_agreement_of_the_six_each_of_the_three_voices_is_heard(slug, side):
    positions = Agreement.objects.get(slug=slug).positions.public()
    assert positions.filter(side=side).exists()
