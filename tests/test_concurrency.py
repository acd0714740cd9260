"""Two people at once, with real threads and real connections: one wins, the other is told."""

import threading
import time

import pytest
from django.db import connections, transaction

from agreements import drafting, publishing
from agreements.drafting import Change, seen
from agreements.fingerprints import fingerprints
from agreements.models import (
    Agreement,
    AuditEntry,
    Edit,
    ProvisionText,
    Publication,
    ScheduledPublication,
    Version,
)
from tests.conftest import NOON, make_draft
from tests.scenes import NOTE

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions):
    """Run actions in threads that start together; return what each returned or raised."""
    start, outcomes = threading.Barrier(len(actions)), [None] * len(actions)

    def run(at, action):
        try:
            start.wait()
            outcomes[at] = action()
        except Exception as error:
            outcomes[at] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def split(outcomes):
    failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    return [outcome for outcome in outcomes if not isinstance(outcome, Exception)], failed


def test_of_two_publishers_one_wins_and_the_other_is_told_by_whom(person):
    editor, ana, besa = person("editor"), person("ana"), person("besa")
    first = publishing.seal(make_draft(editor), at=NOON)
    publishing.publish(first, by=ana, replacing=None, at=NOON)
    rivals = []
    for text in ("Two.", "Three."):
        draft = publishing.open_draft(first.agreement, by=editor)
        Version.objects.filter(pk=draft.pk).update(summary_en=text, change_class="correction")
        rivals.append(publishing.seal(Version.objects.get(pk=draft.pk), at=NOON))

    won, failed = split(
        at_once(
            lambda: publishing.publish(rivals[0], by=ana, replacing=first),
            lambda: publishing.publish(rivals[1], by=besa, replacing=first),
        )
    )
    assert len(won) == 1
    assert [type(error) for error in failed] == [publishing.PublishedMeanwhile]
    assert won[0].published_by.username in str(failed[0])
    assert Agreement.objects.get(pk=first.agreement_id).published == won[0].version
    assert Publication.objects.filter(agreement=first.agreement_id).count() == 2


def test_of_eight_who_open_a_draft_one_gets_it(person):
    version = publishing.seal(make_draft(person("editor")), at=NOON)
    people = [person(f"editor-{n}") for n in range(8)]
    won, failed = split(
        at_once(*(lambda by=by: publishing.open_draft(version.agreement, by=by) for by in people))
    )
    assert len(won) == 1
    assert {type(error) for error in failed} == {publishing.DraftIsOpen}
    assert version.agreement.versions.drafts().count() == 1


def test_sealing_twice_at_once_gives_one_version(person):
    draft = make_draft(person("editor"))
    copies = [Version.objects.get(pk=draft.pk) for _ in range(4)]
    won, failed = split(
        at_once(*(lambda copy=copy: publishing.seal(copy, at=NOON) for copy in copies))
    )
    assert len(won) == 1
    assert {type(error) for error in failed} == {publishing.NotADraft}
    assert draft.agreement.versions.sealed().count() == 1


def test_an_edit_that_is_not_saved_yet_is_in_the_seal_or_refused_never_half(person):
    """Whoever edits a provision while another seals: the fingerprint stays that of the text."""
    draft = make_draft(person("editor"))
    editing = threading.Event()

    def edit():
        with transaction.atomic():
            ProvisionText.objects.filter(version=draft).update(text_en="Late edit.")
            editing.set()
            time.sleep(0.4)

    def seal():
        editing.wait(10)
        return publishing.seal(Version.objects.get(pk=draft.pk), at=NOON)

    at_once(edit, seal)
    sealed = Version.objects.get(pk=draft.pk)
    assert not sealed.is_draft
    assert fingerprints(sealed).content == sealed.content_hash


# ── Editors ──────────────────────────────────────────────────────────────────────────────────


def test_of_eight_who_save_the_same_text_one_wins_and_seven_are_told(person):
    draft = make_draft(person("editor"))
    people = [person(f"editor-{n}") for n in range(8)]

    def saving(n):
        change = Change("summary", "en", seen("Summary."), f"Summary of {n}.")
        return lambda: drafting.save(draft.agreement, [change], by=people[n])

    won, failed = split(at_once(*map(saving, range(8))))
    assert len(won) == 1
    assert {type(error) for error in failed} == {drafting.EditConflict}
    texts = {error.conflicts[0].text for error in failed}
    assert texts == {won[0].summary_en}  # each is told what stands there now
    assert all(error.conflicts[0].edit is not None for error in failed)
    assert Edit.objects.filter(version=draft).count() == 1


