"""The public pages: in every language and script, at every depth, at a fixed cost."""

import json
import re

import pytest
from django.urls import reverse
from django.utils import translation
from lxml import html as lxml_html

from agreements import publishing
from agreements.models import ProvisionText, Version
from dialogue_platform.languages import PUBLIC
from tests.conftest import NOON, make_draft
from tests.page_types import PAGE_TYPES, every_language

pytestmark = pytest.mark.django_db
TAGS = {language.code: language.tag for language in PUBLIC}
CYRILLIC = re.compile(r"[\u0400-\u04FF]+")

every_page = pytest.mark.parametrize("path", PAGE_TYPES.values(), ids=PAGE_TYPES.keys())


def page(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return lxml_html.document_fromstring(response.content.decode())


def visible_text(tree, foreign=True):
    """Return what a page says, titles and descriptions too; optionally no foreign passages."""
    tree = lxml_html.fromstring(lxml_html.tostring(tree, encoding="unicode"))
    own = tree.get("lang")
    for element in list(tree.iter("style", "script")):
        element.drop_tree()
    if not foreign:
        for element in list(tree.iter()):
            if isinstance(element.tag, str) and element.get("lang", own) != own:
                element.drop_tree()
    said = list(tree.itertext())  # apart, since a label and its value stand side by side
    said += tree.xpath("//@title | //@alt | //@aria-label | //meta[@name='description']/@content")
    said += tree.xpath("//meta[@property='og:title' or @property='og:description']/@content")
    return " ".join(" ".join(said).split())


@every_page
@every_language
def test_every_page_names_its_language_and_its_editions(client, code, path):
    tree = page(client, f"/{code}/{path}")
    assert tree.get("lang") == TAGS[code]
    alternates = {
        link.get("hreflang"): link.get("href") for link in tree.xpath("//link[@hreflang]")
    }
    bare = re.sub(r"\?.*|history/1/", "", path)  # filters and versions lead to the page itself
    assert alternates == {
        "x-default": f"http://testserver/{bare}",
        **{other.tag: f"http://testserver/{other.code}/{bare}" for other in PUBLIC},
    }
    canonical = tree.xpath("//link[@rel='canonical']/@href")
    assert canonical == [f"http://testserver/{code}/{bare}"]
    assert len(tree.xpath("//h1")) == 1
    assert len(tree.xpath("//nav[@class='editions']//a[@aria-current]")) == 1


@pytest.mark.any_database
@every_page
def test_a_latin_page_has_no_cyrillic_but_the_way_to_the_cyrillic_edition(client, path):
    text = visible_text(page(client, f"/sr-latn/{path}"), foreign=False)
    assert CYRILLIC.findall(text) == []


# Left out: the glossary, ordered by the alphabet, and the page that names the other script.
SAME_IN_BOTH = {k: v for k, v in PAGE_TYPES.items() if k not in ("glossary", "full-text-facing")}


@pytest.mark.any_database
@pytest.mark.parametrize("path", SAME_IN_BOTH.values(), ids=SAME_IN_BOTH.keys())
def test_the_two_serbian_editions_are_one_text(client, path):
    from dialogue_platform.scripts import to_latin

    latin = visible_text(page(client, f"/sr-latn/{path}"), foreign=False)
    cyrillic = visible_text(page(client, f"/sr-cyrl/{path}"), foreign=False)
    switch = r"Srpski \((latinica|ćirilica)\)|Srpski"
    assert re.sub(switch, "", to_latin(cyrillic)) == re.sub(switch, "", latin)


def test_structured_data_is_in_the_script_of_the_page(client):
    address = "agreements/customs-stamps/"
    for code, name in (("sr-latn", "Sporazum"), ("sr-cyrl", "Споразум")):
        tree = page(client, f"/{code}/{address}")
        data = json.loads(tree.xpath("//script[@type='application/ld+json']")[0].text)
        assert data["headline"].startswith(name)
        assert data["inLanguage"] == TAGS[code]


@every_language
def test_the_three_layers_stand_on_every_layer_with_their_cost(client, code):
    for layer in ("", "details/", "full-text/"):
        tree = page(client, f"/{code}/agreements/first-agreement/{layer}")
        links = tree.xpath("//nav[@class='layers']//a")
        assert [link.get("href").split("first-agreement/")[1] for link in links] == [
            "",
            "details/",
            "full-text/",
        ]
        assert [link.get("aria-current") == "page" for link in links].count(True) == 1
        assert "15" in links[2].text_content()


def test_plurals_are_the_languages_own(client):
    for code, expected in (("sr-latn", "15 tačaka"), ("sr-cyrl", "15 тачака"), ("en", "15 points")):
        tree = page(client, f"/{code}/agreements/first-agreement/")
        assert expected in tree.xpath("//nav[@class='layers']")[0].text_content()
    tree = page(client, "/sr-latn/agreements/licence-plates-2022/")
    assert "3 tačke" in tree.xpath("//nav[@class='layers']")[0].text_content()


@pytest.mark.parametrize(
    ("code", "date"),
    [
        ("sq", "2 shtator 2011"),
        ("sr-latn", "2. septembra 2011."),
        ("sr-cyrl", "2. септембра 2011."),
        ("en", "2 September 2011"),
    ],
)
def test_dates_are_written_as_the_language_writes_them(client, code, date):
    text = visible_text(page(client, f"/{code}/agreements/customs-stamps/"))
    assert date in text


# ── Full text, beside another language ───────────────────────────────────────────────────────


def test_every_provision_has_its_anchor_basis_wording_and_plain_words(client):
    tree = page(client, "/en/agreements/first-agreement/full-text/")
    provisions = tree.xpath("//section[@class='provision']")
    assert [each.get("id") for each in provisions] == [f"p{n}" for n in range(1, 16)]
    assert len(tree.xpath("//*[@data-basis='restated']")) == 14
    assert len(tree.xpath("//*[@class='plain']")) == 14


def test_a_wording_not_at_hand_is_said_and_not_shown(client):
    tree = page(client, "/en/agreements/first-agreement/full-text/")
    withheld = tree.get_element_by_id("p10")
    assert withheld.xpath(".//*[@data-basis='withheld']")
    assert "consult the official text" in withheld.text_content()
    assert not withheld.xpath(".//*[@class='wording' or @class='plain']")


@pytest.mark.parametrize(
    ("code", "beside", "tag", "word"),
    [
        ("en", "sr-cyrl", "sr-Cyrl", "Општине"),
        ("en", "sr-latn", "sr-Latn", "Opštine"),
        ("sr-latn", "sr-cyrl", "sr-Cyrl", "Општине"),
        ("sr-cyrl", "sr-latn", "sr-Latn", "Opštine"),
        ("sr-cyrl", "sq", "sq", "Komunat"),
    ],
)
def test_a_second_language_stands_beside_the_first(client, code, beside, tag, word):
    tree = page(client, f"/{code}/agreements/first-agreement/full-text/?with={beside}")
    first = tree.get_element_by_id("p1")
    passages = first.xpath(f".//div[@class='wording'][@lang='{tag}']")
    assert len(passages) == 1
    assert word in passages[0].text_content()
    assert len(first.xpath(".//div[@class='wording']")) == 2


def test_the_own_language_beside_itself_is_shown_once(client):
    tree = page(client, "/en/agreements/first-agreement/full-text/?with=en")
    assert not tree.xpath("//*[@data-facing]")


# ── What is missing is said ──────────────────────────────────────────────────────────────────


def test_a_missing_language_is_said_and_the_other_text_is_marked(client, public):
    public(summary_sr="", title_sr="")
    tree = page(client, "/sr-cyrl/agreements/test-agreement/")
    assert tree.xpath("//p[@class='missing']")
    foreign = tree.xpath("//div[@class='summary']")[0]
    assert foreign.get("lang") == "sq"
    assert tree.xpath("//h1")[0].get("lang") == "sq"


def test_serbian_in_place_of_a_missing_text_is_readable_and_marked(client, public):
    public(source_language="sr", summary_sq="", summary_en="")
    foreign = page(client, "/en/agreements/test-agreement/").xpath("//div[@class='summary']")[0]
    assert foreign.get("lang") == "sr-Latn"
    assert "Sažetak" in foreign.text_content()


# ── Who sees what ────────────────────────────────────────────────────────────────────────────

ADDRESSES = ["", "details/", "full-text/", "history/", "history/1/", "history/1/full-text/"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("who", ["visitor", "colleague", "superuser"])
def test_what_is_not_published_is_not_found_by_anybody(client, person, draft, address, sealed, who):
    if sealed:
        publishing.seal(draft, at=NOON)
    if who != "visitor":
        client.force_login(person(who, is_superuser=who == "superuser", is_staff=True))
    response = client.get(f"/en/agreements/test-agreement/{address}")
    assert response.status_code == 404
    assert "Summary." not in response.content.decode()


def test_an_unpublished_draft_does_not_shine_through_lists(client, draft):
    for address in ("/en/", "/en/agreements/", "/sitemap.xml"):
        assert "test-agreement" not in client.get(address).content.decode()


def test_a_sealed_successor_is_not_found_before_it_is_published(client, public, editor):
    version = public()
    copy = publishing.open_draft(version.agreement, by=editor)
    Version.objects.filter(pk=copy.pk).update(summary_en="Secret.", change_class="correction")
    publishing.seal(Version.objects.get(pk=copy.pk), at=NOON)
    assert client.get("/en/agreements/test-agreement/history/2/").status_code == 404
    assert client.get("/en/agreements/test-agreement/history/1/").status_code == 200
    assert "Secret" not in client.get("/en/agreements/test-agreement/").content.decode()


def test_an_old_version_stays_at_its_address_and_says_so(client, public, editor, publisher):
    first = public()
    copy = publishing.open_draft(first.agreement, by=editor)
    Version.objects.filter(pk=copy.pk).update(
        summary_en="Newer.",
        change_class="correction",
        change_note_sq="Një fjalë.",
        change_note_sr="Једна реч.",
        change_note_en="A word.",
    )
    second = publishing.seal(Version.objects.get(pk=copy.pk), at=NOON)
    publishing.publish(second, by=publisher, replacing=first, at=NOON)
    old = page(client, "/en/agreements/test-agreement/history/1/")
    assert old.xpath("//p[@class='notice'][@data-old]")
    assert "Summary." in old.text_content()
    canonical = old.xpath("//link[@rel='canonical']/@href")
    assert canonical == ["http://testserver/en/agreements/test-agreement/"]
    history = page(client, "/en/agreements/test-agreement/history/")
    entries = history.xpath("//ol[@class='history']/li")
    assert ["version 2" in entry.text_content().lower() for entry in entries] == [True, False]
    assert "A word." in entries[0].text_content()


# ── Sources and words ────────────────────────────────────────────────────────────────────────


@every_language
def test_every_citation_and_every_explained_word_leads_somewhere(client, code):
    for layer in ("", "details/", "full-text/", "history/1/"):
        tree = page(client, f"/{code}/agreements/freedom-of-movement/{layer}")
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids))
        for target in tree.xpath("//a/@href[starts-with(., '#')]"):
            assert target[1:] in ids, target


