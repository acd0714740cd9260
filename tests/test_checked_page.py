"""For readers: the line about the checking of a text on its pages, the page that explains it, and
the rule in numbers."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agreements import publishing
from agreements.models import Colleague, Publication
from experts import erasure, fidelity, quorum, reviewing
from experts.models import Expert, QuorumPolicy
from tests.conftest import NOON
from tests.page_types import PUBLIC_CODES
from tests.panels import (
    BALANCED,
    DAY,
    closed,
    comment_of,
    judge,
    make_expert,
    members,
    next_version,
    opened,
    sealed_version,
)
from tests.scenes import change

# What pages show hangs on the verbs, which are tested on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
LAYERS = ("", "details/", "full-text/")
THREE = {"sq": "Sepse gabuam.", "sr": "Зато што смо погрешили.", "en": "Because we erred."}
SHOWN = THREE | {"sr-cyrl": THREE["sr"], "sr-latn": "Zato što smo pogrešili."}
FAILS = ("approve", "not-convinced", "not-convinced", "not-convinced", "approve")


@pytest.fixture
def coordinator(person):
    return person("coordinator")


@pytest.fixture
def version(editor):
    return sealed_version(editor)


def publish(version, publisher, replacing=None, at=None):
    return publishing.publish(version, by=publisher, replacing=replacing, at=at)


@pytest.fixture
def reader(person):
    """Make a colleague who reads all languages, by name."""

    def make(name):
        user = person(name)
        Colleague.objects.create(user=user, translates_sq=True, translates_sr=True)
        return user

    return make


@pytest.fixture
def verified(version, coordinator, editor, publisher):
    """A public text whose round passed; no translation is confirmed."""
    round_ = closed(version, coordinator, editor=editor)
    publish(version, publisher)
    return round_


def page(rest="", code="en", slug="test-agreement", **headers):
    return Client().get(f"/{code}/agreements/{slug}/{rest}", headers=headers)


def body(response):
    return response.content.decode()


def line(response):
    """Return the line about the checking of a text: (has the badge, its words, its links)."""
    found = re.search(
        r'<div class="review-state"( data-verified)?>(.*?)</div>', body(response), re.S
    )
    words = " ".join(re.sub(r"<[^>]+>", "", found[2]).split())
    return bool(found[1]), words, re.findall(r'href="([^"]+)"', found[2])


def text(response):
    """Return the words of the page's own part."""
    inside = body(response).partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", inside).split())


# ── The line on the pages of a text ──────────────────────────────────────────────────────────


def everywhere(check):
    """Look at the line on the three layers of the public text in every language."""
    for code in PUBLIC_CODES:
        for layer in LAYERS:
            response = page(layer, code)
            assert response.status_code == 200
            check(code, *line(response))


def test_a_text_that_nobody_reviewed_says_so_on_every_layer(version, publisher):
    publish(version, publisher)

    def check(code, has_badge, words, links):
        assert (has_badge, links) == (False, [])
        if code == "en":
            assert "Not yet reviewed by experts." in words

    everywhere(check)


def test_the_badge_is_there_in_the_languages_that_were_confirmed(verified, reader):
    fidelity.check(verified.version, "sq", is_faithful=True, by=reader("reader"))
    where = "/agreements/test-agreement/checked/"

    def check(code, has_badge, words, links):
        assert has_badge == (code in ("en", "sq"))
        assert links == [f"/{code}{where}"]
        if code == "en":
            assert words.startswith("Verified by experts Version 1, ")

    everywhere(check)
    fidelity.check(verified.version, "sq", is_faithful=False, note="No.", by=reader("second"))
    assert not line(page("", "sq"))[0]  # the newest check holds
    for code in ("sr-cyrl", "sr-latn"):
        fidelity.check(verified.version, "sr", is_faithful=True, by=reader(code))
        assert line(page("", code))[0]


def test_a_translation_that_was_not_confirmed_is_told_apart(verified):
    words = line(page("", "en"))[1]
    assert "Verified by experts" in words
    for code in ("sq", "sr-latn", "sr-cyrl"):
        assert line(page("", code))[0] is False
        assert line(page("", code))[1] not in ("", words)


def test_a_dissent_is_told_and_is_no_badge(version, coordinator, editor, publisher):
    round_ = closed(version, coordinator, FAILS, editor=editor)
    publish(version, publisher)
    assert "Not yet reviewed by experts." in line(page())[1]
    reviewing.dissent(round_, texts=THREE, by=publisher)
    has_badge, words, links = line(page())
    assert not has_badge
    assert "Reviewed by experts, with dissent" in words
    assert links == ["/en/agreements/test-agreement/checked/"]
    for code in PUBLIC_CODES:
        assert line(page("", code))[0] is False
        explained = page("checked/", code)
        assert SHOWN[code] in text(explained)
    explained = text(page("checked/"))
    assert "Verified by experts" not in explained
    assert "not met: enough of the panel approved" in explained


