"""What readers may be told of the checking of a version, and how a badge ends or is kept.

Cases 9 (its badge part), 31 (dissent), 34, 35, 36 (as data; pages are tested elsewhere), 37 to 39
(fidelity) of docs/expert-review.md, the badge carried over a typing error, and what a publication
keeps of all that.
"""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from agreements import drafting, publishing
from agreements.drafting import Change, seen
from agreements.models import Agreement, Colleague, Publication, Version
from experts import badges, fidelity, quorum, reviewing
from experts.badges import Level
from experts.models import (
    CarryOver,
    FidelityCheck,
    QuorumPolicy,
    ReviewedPublication,
    ReviewRound,
    RoundEvent,
)
from experts.reviewing import NotComplete, OwnWork
from tests.conftest import NOON, make_draft
from tests.panels import closed, members, opened, prepared, released, sealed_version
from tests.records import make_source

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DISCUSSION = 14 * DAY  # as the factories have it
INSTANT = timedelta(microseconds=1)
WORDS = {"sq": "Arsyeja.", "sr": "Разлог.", "en": "The reason."}
TWO = ("approve", "approve")
OBJECTS = ("approve", "object")


@pytest.fixture(autouse=True)
def _small_panels(db):
    """Let two verdicts do: what the quorum asks is tested elsewhere."""
    rules = quorum.Policy(
        smallest_panel=1, profiles=(), perspectives=(), of_each_perspective=0, largest_share=(1, 1)
    )
    QuorumPolicy.objects.create(rules=rules.as_json(), since=timezone.now(), decided_by=None)


@pytest.fixture
def anna(person):
    """The coordinator."""
    return person("anna")


@pytest.fixture
def reader(person):
    """Make a colleague who reads all three languages: reader("besa")."""

    def make(name):
        colleague = person(name)
        Colleague.objects.create(
            user=colleague, translates_sq=True, translates_sr=True, translates_en=True
        )
        return colleague

    return make


@pytest.fixture
def mira(reader):
    """An editor who wrote nothing in the first version."""
    return reader("mira")


PANEL = (("law", ""), ("policy", ""))


def passed(version, coordinator, at=NOON):
    """Return a round that closes at a moment, as passed."""
    return closed(version, coordinator, TWO, PANEL, at=at - DISCUSSION)


def failed(version, coordinator, by, at=NOON):
    return closed(version, coordinator, OBJECTS, PANEL, at=at - DISCUSSION, editor=by)


@pytest.fixture
def verified(editor, anna):
    """Return (a version whose round passed, that round)."""
    version = sealed_version(editor)
    return version, passed(version, anna)


def level(version, language="en", moment=None):
    return badges.standing(version, language, moment=moment).level


def is_verified(version, language="en", moment=None):
    return badges.standing(version, language, moment=moment).is_verified


def next_version(version, by, at=NOON, change_class="correction", **texts):
    """Return a sealed version with other texts: next_version(v, by, summary_en="…")."""
    changes = []
    now = drafting.text_to_write(version.agreement)
    for column, text in texts.items():
        field, _, language = column.rpartition("_")
        changes.append(Change(field, language, seen(getattr(now, column)), text))
    draft = drafting.save(version.agreement, changes, by=by, at=at)
    return publishing.seal(draft, change_class=change_class, at=at)


# ── Where the badge comes from ───────────────────────────────────────────────────────────────


def test_nothing_is_said_of_a_text_before_its_round_passed(editor, anna):
    version = sealed_version(editor)
    assert level(version) == Level.NOT_REVIEWED
    prepared(version, anna, PANEL)
    assert badges.standing(version, "en") == badges.NOT_REVIEWED
    other = sealed_version(editor, slug="other")
    released(other, anna, TWO, PANEL)
    assert level(other) == Level.NOT_REVIEWED


def test_a_passed_round_verifies_the_text_in_its_source_language(verified):
    version, round_ = verified
    found = badges.standing(version, "en")
    assert (found.level, found.round, found.is_verified) == (Level.VERIFIED, round_, True)
    for language in ("sq", "sr"):
        found = badges.standing(version, language)
        assert not found.is_verified
        assert found.translation_waits


@pytest.mark.parametrize("language", ["sq", "sr-latn", "sr-cyrl", "en"])
def test_the_active_language_makes_no_difference(verified, language):
    with translation.override(language):
        assert is_verified(verified[0])


