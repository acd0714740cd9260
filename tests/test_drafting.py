"""Writing together: nobody's text is lost, and translations know what they were made from."""

import pytest
from django.db import DatabaseError, transaction

from agreements import drafting, pair_checks, publishing, translation_state
from agreements.drafting import Change, seen
from agreements.models import AuditEntry, Edit, Provision, TranslationPair, Version
from agreements.segments import everything_of, texts_of
from agreements.translation_state import State
from tests.conftest import NOON, make_draft
from tests.scenes import change

pytestmark = pytest.mark.django_db


@pytest.fixture
def translated(draft, editor):
    """A draft whose three languages were written together."""
    translation_state.remember_all(draft, by=editor, at=NOON)
    return draft


@pytest.fixture
def mira(person):
    return person("mira")


def state(draft, place, language):
    return translation_state.states(drafting.text_to_write(draft.agreement), language)[place]


# ── Two people ───────────────────────────────────────────────────────────────────────────────


def test_two_people_in_different_places_both_keep_their_work(draft, editor, mira):
    theirs = Change("summary", "sr", seen("Сажетак."), "Нов сажетак.")
    mine = Change("summary", "en", seen("Summary."), "New summary.")
    drafting.save(draft.agreement, [theirs], by=mira)
    saved = drafting.save(draft.agreement, [mine], by=editor)
    assert (saved.summary_en, saved.summary_sr) == ("New summary.", "Нов сажетак.")


def test_in_the_same_place_the_second_is_told_whose_text_stands_there(draft, editor, mira):
    drafting.save(draft.agreement, [Change("summary", "en", seen("Summary."), "Hers.")], by=mira)
    mine = [
        Change("summary", "en", seen("Summary."), "Mine."),
        Change("title", "en", seen("Agreement"), "My title"),
    ]
    with pytest.raises(drafting.EditConflict) as refusal:
        drafting.save(draft.agreement, mine, by=editor)
    (conflict,) = refusal.value.conflicts
    assert (conflict.place, conflict.text, conflict.edit.edited_by) == ("summary", "Hers.", mira)
    draft.refresh_from_db()
    assert (draft.summary_en, draft.title_en) == ("Hers.", "Agreement")  # all or nothing


def test_whoever_saw_the_other_text_can_replace_it(draft, editor, mira):
    change(draft, "summary", "en", "Hers.", by=mira)
    saved = drafting.save(
        draft.agreement, [Change("summary", "en", seen("Hers."), "Mine.")], by=editor
    )
    assert saved.summary_en == "Mine."


def test_the_same_words_typed_twice_are_no_conflict(draft, editor, mira):
    change(draft, "summary", "en", "Same.", by=mira)
    same = Change("summary", "en", seen("Summary."), "Same.")
    assert drafting.save(draft.agreement, [same], by=editor).summary_en == "Same."


def test_a_point_removed_meanwhile_is_a_conflict_without_a_text(draft, editor, mira):
    drafting.remove_provision(draft.agreement, key="p1", by=mira)
    with pytest.raises(drafting.EditConflict) as refusal:
        drafting.save(
            draft.agreement,
            [Change("provision.p1.text", "en", seen("Text 1."), "Longer text.")],
            by=editor,
        )
    assert refusal.value.conflicts[0].text is None
    assert refusal.value.conflicts[0].edit.edited_by == mira


def test_what_was_ever_saved_stays_in_the_edits(draft, editor):
    change(draft, "summary", "en", "Second.", by=editor)
    change(draft, "summary", "en", "Third.", by=editor)
    drafting.remove_provision(draft.agreement, key="p1", by=editor)
    befores = set(Edit.objects.filter(version=draft).values_list("before", flat=True))
    assert {"Summary.", "Second.", "Text 1.", "Текст 1.", "Teksti 1."} <= befores


def test_a_draft_sealed_meanwhile_takes_nothing_and_a_new_one_is_opened(draft, editor, mira):
    """The next save goes into the next version; the sealed one stays as it was."""
    sealed = publishing.seal(draft, at=NOON)
    saved = drafting.save(
        sealed.agreement, [Change("summary", "en", seen("Summary."), "Late.")], by=mira
    )
    assert (saved.number, saved.prepared_by) == (2, mira)
    sealed.refresh_from_db()
    assert sealed.summary_en == "Summary."


def test_without_a_change_no_draft_is_opened(draft, editor):
    sealed = publishing.seal(draft, at=NOON)
    assert drafting.text_to_write(sealed.agreement) == sealed
    assert not sealed.agreement.versions.drafts().exists()


