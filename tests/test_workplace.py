"""The desk of an agreement as people use it: pages in, forms out, nothing lost on the way."""

import re

import pytest
from django.urls import reverse
from lxml import html as lxml_html

from agreements import drafting, publishing, translation_state
from agreements.models import (
    Agreement,
    AuditEntry,
    Colleague,
    DismissedWarning,
    Publication,
    ScheduledPublication,
    Source,
    Term,
    Theme,
    Version,
)
from tests import scenes
from tests.conftest import NOON, make_draft
from tests.scenes import NOTE, change

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    return scenes.people()


@pytest.fixture
def enter(client, people):
    """Sign in one of scenes.PEOPLE, with the admin in a language: enter("mira", "sr-latn")."""

    def come(name, language="en"):
        Colleague.objects.filter(user=people[name]).update(language=language)
        client.force_login(people[name])
        return people[name]

    return come


@pytest.fixture
def first(public):
    version = public()
    translation_state.remember_all(version, by=version.prepared_by, at=NOON)
    return version


def tree(response):
    return lxml_html.document_fromstring(response.content.decode())


def text_of(response):
    return " ".join(tree(response).text_content().split())


def address(agreement, name, *args):
    return reverse(f"admin:{name}", args=[agreement.pk, *args])


def form_of(client, url, form_id="sheet"):
    """Return what a browser would send from a form of a page, untouched."""
    page = tree(client.get(url))
    form = page.xpath(f"//form[@id='{form_id}']")[0] if form_id else page.xpath("//main//form")[-1]
    return fields_of(form)


def fields_of(form):
    """Return {name: value} of a form as a browser would send it, untouched."""
    data = {}
    for field in form.xpath(".//input|.//textarea|.//select"):
        name, kind = field.get("name"), field.get("type")
        if not name or (kind in ("checkbox", "radio", "file") and field.get("checked") is None):
            continue
        if field.tag == "textarea":
            data[name] = (field.text or "").removeprefix("\n")
        elif field.tag == "select":
            chosen = field.xpath(".//option[@selected]")
            data[name] = chosen[0].get("value") if chosen else ""
        else:
            data[name] = field.get("value") or ""
    return data


def draft_of(agreement):
    return Version.objects.drafts().get(agreement=agreement)


# ── The start page ───────────────────────────────────────────────────────────────────────────


def section(client, key):
    found = tree(client.get("/admin/")).xpath(f"//section[@id='{key}']")
    return " ".join(found[0].text_content().split()) if found else ""


def test_the_start_page_says_what_needs_whom(client, people, enter, first):
    editor = people["ana"]
    change(first.agreement, "summary", "en", "A sentence moved here.", by=editor)
    enter("ana")
    assert "Agreement" in section(client, "drafts")
    assert "1 text outdated" in section(client, "translate-sr")
    assert "A sentence moved here." in section(client, "translate-sr")  # the sentence itself
    enter("goran")
    assert section(client, "drafts") == ""
    assert "ana" in section(client, "theirs")
    publishing.seal(
        draft_of(first.agreement), by=editor, change_class="correction", notes=NOTE, at=NOON
    )
    assert "by ana" in section(client, "waiting")
    link = tree(client.get("/admin/")).xpath("//section[@id='waiting']//a/@href")[0]
    assert link == address(first.agreement, "agreement-publish", 2)
    enter("ana")
    assert "somebody else has to publish it" in section(client, "waiting")


def test_a_translator_sees_only_the_languages_they_write(client, enter, first, people):
    change(first.agreement, "summary", "en", "Moved.", by=people["ana"])
    enter("mira")
    assert section(client, "translate-sr")
    assert not section(client, "translate-sq")


def test_each_line_of_the_start_page_leads_to_an_open_page(client, enter, first, people):
    change(first.agreement, "summary", "en", "Moved.", by=people["ana"])
    enter("ana")
    for link in tree(client.get("/admin/")).xpath("//section[@class='need']//a/@href"):
        assert client.get(link).status_code == 200, link


# Queries: 26 for texts, one for each kind of record, one for what is due, four for expert review.
START_PAGE = 37


def test_the_start_page_costs_the_same_at_one_and_at_many_agreements(
    client, enter, django_assert_max_num_queries, editor
):
    enter("ana")
    with django_assert_max_num_queries(START_PAGE):
        client.get("/admin/")
    for n in range(12):
        make_draft(editor, slug=f"agreement-{n}", provisions=5)
    with django_assert_max_num_queries(START_PAGE):
        client.get("/admin/")


def test_a_failed_schedule_is_seen(client, enter, first, people):
    draft = change(first.agreement, "summary", "en", "Second.", by=people["ana"])
    second = publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    waiting = publishing.schedule(
        second, by=people["besa"], replacing=first, at=NOON, publish_at=NOON.replace(hour=13)
    )
    ScheduledPublication.objects.filter(pk=waiting.pk).update(
        state="failed", failure="PublishedMeanwhile"
    )
    enter("besa")
    assert "did not happen" in section(client, "scheduled")
    overview = text_of(client.get(address(first.agreement, "agreements_agreement_change")))
    assert "something else had been published meanwhile" in overview