def test_a_word_is_defined_in_place_and_links_back(client):
    tree = page(client, "/en/agreements/customs-stamps/")
    link = tree.xpath("//a[@class='term']")[0]
    definition = tree.get_element_by_id(link.get("href")[1:])
    assert definition.xpath(".//dfn")
    assert definition.xpath(f".//a[@href='#{link.get('id')}']")


def test_the_glossary_is_in_the_alphabet_of_the_page(client):
    def letters(code):
        return [
            a.text for a in page(client, f"/{code}/glossary/").xpath("//ul[@class='letters']//a")
        ]

    assert letters("en") == sorted(letters("en"))
    assert letters("sr-latn") == sorted(letters("sr-latn"))
    found = letters("sr-cyrl")
    serbian = [letter for letter in found if CYRILLIC.match(letter)]
    assert serbian == [letter for letter in "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ" if letter in found]
    assert found[: len(serbian)] == serbian  # words in Latin letters come last


# ── The list ─────────────────────────────────────────────────────────────────────────────────


def shown(client, query):
    tree = page(client, f"/en/agreements/{query}")
    return [a.get("href").split("/")[3] for a in tree.xpath("//li[@class='row']//a")]


def test_filters_narrow_the_list_and_can_be_combined(client):
    assert len(shown(client, "")) == 6
    assert set(shown(client, "?theme=movement")) == {"freedom-of-movement", "licence-plates-2022"}
    assert shown(client, "?theme=movement&year=2022") == ["licence-plates-2022"]
    assert shown(client, "?track=political&year=2011") == []
    assert shown(client, "?utm_source=somewhere") == shown(client, "")


