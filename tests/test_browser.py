"""In a real browser, against the site as in production: reading, switching, and nothing broken."""

import re
import urllib.error
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from dialogue_platform.languages import PUBLIC
from tests.page_types import PAGE_TYPES, PUBLIC_CODES, REFUSALS, SCENE_PAGES, TWINS

pytestmark = pytest.mark.browser
TAGS = {language.code: language.tag for language in PUBLIC}
ALL_PATHS = PAGE_TYPES | SCENE_PAGES | {name: path for name, (path, _status) in REFUSALS.items()}
SEEN = {name: path for name, path in ALL_PATHS.items() if name not in TWINS}
every_page = pytest.mark.parametrize("path", SEEN.values(), ids=SEEN.keys())

# Violations of the content policy are reported to the page; remember them there.
REMEMBER_VIOLATIONS = (
    "window.violations = [];"
    "document.addEventListener('securitypolicyviolation',"
    " event => window.violations.push(event.violatedDirective + ' ' + event.blockedURI))"
)


@contextmanager
def reader(browser, site, **options):
    """Give a page that fails the test on console errors, violations and foreign requests."""
    context = new_context(browser, **options)
    try:
        with watched_page(context, site, options.get("java_script_enabled", True)) as page:
            yield page
    finally:
        context.close()


def new_context(browser, **options):
    """Return a new reader with a small screen, who has seen nothing yet."""
    context = browser.new_context(**({"viewport": {"width": 360, "height": 740}} | options))
    context.add_init_script(REMEMBER_VIOLATIONS)
    return context


@contextmanager
def watched_page(context, site, scripts=True):
    """Give a new page of a reader; fail on console errors, violations and foreign requests."""
    page, complaints = context.new_page(), []
    host = urlsplit(site).netloc

    def heard(message):
        refused = "the server responded with a status of 4" in message.text
        if message.type == "error" and not refused:
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            urlsplit(request.url).netloc in (host, "") or complaints.append(request.url)
        ),
    )
    try:
        yield page
        if scripts:
            complaints.extend(page.evaluate("window.violations"))
        assert complaints == []
    finally:
        page.close()


@pytest.mark.parametrize("code", PUBLIC_CODES)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_citizen_reads_one_agreement_at_three_depths(browser, site, code, scripts):
    with reader(browser, site, java_script_enabled=scripts) as page:
        page.goto(f"{site}/{code}/")
        page.locator("a[href$='/agreements/customs-stamps/']").first.click()
        expect(page.locator(".summary")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == TAGS[code]
        title = page.locator("h1").inner_text()

        page.locator(".layers a").nth(1).click()
        expect(page).to_have_url(re.compile("/details/$"))
        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator(".details h2")).to_have_count(4)

        page.locator(".deeper a").click()
        expect(page).to_have_url(re.compile("/full-text/$"))
        expect(page.locator(".provision")).to_have_count(4)
        assert (
            page.locator(".layers [aria-current]")
            .inner_text()
            .startswith(page.locator(".layers b").nth(2).inner_text())
        )


def test_the_switch_of_language_and_script_keeps_the_page(browser, site):
    with reader(browser, site) as page:
        page.goto(f"{site}/sq/agreements/first-agreement/details/")
        for language in (*PUBLIC[1:], PUBLIC[0]):
            page.locator(f".editions a[hreflang='{language.tag}']").click()
            expect(page).to_have_url(f"{site}/{language.code}/agreements/first-agreement/details/")
            assert page.locator("html").get_attribute("lang") == language.tag


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_explained_word_opens_in_place_and_closes_again(browser, site, scripts):
    with reader(browser, site, java_script_enabled=scripts) as page:
        page.goto(f"{site}/sr-latn/agreements/customs-stamps/")
        word = page.locator("a.term").first
        definition = page.locator(word.get_attribute("href"))
        word.click()
        box = definition.bounding_box()
        assert box["y"] + box["height"] <= 740 + 1  # at the foot of the screen, not far below
        definition.locator(".close").click()
        assert word.is_visible()
        assert page.url.endswith(word.get_attribute("id"))


