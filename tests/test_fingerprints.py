"""Fingerprints: the same text is the same hash, whatever the language and the spaces."""

import unicodedata

import pytest
from django.utils import translation

from agreements.fingerprints import fingerprints
from agreements.models import ProvisionText, Version

pytestmark = pytest.mark.django_db


def of(draft):
    return fingerprints(Version.objects.get(pk=draft.pk))


def change(draft, **columns):
    Version.objects.filter(pk=draft.pk).update(**columns)
    return of(draft)


@pytest.mark.parametrize("language", ["sq", "sr-latn", "sr-cyrl", "en"])
def test_the_active_language_makes_no_difference(draft, language):
    before = of(draft)
    with translation.override(language):
        assert of(draft) == before


def test_spaces_line_ends_and_composition_make_no_difference(draft):
    before = change(draft, summary_sq="Një çështje.\n\nDy fjalë.")
    for same in (
        unicodedata.normalize("NFD", "Një çështje.\n\nDy fjalë."),
        "Një   çështje.\r\n\r\nDy\nfjalë. ",
    ):
        assert change(draft, summary_sq=same) == before


def test_empty_and_missing_are_the_same_and_never_another_language(draft):
    assert change(draft, details_sr="") == change(draft, details_sr=None)
    with translation.override("sr-latn"):
        assert (
            change(draft, details_sr=None, details_en="Text").languages["sr"]
            == (change(draft, details_sr="", details_en="Other").languages["sr"])
        )


def test_a_word_in_one_language_changes_that_language_and_the_whole(draft):
    before, after = of(draft), change(draft, summary_sr="Другачије.")
    assert after.languages["sr"] != before.languages["sr"]
    assert after.content != before.content
    assert after.substance == before.substance  # English is the source here
    assert {after.languages[code] == before.languages[code] for code in ("sq", "en")} == {True}


def test_the_source_language_and_the_facts_are_the_substance(draft):
    before = of(draft)
    assert change(draft, summary_en="Other.").substance != before.substance
    assert change(draft, form_of_act="disputed").substance != before.substance


def test_the_order_of_provisions_counts(public):
    version = public(provisions=2)
    before = of(version)
    texts = list(ProvisionText.objects.filter(version=version))
    copy = _copy_reversed(version, texts)
    assert of(copy).content != before.content


def _copy_reversed(version, texts):
    from agreements import publishing

    copy = publishing.open_draft(version.agreement, by=version.prepared_by)
    rows = list(copy.provision_texts.order_by("position"))
    for row, position in zip(rows, (12, 11), strict=True):
        ProvisionText.objects.filter(pk=row.pk).update(position=position)
    return copy


def test_who_prepared_it_and_why_are_not_its_text(draft, publisher):
    before = of(draft)
    assert change(draft, prepared_by=publisher, change_note_en="Why", number=8) == before