def test_a_draft_and_another_agreement_with_the_same_words_have_no_badge(verified, editor, anna):
    version, _round = verified
    assert level(sealed_version(editor, slug="twin")) == Level.NOT_REVIEWED
    draft = publishing.open_draft(version.agreement, by=editor)
    assert level(draft) == Level.NOT_REVIEWED


@pytest.mark.parametrize("superseded", [False, True])
def test_a_round_without_a_result_gives_nothing_and_takes_nothing(verified, anna, superseded, mira):
    version, round_ = verified
    again = opened(version, anna, PANEL, at=NOON + DAY)
    if superseded:
        next_version(version, mira, summary_en="Newer.")
    reviewing.cancel(again, by=anna, superseded=superseded, at=NOON + 2 * DAY)
    assert badges.standing(version, "en").round == round_
    assert is_verified(version)


def test_the_newest_outcome_decides(verified, anna, mira):
    version, _first = verified
    failed(version, anna, mira, at=NOON + DAY)
    assert level(version) == Level.NOT_REVIEWED
    third = closed(version, anna, TWO, PANEL, at=NOON + 2 * DAY)
    # The objection of the second round was never lifted: that blocks the third.
    assert third.outcome == "not-passed"
    assert level(version) == Level.NOT_REVIEWED


def test_one_question_is_one_query(verified, django_assert_num_queries):
    with django_assert_num_queries(1):
        badges.standing(verified[0], "sq")


# ── What ends it, and what brings it back (cases 34, 35, 37) ─────────────────────────────────


def test_a_changed_source_is_a_new_unverified_text_and_the_old_one_keeps_its_badge(
    verified, mira, publisher
):
    version, _round = verified
    publishing.publish(version, by=publisher, replacing=None, at=NOON)
    second = next_version(version, mira, summary_en="Changed.")
    assert level(second) == Level.NOT_REVIEWED
    assert Agreement.objects.get(pk=version.agreement_id).published == version
    assert is_verified(version)


def test_going_back_to_the_text_finds_its_badge_again(verified, mira):
    version, round_ = verified
    second = next_version(version, mira, summary_en="Changed.")
    back = next_version(second, mira, summary_en="Summary.")
    assert back.pk == version.pk
    assert is_verified(back)
    # With another word in a translation it is a version of its own, on the same substance.
    next_version(version, mira, summary_en="Changed again.")
    third = next_version(version, mira, summary_en="Summary.", summary_sr="Други сажетак.")
    assert third.pk != version.pk
    assert badges.standing(third, "en").round == round_
    assert is_verified(third)


@pytest.mark.parametrize("summary", ["Summary.", "  Summary. ", "Summary.\r\n", "\nSummary.\n\n\n"])
def test_spaces_and_line_ends_do_not_end_a_badge(verified, mira, summary):
    version, _round = verified
    third = next_version(version, mira, summary_en=summary, summary_sr="Нешто друго.")
    assert third.pk != version.pk
    assert is_verified(third)


def test_another_serbian_text_leaves_the_other_badges(verified, mira, reader):
    version, round_ = verified
    for language in ("sq", "sr"):
        fidelity.check(version, language, is_faithful=True, by=reader(f"reader-{language}"))
    second = next_version(version, mira, summary_sr="Други сажетак.")
    assert [is_verified(second, language) for language in ("sq", "sr", "en")] == [True, False, True]
    assert badges.standing(second, "sr").translation_waits
    assert all(is_verified(version, language) for language in ("sq", "sr", "en"))
    fidelity.check(second, "sr", is_faithful=True, assignment=members(round_)[0])
    assert is_verified(second, "sr")


def test_a_changed_source_asks_for_both_translations_again_and_the_way_back_does_not(
    verified, mira, reader, anna
):
    version, _round = verified
    for language in ("sq", "sr"):
        fidelity.check(version, language, is_faithful=True, by=reader(f"reader-{language}"))
    second = next_version(version, mira, summary_en="Changed.")
    passed(second, anna, at=NOON + DAY)
    assert [is_verified(second, language) for language in ("sq", "sr", "en")] == [
        False,
        False,
        True,
    ]
    back = next_version(second, mira, summary_en="Summary.")
    assert all(is_verified(back, language) for language in ("sq", "sr", "en"))


# ── Withdrawn (case 36) ──────────────────────────────────────────────────────────────────────


