"""Two people at once, with real threads and real connections: one wins, the other is told."""

import threading
import time

import pytest
from django.db import connections, transaction

from agreements import publishing
from agreements.fingerprints import fingerprints
from agreements.models import Agreement, ProvisionText, Publication, Version
from tests.conftest import NOON, make_draft

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
