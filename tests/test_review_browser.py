"""One whole review in a real browser, through the links of real letters: three experts of three
languages, one with scripts off; blind reading, an objection, answers, a new version, a second
round, the badge on the public page, and its end.
"""

import email
import email.policy
import json
import re
import sqlite3
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.scenes import PASSWORD
from tests.server import manage
from tests.test_browser import reader, violations
from tests.test_workplace_browser import english_words, write

pytestmark = pytest.mark.browser
SLUG = "freedom-of-movement"
WIDE = {"viewport": {"width": 1366, "height": 900}, "locale": "en-GB"}
PHONE = {"viewport": {"width": 360, "height": 740}}
# Name, e-mail, language of letters, field, community, and what only this expert says.
EXPERTS = {
    "arta": ("Arta B.", "sq", "law", "albanian", "Mungon një burim për këtë."),
    "jelena": ("Jelena M.", "sr-latn", "policy", "serb", "Ovo je rečeno jednostrano."),
    "anna": ("Anna W.", "en", "practice", "", ""),
}
SECRETS = [words for *_columns, words in EXPERTS.values() if words]


class Site:
    """The running site with its folder: letters are read where it files them."""

    def __init__(self, address, folder, browser):
        self.address, self.folder, self.browser = address, folder, browser
        self.read, self.signed_in = set(), {}

    def new_letters(self):
        """Send what is due, and return {name: text} of the letters that came of it."""
        manage(self.folder, "send_mail_outbox")
        found = {}
        for file in sorted((self.folder / "mail").glob("*.log")):
            for raw in file.read_text().split("-" * 79):
                letter = email.message_from_string(raw.lstrip(), policy=email.policy.default)
                if letter["To"] and letter["Message-ID"] not in self.read:
                    self.read.add(letter["Message-ID"])
                    found[letter["To"].partition("@")[0]] = (
                        letter["Subject"] + "\n" + letter.get_content()
                    )
        return found

    @contextmanager
    def colleague(self, name):
        """Give a page of the admin in English to one of scenes.PEOPLE."""
        known = self.signed_in.get(name)
        with reader(self.browser, self.address, storage_state=known, **WIDE) as page:
            page.goto(f"{self.address}/admin/")
            if known is None:
                page.locator("#id_username").fill(name)
                page.locator("#id_password").fill(PASSWORD)
                page.locator("#login-form [type=submit]").click()
                page.locator(".choose-language [value='en']").click()
                page.wait_for_load_state("load")
                self.signed_in[name] = page.context.storage_state()
            yield page

    @contextmanager
    def expert(self, name, letter, **options):
        """Follow the link of a letter and press its button."""
        with reader(self.browser, self.address, **PHONE | options) as page:
            page.goto(self.address + re.search(r"/[\w-]+/review/enter/\S+", letter)[0])
            assert "enter" in page.url  # opening it changed nothing yet
            page.locator("main form button").click()
            page.wait_for_url(re.compile(r"/review/[\w-]{16}/$"))
            yield page


@pytest.fixture
def review_site(browser, own_site):
    with own_site("busy_day()") as (address, folder):
        yield Site(address, folder, browser)


def small_rule(site):
    """Let the publisher lay down a rule for panels of three."""
    with site.colleague("goran") as page:
        page.goto(f"{site.address}/admin/experts/quorumpolicy/add/")
        page.locator("#id_smallest_panel").fill("3")
        page.locator("[name=_save]").click()


def make_experts(site):
    with site.colleague("kujtim") as page:
        for name, (shown, language, field, *_rest) in EXPERTS.items():
            page.goto(f"{site.address}/admin/experts/expert/add/")
            page.locator("#id_name").fill(shown)
            page.locator("#id_email").fill(f"{name}@example.org")
            page.locator("#id_language").select_option(language)
            page.locator("#id_profile").select_option(field)
            for code in ("sq", "sr", "en"):
                page.locator(f"#id_reads_{code}").check()
            page.locator("[name=_save]").click()


