"""Differences: both texts can be read from them, by eye and by ear, and nothing else comes in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from agreements import comparing, differences, serbian
from agreements.models import Version
from dialogue_platform.scripts import to_latin
from tests.scenes import ADDED, CHANGED, NOTE, WITHDRAWN

WORDS = st.lists(
    st.sampled_from(
        ["сат", "kamion", "two", "Neni", "5", ",", ".", "“", "\u0301", "👍", "a\u0308"]
    ),
    max_size=14,
).map(" ".join)


def told(pieces, without):
    return "".join(piece.text for piece in pieces if piece.kind != without)


@given(WORDS, WORDS)
def test_both_texts_can_be_read_from_their_difference(old, new):
    pieces = differences.pieces(old, new)
    assert told(pieces, "new") == old
    assert told(pieces, "gone") == new


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_the_texts_are(old, new):
    pieces = differences.pieces(old, new)
    assert (told(pieces, "new"), told(pieces, "gone")) == (old, new)


@given(WORDS)
def test_the_same_text_has_no_difference(text):
    assert all(piece.kind == "same" for piece in differences.pieces(text, text))


def read(html, without):
    """Return the words of a difference as if what is in one element were not there."""
    tree = lxml_html.fragment_fromstring(html, create_parent="div")
    for gone in tree.xpath(f".//{without}|.//span[@class='for-ears']"):
        gone.drop_tree()
    return " ".join(" ".join(part for part in tree.itertext()).split())


def words(text):
    return " ".join(re.sub(r"^(?:- |###? )", "", text, flags=re.MULTILINE).split())


PARAGRAPHS = st.lists(
    st.lists(
        st.sampled_from("alfa beta gama delta epsilon zeta".split()), min_size=1, max_size=6
    ).map(" ".join),
    max_size=5,
).map("\n\n".join)


@given(PARAGRAPHS, PARAGRAPHS)
def test_whole_texts_can_be_read_from_their_difference_in_reading_form(old, new):
    html = differences.text_html(old, new)
    assert read(html, "ins").split() == words(old).split()
    assert read(html, "del").split() == words(new).split()


def test_what_is_typed_is_inert_in_a_difference():
    html = differences.text_html("<b>old</b> & co", '<script>alert("x")</script>', raw=True)
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html


def test_an_ear_hears_what_an_eye_sees():
    html = differences.line_html("two trucks", "three trucks")
    assert html.count('class="for-ears"') == 4
    assert re.sub("<[^>]*>", "", html).startswith("[")


def test_sentences_that_stayed_are_left_out_of_the_start_page():
    old = "It rained on 2. May. They met. They agreed. [@a]"
    new = "It rained on 2. May. They met in Brussels. They agreed. [@a]"
    html = comparing.sentences_that_moved(old, new)
    assert "Brussels" in html
    assert "agreed" not in html
    assert "rained" not in html


# ── Serbian, seen and stored ─────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_every_stored_text_comes_back_from_latin_letter_by_letter():
    for version in Version.objects.all():
        for field in ("title", "summary", "details", "means_for_citizens", "form_note"):
            stored = getattr(version, f"{field}_sr") or ""
            assert serbian.back_to_store(stored, to_latin(stored), cyrillic=False) == stored


@given(
    st.lists(
        st.sampled_from("реч Тан-југ ПИС EULEX [@b92-2011] конјугација 5 , .".split()), max_size=9
    )
)
def test_a_word_typed_at_the_end_leaves_the_rest_as_it_was_stored(stored):
    text = " ".join(stored)
    typed = f"{to_latin(text)} njegova".strip()
    assert serbian.back_to_store(text, typed, cyrillic=False) == f"{text} његова".strip()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (
            "vidi [ovde](https://nj.example/lj) [@b92-2011]",
            "види [овде](https://nj.example/lj) [@b92-2011]",
        ),
        ("[reč](term:epop)", "[реч](term:epop)"),
        ("EULEX i CEFTA", "EULEX и CEFTA"),
    ],
)
def test_keys_and_addresses_are_no_serbian(typed, stored):
    assert serbian.back_to_store("", typed, cyrillic=False) == stored
    assert serbian.back_to_store("", typed, cyrillic=True) == stored


# ── For readers ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["sq", "sr-latn", "sr-cyrl", "en"])
def test_readers_see_what_changed_at_each_depth_in_their_language(client, scenes, code):
    stored = {"sr-latn": "sr", "sr-cyrl": "sr"}.get(code, code)
    added = to_latin(ADDED[stored]) if code == "sr-latn" else ADDED[stored]
    base = f"/{code}/agreements/{CHANGED}/history/"
    inserted = {
        layer: "".join(
            lxml_html.document_fromstring(client.get(f"{base}1/2/{layer}").content.decode()).xpath(
                "//ins//text()"
            )
        )
        for layer in ("", "details/", "full-text/")
    }
    page = client.get(f"{base}1/2/details/").content.decode()
    assert 'href="#first-change"' in page
    assert page.count('id="first-change"') == 1
    assert added in inserted["details/"]
    assert added not in inserted[""]
    tree = lxml_html.document_fromstring(client.get(f"{base}1/2/").content.decode())
    counts = [each.text_content() for each in tree.xpath("//nav[@class='layers']//span")]
    assert [count[0] for count in counts] == ["0", "1", "1" if code == "en" else "0"]
    assert (added in inserted["full-text/"]) == (code == "en")
    back = lxml_html.document_fromstring(client.get(f"{base}2/1/details/").content.decode())
    assert added in "".join(back.xpath("//del//text()"))


@pytest.mark.django_db
def test_the_history_leads_to_the_difference_and_tells_the_note(client, scenes):
    page = client.get(f"/sr-cyrl/agreements/{CHANGED}/history/").content.decode()
    assert f'href="/sr-cyrl/agreements/{CHANGED}/history/1/2/"' in page
    assert NOTE["sr"] in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["1/9/", "9/1/", "0/1/", "1/99999999999999999999/"])
def test_a_difference_to_nothing_is_not_found(client, scenes, path):
    assert client.get(f"/en/agreements/{CHANGED}/history/{path}").status_code == 404


@pytest.mark.django_db
def test_a_difference_costs_the_same_at_1_and_at_30_points(
    client, public, editor, publisher, django_assert_max_num_queries
):
    from agreements import publishing
    from tests.conftest import NOON
    from tests.scenes import change

    first = public(provisions=30)
    draft = change(first.agreement, "provision.p30.text", "en", "Changed.", by=editor)
    second = publishing.seal(draft, change_class="correction", notes=NOTE, at=NOON)
    publishing.publish(second, by=publisher, replacing=first, at=NOON)
    with django_assert_max_num_queries(12):
        page = client.get("/en/agreements/test-agreement/history/1/2/full-text/")
    assert "Changed" in page.content.decode()


@pytest.mark.django_db
def test_a_withdrawn_agreement_is_in_no_list(client, scenes):
    for path in ("/en/", "/en/agreements/", "/sitemap.xml"):
        assert WITHDRAWN not in client.get(path).content.decode(), path


def test_paragraphs_far_from_a_change_are_folded_for_editors():
    old = "\n\n".join(f"Paragraph {n}." for n in range(9))
    new = old.replace("Paragraph 4.", "Paragraph four.")
    html = differences.text_html(old, new, fold=True)
    shown = [n for n in range(9) if f"Paragraph {n}." in re.sub("<[^>]*>", "", html)]
    assert shown == [3, 5]
    assert html.count('class="folded"') == 2
    assert "folded" not in differences.text_html(old, new)
