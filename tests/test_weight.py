"""Weight: HTML and CSS of a first view fit into the first 14 KB on the wire, on every page."""

import gzip

import pytest

from tests.conftest import ROOT
from tests.page_types import PAGE_TYPES, PUBLIC_CODES, SCENE_PAGES

BUDGET = 14 * 1024  # bytes, compressed; what a server may send before the first answer comes back
CSS = len(gzip.compress((ROOT / "static" / "css" / "site.css").read_bytes(), 9))


@pytest.mark.django_db
@pytest.mark.parametrize("code", PUBLIC_CODES)
@pytest.mark.parametrize("path", PAGE_TYPES.values(), ids=PAGE_TYPES.keys())
def test_the_first_view_fits_into_14_kb(client, code, path):
    response = client.get(f"/{code}/{path}", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) + CSS <= BUDGET


@pytest.mark.django_db
@pytest.mark.parametrize("code", PUBLIC_CODES)
def test_pages_of_change_fit_too(client, scenes, code):
    for path in SCENE_PAGES.values():
        response = client.get(f"/{code}/{path}", headers={"accept-encoding": "gzip"})
        assert len(response.content) + CSS <= BUDGET, path


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["freedom-of-movement", "path-to-normalisation"])
@pytest.mark.parametrize("layer", ["", "details/", "full-text/?with=sq", "history/1/full-text/"])
def test_the_longest_agreements_fit_too(client, slug, layer):
    address = f"/sr-cyrl/agreements/{slug}/{layer}"
    response = client.get(address, headers={"accept-encoding": "gzip"})
    assert len(response.content) + CSS <= BUDGET


def test_every_font_is_small_and_ours():
    fonts = list((ROOT / "static" / "fonts").glob("*.woff2"))
    assert len(fonts) == 9
    assert all(font.stat().st_size < 24_000 for font in fonts)
    assert (ROOT / "static" / "fonts" / "OFL.txt").exists()