def test_a_withdrawn_badge_is_gone_at_once_in_every_language(verified, publisher, reader):
    version, round_ = verified
    fidelity.check(version, "sq", is_faithful=True, by=reader("reader"))
    ended = reviewing.withdraw_badge(round_, reasons=WORDS, by=publisher, at=NOON + DAY)
    for language in ("sq", "sr", "en"):
        found = badges.standing(version, language)
        assert (found.level, found.withdrawal) == (Level.NOT_REVIEWED, ended)
        assert not found.is_verified
        assert not found.translation_waits


def test_a_withdrawn_badge_is_gone_for_every_version_with_the_same_source(
    verified, publisher, mira
):
    version, round_ = verified
    second = next_version(version, mira, summary_sr="Други сажетак.")
    reviewing.withdraw_badge(round_, reasons=WORDS, by=publisher, at=NOON + DAY)
    assert level(second) == Level.NOT_REVIEWED


def test_after_a_withdrawal_a_new_round_can_verify_again(verified, publisher, anna):
    version, round_ = verified
    reviewing.withdraw_badge(round_, reasons=WORDS, by=publisher, at=NOON + DAY)
    again = passed(version, anna, at=NOON + 2 * DAY)
    assert badges.standing(version, "en").round == again
    assert is_verified(version)


def test_whoever_wrote_in_a_version_does_not_withdraw_its_badge(verified, editor):
    version, round_ = verified
    with pytest.raises(OwnWork):
        reviewing.withdraw_badge(round_, reasons=WORDS, by=editor, at=NOON)
    assert is_verified(version)


@pytest.mark.parametrize("missing", ["sq", "sr", "en"])
def test_a_withdrawal_has_a_public_reason_in_every_language(verified, publisher, missing):
    with pytest.raises(NotComplete):
        reviewing.withdraw_badge(verified[1], reasons=WORDS | {missing: " "}, by=publisher, at=NOON)


# ── Dissent (case 31) ────────────────────────────────────────────────────────────────────────


def test_an_override_is_reviewed_with_dissent_and_never_verified(editor, anna, mira, publisher):
    version = sealed_version(editor)
    round_ = failed(version, anna, mira)
    assert level(version) == Level.NOT_REVIEWED
    dissent = reviewing.dissent(round_, texts=WORDS, by=publisher, at=NOON + DAY)
    for language in ("sq", "sr", "en"):
        found = badges.standing(version, language)
        assert (found.level, found.round.dissent) == (Level.WITH_DISSENT, dissent)
        assert not found.is_verified
        assert not found.translation_waits
    publication = publishing.publish(version, by=publisher, replacing=None, at=NOON + 2 * DAY)
    assert publication.reviewed.level == Level.WITH_DISSENT


def test_a_dissent_in_a_translation_needs_the_same_confirmation(editor, anna, mira, publisher):
    version = sealed_version(editor)
    reviewing.dissent(failed(version, anna, mira), texts=WORDS, by=publisher, at=NOON)

    def confirmed():
        found = [badges.standing(version, language) for language in ("sq", "sr", "en")]
        assert {each.level for each in found} == {Level.WITH_DISSENT}
        assert not any(each.is_verified for each in found)
        return [each.is_faithful for each in found]

    assert confirmed() == [False, False, True]
    fidelity.check(version, "sq", is_faithful=True, by=mira, at=NOON + HOUR)
    assert confirmed() == [True, False, True]
    fidelity.check(version, "sq", is_faithful=False, note="Point 1.", by=mira, at=NOON + DAY)
    assert confirmed() == [False, False, True]


def test_a_dissent_ends_with_the_text_it_was_about(editor, anna, mira, publisher):
    version = sealed_version(editor)
    reviewing.dissent(failed(version, anna, mira), texts=WORDS, by=publisher, at=NOON)
    assert level(next_version(version, mira, summary_en="Changed.")) == Level.NOT_REVIEWED


# ── Translations (cases 37 to 39) ────────────────────────────────────────────────────────────


def test_a_translation_is_confirmed_for_its_own_language_alone(verified, mira):
    version, _round = verified
    made = fidelity.check(version, "sq", is_faithful=True, by=mira, at=NOON + HOUR)
    assert (made.language_hash, made.substance_hash) == (version.hash_sq, version.substance_hash)
    assert [is_verified(version, language) for language in ("sq", "sr")] == [True, False]


