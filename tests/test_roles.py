"""Every door of the workplace, tried by every role: who may read, write, seal, publish."""

import posixpath

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from agreements import publishing, roles
from agreements.models import Agreement, Colleague
from tests.conftest import NOON, make_draft
from tests.scenes import change

pytestmark = pytest.mark.django_db
EVERYBODY = ("visitor", "stranger", *roles.RIGHTS, "chief")
READERS = set(roles.RIGHTS) | {"chief"}
WRITERS = {"editor", "publisher", "administrator", "chief"}
PUBLISHERS = {"publisher", "administrator", "chief"}

# Page of an agreement's desk → who may open it.
DOORS = {
    "change/": READERS,
    "history/": READERS,
    "write/en/": READERS,
    "write/sr/": READERS,
    "facts/": READERS,
    "originals/": READERS,
    "preview/1/summary/": READERS,
    "preview/1/full-text/page/": READERS,
    "compare/1/2/": READERS,
    "import/": WRITERS,
    "seal/": WRITERS,
    "discard/": WRITERS,
    "publish/1/": PUBLISHERS,
    "withdraw/": PUBLISHERS,
    "records/": READERS,
    "records/add/obligation/": WRITERS,
    "records/add/obstacle/": WRITERS,
    "records/add/position/": WRITERS,
    "records/check/": WRITERS,
    "records/publish/": PUBLISHERS,
    "../events/add/": WRITERS,
    "../events/publish/": PUBLISHERS,
}
# The same for what is sent: (address, data) → who is let in.
DEEDS = {
    "write/en/": WRITERS,
    "write/sq/": WRITERS,
    "write/sr/": WRITERS | {"translator"},
    "facts/": WRITERS,
    "originals/": WRITERS,
    "import/": WRITERS,
    "seal/": WRITERS,
    "discard/": WRITERS,
    "publish/1/": PUBLISHERS,
    "withdraw/": PUBLISHERS,
    "schedule/cancel/": PUBLISHERS,
    "records/add/obstacle/": WRITERS,
    "records/check/": WRITERS,
    "records/publish/": PUBLISHERS,
    "../events/add/": WRITERS,
    "../events/publish/": PUBLISHERS,
}


@pytest.fixture
def enter(client, person, django_user_model):
    """Sign in as somebody of a role: enter("translator") writes Serbian."""

    def come(role):
        if role == "visitor":
            return None
        if role == "chief":
            somebody = person("chief", is_staff=True, is_superuser=True)
        else:
            somebody = person(role + "-x", is_staff=True)
            if role in roles.RIGHTS:
                somebody.groups.add(Group.objects.get(name=role))
        if role == "translator":
            Colleague.objects.create(user=somebody, translates_sr=True)
        client.force_login(somebody)
        return django_user_model.objects.get(pk=somebody.pk)

    return come


@pytest.fixture
def agreement(public, editor):
    """An agreement with a public version 1 and an open draft 2 of somebody else's."""
    version = public()
    change(version.agreement, "summary", "en", "Second.", by=editor)
    return version.agreement


def _desk(agreement, address):
    return posixpath.normpath(f"/admin/agreements/agreement/{agreement.pk}/{address}") + "/"


@pytest.mark.parametrize("role", EVERYBODY)
def test_every_page_opens_for_those_it_is_for(client, enter, agreement, role):
    enter(role)
    for address, allowed in DOORS.items():
        status = client.get(_desk(agreement, address)).status_code
        expected = 302 if role == "visitor" else 200 if role in allowed else 403
        assert status == expected, address


@pytest.mark.parametrize("role", EVERYBODY)
def test_every_deed_is_refused_to_those_it_is_not_for(client, enter, agreement, role):
    enter(role)
    before = state_of(agreement)
    for address, allowed in DEEDS.items():
        response = client.post(_desk(agreement, address), {})
        if role == "visitor":
            assert response.status_code == 302, address
            assert "/login/" in response["Location"]
        elif role in allowed:
            assert response.status_code in (200, 302), address
        else:
            assert response.status_code == 403, address
    if role not in WRITERS:
        assert state_of(agreement) == before


