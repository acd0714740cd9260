"""The editors' most frequent tasks, done in a real browser and counted.

Used by the test that holds the workplace to its promises and by the script that draws the guide
(`make guide`). A click is a press on a link, button or choice; typing into a field counts as one
field, the click into it included; a load is a page that comes after the start page.
"""

import re

PASSWORD = "only-for-tests"  # as in scenes.py, which only runs where Django is set up

# Task → (person, most clicks, most fields, most loads): docs/editors.md.
PROMISES = {
    "correct": ("ana", 4, 2, 3),
    "publish": ("besa", 2, 0, 2),
    "translate": ("teuta", 3, 4, 2),
    "what-changed": ("besa", 2, 0, 2),
    "schedule": ("goran", 3, 1, 2),
    "undo": ("besa", 2, 1, 2),
}


CORRECTED = re.compile("Cadastre|Kadastra|Катастар")
TRANSLATION = {
    "sq": (
        "Një shembull që priste përkthimin",
        "Palët u takuan në Bruksel dhe u pajtuan për një pikë.",
    ),
    "sr": (
        "Пример који је чекао превод",
        "Стране су се састале у Бриселу и сложиле се о једној тачки.",
    ),
}


class Hand:
    """A person at the workplace whose clicks, typed fields and loads are counted."""

    def __init__(self, page, site, picture=None):
        self.page, self.site, self.picture = page, site, picture or (lambda name: None)
        self.clicks = self.fields = self.loads = 0
        page.on("load", lambda _page: self._loaded())

    def _loaded(self):
        self.loads += 1

    def sign_in(self, name, language):
        self.language = language
        self.page.goto(f"{self.site}/admin/login/")
        self.page.locator("#id_username").fill(name)
        self.page.locator("#id_password").fill(PASSWORD)
        self.page.locator("#login-form [type=submit]").click()
        self.page.locator(f".choose-language [value='{language}']").click()
        self.page.wait_for_load_state("load")
        self.clicks = self.fields = self.loads = 0

    def click(self, selector):
        self.click_on(self.page.locator(selector).first)

    def click_on(self, target):
        target.click()
        self.page.wait_for_load_state("load")
        self.clicks += 1

    def type(self, place, text, instead=None):
        """Type a text into a place of a sheet; with `instead` only over these words of it."""
        field = self.page.locator(f"[id='id_{place}']")
        editor = self.page.locator(f"[id='row-{place}'] .rich-text-content")
        if self.page.locator(f"[id='row-{place}'] .rich-text").count():
            self.page.locator(f"[id='row-{place}']").scroll_into_view_if_needed()
            editor.wait_for()
            editor.click()
            self.page.keyboard.press("Control+End")
            self.page.keyboard.insert_text(text)
        else:
            field.fill(text)
        self.fields += 1

    @property
    def cost(self):
        return self.clicks, self.fields, self.loads


def correct(hand):
    """Correct a word of a published page, say what changed, seal it for a second person."""
    hand.picture("today")
    line = hand.page.locator("#agreements li").filter(has_text=CORRECTED)
    hand.click_on(line.locator("a[href*='/write/']"))
    hand.type("summary", "!")
    hand.picture("sheet")
    hand.click("button[name='then'][value='seal']")
    hand.click("input[name='ready_note'][value='typing']")
    hand.picture("seal")
    hand.click("button.default")


def publish(hand):
    """Publish what a colleague prepared."""
    hand.picture("waiting")
    hand.click("#waiting li:last-child a.what")
    hand.picture("publish")
    hand.click("button[name='when'][value='now']")


def translate(hand):
    """Translate a title and three paragraphs, the original beside them."""
    language = "sr" if hand.language.startswith("sr") else "sq"
    title, paragraph = TRANSLATION[language]
    hand.click(f"#translate-{language} a.what >> text=/Example|Shembull|Пример/")
    hand.type("title", title)
    for place in ("summary", "details", "means_for_citizens"):
        hand.type(place, paragraph)
    hand.picture("translate")
    hand.click("button[name='then'][value='stay']")


def what_changed(hand):
    """See what changed between the last two versions."""
    hand.click("#agreements a[href*='/compare/']")
    hand.picture("compare")


def schedule(hand):
    """Schedule a finished change of a live page for tomorrow."""
    hand.click("#waiting a.what")
    hand.page.locator("#id_publish_at").fill("2099-01-01T08:00")
    hand.fields += 1
    hand.picture("schedule")
    hand.click("button[name='when'][value='later']")


def undo(hand):
    """Undo the last publication: the version before becomes public again."""
    hand.click("#agreements a.way[href*='/publish/']")
    hand.page.locator("#id_reason").fill("A slip.")
    hand.fields += 1
    hand.picture("undo")
    hand.click("button[name='when'][value='now']")


# In this order each finds the day as it needs it.
TASKS = {
    "what-changed": what_changed,
    "schedule": schedule,
    "undo": undo,
    "translate": translate,
    "correct": correct,
    "publish": publish,
}
