"""A real document through the form: looked at first, then written into one language of a draft."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from lxml import html as lxml_html

from agreements.importing import FoundProvision, FoundText, into_draft
from agreements.models import AuditEntry, Edit, ProvisionText
from tests import scenes
from tests.conftest import NOON

pytestmark = pytest.mark.django_db
TEXT = """SPORAZUM O SLOBODI KRETANJA

Strane su se saglasile o sledećem:

1. Svaka strana će omogućiti slobodno kretanje.
a) ličnim kartama;
b) vozačkim dozvolama.
2. Strane će obrazovati radnu grupu.
"""


def upload(client, agreement, content, name="sporazum.txt", **data):
    address = reverse("admin:agreement-import", args=[agreement.pk])
    file = SimpleUploadedFile(name, content)
    return address, client.post(address, {"file": file, "basis": "official", **data})


@pytest.fixture
def ana(client):
    ana = scenes.people()["ana"]
    client.force_login(ana)
    return ana


def test_nothing_is_written_before_somebody_looked(client, ana, public):
    agreement = public().agreement
    address, response = upload(client, agreement, TEXT.encode())
    page = lxml_html.document_fromstring(response.content.decode())
    assert "Svaka strana" in page.xpath("//div[@class='document']")[0].text_content()
    assert len(page.xpath("//ol[@class='found']/li")) == 4
    assert not agreement.versions.drafts().exists()

    ticket = page.xpath("//input[@name='ticket']/@value")[0]
    assert client.post(address, {"ticket": ticket}).status_code == 302
    draft = agreement.versions.drafts().get()
    rows = {text.number: (text.text_sr, text.text_basis_sr) for text in draft.provision_texts.all()}
    assert rows["1"] == ("Свака страна ће омогућити слободно кретање.", "official")
    assert rows["1.a"][0] == "личним картама;"
    assert rows["2"][0] == "Стране ће образовати радну групу."
    assert draft.provision_texts.get(number="1").text_en == "Text 1."  # other languages stay
    assert draft.provision_texts.get(number="1").provision.key == "p1"
    assert Edit.objects.filter(version=draft, before="Текст 1.").exists()  # and the old wording
    assert agreement.audit.filter(action=AuditEntry.Action.IMPORTED, actor=ana).exists()


def test_importing_the_same_document_twice_changes_nothing_more(client, ana, public):
    agreement = public().agreement
    for _time in range(2):
        address, response = upload(client, agreement, TEXT.encode())
        page = lxml_html.document_fromstring(response.content.decode())
        client.post(address, {"ticket": page.xpath("//input[@name='ticket']/@value")[0]})
    assert ProvisionText.objects.filter(version__agreement=agreement, number="2").count() == 1
    edits = Edit.objects.filter(version__agreement=agreement, place="provision.p1.text")
    assert edits.count() == 1


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.txt"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "scan.pdf"),
        (b"PK\x03\x04broken", "sporazum.docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old.doc"),
        (b"Tekst bez ijednog broja.", "plain.txt"),
    ],
)
def test_an_unreadable_file_gets_a_clear_word_and_changes_nothing(
    client, ana, public, content, name
):
    agreement = public().agreement
    _address, response = upload(client, agreement, content, name)
    page = lxml_html.document_fromstring(response.content.decode())
    assert page.xpath("//ul[contains(@class,'errorlist')]/li")
    assert not agreement.versions.drafts().exists()


@pytest.mark.parametrize("ticket", ["", "x", "eyJhIjoxfQ:1abc:def"])
def test_a_ticket_that_was_tampered_with_is_refused(client, ana, public, ticket):
    agreement = public().agreement
    address = reverse("admin:agreement-import", args=[agreement.pk])
    response = client.post(address, {"ticket": ticket}, headers={"accept-language": "en"})
    assert "choose the document again" in response.content.decode()
    assert not agreement.versions.drafts().exists()


def test_a_ticket_is_for_its_own_agreement(client, ana, public, editor):
    from tests.conftest import make_draft

    agreement = public().agreement
    other = make_draft(editor, slug="other").agreement
    _address, response = upload(client, agreement, TEXT.encode())
    page = lxml_html.document_fromstring(response.content.decode())
    ticket = page.xpath("//input[@name='ticket']/@value")[0]
    address = reverse("admin:agreement-import", args=[other.pk])
    assert client.post(address, {"ticket": ticket}).status_code == 403


def test_a_restatement_is_no_basis_for_a_document(draft, editor):
    found = FoundText("sr", "Latn", "", [FoundProvision("1", "", "x", None)])
    with pytest.raises(ValueError, match="official"):
        into_draft.fill(found, draft, language="sr", basis="restated", by=editor, at=NOON)


def test_markup_in_a_document_stays_text(client, draft, editor):
    found = FoundText("en", "Latn", "", [FoundProvision("1", "", "A [@b92-2011] b", None)])
    into_draft.fill(found, draft, language="en", basis="official", by=editor, at=NOON)
    assert not draft.version_sources.exists()


def test_the_command_writes_into_a_draft_by_name(draft, person, tmp_path):
    person("ana")
    file = tmp_path / "sporazum.txt"
    file.write_text(TEXT, "utf-8")
    out = io.StringIO()
    call_command(
        "import_text",
        str(file),
        "--draft",
        draft.agreement.slug,
        "--language",
        "sr",
        "--basis",
        "official",
        "--by",
        "ana",
        stdout=out,
    )
    assert draft.provision_texts.get(number="2").text_sr == "Стране ће образовати радну групу."