def test_the_same_words_in_two_languages_are_confirmed_one_by_one(editor, anna, mira):
    draft = make_draft(editor)
    for rows in (Version.objects.filter(pk=draft.pk), draft.parties, draft.provision_texts):
        for field in ("title", "short_title", "summary", "name", "heading", "text"):
            if hasattr(rows.first(), f"{field}_sr"):
                rows.update(**{f"{field}_{language}": "Kosovo" for language in ("sq", "sr")})
    version = publishing.seal(draft, at=NOON)
    assert version.hash_sq == version.hash_sr
    passed(version, anna)
    fidelity.check(version, "sq", is_faithful=True, by=mira)
    assert [is_verified(version, language) for language in ("sq", "sr")] == [True, False]


def test_the_newest_check_holds(verified, mira, reader):
    version, _round = verified
    fidelity.check(version, "sq", is_faithful=True, by=mira, at=NOON + HOUR)
    besa, later = reader("besa"), NOON + 2 * HOUR
    fidelity.check(version, "sq", is_faithful=False, note="Point 1.", by=besa, at=later)
    assert not is_verified(version, "sq")
    assert is_verified(version, "sq", NOON + HOUR)
    with pytest.raises(NotComplete):  # nobody overrules another reader
        fidelity.check(version, "sq", is_faithful=True, by=mira, at=later + HOUR)
    assert not is_verified(version, "sq")
    fidelity.check(version, "sq", is_faithful=True, by=besa, at=later)  # in the same moment
    assert is_verified(version, "sq")


@pytest.mark.parametrize("doubter", ["expert", "colleague"])
def test_a_doubt_is_not_overruled_by_any_other_reader(verified, mira, reader, doubter):
    version, round_ = verified
    first, second = members(round_)
    doubts = {"assignment": first} if doubter == "expert" else {"by": reader("besa")}
    others = [{"assignment": second}, {"by": mira}]
    fidelity.check(version, "sr", is_faithful=True, at=NOON, **others[0])
    fidelity.check(version, "sr", is_faithful=False, note="1.", at=NOON + HOUR, **doubts)
    for each in others:
        with pytest.raises(NotComplete):
            fidelity.check(version, "sr", is_faithful=True, at=NOON + 2 * HOUR, **each)
    assert FidelityCheck.objects.count() == 2
    assert not is_verified(version, "sr")
    fidelity.check(version, "sq", is_faithful=True, at=NOON + 2 * HOUR, **others[1])
    fidelity.check(version, "sr", is_faithful=True, at=NOON + 3 * HOUR, **doubts)
    fidelity.check(version, "sr", is_faithful=True, at=NOON + 4 * HOUR, **others[1])
    assert is_verified(version, "sr")


@pytest.mark.parametrize("changed", ["summary_sr", "summary_en"])
def test_a_doubt_is_about_the_text_it_was_said_of(verified, mira, reader, person, changed):
    version, _round = verified
    besa = reader("besa")
    fidelity.check(version, "sr", is_faithful=False, note="1.", by=besa, at=NOON + HOUR)
    second = next_version(version, person("zana"), **{changed: "Други текст."})
    assert fidelity.check(second, "sr", is_faithful=True, by=mira, at=NOON + 2 * HOUR)
    with pytest.raises(NotComplete):
        fidelity.check(version, "sr", is_faithful=True, by=mira, at=NOON + 2 * HOUR)


def test_a_confirmed_translation_without_a_passed_round_is_no_badge(editor, mira):
    version = sealed_version(editor)
    fidelity.check(version, "sq", is_faithful=True, by=mira, at=NOON)
    assert badges.standing(version, "sq") == badges.NOT_REVIEWED


def test_a_check_of_another_agreement_with_the_same_words_says_nothing(verified, editor, mira):
    version, _round = verified
    twin = sealed_version(editor, slug="twin")
    assert twin.hash_sq == version.hash_sq
    fidelity.check(twin, "sq", is_faithful=True, by=mira, at=NOON)
    assert not is_verified(version, "sq")


def test_nobody_confirms_what_they_prepared_or_translated(verified, editor, mira, person):
    version, _round = verified
    Colleague.objects.create(user=editor, translates_sr=True)
    with pytest.raises(OwnWork):
        fidelity.check(version, "sr", is_faithful=True, by=editor)
    second = next_version(version, mira, summary_sr="Превела Мира.")
    with pytest.raises(OwnWork):
        fidelity.check(second, "sr", is_faithful=True, by=mira)
    zana = person("zana")
    third = next_version(second, zana, summary_sq="Përktheu Zana.")
    with pytest.raises(OwnWork):  # Zana prepared it; Mira's words stand in its Serbian
        fidelity.check(third, "sr", is_faithful=True, by=mira)
    fidelity.check(third, "sq", is_faithful=True, by=mira)  # not in its Albanian
    assert is_verified(third, "sq")


