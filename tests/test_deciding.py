"""Sealing with a note, publishing now, later and again, withdrawing: the verbs and the database."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from agreements import publishing
from agreements.models import (
    Agreement,
    AuditEntry,
    Publication,
    ScheduledPublication,
    Version,
    Withdrawal,
)
from tests.conftest import NOON, make_draft
from tests.scenes import NOTE, change

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def first(public):
    return public()


@pytest.fixture
def besa(person, django_user_model):
    """A publisher with the right, as a schedule asks for it when its time comes."""
    from django.contrib.auth.models import Group

    besa = person("besa", is_staff=True)
    besa.groups.add(Group.objects.get(name="publisher"))
    return django_user_model.objects.get(pk=besa.pk)


def next_version(agreement, by, text="Second summary."):
    draft = change(agreement, "summary", "en", text, by=by)
    return publishing.seal(draft, by=by, at=NOON, change_class="correction", notes=NOTE)


def actions(agreement):
    return [entry.action for entry in agreement.audit.order_by("pk")]


# ── Seal ─────────────────────────────────────────────────────────────────────────────────────


def test_a_seal_takes_the_kind_of_change_and_the_note(first, editor):
    version = next_version(first.agreement, editor)
    version.refresh_from_db()
    assert (version.change_class, version.change_note_sr) == ("correction", NOTE["sr"])


def test_a_seal_of_what_moved_on_since_it_was_seen_is_refused(draft, editor, person):
    seen = draft.revision
    change(draft, "summary", "en", "Moved on.", by=person("mira"))
    with pytest.raises(publishing.ChangedMeanwhile) as refusal:
        publishing.seal(draft, by=editor, as_seen=seen, at=NOON)
    assert "mira" in str(refusal.value)
    assert Version.objects.get(pk=draft.pk).is_draft


def test_a_note_is_written_in_all_languages_or_in_none(first, editor):
    draft = change(first.agreement, "summary", "en", "Second.", by=editor)
    with pytest.raises(publishing.PublishingError):
        publishing.seal(draft, change_class="correction", notes=NOTE | {"sq": ""}, at=NOON)


@pytest.mark.parametrize("language", ["sq", "sr", "en"])
def test_a_summary_over_120_words_is_not_sealed(editor, language):
    draft = make_draft(editor, **{f"summary_{language}": "реч " * 121})
    with pytest.raises(publishing.PublishingError):
        publishing.seal(draft, at=NOON)


def test_every_change_of_state_is_one_entry_by_whoever_did_it(first, editor, publisher, besa):
    agreement = first.agreement
    version = next_version(agreement, editor)
    publishing.publish(version, by=besa, replacing=first, at=NOON)
    publishing.withdraw(Publication.objects.get(version=version), by=besa, reasons=NOTE, at=NOON)
    entries = list(agreement.audit.order_by("pk"))
    assert [(entry.action, entry.actor.username, entry.version_number) for entry in entries] == [
        ("sealed", "editor", 1),
        ("published", "publisher", 1),
        ("draft-opened", "editor", 2),
        ("sealed", "editor", 2),
        ("published", "besa", 2),
        ("withdrawn", "besa", 2),
    ]
    assert all(entry.at == NOON for entry in entries)


def test_a_publication_that_fails_midway_leaves_nothing_behind(first, editor, besa, monkeypatch):
    version = next_version(first.agreement, editor)
    before = actions(first.agreement)

    def broken(*args, **kwargs):
        raise RuntimeError("the power went out")

    monkeypatch.setattr(AuditEntry.objects, "record", broken)
    with pytest.raises(RuntimeError):
        publishing.publish(version, by=besa, replacing=first, at=NOON)
    monkeypatch.undo()
    assert Agreement.objects.get(pk=first.agreement_id).published == first
    assert not version.publications.exists()
    assert actions(first.agreement) == before


# ── Nobody publishes their own ───────────────────────────────────────────────────────────────


def test_whoever_wrote_a_word_of_a_version_cannot_publish_it(first, editor, besa):
    change(first.agreement, "summary", "en", "Editor's.", by=editor)
    draft = change(first.agreement, "summary", "sr", "Бесино.", by=besa)
    version = publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    with pytest.raises(publishing.OwnWork):
        publishing.publish(version, by=besa, replacing=first, at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        Publication.objects.create(
            agreement=first.agreement,
            version=version,
            prepared_by=editor,
            published_by=besa,
            published_at=NOON,
        )


def test_a_superuser_gets_no_exception(first, person):
    chief = person("chief", is_superuser=True, is_staff=True)
    version = next_version(first.agreement, chief)
    for verb in (
        lambda: publishing.publish(version, by=chief, replacing=first, at=NOON),
        lambda: publishing.schedule(
            version, by=chief, replacing=first, at=NOON, publish_at=NOON + HOUR
        ),
    ):
        with pytest.raises(publishing.OwnWork):
            verb()


# ── Again ────────────────────────────────────────────────────────────────────────────────────


def test_undo_is_publishing_the_earlier_version_again(first, editor, besa, publisher):
    second = next_version(first.agreement, editor)
    publishing.publish(second, by=besa, replacing=first, at=NOON)
    publishing.publish(first, by=besa, replacing=second, at=NOON + HOUR, reason="A slip.")
    assert Agreement.objects.get(pk=first.agreement_id).published == first
    assert first.publications.count() == 2
    assert Version.objects.filter(agreement=first.agreement_id).count() == 2


# ── Later ────────────────────────────────────────────────────────────────────────────────────


def schedule(version, by, replacing, at=NOON + HOUR):
    return publishing.schedule(version, by=by, replacing=replacing, at=NOON, publish_at=at)


def test_a_scheduled_change_waits_and_readers_keep_the_old_page(client, first, editor, besa):
    second = next_version(first.agreement, editor)
    schedule(second, besa, first)
    assert publishing.publish_due(at=NOON + HOUR / 2) == ([], [])
    address = first.agreement.get_absolute_url()
    assert "Second" not in client.get(address).content.decode()
    published, failed = publishing.publish_due(at=NOON + HOUR)
    assert ([each.version for each in published], failed) == ([second], [])
    assert "Second" in client.get(address.replace("/sq/", "/en/")).content.decode()
    assert publishing.publish_due(at=NOON + 2 * HOUR) == ([], [])


def test_a_schedule_that_lost_the_race_fails_aloud(first, editor, besa, publisher):
    second = next_version(first.agreement, editor)
    waiting = schedule(second, besa, first)
    third = next_version(first.agreement, editor, "Third.")
    publishing.publish(third, by=publisher, replacing=first, at=NOON)
    published, failed = publishing.publish_due(at=NOON + HOUR)
    assert (published, failed) == ([], [waiting])
    waiting.refresh_from_db()
    assert (waiting.state, waiting.failure) == ("failed", "PublishedMeanwhile")
    assert Agreement.objects.get(pk=first.agreement_id).published == third
    assert actions(first.agreement)[-1] == "schedule-failed"


@pytest.mark.parametrize("loss", ["right", "account"])
def test_whoever_may_not_publish_any_more_does_not_by_an_old_schedule(first, editor, besa, loss):
    second = next_version(first.agreement, editor)
    waiting = schedule(second, besa, first)
    if loss == "right":
        besa.groups.clear()
    else:
        type(besa).objects.filter(pk=besa.pk).update(is_active=False)
    assert publishing.publish_due(at=NOON + HOUR) == ([], [waiting])
    waiting.refresh_from_db()
    assert waiting.failure == "NoLongerPublisher"


def test_one_schedule_waits_at_a_time_and_can_be_cancelled_once(first, editor, besa, publisher):
    second = next_version(first.agreement, editor)
    waiting = schedule(second, besa, first)
    with pytest.raises(publishing.AlreadyScheduled) as refusal:
        schedule(second, publisher, first)
    assert "besa" in str(refusal.value)
    publishing.cancel_schedule(waiting, by=publisher, at=NOON)
    with pytest.raises(publishing.PublishingError):
        publishing.cancel_schedule(waiting, by=publisher, at=NOON)
    assert publishing.publish_due(at=NOON + HOUR) == ([], [])
    schedule(second, publisher, first)


def test_publishing_at_once_ends_the_wait(first, editor, besa):
    second = next_version(first.agreement, editor)
    waiting = schedule(second, besa, first)
    publishing.publish(second, by=besa, replacing=first, at=NOON)
    waiting.refresh_from_db()
    assert waiting.state == ScheduledPublication.State.DONE
    assert publishing.publish_due(at=NOON + HOUR) == ([], [])


@pytest.mark.parametrize("delay", [timedelta(0), -HOUR])
def test_a_time_that_is_over_cannot_be_chosen(first, editor, besa, delay):
    second = next_version(first.agreement, editor)
    with pytest.raises(publishing.PublishingError):
        schedule(second, besa, first, at=NOON + delay)


def test_the_command_says_what_it_did(first, editor, besa):
    second = next_version(first.agreement, editor)
    schedule(second, besa, first)
    out = io.StringIO()
    call_command("publish_due", stdout=out)
    assert "Published 1 version(s), 0 failed." in out.getvalue()
    assert Agreement.objects.get(pk=first.agreement_id).published == second


# ── Withdraw ─────────────────────────────────────────────────────────────────────────────────


def withdraw(version, by, reasons=NOTE):
    publication = Publication.objects.filter(version=version).newest_first().first()
    return publishing.withdraw(publication, by=by, reasons=reasons, at=NOON)


@pytest.mark.parametrize("code", ["sq", "sr-latn", "sr-cyrl", "en"])
def test_a_withdrawn_text_says_so_where_it_was(client, first, besa, code):
    from dialogue_platform.languages import BY_CODE
    from dialogue_platform.scripts import to_latin

    withdraw(first, besa)
    reason = NOTE[BY_CODE[code].stored]
    reason = to_latin(reason) if code == "sr-latn" else reason
    base = f"/{code}/agreements/test-agreement/"
    for layer in ("", "details/", "full-text/"):
        response = client.get(base + layer)
        assert response.status_code == 410
        assert reason in response.content.decode()
        assert "noindex" in response.content.decode()
    for address in ("history/", "history/1/", "history/1/full-text/"):
        response = client.get(base + address)
        assert response.status_code == 200
        assert reason in response.content.decode()
    assert "test-agreement" not in client.get(f"/{code}/agreements/").content.decode()
    assert "test-agreement" not in client.get("/sitemap.xml").content.decode()


def test_nobody_withdraws_their_own_and_never_without_a_reason(first, editor, besa):
    with pytest.raises(publishing.OwnWork):
        withdraw(first, editor)
    with pytest.raises(publishing.PublishingError):
        withdraw(first, besa, NOTE | {"en": " "})
    with pytest.raises(DatabaseError), transaction.atomic():
        Withdrawal.objects.create(
            publication=first.publications.get(), withdrawn_by=editor, withdrawn_at=NOON
        )
    assert Agreement.objects.get(pk=first.agreement_id).published == first


def test_nothing_vanishes_without_a_withdrawal_and_nothing_comes_back_by_hand(first, besa):
    rows = Agreement.objects.filter(pk=first.agreement_id)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(published=None)
    withdraw(first, besa)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(published=first)
    with pytest.raises(DatabaseError), transaction.atomic():
        Withdrawal.objects.all().delete()


def test_a_withdrawn_text_can_be_published_again(client, first, editor, besa):
    withdraw(first, besa)
    with pytest.raises(publishing.PublishingError):
        withdraw(first, besa)
    publishing.publish(first, by=besa, replacing=None, at=NOON + HOUR)
    assert client.get("/en/agreements/test-agreement/").status_code == 200
    history = client.get("/en/agreements/test-agreement/history/").content.decode()
    assert history.count("Withdrawn.") == 1


def test_what_was_replaced_meanwhile_is_not_withdrawn(first, editor, besa, publisher):
    seen = Publication.objects.get(version=first)
    second = next_version(first.agreement, editor)
    publishing.publish(second, by=publisher, replacing=first, at=NOON)
    with pytest.raises(publishing.PublishedMeanwhile) as refusal:
        publishing.withdraw(seen, by=besa, reasons=NOTE, at=NOON)
    assert "publisher" in str(refusal.value)
    assert Agreement.objects.get(pk=first.agreement_id).published == second


# ── Whose work it is ─────────────────────────────────────────────────────────────────────────


def test_work_in_a_version_that_was_never_public_counts_in_the_next_one(editor, besa, publisher):
    """One changed letter does not make besa's text somebody else's."""
    mine = publishing.seal(make_draft(besa), at=NOON)
    draft = change(mine.agreement, "title", "en", "Agreement!", by=editor)
    version = publishing.seal(draft, by=editor, at=NOON, change_class="correction", notes=NOTE)
    with pytest.raises(publishing.OwnWork):
        publishing.publish(version, by=besa, replacing=None, at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        Publication.objects.create(
            agreement=mine.agreement,
            version=version,
            prepared_by=editor,
            published_by=besa,
            published_at=NOON,
        )
    publishing.publish(version, by=publisher, replacing=None, at=NOON)
    third = next_version(mine.agreement, editor)
    publishing.publish(third, by=besa, replacing=version, at=NOON)  # what was public is not hers


def test_whoever_wrote_part_of_a_text_does_not_withdraw_it(first, editor, besa, publisher):
    draft = change(first.agreement, "summary", "sr", "Бесино.", by=besa)
    version = publishing.seal(draft, by=editor, change_class="translation", notes=NOTE, at=NOON)
    publishing.publish(version, by=publisher, replacing=first, at=NOON)
    with pytest.raises(publishing.OwnWork):
        withdraw(version, besa)
    with pytest.raises(DatabaseError), transaction.atomic():
        Withdrawal.objects.create(
            publication=version.publications.get(), withdrawn_by=besa, withdrawn_at=NOON
        )


def test_a_version_that_waits_is_in_the_next_draft(first, editor):
    second = next_version(first.agreement, editor)
    draft = change(first.agreement, "title", "en", "Third", by=editor)
    assert (draft.summary_en, draft.number) == (second.summary_en, 3)


def test_a_draft_copies_what_is_public_now_and_not_what_was(first, editor, besa):
    stale = Agreement.objects.get(pk=first.agreement_id)
    second = next_version(first.agreement, editor)
    publishing.publish(second, by=besa, replacing=first, at=NOON)
    assert publishing.open_draft(stale, by=editor).summary_en == second.summary_en


def test_after_an_undo_the_next_draft_goes_on_from_what_is_public(first, editor, besa):
    second = next_version(first.agreement, editor)
    publishing.publish(second, by=besa, replacing=first, at=NOON)
    publishing.publish(first, by=besa, replacing=second, at=NOON + HOUR, reason="A slip.")
    draft = publishing.open_draft(Agreement.objects.get(pk=first.agreement_id), by=editor)
    assert draft.summary_en == first.summary_en


def test_a_party_without_a_name_is_not_sealed(editor):
    from agreements import drafting

    draft = make_draft(editor)
    drafting.add_party(draft.agreement, side="serbia", by=editor)
    with pytest.raises(publishing.PublishingError):
        publishing.seal(Version.objects.get(pk=draft.pk), at=NOON)