def test_the_list_can_be_sorted(client):
    newest = shown(client, "")
    assert newest[0] == "path-to-normalisation"
    assert shown(client, "?sort=oldest")[0] == "freedom-of-movement"
    assert shown(client, "?sort=title")[0] == "cadastral-records"


def test_a_filter_link_keeps_the_other_choices(client):
    tree = page(client, "/en/agreements/?theme=movement&sort=oldest")
    years = tree.xpath("//nav[@aria-label='Year']//a/@href")
    assert "?theme=movement&sort=oldest&year=2022" in years


def test_a_long_list_is_cut_into_pages(client, editor, publisher):
    for n in range(51):
        version = publishing.seal(make_draft(editor, slug=f"test-{n}"), at=NOON)
        publishing.publish(version, by=publisher, replacing=None, at=NOON)
    assert len(shown(client, "")) == 50
    assert len(shown(client, "?page=2")) == 7
    assert client.get("/en/agreements/?page=3").status_code == 404


# ── Cost ─────────────────────────────────────────────────────────────────────────────────────

COSTS = {
    # Version, points, parties, sources, publication, the badge, obligations, obstacles, replies.
    "agreement": 9,
    "agreement-details": 6,
    "agreement-full-text": 7,  # and its originals
    "agreement-history": 2,
    "agreement-version": 6,
    "agreement-version-full-text": 7,
}
TRANSLATED = 1  # whether the translation is behind its original