def test_an_expert_with_an_account_does_not_confirm_their_own_translation(verified, person):
    version, _round = verified
    besa, zana = person("besa"), person("zana")
    drafting.save(
        version.agreement,
        [Change("summary", "sr", seen("Сажетак."), "Превела Беса.")],
        by=besa,
        at=NOON,
    )
    draft = version.agreement.versions.drafts().get()
    Version.objects.filter(pk=draft.pk).update(prepared_by=zana)
    draft.refresh_from_db()
    second = publishing.seal(draft, change_class="correction", at=NOON)
    assignment = members(ReviewRound.objects.get())[0]
    assignment.expert.user = besa
    with pytest.raises(OwnWork):
        fidelity.check(second, "sr", is_faithful=True, assignment=assignment)


def test_a_colleague_confirms_only_in_a_language_they_translate_into(verified, person):
    version, _round = verified
    besa = person("besa")
    with pytest.raises(NotComplete):
        fidelity.check(version, "sr", is_faithful=True, by=besa)
    Colleague.objects.create(user=besa, translates_sq=True)
    with pytest.raises(NotComplete):
        fidelity.check(version, "sr", is_faithful=True, by=besa)
    assert fidelity.check(version, "sq", is_faithful=True, by=besa)


@pytest.mark.parametrize("lacking", ["reads_sr", "reads_en"])
def test_an_expert_confirms_only_between_two_languages_they_read(verified, lacking):
    version, round_ = verified
    assignment = members(round_)[0]
    setattr(assignment.expert, lacking, False)
    with pytest.raises(NotComplete):
        fidelity.check(version, "sr", is_faithful=True, assignment=assignment)
    setattr(assignment.expert, lacking, True)
    fidelity.check(version, "sr", is_faithful=True, assignment=assignment)
    event = RoundEvent.objects.first()
    assert (event.action, event.member, event.detail) == ("fidelity", assignment, "sr")


def test_only_members_of_the_panel_of_an_agreement_confirm_its_translations(verified, editor, anna):
    version, _round = verified
    other_panel = members(opened(sealed_version(editor, slug="other"), anna, PANEL))[0]
    again = opened(version, anna, PANEL, at=NOON + DAY)
    gone, member = members(again)
    reviewing.leave(gone, at=NOON + DAY)
    for assignment in (other_panel, gone):
        with pytest.raises(NotComplete):
            fidelity.check(version, "sr", is_faithful=True, assignment=assignment)
    assert not FidelityCheck.objects.exists()
    assert fidelity.check(version, "sr", is_faithful=True, assignment=member)


@pytest.mark.parametrize("language", ["en", "xx", ""])
def test_there_is_nothing_to_confirm_in_the_source_or_no_language(verified, mira, language):
    with pytest.raises(NotComplete):
        fidelity.check(verified[0], language, is_faithful=True, by=mira)


def test_there_is_nothing_to_confirm_where_a_language_is_empty_or_not_sealed(editor, mira):
    version = sealed_version(editor, title_sr="")
    with pytest.raises(NotComplete):
        fidelity.check(version, "sr", is_faithful=True, by=mira)
    with pytest.raises(NotComplete):
        fidelity.check(make_draft(editor, slug="b"), "sr", is_faithful=True, by=mira)


def test_whoever_finds_a_difference_says_where(verified, mira):
    with pytest.raises(NotComplete):
        fidelity.check(verified[0], "sr", is_faithful=False, note=" ", by=mira)


# ── A typing error ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def typo(verified, mira):
    """Return (the passed round, a correction of one letter by Mira that asks for the badge)."""
    version, round_ = verified
    second = next_version(version, mira, at=NOON + DAY, summary_en="Sumary.")
    return round_, fidelity.propose_carry_over(second, by=mira, at=NOON + DAY)


@pytest.fixture
def carried(typo, person):
    round_, carry = typo
    fidelity.confirm_carry_over(carry, by=person("zana"), at=NOON + 2 * DAY)
    return round_, carry


