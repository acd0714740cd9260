"""The experts' pages through a real client: every door by everybody, nothing of others while the
round is blind, nothing changed by looking, hostile words inert, forms that keep what was typed."""

import json
import logging
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agreements import publishing
from experts import erasure, fidelity, links, perspectives, quorum, reviewing
from experts.models import Assignment, Comment, Expert, OutboxLetter, QuorumPolicy, RoundEvent
from tests.page_types import PUBLIC_CODES
from tests.panels import (
    BALANCED,
    DAY,
    comment_of,
    judge,
    make_expert,
    members,
    next_version,
    opened,
    sealed_version,
)
from tests.review_doors import (
    address,
    addresses_of,
    captured,
    changed_tables,
    colleagues,
    dangers,
    differing,
    enter,
    everything_kept,
    said,
    signed_in,
    undone,
)

# What pages show hangs on the verbs, which are tested on both databases.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_database,
    pytest.mark.usefixtures("_quiet"),
]
SILENT = tuple((profile, "") for profile, _community in BALANCED)
UNKNOWN = "noSuchKey_-01234"  # as long as a key
# What a member of the panel may open with GET, and what it answers.
READER = dict.fromkeys(addresses_of(UNKNOWN), 200) | {
    "review-answer": 302,  # is only sent to
    "review-notes": 302,
    "review-lift": 404,  # no objection
    "review-correction": 404,  # no typing error
}
INVITED = dict.fromkeys(READER, 404) | {"review-assignment": 200, "review-answer": 302}


