"""Versions: drafts change, sealed texts never do, and nobody publishes their own."""

import pytest
from django.db import connection
from django.db.models import ProtectedError

from agreements import immutability, publishing
from agreements.fingerprints import fingerprints
from agreements.models import (
    Agreement,
    Party,
    Provision,
    ProvisionText,
    Publication,
    Source,
    Version,
)
from tests.conftest import NOON, make_draft
from tests.past_the_verbs import refused, sql

pytestmark = pytest.mark.django_db


def test_an_agreement_has_one_open_draft(draft, publisher):
    another = Version.objects.get(pk=draft.pk)
    another.pk, another.prepared_by = None, publisher
    with pytest.raises(publishing.DraftIsOpen, match="editor"):
        publishing.new_draft(another)


def test_a_second_draft_is_refused_by_the_database_too(draft):
    another = Version.objects.get(pk=draft.pk)
    another.pk, another.number = None, 7
    assert "one_open_draft" in refused(another.save) or "UNIQUE" in refused(another.save)


def test_sealing_freezes_text_and_fingerprints(draft):
    version = publishing.seal(draft, at=NOON)
    assert version.sealed_at == NOON
    assert version.content_hash.startswith("1:")
    assert len({version.hash_sq, version.hash_sr, version.hash_en}) == 3


def test_sealing_twice_is_told(draft):
    stale = Version.objects.get(pk=draft.pk)
    publishing.seal(draft, at=NOON)
    with pytest.raises(publishing.NotADraft):
        publishing.seal(stale, at=NOON)


def test_sealing_an_unchanged_copy_gives_back_the_same_version(draft, publisher):
    version = publishing.seal(draft, at=NOON)
    copy = publishing.open_draft(version.agreement, by=publisher)
    assert publishing.seal(copy, at=NOON) == version
    assert version.agreement.versions.count() == 1


def test_a_new_draft_copies_everything_a_reader_sees(draft, publisher):
    version = publishing.seal(draft, at=NOON)
    copy = publishing.open_draft(version.agreement, by=publisher)
    assert copy.number == 2
    assert copy.prepared_by == publisher
    assert copy.is_draft
    assert copy.content_hash == ""
    assert copy.provision_texts.get().text_sr == "Текст 1."
    assert copy.parties.count() == 1


SEALED_CHANGES = {
    "orm": lambda v: Version.objects.filter(pk=v.pk).update(title_en="Changed"),
    "raw": lambda v: sql("UPDATE agreements_version SET number = 9 WHERE id = %s", v.pk)(),
    "unseal": lambda v: Version.objects.filter(pk=v.pk).update(sealed_at=None, content_hash=""),
    "delete": lambda v: sql("DELETE FROM agreements_version WHERE id = %s", v.pk)(),
    "provision": lambda v: ProvisionText.objects.filter(version=v).update(text_sr="Друго"),
    "bulk": lambda v: ProvisionText.objects.bulk_update(
        [*_with(v.provision_texts.all(), plain_sq="Tjetër")], ["plain_sq"]
    ),
    "provision deleted": lambda v: v.provision_texts.all().delete(),
    "party": lambda v: Party.objects.filter(version=v).update(side="serbia"),
    "party added": lambda v: Party.objects.create(version=v, position=2, side="eu", name_en="B"),
    "party moved away": lambda v: Party.objects.filter(version=v).update(
        version=make_draft(v.prepared_by, slug="elsewhere"), position=9
    ),
    "source added": lambda v: v.version_sources.create(
        source_id=v.sources.model.objects.first().pk, position=1
    ),
}


def _with(rows, **changes):
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)
        yield row


@pytest.mark.parametrize("change", SEALED_CHANGES.values(), ids=SEALED_CHANGES.keys())
def test_a_sealed_version_refuses_every_way_of_changing_it(draft, change):
    version = publishing.seal(draft, at=NOON)
    assert immutability.MESSAGE_SEALED in refused(lambda: change(version))


@pytest.mark.parametrize("change", SEALED_CHANGES.values(), ids=SEALED_CHANGES.keys())
def test_a_draft_allows_the_same_changes(draft, change):
    if change is SEALED_CHANGES["delete"]:
        draft.provision_texts.all().delete()
        draft.parties.all().delete()
    assert refused(lambda: change(draft)) == ""