def test_one_editor_does_not_keep_a_badge(typo, mira):
    _round, carry = typo
    assert level(carry.version) == Level.NOT_REVIEWED
    with pytest.raises(OwnWork):
        fidelity.confirm_carry_over(carry, by=mira, at=NOON + DAY)
    assert level(carry.version) == Level.NOT_REVIEWED


def test_neither_who_asked_nor_who_wrote_in_it_keeps_a_badge(verified, mira, person):
    version, _round = verified
    second = next_version(version, mira, summary_en="Sumary.")
    zana = person("zana")
    carry = fidelity.propose_carry_over(second, by=zana, at=NOON)
    for by in (mira, zana):
        with pytest.raises(OwnWork):
            fidelity.confirm_carry_over(carry, by=by, at=NOON)
    assert level(second) == Level.NOT_REVIEWED


def test_the_database_asks_for_the_second_editor_too(typo, mira):
    _round, carry = typo
    with pytest.raises(IntegrityError), transaction.atomic():
        CarryOver.objects.filter(pk=carry.pk).update(confirmed_by=mira, confirmed_at=NOON)


def test_two_editors_keep_the_badge_over_a_typing_error(carried, person):
    round_, carry = carried
    found = badges.standing(carry.version, "en")
    assert (found.level, found.round, found.is_verified) == (Level.VERIFIED, round_, True)
    actions = list(round_.events.values_list("action", flat=True)[:2])
    assert actions == ["carried", "carry-proposed"]
    with pytest.raises(NotComplete):
        fidelity.confirm_carry_over(carry, by=person("third"), at=NOON + 2 * DAY)


def test_a_confirmed_translation_stays_confirmed_over_a_typing_error(
    verified, mira, person, reader
):
    version, _round = verified
    fidelity.check(version, "sq", is_faithful=True, by=reader("reader"), at=NOON)
    second = next_version(version, mira, summary_en="Sumary.")
    carry = fidelity.propose_carry_over(second, by=mira, at=NOON)
    fidelity.confirm_carry_over(carry, by=person("zana"), at=NOON)
    assert [is_verified(second, language) for language in ("sq", "sr", "en")] == [True, False, True]


def test_a_badge_is_kept_over_two_typing_errors_in_a_row(carried, mira, person):
    round_, carry = carried
    third = next_version(carry.version, mira, at=NOON + 3 * DAY, summary_en="Summmary.")
    again = fidelity.propose_carry_over(third, by=mira, at=NOON + 3 * DAY)
    assert again.round == round_
    fidelity.confirm_carry_over(again, by=person("luan"), at=NOON + 3 * DAY)
    assert badges.standing(third, "en").round == round_
    assert badges.standing(carry.version, "en").round == round_


def test_withdrawing_the_badge_ends_the_kept_one_too(carried, publisher):
    round_, carry = carried
    reviewing.withdraw_badge(round_, reasons=WORDS, by=publisher, at=NOON + 3 * DAY)
    assert level(carry.version) == Level.NOT_REVIEWED


@pytest.mark.parametrize("change_class", ["substantive", "translation"])
def test_only_a_correction_keeps_a_badge(verified, mira, change_class):
    second = next_version(verified[0], mira, change_class=change_class, summary_en="Sumary.")
    with pytest.raises(NotComplete):
        fidelity.propose_carry_over(second, by=mira, at=NOON)


def _another_date(version, by):
    draft = publishing.open_draft(version.agreement, by=by)
    Version.objects.filter(pk=draft.pk).update(date_agreed=date(2011, 9, 3))


def _another_source(version, by):
    drafting.add_source(version.agreement, source=make_source(), by=by, at=NOON)


def _another_order(version, by):
    drafting.move_provision(version.agreement, key="p2", up=True, by=by, at=NOON)


@pytest.mark.parametrize("changes", [_another_date, _another_source, _another_order])
def test_a_changed_fact_source_or_order_is_no_typing_error(editor, anna, mira, changes):
    version = sealed_version(editor, provisions=2)
    passed(version, anna)
    changes(version, mira)
    draft = version.agreement.versions.drafts().get()
    second = publishing.seal(draft, change_class="correction", at=NOON + DAY)
    assert second.substance_hash != version.substance_hash
    with translation.override("en"), pytest.raises(NotComplete, match="A fact, a source or"):
        fidelity.propose_carry_over(second, by=mira, at=NOON + DAY)
    assert not CarryOver.objects.exists()
    assert level(second) == Level.NOT_REVIEWED


