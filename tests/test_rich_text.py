"""The visual editor's text ⇄ the light markup: nothing lost on the way, nothing foreign let in."""

import html
import re
import time
import unicodedata
from pathlib import Path

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agreements import markup
from agreements.admin.rich_text import RichTextField, RichTextWidget
from agreements.content import files
from agreements.rich_text import html_for_editor, markup_from_html
from dialogue_platform.scripts import html_to_latin

CONTENT = Path(__file__).resolve().parent.parent / "content"


def there_and_back(text):
    return markup_from_html(html_for_editor(text))


# ── Markup → editor → markup ─────────────────────────────────────────────────────────────────


def texts_of(value):
    """Yield every text of a record."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_of(each)


def test_every_text_of_the_site_passes_through_the_editor_unchanged():
    entries, problems = files.read(CONTENT)
    texts = {text for entry in entries for text in texts_of(entry.record)}
    texts = [text for text in texts if text and markup.normalise(text) == text]
    assert problems == []
    assert len(texts) > 1000
    assert [text for text in texts if there_and_back(text) != text] == []


@pytest.mark.parametrize(
    "text",
    [
        "Two\n\nparagraphs",
        "## Head\n\n### Smaller\n\ntext\n\n- one\n- two\n\nafter",
        "*em*, **strong**, ***both***, **strong with *em* in it**, *em with [a link](https://a.b/)*",
        "[*em*](term:eulex) and *[em](term:eulex)*",
        "A sentence. [@b92-2011; @ewb-2024]",
        "**All of it. [@b92-2011]**",
        "Kosovo* and Kosovo*",
        "* Without prejudice: Kosovo*",
        "2. септембра 2011.",
        "snake_case_name, C:\\dir, [x], a * b, [@Not-a-key]",
        "\\*not emphasis*, \\[not a link](https://a.b/), \\_neither_",
        "\\- no item",
        "\\## no heading",
        "##",
        "-",
        "- - an item that opens with a dash",
        "## ## a heading that opens with signs",
        "[@a]\\(target)",
        "[ë](https://example.org/ë?a=1&b=2#c)",
        "",
    ],
)
def test_markup_passes_through_the_editor_unchanged(text):
    assert there_and_back(text) == text


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("_em_ and __strong__", "*em* and **strong**"),  # the other signs of Markdown
        ("needless \\. \\! \\* signs", "needless . ! * signs"),
        ("[a\\](https://a.b/)", "\\[a](https://a.b/)"),  # one backslash, at its usual place
        ("- one\n\n- two", "- one\n- two"),  # two lists, one after the other
        ("## **Head**", "## Head"),  # headings are bold
        ("[ a ](https://a.b/)", "[a](https://a.b/)"),
        ("[a](https://a.b/x_(y))", "[a](https://a.b/x_%28y%29)"),
        ('[a](https://a.b/ "title")', "[a](https://a.b/)"),
        ("[a](mailto:a@b.c) [b](/about/)", "a b"),
        ("[a [@b]](https://a.b/)", "[a](https://a.b/) [@b]"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_markup_that_is_said_in_an_unusual_way_is_said_in_the_usual_one(text, becomes):
    assert there_and_back(text) == becomes
    assert there_and_back(becomes) == becomes


WORDS = st.sampled_from(
    ["fjalë", "Kosovo*", "2.", "(një)", "„citat“", "a_b", "[x]", "C:\\dir", "—", "U.S.", "*", "**",
     "<b>", "&amp;", "„“", "\\", "[", "_", "реч", "[@a]", "[@a; @b-2]", "1)", "!"]
)  # fmt: skip
PLAIN = st.sampled_from(["fjalë", "реч", "a-b", "2011", "Prishtinë/Priština"])
PHRASE = st.lists(PLAIN, min_size=1, max_size=4).map(" ".join)
TARGET = st.sampled_from(["term:eulex", "https://a.b/c?d=1&e=2#f", "http://a.b/ë"])
MARKED = st.one_of(
    PHRASE.map("*{}*".format),
    PHRASE.map("**{}**".format),
    PHRASE.map("***{}***".format),
    st.builds("[{}]({})".format, PHRASE, TARGET),
    st.builds("**[{}]({}) {}**".format, PHRASE, TARGET, PHRASE),
    st.builds("**{} *{}* {}**".format, PHRASE, PHRASE, PHRASE),
)
HARMLESS = st.sampled_from(["fjalë", "Kosovo*", "2.", "(një)", "„citat“", "a_b", "—", "[@a; @b-2]"])
LINE = st.lists(st.one_of(HARMLESS, MARKED), min_size=1, max_size=8).map(" ".join)
PARAGRAPH = LINE
HEADING = st.builds("{} fjalë {}".format, st.sampled_from(["##", "###"]), LINE)
ITEMS = st.lists(LINE.map("- {}".format), min_size=1, max_size=3).map("\n".join)
TEXTS = st.lists(
    st.one_of(PARAGRAPH, HEADING, st.builds("{}\n\n{}".format, ITEMS, PARAGRAPH)), max_size=5
).map("\n\n".join)


@given(TEXTS)
def test_any_usual_markup_passes_through_the_editor_unchanged(text):
    text = markup.normalise(text)
    assert there_and_back(text) == text


# ── HTML → markup ────────────────────────────────────────────────────────────────────────────


def text_of(editor_html):
    """Return what one reads in the editor, a line for each paragraph, heading and item."""
    lines = re.findall(r"<(?:p|h2|h3)>(.*?)</(?:p|h2|h3)>", editor_html)
    return "\n".join(html.unescape(re.sub(r"<[^>]+>", "", line)) for line in lines)


def seen(text):
    """Return a typed text as one sees it: composed, folded, without what is invisible."""
    text = "".join(
        sign
        for sign in text
        if sign.isspace()
        or sign == "\ufffd"
        or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Cn")
    )
    return markup.tidy(text)


@given(st.lists(WORDS, max_size=8).map(" ".join))
@example("- no item")
@example("### no heading")
@example("*no emphasis* **none** _none_")
@example("[no link](https://a.b/) [none](term:eulex)")
@example("[@a](https://a.b/)")
@example("\\*")
@example("*" * 100)
def test_a_typed_line_is_read_as_it_was_typed(line):
    made = markup_from_html(f"<p>{html.escape(line)}</p>")
    assert html_for_editor(made) == (f"<p>{html.escape(line)}</p>" if line else "")


@given(st.text())
def test_any_characters_are_read_as_they_were_typed(line):
    shown = html.escape("".join(sign for sign in line if sign.isprintable() or sign.isspace()))
    made = markup_from_html(f"<p>{shown}</p>")
    assert markup.tidy(text_of(html_for_editor(made))) == seen(html.unescape(shown))


TAGS = (
    "<p> </p> <p> <b> </b> <strong> </strong> <i> </i> <em> </em> <h1> </h1> <h3> <ul> </ul> <ol>"
    " </ol> <li> </li> <li> <br> <div> </div> <span> </span> <table> <td> </table> <o:p> <!-- -->"
    " <![if <![endif]> </body> <pre> </pre> <a </html>"
).split()
SOUP = st.lists(
    st.one_of(
        WORDS,
        st.text(max_size=3),
        st.sampled_from(TAGS),
        st.sampled_from([
            '<a href="https://a.b/c">', '<a href="term:eulex">', '<a href="javascript:alert(1)">',
            '<span style="font-weight:700">', '<b style="font-weight:normal">',
            '<p class=MsoListParagraph style="mso-list:l0">', '<span style="mso-list:Ignore">',
        ]),
    ),
    max_size=25,
).map("".join)  # fmt: skip


@settings(max_examples=300)
@given(SOUP)
@example("")
@example("\x00")
@example("\ud800")
@example('<?xml version="1.0" encoding="utf-8"?><p>a</p>')
@example("</div></body></html>after")
@example("fjalë<b>[@a]</b>fjalë")
def test_any_html_becomes_markup_in_its_normal_form(soup):
    made = markup_from_html(soup)
    assert markup.normalise(made) == made
    assert markup.normalise(markup.wrapped(made)) == made
    assert there_and_back(made) == made
    assert "javascript:" not in html_for_editor(made)


LETTERS = st.sampled_from("a|б |ç| 1|*|_|[|](|“|. |\\|(|-|## ".split("|"))
SIMPLE_TAGS = st.sampled_from(
    "<p>,</p>,<b>,</b>,<i>,</i>,<ul>,<li>,</ul>,<h2>,</h2>,<br>,<td>,<div>,</div>,</a>,"
    '<a href="https://a.b/">,<a href="data:x">'.split(",")
)


@settings(max_examples=300)
@given(st.lists(st.one_of(LETTERS, SIMPLE_TAGS), max_size=30).map("".join))
def test_no_letter_is_lost_whatever_the_tags(soup):
    made = text_of(html_for_editor(markup_from_html(soup)))
    assert re.sub(r"\s", "", made) == re.sub(r"<[^>]+>|\s", "", soup)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        # Emphasis
        ("a<b>b</b>c", "a**b**c"),
        ("<b>a </b>b<i> c</i>", "**a** b *c*"),
        ("<b>a</b><b>b</b>", "**ab**"),
        ('<p style="font-weight:bold">a</p>', "**a**"),
        ("<b> </b><i></i>x", "x"),
        ("<b>Note.</b>Text", "**Note**.Text"),
        ("a<i>“b”</i>c", "a“*b*”c"),
        ("<i>a</i><b>b</b><i>c</i>", "*a***b***c*"),
        ("<i>x<b>y</b></i><b>z</b>", "*xy*z"),  # crossing: what comes first is kept
        ('<span style="font-weight:700;font-style:italic">a</span>', "***a***"),
        ("<h2><b>Head</b></h2>", "## Head"),
        # Headings
        ("<h1>a</h1><h4>b</h4>", "## a\n\n### b"),
        ("<h2>a<br>b</h2><h3></h3>", "## a b"),
        # Lists
        ("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ul>", "- a\n- b\n- c d"),
        ("<ul><li>a</li></ul><div><ul><li>b</li></ul></div>", "- a\n- b"),
        ("<ul><li><h2>a</h2>b</li><li></li></ul>", "- a b"),
        ("<li>a", "- a"),
        ("<ol start=2><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ol>",
         "2. a\n\n3. b\n\n- c\n\n4. d"),
        ('<ol type="a"><li>x</li><li value="4">y</li></ol>', "a. x\n\nd. y"),
        ('<ol style="list-style-type: upper-roman" start="4"><li>x</li></ol>', "IV. x"),
        ("<ul><li>a<ol><li>b</li></ol></li></ul>", "- a\n- 1. b"),
        # Paragraphs
        ("a<br>b<br><br>c", "a\n\nb\n\nc"),
        ("<table><tr><td>a</td><td><p>b</p><p>c</p></td></tr></table>", "a\n\nb\n\nc"),
        ("<blockquote><p>a</p></blockquote><hr><pre>b\nc</pre>", "a\n\nb\n\nc"),
        ("a&nbsp;&nbsp;b&shy;c\u200bd", "a bcd"),
        # Links
        ('<a href="HTTPS://a.b/x y(z)">l</a>', "[l](HTTPS://a.b/x%20y%28z%29)"),
        ('<a href="term:eulex">EULEX</a>', "[EULEX](term:eulex)"),
        ('<a href="term:Not a key">x</a>', "x"),
        ('<a href="javascript:alert(1)">x</a><a href="data:text/html,x">y</a>', "xy"),
        ('<a href="java\nscript:x">x</a> <a href="//a.b/">y</a> <a href="#f">z</a>', "x y z"),
        ('<a href="https://[bad/">x</a>', "x"),
        ('<a href="javascript://a.b/%0Aalert(1)">x</a>', "x"),
        ('<a href="https://a.b/?x=1&amp;copy;">x</a>', "[x](https://a.b/?x=1&copy%3B)"),
        ('<a href="https://a.b/"><img src=x> </a>x', "x"),
        ('<a href="https://a.b/">[x]</a>', "[[x]](https://a.b/)"),
        ('<a href="https://a.b/">x]y</a>', "[x\\]y](https://a.b/)"),
        # Citations
        ("<b>a [@k</b>ey]", "**a** [@key]"),
        ('<a href="https://a.b/">a [@key]</a>', "[a](https://a.b/) [@key]"),
        # What is no text
        ("<script>x</script><style>y</style><img alt=z><svg><text>q</text></svg>a", "a"),
        ('<p>a<span style="display:none">b</span><del>c</del><ins>d</ins></p>', "ad"),
    ],
)  # fmt: skip
def test_html_becomes_markup(source, text):
    assert markup_from_html(source) == text
    assert there_and_back(text) == text


def test_headings_and_lists_become_paragraphs_where_they_are_not_wanted():
    source = "<h2>a</h2><ul><li>b</li><li>- c</li></ul>"
    assert markup_from_html(source, headings=False) == "a\n\n- b\n- - c"
    assert markup_from_html(source, headings=False, lists=False) == "a\n\nb\n\n\\- c"


def test_a_long_line_of_doubtful_signs_takes_little_time():
    for line in ("*" * 50_000, "[" * 50_000, "<b>a</b> b " * 5_000, "*a* [b](c) " * 5_000):
        begun = time.process_time()
        assert markup_from_html(f"<p>{line}</p>")
        assert time.process_time() - begun < 10


# ── What office programs put on the clipboard ────────────────────────────────────────────────

WORD = """
<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<head><meta name=Generator content="Microsoft Word 15"><title>x</title>
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->
<style><!-- @font-face {font-family:Calibri;} p.MsoNormal {margin:0cm;} --></style></head>
<body lang=EN-GB link="#0563C1" style='tab-interval:36.0pt;word-wrap:break-word'>
<!--StartFragment-->
<h1 style='margin-top:12.0pt'><span lang=SR style='mso-ansi-language:SR'>Члан&nbsp;1<o:p></o:p>
</span></h1>
<p class=MsoNormal style='text-align:justify'><b style='mso-bidi-font-weight:normal'><span
lang=SR style='font-size:12.0pt;font-family:"Times New Roman",serif'>Стране </span></b><span
lang=SR style='color:#222222'>су се сагласиле о <i style='mso-bidi-font-style:normal'>печатима</i>.
<o:p></o:p></span></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if
!supportLists]><span style='font-family:Symbol;mso-fareast-font-family:Symbol'><span
style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span>
</span></span><![endif]>прва</p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><![if !supportLists]><span
style='font-family:"Courier New"'><span style='mso-list:Ignore'>o<span>&nbsp; </span></span>
</span><![endif]>унутра</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>\uf0a7<span>&nbsp; </span></span><![endif]><b>друга</b></p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><![if !supportLists]><span
style='mso-list:Ignore'>1.<span>&nbsp;&nbsp; </span></span><![endif]>нумерисана</p>
<p class=MsoListParagraph style='mso-list:l2 level1 lfo3'><![if !supportLists]><span
style='mso-list:Ignore'>(a)<span>&nbsp; </span></span><![endif]>letter</p>
<p class=MsoListParagraph>·&nbsp;&nbsp; left in the text</p>
<p class=MsoListParagraph>only indented</p>
<table class=MsoTableGrid border=1><tr><td width=200><p class=MsoNormal>ћелија</p></td>
<td><p class=MsoNormal>cell</p></td></tr></table>
<p class=MsoNormal><st1:place w:st="on"><st1:City w:st="on">Brussels</st1:City></st1:place>,
2&nbsp;sep\u00adtember <a href="https://example.org/a" target="_blank"><span
style='color:blue'>here</span></a><a href="#_ftn1" name="_ftnref1"><span
class=MsoFootnoteReference>[1]</span></a>
<!--[if gte vml 1]><v:shape><v:imagedata src="file:///C:/x.png"/></v:shape><![endif]--><![if
!vml]><img width=1 src="file:///C:/x.png"><![endif]></p>
<div style='mso-element:comment-list'><p class=MsoCommentText>A remark</p></div>
<!--EndFragment--></body></html>
"""

GOOGLE_DOCS = """
<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1a2b"><h2 dir="ltr"
style="margin-top:18pt;"><span style="font-size:16pt;font-weight:400;">Titulli</span></h2><p
dir="ltr" style="line-height:1.38;"><span style="font-size:11pt;font-weight:400;">Palët u
</span><span style="font-size:11pt;font-weight:700;">pajtuan</span><span
style="font-weight:400;font-style:italic;"> sot</span><span style="font-weight:400;">.</span></p>
<br /><ul style="margin-top:0;"><li dir="ltr" style="list-style-type:disc;" aria-level="1"><p
dir="ltr" role="presentation"><span style="font-weight:400;">një</span></p></li><ul><li dir="ltr"
style="list-style-type:circle;" aria-level="2"><p dir="ltr"><span>brenda</span></p></li></ul></ul>
<ol><li style="list-style-type:lower-alpha;"><p><span>pika</span></p></li></ol></b><br
class="Apple-interchange-newline">
"""

LIBREOFFICE = """
<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN"><html><head><meta
http-equiv="content-type" content="text/html; charset=utf-8"/><title></title><meta
name="generator" content="LibreOffice 7.4 (Linux)"/><style type="text/css">p { margin: 0 }</style>
</head><body lang="sq-AL" dir="ltr"><h4 class="western">Neni
2</h4><p style="margin-bottom: 0cm"><font face="Liberation Serif, serif"><font
size="3"><b>Doganat</b></font></font> pranojnë <i>vulat</i>.</p><ul><li><p
style="margin-bottom: 0cm">e para</p></li><li><p>e dyta</p><ul><li><p>e
brendshme</p></li></ul></li></ul><p><br/></p><p><a href="https://example.org/">këtu</a></p></body>
</html>
"""

WORD_ONLINE = """
<div class="OutlineElement Ltr SCXW1 BCX0"><p class="Paragraph SCXW1" paraid="1"
style="font-weight: normal;"><span data-contrast="auto" class="TextRun SCXW1"
style="font-weight: bold;"><span class="NormalTextRun">The text</span></span><span
class="EOP" data-ccp-props="{}">&nbsp;</span></p></div><div class="ListContainerWrapper SCXW1"><ul
role="list"><li data-leveltext="\uf0b7" data-listid="1"><p class="Paragraph SCXW1"><span>one</span>
</p></li></ul></div><div class="ListContainerWrapper SCXW1"><ul role="list"><li><p
class="Paragraph SCXW1"><span>two</span></p></li></ul></div>
"""


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        (
            WORD,
            "## Члан 1\n\n**Стране** су се сагласиле о *печатима*.\n\n"
            "- прва\n- унутра\n- **друга**\n\n1. нумерисана\n\n(a) letter\n\n- left in the text\n\n"
            "only indented\n\nћелија\n\ncell\n\nBrussels, 2 september [here](https://example.org/a)[1]",
        ),
        (GOOGLE_DOCS, "## Titulli\n\nPalët u **pajtuan** *sot*.\n\n- një\n- brenda\n\na. pika"),
        (
            LIBREOFFICE,
            "### Neni 2\n\n**Doganat** pranojnë *vulat*.\n\n- e para\n- e dyta\n- e brendshme\n\n"
            "[këtu](https://example.org/)",
        ),
        (WORD_ONLINE, "**The text**\n\n- one\n- two"),
    ],
    ids=["Word", "Google Docs", "LibreOffice", "Word in a browser"],
)
def test_what_office_programs_copy_comes_out_clean(pasted, text):
    assert markup_from_html(pasted) == text


# ── Markup → HTML for the editor ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a *b* **c**", "<p>a <em>b</em> <strong>c</strong></p>"),
        ("## a\n\n- b\n- c", "<h2>a</h2><ul><li><p>b</p></li><li><p>c</p></li></ul>"),
        ("[a](term:eulex) [@b; @c]", '<p><a href="term:eulex">a</a> [@b; @c]</p>'),
        ("<script>&", "<p>&lt;script&gt;&amp;</p>"),
        ("[a](javascript:x)", "<p>[a](javascript:x)</p>"),
        ("[a](term:X) [b](ftp://a.b)", "<p>a b</p>"),
        ('[a](https://a.b/"onclick="x)', '<p><a href="https://a.b/%22onclick=%22x">a</a></p>'),
    ],
)
def test_the_editor_gets_safe_html(text, shown):
    assert html_for_editor(text) == shown


# ── The field and its widget ─────────────────────────────────────────────────────────────────


class Texts(forms.Form):
    summary = RichTextField(widget=RichTextWidget(kind="lists", lang="sq", words=3))
    note = RichTextField(required=False, widget=RichTextWidget(kind="inline"))


def test_html_becomes_markup_only_where_the_form_says_that_it_is_html():
    form = Texts({"summary": "<b>a</b>\r\n\r\n- b", "note": "<b>a</b>", "note-form": "html"})
    assert form.is_valid()
    assert form.cleaned_data == {"summary": "<b>a</b>\n\n- b", "note": "**a**"}


def test_a_field_refuses_what_cannot_stand_in_it():
    field = RichTextField(widget=RichTextWidget(kind="inline"))
    for text in ("## a", "- a"):
        with pytest.raises(ValidationError):
            field.clean(text)
    assert RichTextField().clean("## a") == "## a"
    assert Texts({"summary": "<h2>a</h2>", "summary-form": "html"}).is_valid()


def test_an_untouched_text_has_not_changed():
    form = Texts({"summary": "a\r\n\r\nb", "summary-form": "markup"}, initial={"summary": "a\n\nb"})
    assert form.changed_data == []


def test_a_refused_form_shows_the_markup_again():
    form = Texts({"summary": "<p><b>x</b><h2>y</h2>", "summary-form": "html", "note": "- a"})
    assert not form.is_valid()
    shown = str(form["summary"])
    assert re.search(r">\s*\*\*x\*\*\n\ny</textarea>", shown)
    assert 'name="summary-form" value="markup"' in shown


def test_the_widget_escapes_what_it_shows():
    shown = str(Texts(initial={"summary": '</textarea><script>"'})["summary"])
    assert "<script>" not in shown
    assert 'data-html="&lt;p&gt;&amp;lt;/textarea&amp;gt;' in shown
    assert 'lang="sq"' in shown


def test_the_widget_says_how_long_a_text_is():
    shown = str(Texts(initial={"summary": "një dy *tri* katër [@a]"})["summary"])
    assert re.search(r'data-counts-for="id_summary" data-limit="3" data-over>4 / 3<', shown)


def test_a_page_in_latin_script_leaves_the_text_of_an_editor_as_it_is():
    with translation.override("en"):
        shown = str(Texts(initial={"summary": "Текст"})["summary"])
    assert html_to_latin(shown) == shown


def test_the_script_is_a_module():
    assert '<script src="/static/js/rich_text.js" type="module"></script>' in str(Texts().media)


def test_tools_without_choices_are_left_out():
    choices = "admin/agreements/_rich_text_choices.html"
    shown = render_to_string(choices, {"sources": [("a", "A <b>")], "terms": []})
    assert 'data-key="a">A &lt;b&gt;' in shown
    assert 'data-tool="source"' in shown
    assert 'data-tool="term"' not in shown