@pytest.fixture
def _quiet():
    """Refusals by the thousand need no traceback each."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def now(monkeypatch):
    """The moment at which the clock stands still: pages that differ do not differ by a minute."""
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


@pytest.fixture
def version(editor, publisher, now):
    """A text that is public and not reviewed."""
    version = sealed_version(editor)
    publishing.publish(version, by=publisher, replacing=None, at=now)
    return version


@pytest.fixture
def coordinator(person):
    return person("coordinator")


@pytest.fixture
def round_(version, coordinator, now):
    return opened(version, coordinator, SILENT, at=now)


@pytest.fixture
def me(round_):
    return members(round_)[0]


@pytest.fixture
def inside(client, me):
    """A client in which the first expert is."""
    enter(client, me)
    return client


def body(response):
    return response.content.decode()


def chosen_instead(member, coordinator, now, reason="Ill."):
    """Let a member leave the panel; return another expert on the seat, not invited yet."""
    reviewing.leave(member, reason=reason, at=now)
    expert = make_expert("Late One", profile=member.seat.profile)
    return reviewing.choose(member.seat, expert, by=coordinator, at=now)


def asked_instead(member, coordinator, now, **why):
    asked = chosen_instead(member, coordinator, now, **why)
    reviewing.invite(asked, by=coordinator, at=now)
    asked.refresh_from_db()
    return asked


# ── Who may open what ────────────────────────────────────────────────────────────────────────


def statuses(client, key, draft):
    return {name: client.get(each).status_code for name, each in addresses_of(key, draft).items()}


def as_unknown(client, key, draft=UNKNOWN, method="get"):
    """Return the pages of a key that say anything else than those of a key that does not exist."""
    found, ask = [], getattr(client, method)
    for (name, mine), other in zip(
        addresses_of(key, draft).items(), addresses_of(UNKNOWN, draft).values(), strict=True
    ):
        status, text, headers = said(ask(mine))
        told = (status, text.replace(key.encode(), UNKNOWN.encode()), headers)
        if told != said(ask(other)) or status != 404:
            found.append(name)
    return found


def test_a_review_opens_for_its_expert(client, round_, me, now):
    other = members(round_)[1]
    draft = comment_of(me, sent=False, at=now)
    enter(client, me)
    assert statuses(client, me.key, draft.key) == READER
    judge(me, at=now)
    assert statuses(client, me.key, draft.key) == READER
    enter(client, other)  # a second letter on the same device, beside the first
    assert statuses(client, me.key, draft.key) == READER
    assert client.get(address("review-assignment", other.key)).status_code == 200


def test_an_invitation_opens_itself_and_nothing_of_the_text(client, round_, coordinator, now):
    mine = chosen_instead(members(round_)[4], coordinator, now)
    enter(client, mine)
    assert client.get(address("review-assignment", mine.key)).status_code == 404  # chosen only
    reviewing.invite(mine, by=coordinator, at=now)
    enter(client, mine)
    assert statuses(client, mine.key, UNKNOWN) == INVITED


def test_to_everybody_else_a_review_is_an_address_that_does_not_exist(
    round_, coordinator, editor, now
):
    """review-workflow.md, section 4 and case 15: byte for byte the same 404."""
    me, neighbour, _third, _fourth, submitted = members(round_)
    draft = comment_of(me, sent=False, at=now)
    elsewhere = members(opened(sealed_version(editor, slug="other"), coordinator, SILENT, at=now))
    judge(submitted, at=now)
    outsiders = {"visitor": Client()}
    for name, member in (
        ("neighbour", neighbour),
        ("submitted", submitted),
        ("elsewhere", elsewhere[0]),
    ):
        outsiders[name] = Client()
        enter(outsiders[name], member)
    for role, user in colleagues().items():
        outsiders[role] = Client()
        outsiders[role].force_login(user)
    pages = addresses_of(me.key, draft.key)
    expected = {}
    for name, page in addresses_of(UNKNOWN, draft.key).items():
        expected[name] = Client().get(page).content.replace(UNKNOWN.encode(), me.key.encode())
    before = everything_kept()
    for who, client in outsiders.items():
        for name, page in pages.items():
            answer = client.get(page)
            assert (answer.status_code, answer.content) == (404, expected[name]), (who, name)
            if who in ("visitor", "neighbour", "coordinator", "chief"):
                assert client.post(page, {"step": "drop", "sure": "yes"}).content == expected[name]
    assert changed_tables(before) == []
    for who in ("visitor", "neighbour", "chief"):
        assert as_unknown(outsiders[who], me.key, draft.key) == [], who  # and the same headers


def test_a_review_is_gone_from_a_session_as_soon_as_it_ends(round_, coordinator, now):
    """By declining, leaving, an expired or a revoked link; the way to others stays."""
    panel, clients = members(round_), {}
    invited = asked_instead(panel[3], coordinator, now)
    ends = {
        invited: lambda: reviewing.decline(invited, at=now),
        panel[0]: lambda: reviewing.leave(panel[0], at=now),
        panel[1]: lambda: panel[1].links.update(expires_at=now),
        panel[2]: lambda: panel[2].links.update(revoked_at=now),
        panel[4]: lambda: erasure.erase(panel[4].expert, at=now),
    }
    names = {member: member.expert.name for member in ends}
    for member, end in ends.items():
        clients[member] = Client()
        enter(clients[member], member)
        assert clients[member].get(f"/en/review/{member.key}/").status_code == 200
        end()
    for member, client in clients.items():
        answered = ["review-answer"] if member.links.exists() else []  # says that it is too late
        assert as_unknown(client, member.key) == answered, member.state
        assert names[member] not in body(client.get(f"/en/review/{member.key}/answer/"))
        assert "For experts who review" in body(client.get("/en/review/"))


def test_an_account_opens_no_review(me, person):
    """A colleague who reviews comes by the link of a letter, as everybody does."""
    user, client = person("reader"), Client()
    Expert.objects.filter(pk=me.expert_id).update(user=user)
    client.force_login(user)
    assert as_unknown(client, me.key) == []
    assert "For experts who review" in body(client.get("/en/review/"))


def test_a_comment_of_somebody_else_does_not_exist(inside, round_, me, now):
    other = members(round_)[1]
    theirs = comment_of(other, at=now).key
    for key in (theirs, UNKNOWN):
        assert inside.get(address("review-comment-draft", me.key, key)).status_code == 404
    answers = [
        said(inside.post(address("review-discussion", me.key), {"comment": key, "text": "?"}))
        for key in (theirs, UNKNOWN)
    ]
    assert answers[0] == answers[1]
    for key in (theirs, UNKNOWN):
        drop = {"step": "drop"}
        assert inside.post(address("review-comment-draft", me.key, key), drop).status_code == 404
    assert Comment.objects.get(key=theirs).taken_back_at is None


def test_signing_out_closes_the_reviews_on_this_device(me, inside):
    assert "Your reviews" in body(inside.get("/en/review/"))
    assert inside.get("/en/review/sign-out/").status_code == 405
    left = inside.post("/en/review/sign-out/")
    assert left["Location"] == "/en/review/"
    assert left["Clear-Site-Data"] == '"storage"'  # what was typed and not sent
    assert as_unknown(inside, me.key) == []


def test_ending_the_links_shuts_out_every_device(round_, me, inside):
    other = Client()
    enter(other, me)
    secret = links.make(me)
    inside.post(address("review-yourself", me.key), {"step": "end-links"})
    for client in (inside, other):
        assert client.get(f"/en/review/{me.key}/").status_code == 404
    assert "This link is not valid any more" in body(other.get(address("review-enter", secret)))
    assert RoundEvent.objects.get(action="links-ended").member == me


# ── Links ────────────────────────────────────────────────────────────────────────────────────


def test_looking_changes_nothing(round_, coordinator, now):
    """Case 13: GET, HEAD and a prefetch of every page, and of links that open and do not."""
    me, judged, old, leaver, _last = members(round_)
    draft = comment_of(me, sent=False, at=now)
    judge(judged, at=now)
    secrets = [links.make(me), links.make(old), "never-made"]
    old.links.update(expires_at=now)
    invited = asked_instead(leaver, coordinator, now)
    pages = [address("review-enter", secret) for secret in secrets]
    pages += ["/en/review/", "/en/review/sign-out/", "/en/review/fresh-link/"]
    clients = {member: Client() for member in (me, judged, invited)}
    for member, client in clients.items():
        enter(client, member)
    before = everything_kept()
    for member, client in clients.items():
        for page in [*pages, *addresses_of(member.key, draft.key).values()]:
            status = client.get(page).status_code
            assert client.head(page).status_code == status, page
            assert client.get(page, headers={"sec-purpose": "prefetch"}).status_code == status
    assert changed_tables(before) == []


def test_a_link_opens_by_its_button_and_leaves_a_clean_address(client, me):
    secret = links.make(me)
    way_in = address("review-enter", secret)
    page = client.get(way_in)
    assert "Open the review" in body(page)
    assert secret not in body(page).replace(f"/review/enter/{secret}/", "", 0).partition("<main")[2]
    assert client.get(f"/en/review/{me.key}/").status_code == 404  # looking was not entering
    pressed = client.post(way_in)
    assert pressed["Location"] == f"/en/review/{me.key}/"
    assert secret not in pressed["Location"]
    for answer in (page, pressed, client.get(way_in)):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"


def test_a_link_pressed_on_another_site_opens_nothing(client, me):
    way_in = address("review-enter", links.make(me))
    response = client.post(way_in, headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403
    assert client.get(f"/en/review/{me.key}/").status_code == 404


def test_a_session_gets_a_new_key_when_a_link_is_followed(client, round_):
    first, second, *_rest = members(round_)
    enter(client, first)
    key = client.session.session_key
    enter(client, second)
    assert client.session.session_key != key


def test_a_link_that_opens_nothing_offers_a_fresh_one_and_tells_nothing(me, round_, now):
    """Case 14: expired, revoked, of a review that ended, never made: one page, one answer."""
    left = members(round_)[1]
    reviewing.leave(left, at=now)
    gone = members(round_)[2]
    secrets = {"expired": links.make(me), "ended": links.make(left), "never": "x" * 43}
    secrets |= {"erased": links.make(gone), "expired as well": links.make(me)}
    me.links.update(expires_at=now)
    erasure.erase(gone.expert, at=now)
    pages, answers = {}, {}
    for name, secret in secrets.items():
        way_in = address("review-enter", secret)
        pages[name] = said(Client().get(way_in))
        answers[name] = said(Client().post(way_in))

    def without_secret(answer, secret):
        return answer[0], answer[1].replace(secret.encode(), b""), answer[2]

    for found in (pages, answers):
        same = {without_secret(found[name], secrets[name])[1] for name in found}
        assert len(same) == 1
        assert len({str(each[2]) for each in found.values()}) == 1
    fresh = OutboxLetter.objects.filter(rule="fresh-link")
    assert [letter.assignment for letter in fresh] == [me]  # once, though it was asked for twice


def test_a_fresh_link_is_sent_to_an_experts_address_and_everybody_is_told_the_same(me, round_):
    other = members(round_)[1]
    mine, theirs = me.expert.email.upper(), f" {other.expert.email} "
    answers = [
        said(Client().post("/en/review/fresh-link/", {"email": email}))
        for email in (mine, theirs, mine, "nobody@example.org", "", "x")
    ]
    assert answers == answers[:1] * len(answers)
    fresh = OutboxLetter.objects.filter(rule="fresh-link")
    assert [letter.assignment for letter in fresh] == [me, other]
    assert me.expert.email not in answers[0][1].decode()


# ── The answer to an invitation ──────────────────────────────────────────────────────────────


@pytest.fixture
def invited(round_, coordinator, now):
    return asked_instead(members(round_)[4], coordinator, now)


def test_declining_twice_gets_a_page_that_says_so(client, invited):
    """Case 16: a button pressed twice shows its second answer."""
    enter(client, invited)
    answer = address("review-answer", invited.key)
    decline = {"answer": "decline", "reason": "No time.", "suggests": "Ask Ana."}
    assert "Thank you for telling us" in body(client.post(answer, decline))
    again = client.post(answer, decline | {"reason": "Another."})
    assert again.status_code == 200
    assert body(again).count("This invitation was answered already, or it has ended.") == 1
    accept = client.post(answer, {"answer": "accept", "tied": "no"})
    assert "This comes too late" in body(accept)
    invited.refresh_from_db()
    assert (invited.state, invited.reason, invited.suggests) == ("declined", "No time.", "Ask Ana.")
    assert RoundEvent.objects.filter(member=invited, action="declined").count() == 1
    assert Client().post(answer, decline).status_code == 404  # to others it says nothing


def test_accepting_after_the_round_closed_gets_a_page_that_says_so(
    client, invited, round_, coordinator, now
):
    enter(client, invited)
    reviewing.cancel(round_, by=coordinator, reason="The text is withdrawn.", at=now)
    response = client.post(
        address("review-answer", invited.key), {"answer": "accept", "tied": "no"}
    )
    assert response.status_code == 200
    assert "This comes too late" in body(response)
    assert "The text is withdrawn." not in body(response)
    invited.refresh_from_db()
    assert invited.state == "cancelled"
    assert as_unknown(client, invited.key) == ["review-answer"]


def test_accepting_twice_gets_a_page_that_says_so_and_keeps_the_first_answer(client, invited):
    enter(client, invited)
    answer = address("review-answer", invited.key)
    first = client.post(answer, {"answer": "accept", "tied": "yes", "conflict": "I advised."})
    assert first["Location"] == f"/en/review/{invited.key}/"
    again = client.post(answer, {"answer": "accept", "tied": "no"})
    assert body(again).count("This invitation was answered already, or it has ended.") == 1
    invited.refresh_from_db()
    assert (invited.state, invited.conflict) == ("accepted", "I advised.")


def test_an_answer_that_is_neither_yes_nor_no_changes_nothing(client, invited):
    enter(client, invited)
    for answer in ({}, {"answer": "perhaps"}, {"answer": "perhaps", "tied": "no"}):
        client.post(address("review-answer", invited.key), answer)
    for answer in ({}, {"tied": "yes"}, {"tied": "perhaps"}, {"tied": "yes", "conflict": " "}):
        kept = client.post(address("review-answer", invited.key), answer | {"answer": "accept"})
        assert "Say whether something ties you to this matter" in body(kept)
    invited.refresh_from_db()
    assert invited.state == "invited"


def test_leaving_asks_once_and_then_says_thanks(inside, me):
    page = address("review-leave", me.key)
    assert inside.post(page, {"reason": "?"}).status_code == 200
    me.refresh_from_db()
    assert me.state == "accepted"
    assert "Thank you" in body(inside.post(page, {"sure": "yes", "reason": "Too busy."}))
    me.refresh_from_db()
    assert (me.state, me.reason) == ("withdrawn", "Too busy.")
    assert inside.post(page, {"sure": "yes"}).status_code == 404


# ── Nothing of others while the round is blind ───────────────────────────────────────────────

SECRETS = {
    "comment": "SesameOfLaw: the date is wrong",
    "suggestion": "SesameWording of the summary.",
    "draft": "SesameDraft not sent",
    "notes": "SesameNotes for myself",
    "reason": "SesameReason for doubt",
    "lift": "SesameCondition that lifts it",
    "fidelity": "SesameDifference in Albanian",
    "edits": "SesameEdits before I approve",
    "aside": "SesameStep aside",
}
JUDGEMENTS = ("approve", "object", "approve-with-edits", "not-convinced", "recuse")


def agree_quietly(round_, now):
    """Let everybody but the first member approve without a word."""
    for member in members(round_)[1:]:
        judge(member, at=now)


def speak_out(round_, now, events=True):
    """Let everybody but the first member say something; with what the history names as well."""
    lawyer, *others = members(round_)[1:]
    comment = comment_of(
        lawyer, SECRETS["comment"], suggestion=SECRETS["suggestion"], is_blocking=True, at=now
    )
    judge(lawyer, "object", comment=comment, would_lift=SECRETS["lift"], at=now)
    comment_of(others[0], SECRETS["draft"], sent=False, at=now)
    comment_of(others[0], SECRETS["comment"], language="sr", place="provision.p1.text", at=now)
    scores = {"objectivity": 2, "precision": 3, "completeness": 4}
    reviewing.save_notes(others[0], SECRETS["notes"], at=now)
    judge(others[0], "approve-with-edits", reason=SECRETS["edits"], at=now, **scores)
    judge(others[1], "not-convinced", reason=SECRETS["reason"], at=now)
    judge(others[2], "recuse", reason=SECRETS["aside"], at=now)
    if events:
        fidelity.check(
            round_.version,
            "sq",
            is_faithful=False,
            note=SECRETS["fidelity"],
            assignment=lawyer,
            at=now,
        )
        reviewing.decide_name(lawyer, named=True, at=now)


def declare_all(round_, communities, now):
    for member, community in zip(members(round_), communities, strict=True):
        if community:
            perspectives.declare(member, community, at=now)


def pages_of_an_expert(member, draft, codes=PUBLIC_CODES):
    found = []
    for code in codes:
        found += addresses_of(member.key, draft.key, code).values()
        found += [f"/{code}/review/", f"/{code}/agreements/test-agreement/"]
        found.append(f"{address('review-beside', member.key, code=code)}?with=sr-cyrl")
        serbian = "?place=provision.p1.text&paragraph=0&language=sr"
        found.append(address("review-comment", member.key, code=code) + serbian)
    return found


def test_an_expert_sees_the_same_whatever_others_do(inside, round_, me, now, coordinator):
    """Case 22: whole answers of every page, in four languages, before and after one's verdict."""
    draft = comment_of(me, "My own draft", sent=False, at=now)
    comment_of(me, "My own comment", at=now)
    for codes in (PUBLIC_CODES, ("en",)):
        pages = pages_of_an_expert(me, draft, codes)
        alone = captured(inside, pages)
        with undone():
            speak_out(round_, now)
            declare_all(round_, ("", "serb", "albanian", "other", "serb"), now)
            reviewing.leave(members(round_)[3], reason="SesameLeave", at=now)
            among = captured(inside, pages)
            again = inside.get(pages[0])
        assert differing(alone, among) == []
        assert not again.has_header("ETag")
        text = b"".join(each[1] for each in among.values())
        assert b"My own draft" in text
        assert b"Sesame" not in text
        assert b"Expert2" not in text
        if not me.verdicts.exists():
            judge(me, "approve-with-edits", at=now)