def test_a_draft_is_discarded_only_as_it_was_seen(draft, editor, mira):
    change(draft, "summary", "en", "Newer.", by=mira)
    with pytest.raises(drafting.DraftGone):
        drafting.discard(draft, by=editor, as_seen=draft.revision)
    draft.refresh_from_db()
    drafting.discard(draft, by=editor, as_seen=draft.revision)
    assert not Version.objects.filter(pk=draft.pk).exists()
    assert draft.agreement.audit.first().action == AuditEntry.Action.DRAFT_DISCARDED


# ── Points, parties, sources ─────────────────────────────────────────────────────────────────


def test_points_are_added_moved_and_removed(draft, editor):
    agreement = draft.agreement
    drafting.add_provision(agreement, key="p2", number="2", by=editor)
    drafting.add_provision(agreement, key="p3", number="3", by=editor)
    drafting.move_provision(agreement, key="p3", up=True, by=editor)
    with pytest.raises(drafting.NothingChanged):
        drafting.move_provision(agreement, key="p1", up=True, by=editor)  # first already
    drafting.remove_provision(agreement, key="p2", by=editor)
    keys = [text.provision.key for text in draft.provision_texts.order_by("position")]
    assert keys == ["p1", "p3"]
    drafting.add_provision(agreement, key="p2", number="2", by=editor)
    assert Provision.objects.filter(agreement=agreement, key="p2").count() == 1
    with pytest.raises(publishing.PublishingError):
        drafting.add_provision(agreement, key="p2", number="2", by=editor)


def test_a_cited_source_is_among_the_sources_of_the_draft_and_stays(draft, editor):
    from agreements.models import Source

    source = Source.objects.first()
    change(draft, "summary", "en", f"Summary. [@{source.key}]", by=editor)
    assert [row.source for row in draft.version_sources.all()] == [source]
    with pytest.raises(publishing.PublishingError):
        drafting.remove_source(draft.agreement, source=source, by=editor)
    change(draft, "summary", "en", "Summary.", by=editor)
    drafting.remove_source(draft.agreement, source=source, by=editor)
    assert not draft.version_sources.exists()


def test_parties_come_and_go_and_keep_their_places(draft, editor):
    drafting.add_party(draft.agreement, side="serbia", by=editor)
    drafting.add_party(draft.agreement, side="eu", by=editor)
    drafting.remove_party(draft.agreement, position=2, by=editor)
    change(draft, "party.3.name", "en", "B", by=editor)
    assert [(party.side, party.name_en) for party in draft.parties.all()] == [
        ("kosovo", "A"),
        ("eu", "B"),
    ]


def test_every_trilingual_text_of_a_version_has_a_place(draft):
    from modeltranslation.translator import translator

    places = {(type(each.row), each.field) for each in texts_of(draft)}
    for model in (Version, type(draft.provision_texts.get()), type(draft.parties.get())):
        fields = set(translator.get_options_for_model(model).fields) - {"change_note"}
        assert {(model, field) for field in fields} <= places


# ── Translations ─────────────────────────────────────────────────────────────────────────────


def test_an_edit_of_the_source_makes_two_languages_outdated_and_the_way_back_current(
    translated, editor
):
    for language in ("sq", "sr"):
        assert state(translated, "summary", language) == State.CURRENT
    change(translated, "summary", "en", "Moved on.", by=editor)
    for language in ("sq", "sr"):
        assert state(translated, "summary", language) == State.OUTDATED
        assert state(translated, "title", language) == State.CURRENT
    change(translated, "summary", "en", "Summary.", by=editor)
    for language in ("sq", "sr"):
        assert state(translated, "summary", language) == State.CURRENT


def test_a_translation_from_a_page_opened_before_the_source_moved_stays_outdated(
    translated, editor, mira
):
    change(translated, "summary", "en", "Moved on.", by=editor)
    change(translated, "summary", "sr", "Превод.", by=mira, made_from=seen("Summary."))
    assert state(translated, "summary", "sr") == State.OUTDATED
    change(translated, "summary", "sr", "Прави превод.", by=mira)
    assert state(translated, "summary", "sr") == State.CURRENT


def test_a_small_fix_of_the_source_leaves_current_translations_current(translated, editor, mira):
    change(translated, "details", "en", "Only English.", by=editor)
    change(translated, "summary", "en", "Summary!", by=editor, small_fix=True)
    assert state(translated, "summary", "sr") == State.CONFIRMED
    assert state(translated, "details", "sr") == State.MISSING
    change(translated, "title", "en", "Moved", by=editor)
    change(translated, "title", "en", "Moved!", by=editor, small_fix=True)
    assert state(translated, "title", "sr") == State.OUTDATED  # it was, and stays


def test_a_small_fix_of_an_outdated_translation_can_leave_it_outdated(translated, editor, mira):
    change(translated, "summary", "en", "Moved on.", by=editor)
    version = drafting.text_to_write(translated.agreement)
    fix = Change(
        "summary",
        "sr",
        seen("Сажетак."),
        "Сажетак!",
        made_from=seen(version.summary_en),
        still_outdated=True,
    )
    drafting.save(translated.agreement, [fix], by=mira)
    assert state(translated, "summary", "sr") == State.OUTDATED