def open_a_round(site):
    """Prepare and open a round on the newest sealed version; return its address in the admin."""
    with site.colleague("kujtim") as page:
        page.goto(f"{site.address}/admin/")
        page.locator("#agreements li").filter(has_text="Freedom of movement").locator(
            "a.what"
        ).click()
        page.get_by_role("link", name="Prepare a round of review").click()
        for field in ("law", "policy", "practice"):
            page.locator(f"#id_seats_{field}").fill("1")
        page.locator("main [type=submit], .submit-row button").first.click()
        address = page.url
        for shown, _language, field, *_rest in EXPERTS.values():
            row = page.locator("tr").filter(has=page.locator("select[name=expert]")).first
            option = row.locator("option").filter(has_text=shown)
            row.locator("select").select_option(option.get_attribute("value"))
            assert field
            row.get_by_role("button", name="Choose").click()
        page.get_by_role("button", name="Open the round and invite").click()
        expect(page.locator(".messagelist")).to_contain_text("invitations are on their way")
    return address


def accept(page, community):
    """Accept the invitation, and say what one wants of oneself."""
    page.locator("[name=tied][value=no]").check()
    page.locator("[name=answer][value=accept]").click()
    page.goto(page.url + "you/")
    page.locator(f"[name=perspective][value='{community}']").check()
    if community:
        page.locator("[name=consent]").check()
    page.locator("[name=step][value=declare]").click()
    page.goto(re.sub("you/$", "", page.url))


def judge(page, judgement):
    page.goto(re.sub(r"(/review/[\w-]{16}/).*", r"\1verdict/", page.url))
    page.locator(f"[name=judgement][value='{judgement}']").check()
    if judgement == "object":
        page.locator("details summary").click()
        page.locator("[name=comment]").select_option(index=1)
        page.locator("[name=would_lift]").fill("Një burim i pavarur.")
    page.locator("[name=substance] ~ .buttons button, main form .buttons button").first.click()
    expect(page.locator(".said")).to_be_visible()


def let_days_pass(site):
    """Bring the discussion to its last day: nobody may close it before."""
    with sqlite3.connect(site.folder / "dialogue.sqlite3", timeout=20) as database:
        database.execute(
            "UPDATE experts_reviewround SET discuss_by = date('now') WHERE phase = 'discussion'"
        )


def step(site, address, button):
    """Let the coordinator press a button of a round's desk, and return what was said."""
    with site.colleague("kujtim") as page:
        page.goto(address)
        page.get_by_role("button", name=button).click()
        return page.locator(".messagelist").inner_text()


