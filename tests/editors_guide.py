"""The pictures and figures of the editors' guide, made by doing the tasks: `make guide`.

Plays an ordinary day on a fresh site in each language of the guide, takes pictures on the way into
docs/editors/, and prints what each task cost.
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.server import ROOT, running_site
from tests.tasks import PROMISES, TASKS, Hand

FOLDER = ROOT / "docs" / "editors"
LANGUAGES = {"en": "en", "sq": "sq", "sr": "sr-cyrl"}  # the guide's → the admin's
WINDOW = {"width": 1280, "height": 800}


def main():
    costs = {}
    for language, code in LANGUAGES.items():
        with (
            tempfile.TemporaryDirectory() as data,
            running_site(data, scenes="everything(); busy_day()") as site,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            for name, task in TASKS.items():
                page = browser.new_page(viewport=WINDOW, locale="en-GB")
                hand = Hand(page, site, picture=_painter(page, language))
                who = "mira" if (name, language) == ("translate", "sr") else PROMISES[name][0]
                hand.sign_in(who, code)
                task(hand)
                costs[name] = hand.cost
                page.context.close()
            browser.close()
    print(f"{'task':<14} clicks fields loads")
    for name, (clicks, fields, loads) in costs.items():
        print(f"{name:<14} {clicks:>6} {fields:>6} {loads:>5}")


def _painter(page, language):
    def picture(name):
        target = FOLDER / f"{name}.{language}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
        print(Path(target).relative_to(ROOT))

    return picture


if __name__ == "__main__":
    main()