def test_nobody_confirms_a_translation_of_their_own(translated, editor, mira):
    change(translated, "summary", "sr", "Мој превод.", by=mira)
    change(translated, "summary", "en", "Moved on.", by=editor)
    version = drafting.text_to_write(translated.agreement)
    with pytest.raises(translation_state.OwnTranslation):
        translation_state.confirm(version, ["summary"], "sr", by=mira)
    assert state(translated, "summary", "sr") == State.OUTDATED
    translation_state.confirm(version, ["summary"], "sr", by=editor)
    assert state(translated, "summary", "sr") == State.CONFIRMED
    assert version.agreement.audit.first().action == AuditEntry.Action.TRANSLATION_CONFIRMED


def test_only_the_changed_language_is_touched(translated, mira):
    before = translation_state.states(translated, "sq")
    change(translated, "summary", "sr", "Друкчије.", by=mira)
    assert translation_state.states(drafting.text_to_write(translated.agreement), "sq") == before


def test_a_wording_not_at_hand_is_not_missing(translated, editor):
    for field, text in (("text", ""), ("text_basis", "withheld")):
        change(translated, f"provision.p1.{field}", "sr", text, by=editor)
    states = translation_state.states(drafting.text_to_write(translated.agreement), "sr")
    assert "provision.p1.text" not in states
    assert translation_state.worst(states) == State.CURRENT


@pytest.mark.parametrize("active", ["sq", "sr-latn", "sr-cyrl", "en"])
def test_an_empty_translation_is_missing_whatever_language_is_active(editor, active):
    from django.utils import translation

    draft = make_draft(editor, summary_sr="")
    with translation.override(active):
        assert translation_state.states(draft, "sr")["summary"] == State.MISSING
        sealed = publishing.seal(draft, at=NOON)
    assert Version.objects.filter(pk=sealed.pk).values_list("summary_sr", flat=True)[0] == ""


def test_the_old_source_is_known_for_an_outdated_text(translated, editor):
    change(translated, "summary", "en", "Moved on.", by=editor)
    version = drafting.text_to_write(translated.agreement)
    assert translation_state.sources_they_were_made_from(version, "sr")["summary"] == "Summary."


def test_history_cannot_be_rewritten(translated, editor):
    change(translated, "summary", "en", "Moved on.", by=editor)
    translation_state.confirm(
        drafting.text_to_write(translated.agreement),
        ["summary"],
        "sr",
        by=translated_reader(editor),
    )
    for rows in (AuditEntry.objects.all(), TranslationPair.objects.all()):
        for attempt in (lambda rows=rows: rows.delete(), lambda rows=rows: rows.update(at=NOON)):
            with pytest.raises(DatabaseError), transaction.atomic():
                attempt()


def translated_reader(editor):
    return type(editor).objects.create_user("second-reader")