def test_a_withdrawn_badge_gives_way_to_the_reason(verified, publisher, reader):
    for language in ("sq", "sr"):
        fidelity.check(verified.version, language, is_faithful=True, by=reader(language))
    reviewing.withdraw_badge(verified, reasons=THREE, by=publisher)

    def check(code, has_badge, words, links):
        assert not has_badge
        assert SHOWN[code] in words
        assert links == [f"/{code}/agreements/test-agreement/checked/"]

    everywhere(check)
    explained = text(page("checked/"))
    assert "The badge was withdrawn" in explained
    assert "Because we erred." in explained
    assert "Verified by experts" not in explained


def test_a_withdrawn_badge_is_gone_in_the_next_request(verified, publisher):
    """Case 36: whoever has the page kept gets the new one."""
    for rest in (*LAYERS, "checked/"):
        before = page(rest)
        assert "max-age" not in before.get("Cache-Control", "")
        same = page(rest, **{"if-none-match": before["ETag"]})
        assert same.status_code == 304
    kept = {rest: page(rest)["ETag"] for rest in (*LAYERS, "checked/")}
    reviewing.withdraw_badge(verified, reasons=THREE, by=publisher)
    for rest, etag in kept.items():
        after = page(rest, **{"if-none-match": etag})
        assert after.status_code == 200
        assert "data-verified" not in body(after)
        assert "Because we erred." in text(after)


def test_a_page_of_a_day_shows_the_badge_of_that_day(version, coordinator, editor, publisher):
    publish(version, publisher, at=NOON + DAY)
    round_ = closed(version, coordinator, editor=editor, at=NOON + DAY)
    reviewing.withdraw_badge(round_, reasons=THREE, by=publisher, at=round_.closed_at + 10 * DAY)
    closing = timezone.localdate(round_.closed_at)
    for layer in LAYERS:
        has_badge, words, _links = line(page(f"{layer}?on={closing - DAY}"))
        assert (has_badge, "Not yet reviewed" in words) == (False, True)
        has_badge, words, _links = line(page(f"{layer}?on={closing + DAY}"))
        assert (has_badge, "We withdrew the badge" in words) == (True, False)
        has_badge, words, _links = line(page(f"{layer}?on={closing + 20 * DAY}"))
        assert (has_badge, "Because we erred." in words) == (False, True)
        assert line(page(layer))[1] == words


def test_another_text_has_no_badge_and_the_old_one_keeps_it(verified, publisher, editor):
    """Case 34."""
    old = verified.version
    new = next_version(old, editor)
    assert line(page())[0] is True  # the new one is not public yet
    publish(new, publisher, replacing=old)
    assert line(page())[0] is False
    assert "Not yet reviewed" in line(page())[1]
    has_badge, words, links = line(page("history/1/"))
    assert has_badge
    assert "Version 1" in words
    assert links == ["/en/agreements/test-agreement/history/1/checked/"]


def test_another_serbian_text_asks_for_that_check_alone(
    verified, publisher, editor, person, reader
):
    """Case 35: the other languages stay as they are."""
    for language in ("sq", "sr"):
        fidelity.check(verified.version, language, is_faithful=True, by=reader(language))
    agreement = verified.version.agreement
    change(agreement, "summary", "sr", "Други сажетак.", by=person("mira"))
    new = publishing.seal(agreement.versions.drafts().get(), change_class="correction")
    publish(new, publisher, replacing=verified.version)
    badges = {code: line(page("", code))[0] for code in PUBLIC_CODES}
    assert badges == {"sq": True, "en": True, "sr-latn": False, "sr-cyrl": False}
    assert "on version 1 with the same text" in text(page("checked/"))


# ── How a version was checked ────────────────────────────────────────────────────────────────


def test_the_page_says_which_rules_were_met_and_no_numbers_of_approvals(
    version, coordinator, editor, publisher
):
    """Five approvals of five, or four and one who was not convinced: the same page."""
    pages = []
    for verdicts in (("approve",) * 5, ("approve-with-edits", "not-convinced", *("approve",) * 3)):
        text_ = sealed_version(editor, slug=f"text-{len(pages)}")
        closed(text_, coordinator, verdicts, editor=editor)
        publish(text_, publisher)
        found = body(page("checked/", slug=text_.agreement.slug))
        pages.append(found.replace(text_.agreement.slug, "text"))
    assert pages[0] == pages[1]
    words = text(page("checked/", slug="text-0"))
    for rule in (
        "enough verdicts that count",
        "enough of the panel answered",
        "the field was represented: law",
        "enough of the panel approved",
        "no objection is open",
        "every comment was answered",
        "the panel was balanced between communities, and so was its approval",
    ):
        assert f"met: {rule}" in words
    assert "not met:" not in words
    assert "5 experts were on the panel." in words
    assert "Fields: law, politics and administration, practice, history, language" in words
    assert "reviewed, the source of the others" in words
    assert words.count("not confirmed yet") == 3