def test_eight_who_save_different_texts_all_keep_their_work(person):
    draft = make_draft(person("editor"), provisions=8)
    people = [person(f"editor-{n}") for n in range(8)]

    def saving(n):
        place = f"provision.p{n + 1}.text"
        change = Change(place, "en", seen(f"Text {n + 1}."), f"Written by {n}.")
        return lambda: drafting.save(draft.agreement, [change], by=people[n])

    _won, failed = split(at_once(*map(saving, range(8))))
    assert failed == []
    texts = sorted(draft.provision_texts.values_list("text_en", flat=True))
    assert texts == [f"Written by {n}." for n in range(8)]
    assert Version.objects.get(pk=draft.pk).revision == 8


def test_the_first_saves_of_eight_open_one_draft(person):
    version = publishing.seal(make_draft(person("editor"), provisions=8), at=NOON)
    people = [person(f"editor-{n}") for n in range(8)]

    def saving(n):
        place = f"provision.p{n + 1}.text"
        change = Change(place, "en", seen(f"Text {n + 1}."), f"Written by {n}.")
        return lambda: drafting.save(version.agreement, [change], by=people[n])

    won, failed = split(at_once(*map(saving, range(8))))
    assert failed == []
    assert {saved.pk for saved in won} == {version.agreement.versions.drafts().get().pk}


def test_a_save_and_a_seal_at_once_leave_a_true_fingerprint(person):
    for n in range(3):
        draft = make_draft(person(f"editor-{n}"), slug=f"agreement-{n}")
        change = Change("summary", "en", seen("Summary."), "Late.")
        by = draft.prepared_by
        at_once(
            lambda change=change, draft=draft, by=by: drafting.save(
                draft.agreement, [change], by=by
            ),
            lambda draft=draft: publishing.seal(draft, at=NOON),
        )
        sealed = Version.objects.get(pk=draft.pk)
        assert fingerprints(sealed).content == sealed.content_hash


def test_of_a_seal_and_a_discard_one_wins(person):
    editor = person("editor")
    draft = make_draft(editor)
    won, failed = split(
        at_once(
            lambda: publishing.seal(draft, at=NOON) and "sealed",
            lambda: drafting.discard(draft, by=editor, as_seen=0) or "discarded",
        )
    )
    assert len(won) == 1
    assert isinstance(failed[0], publishing.PublishingError)
    assert Version.objects.filter(pk=draft.pk).exists() == (won == ["sealed"])


def ready_to_publish(person, django_user_model):
    """Return (what is public, the next version, a publisher with the right)."""
    from django.contrib.auth.models import Group

    from agreements.roles import make_groups

    make_groups(None, "default")
    editor, besa = person("editor"), person("besa", is_staff=True)
    besa.groups.add(Group.objects.get(name="publisher"))
    first = publishing.seal(make_draft(editor), at=NOON)
    publishing.publish(first, by=besa, replacing=None, at=NOON)
    change = Change("summary", "en", seen("Summary."), "Second.")
    draft = drafting.save(first.agreement, [change], by=editor)
    second = publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    return first, second, django_user_model.objects.get(pk=besa.pk)


def test_two_runs_of_the_schedule_at_once_publish_once(person, django_user_model):
    first, second, besa = ready_to_publish(person, django_user_model)
    due = NOON.replace(hour=13)
    publishing.schedule(second, by=besa, replacing=first, at=NOON, publish_at=due)
    outcomes = at_once(*[lambda: publishing.publish_due(at=due)] * 4)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert sum(len(published) for published, _failed in outcomes) == 1
    assert sum(len(failed) for _published, failed in outcomes) == 0
    assert Publication.objects.filter(version=second).count() == 1
    assert ScheduledPublication.objects.get().state == "done"


def test_of_a_publication_and_a_withdrawal_at_once_one_wins(person, django_user_model):
    first, second, besa = ready_to_publish(person, django_user_model)
    goran = person("goran")
    public = Publication.objects.get(version=first)
    won, failed = split(
        at_once(
            lambda: publishing.publish(second, by=goran, replacing=first),
            lambda: publishing.withdraw(public, by=besa, reasons=NOTE),
        )
    )
    assert len(won) == 1
    assert isinstance(failed[0], publishing.PublishingError)
    now = Agreement.objects.get(pk=first.agreement_id).published
    assert now == (second if isinstance(won[0], Publication) else None)
    entries = AuditEntry.objects.filter(agreement=first.agreement_id)
    done = entries.filter(action__in=["published", "withdrawn"])
    assert done.count() == 2  # the first publication and whichever won


def test_two_schedules_at_once_are_one(person, django_user_model):
    first, second, besa = ready_to_publish(person, django_user_model)
    goran, due = person("goran"), NOON.replace(hour=13)
    won, failed = split(
        at_once(
            *(
                lambda by=by: publishing.schedule(
                    second, by=by, replacing=first, at=NOON, publish_at=due
                )
                for by in (besa, goran)
            )
        )
    )
    assert len(won) == 1
    assert [type(error) for error in failed] == [publishing.AlreadyScheduled]
    assert won[0].scheduled_by.username in str(failed[0])
