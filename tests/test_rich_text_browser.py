"""The visual editor in a real browser, on a page of its own with the site's content policy."""

import json
import re
from contextlib import contextmanager

import pytest
from django import forms
from django.http import HttpResponse
from django.template import RequestContext, Template
from django.test import override_settings
from django.urls import path
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from agreements.admin.rich_text import RichTextField, RichTextWidget
from dialogue_platform import urls as site_urls
from tests.test_browser import reader

pytestmark = pytest.mark.browser

SUMMARY = "Vulat *doganore*. [@b92-2011]\n\n- një\n- dy\n\nKosovo* dhe [misioni](term:eulex)."
SOURCES = [
    ("b92-2011", "B92: Postignut dogovor"),
    ("ewb-2024", "European Western Balkans: Štampa"),
    ("danas-2011", "Danas: Pečati"),
]
TERMS = [("eulex", "EULEX"), ("ibm", "Integrated border management")]

PAGE = """{% load static %}<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Texts</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{% static "admin/css/base.css" %}">
<link rel="stylesheet" href="{% static "admin/css/dark_mode.css" %}">
<link rel="stylesheet" href="{% static "admin/css/forms.css" %}">
{{ form.media }}
</head>
<body><main>
<form method="post">{% csrf_token %}
{% for field in form %}
<div class="form-row">{{ field.errors }}{{ field.label_tag }} {{ field }}</div>
{% endfor %}
<p><span data-counts-for="id_short_title" data-limit-characters="45"></span></p>
<button id="save">Save</button></form>
<pre id="sent">{{ sent }}</pre>
{% include "admin/agreements/_rich_text_choices.html" with sources=sources terms=terms only %}
</main></body></html>"""


def page_of_texts(request):
    """A form of `?fields=` long texts and a short one; what was sent stands in #sent as JSON."""
    fields = {
        "summary": RichTextField(
            label="Summary", initial=SUMMARY, widget=RichTextWidget(lang="sq", words=120)
        ),
        "note": RichTextField(
            label="Note", required=False, widget=RichTextWidget(kind="inline", cites=False)
        ),
        "short_title": forms.CharField(label="Short title", required=False),
    }
    fields |= {
        f"text{at}": RichTextField(label=f"Text {at}", initial=SUMMARY, required=False)
        for at in range(int(request.GET.get("fields", 0)))
    }
    form = type("Texts", (forms.Form,), fields)(request.POST or None)
    sent = ""
    if form.is_bound and form.is_valid():
        sent = json.dumps({"raw": request.POST.dict(), "clean": form.cleaned_data})
    context = {"form": form, "sent": sent, "sources": SOURCES, "terms": TERMS}
    return HttpResponse(Template(PAGE).render(RequestContext(request, context)))


urlpatterns = [path("texts/", page_of_texts), *site_urls.urlpatterns]  # the middleware knows them


@pytest.fixture(scope="module")
def address():
    """The address of the page, served by the project's own middleware."""
    with override_settings(ROOT_URLCONF=__name__):
        server = LiveServer("127.0.0.1")
        yield f"{server.url}/texts/"
        server.stop()


WIDE = {"viewport": {"width": 1000, "height": 800}}


@contextmanager
def editing(browser, address, **options):
    """Give a page whose first editor has started; fail on violations, errors, foreign requests."""
    with reader(browser, address, **(WIDE | options)) as page:
        page.goto(address)
        expect(page.locator("[role=textbox]").first).to_be_visible()
        yield page


def summary(page):
    return page.locator("[role=textbox]").first


def tool(page, name):
    return page.locator("[role=toolbar]").first.locator(f"[data-tool={name}]")


def emptied(page):
    """Clear the summary and leave the cursor in it."""
    summary(page).click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")