# ── The sheet ────────────────────────────────────────────────────────────────────────────────


def test_opening_a_sheet_changes_nothing_and_the_first_save_opens_the_draft(client, enter, first):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    data = form_of(client, url)
    assert not first.agreement.versions.drafts().exists()
    client.post(url, data)
    assert not first.agreement.versions.drafts().exists()  # nothing was touched
    client.post(url, data | {"summary": "A better summary."})
    draft = draft_of(first.agreement)
    assert (draft.summary_en, draft.prepared_by.username) == ("A better summary.", "ana")
    assert draft.summary_sr == first.summary_sr


def test_what_was_typed_comes_back_when_somebody_was_faster(client, enter, first, people):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    data = form_of(client, url)
    change(first.agreement, "summary", "en", "Besa's summary.", by=people["besa"])
    response = client.post(url, data | {"summary": "Ana's summary.", "title": "Ana's title"})
    page = response.content.decode()
    assert response.status_code == 200
    assert "Ana&#x27;s summary." in page
    assert "Ana&#x27;s title" in page
    assert "besa changed this on" in text_of(response)
    draft = draft_of(first.agreement)
    assert (draft.summary_en, draft.title_en) == ("Besa's summary.", "Agreement")
    again = rebuilt(response)
    client.post(url, again)
    draft.refresh_from_db()
    assert (draft.summary_en, draft.title_en) == ("Ana's summary.", "Ana's title")


def rebuilt(response):
    """Return what a browser would send from the sheet that came back."""
    form = tree(response).xpath("//form[@id='sheet']")[0]
    data = {
        field.get("name"): field.get("value") or ""
        for field in form.xpath(".//input[not(@type='checkbox')]")
    }
    data |= {
        field.get("name"): (field.text or "").removeprefix("\n")
        for field in form.xpath(".//textarea")
    }
    for field in form.xpath(".//select"):
        chosen = field.xpath(".//option[@selected]")
        data[field.get("name")] = chosen[0].get("value") if chosen else ""
    return data


def test_texts_of_a_point_removed_meanwhile_can_be_copied_out(client, enter, first, people):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    data = form_of(client, url)
    drafting.remove_provision(first.agreement, key="p1", by=people["besa"])
    response = client.post(url, data | {"provision.p1.text": "Words that must not be lost."})
    assert response.status_code == 200
    assert "Words that must not be lost." in response.content.decode()
    assert "no place any more" in text_of(response)


@pytest.mark.any_database
@pytest.mark.parametrize("language", ["sr-latn", "sr-cyrl", "sq"])
def test_an_untouched_sheet_changes_no_letter(client, enter, language):
    """Every text of the real content, in every script an editor can work in."""
    enter("ana", language)
    for agreement in Agreement.objects.public():
        for code in ("sq", "sr", "en"):
            url = address(agreement, "agreement-write", code)
            client.post(url, form_of(client, url))
            assert not agreement.versions.drafts().exists(), (agreement.slug, code)


def test_an_editor_in_latin_sees_latin_and_what_they_type_is_stored_in_cyrillic(
    client, enter, first
):
    enter("mira", "sr-latn")
    url = address(first.agreement, "agreement-write", "sr")
    data = form_of(client, url)
    assert data["summary"] == "Sažetak."
    client.post(url, data | {"summary": "Sažetak o konjugaciji i injekciji, EULEX."})
    assert draft_of(first.agreement).summary_sr == "Сажетак о конјугацији и инјекцији, EULEX."


def test_words_an_editor_did_not_touch_keep_their_spelling(client, enter, people, first):
    odd = "Тан-југ и ПИС, конјугација [реч](term:eulex)."  # the converter would write otherwise
    change(first.agreement, "details", "en", "Details.", by=people["ana"])
    change(first.agreement, "details", "sr", odd, by=people["ana"])
    enter("mira", "sr-latn")
    url = address(first.agreement, "agreement-write", "sr")
    data = form_of(client, url)
    client.post(url, data | {"details": data["details"].replace("reč", "nova reč")})
    assert draft_of(first.agreement).details_sr == odd.replace("реч", "нова реч")


def test_a_word_in_two_alphabets_is_refused_and_comes_back(client, enter, first):
    enter("mira", "sr-cyrl")
    url = address(first.agreement, "agreement-write", "sr")
    response = client.post(url, form_of(client, url) | {"summary": "Сaжетак."})
    assert "меша" in text_of(response) or "Сaжетак." in response.content.decode()
    assert not first.agreement.versions.drafts().exists()


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("<p>One<script>alert(1)</script></p>", "One"),
        ('<p><a href="javascript:alert(1)">x</a> <img src=x onerror=alert(1)></p>', "x"),
        ("<p onclick='x()'>One <b>two</b></p>", "One **two**"),
        ("<table><tr><td>a</td></tr></table>", "a"),
    ],
)
def test_what_a_rich_editor_sends_is_cleaned_on_the_way_in(client, enter, first, typed, stored):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    client.post(url, form_of(client, url) | {"details": typed, "details-form": "html"})
    assert draft_of(first.agreement).details_en == stored


