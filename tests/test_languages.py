"""The way to a language: redirects, wishes of browsers, addresses as people type them."""

import pytest

pytestmark = pytest.mark.django_db

WISHES = {
    "": "sq",
    "sq": "sq",
    "sq-XK,sq;q=0.9,en;q=0.8": "sq",
    "sr": "sr-latn",
    "sr-RS,sr;q=0.9": "sr-latn",
    "sr-XK": "sr-latn",
    "sr-Latn-RS": "sr-latn",
    "sr-Cyrl-RS": "sr-cyrl",
    "sr-Cyrl": "sr-cyrl",
    "bs-BA,bs": "sr-latn",
    "hr": "sr-latn",
    "hr-HR,hr;q=0.9,en-US;q=0.8": "sr-latn",
    "cnr-ME": "sr-latn",
    "sh": "sr-latn",
    "en-GB,en;q=0.9": "en",
    "de-DE,de;q=0.9": "sq",
    "de,en;q=0.5": "en",
    "*": "sq",
    "not a language at all;;;q=x": "sq",
}


@pytest.mark.parametrize(("wish", "code"), WISHES.items())
def test_the_first_page_follows_the_browsers_wish(client, wish, code):
    response = client.get("/", headers={"accept-language": wish})
    assert response.status_code == 302
    assert response["Location"] == f"/{code}/"
    assert "Accept-Language" in response["Vary"]


@pytest.mark.parametrize(
    ("wish", "code"), [("", "sr-latn"), ("en", "sr-latn"), ("sr-Cyrl-RS", "sr-cyrl")]
)
def test_sr_leads_to_the_readers_script_and_keeps_the_page(client, wish, code):
    response = client.get("/sr/agreements/?theme=movement", headers={"accept-language": wish})
    assert response["Location"] == f"/{code}/agreements/?theme=movement"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("/sr-Latn/about/", "/sr-latn/about/"),
        ("/SR-CYRL/", "/sr-cyrl/"),
        ("/EN/glossary/?x=1", "/en/glossary/?x=1"),
    ],
)
def test_a_language_in_capitals_leads_to_its_address(client, typed, address):
    response = client.get(typed)
    assert (response.status_code, response["Location"]) == (301, address)


def test_an_address_without_a_language_gets_one(client):
    response = client.get("/agreements/", headers={"accept-language": "en"})
    assert response["Location"] == "/en/agreements/"


def test_a_language_cookie_changes_nothing(client):
    client.cookies["django_language"] = "en"
    assert client.get("/")["Location"] == "/sq/"


def test_the_switch_keeps_the_page_and_its_filters(client):
    html = client.get("/sq/agreements/?theme=movement&year=2022").content.decode()
    assert 'href="/sr-cyrl/agreements/?theme=movement&amp;year=2022"' in html


def test_the_sitemap_ties_the_four_editions_together(client):
    text = client.get("/sitemap.xml").content.decode()
    for tag in ("sq", "sr-Latn", "sr-Cyrl", "en", "x-default"):
        assert f'hreflang="{tag}"' in text
    assert "http://testserver/sr-cyrl/agreements/customs-stamps/full-text/" in text


def test_robots_are_kept_out_of_the_admin_and_the_reviews(client):
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /admin/" in text
    assert "Disallow: /sr-latn/review/" in text


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_the_probes_answer(client, address):
    assert client.get(address).content == b"ok\n"