def paste(page, html, text=""):
    page.evaluate(
        """([html, text]) => {
            const data = new DataTransfer();
            if (html) data.setData("text/html", html);
            data.setData("text/plain", text);
            document.activeElement.dispatchEvent(new ClipboardEvent("paste",
                { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        [html, text],
    )


def saved(page):
    """Send the form and return {"raw": what came, "clean": what the form made of it}."""
    page.locator("#save").click()
    expect(page.locator("#sent")).not_to_be_empty()
    return json.loads(page.locator("#sent").inner_text())


def test_a_text_that_nobody_touched_is_sent_as_it_came(browser, address):
    with editing(browser, address) as page:
        summary(page).click()
        page.keyboard.press("ArrowDown")
        sent = saved(page)
    assert sent["raw"]["summary"].replace("\r\n", "\n") == SUMMARY
    assert sent["raw"]["summary-form"] == "markup"
    assert sent["clean"]["summary"] == SUMMARY


def test_without_scripts_the_field_holds_the_markup(browser, address):
    with reader(browser, address, java_script_enabled=False) as page:
        page.goto(address)
        field = page.locator("textarea[name=summary]")
        assert field.input_value() == SUMMARY
        field.fill("## Titull\n\n- një\n-  dy\n  më")
        sent = saved(page)
    assert sent["clean"]["summary"] == "## Titull\n\n- një\n- dy më"


def test_an_editor_types_a_text(browser, address):
    with editing(browser, address) as page:
        emptied(page)
        page.keyboard.type("Marrëveshja ")
        tool(page, "bold").click()
        page.keyboard.type("e re")
        page.keyboard.press("Control+B")
        page.keyboard.type(" vlen.")
        page.keyboard.press("Enter")
        tool(page, "h2").click()
        expect(tool(page, "h2")).to_have_attribute("aria-pressed", "true")
        page.keyboard.type("Titull")
        page.keyboard.press("Enter")
        tool(page, "list").click()
        page.keyboard.type("një")
        page.keyboard.press("Enter")
        page.keyboard.type("dy")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.keyboard.type("* Kosovo* dhe *yje*")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("2. септембра")
        sent = saved(page)
    assert sent["clean"]["summary"] == (
        "Marrëveshja **e re** vlen.\n\n## Titull\n\n- një\n- dy\n\n"
        "* Kosovo* dhe \\*yje*\n\n2. септембра"
    )


def test_who_knows_the_markup_types_it(browser, address):
    with editing(browser, address) as page:
        emptied(page)
        page.keyboard.type("## Titull")
        page.keyboard.press("Enter")
        page.keyboard.type("- një")
        sent = saved(page)
    assert sent["clean"]["summary"] == "## Titull\n\n- një"


def test_what_was_undone_is_sent_as_it_came(browser, address):
    with editing(browser, address) as page:
        summary(page).click()
        page.keyboard.type("x")
        assert page.locator("[name=summary-form]").get_attribute("value") == "html"
        page.keyboard.press("Control+Z")
        sent = saved(page)
    assert sent["raw"]["summary-form"] == "markup"


WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
<style><!-- p.MsoNormal {margin:0cm; font-family:"Calibri"} --></style></head><body lang=SR>
<!--StartFragment--><h1 style='mso-outline-level:1'><span lang=EN-GB>Article&nbsp;1<o:p></o:p>
</span></h1><p class=MsoNormal style='margin-bottom:0cm'><b
style='mso-bidi-font-weight:normal'><span style='font-family:"Times New Roman",serif'>The parties
</span></b><span style='color:red'>agreed on <i>stamps</i>.<o:p></o:p></span></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if
!supportLists]><span style='font-family:Symbol;mso-list:Ignore'>·<span
style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span><![endif]>first</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>·<span>&nbsp; </span></span><![endif]>second</p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span
style='mso-list:Ignore'>1.<span>&nbsp;</span></span>numbered</p>
<table class=MsoTableGrid style='border:none'><tr><td><p class=MsoNormal>left</p></td>
<td>right</td></tr></table>
<p class=MsoNormal><a href="javascript:alert(1)">no</a> <a
href="https://example.org/a">yes</a><br>line</p>
<img src="https://example.org/x.png" onerror="alert(1)"><!--EndFragment--></body></html>"""


def test_what_comes_from_word_comes_out_clean(browser, address):
    with editing(browser, address) as page:
        emptied(page)
        paste(page, WORD)
        expect(summary(page).locator("ul li")).to_have_count(2)
        assert summary(page).locator("[style], span, table, img").count() == 0
        expect(summary(page).locator("h2")).to_have_text("Article 1")
        sent = saved(page)
    assert sent["clean"]["summary"] == (
        "## Article 1\n\n**The parties** agreed on *stamps*.\n\n- first\n- second\n\n"
        "1. numbered\n\nleft\n\nright\n\nno [yes](https://example.org/a)\n\nline"
    )


def test_a_field_without_headings_and_lists_takes_none_from_a_paste(browser, address):
    with editing(browser, address) as page:
        note = page.locator("[role=textbox]").nth(1)
        note.click()
        paste(page, "<h2>Head</h2><ul><li>one</li></ul>")
        assert note.locator("h2, ul").count() == 0
        tools = page.locator("[role=toolbar]").nth(1)
        assert tools.locator("[data-tool=h2], [data-tool=list], [data-tool=source]").count() == 0
        sent = saved(page)
    assert sent["clean"]["note"] == "Head\n\none"


def test_plain_text_keeps_its_paragraphs(browser, address):
    with editing(browser, address) as page:
        emptied(page)
        paste(page, "", "A line that\na PDF broke.\n\nSecond\u00a0[@b92-2011]")
        sent = saved(page)
    assert sent["clean"]["summary"] == "A line that a PDF broke.\n\nSecond [@b92-2011]"


def test_a_source_is_found_and_cited(browser, address):
    with editing(browser, address) as page:
        emptied(page)
        page.keyboard.type("Dogovor.")
        tool(page, "source").click()
        page.keyboard.type("stampa")  # without its hook, as one types in haste
        page.keyboard.press("Enter")
        expect(summary(page).locator(".rich-text-citation")).to_have_text("[@ewb-2024]")
        tool(page, "source").click()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.keyboard.type(" Dalje.")
        sent = saved(page)
    assert sent["clean"]["summary"] == "Dogovor. [@ewb-2024; @danas-2011] Dalje."


def test_a_word_is_explained_and_no_longer(browser, address):
    with editing(browser, address) as page:
        emptied(page)
        page.keyboard.type("misioni")
        tool(page, "term").click()
        page.locator("[data-panel=term] [data-key=eulex]").click()
        page.keyboard.type(" vazhdon")
        field = page.locator("textarea[name=summary]")
        assert field.input_value() == '<p><a href="term:eulex">misioni</a> vazhdon</p>'
        summary(page).locator("a").click()
        expect(tool(page, "term")).to_have_attribute("aria-pressed", "true")
        tool(page, "term").click()
        page.locator("[data-panel=term] [data-do=remove]").click()
        assert field.input_value() == "<p>misioni vazhdon</p>"


def test_a_link_needs_a_web_address(browser, address):
    with editing(browser, address) as page:
        emptied(page)
        page.keyboard.type("lexo")
        page.keyboard.press("Control+K")
        page.keyboard.type("javascript:alert(1)")
        page.keyboard.press("Enter")
        expect(page.locator("[data-panel=link] [data-if=wrong]")).to_be_visible()
        page.locator("[data-panel=link] input").fill("example.org/a")
        page.keyboard.press("Enter")
        page.keyboard.type(" këtu")
        sent = saved(page)
    assert sent["clean"]["summary"] == "[lexo](https://example.org/a) këtu"


def test_the_tools_work_from_the_keyboard(browser, address):
    with editing(browser, address) as page:
        emptied(page)
        page.keyboard.type("x")
        page.keyboard.press("Control+A")
        page.keyboard.press("Alt+F10")
        focused = "document.activeElement.dataset.tool"
        assert page.evaluate(focused) == "bold"
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        assert page.evaluate(focused) == "italic"
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert page.evaluate(focused) == "term"  # round and round
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(summary(page)).to_be_focused()
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(focused) == "term"  # one stop for all tools
        page.keyboard.press("Home")
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.rich-text') === null") is False
        sent = saved(page)
    assert sent["clean"]["summary"] == "***x***"


def test_the_text_is_named_and_in_its_language(browser, address):
    with editing(browser, address) as page:
        text = page.get_by_role("textbox", name="Summary")
        assert text.get_attribute("lang") == "sq"
        assert text.get_attribute("spellcheck") == "true"
        assert text.get_attribute("aria-multiline") == "true"
        page.locator("label[for=id_summary]").click()
        expect(text).to_be_focused()


def test_the_length_is_shown_while_one_types(browser, address):
    with editing(browser, address) as page:
        counter = page.locator("[data-counts-for=id_summary]")
        expect(counter).to_have_text("7 / 120")
        emptied(page)
        page.keyboard.type("Tri ")
        paste(page, "<p>" + "fjalë " * 119 + "[@b92-2011]</p>")
        expect(counter).to_have_text("120 / 120")
        expect(counter).not_to_have_attribute("data-over", "")
        page.keyboard.type(" mbi")
        expect(counter).to_have_text("121 / 120")
        expect(counter).to_have_attribute("data-over", "")
        title = page.locator("[data-counts-for=id_short_title]")
        page.locator("#id_short_title").fill("Споразум " * 5)
        expect(title).to_have_text("44 / 45")


def test_the_length_of_markup_is_shown_too(browser, address):
    with editing(browser, address) as page:
        field = page.locator("textarea[name=summary]")
        counter = page.locator("[data-counts-for=id_summary]")
        field.evaluate(
            "field => { field.value = '## A b\\n\\n- *c* [@x]'; delete field.dataset.holds }"
        )
        field.dispatch_event("input")
        expect(counter).to_have_text("3 / 120")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_editor_and_its_panels(browser, address, scheme):
    from axe_playwright_python.sync_playwright import Axe

    with editing(browser, address, color_scheme=scheme) as page:
        for name in ("link", "source", "term"):
            summary(page).click()
            tool(page, name).click()
            violations = Axe().run(page, ".rich-text", {"preload": False}).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"][:160]) for each in violations] == []


def test_ninety_texts_start_as_one_comes_to_them(browser, address):
    with editing(browser, f"{address}?fields=90") as page:
        assert page.locator("[role=textbox]").count() < 20
        page.locator("#id_text89").scroll_into_view_if_needed()
        expect(page.get_by_role("textbox", name="Text 89")).to_be_visible()
        page.keyboard.press("End")


def test_who_has_begun_to_type_markup_goes_on_with_it(browser, address):
    with editing(browser, f"{address}?fields=30") as page:
        field = page.locator("#id_text29")
        field.evaluate("field => { field.value = '*a*' }")
        field.scroll_into_view_if_needed()
        expect(page.get_by_role("textbox", name="Text 28")).to_have_class(re.compile("content"))
        expect(field).to_be_visible()
        sent = saved(page)
    assert sent["clean"]["text29"] == "*a*"


def test_a_row_that_the_admin_adds_gets_its_editor_and_its_count(browser, address):
    with editing(browser, address) as page:
        page.evaluate(
            """() => {
                const field = document.getElementById("id_short_title");
                const row = document.createElement("div");
                row.id = "texts-4";
                row.innerHTML = `<textarea data-rich="block" id="id_texts-4"
                    name="texts-4"></textarea>
                    <input type="hidden" name="texts-4-form" value="markup">
                    <span data-counts-for="id_texts-__prefix__" data-limit="9"></span>`;
                field.after(row);
                row.dispatchEvent(new CustomEvent("formset:added", { bubbles: true }));
            }"""
        )
        page.locator("#texts-4 [role=textbox]").click()
        page.keyboard.type("një dy")
        expect(page.locator("#texts-4 [data-limit]")).to_have_text("2 / 9")


def test_a_link_to_a_field_leads_to_its_editor(browser, address):
    with editing(browser, address) as page:
        page.evaluate("location.hash = '#id_summary'")
        expect(summary(page)).to_be_focused()