def test_markup_typed_as_text_can_do_no_harm(client, enter, first):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    client.post(url, form_of(client, url) | {"details": "<script>alert(1)</script>"})
    preview = address(first.agreement, "agreement-preview-page", 2, "details")
    page = client.get(f"{preview}?language=en").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_an_unknown_source_or_term_is_named_and_nothing_is_lost(client, enter, first):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    typed = "Claim. [@no-such-source] [word](term:no-such-term)"
    response = client.post(url, form_of(client, url) | {"details": typed})
    assert "no-such-source, no-such-term" in text_of(response)
    assert typed in response.content.decode()
    assert not first.agreement.versions.drafts().exists()


def test_a_wording_without_a_basis_is_asked_for_one(client, enter, first):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    data = form_of(client, url)
    response = client.post(url, data | {"provision.p1.text_basis": ""})
    assert "Say where this wording comes from." in text_of(response)
    response = client.post(url, data | {"provision.p1.text_basis": "withheld"})
    assert "cannot be shown" in text_of(response)


def test_an_outdated_text_shows_what_moved_and_is_brought_up_to_date(client, enter, first, people):
    change(first.agreement, "summary", "en", "Summary, longer.", by=people["ana"])
    enter("mira")
    url = address(first.agreement, "agreement-write", "sr") + "?only=open"
    page = tree(client.get(url))
    rows = page.xpath("//section[@data-state='outdated']")
    assert [row.get("id") for row in rows] == ["row-summary"]
    assert "longer" in "".join(rows[0].xpath(".//ins//text()"))
    client.post(url, form_of(client, url) | {"summary": "Dužï sažetak.".replace("ï", "i")})
    states = translation_state.states(drafting.text_to_write(first.agreement), "sr")
    assert states["summary"] == "current"


def test_a_translation_is_confirmed_unchanged_even_without_a_draft(client, enter, first, people):
    draft = change(first.agreement, "summary", "en", "Summary!", by=people["ana"])
    second = publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    publishing.publish(second, by=people["besa"], replacing=first, at=NOON)
    public_page = "/sr-cyrl/agreements/test-agreement/"
    assert 'class="behind"' in client.get(public_page).content.decode()
    assert 'class="behind"' not in client.get(public_page.replace("sr-cyrl", "en")).content.decode()
    enter("mira")
    url = address(first.agreement, "agreement-write", "sr")
    client.post(url, form_of(client, url) | {"summary.confirm": "on"})
    assert not first.agreement.versions.drafts().exists()
    assert 'class="behind"' not in client.get(public_page).content.decode()


def test_a_warning_is_dismissed_on_the_sheet_with_a_reason(client, enter, first, people):
    change(first.agreement, "summary", "en", "It has 15 points.", by=people["ana"])
    change(first.agreement, "summary", "sr", "Има петнаест тачака.", by=people["ana"])
    enter("mira")
    url = address(first.agreement, "agreement-write", "sr")
    assert "The numbers differ from the source." in text_of(client.get(url))
    client.post(url, form_of(client, url) | {"summary.dismiss.numbers": "In words."})
    assert DismissedWarning.objects.get().reason == "In words."
    assert "The numbers differ" not in text_of(client.get(url))
    assert first.agreement.audit.first().action == AuditEntry.Action.WARNING_DISMISSED


@pytest.mark.parametrize("n", [1, 30])
def test_a_sheet_costs_the_same_at_1_and_at_30_points(
    client, enter, editor, django_assert_max_num_queries, n
):
    draft = make_draft(editor, provisions=n)
    translation_state.remember_all(draft, by=editor, at=NOON)
    enter("ana")
    with django_assert_max_num_queries(17):
        response = client.get(address(draft.agreement, "agreement-write", "sr"))
    assert f"Текст {n}." in response.content.decode() or f"Tekst {n}." in response.content.decode()


def test_a_sheet_of_no_language_is_not_found(client, enter, first):
    enter("ana")
    assert client.get(address(first.agreement, "agreement-write", "de")).status_code == 404


# ── Facts and order ──────────────────────────────────────────────────────────────────────────


def test_facts_are_changed_and_a_faster_colleague_is_named(client, enter, first, people):
    enter("ana")
    url = address(first.agreement, "agreement-facts")
    data = form_of(client, url, "facts")
    change(first.agreement, "track", "", "political", by=people["besa"])
    response = client.post(url, data | {"track": "other"})
    assert "besa" in text_of(response)
    assert draft_of(first.agreement).track == "political"
    client.post(url, data | {"date_agreed": "2012-01-31", "provision.p1.number": "1a"})
    draft = draft_of(first.agreement)
    assert draft.date_agreed.isoformat() == "2012-01-31"
    assert draft.provision_texts.get().number == "1a"
    assert draft.track == "political"  # untouched on this page, so not overwritten