def test_a_version_cannot_be_born_sealed(draft):
    born = Version.objects.get(pk=draft.pk)
    publishing.seal(draft, at=NOON)
    born.pk, born.number, born.sealed_at = None, 2, NOON
    born.content_hash = born.substance_hash = "1:x"
    born.hash_sq = born.hash_sr = born.hash_en = "1:x"
    assert immutability.MESSAGE_BORN_DRAFT in refused(lambda: born.save(force_insert=True))


def test_publishing_shows_the_version_and_writes_one_row(draft, publisher):
    version = publishing.seal(draft, at=NOON)
    publication = publishing.publish(version, by=publisher, replacing=None, at=NOON, reason="Ready")
    agreement = Agreement.objects.get(pk=version.agreement_id)
    assert agreement.published == version
    assert (publication.prepared_by, publication.published_by) == (draft.prepared_by, publisher)
    assert publication.published_at == NOON


@pytest.mark.parametrize("rights", [{}, {"is_staff": True, "is_superuser": True}])
def test_nobody_publishes_their_own_work(person, rights):
    preparer = person("preparer", **rights)
    version = publishing.seal(make_draft(preparer), at=NOON)
    with pytest.raises(publishing.OwnWork):
        publishing.publish(version, by=preparer, replacing=None)
    assert Agreement.objects.get(pk=version.agreement_id).published is None


def test_the_database_knows_the_preparer_and_refuses_them(draft, publisher):
    version = publishing.seal(draft, at=NOON)
    own = Publication(
        agreement=version.agreement,
        version=version,
        published_at=NOON,
        prepared_by=version.prepared_by,
        published_by=version.prepared_by,
    )
    assert "nobody_publishes_their_own" in refused(own.save)
    own.prepared_by = publisher  # naming somebody else as the preparer does not help
    own.published_by = version.prepared_by
    assert immutability.MESSAGE_PUBLICATION_TRUE in refused(own.save)


def test_a_draft_cannot_be_published(draft, publisher):
    with pytest.raises(publishing.NotSealed):
        publishing.publish(draft, by=publisher, replacing=None)
    assert immutability.MESSAGE_PUBLICATION_TRUE in refused(
        lambda: Publication.objects.create(
            agreement=draft.agreement,
            version=draft,
            published_at=NOON,
            prepared_by=draft.prepared_by,
            published_by=publisher,
        )
    )


def test_no_version_becomes_public_without_its_publication(draft):
    version = publishing.seal(draft, at=NOON)
    agreement = Agreement.objects.filter(pk=version.agreement_id)
    assert immutability.MESSAGE_PUBLISHED in refused(lambda: agreement.update(published=version))


def test_a_publication_never_changes(public):
    version = public()
    for change in (
        lambda: version.publications.update(reason="Other"),
        sql("DELETE FROM agreements_publication WHERE version_id = %s", version.pk),
    ):
        assert immutability.MESSAGE_PUBLICATION_FIXED in refused(change)


def test_the_second_publisher_is_told_by_whom(public, editor, publisher, person):
    first = public()
    draft = publishing.open_draft(first.agreement, by=editor)
    Version.objects.filter(pk=draft.pk).update(change_class="correction", summary_en="Better.")
    second = publishing.seal(Version.objects.get(pk=draft.pk), at=NOON)
    publishing.publish(second, by=publisher, replacing=first, at=NOON)
    third = _third(second, editor)
    with pytest.raises(publishing.PublishedMeanwhile, match=r"publisher .* 2"):
        publishing.publish(third, by=person("late"), replacing=first)
    assert Publication.objects.filter(agreement=first.agreement).count() == 2


def _third(second, editor):
    draft = publishing.open_draft(second.agreement, by=editor)
    Version.objects.filter(pk=draft.pk).update(change_class="correction", summary_en="Best.")
    return publishing.seal(Version.objects.get(pk=draft.pk), at=NOON)


def test_an_earlier_version_can_be_published_again(public, editor, publisher):
    first = public()
    second = _third(first, editor)
    publishing.publish(second, by=publisher, replacing=first, at=NOON)
    publishing.publish(first, by=publisher, replacing=second, at=NOON)
    assert Agreement.objects.get(pk=first.agreement_id).published == first
    assert first.publications.count() == 2