def test_the_edits_of_a_sealed_version_are_sealed_too(draft, editor):
    change(draft, "summary", "en", "Final.", by=editor)
    sealed = publishing.seal(Version.objects.get(pk=draft.pk), at=NOON)
    for attempt in (
        lambda: sealed.edits.all().delete(),
        lambda: sealed.edits.update(after="x"),
        lambda: Edit.objects.create(
            version=sealed, place="summary", language="en", edited_by=editor, edited_at=NOON
        ),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


# ── Checks of a pair ─────────────────────────────────────────────────────────────────────────

LONG = "The sides agreed that goods move freely between the two customs areas from now on."
PAIRS = [
    # source, Serbian, what the checks say
    ("It has 15 points.", "Има 15 тачака.", []),
    ("It has 15 points.", "Има 16 тачака.", ["numbers"]),
    ("It cost 1,500 euros.", "Коштало је 1.500 евра.", []),
    ("On 2 September 2011 they met.", "Састали су се 2. септембра 2011.", []),
    ("On 2 September 2011 they met.", "Састали су се 2.9.2011.", []),
    ("On 2 September 2011 they met.", "Састали су се 3. септембра 2011.", ["dates"]),
    ("See Article 5.", "Видети члан 5.", []),
    ("See Article 5.", "Видети члан 6.", ["numbers", "articles"]),
    ("[Here](https://a.example/).", "[Овде](https://a.example/).", []),
    ("[Here](https://a.example/).", "[Овде](https://b.example/).", ["links"]),
    ("A claim. [@b92-2011]", "Тврдња.", ["links"]),
    (LONG, LONG, ["copied"]),
    (LONG, "Кратко.", ["length"]),
]


@pytest.mark.parametrize(("source", "text", "expected"), PAIRS)
def test_the_checks_of_a_pair_see_what_a_tired_eye_overlooks(editor, source, text, expected):
    draft = make_draft(editor, summary_en=source, summary_sr=text)
    found = pair_checks.warnings(everything_of(draft)["summary"], "en", "sr")
    assert found == expected


def test_dates_and_articles_are_read_in_albanian_too(editor):
    draft = make_draft(
        editor,
        summary_en="On 2 September 2011, Article 5 applied.",
        summary_sq="Më 2 shtator 2011 u zbatua neni 5.",
    )
    assert pair_checks.warnings(everything_of(draft)["summary"], "en", "sq") == []


def test_a_warning_is_dismissed_with_a_reason_for_exactly_this_pair(translated, editor):
    change(translated, "summary", "en", "It has 15 points.", by=editor)
    change(translated, "summary", "sr", "Има петнаест тачака.", by=editor)
    version = drafting.text_to_write(translated.agreement)
    assert pair_checks.open_warnings(version, "sr") == {"summary": ["numbers"]}
    segment = everything_of(version)["summary"]
    drafting.dismiss(
        version,
        "summary",
        "sr",
        "numbers",
        pair=translation_state.current_pair(version, segment, "sr"),
        reason="Written in words.",
        by=editor,
    )
    assert pair_checks.open_warnings(version, "sr") == {}
    change(translated, "summary", "sr", "Има шеснаест тачака.", by=editor)
    version = drafting.text_to_write(translated.agreement)
    assert pair_checks.open_warnings(version, "sr") == {"summary": ["numbers"]}


def test_the_starter_content_passes_its_own_checks_but_for_known_doubts():
    doubts = {
        (version.agreement.slug, language, place)
        for version in Version.objects.sealed().with_texts()
        for language in ("sq", "sr")
        for place in pair_checks.open_warnings(version, language)
    }
    assert len(doubts) <= 1, doubts


# ── What a careful colleague tried ───────────────────────────────────────────────────────────


def test_a_fact_cannot_be_written_as_if_it_were_a_text(draft, mira):
    change_of_fact = Change("track", "sr", seen("technical"), "political")
    with pytest.raises(drafting.EditConflict):
        drafting.save(draft.agreement, [change_of_fact], by=mira)
    draft.refresh_from_db()
    assert draft.track == "technical"


def test_a_wording_and_the_word_that_it_is_not_at_hand_do_not_meet(draft, editor, mira):
    drafting.save(
        draft.agreement,
        [
            Change("provision.p1.text", "en", seen("Text 1."), ""),
            Change("provision.p1.text_basis", "en", seen("restated"), "withheld"),
        ],
        by=mira,
    )
    with pytest.raises(drafting.EditConflict) as refusal:
        drafting.save(
            draft.agreement, [Change("provision.p1.plain", "en", seen(""), "Plain.")], by=editor
        )
    (conflict,) = refusal.value.conflicts
    assert (conflict.place, conflict.text) == ("provision.p1.text_basis", "withheld")
    assert conflict.edit.edited_by == mira


def test_the_author_of_the_text_is_named_and_not_whoever_moved_the_point(editor, mira, person):
    draft = make_draft(editor, provisions=2)
    change(draft, "provision.p2.text", "en", "Mira's.", by=mira)
    drafting.move_provision(draft.agreement, key="p2", up=True, by=person("goran"))
    with pytest.raises(drafting.EditConflict) as refusal:
        drafting.save(
            draft.agreement, [Change("provision.p2.text", "en", seen("Text 2."), "x")], by=editor
        )
    assert refusal.value.conflicts[0].edit.edited_by == mira


def test_a_place_of_a_party_is_never_given_to_another(draft, editor, mira):
    drafting.add_party(draft.agreement, side="serbia", by=editor)
    drafting.remove_party(draft.agreement, position=2, by=mira)
    assert drafting.add_party(draft.agreement, side="eu", by=mira).position == 3
    with pytest.raises(drafting.EditConflict):
        drafting.save(
            draft.agreement, [Change("party.2.name", "en", seen(""), "President")], by=editor
        )


def test_a_translation_left_outdated_is_still_its_authors_own(translated, editor, mira):
    change(translated, "summary", "en", "Moved on.", by=editor)
    text = Change("summary", "sr", seen("Сажетак."), "Мирино.", still_outdated=True)
    drafting.save(translated.agreement, [text], by=mira)
    version = drafting.text_to_write(translated.agreement)
    with pytest.raises(translation_state.OwnTranslation):
        translation_state.confirm(version, ["summary"], "sr", by=mira)


def test_every_kind_of_place_has_words(draft, editor):
    from agreements.segments import place_label

    for place in (
        "provision.p2",
        "party.1",
        "source.b92",
        "original.0f",
        "summary",
        "x",
        "",
        "a.b.c",
    ):
        assert str(place_label(place)) or place == ""
