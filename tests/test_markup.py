"""The light markup: what it understands, what it leaves inert, how it travels through files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements import markup


class Named:
    def __init__(self, key):
        self.key = key


def render(text, **known):
    sources = {key: Named(key) for key in known.get("sources", ["a", "b"])}
    terms = {key: Named(key) for key in known.get("terms", ["word"])}
    rendering = markup.Rendering(sources, terms)
    return str(rendering.html(text)), rendering


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\ntwo\n\nthree", "<p>One two</p>\n<p>three</p>"),
        ("## Head\ntext", "<h2>Head</h2>\n<p>text</p>"),
        ("- a\n- b\n  more", "<ul><li>a</li><li>b more</li></ul>"),
        ("Text\n- a", "<p>Text</p>\n<ul><li>a</li></ul>"),
        ("*em* and **strong**", "<p><em>em</em> and <strong>strong</strong></p>"),
        ("2. септембра 2011.", "<p>2. септембра 2011.</p>"),
        ("Kosovo* and Kosovo*", "<p>Kosovo* and Kosovo*</p>"),
        ("[a site](https://example.org/)", '<p><a href="https://example.org/">a site</a></p>'),
    ],
)
def test_the_markup_is_understood(text, html):
    assert render(text)[0] == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '[x](https://a.b/"onclick="x)',
        "<img src=x onerror=alert(1)>",
        "[@a<b>]",
        "[<b>](term:word)",
    ],
)
def test_nothing_that_is_typed_becomes_code(text):
    html = render(text)[0]
    for danger in ("<script", "<img", "<b>", 'href="javascript', '"onclick'):
        assert danger not in html


def test_sources_are_numbered_in_the_order_in_which_the_page_cites_them():
    html, rendering = render("One. [@b] Two. [@a; @b] Three. [@unknown]")
    assert rendering.cited == ["b", "a"]
    assert html.count('href="#source-b"') == 2
    assert "unknown" not in html


def test_a_word_is_explained_at_its_first_use_only():
    html, rendering = render("[words](term:word), again [words](term:word), [x](term:unknown)")
    assert html.count('href="#term-word"') == 1
    assert html == (
        '<p><a class="term" id="use-word" href="#term-word" role="doc-glossref">words</a>, '
        "again words, x</p>"
    )
    assert rendering.explained == ["word"]


def test_words_are_counted_without_citations_and_marks():
    assert markup.word_count("Two [more](term:x) **words**. [@a; @b]") == 3


def test_plain_text_keeps_a_star_that_is_not_emphasis():
    assert markup.plain_text("Kosovo* in *brief* [here](https://a.b/c)") == "Kosovo* in brief here"


TEXTS = st.lists(
    st.sampled_from(
        ["word", "- item", "## Head", "### Small", "", "2. септембра", "-", "[a b](term:x)",
         "[@a; @b]", "x" * 120, "longer words follow here and there", "#", "*em*"]
    ),
    max_size=40,
).map("\n".join)  # fmt: skip


@given(TEXTS)
def test_the_normal_form_is_stable_and_survives_a_file(text):
    normal = markup.normalise(text)
    assert markup.normalise(normal) == normal
    assert markup.normalise(markup.wrapped(normal)) == normal


@given(TEXTS)
def test_a_file_has_no_line_wider_than_it_must_be(text):
    for line in markup.wrapped(text).splitlines():
        assert len(line) <= markup.FILE_WIDTH or " " not in line.strip(" -#") or line[0] in "#["


def test_a_reader_needs_at_least_a_minute():
    assert markup.reading_minutes("") == 1
    assert markup.reading_minutes("word " * 500) == 2