def public_pages(version):
    slug = version.agreement.slug
    found = ["/sitemap.xml", "/en/implementation/obligations.csv"]
    for rest in ("", "details/", "full-text/", "history/", "history/1/", "checked/"):
        found.append(f"/en/agreements/{slug}/{rest}")
    return [*found, "/en/about/verification/", f"/en/review/{UNKNOWN}/"]


def desk_pages(round_, comment_key=UNKNOWN):
    """Return every page of the admin on which something of a round could stand."""
    rounds, experts = "/admin/experts/reviewround/", "/admin/experts/expert/"
    version, member = round_.version, members(round_)[1]
    desk = f"/admin/agreements/agreement/{version.agreement_id}/"
    found = ["/admin/", rounds, f"{rounds}?o=-4.3&assignments__isnull=0"]
    pages = ("change/", "comments/", "dissent/", "badge/", f"comments/{comment_key}/")
    found += [f"{rounds}{round_.pk}/{each}" for each in pages]
    pages = ("translation/sq/", "typing-error/")
    found += [f"{rounds}version/{version.pk}/{each}" for each in pages]
    found += [experts, f"{experts}?q=Expert2&profile=law", f"{experts}add/"]
    found += [f"{experts}{member.expert_id}/{each}" for each in ("change/", "history/", "erase/")]
    found += ["/admin/experts/letters/", "/admin/experts/alarms/", "/admin/experts/quorumpolicy/"]
    found += [f"{desk}{each}" for each in ("change/", "history/", "preview/1/summary/")]
    found += ["/admin/agreements/agreement/?q=wrong&rounds__isnull=0", "/admin/auth/user/"]
    query = "app_label=experts&model_name=assignment&field_name=expert&term=Expert"
    return [*found, f"/admin/autocomplete/?{query}"]


