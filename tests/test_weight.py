"""Weight: HTML and CSS of a first view fit into the first 14 KB on the wire, on every page."""

import gzip

import pytest

from tests.conftest import ROOT
from tests.page_types import PAGE_TYPES, PUBLIC_CODES, SCENE_PAGES

BUDGET = 14 * 1024  # bytes, compressed; what a server may send before the first answer comes back
CSS = {
    name: len(gzip.compress((ROOT / "static" / "css" / f"{name}.css").read_bytes(), 9))
    for name in ("site", "records")
}
# One page on purpose, however many points an agreement has (docs/records.md): HTML alone.
LONG = "/implementation/"


def weight(response):
    """Return the bytes of a page and of the stylesheets it asks for."""
    html = gzip.decompress(response.content).decode()
    sheets = sum(size for name, size in CSS.items() if f"css/{name}." in html)
    return len(response.content) + sheets


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize("code", PUBLIC_CODES)
@pytest.mark.parametrize("path", PAGE_TYPES.values(), ids=PAGE_TYPES.keys())
def test_the_first_view_fits_into_14_kb(client, code, path):
    response = client.get(f"/{code}/{path}", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    if path.endswith(LONG) and path.startswith("agreements/"):
        assert len(response.content) <= BUDGET
    else:
        assert weight(response) <= BUDGET


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize("code", PUBLIC_CODES)
def test_pages_of_change_fit_too(client, scenes, code):
    for path in SCENE_PAGES.values():
        response = client.get(f"/{code}/{path}", headers={"accept-encoding": "gzip"})
        assert weight(response) <= BUDGET, path


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["freedom-of-movement", "path-to-normalisation"])
@pytest.mark.parametrize("layer", ["", "details/", "full-text/?with=sq", "history/1/full-text/"])
def test_the_longest_agreements_fit_too(client, slug, layer):
    address = f"/sr-cyrl/agreements/{slug}/{layer}"
    response = client.get(address, headers={"accept-encoding": "gzip"})
    assert weight(response) <= BUDGET


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize("slug", sorted(path.stem for path in ROOT.glob("content/records/*.yaml")))
def test_what_became_of_a_long_agreement_begins_at_once(client, slug):
    """The first obligation stands in what a server may send before the first answer comes back."""
    address = f"/sr-cyrl/agreements/{slug}/implementation/"
    response = client.get(address, headers={"accept-encoding": "gzip"})
    assert len(response.content) <= BUDGET
    html = gzip.decompress(response.content).decode()
    first = html[: html.index("</p>", html.index('class="standing"'))]
    assert len(gzip.compress(first.encode(), 9)) + sum(CSS.values()) <= BUDGET


def test_every_font_is_small_and_ours():
    fonts = list((ROOT / "static" / "fonts").glob("*.woff2"))
    assert len(fonts) == 9
    assert all(font.stat().st_size < 24_000 for font in fonts)
    assert (ROOT / "static" / "fonts" / "OFL.txt").exists()