def test_the_page_says_no_community_but_the_rule(verified):
    """Whoever sat there: a panel of other communities has the same page."""
    words = text(page("checked/")).partition("The panel")[2]
    for community in ("Albanian", "Serb", "another", "community"):
        assert community not in words


def test_the_page_is_the_same_for_another_panel_of_the_same_rules(editor, coordinator, publisher):
    found = []
    swapped = {"albanian": "serb", "serb": "albanian", "": ""}
    for turn in (BALANCED, [(field, swapped[community]) for field, community in BALANCED]):
        text_ = sealed_version(editor, slug=f"text-{len(found)}")
        closed(text_, coordinator, panel=tuple(turn), editor=editor)
        publish(text_, publisher)
        for code in PUBLIC_CODES:
            found.append(body(page("checked/", code, text_.agreement.slug)))
    first, second = found[:4], found[4:]
    slugs = [re.search(r"agreements/(text-\d+)/", each)[1] for each in found]
    assert [each.replace(slugs[0], "text") for each in first] == [
        each.replace(slugs[4], "text") for each in second
    ]


def named(code="en"):
    """Return the names that stand on the page, in their order."""
    found = re.search(r'<span translate="no">([^<]*)</span>', body(page("checked/", code)))
    return found[1].split(", ") if found else []


def test_names_stand_there_with_consent_and_alphabetical(verified):
    """In the alphabet of the reader, whatever the order of seats and aliases."""
    people = {
        "Žana": "Жана",
        "arta": "",
        "Čedomir": "Чедомир",
        "Jelena": "Јелена",
        "Dren": "Дрен",
    }
    panel = members(verified)
    for member, (name, cyrillic) in zip(panel, people.items(), strict=True):
        Expert.objects.filter(pk=member.expert_id).update(name=name, name_cyrillic=cyrillic)
    assert "No member is named" in text(page("checked/"))
    for member in panel:
        reviewing.decide_name(member, named=True)
    assert named() == ["arta", "Čedomir", "Dren", "Jelena", "Žana"]
    assert named("sr-latn") == named()
    assert named("sr-cyrl") == ["Дрен", "Жана", "Јелена", "Чедомир", "arta"]
    reviewing.decide_name(panel[1], named=False)
    erasure.erase(panel[3].expert)
    assert named() == ["Čedomir", "Dren", "Žana"]
    assert "arta" not in text(page("checked/")).split()
    assert "Jelena" not in body(page("checked/"))
    for rest in ("", "history/", "history/1/"):
        assert "Žana" not in body(page(rest))  # nowhere else


def test_nobody_is_named_before_they_say_so_or_on_a_panel_they_left(
    version, coordinator, editor, publisher
):
    round_ = opened(version, coordinator, at=NOON)
    panel = members(round_)
    for member in panel:
        reviewing.decide_name(member, named=True, at=NOON)
    publish(version, publisher)
    names = [member.expert.name for member in panel]
    assert not [name for name in names if name in body(page("checked/"))]  # the round is open
    assert "Experts have not reviewed this version." in text(page("checked/"))


def test_comments_are_counted_and_not_shown(version, coordinator, editor, publisher):
    round_ = opened(version, coordinator, at=NOON)
    panel = members(round_)
    comments = [comment_of(member, f"Sesame {member.pk}") for member in panel[:3]]
    comment_of(panel[3], "Sesame draft", sent=False)
    reviewing.take_back(comment_of(panel[3], "Sesame back"))
    for member in panel:
        judge(member)
    day = timezone.localdate(NOON) + 5 * DAY
    reviewing.release(round_, discuss_by=day, by=coordinator, at=NOON)
    for comment, decision in zip(comments, ("accepted", "rejected", "noted"), strict=True):
        reviewing.respond(comment, decision, reason="Sesame", by=editor, at=NOON)
    reviewing.respond(comments[2], "with-changes", by=editor, at=NOON)  # the newest counts
    reviewing.close(round_, by=coordinator, at=NOON + 6 * DAY)
    publish(version, publisher)
    words = text(page("checked/"))
    assert "Received: 3; accepted: 2; not accepted: 1." in words
    assert "Sesame" not in words
    assert "Expert" not in words.replace("Experts", "")