ARRIVED = re.compile(rb"\d+ reviews? (?:has|have) arrived(?:\. What (?:it says|they say), nobody)?")


def but_for_arrivals(pages):
    """Return captured pages without the number of reviews that are in, which editors may know."""
    return {
        each: (
            status,
            ARRIVED.sub(b"", text),
            [pair for pair in headers if pair[0] != "Content-Length"],
        )
        for each, (status, text, headers) in pages.items()
    }


@pytest.fixture
def desks():
    """{role: a client in which a colleague of it is}."""
    return signed_in()


def test_colleagues_learn_that_reviews_are_in_and_nothing_else(desks, round_, now):
    """Cases 22 and 43: every page of every role, the superuser's too, is the same."""
    pages, roles = desk_pages(round_), ("editor", "translator", "administrator", "chief")
    readers = {role: (desks[role], pages) for role in roles}
    readers["visitor"] = (Client(), public_pages(round_.version))
    silent = {who: captured(*asked) for who, asked in readers.items()}
    desk = f"/admin/experts/reviewround/{round_.pk}/change/"
    assert b"0 reviews have arrived" in silent["editor"][desk][1]
    with undone():
        speak_out(round_, now)
        declare_all(round_, ("serb", "albanian", "other", "serb", "albanian"), now)
        loud = {who: captured(*asked) for who, asked in readers.items()}
    assert b"4 reviews have arrived" in loud["editor"][desk][1]
    assert differing(silent["visitor"], loud["visitor"]) == []
    for who in roles:
        told = differing(but_for_arrivals(silent[who]), but_for_arrivals(loud[who]))
        assert told == [], who
        text = b"".join(each[1] for each in loud[who].values())
        assert b"Sesame" not in text
        assert b"Expert2 of" not in text  # a name


def test_the_coordinator_learns_who_answered_and_not_what(desks, round_, now):
    """Case 22: whether all agree without a word or object loudly, the pages are the same."""
    client = desks["coordinator"]
    pages = desk_pages(round_)
    found = []
    for say in (agree_quietly, lambda *of: speak_out(*of, events=False)):
        with undone():
            say(round_, now)
            found.append(captured(client, pages))
    assert differing(*found) == []
    desk = found[0][f"/admin/experts/reviewround/{round_.pk}/change/"][1].decode()
    assert desk.count("review is in") == 4
    assert "4 reviews have arrived" in desk
    assert not [each for each in found[1].values() if b"Sesame" in each[1]]


def test_a_comment_that_is_not_released_is_no_address_for_colleagues(desks, round_, now):
    speak_out(round_, now)
    key = Comment.objects.get(is_blocking=True).key
    for role, client in desks.items():
        for step in ("apply", "reply", ""):
            answers = [
                said(
                    client.post(
                        f"/admin/experts/reviewround/{round_.pk}/comments/{each}/",
                        {"step": step, "decision": "noted", "text": "?"},
                    )
                )
                for each in (key, UNKNOWN)
            ]
            assert answers[0][0] in (403, 404), role
            same = answers[0][1].replace(key.encode(), UNKNOWN.encode())
            assert same == answers[1][1], role
    assert not Comment.objects.get(key=key).responses.exists()


def test_nothing_that_leaves_the_platform_holds_what_experts_say(round_, me, now, tmp_path, capsys):
    speak_out(round_, now)
    judge(me, at=now)
    call_command("dump_content", tmp_path, verbosity=0)
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert files
    text = b"".join(each.read_bytes() for each in files)
    assert b"Sesame" not in text
    assert b"Expert2 of" not in text
    assert b"not-convinced" not in text


def test_an_error_page_tells_nothing(inside, round_, me, now, monkeypatch, desks):
    speak_out(round_, now)
    broken = ZeroDivisionError(SECRETS["comment"])

    def breaks(*args, **kwargs):
        raise broken

    monkeypatch.setattr("experts.views.discussing.everything_of", breaks)
    monkeypatch.setattr("experts.admin.rounds.badges.standing", breaks)
    inside.raise_request_exception = False
    desks["editor"].raise_request_exception = False
    pages = [
        inside.get(address("review-discussion", me.key)),
        desks["editor"].get(f"/admin/experts/reviewround/{round_.pk}/change/"),
    ]
    for page in pages:
        assert page.status_code == 500
        assert "Sesame" not in body(page)
        assert "Expert2" not in body(page)
        assert me.expert.name not in body(page)