def state_of(agreement):
    now = Agreement.objects.get(pk=agreement.pk)
    return now.published_id, list(now.versions.values_list("pk", "revision", "sealed_at"))


@pytest.mark.parametrize("role", EVERYBODY)
def test_a_new_agreement_is_for_writers(client, enter, role):
    enter(role)
    status = client.get("/admin/agreements/agreement/add/").status_code
    assert status == (302 if role == "visitor" else 200 if role in WRITERS else 403)


@pytest.mark.parametrize("role", ["publisher", "administrator", "chief"])
def test_nobody_publishes_their_own_through_the_page_either(client, enter, role):
    me = enter(role)
    version = publishing.seal(make_draft(me), at=NOON)
    address = reverse("admin:agreement-publish", args=[version.agreement_id, version.number])
    response = client.post(address, {"when": "now", "replacing": ""})
    assert response.status_code == 200
    assert Agreement.objects.get(pk=version.agreement_id).published is None


def test_the_groups_have_exactly_their_rights():
    for name, rights in roles.RIGHTS.items():
        found = {
            f"{permission.content_type.app_label}.{permission.codename}"
            for permission in Group.objects.get(name=name).permissions.select_related(
                "content_type"
            )
        }
        assert found == set(rights)


def test_a_right_added_by_hand_does_not_outlive_the_next_migrate():
    from django.contrib.auth.models import Permission

    group = Group.objects.get(name="translator")
    group.permissions.add(Permission.objects.get(codename="publish_version"))
    roles.make_groups(None, "default")
    assert not group.permissions.filter(codename="publish_version").exists()


def test_the_coordinator_neither_writes_nor_publishes():
    """Opens and closes rounds and checks translations; edits and publishes nothing."""
    rights = {right for right in roles.RIGHTS["coordinator"] if ".view_" not in right}
    assert rights == {"experts.conduct_round", "experts.check_fidelity"}


def test_an_administrator_makes_no_superuser(client, enter, person):
    chief = person("chief", is_staff=True, is_superuser=True)
    me = enter("administrator")
    address = f"/admin/auth/user/{me.pk}/change/"
    assert 'name="is_superuser"' not in client.get(address).content.decode()
    client.post(address, {"username": me.username, "is_superuser": "on", "is_staff": "on"})
    me.refresh_from_db()
    assert not me.is_superuser
    for address in (
        f"/admin/auth/user/{chief.pk}/change/",
        f"/admin/auth/user/{chief.pk}/password/",
    ):
        response = client.post(address, {"password1": "x" * 12, "password2": "x" * 12})
        assert response.status_code in (302, 403)
        chief.refresh_from_db()
        assert not chief.has_usable_password() or not chief.check_password("x" * 12)


def test_an_administrator_gives_roles_and_languages(client, enter, person):
    enter("administrator")
    mira = person("mira")
    page = client.get(f"/admin/auth/user/{mira.pk}/change/", headers={"accept-language": "en"})
    group = Group.objects.get(name="translator")
    assert "translator" in page.content.decode()
    response = client.post(
        f"/admin/auth/user/{mira.pk}/change/",
        {
            "username": "mira",
            "is_active": "on",
            "is_staff": "on",
            "groups": [group.pk],
            "colleague-TOTAL_FORMS": 1,
            "colleague-INITIAL_FORMS": 0,
            "colleague-0-translates_sr": "on",
            "colleague-0-language": "sr-cyrl",
        },
    )
    assert response.status_code == 302, response.content.decode()[:2000]
    assert roles.languages_of(type(mira).objects.get(pk=mira.pk)) == ["sr"]


@pytest.mark.parametrize("model", ["theme", "source", "term", "page", "phase", "count"])
@pytest.mark.parametrize("role", ["editor", "translator", "coordinator"])
def test_shared_texts_are_changed_by_editors_and_read_by_all(client, enter, role, model):
    from django.apps import apps

    enter(role)
    row = apps.get_model("agreements", model).objects.first()
    page = client.get(f"/admin/agreements/{model}/{row.pk}/change/")
    assert page.status_code == 200
    assert ('name="_save"' in page.content.decode()) == (role == "editor")