def test_what_is_not_public_has_no_such_page(version, coordinator, editor, publisher):
    closed(version, coordinator, editor=editor)
    unknown = page("checked/", slug="no-such-text").content.replace(b"no-such-text", b"S")
    for rest in ("checked/", "history/1/checked/", "history/2/checked/"):  # sealed, not published
        answer = page(rest)
        assert answer.status_code == 404
        assert (
            answer.content.replace(b"test-agreement", b"S").replace(rest.encode(), b"checked/")
            == unknown
        )
    publish(version, publisher)
    publishing.open_draft(version.agreement, by=editor)
    assert page("checked/").status_code == 200
    assert page("history/1/checked/").status_code == 200
    for number in (2, 0, 2**31, 10**30):
        assert page(f"history/{number}/checked/").status_code == 404
    for method in ("post", "put", "delete"):
        assert (
            getattr(Client(), method)("/en/agreements/test-agreement/checked/").status_code == 405
        )


def test_a_withdrawn_text_has_no_page_of_what_is_public_now(verified, publisher):
    publishing.withdraw(
        Publication.objects.get(version=verified.version), by=publisher, reasons=THREE
    )
    assert page("checked/").status_code == 404
    assert page("history/1/checked/").status_code == 200


def test_an_old_version_keeps_its_own_page(verified, publisher, editor):
    new = next_version(verified.version, editor)
    publish(new, publisher, replacing=verified.version)
    old = text(page("history/1/checked/"))
    assert "Verified by experts" in old
    assert "Version 1" in old
    assert "Experts have not reviewed this version." in text(page("checked/"))
    assert "Experts have not reviewed this version." in text(page("history/2/checked/"))
    assert 'href="/en/agreements/test-agreement/history/1/"' in body(page("history/1/checked/"))


def test_a_badge_kept_over_a_typing_error_says_so(verified, publisher, editor, person):
    new = next_version(verified.version, editor, "Sumary.")
    carry = fidelity.propose_carry_over(new, by=editor)
    publish(new, publisher, replacing=verified.version)
    assert line(page())[0] is False
    fidelity.confirm_carry_over(carry, by=person("second"))
    assert line(page())[0] is True
    assert "Since then a typing error was corrected." in text(page("checked/"))
    fidelity.contest(carry, assignment=members(verified)[0], reason="It says something else.")
    assert line(page())[0] is False
    assert "It says something else." not in body(page("checked/"))


def test_each_page_costs_at_most_twelve_queries(verified, editor, coordinator, publisher, reader):
    for language in ("sq", "sr"):
        fidelity.check(verified.version, language, is_faithful=True, by=reader(language))
    for member in members(verified):
        reviewing.decide_name(member, named=True)
    for rest in ("checked/", "history/1/checked/", "", "details/", "history/1/"):
        with CaptureQueriesContext(connection) as asked:
            assert page(rest).status_code == 200
        assert len(asked) <= 12, rest


# ── The rule in numbers ──────────────────────────────────────────────────────────────────────


def rule(code):
    found = Client().get(f"/{code}/about/verification/")
    return re.search(r'<section aria-labelledby="rule">(.*?)</section>', body(found), re.S)[1]


def test_the_rule_stands_in_numbers_in_every_language_and_follows_the_newest_row(person):
    sentences = re.findall(r"<li>(.*?)</li>", rule("en"))
    assert sentences == [
        "At least 5 verdicts count.",
        "At least 70 % of those who accepted a seat have answered.",
        "Each of these fields has at least one verdict: law, politics and administration,"
        " practice.",
        "Each of these communities has at least 1 of the verdicts, on panels of 7 and more at"
        " least 2: Albanian, Serb.",
        "No community has more than 1 in 2 of the verdicts.",
        "At least 2 in 3 of the verdicts approve, with or without edits.",
        "Inside each of these communities at least 1 in 2 approve.",
        "No objection is open, and the editors have answered every comment.",
    ]
    numbers = [re.findall(r"\d+", sentence) for sentence in sentences]
    for code in PUBLIC_CODES:
        found = re.findall(r"<li>(.*?)</li>", rule(code))
        assert [re.findall(r"\d+", sentence) for sentence in found] == numbers, code
    stricter = quorum.Policy(smallest_panel=9, approving=(3, 4), answered=(4, 5))
    since = timezone.now()
    QuorumPolicy.objects.create(
        rules=stricter.as_json(), since=since, decided_by=person("publisher-of-rules")
    )
    for code in PUBLIC_CODES:
        found = rule(code)
        assert "9" in found
        assert "80" in found
        assert "publisher-of-rules" not in found
    assert "At least 3 in 4 of the verdicts approve" in rule("en")
    make_expert("Nobody")


def test_a_round_keeps_the_rule_it_was_opened_with_for_its_readers(verified):
    before = text(page("checked/"))
    stricter = quorum.Policy(smallest_panel=9)
    QuorumPolicy.objects.create(rules=stricter.as_json(), since=timezone.now())
    assert text(page("checked/")) == before