def test_when_publishing_fails_midway_nothing_stays(draft, publisher, monkeypatch):
    version = publishing.seal(draft, at=NOON)

    def fails(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(publishing.Agreement.objects, "filter", fails)
    with pytest.raises(RuntimeError):
        publishing.publish(version, by=publisher, replacing=None)
    assert not Publication.objects.filter(version=version).exists()


def test_people_and_agreements_with_versions_cannot_be_deleted(public, editor):
    version = public()
    for row in (editor, version.agreement):
        with pytest.raises(ProtectedError):
            row.delete()


@pytest.mark.parametrize("language", ["sq", "sr", "en"])
def test_a_withheld_wording_stays_empty_and_a_wording_has_its_basis(draft, language):
    texts = ProvisionText.objects.filter(version=draft)
    withheld = {f"text_basis_{language}": "withheld"}
    assert f"withheld_means_no_wording_{language}" in refused(lambda: texts.update(**withheld))
    for empty in ("", None):
        change = {f"text_basis_{language}": empty}
        said = refused(lambda change=change: texts.update(**change))
        assert f"wording_has_basis_{language}" in said


def test_a_stale_copy_seals_what_the_database_holds(draft):
    stale = Version.objects.get(pk=draft.pk)
    Version.objects.filter(pk=draft.pk).update(title_en="Edited meanwhile")
    version = publishing.seal(stale, at=NOON)
    assert version.title_en == "Edited meanwhile"
    assert fingerprints(Version.objects.get(pk=version.pk)).content == version.content_hash


def test_a_new_draft_starts_from_what_is_public_and_not_from_what_was_given_up(
    public, editor, publisher
):
    first = public()
    second = _third(first, editor)
    publishing.publish(second, by=publisher, replacing=first, at=NOON)
    publishing.publish(first, by=publisher, replacing=second, at=NOON)
    agreement = Agreement.objects.get(pk=first.agreement_id)
    assert publishing.open_draft(agreement, by=editor).summary_en == "Summary."


@pytest.mark.parametrize(
    "lacking",
    [{"change_class": ""}, {"title_en": ""}, {"summary_en": None}, {"short_title_en": ""}],
)
def test_an_incomplete_draft_is_not_sealed(draft, lacking):
    Version.objects.filter(pk=draft.pk).update(**lacking)
    with pytest.raises(publishing.PublishingError):
        publishing.seal(draft, at=NOON)


def test_what_was_published_does_not_vanish_without_a_record(public):
    agreement = Agreement.objects.filter(pk=public().agreement_id)
    assert immutability.MESSAGE_STAYS_PUBLIC in refused(lambda: agreement.update(published=None))


def test_what_a_sealed_text_is_addressed_by_stays(public):
    version = public()
    source = Source.objects.filter(versions__agreement__published__isnull=False).first()
    for change in (
        lambda: Agreement.objects.filter(pk=version.agreement_id).update(slug="other"),
        lambda: Provision.objects.filter(agreement=version.agreement).update(key="other"),
        lambda: Source.objects.filter(pk=source.pk).update(key="other"),
    ):
        assert immutability.MESSAGE_ADDRESS_STAYS in refused(change)
    assert refused(lambda: Source.objects.filter(pk=source.pk).update(archived_url="")) == ""


def test_a_row_cannot_be_replaced_or_a_table_emptied_behind_the_guards(public):
    version = public()
    if connection.vendor == "sqlite":
        columns = [f.column for f in Publication._meta.concrete_fields]
        values = ", ".join("'other'" if c == "reason" else c for c in columns)
        change = sql(
            f"REPLACE INTO agreements_publication ({', '.join(columns)})"
            f" SELECT {values} FROM agreements_publication WHERE version_id = {version.pk}"
        )
        assert immutability.MESSAGE_PUBLICATION_FIXED in refused(change)
    else:
        sql("SET CONSTRAINTS ALL IMMEDIATE")()  # else PostgreSQL refuses for another reason
        change = sql("TRUNCATE agreements_publication CASCADE")
        assert immutability.MESSAGE_SEALED in refused(change)


@pytest.mark.parametrize(
    "unknown",
    [
        {"track": "railway"},
        {"form_of_act": "x"},
        {"date_precision": "hour"},
        {"change_class": "x"},
        {"source_language": "zz"},
    ],
)
def test_a_value_outside_its_closed_list_is_refused(draft, unknown):
    assert "is_known" in refused(lambda: Version.objects.filter(pk=draft.pk).update(**unknown))
