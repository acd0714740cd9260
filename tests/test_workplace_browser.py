"""The real admin in a real browser: from nothing to sealed, brought up to date, politely lost."""

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.scenes import CHANGED, PASSWORD
from tests.tasks import PROMISES, TASKS, Hand
from tests.test_browser import new_context, reader, too_narrow, violations, watched_page

pytestmark = pytest.mark.browser
NEW = "edited-in-the-browser"
WIDE = {"viewport": {"width": 1366, "height": 900}}
OFFICE = WIDE | {"locale": "en-GB"}


# Signing in takes a second; who is signed in stays so, as in life.
_SIGNED_IN, _LANGUAGE = {}, {}


@contextmanager
def desk(browser, site, name, language="en", **options):
    """Give the start page to one of scenes.PEOPLE, failing on violations like every reader."""
    options = {"storage_state": _SIGNED_IN.get((site, name))} | OFFICE | options
    with reader(browser, site, **options) as page:
        enter(page, site, name, language)
        yield page


def enter(page, site, name, language):
    """Come to the start page in a language, signing in where nobody did so under this name."""
    if (site, name) in _SIGNED_IN:
        page.goto(f"{site}/admin/")
    else:
        page.goto(f"{site}/admin/login/")
        page.locator("#id_username").fill(name)
        page.locator("#id_password").fill(PASSWORD)
        page.locator("#login-form [type=submit]").click()
        _SIGNED_IN[site, name] = page.context.storage_state()
    if _LANGUAGE.get((site, name)) != language:
        page.locator(f".choose-language [value='{language}']").click()
        _LANGUAGE[site, name] = language


def write(page, place, text, scripts):
    """Type a whole text into a place of the sheet, as this browser offers it."""
    field = page.locator(f"[id='id_{place}']")
    editor = page.locator(f"[id='row-{place}'] .rich-text-content")
    if scripts and page.locator(f"[id='row-{place}'] .rich-text").count():
        page.locator(f"[id='row-{place}']").scroll_into_view_if_needed()
        expect(editor).to_be_visible()
        editor.click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(text)
    else:
        field.fill(text)


def open_agreement(page, title, way=None):
    """Follow a line of the start page, or one of the ways beside it."""
    line = page.locator("#agreements li").filter(has_text=title)
    (line.get_by_role("link", name=way, exact=True) if way else line.locator("a.what")).click()