def test_a_badge_that_is_not_there_or_needs_no_keeping_is_not_kept(verified, editor, mira):
    version, _round = verified
    with pytest.raises(NotComplete):  # the same source: it has the badge as it is
        fidelity.propose_carry_over(
            next_version(version, mira, summary_sr="Друго."), by=mira, at=NOON
        )
    other = sealed_version(editor, slug="other")
    with pytest.raises(NotComplete):
        fidelity.propose_carry_over(next_version(other, mira, summary_en="X."), by=mira, at=NOON)
    draft = publishing.open_draft(version.agreement, by=mira)
    with pytest.raises(NotComplete):
        fidelity.propose_carry_over(draft, by=mira, at=NOON)


def test_a_withdrawn_badge_is_not_kept(verified, mira, publisher):
    version, round_ = verified
    reviewing.withdraw_badge(round_, reasons=WORDS, by=publisher, at=NOON)
    second = next_version(version, mira, summary_en="Sumary.")
    with pytest.raises(NotComplete):
        fidelity.propose_carry_over(second, by=mira, at=NOON)


def test_asking_twice_to_keep_a_badge_is_told(typo, person):
    _round, carry = typo
    with pytest.raises(NotComplete):
        fidelity.propose_carry_over(carry.version, by=person("zana"), at=NOON + DAY)


@pytest.mark.parametrize("late", [timedelta(), 10 * DAY])
def test_any_member_turns_a_small_change_into_a_round_within_ten_days(carried, late):
    round_, carry = carried
    member, at = members(round_)[1], carry.confirmed_at + late
    new = fidelity.contest(carry, assignment=member, reason=" It says more. ", at=at)
    assert (new.phase, new.version, new.number) == ("preparing", carry.version, 2)
    # In the name of who prepared the round before, not of an editor who called it a typing error.
    assert new.prepared_by == round_.prepared_by
    assert new.prepared_by not in (carry.proposed_by, carry.confirmed_by)
    profiles = sorted(new.seats.values_list("profile", flat=True))
    assert profiles == sorted(round_.seats.values_list("profile", flat=True))
    assert level(carry.version) == Level.NOT_REVIEWED
    assert is_verified(round_.version)  # the text that was reviewed keeps its own
    carry.refresh_from_db()
    assert (carry.contested_by, carry.contested_at) == (member, at)
    assert carry.contest_reason == "It says more."
    assert round_.events.filter(action="contested", member=member).count() == 1


def test_after_ten_days_the_kept_badge_stays(carried):
    round_, carry = carried
    at = carry.confirmed_at + 10 * DAY + INSTANT
    with pytest.raises(NotComplete):
        fidelity.contest(carry, assignment=members(round_)[0], reason="Late.", at=at)
    assert is_verified(carry.version)
    assert ReviewRound.objects.count() == 1


def test_only_the_panel_contests_once_and_with_a_reason(carried, editor, anna):
    round_, carry = carried
    first, second = members(round_)
    stranger = members(passed(sealed_version(editor, slug="other"), anna))[0]
    for assignment, reason in ((stranger, "More."), (first, " ")):
        with pytest.raises(NotComplete):
            fidelity.contest(carry, assignment=assignment, reason=reason, at=NOON + 2 * DAY)
    assert is_verified(carry.version)
    fidelity.contest(carry, assignment=first, reason="More.", at=NOON + 2 * DAY)
    with pytest.raises(NotComplete):
        fidelity.contest(carry, assignment=second, reason="More.", at=NOON + 2 * DAY)


def test_what_was_not_confirmed_cannot_be_contested(typo):
    round_, carry = typo
    with pytest.raises(NotComplete):
        fidelity.contest(carry, assignment=members(round_)[0], reason="More.", at=NOON + DAY)


def test_where_the_agreement_is_in_review_already_contesting_ends_the_badge_alone(carried, anna):
    round_, carry = carried
    prepared(carry.version, anna, PANEL, at=NOON + 2 * DAY)
    found = fidelity.contest(
        carry, assignment=members(round_)[0], reason="More.", at=NOON + 3 * DAY
    )
    assert found is None
    assert level(carry.version) == Level.NOT_REVIEWED


# ── As of a moment ───────────────────────────────────────────────────────────────────────────