def test_a_whole_review_from_the_first_letter_to_the_end_of_the_badge(review_site):
    site = review_site
    small_rule(site)
    make_experts(site)
    first = open_a_round(site)
    letters = site.new_letters()
    assert letters.keys() == EXPERTS.keys()
    assert site.new_letters() == {}  # however often cron runs

    # Two comment: on a phone with scripts off, and on selected words.
    with site.expert("arta", letters["arta"], java_script_enabled=False) as page:
        accept(page, "albanian")
        page.goto(page.url + "read/")
        page.locator(".remark .way a").first.click()
        page.locator("[name=text]").fill(SECRETS[0])
        page.locator("[name=step][value=send]").click()
        judge(page, "object")
    with site.expert("jelena", letters["jelena"]) as page:
        accept(page, "serb")
        page.goto(page.url + "read/")
        page.evaluate(
            """() => {
                const node = document.querySelector(".remark p:not(.way)").firstChild;
                const words = document.createRange();
                words.setStart(node, 0);
                words.setEnd(node, 12);
                document.getSelection().addRange(words);
            }"""
        )
        page.locator(".on-selection").click()
        assert len(page.locator("[name=quote]").input_value()) >= 10
        page.locator("[name=text]").fill(SECRETS[1])
        saved = page.locator(".saved")
        expect(saved).to_have_text(saved.get_attribute("data-saved"), timeout=10_000)  # by itself
        page.reload()
        page.goto(re.sub(r"comment/.*", "discussion/", page.url))
        page.locator(".comment a").first.click()
        assert page.locator("[name=text]").input_value() == SECRETS[1]
        page.locator("summary").click()
        suggestion = page.locator("[name=suggestion]").input_value()
        page.locator("[name=suggestion]").fill(f"{suggestion} Dodato.")
        page.locator("[name=step][value=send]").click()
        judge(page, "approve-with-edits")
    with site.expert("anna", letters["anna"]) as page:
        accept(page, "")
        nobody_sees_others(site, first, page)
        judge(page, "approve")

    # The release, the answers, the end: one objects, so it does not pass.
    assert "released" in step(site, first, "Release the comments")
    assert site.new_letters().keys() == EXPERTS.keys()
    with site.colleague("ana") as page:
        page.goto(f"{first.removesuffix('change/')}comments/")
        page.get_by_role("button", name="Accept the suggestion into the draft").click()
        expect(page.locator(".messagelist")).to_contain_text("in the draft")
        page.locator("section").filter(has_text=SECRETS[0]).locator("select").select_option(
            "accepted"
        )
        page.locator("section").filter(has_text=SECRETS[0]).get_by_role(
            "button", name="Answer", exact=True
        ).click()
    assert "not over yet" in step(site, first, "Close the round")
    let_days_pass(site)
    assert "not passed" in step(site, first, "Close the round")

    # A new version, a second round on it: its author lifts the objection by approving.
    with site.colleague("ana") as page:
        page.goto(f"{site.address}/admin/")
        page.locator("#drafts a.what, #agreements a.what").filter(
            has_text="Freedom of movement"
        ).first.click()
        agreement = re.search(r"agreement/(\d+)/", page.url)[1]
        source = page_source(site)
        page.goto(f"{site.address}/admin/agreements/agreement/{agreement}/write/{source}/")
        write(page, "means_for_citizens", "A sentence with its source.", scripts=True)
        page.locator("[name=_save], .submit-row button").first.click()
        page.goto(f"{site.address}/admin/agreements/agreement/{agreement}/seal/")
        page.locator("[name=change_class][value=correction]").check()
        page.locator("[name=ready_note][value=wording]").check()
        page.locator(".submit-row button").first.click()
        expect(page.locator(".messagelist")).to_contain_text("sealed")
    second = open_a_round(site)
    letters = {name: text for name, text in site.new_letters().items() if "enter" in text}
    for name, letter in letters.items():
        with site.expert(name, letter) as page:
            accept(page, EXPERTS[name][3])
            judge(page, "approve")
            if name == "anna":
                page.get_by_role("link", name="Check a translation: Albanian").click()
                page.locator("[name=faithful][value=yes]").check()
                page.locator("main form button").last.click()
    assert "released" in step(site, second, "Release the comments")
    let_days_pass(site)
    assert step(site, second, "Close the round").endswith("closed: passed.")

    # Published by somebody else, with the badge; and without it in the very next request.
    with site.colleague("besa") as page:
        page.goto(f"{site.address}/admin/agreements/agreement/{agreement}/change/")
        page.get_by_role("link", name="Publish", exact=True).first.click()
        page.locator("[name=when][value=now]").click()
    address = f"{site.address}/{{}}/agreements/{SLUG}/"
    with reader(site.browser, site.address) as page:
        for code, badge in (("en", True), ("sq", True), ("sr-latn", False)):
            page.goto(address.format(code))
            assert page.locator("[data-verified]").count() == badge, code
        page.goto(address.format("en") + "checked/")
        expect(page.locator("main")).to_contain_text("Received: 0")
    with site.colleague("goran") as page:
        page.goto(second)
        page.get_by_role("link", name="Withdraw the badge").click()
        for code in ("sq", "sr", "en"):
            page.locator(f"[name=reason_{code}]").fill("A source was forged.")
        page.locator(".submit-row button").click()
    with reader(site.browser, site.address) as page:
        page.goto(address.format("en"))
        assert page.locator("[data-verified]").count() == 0
        expect(page.locator(".review-state")).to_contain_text("A source was forged.")


def page_source(site):
    """Return the source language of the text under review."""
    with sqlite3.connect(site.folder / "dialogue.sqlite3") as database:
        return database.execute(
            "SELECT source_language FROM agreements_version v JOIN agreements_agreement a"
            " ON a.id = v.agreement_id WHERE a.slug = ?",
            [SLUG],
        ).fetchone()[0]


