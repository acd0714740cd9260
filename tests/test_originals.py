"""Originals: checked by content, kept once, sealed with their version, downloaded and never run."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse

from agreements import drafting, originals, publishing
from agreements.fingerprints import fingerprints
from agreements.models import Original, Source, Version
from tests import scenes
from tests.conftest import NOON
from tests.scenes import NOTE, change

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def source():
    return Source.objects.first()


def attach(agreement, content, by, source, **options):
    options = {"language": "sq", "authority": "official"} | options
    return originals.attach(agreement, content, by=by, source=source, at=NOON, **options)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00 a program",
        b"<html><script>alert(1)</script></html>",
        b"PK\x03\x04 a Word file",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\n%PDF-1.4 later",
        b"\x00" * 100,
    ],
)
def test_what_is_no_pdf_or_picture_is_refused_whatever_its_name(
    client, draft, editor, source, content
):
    with pytest.raises(originals.UnfitFile):
        attach(draft.agreement, content, editor, source)
    client.force_login(scenes.people()["ana"])
    address = reverse("admin:agreement-originals", args=[draft.agreement_id])
    file = SimpleUploadedFile("scan.pdf", content, content_type="application/pdf")
    data = {"file": file, "language": "sq", "authority": "official", "source": source.pk}
    assert client.post(address, data).status_code == 200
    assert not Original.objects.exists()


def test_a_file_over_25_mb_is_refused(draft, editor, source):
    with pytest.raises(originals.UnfitFile):
        attach(draft.agreement, PDF + b" " * originals.LARGEST, editor, source)


def test_one_file_is_kept_once_and_shown_once(draft, editor, source, tmp_path):
    attach(draft.agreement, PDF, editor, source)
    with pytest.raises(originals.UnfitFile):
        attach(draft.agreement, PDF, editor, source)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_readers_get_a_download_that_no_browser_runs(client, public, publisher, source):
    ana = scenes.people()["ana"]
    first = public()
    original = attach(first.agreement, PDF, ana, source)
    address = original.get_absolute_url()
    assert client.get(address).status_code == 404  # a draft's
    second = publishing.seal(
        Version.objects.get(pk=original.version_id), change_class="correction", notes=NOTE, at=NOON
    )
    assert client.get(address).status_code == 404  # sealed, not public
    publishing.publish(second, by=publisher, replacing=first, at=NOON)
    response = client.get(address)
    assert response.content == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    page = client.get("/en/agreements/test-agreement/full-text/").content.decode()
    assert address in page
    assert "PDF" in page
    for wrong in (
        address.replace("test-agreement", "other"),
        address + "x",
        address[:40] + "/x.pdf",
    ):
        assert client.get(wrong).status_code == 404


def test_an_original_is_part_of_what_is_sealed(draft, editor, source):
    before = fingerprints(draft).content
    original = attach(draft.agreement, PDF, editor, source)
    sealed = publishing.seal(Version.objects.get(pk=draft.pk), at=NOON)
    assert sealed.content_hash != before
    for attempt in (original.delete, lambda: sealed.originals.update(language="en")):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    with pytest.raises(DatabaseError), transaction.atomic():
        Original.objects.create(
            version=sealed,
            position=9,
            language="sq",
            authority="official",
            source=source,
            media_type="application/pdf",
            size=1,
            sha256="0" * 64,
            added_by=editor,
            added_at=NOON,
        )


def test_versions_without_originals_keep_the_hashes_they_had(public):
    version = public()
    assert "originals" not in version.content_hash
    assert fingerprints(version).content == version.content_hash


def test_the_next_draft_carries_the_originals_on_and_can_drop_them(public, editor, source):
    first = public()
    attach(first.agreement, PDF, editor, source)
    attach(first.agreement, PNG, editor, source, language="en")
    second = publishing.seal(
        first.agreement.versions.drafts().get(), change_class="correction", notes=NOTE, at=NOON
    )
    change(second.agreement, "title", "en", "Moved", by=editor)
    draft = drafting.text_to_write(second.agreement)
    assert draft.originals.count() == 2
    sha256 = second.originals.first().sha256
    originals.detach(second.agreement, sha256=sha256, by=editor, at=NOON)
    with pytest.raises(drafting.NothingChanged):
        originals.detach(second.agreement, sha256=sha256, by=editor, at=NOON)
    assert draft.originals.count() == 1
    assert second.originals.count() == 2
    actions = [entry.action for entry in second.agreement.audit.all()]
    assert {"original-attached", "original-removed"} <= set(actions)


def test_editors_open_the_original_of_a_draft_and_of_this_agreement_only(
    client, public, editor, source
):
    from tests.conftest import make_draft

    first = public()
    original = attach(first.agreement, PDF, editor, source)
    other = make_draft(editor, slug="other")
    client.force_login(scenes.people()["kujtim"])
    mine = reverse("admin:agreement-original", args=[first.agreement_id, original.sha256])
    theirs = reverse("admin:agreement-original", args=[other.agreement_id, original.sha256])
    assert client.get(mine).content == PDF
    assert client.get(theirs).status_code == 404
