"""Contact sheets of every page type, for eyes: `make screenshots`.

Serves the site as in production, drives Chromium over it and lays the pictures of each page type
out on one sheet: the four editions side by side, phone above desktop, light and dark.
"""

import argparse
import base64
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.page_types import PAGE_TYPES, PUBLIC_CODES, SCENE_PAGES
from tests.server import running_site

WIDTHS = {"phone": 360, "desktop": 1280}
LONGEST = {"phone": 2400, "desktop": 2000}  # pixels of a page that a sheet shows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("var/screenshots"))
    parser.add_argument("--only", help="one page type")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        running_site(data) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for name, path in (PAGE_TYPES | SCENE_PAGES).items():
            if arguments.only in (None, name):
                for scheme in ("light", "dark"):
                    sheet(browser, site, arguments.out / f"{name}-{scheme}.png", path, scheme)
        browser.close()


def sheet(browser, site, target, path, scheme):
    """Write one sheet of a page type in one colour scheme."""
    rows = []
    for device, width in WIDTHS.items():
        pictures = [
            picture(browser, f"{site}/{code}/{path}", device, width, scheme)
            for code in PUBLIC_CODES
        ]
        rows.append("".join(f'<img width="{width // 2}" src="{data}">' for data in pictures))
    page = browser.new_page(viewport={"width": 2640, "height": 800})
    page.set_content(
        "<style>body{background:#888;margin:8px}div{display:flex;gap:8px;align-items:start;"
        "margin-bottom:8px}</style>" + "".join(f"<div>{row}</div>" for row in rows)
    )
    page.screenshot(path=target, full_page=True)
    page.close()
    print(target)


def picture(browser, address, device, width, scheme):
    """Return one page as a data address, cut at the length a sheet shows."""
    page = browser.new_page(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        device_scale_factor=1,
    )
    page.goto(address)
    height = min(page.evaluate("document.documentElement.scrollHeight"), LONGEST[device])
    page.set_viewport_size({"width": width, "height": height})
    data = page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": height})
    page.close()
    return "data:image/png;base64," + base64.b64encode(data).decode()


if __name__ == "__main__":
    main()