@pytest.mark.parametrize(
    "data",
    [
        {"do": "add-provision", "key": "p 7!", "number": "7"},
        {"do": "add-provision", "key": "p1", "number": "1"},
        {"do": "add-provision", "key": "p7", "number": ""},
        {"do": "add-party", "side": "mars"},
        {"do": "add-source", "source": "no-such"},
        {"do": "remove-party", "position": "99"},
        {"do": "move-up", "key": "no-such"},
        {"do": "change-theme", "theme": ""},
    ],
)
def test_a_step_that_makes_no_sense_changes_nothing(client, enter, first, data):
    enter("ana")
    url = address(first.agreement, "agreement-facts")
    assert client.post(url, data, follow=True).status_code == 200
    draft = first.agreement.versions.drafts().first()
    assert draft is None or publishing.fingerprints(draft).content == first.content_hash


@pytest.mark.parametrize(
    "data", [{"do": "explode"}, {"do": "remove-party", "position": "x"}, {"date_agreed": "never"}]
)
def test_nonsense_is_answered_and_not_with_a_crash(client, enter, first, data):
    enter("ana")
    response = client.post(address(first.agreement, "agreement-facts"), data, follow=True)
    assert response.status_code in (200, 404)


def test_points_parties_and_sources_are_set_by_buttons(client, enter, first):
    enter("ana")
    url = address(first.agreement, "agreement-facts")
    source = Source.objects.first()
    for data in (
        {"do": "add-provision", "key": "p2", "number": "2"},
        {"do": "move-up", "key": "p2"},
        {"do": "add-party", "side": "serbia"},
        {"do": "add-source", "source": source.key},
        {"do": "full-text", "source": source.key, "is": "yes"},
        {"do": "change-theme", "theme": Theme.objects.exclude(slug="test").first().pk},
    ):
        assert client.post(url, data).status_code == 302
    draft = draft_of(first.agreement)
    assert [text.provision.key for text in draft.provision_texts.all()] == ["p2", "p1"]
    assert [party.side for party in draft.parties.all()] == ["kosovo", "serbia"]
    assert draft.version_sources.get().is_full_text
    assert Agreement.objects.get(pk=first.agreement_id).theme.slug != "test"


# ── From nothing to public ───────────────────────────────────────────────────────────────────


def test_an_agreement_is_started_with_its_first_facts(client, enter):
    enter("ana")
    url = "/admin/agreements/agreement/add/"
    facts = {
        "slug": "brand-new",
        "theme": Theme.objects.first().pk,
        "source_language": "en",
        "date_agreed": "2013-04-19",
        "date_precision": "day",
        "track": "political",
        "form_of_act": "initialled",
        "known_as_of": "2026-11-01",
    }
    assert "already" in text_of(client.post(url, facts | {"slug": "first-agreement"}))
    response = client.post(url, facts)
    agreement = Agreement.objects.get(slug="brand-new")
    assert response["Location"] == address(agreement, "agreement-write", "en")
    assert agreement.audit.get().action == AuditEntry.Action.DRAFT_OPENED
    for name in ("agreements_agreement_change", "agreement-facts", "agreement-originals"):
        assert client.get(address(agreement, name)).status_code == 200


def test_a_correction_goes_through_seal_and_a_second_person(client, enter, first, people):
    enter("ana")
    write = address(first.agreement, "agreement-write", "en")
    sent = client.post(write, form_of(client, write) | {"summary": "Corrected.", "then": "seal"})
    seal = address(first.agreement, "agreement-seal")
    assert sent["Location"] == seal
    page = tree(client.get(seal))
    assert "Corrected" in "".join(page.xpath("//ins//text()"))
    data = {"change_class": "correction", "ready_note": "typing"}
    data["as_seen"] = page.xpath("//input[@name='as_seen']/@value")[0]
    client.post(seal, data)
    second = Version.objects.get(agreement=first.agreement, number=2)
    assert second.change_note_sr == "Исправљена је грешка у куцању." or second.change_note_sr
    assert all(getattr(second, f"change_note_{code}") for code in ("sq", "sr", "en"))

    enter("besa")
    publish = address(first.agreement, "agreement-publish", 2)
    page = tree(client.get(publish))
    assert "Corrected" in "".join(page.xpath("//ins//text()"))
    client.post(publish, {"when": "now", "replacing": 1, "reason": ""})
    assert Agreement.objects.get(pk=first.agreement_id).published == second


def test_a_seal_says_what_is_missing_and_keeps_the_note(client, enter, first, people):
    draft = change(first.agreement, "summary", "en", "Second.", by=people["ana"])
    enter("ana")
    url = address(first.agreement, "agreement-seal")
    data = {"change_class": "correction", "ready_note": "", "as_seen": draft.revision}
    response = client.post(url, data | {"note_en": "Half a note."})
    assert "in all languages" in text_of(response)
    assert "Half a note." in response.content.decode()
    change(first.agreement, "title", "en", "Moved on", by=people["besa"])
    whole = {f"note_{code}": text for code, text in NOTE.items()}
    response = client.post(url, data | whole)
    assert "Meanwhile besa changed the draft" in text_of(response)
    assert NOTE["sq"] in response.content.decode()
    assert draft_of(first.agreement).is_draft