# ── After the release ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def released_round(round_, me, coordinator, now):
    """A round in discussion: what SECRETS says is open to the panel and the editors."""
    speak_out(round_, now)
    judge(me, at=now)
    day = timezone.localdate(now) + 14 * DAY
    return reviewing.release(round_, discuss_by=day, by=coordinator, at=now)


def test_after_the_release_colleagues_read_aliases_and_no_names(
    desks, released_round, editor, now, tmp_path
):
    """Case 23: names stand on no page but the coordinator's, in no difference and no export."""
    comment = Comment.objects.released().filter(place="summary").get()
    reviewing.reply(comment, "SesameReply", member=members(released_round)[2], at=now)
    names = [member.expert.name for member in members(released_round)]
    version = next_version(released_round.version, editor)
    pages = desk_pages(released_round, comment.key)
    desk = f"/admin/agreements/agreement/{version.agreement_id}/"
    pages += [f"{desk}compare/1/2/", f"{desk}publish/2/", f"{desk}write/en/"]
    where = f"/admin/experts/reviewround/{released_round.pk}/comments/"
    for role in ("editor", "administrator", "translator", "chief"):
        found = captured(desks[role], pages)
        text = b"".join(each[1] for each in found.values()).decode()
        assert not [name for name in names if name in text], role
        reads = role in ("editor", "administrator")
        assert found[where][0] == (200 if reads else 403)
        assert (f"Expert {comment.assignment.alias}" in text) == reads
        assert ("SesameOfLaw" in text) == reads
        assert ("SesameReply" in text) == reads
        for released in ("reason", "lift", "edits", "aside"):
            assert (SECRETS[released] in text) == reads, (role, released)
        for unread in ("draft", "notes"):
            assert SECRETS[unread] not in text, (role, unread)
    visitors = captured(Client(), public_pages(version))
    assert b"Sesame" not in b"".join(each[1] for each in visitors.values())


def test_after_the_release_the_panel_reads_aliases_and_no_names(inside, released_round, me):
    text = ""
    for page in addresses_of(me.key).values():
        text += body(inside.get(page))
    assert "SesameOfLaw" in text
    others = members(released_round)[1:]
    assert f"Expert {others[0].alias}" in text
    assert not [other.expert.name for other in others if other.expert.name in text]
    assert SECRETS["lift"] in text  # of an objection to a comment: so that it can be met
    for unread in ("draft", "notes", "reason", "fidelity", "edits", "aside"):
        assert SECRETS[unread] not in text, unread


def test_a_late_expert_reads_others_after_the_own_review(client, version, coordinator, now):
    small = quorum.Policy(smallest_panel=4)
    QuorumPolicy.objects.create(rules=small.as_json(), since=now)
    then = now - 30 * DAY
    round_ = opened(version, coordinator, SILENT, at=then)
    me, other, *_rest = members(round_)
    comment_of(other, SECRETS["comment"], at=then)
    agree_quietly(round_, then)
    enter(client, me)
    day = timezone.localdate(now) + 4 * DAY
    reviewing.release(round_, discuss_by=day, by=coordinator, at=now)
    discussion = address("review-discussion", me.key)
    assert "Sesame" not in body(client.get(discussion))
    assert "(1 comment)" not in body(client.get(address("review-read", me.key)))
    judge(me, at=now)
    assert "Sesame" in body(client.get(discussion))
    assert "(1 comment)" in body(client.get(address("review-read", me.key)))
    assert "given after the release" in body(client.get(address("review-verdict", me.key)))


# ── Communities ──────────────────────────────────────────────────────────────────────────────


def test_an_answer_about_ones_community_is_on_no_page_at_all(inside, round_, me, now, desks):
    """Case 43: sealed once, it is not even shown to whoever gave it."""
    page, draft = address("review-yourself", me.key), comment_of(me, sent=False, at=now)
    assert 'value="serb"' in body(inside.get(page))
    refused = inside.post(page, {"step": "declare", "perspective": "serb"}, follow=True)
    assert "Without your consent nothing is kept." in body(refused)
    assert not perspectives.has_declared(me)
    declare = {"step": "declare", "consent": "yes"}
    wrong = inside.post(page, declare | {"perspective": "martian"}, follow=True)
    assert "Choose one of the answers." in body(wrong)
    seen = []
    for community in ("serb", "albanian"):
        inside.post(page, declare | {"perspective": community})
        inside.get(page)  # the message of the last step
        assert perspectives.has_declared(me)
        seen.append(captured(inside, pages_of_an_expert(me, draft, ("en",))))
    assert differing(*seen) == []
    assert "checked" not in body(inside.get(page)).partition("community")[2].partition("named")[0]
    inside.post(page, {"step": "erase"})
    assert not perspectives.has_declared(me)
    inside.post(page, declare | {"perspective": "serb"})
    inside.post(page, declare | {"perspective": ""})  # prefers not to say
    assert not perspectives.has_declared(me)
    assert not LogEntry.objects.exists()


def test_who_belongs_where_makes_no_difference_to_any_page_but_the_coordinators(
    desks, version, coordinator, now
):
    """Case 43, after the release and the closing: two panels that differ in it alone."""
    round_ = opened(version, coordinator, SILENT, at=now)
    roles = ("editor", "administrator", "chief")
    pages = [each for each in desk_pages(round_) if "/reviewround/" in each]
    worlds = []
    for communities in (
        ("albanian", "serb", "albanian", "serb", ""),
        ("serb", "albanian", "", "albanian", "serb"),
    ):
        with undone():
            declare_all(round_, communities, now)
            for member in members(round_):
                judge(member, at=now)
            day = timezone.localdate(now) + 4 * DAY
            reviewing.release(round_, discuss_by=day, by=coordinator, at=now)
            found = {("open", role): captured(desks[role], pages) for role in roles}
            assert reviewing.close(round_, by=coordinator, at=now + 4 * DAY).outcome == "passed"
            found |= {(role,): captured(desks[role], pages) for role in roles}
            found["coordinator"] = captured(desks["coordinator"], pages)
            found["visitor"] = captured(Client(), public_pages(version))
            worlds.append(found)
            round_.refresh_from_db()
        round_.refresh_from_db()
    for who in worlds[0]:
        assert differing(worlds[0][who], worlds[1][who]) == [], who