def nobody_sees_others(site, round_address, page):
    """Hold every page of the blind phase to it: no word of what two experts have said."""
    own = re.search(r".*/review/[\w-]{16}/", page.url)[0]
    for path in ("", "read/", "read/full-text/", "read/beside/", "discussion/", "verdict/"):
        page.goto(own + path)
        held = page.content()
        assert not any(words in held for words in SECRETS), path
    for name in ("ana", "besa", "kujtim", "adem"):
        with site.colleague(name) as desk:
            for path in ("change/", "comments/", "../../", "../../../"):
                desk.goto(round_address.removesuffix("change/") + path)
                held = desk.content()
                assert not any(words in held for words in SECRETS), (name, path)


# ── Every page, for every reader ─────────────────────────────────────────────────────────────

PAGES = (
    "",
    "read/",
    "read/details/",
    "read/full-text/",
    "read/beside/",
    "read/changes/",
    "comment/?place=summary&paragraph=0&language=sr",
    "discussion/",
    "verdict/",
    "translation/sq/",
    "you/",
    "leave/",
    "alarm/",
)
DESK = (
    "experts/reviewround/",
    "experts/reviewround/add/",
    "experts/reviewround/{}/change/",
    "experts/expert/",
    "experts/expert/add/",
    "experts/letters/",
    "experts/alarms/",
)


@pytest.fixture(scope="module")
def pictures(own_site):
    scenes = "from tests import review_scenes; review_scenes.for_pictures()"
    with own_site(scenes) as (address, folder):
        yield address, json.loads((folder / "links.json").read_text())


@pytest.mark.parametrize("code", ["sq", "sr-cyrl"])
def test_every_page_of_experts_is_accessible_fits_and_is_in_one_language(browser, pictures, code):
    site, secrets = pictures
    # axe itself sets styles that the policy refuses; the whole review above is held to it.
    look = faults if code == "sr-cyrl" else english_words  # the same templates in both
    found = []
    with reader(browser, site, bypass_csp=True, viewport={"width": 320, "height": 700}) as page:
        for at, (key, secret) in enumerate(secrets.items()):
            page.goto(f"{site}/{code}/review/enter/{secret}/")
            found += [("enter", each) for each in look(page)]
            page.goto(page.url)  # what looks may spoil the page
            page.locator("main form button").click()
            for path in PAGES if at == 2 else ("", *PAGES[6:10])[: 1 + 4 * at]:
                page.goto(f"{site}/{code}/review/{key}/{path}")
                assert page.locator("h1").count() == 1, path
                found += [(path, each) for each in look(page)]
        page.goto(f"{site}/{code}/review/")
        found += [("desk", each) for each in look(page)]
    assert found == []


def faults(page, slow=0):
    """Return what is wrong with a page: axe in light and dark, too wide, English left on it."""
    found = violations(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > page.viewport_size["width"]:
        found.append(("too wide", width))
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(slow)  # Django's links change their colour slowly
    found += violations(page, "color-contrast")
    page.emulate_media(color_scheme="light")
    return found + english_words(page)


def test_every_page_of_the_coordinator_is_accessible_and_in_albanian(browser, pictures):
    site, _secrets = pictures
    with reader(browser, site, bypass_csp=True, **WIDE) as page:
        page.goto(f"{site}/admin/")
        page.locator("#id_username").fill("kujtim")
        page.locator("#id_password").fill(PASSWORD)
        page.locator("#login-form [type=submit]").click()
        page.locator(".choose-language [value='sq']").click()
        rounds = page.locator("#rounds a.what").evaluate_all("all => all.map(a => a.pathname)")
        assert len(rounds) == 3
        numbers = [path.split("/")[-3] for path in rounds]
        found = []
        for path in DESK:
            for number in numbers if "{}" in path else numbers[:1]:
                page.goto(f"{site}/admin/{path.format(number)}")
                found += [(path, each) for each in faults(page, slow=300)]
        page.goto(f"{site}/admin/experts/reviewround/{max(numbers, key=int)}/comments/")
        found += [("comments", each) for each in faults(page, slow=300)]
    assert found == []