def test_the_second_publisher_loses_politely_and_keeps_the_reason(client, enter, first, people):
    draft = change(first.agreement, "summary", "en", "Second.", by=people["ana"])
    second = publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    draft = change(first.agreement, "summary", "en", "Third.", by=people["ana"])
    third = publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    enter("goran")
    url = address(first.agreement, "agreement-publish", third.number)
    client.get(url)
    publishing.publish(second, by=people["besa"], replacing=first, at=NOON)
    response = client.post(url, {"when": "now", "replacing": 1, "reason": "My long reason."})
    assert "Meanwhile besa published version 2" in text_of(response)
    assert "My long reason." in response.content.decode()
    assert "instead of version 2" in text_of(response)  # the difference is to what is public now
    assert Agreement.objects.get(pk=first.agreement_id).published == second


def test_scheduling_undoing_and_cancelling_through_the_pages(client, enter, first, people):
    draft = change(first.agreement, "summary", "en", "Second.", by=people["ana"])
    second = publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    enter("besa")
    url = address(first.agreement, "agreement-publish", 2)
    response = client.post(url, {"when": "later", "replacing": 1, "publish_at": ""})
    assert "Choose the day and the time." in text_of(response)
    response = client.post(url, {"when": "later", "replacing": 1, "publish_at": "2001-01-01T10:00"})
    assert "This time is over" in text_of(response)
    client.post(url, {"when": "later", "replacing": 1, "publish_at": "2099-01-01T10:00"})
    assert ScheduledPublication.objects.get().state == "waiting"
    cancel = address(first.agreement, "agreement-cancel-schedule")
    client.post(cancel)  # whose? nothing is cancelled blindly
    assert ScheduledPublication.objects.get().state == "waiting"
    client.post(cancel, {"schedule": ScheduledPublication.objects.get().pk})
    assert ScheduledPublication.objects.get().state == "cancelled"
    client.post(url, {"when": "now", "replacing": 1})
    undo = tree(client.get("/admin/")).xpath("//a[text()='Undo the last publication']/@href")
    assert address(first.agreement, "agreement-publish", 1) in undo
    back = address(first.agreement, "agreement-publish", 1)
    assert "Say why" in text_of(client.post(back, {"when": "now", "replacing": 2, "reason": " "}))
    client.post(back, {"when": "now", "replacing": 2, "reason": "A slip."})
    assert Agreement.objects.get(pk=first.agreement_id).published == first
    assert Publication.objects.newest_first().first().reason == "A slip."
    assert second.publications.count() == 1


def test_withdrawing_needs_the_reason_in_three_languages(client, enter, first):
    enter("besa", "sr-latn")
    url = address(first.agreement, "agreement-withdraw")
    data = form_of(client, url, None)
    client.post(url, data | {"reason_en": "Wrong."})
    assert Agreement.objects.get(pk=first.agreement_id).published == first
    reasons = {"reason_en": "Wrong.", "reason_sq": "Gabim.", "reason_sr": "Pogrešno."}
    client.post(url, data | reasons)
    assert Agreement.objects.get(pk=first.agreement_id).published is None
    assert first.publications.get().withdrawal.reason_sr == "Погрешно."


def test_a_draft_is_discarded_after_a_look_at_what_is_lost(client, enter, first, people):
    draft = change(first.agreement, "summary", "en", "To be lost.", by=people["ana"])
    enter("ana")
    url = address(first.agreement, "agreement-discard")
    assert "To be lost" in text_of(client.get(url))
    client.post(url, {"as_seen": draft.revision - 1})
    assert draft_of(first.agreement)
    client.post(url, {"as_seen": draft.revision})
    assert not first.agreement.versions.drafts().exists()
    assert client.get(url).status_code == 302


# ── Preview, history, comparison ─────────────────────────────────────────────────────────────


@pytest.mark.any_database
@pytest.mark.parametrize("layer", ["summary", "details", "full-text"])
@pytest.mark.parametrize("code", ["sq", "sr-latn", "sr-cyrl", "en"])
def test_a_draft_is_previewed_in_every_edition(client, enter, first, people, code, layer):
    change(first.agreement, "title", "sr", "Измењен споразум", by=people["ana"])
    enter("ana", "sq")
    url = address(first.agreement, "agreement-preview-page", 2, layer)
    response = client.get(f"{url}?language={code}")
    page = tree(response)
    tags = {"sq": "sq", "sr-latn": "sr-Latn", "sr-cyrl": "sr-Cyrl", "en": "en"}
    assert page.get("lang") == tags[code]
    expected = {"sr-latn": "Izmenjen sporazum", "sr-cyrl": "Измењен споразум"}
    if code in expected:
        assert page.xpath("//h1")[0].text_content() == expected[code]
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    links = page.xpath("//nav[@class='layers']//a/@href")
    assert all(link.startswith("/admin/") for link in links)