@pytest.mark.parametrize("provisions", [1, 30])
@pytest.mark.parametrize("name", COSTS)
@every_language
def test_an_agreements_page_costs_the_same_with_30_provisions(
    client, public, django_assert_num_queries, name, provisions, code
):
    version = public(provisions=provisions)
    arguments = [version.agreement.slug] + [version.number] * name.startswith("agreement-version")
    with translation.override(code):
        address = reverse(name, args=arguments)
    translated = TRANSLATED if code != "en" and name != "agreement-history" else 0
    with django_assert_num_queries(COSTS[name] + translated):
        response = client.get(address)
    if name.endswith("full-text"):
        assert response.content.decode().count('class="provision"') == provisions


# The ceiling of any page is 12; most keep to 8.
HEAVIER = {
    "home": 9,
    "summary": 11,
    "full-text": 9,
    "full-text-facing": 9,
    "version-full-text": 9,
    "became": 11,
    "obligation": 10,
    "implementation": 9,
}


@pytest.mark.parametrize("name", PAGE_TYPES)
def test_no_public_page_costs_more_queries_than_it_may(client, django_assert_max_num_queries, name):
    with django_assert_max_num_queries(HEAVIER.get(name, 8)):
        client.get(f"/sr-latn/{PAGE_TYPES[name]}")