def test_what_is_missing_of_the_balance_is_told_to_the_coordinator_alone(
    desks, round_, coordinator, now
):
    declare_all(round_, ("serb", "serb", "serb", "serb", ""), now)
    for member in members(round_):
        judge(member, at=now)
    desk = f"/admin/experts/reviewround/{round_.pk}/change/"
    text = body(desks["coordinator"].get(desk))
    assert "1 more verdict from the community: Albanian." in text
    assert "More than half of the verdicts come from one community: Serb." in text
    for role in ("editor", "publisher", "administrator"):
        text = body(desks[role].get(desk)).partition("content-main")[2]
        assert "communit" not in text
        assert "Still missing" not in text
    day = timezone.localdate(now) + 4 * DAY
    reviewing.release(round_, discuss_by=day, by=coordinator, at=now)
    assert "from the community: Albanian." in body(desks["coordinator"].get(desk))
    for role in ("editor", "publisher", "administrator"):
        text = body(desks[role].get(desk)).partition("content-main")[2]
        assert "The balance rule is not yet met." in text
        assert "communit" not in text
    for lookup in ("perspectiverecord__sealed", "assignments__perspectiverecord__consent"):
        for role in ("coordinator", "editor"):
            for changelist in ("reviewround", "expert"):
                address_ = f"/admin/experts/{changelist}/?{lookup}=1"
                assert desks[role].get(address_).status_code in (302, 400, 403)


# ── Forms ────────────────────────────────────────────────────────────────────────────────────

COMMENT = {"kind": "bias", "text": "One side only.", "quote": "", "suggestion": ""}


@pytest.fixture
def form(me):
    return addresses_of(me.key)["review-comment"]


def test_a_comment_is_a_draft_until_it_is_sent(inside, form, me):
    page = body(inside.get(form))
    assert "Summary." in page
    saved = inside.post(form, COMMENT | {"step": "save", "suggestion": "Summary."})
    assert saved["Location"] == address("review-read", me.key)
    comment = Comment.objects.get()
    assert (comment.is_draft, comment.suggestion) == (True, "")  # unchanged is no suggestion
    mine = address("review-comment-draft", me.key, comment.key)
    assert "One side only." in body(inside.get(mine))
    inside.post(mine, COMMENT | {"step": "send", "quote": "Summary", "is_blocking": "on"})
    comment.refresh_from_db()
    assert (comment.is_draft, comment.quote, comment.is_blocking) == (False, "Summary", True)
    sent = inside.get(mine)
    assert sent["Location"].endswith(f"/discussion/#c-{comment.key}")
    late = inside.post(mine, COMMENT | {"step": "save", "text": "Typed too late"})
    assert "This comment was sent already." in body(late)
    assert "Typed too late" in body(late)
    inside.post(mine, {"step": "drop"})
    comment.refresh_from_db()
    assert comment.taken_back_at
    assert inside.get(mine).status_code == 404
    assert "One side only." not in body(inside.get(address("review-discussion", me.key)))


def test_a_comment_in_latin_script_is_kept_in_cyrillic(inside, me):
    query = "?place=summary&paragraph=0&language=sr"
    page = address("review-comment", me.key, code="sr-latn") + query
    assert "Sažetak." in body(inside.get(page))
    said_ = {"kind": "fact", "quote": "Sažetak", "suggestion": "Sažetak nov.", "step": "send"}
    inside.post(page, said_ | {"text": "Ime nije Ђорђе, nego George."})
    comment = Comment.objects.get()
    assert (comment.quote, comment.suggestion) == ("Сажетак", "Сажетак нов.")
    assert comment.text == "Ime nije Ђорђе, nego George."


def test_a_paragraph_that_does_not_exist_has_no_form(inside, me):
    where = address("review-comment", me.key)
    for query in (
        "",
        "?place=summary&paragraph=1&language=en",
        "?place=summary&paragraph=-1&language=en",
        "?place=summary&paragraph=99999999999&language=en",
        "?place=summary&paragraph=0&language=de",
        "?place=notes&paragraph=0&language=en",
        "?place=provision.p9.text&paragraph=0&language=en",
    ):
        assert inside.get(where + query).status_code == 404, query
        assert inside.post(where + query, COMMENT | {"step": "send"}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"quote": "Not there"}, "These words do not stand in the paragraph."),
        ({"text": "", "suggestion": ""}, "Write a comment or suggest a wording."),
        ({"text": "long " * 2000}, "at most 5000 characters"),
        ({"suggestion": "long " * 2000}, "at most 5000 characters"),
        ({"kind": "poem"}, "poem is not one of the available choices"),
    ],
)
def test_a_comment_that_cannot_be_sent_comes_back_as_typed(inside, form, wrong, told):
    typed = COMMENT | {"text": "Kept as typed <b>", "is_blocking": "on"} | wrong
    response = inside.post(form, typed | {"step": "send"})
    assert response.status_code == 200
    assert told in body(response)
    assert not Comment.objects.sent().exists()
    shown = body(response).replace("&lt;", "<").replace("&gt;", ">")
    for value in typed.values():
        assert value.strip()[:80] in shown or value == "poem"
    assert 'name="is_blocking" id="id_is_blocking" checked' in body(response)


def test_a_draft_saves_itself_and_says_where_it_is(inside, form, me):
    first = inside.post(form, COMMENT | {"step": "autosave", "quote": "half a quo"})
    assert first["Content-Type"] == "application/json"
    address_ = json.loads(first.content)["address"]
    comment = Comment.objects.get()
    assert address_ == address("review-comment-draft", me.key, comment.key)
    assert (comment.is_draft, comment.text, comment.quote) == (True, "One side only.", "")
    again = inside.post(address_, COMMENT | {"step": "autosave", "text": "More."})
    assert json.loads(again.content)["saved"] is True
    comment.refresh_from_db()
    assert comment.text == "More."
    too_long = inside.post(address_, COMMENT | {"step": "autosave", "text": "x" * 5001})
    assert too_long.status_code == 400
    assert json.loads(too_long.content) == {"saved": False}
    reviewing.send_comment(comment)
    late = inside.post(address_, COMMENT | {"step": "autosave", "text": "Too late."})
    assert late.status_code == 409
    assert json.loads(late.content) == {
        "saved": False,
        "reason": "This comment was sent already.",
    }
    comment.refresh_from_db()
    assert comment.text == "More."


def test_own_notes_are_kept_and_saved_by_themselves(inside, me):
    notes = address("review-notes", me.key)
    answer = inside.post(notes, {"step": "autosave", "text": "Look at <p1>."})
    assert json.loads(answer.content) == {"saved": True}
    page = body(inside.get(f"/en/review/{me.key}/"))
    assert "Look at &lt;p1&gt;." in page
    inside.post(notes, {"text": "n" * 30_000})
    me.refresh_from_db()
    assert len(me.notes.text) == 20_000