def test_a_second_language_stands_beside_the_first_on_a_wide_screen(browser, site):
    with reader(browser, site, viewport={"width": 1280, "height": 800}) as page:
        page.goto(f"{site}/sq/agreements/first-agreement/full-text/?with=sr-cyrl")
        left, right = (page.locator("#p1 .edition").nth(n).bounding_box() for n in (0, 1))
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] <= right["x"]


@pytest.fixture(scope="module")
def visitor(browser):
    """One reader of many pages, whose browser keeps the fonts and stylesheets as in life."""
    context = new_context(browser)
    yield context
    context.close()


@every_page
def test_axe_finds_no_violation_and_no_page_scrolls_sideways_not_even_with_large_text(
    visitor, site, path
):
    with watched_page(visitor, site) as page:
        for code in ("sq", "sr-cyrl", "en"):  # sr-latn is sr-cyrl in other letters
            page.goto(f"{site}/{code}/{path}")
            assert violations(page) == [], code
            if code == "sr-cyrl":  # in the dark only colours differ
                page.emulate_media(color_scheme="dark")
                assert violations(page, "color-contrast") == [], code
                page.emulate_media(color_scheme="light")
            if code != "en":  # the others have the longest words, the widest letters
                assert too_narrow(page, 1280, 360, 320) == [], code
                page.evaluate("document.documentElement.style.fontSize = '200%'")
                assert too_narrow(page, 360) == [], f"{code} in large letters"


def too_narrow(page, *widths):
    """Return on which of these widths one would have to scroll sideways."""
    before, found = page.viewport_size, []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 700})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(width)
    page.set_viewport_size(before)
    return found


def violations(page, *rules):
    """Return [(rule, where)] of what axe finds, of all rules or of some."""
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("async options => (await axe.run(options)).violations", options)
    return [(each["id"], each["nodes"][0]["html"][:160]) for each in found]


def test_a_keyboard_reaches_the_text_first_and_every_link_after(browser, site):
    with reader(browser, site) as page:
        page.goto(f"{site}/en/agreements/first-agreement/")
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.getAttribute('href')")
        assert focused == "#content"
        seen = []
        for _ in range(14):
            page.keyboard.press("Tab")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            seen.append(page.evaluate("document.activeElement.innerText"))
        assert any("In detail" in text for text in seen)


def test_the_page_is_readable_in_print_and_without_colours(browser, site):
    with reader(browser, site) as page:
        page.goto(f"{site}/en/agreements/first-agreement/full-text/")
        page.emulate_media(media="print")
        assert not page.locator(".editions").is_visible()
        assert page.locator("#p15 .wording").is_visible()
        page.emulate_media(media="screen", forced_colors="active")
        assert page.locator(".layers [aria-current]").is_visible()


def test_serbian_letters_come_from_our_own_fonts(browser, site):
    with reader(browser, site) as page:
        for _visit in range(2):  # the first visit fills the cache, the second uses it
            page.goto(f"{site}/sr-cyrl/agreements/first-agreement/")
            page.wait_for_load_state("networkidle")
        loaded = page.evaluate(
            "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.unicodeRange)"
        )
        assert any(re.search("U\\+400", each) for each in loaded)


@pytest.mark.parametrize(("path", "status"), REFUSALS.values(), ids=REFUSALS.keys())
def test_production_answers_bad_addresses_like_the_tests_say(browser, site, path, status):
    with reader(browser, site) as page:
        response = page.goto(f"{site}/sr-cyrl/{path}")
        assert response.status == status
        assert page.locator("html").get_attribute("lang") == "sr-Cyrl"


def get(address, headers=None):
    """Return (status, headers, text) of an address as a program gets it."""
    request = urllib.request.Request(address, headers=headers or {})
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read().decode()


def test_the_server_lets_the_site_answer_too_long_an_address(site):
    status, headers, text = get(f"{site}/sr-cyrl/?{'x' * 10_240}")
    assert status == 414
    assert 'lang="sr-Cyrl"' in text
    assert headers["X-Frame-Options"] == "DENY"


def test_static_files_are_protected_and_kept_for_long(site):
    _status, _headers, page = get(f"{site}/en/")
    address = re.search(r'href="(/static/css/site[^"]*)"', page)[1]
    _status, headers, _text = get(f"{site}{address}")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "immutable" in headers["Cache-Control"]
