"""The admin as far as it goes: who may change what, and at what cost."""

import pytest

from agreements.models import Source

pytestmark = pytest.mark.django_db
PAGES = ["theme", "source", "term", "page", "agreement"]


@pytest.fixture
def chief(person, client):
    """A superuser who is signed in."""
    chief = person("chief", is_staff=True, is_superuser=True)
    client.force_login(chief)
    return chief


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["sq", "sr-latn", "sr-cyrl", "en"])
def test_every_list_opens_in_every_language(client, chief, name, language):
    response = client.get(f"/admin/agreements/{name}/", headers={"accept-language": language})
    assert response.status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_visitor_and_a_colleague_without_rights_see_nothing(client, person, name):
    assert client.get(f"/admin/agreements/{name}/").status_code == 302
    client.force_login(person("colleague", is_staff=True))
    assert client.get(f"/admin/agreements/{name}/").status_code == 403


def test_a_key_is_typed_once(client, chief):
    source = Source.objects.first()
    form = client.get(f"/admin/agreements/source/{source.pk}/change/").content.decode()
    assert 'name="key"' not in form
    assert 'name="key"' in client.get("/admin/agreements/source/add/").content.decode()