def test_a_verdict_from_a_form_of_an_older_version_is_explained_and_kept(inside, me):
    """Case 27."""
    page = address("review-verdict", me.key)
    typed = {"judgement": "not-convinced", "reason": "Kept as typed", "precision": "3"}
    response = inside.post(page, typed | {"substance": "of another version"})
    assert response.status_code == 200
    assert "This form was of another version." in body(response)
    assert "Kept as typed" in body(response)
    assert re.search(r'value="not-convinced"[^>]*checked', body(response))
    assert '<option value="3" selected>' in body(response)
    assert me.round.version.substance_hash in body(response)  # the next try is for this text
    assert not me.verdicts.exists()
    sent = inside.post(page, typed | {"substance": me.round.version.substance_hash})
    assert sent["Location"] == f"/en/review/{me.key}/"
    assert me.verdicts.get().precision == 3


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"judgement": ""}, "This field is required."),
        ({"judgement": "perhaps"}, "perhaps is not one of the available choices"),
        ({"judgement": "not-convinced", "reason": " "}, "Say why you are not convinced."),
        ({"judgement": "object"}, "An objection rests on one of your comments."),
        ({"judgement": "object", "comment": "not-mine"}, "not-mine is not one of the available"),
        ({"precision": "10"}, "10 is not one of the available choices"),
        ({"would_lift": "w" * 2001}, "at most 2000 characters"),
        ({"substance": ""}, ""),
    ],
)
def test_a_verdict_that_lacks_something_comes_back_as_typed(inside, me, wrong, told):
    substance = me.round.version.substance_hash
    typed = {"judgement": "approve", "reason": "Kept as typed", "substance": substance} | wrong
    response = inside.post(address("review-verdict", me.key), typed)
    assert response.status_code == 200
    assert told in body(response)
    assert typed["reason"].strip() in body(response)
    assert not me.verdicts.exists()


def test_an_objection_names_a_comment_and_is_revised_after_the_release_only(
    inside, me, round_, coordinator, now
):
    comment = comment_of(me, at=now)
    page = address("review-verdict", me.key)
    substance = round_.version.substance_hash
    objects = {"judgement": "object", "comment": comment.key, "substance": substance}
    missing = inside.post(page, objects)
    assert "Say what would lift your objection." in body(missing)
    assert f'<option value="{comment.key}" selected>' in body(missing)
    inside.post(page, objects | {"would_lift": "A source."})
    assert me.verdicts.get().would_lift == "A source."
    assert "<button>" not in body(inside.get(page)).partition("<h1>")[2]
    early = inside.post(page, {"judgement": "approve", "substance": substance})
    assert "You can revise it once the comments are released." in body(early)
    agree_quietly(round_, now)
    reviewing.release(round_, discuss_by=timezone.localdate(now) + 4 * DAY, by=coordinator, at=now)
    assert re.search(r'value="object"[^>]*checked', body(inside.get(page)))
    inside.post(page, {"judgement": "approve", "substance": substance})
    assert list(me.verdicts.values_list("judgement", flat=True)) == ["object", "approve"]


def test_a_check_of_a_translation_comes_back_until_it_says_where(inside, me):
    page = address("review-fidelity", me.key, "sq")
    assert "Përmbledhje." in body(inside.get(page))
    told = inside.post(page, {"faithful": "no", "note": " "})
    assert "Say where it does not say the same." in body(told)
    inside.post(page, {"faithful": "no", "note": "The last word."})
    assert me.expert.fidelity_checks.get().note == "The last word."
    assert inside.get(address("review-fidelity", me.key, "en")).status_code == 404
    assert inside.get(address("review-fidelity", me.key, "de")).status_code == 404


def test_an_alarm_says_what_is_wrong(inside, me):
    page = address("review-alarm", me.key)
    told = inside.post(page, {"text": "  "})
    assert "Say what is wrong." in body(told)
    inside.post(page, {"text": "The date."})
    assert me.alarms.get().text == "The date."


def test_a_reply_goes_to_a_released_comment_and_its_expert_is_an_alias(inside, released_round, me):
    page = address("review-discussion", me.key)
    comment = Comment.objects.released().first()
    empty = inside.post(page, {"comment": comment.key, "text": " "}, follow=True)
    assert "There is nothing in it yet." in body(empty)
    reply = inside.post(page, {"comment": comment.key, "text": "I see it so too."})
    assert reply["Location"].endswith(f"#c-{comment.key}")
    assert comment.replies.get().member == me
    draft = Comment.objects.get(text=SECRETS["draft"])
    assert inside.post(page, {"comment": draft.key, "text": "?"}).status_code == 404


def test_a_closed_round_is_read_and_not_written(
    inside, me, form, version, coordinator, now, round_
):
    draft = comment_of(me, "A draft that stayed", sent=False, at=now)
    reviewing.cancel(round_, by=coordinator, reason="Over.", at=now)
    for step, status in (("send", 200), ("save", 200), ("autosave", 409)):
        response = inside.post(form, COMMENT | {"step": step})
        assert response.status_code == status
        assert "This round is closed." in json.dumps(response.content.decode())
    mine = address("review-comment-draft", me.key, draft.key)
    assert "A draft that stayed" in body(inside.get(mine))
    assert "<button>" not in body(inside.get(address("review-verdict", me.key))).partition("h1")[2]
    reading = body(inside.get(address("review-read", me.key)))
    assert "Comment on this paragraph" not in reading
    assert Comment.objects.get() == draft


def test_zero_bytes_and_very_long_words_are_refused_and_break_nothing(inside, me, form):
    zero = {"text": "a\x00b", "reason": "\x00", "note": "\x00", "email": "\x00"}
    for page in [*addresses_of(me.key).values(), "/en/review/fresh-link/"]:
        response = inside.post(page, zero)
        assert response.status_code == 400, page
        assert response["Cache-Control"] == "no-store"
    assert inside.post(form, {"a\x00": "b"}).status_code == 400
    assert inside.get(f"{form}%00").status_code == 400
    assert inside.get("/en/review/enter/%00/").status_code == 400
    long = "š" * 60_000
    everything = dict.fromkeys(
        ("text", "reason", "note", "suggests", "conflict", "quote", "suggestion", "perspective"),
        long,
    )
    for name, page in addresses_of(me.key).items():
        assert inside.post(page, everything | {"kind": "fact"}).status_code < 500, name
    assert inside.post("/en/review/fresh-link/", {"email": long}).status_code == 200
    assert inside.get(f"/en/review/enter/{'x' * 3000}/").status_code in (200, 404)


# ── Hostile words ────────────────────────────────────────────────────────────────────────────

EVIL = '"><script>hostile(1)</script><img src=hostile onerror=alert(1)> [x](javascript:hostile())'