SHEETS = {
    "en": {
        "title": "An agreement made in the browser",
        "short_title": "Made in the browser",
        "summary": "The sides met and agreed.",
        "provision.p1.heading": "First point",
        "provision.p1.text": "Both sides agree.",
        "provision.p1.plain": "They agree.",
    },
    "sq": {
        "title": "Marrëveshje e bërë në shfletues",
        "short_title": "E bërë në shfletues",
        "summary": "Palët u takuan dhe u pajtuan.",
        "provision.p1.heading": "Pika e parë",
        "provision.p1.text": "Të dyja palët pajtohen.",
        "provision.p1.plain": "Ato pajtohen.",
    },
    "sr": {
        "title": "Sporazum sastavljen u pregledaču",
        "short_title": "Iz pregledača",
        "summary": "Strane su se sastale i složile.",
        "provision.p1.heading": "Prva tačka",
        "provision.p1.text": "Obe strane su saglasne.",
        "provision.p1.plain": "Slažu se.",
    },
}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_agreement_goes_from_nothing_to_sealed_to_public(browser, site, scripts):
    slug = f"{NEW}-{'with' if scripts else 'without'}-scripts"
    name = f"Made in the browser {'1' if scripts else '2'}"
    with desk(browser, site, "ana", java_script_enabled=scripts) as page:
        page.get_by_role("link", name="New agreement").click()
        page.locator("#id_slug").fill(slug)
        page.locator("#id_theme").select_option(index=1)
        page.locator("#id_date_agreed").fill("2013-04-19")
        page.locator("#id_known_as_of").fill("2026-11-01")
        page.get_by_role("button", name="Open the first draft").click()

        page.get_by_role("link", name="Facts and order").click()
        page.get_by_role("button", name="Add a point").click()
        page.locator("input[name='number']").last.fill("1")
        page.get_by_role("button", name="Add a point").click()

        for language, texts in SHEETS.items():
            tab = {"en": "English", "sq": "Albanian", "sr": "Serbian"}[language]
            page.locator(".desk-tabs").get_by_role("link", name=tab).click()
            for place, text in texts.items():
                short = place == "short_title" and language == "en"
                write(page, place, name if short else text, scripts)
            page.locator("[name='provision.p1.text_basis']").select_option("restated")
            page.get_by_role("button", name="Save", exact=True).click()
            expect(page.locator(".messagelist")).to_contain_text("Saved.")
        expect(page.locator(".desk-tabs [data-state='missing']")).to_have_count(0)

        page.get_by_role("button", name="Save and seal").click()
        page.get_by_role("button", name="Seal", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("is sealed")
        page.goto(f"{site}/en/agreements/{slug}/")
        assert "does not exist" in page.locator("main").inner_text()

    with desk(browser, site, "besa", java_script_enabled=scripts) as page:
        page.locator("#waiting").get_by_role("link", name=name).click()
        page.get_by_role("button", name="Publish now").click()
        expect(page.locator(".messagelist")).to_contain_text("is public")
        page.goto(f"{site}/sr-cyrl/agreements/{slug}/full-text/")
        expect(page.locator("#p1 .wording")).to_have_text("Обе стране су сагласне.")
        page.goto(f"{site}/sr-latn/agreements/{slug}/")
        expect(page.locator("h1")).to_have_text("Sporazum sastavljen u pregledaču")


def test_a_translator_brings_an_outdated_text_up_to_date_and_a_publisher_loses_politely(
    browser, site
):
    title = "Freedom of movement"
    with desk(browser, site, "ana") as page:
        open_agreement(page, title, "Write")
        write(page, "summary", "People of both places travel with an identity card.", True)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".desk-tabs [data-state='outdated']")).to_have_count(2)

    with desk(browser, site, "mira", "sr-latn") as page:
        section = page.locator("#translate-sr")
        expect(section.locator("ins").first).to_contain_text("identity card")  # on the start page
        section.locator("a.what").filter(has_text="Sloboda kretanja").click()
        rows = page.locator(".sheet-row[data-state='outdated']")
        expect(rows).to_have_count(1)
        expect(rows.locator(".beside-text ins").first).to_be_visible()
        write(page, "summary", "Ljudi iz oba mesta putuju s ličnom kartom.", True)
        page.locator("button[name='then'][value='stay']").click()
        expect(rows).to_have_count(0)

    with desk(browser, site, "ana") as page:
        open_agreement(page, title, "Write")
        page.get_by_role("button", name="Save and seal").click()
        page.get_by_text("The text was brought up to date.").click()
        page.get_by_role("button", name="Seal", exact=True).click()

    with desk(browser, site, "besa") as besa, desk(browser, site, "goran") as goran:
        for page in (besa, goran):
            page.locator("#waiting").get_by_role("link", name=title).click()
        besa.get_by_role("button", name="Publish now").click()
        expect(besa.locator(".messagelist")).to_contain_text("is public")
        goran.locator("#id_reason").fill("I was slower.")
        goran.get_by_role("button", name="Publish now").click()
        expect(goran.locator(".messagelist")).to_contain_text("besa")
        goran.goto(f"{site}/sr-cyrl/agreements/freedom-of-movement/")
        expect(goran.locator(".summary")).to_contain_text("Људи из оба места путују")


def test_two_editors_of_one_text_both_keep_their_words(browser, site):
    title = "Cadastre"
    with desk(browser, site, "ana") as ana, desk(browser, site, "besa") as besa:
        for page in (ana, besa):
            open_agreement(page, title, "Write")
        write(ana, "place", "Ana's place", True)
        ana.get_by_role("button", name="Save", exact=True).click()
        write(besa, "place", "Besa's place", True)
        besa.get_by_role("button", name="Save", exact=True).click()
        expect(besa.locator(".messagelist")).to_contain_text("What you typed is still here")
        expect(besa.locator("[id='id_place']")).to_have_value("Besa's place")
        expect(besa.locator("[id='row-place'] del")).to_contain_text("Ana")
        besa.get_by_role("button", name="Save", exact=True).click()
        expect(besa.locator(".messagelist")).to_contain_text("Saved.")
        besa.get_by_role("link", name="Overview").click()
        besa.get_by_role("link", name="Discard").click()
        besa.get_by_role("button", name="Discard the draft").click()