def test_the_frame_of_the_preview_offers_editions_layers_and_widths(client, enter, first):
    enter("ana")
    url = address(first.agreement, "agreement-preview", 1, "summary")
    frames = {
        width: tree(client.get(f"{url}?language=sq&width={width}"))
        .xpath("//iframe")[0]
        .get("width")
        for width in ("phone", "desktop")
    }
    assert frames == {"phone": "360", "desktop": "1280"}
    assert (
        client.get(address(first.agreement, "agreement-preview", 9, "summary")).status_code == 404
    )
    assert (
        client.get(address(first.agreement, "agreement-preview", 1, "nothing")).status_code == 404
    )


def test_drafts_and_sealed_versions_stay_out_of_sight(client, first, people):
    change(first.agreement, "summary", "en", "Secret draft.", by=people["ana"])
    base = "/en/agreements/test-agreement/history/"
    for path in ("2/", "2/full-text/", "1/2/", "2/1/"):
        assert client.get(base + path).status_code == 404
    publishing.seal(draft_of(first.agreement), change_class="correction", notes=NOTE, at=NOON)
    for path in ("2/", "1/2/"):
        assert client.get(base + path).status_code == 404


def test_the_history_page_shows_who_did_what_and_every_edit(client, enter, first, people):
    change(first.agreement, "summary", "en", "Edited by Ana.", by=people["ana"])
    enter("kujtim")
    page = text_of(client.get(address(first.agreement, "agreements_agreement_history")))
    for words in ("opened a draft", "published the version", "Edited by Ana.", "Summary.", "ana"):
        assert words in page


def test_the_list_shows_the_state_of_every_translation(client, enter, first, people):
    change(first.agreement, "summary", "en", "Moved.", by=people["ana"])
    enter("ana")
    page = tree(client.get("/admin/agreements/agreement/?q=test-agreement"))
    states = page.xpath("//span[@data-state]|//a[@data-state]")
    assert [state.get("data-state") for state in states] == ["outdated", "outdated"]


def test_the_list_costs_the_same_at_any_length(
    client, enter, editor, django_assert_max_num_queries
):
    enter("ana")
    for n in range(10):
        make_draft(editor, slug=f"agreement-{n}", provisions=5)
    with django_assert_max_num_queries(16):
        client.get("/admin/agreements/agreement/")


# ── Shared texts ─────────────────────────────────────────────────────────────────────────────


def shared_form(client, url):
    page = tree(client.get(url))
    data = {}
    for field in page.xpath("//main//form[contains(@id,'_form')]//input|//main//textarea"):
        if field.get("name") and field.get("type") not in ("submit", "checkbox"):
            value = field.text if field.tag == "textarea" else field.get("value")
            data[field.get("name")] = (value or "").removeprefix("\n")
    return data


def test_two_editors_of_one_term_do_not_overwrite_each_other(client, enter):
    term = Term.objects.get(key="eulex")
    url = f"/admin/agreements/term/{term.pk}/change/"
    enter("ana")
    data = shared_form(client, url)
    besas = {"definition_en": "Besa was faster.", "definition_sq": "Besa shkroi më shpejt."}
    Term.objects.filter(pk=term.pk).update(**besas)
    response = client.post(url, data | {"definition_en": "Ana's definition."})
    assert "Somebody else changed the same texts meanwhile" in text_of(response)
    assert "Ana&#x27;s definition." in response.content.decode()
    term.refresh_from_db()
    assert term.definition_en == "Besa was faster."
    again = data | {"definition_en": "Ana's definition."}
    again["opened_with"] = tree(response).xpath("//input[@name='opened_with']/@value")[0]
    assert client.post(url, again).status_code == 302
    term.refresh_from_db()
    assert term.definition_en == "Ana's definition."
    assert term.definition_sq == "Besa shkroi më shpejt."  # Ana never touched that


def suffixed(pk):
    """Return the stored columns of a term: .values() speaks the active language otherwise."""
    fields = ("term", "abbreviation", "definition", "usage", "spellings")
    columns = [f"{field}_{code}" for field in fields for code in ("sq", "sr", "en")]
    return Term.objects.values(*columns).get(pk=pk)


@pytest.mark.any_database
@pytest.mark.parametrize("language", ["sr-latn", "sr-cyrl", "en"])
def test_a_term_saved_untouched_changes_no_letter(client, enter, language):
    enter("ana", language)
    for term in Term.objects.all()[:20]:
        url = f"/admin/agreements/term/{term.pk}/change/"
        before = suffixed(term.pk)
        data = shared_form(client, url)
        if language == "sr-latn":
            assert not re.search("[\u0400-\u04ff]", data["definition_sr"])
        client.post(url, data)
        assert suffixed(term.pk) == before


@pytest.mark.any_database
@pytest.mark.parametrize("language", ["sr-latn", "sr-cyrl", "en"])
def test_a_page_about_the_platform_is_written_in_the_visual_editor(client, enter, language):
    from agreements.models import Page

    enter("ana", language)
    columns = [
        f"{field}_{code}" for field in ("title", "lead", "body") for code in ("sq", "sr", "en")
    ]
    for page in Page.objects.all():
        url = f"/admin/agreements/page/{page.pk}/change/"
        before = Page.objects.values(*columns).get(pk=page.pk)
        data = shared_form(client, url)
        client.post(url, data)
        assert Page.objects.values(*columns).get(pk=page.pk) == before
    typed = {"body_en": "<p>New <b>words</b><script>x</script></p>", "body_en-form": "html"}
    client.post(url, data | typed)
    assert Page.objects.get(pk=page.pk).body_en == "New **words**"