def evil(name):
    return f"{name} {EVIL}"


def test_hostile_words_are_shown_and_run_nowhere(editor, publisher, person, now, desks):
    """Case 42: in everything that experts and colleagues can type."""
    coordinator = person(f"coordinator{EVIL}"[:150])
    version = sealed_version(editor, summary_en=f"Summary. {EVIL}")
    publishing.publish(version, by=publisher, replacing=None, at=now)
    round_ = opened(version, coordinator, SILENT, at=now)
    panel = members(round_)
    me, other, declines, leaver, late = panel
    for member in panel:
        Expert.objects.filter(pk=member.expert_id).update(
            name=evil(f"Name{member.pk}"), affiliation=evil("Affiliation")
        )
    asked = asked_instead(leaver, coordinator, now, reason=evil("Gone"))
    Expert.objects.filter(pk=asked.expert_id).update(name=evil("Asked"))
    reviewing.decline(asked, reason=evil("Declined"), suggests=evil("Suggests"), at=now)
    Assignment.objects.filter(pk=late.pk).update(conflict=evil("Conflict"))
    client = Client()
    enter(client, me)
    where = addresses_of(me.key)["review-comment"]
    hostile = {"kind": "fact", "text": evil("Comment"), "suggestion": evil("Suggestion")}
    sent = client.post(where, hostile | {"quote": "<script>hostile(1)</script>", "step": "send"})
    assert sent.status_code == 302
    draft = comment_of(me, evil("Draft"), suggestion=evil("Draft"), sent=False, at=now)
    reviewing.save_notes(me, evil("Notes"), at=now)
    comment = Comment.objects.get(assignment=me, sent_at__isnull=False)
    judge(me, "object", comment=comment, would_lift=evil("Lift"), reason=evil("Why"), at=now)
    judge(other, "not-convinced", reason=evil("Reason"), at=now)
    for member in (declines, late):
        judge(member, at=now)
    fidelity.check(version, "sq", is_faithful=False, note=evil("Note"), assignment=me, at=now)
    reviewing.raise_alarm(me, evil("Alarm"), at=now)
    day = timezone.localdate(now) + 4 * DAY
    reviewing.release(round_, discuss_by=day, by=coordinator, at=now)
    reviewing.reply(comment, evil("Reply"), member=other, at=now)
    reviewing.reply(comment, evil("Colleague"), by=editor, at=now)
    reviewing.respond(comment, "rejected", reason=evil("Response"), by=editor, at=now)

    def look(pages, *expected):
        text = ""
        for reader, page in pages:
            response = reader.get(page)
            assert response.status_code < 500, page
            if response["Content-Type"].startswith("text/html"):
                assert dangers(response) == [], page
                text += body(response)
        for words in expected:
            assert f"{words} &quot;&gt;&lt;script&gt;" in text, words

    pages = [(client, page) for page in pages_of_an_expert(me, draft, ("en",))]
    pages.append((client, address("review-discussion", me.key, code="sr-latn")))
    look(pages, "Comment", "Draft", "Notes", "Lift", "Reply", "Colleague", "Response")
    rounds = desk_pages(round_, comment.key)
    pages = [(desks["coordinator"], page) for page in rounds]
    look(pages, "Asked", "Declined", "Suggests", "Gone", "Conflict", "Note", f"Name{me.pk}")
    pages = [(desks["publisher"], page) for page in rounds if "/experts/" in page]
    look(pages, "Comment", "Reply", "Colleague", "Response", "Lift", "Why", "Reason", "Alarm")
    # Suggestions are shown word by word, taken into the draft, and previewed.
    suggestion = comment_of(
        me, "", suggestion=f"Summary. {EVIL} More.", place="summary", language="en", at=now
    )
    answer = f"/admin/experts/reviewround/{round_.pk}/comments/{suggestion.key}/"
    assert desks["editor"].post(answer, {"step": "apply"}).status_code == 302
    desk = f"/admin/agreements/agreement/{version.agreement_id}/"
    for page in ("preview/2/summary/page/", "preview/2/summary/", "compare/1/2/", "write/en/"):
        response = desks["editor"].get(desk + page)
        assert response.status_code == 200, page
        assert dangers(response) == [], page
    closed_ = reviewing.close(round_, by=coordinator, at=now + 4 * DAY)
    texts = {code: evil("Dissent") for code in ("sq", "sr", "en")}
    reviewing.dissent(closed_, texts=texts, by=publisher, at=now)
    page = Client().get("/en/agreements/test-agreement/checked/")
    assert dangers(page) == []
    assert "Dissent &quot;&gt;&lt;script&gt;" in body(page)
    look([(desks["publisher"], rounds[3])], "Dissent")


# ── Headers, cost ────────────────────────────────────────────────────────────────────────────


def test_no_page_is_kept_indexed_or_named_to_other_sites(inside, me):
    pages = [*addresses_of(me.key).values(), "/en/review/"]
    pages += [f"/en/review/{UNKNOWN}/", "/en/review/a/b/c/d"]
    for page in pages:
        response = inside.get(page)
        assert response["Cache-Control"] == "no-store", page
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Referrer-Policy"] == "same-origin"
        assert not response.has_header("ETag")
        if response.status_code == 200:
            assert '<meta name="robots" content="noindex">' in body(response), page
            assert "hreflang" not in body(response).partition("<header")[0]
    response = inside.post("/en/review/fresh-link/", {"email": "x@example.org"})
    assert response["Cache-Control"] == "no-store"


def test_neither_robots_nor_the_sitemap_name_a_review(client, round_, me):
    assert "review" not in body(client.get("/sitemap.xml"))
    robots = body(client.get("/robots.txt"))
    assert me.key not in robots
    for code in PUBLIC_CODES:
        assert f"Disallow: /{code}/review/\n" in robots
    for page in public_pages(round_.version):
        assert me.key not in body(client.get(page))


def test_reading_costs_the_same_with_many_comments(inside, me, released_round):
    pages = ("review-read", "review-read-full-text", "review-discussion", "review-verdict")
    reviewing.reply(Comment.objects.released().first(), "Yes.", member=me)

    def cost():
        found = {}
        for name in pages:
            with CaptureQueriesContext(connection) as asked:
                assert inside.get(address(name, me.key)).status_code == 200
            found[name] = len(asked)
        return found

    few = cost()
    for member in members(released_round):
        for number in range(6):
            comment = comment_of(member, f"Comment {number}", at=timezone.now())
            reviewing.reply(comment, "Yes.", member=me)
    assert cost() == few
    page = body(inside.get(address("review-read", me.key)))
    assert "Comment on this paragraph (31 comments)" in page