# ── Every page: axe, policies, widths ────────────────────────────────────────────────────────

PAGES = {
    "start": "/admin/",
    "list": "/admin/agreements/agreement/",
    "overview": "{}change/",
    "source-sheet": "{}write/en/",
    "translation-sheet": "{}write/sr/",
    "open-sheet": "{}write/sq/?only=open",
    "facts": "{}facts/",
    "records": "{}records/",
    "records-check": "{}records/check/",
    "records-add": "{}records/add/obstacle/",
    "originals": "{}originals/",
    "import": "{}import/",
    "publish": "{}publish/1/",
    "compare": "{}compare/1/2/",
    "withdraw": "{}withdraw/",
    "preview": "{}preview/2/summary/",
    "audit": "{}history/",
    "start-agreement": "/admin/agreements/agreement/add/",
    "term": "/admin/agreements/term/1/change/",
    "people": "/admin/auth/user/",
}


def address_of(page, site, path):
    """Return the address of a page of the desk of scenes.CHANGED."""
    if "{}" not in path:
        return site + path
    if site not in _DESK:
        page.goto(f"{site}/admin/agreements/agreement/?q={CHANGED}")
        link = page.locator("#result_list .field-name a").first.get_attribute("href")
        _DESK[site] = link.partition("change/")[0]
    return site + path.format(_DESK[site])


_DESK = {}
# The few words that an untranslated admin would show.
ENGLISH = re.compile(
    r"\b(?:Save|Add|Change|Delete|Search|Draft|Publish|Version|Select|Welcome|Log out|The|and|"
    r"of|with|text|Today|Yesterday)\b"
)
OWN_WORDS = """() => {
    for (const foreign of document.querySelectorAll(
        "[lang]:not(html), [translate=no], iframe, textarea, input, code, select"))
        foreign.remove();
    return document.body.innerText;
}"""


def english_words(page):
    """Return what English is left on a page, with what stands around it. Spoils the page."""
    own = page.evaluate(OWN_WORDS)
    return [own[max(0, m.start() - 40) : m.end() + 40] for m in ENGLISH.finditer(own)]


@pytest.fixture(scope="module")
def office(browser, site):
    """Open a page for the administrator, in a browser that keeps scripts and styles as in life."""
    contexts = {}

    @contextmanager
    def opened(path, language, **options):
        if language not in contexts:
            known = _SIGNED_IN.get((site, "adem"))
            contexts[language] = new_context(browser, storage_state=known, **OFFICE, **options)
        with watched_page(contexts[language], site) as page:
            if _LANGUAGE.get((site, "adem")) != language:
                enter(page, site, "adem", language)
            page.goto(address_of(page, site, path))
            if page.locator("[data-rich]").count():  # visual editors start after the page is there
                page.wait_for_load_state("networkidle")
            yield page

    yield opened
    for context in contexts.values():
        context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_every_page_of_the_workplace_is_accessible_and_in_albanian(office, path):
    # axe itself sets styles that the policy refuses; the next test holds the pages to it.
    with office(path, "sq", bypass_csp=True) as page:
        assert violations(page) == []
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(300)  # Django's links change their colour slowly
        assert violations(page, "color-contrast") == []
        assert english_words(page) == []


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_every_page_of_the_workplace_fits_and_is_in_serbian(office, path):
    with office(path, "sr-cyrl") as page:
        if "preview" not in path and path != "/admin/agreements/agreement/":
            assert too_narrow(page, 360, 1366) == []
        assert english_words(page) == []


# ── Promises ─────────────────────────────────────────────────────────────────────────────────


def test_the_frequent_tasks_cost_no_more_than_promised(browser, own_site):
    with own_site("busy_day()") as (site, _folder):
        for name, task in TASKS.items():
            person, *most = PROMISES[name]
            with reader(browser, site, locale="en-GB", **WIDE) as page:
                hand = Hand(page, site)
                hand.sign_in(person, "en")
                task(hand)
                assert page.locator(".errornote, .errorlist, .messagelist .error").count() == 0
                assert all(cost <= limit for cost, limit in zip(hand.cost, most, strict=True)), (
                    name,
                    hand.cost,
                )