# ── Languages of the admin ───────────────────────────────────────────────────────────────────


@pytest.mark.any_database
@pytest.mark.parametrize("code", ["sq", "sr-latn", "sr-cyrl", "en"])
def test_the_admin_speaks_the_language_a_person_chose(client, people, code):
    client.force_login(people["ana"])
    client.post("/admin/agreements/agreement/language/", {"language": code, "next": "/admin/"})
    response = client.get("/admin/", headers={"accept-language": "de"})
    words = {
        "sq": "Të gjitha marrëveshjet",
        "sr-latn": "Svi sporazumi",
        "sr-cyrl": "Сви споразуми",
        "en": "All agreements",
    }
    assert words[code] in text_of(response)
    version = Version.objects.sealed().first()
    for page in (response, client.get(address(version.agreement, "agreement-write", "sr"))):
        chosen = tree(page).xpath("//button[@name='language'][@aria-current]/@value")
        assert chosen == [code]


@pytest.mark.parametrize("bad", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_choosing_a_language_leads_nowhere_else(client, people, bad):
    client.force_login(people["ana"])
    response = client.post("/admin/agreements/agreement/language/", {"language": "sq", "next": bad})
    assert response["Location"] == "/admin/"


# ── What a careful colleague tried ───────────────────────────────────────────────────────────


def test_a_translator_changes_no_fact_through_a_sheet(client, enter, first):
    enter("mira")
    url = address(first.agreement, "agreement-write", "sr")
    forged = {}
    for place, was, value in (
        ("track", "technical", "political"),
        ("party.1.side", "kosovo", "serbia"),
        ("source_language", "en", "sr"),
    ):
        forged |= {f"{place}.was": drafting.seen(was), f"{place}.shown": "", place: value}
    client.post(url, form_of(client, url) | forged | {"summary": "Novo."})
    version = drafting.text_to_write(first.agreement)
    assert (version.track, version.source_language) == ("technical", "en")
    assert version.parties.get().side == "kosovo"


@pytest.mark.parametrize("place", ["foo", "", "provision.p9.text", "party.x.name", "a.b.c.d"])
def test_a_forged_place_is_answered_without_a_crash(client, enter, first, place):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    data = form_of(client, url) | {f"{place}.was": "x", place: "words"}
    assert client.post(url, data).status_code in (200, 302)
    assert client.get(address(first.agreement, "agreements_agreement_history")).status_code == 200


def test_who_did_what_tells_of_points_parties_and_sources(client, enter, first):
    enter("ana")
    url = address(first.agreement, "agreement-facts")
    for data in (
        {"do": "add-provision", "key": "p2", "number": "2"},
        {"do": "add-party", "side": "eu"},
        {"do": "add-source", "source": Source.objects.first().key},
        {"do": "remove-provision", "key": "p2"},
    ):
        client.post(url, data)
    page = client.get(address(first.agreement, "agreements_agreement_history"))
    assert page.status_code == 200
    assert "Point p2" in text_of(page)


def test_a_new_point_is_translated_from_the_list_of_what_is_open(client, enter, first, people):
    ana, agreement = people["ana"], first.agreement
    drafting.add_provision(agreement, key="p2", number="2", by=ana)
    change(agreement, "provision.p2.text_basis", "en", "restated", by=ana)
    change(agreement, "provision.p2.text", "en", "New.", by=ana)
    enter("mira")
    url = address(agreement, "agreement-write", "sr") + "?only=open"
    data = form_of(client, url)
    assert "provision.p2.text_basis" in data  # what it is of comes with the wording
    response = client.post(url, data | {"provision.p2.text": "Novo."})
    assert "Novo." in response.content.decode()
    both = {"provision.p2.text": "Novo.", "provision.p2.text_basis": "restated"}
    assert client.post(url, data | both).status_code == 302


def test_ones_word_is_for_the_texts_that_stood_on_the_page(client, enter, first, people):
    change(first.agreement, "summary", "en", "Moved on.", by=people["ana"])
    enter("mira")
    url = address(first.agreement, "agreement-write", "sr")
    data = form_of(client, url)
    change(first.agreement, "summary", "en", "The very opposite.", by=people["ana"])
    response = client.post(url, data | {"summary.confirm": "on"})
    assert "Please look at it again" in text_of(response)
    states = translation_state.states(drafting.text_to_write(first.agreement), "sr")
    assert states["summary"] == "outdated"


def test_a_name_at_its_limit_in_cyrillic_can_be_seen_in_latin(client, enter, first, people):
    longest = "Њ" + "а" * 44
    change(first.agreement, "short_title", "sr", longest, by=people["ana"])
    enter("mira", "sr-latn")
    url = address(first.agreement, "agreement-write", "sr")
    assert client.post(url, form_of(client, url) | {"summary": "Novo."}).status_code == 302
    response = client.post(url, form_of(client, url) | {"short_title": "a" * 46})
    assert response.status_code == 200
    assert draft_of(first.agreement).short_title_sr == longest


def test_words_at_a_gone_place_come_back_whatever_else_is_wrong(client, enter, first, people):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    data = form_of(client, url)
    drafting.remove_provision(first.agreement, key="p1", by=people["besa"])
    typed = {"provision.p1.text": "An hour of work.", "details": "Claim. [@no-such]"}
    assert "An hour of work." in client.post(url, data | typed).content.decode()


def test_a_time_in_the_form_is_never_published_at_once(client, enter, first, people):
    draft = change(first.agreement, "summary", "en", "Second.", by=people["ana"])
    publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    enter("besa")
    url = address(first.agreement, "agreement-publish", 2)
    for data in (
        {"when": "now", "replacing": 1, "publish_at": "2099-01-01T10:00"},
        {"replacing": 1},
        {"when": "sometime", "replacing": 1},
    ):
        assert client.post(url, data).status_code == 200
        assert Agreement.objects.get(pk=first.agreement_id).published == first


def test_after_a_first_draft_was_discarded_another_can_be_opened(client, enter, editor):
    draft = make_draft(editor)
    enter("ana")
    client.post(address(draft.agreement, "agreement-discard"), {"as_seen": draft.revision})
    assert client.get(address(draft.agreement, "agreement-write", "en")).status_code == 302
    url = address(draft.agreement, "agreement-restart")
    assert (
        url in client.get(address(draft.agreement, "agreements_agreement_change")).content.decode()
    )
    facts = {
        "source_language": "en",
        "date_agreed": "2013-04-19",
        "date_precision": "day",
        "track": "political",
        "form_of_act": "initialled",
        "known_as_of": "2026-11-01",
    }
    assert client.post(url, facts).status_code == 302
    assert draft_of(draft.agreement).number == 1


def test_a_facts_page_opened_before_a_point_was_added_can_be_saved(client, enter, first, people):
    enter("ana")
    url = address(first.agreement, "agreement-facts")
    data = form_of(client, url, "facts")
    drafting.add_provision(first.agreement, key="p2", number="2", by=people["besa"])
    assert client.post(url, data | {"track": "political"}).status_code == 302
    assert draft_of(first.agreement).track == "political"
    drafting.remove_provision(first.agreement, key="p1", by=people["besa"])
    response = client.post(url, data | {"provision.p1.number": "1a"})
    assert "Somebody removed meanwhile" in text_of(response)


def test_a_note_is_ready_or_written_and_never_dropped(client, enter, first, people):
    draft = change(first.agreement, "summary", "en", "Second.", by=people["ana"])
    enter("ana")
    url = address(first.agreement, "agreement-seal")
    data = {"change_class": "correction", "ready_note": "typing", "as_seen": draft.revision}
    response = client.post(url, data | {"note_en": "My own words."})
    assert "both cannot be shown" in text_of(response)
    assert "My own words." in response.content.decode()
    del data["as_seen"]
    assert "The page was not complete" in text_of(client.post(url, data))
    assert draft_of(first.agreement).is_draft


def test_the_first_seal_asks_for_no_note(client, enter, draft):
    enter("ana")
    page = client.get(address(draft.agreement, "agreement-seal")).content.decode()
    assert 'name="note_en"' not in page


@pytest.mark.parametrize("field", ["summary", "summary.dismiss.numbers", "then"])
def test_a_nul_is_refused_before_it_reaches_the_database(client, enter, first, field):
    enter("ana")
    url = address(first.agreement, "agreement-write", "en")
    assert client.post(url, form_of(client, url) | {field: "a\0b"}).status_code == 400
    steps = address(first.agreement, "agreement-facts")
    assert (
        client.post(steps, {"do": "add-provision", "key": "p7", "number": "7\0"}).status_code == 400
    )


def test_a_step_that_changes_nothing_opens_no_draft(client, enter, first):
    enter("ana")
    url = address(first.agreement, "agreement-facts")
    client.post(url, {"do": "move-up", "key": "p1"})
    assert not first.agreement.versions.drafts().exists()


def test_a_translator_is_offered_no_step_that_is_not_theirs(client, enter, first):
    mira = enter("mira")
    change(first.agreement, "summary", "sr", "Мирино.", by=mira)
    for link in tree(client.get("/admin/")).xpath("//section[@class='need']//a/@href"):
        assert client.get(link).status_code == 200, link


def test_a_publisher_who_attached_a_file_wrote_part_of_the_version(
    client, enter, first, people, settings, tmp_path
):
    from agreements import originals

    settings.MEDIA_ROOT = tmp_path
    originals.attach(
        first.agreement,
        b"%PDF-1.4",
        language="sq",
        authority="official",
        source=Source.objects.first(),
        by=people["besa"],
    )
    draft = change(first.agreement, "summary", "en", "Second.", by=people["ana"])
    version = publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    with pytest.raises(publishing.OwnWork):
        publishing.publish(version, by=people["besa"], replacing=first, at=NOON)