def test_the_glossary_costs_the_same_however_many_terms_link_to_agreements(
    client, django_assert_num_queries
):
    from agreements.models import Term

    with django_assert_num_queries(2):
        client.get("/en/glossary/")
    Term.objects.exclude(key="eulex").delete()
    with django_assert_num_queries(2):
        client.get("/en/glossary/")


def test_the_texts_of_a_long_agreement_are_all_there(client, public):
    public(provisions=30)
    assert ProvisionText.objects.filter(version__agreement__slug="test-agreement").count() == 30
    tree = page(client, "/sq/agreements/test-agreement/full-text/")
    assert "Teksti 30." in tree.get_element_by_id("p30").text_content()


# ── Small things that readers and machines notice ────────────────────────────────────────────


def test_a_title_in_another_language_stands_bare_in_the_tab(client, public):
    public(short_title_en="", title_en="", summary_en="", source_language="sr")
    tree = page(client, "/en/agreements/test-agreement/")
    title = tree.xpath("//title")[0].text
    assert title.startswith("Marrëveshja – ")
    assert (
        "<"
        not in client.get("/en/agreements/test-agreement/history/")
        .content.decode()
        .split("<title>")[1]
        .split("</title>")[0]
    )


def test_a_missing_language_offers_the_page_in_the_one_that_is_there(client, public):
    public(summary_sr="", title_sr="")
    tree = page(client, "/sr-cyrl/agreements/test-agreement/")
    link = tree.xpath("//p[@class='missing']/a")[0]
    assert link.get("href") == "/sq/agreements/test-agreement/"
    assert link.get("lang") == "sq"


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("One. Two.", 300, "One. Two."),
        ("", 300, ""),
        ("Почело је 26. децембра. Трајало је дуго.", 28, "Почело је 26. децембра."),
        ("Почело је 26. децембра две хиљаде", 20, "Почело је 26.…"),
    ],
)
def test_a_description_ends_with_a_sentence_and_not_within_a_date(text, length, shown):
    from agreements.reading import first_sentences

    assert first_sentences(text, length) == shown


def test_a_moment_is_dated_by_the_clock_of_the_place():
    from dialogue_platform.templatetags.platform import when

    midnight = NOON.replace(month=5, day=4, hour=22, minute=30)  # half past midnight in Prishtina
    with translation.override("en"):
        assert when(midnight) == '<time datetime="2026-05-05">5 May 2026</time>'
        assert when(midnight.date(), "year") == '<time datetime="2026">2026</time>'


def test_a_page_about_the_platform_has_one_address(client):
    response = client.get("/en/about/about/")
    assert (response.status_code, response["Location"]) == (301, "/en/about/")


def test_a_text_on_one_sides_sources_alone_says_so(client, public, editor):
    from agreements.models import Source, VersionSource

    source = Source.objects.filter(side="kosovo").first()
    draft = make_draft(editor, slug="one-sided", summary_en=f"Claim. [@{source.key}]")
    VersionSource.objects.create(version=draft, source=source, position=1)
    version = publishing.seal(draft, at=NOON)
    publishing.publish(version, by=public().publications.get().published_by, replacing=None)
    tree = page(client, "/en/agreements/one-sided/")
    assert tree.xpath("//p[@class='one-sided']")
    assert not page(client, "/en/agreements/first-agreement/").xpath("//p[@class='one-sided']")


def test_the_label_of_a_citation_speaks_the_language_of_its_passage(client):
    tree = page(client, "/en/agreements/cadastral-records/full-text/?with=sq")
    labels = tree.xpath("//div[@lang='sq']//a[@role='doc-noteref']/@aria-label")
    assert labels
    assert all(label.startswith("Burimi") for label in labels)