def test_what_readers_could_be_told_at_a_moment_never_changes_afterwards(
    carried, publisher, reader, anna
):
    """Each thing counts from its own moment on, and what came later changes nothing before it."""
    round_, carry = carried
    first, second = round_.version, carry.version
    fidelity.check(first, "sq", is_faithful=True, by=reader("reader"), at=NOON + 3 * DAY)
    fidelity.contest(carry, assignment=members(round_)[0], reason="More.", at=NOON + 4 * DAY)
    reviewing.withdraw_badge(round_, reasons=WORDS, by=publisher, at=NOON + 5 * DAY)
    told = {
        moment: (
            is_verified(first, "en", moment),
            is_verified(first, "sq", moment),
            is_verified(second, "en", moment),
        )
        for day in range(6)
        for moment in (NOON + day * DAY - INSTANT, NOON + day * DAY)
    }
    expected = [
        (False, False, False), (True, False, False),  # the round closes
        (True, False, False), (True, False, False),  # a correction is sealed
        (True, False, False), (True, False, True),  # its badge is kept
        (True, False, True), (True, True, True),  # Albanian is confirmed
        (True, True, True), (True, True, False),  # the kept badge is contested
        (True, True, False), (False, False, False),  # the badge is withdrawn
    ]  # fmt: skip
    assert list(told.values()) == expected
    assert not is_verified(first)


def test_a_dissent_counts_from_its_own_moment(editor, anna, mira, publisher):
    version = sealed_version(editor)
    reviewing.dissent(failed(version, anna, mira), texts=WORDS, by=publisher, at=NOON + DAY)
    assert level(version, moment=NOON + DAY - INSTANT) == Level.NOT_REVIEWED
    assert level(version, moment=NOON + DAY) == Level.WITH_DISSENT


def test_a_round_that_failed_later_changes_nothing_before(verified, anna, mira):
    version, _round = verified
    failed(version, anna, mira, at=NOON + DAY)
    assert is_verified(version, moment=NOON + DAY - INSTANT)
    assert not is_verified(version, moment=NOON + DAY)


# ── What a publication keeps ─────────────────────────────────────────────────────────────────


def test_a_publication_keeps_what_it_could_claim(verified, publisher):
    version, round_ = verified
    publication = publishing.publish(version, by=publisher, replacing=None, at=NOON)
    kept = publication.reviewed
    assert (kept.level, kept.round, kept.report) == (Level.VERIFIED, round_, round_.report)
    reviewing.withdraw_badge(round_, reasons=WORDS, by=publisher, at=NOON + DAY)
    kept.refresh_from_db()
    assert kept.level == Level.VERIFIED  # what it claimed then


@pytest.mark.parametrize("how", ["never", "withdrawn", "failed"])
def test_a_publication_without_a_badge_says_so(editor, anna, mira, publisher, how):
    version = sealed_version(editor)
    if how == "withdrawn":
        round_ = passed(version, anna)
        reviewing.withdraw_badge(round_, reasons=WORDS, by=publisher, at=NOON)
    elif how == "failed":
        failed(version, anna, mira)
    kept = publishing.publish(version, by=publisher, replacing=None, at=NOON).reviewed
    assert (kept.level, kept.round, kept.report) == (Level.NOT_REVIEWED, None, None)


def test_where_it_cannot_be_kept_nothing_is_published(verified, publisher, monkeypatch):
    version, _round = verified

    def fails(publication):
        ReviewedPublication.objects.create(publication=publication, level=Level.NOT_REVIEWED)
        raise RuntimeError

    monkeypatch.setattr(publishing, "WITNESSES", [fails])
    with pytest.raises(RuntimeError):
        publishing.publish(version, by=publisher, replacing=None, at=NOON)
    assert not Publication.objects.filter(version=version).exists()
    assert not ReviewedPublication.objects.filter(publication__version=version).exists()
    assert Agreement.objects.get(pk=version.agreement_id).published is None


def test_no_report_that_is_kept_says_a_word_of_communities(verified, publisher):
    publication = publishing.publish(verified[0], by=publisher, replacing=None, at=NOON)
    kept = str(publication.reviewed.report)
    for word in ("albanian", "serb", "perspective", "share", "inside"):
        assert word not in kept


def test_an_erased_expert_leaves_the_badge(verified):
    from experts import erasure

    version, round_ = verified
    for member in members(round_):
        erasure.erase(member.expert, at=NOON + DAY)
    assert badges.standing(version, "en").round == round_
    assert is_verified(version)
