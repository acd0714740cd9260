"""The coordinator's desk, the editors' answers and what publishers decide, through a real client:
every page and step by every role, a whole round, and what is told where a step cannot be taken."""

import logging
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agreements import drafting, publishing
from agreements.models import Colleague, Version
from experts import badges, fidelity, outbox, reviewing
from experts.models import (
    Alarm,
    Comment,
    Expert,
    FidelityCheck,
    OutboxLetter,
    QuorumPolicy,
    ReviewRound,
)
from tests.conftest import NOON, make_draft
from tests.panels import (
    DAY,
    closed,
    comment_of,
    judge,
    make_expert,
    members,
    next_version,
    opened,
    prepared,
    sealed_version,
)
from tests.review_doors import changed_tables, everything_kept, signed_in
from tests.scenes import change

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_quiet")]
CONDUCT = {"coordinator"}
ANSWER = {"editor", "publisher", "administrator"}
WITHDRAW = {"publisher", "administrator"}
CHECK = {"editor", "translator", "coordinator", "publisher"}
ROUNDS, EXPERTS = "/admin/experts/reviewround/", "/admin/experts/expert/"


@pytest.fixture
def _quiet():
    """Refusals by the hundred need no traceback each."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def desks():
    """{role: client}; the Users are in `who`."""
    return signed_in()


@pytest.fixture
def who(desks):
    return {role: client.user for role, client in desks.items()}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def version(person):
    """A sealed text that none of the colleagues wrote."""
    return sealed_version(person("author"))


def body(response):
    return response.content.decode()


def told(response):
    """Return the messages of the page that a step leads to."""
    return re.findall(r'<li class="(?:success|error)">\s*(.*?)</li>', body(response), re.S)


def url(name, *args):
    return reverse(f"admin:{name}", args=args)


# ── Every door by every role ─────────────────────────────────────────────────────────────────


@pytest.fixture
def discussed(version, who, now):
    """A round in discussion with a suggestion in it."""
    round_ = opened(version, who["coordinator"], at=now)
    first, *rest = members(round_)
    comment_of(first, "Not so.", suggestion="Better.", at=now)
    for member in (first, *rest):
        judge(member, at=now)
    day = timezone.localdate(now) + 14 * DAY
    return reviewing.release(round_, discuss_by=day, by=who["coordinator"], at=now)


def doors(round_):
    """Return {address: who may open it, with which status}."""
    version, key = round_.version_id, Comment.objects.get().key
    expert = members(round_)[0].expert_id
    everybody = CONDUCT | ANSWER | WITHDRAW
    return {
        ROUNDS: (everybody, 200),
        f"{ROUNDS}add/": (CONDUCT, 200),
        f"{ROUNDS}{round_.pk}/change/": (everybody, 200),
        f"{ROUNDS}{round_.pk}/seats/": (CONDUCT, 302),  # is only sent to
        f"{ROUNDS}{round_.pk}/step/": (set(), 200),  # as well
        f"{ROUNDS}{round_.pk}/comments/": (ANSWER | CONDUCT, 200),
        f"{ROUNDS}{round_.pk}/comments/{key}/": (ANSWER, 302),  # as well
        f"{ROUNDS}{round_.pk}/dissent/": (WITHDRAW, 200),
        f"{ROUNDS}{round_.pk}/badge/": (WITHDRAW, 200),
        f"{ROUNDS}version/{version}/translation/sq/": (CHECK, 200),
        f"{ROUNDS}version/{version}/typing-error/": (ANSWER, 200),
        EXPERTS: (CONDUCT, 200),
        f"{EXPERTS}?q=Expert1&profile=law&o=2": (CONDUCT, 200),
        f"{EXPERTS}add/": (CONDUCT, 200),
        f"{EXPERTS}{expert}/change/": (CONDUCT, 200),
        f"{EXPERTS}{expert}/history/": (CONDUCT, 200),
        f"{EXPERTS}{expert}/erase/": (CONDUCT, 200),
        f"{EXPERTS}{expert}/delete/": (set(), 200),
        "/admin/experts/letters/": (CONDUCT, 200),
        "/admin/experts/alarms/": (CONDUCT | ANSWER, 200),
        "/admin/experts/quorumpolicy/": (WITHDRAW, 200),
        "/admin/experts/quorumpolicy/add/": (WITHDRAW, 200),
    }


def test_every_page_opens_for_those_it_is_for(desks, discussed):
    pages = doors(discussed)
    for role, client in desks.items():
        for page, (allowed, status) in pages.items():
            answer = client.get(page)
            assert answer.status_code == (status if role in allowed else 403), (role, page)
    for page in pages:
        assert Client().get(page)["Location"].startswith("/admin/login/"), page


DEEDS = {
    "step": ("choose", "invite", "remind", "remove", "end-links", "open", "extend", "release"),
    "answer": ("apply", "reply", ""),
}


def deeds(round_):
    """Return [(address, data, who may)] of everything that can be sent."""
    version, member = round_.version_id, members(round_)[0]
    comment = Comment.objects.get().key
    texts = dict.fromkeys(("sq", "sr", "en"), "Because.")
    everything = {
        "member": member.pk,
        "seat": member.seat_id,
        "expert": member.expert_id,
        "reason": "Because.",
        "superseded": "yes",
        "profile": "law",
        "text": "Yes.",
        "decision": "noted",
        "faithful": "yes",
        "sure": "yes",
        "letter": 1,
        "alarm": Alarm.objects.get().pk,
        "name": "Nobody",
        "email": "nobody@example.org",
        **{f"text_{code}": text for code, text in texts.items()},
        **{f"reason_{code}": text for code, text in texts.items()},
    }
    found = [
        (f"{ROUNDS}{round_.pk}/step/", everything | {"step": step}, CONDUCT)
        for step in (*DEEDS["step"], "close", "cancel", "no such step")
    ]
    found += [
        (f"{ROUNDS}{round_.pk}/comments/{comment}/", everything | {"step": step}, ANSWER)
        for step in DEEDS["answer"]
    ]
    others = {
        f"{ROUNDS}add/": CONDUCT,
        f"{ROUNDS}{round_.pk}/seats/": CONDUCT,
        f"{ROUNDS}{round_.pk}/dissent/": WITHDRAW,
        f"{ROUNDS}{round_.pk}/badge/": WITHDRAW,
        f"{ROUNDS}version/{version}/translation/sq/": CHECK,
        f"{ROUNDS}version/{version}/typing-error/": ANSWER,
        f"{EXPERTS}add/": CONDUCT,
        f"{EXPERTS}{member.expert_id}/change/": CONDUCT,
        f"{EXPERTS}{member.expert_id}/erase/": CONDUCT,
        f"{EXPERTS}{member.expert_id}/delete/": set(),
        "/admin/experts/letters/": CONDUCT,
        "/admin/experts/alarms/": CONDUCT | ANSWER,
        "/admin/experts/quorumpolicy/add/": WITHDRAW,
    }
    return found + [(page, everything, allowed) for page, allowed in others.items()]


def test_every_step_is_refused_to_those_it_is_not_for(desks, discussed, public, now):
    """review-workflow.md, section 4: a superuser without a role has no step either."""
    publishing.publish(discussed.version, by=desks["publisher"].user, replacing=None, at=now)
    reviewing.raise_alarm(members(discussed)[0], "Wrong.", at=now)
    everything = deeds(discussed)
    before = everything_kept()
    for role, client in desks.items():
        for page, data, allowed in everything:
            if role not in allowed:
                assert client.post(page, data).status_code == 403, (role, page, data.get("step"))
    for page, data, _allowed in everything:
        assert Client().post(page, data)["Location"].startswith("/admin/login/"), page
    assert changed_tables(before) == []


def test_a_round_or_text_that_does_not_exist_is_not_found(desks, discussed):
    for number in (10**6, 10**30):
        for page in ("change/", "comments/", "seats/", "step/"):
            assert desks["coordinator"].get(f"{ROUNDS}{number}/{page}").status_code == 404
        for page in ("dissent/", "badge/"):
            assert desks["publisher"].get(f"{ROUNDS}{number}/{page}").status_code == 404
        for page in ("translation/sq/", "typing-error/"):
            address = f"{ROUNDS}version/{number}/{page}"
            assert desks["editor"].get(address).status_code == 404
    for language in ("en", "de"):
        address = f"{ROUNDS}version/{discussed.version_id}/translation/{language}/"
        assert desks["editor"].get(address).status_code == 404
    draft = publishing.open_draft(discussed.agreement, by=desks["editor"].user)
    address = f"{ROUNDS}version/{draft.pk}/translation/sq/"
    assert desks["editor"].get(address).status_code == 404
    assert desks["editor"].get(f"{ROUNDS}version/{draft.pk}/typing-error/").status_code == 200


def test_zero_bytes_are_refused(desks, discussed):
    zero = {"step": "cancel", "reason": "a\x00", "text_en": "\x00", "note": "\x00", "name": "\x00"}
    for page, (allowed, _status) in doors(discussed).items():
        for role in sorted(allowed)[:1]:
            answer = desks[role].post(page, zero)
            assert answer.status_code in (200, 302, 400, 403, 405), page
            if "/reviewround/" in page and page != ROUNDS:
                assert answer.status_code == 400, page
    discussed.refresh_from_db()
    assert discussed.phase == "discussion"
    assert desks["coordinator"].get(f"{EXPERTS}?q=%00").status_code == 400


def test_no_page_of_a_round_is_kept(desks, discussed):
    for page, (allowed, _status) in doors(discussed).items():
        for role in sorted(allowed)[:1]:
            assert "no-store" in desks[role].get(page)["Cache-Control"], page


# ── A round, from its preparation to its end ─────────────────────────────────────────────────


class Desk:
    """The coordinator's desk of one round."""

    def __init__(self, client, round_):
        self.client, self.round = client, round_
        self.page = url("experts_reviewround_change", round_.pk)

    def step(self, step, **data):
        """Press a button; return what is told on the page it leads to."""
        days = {name: getattr(self.round, name) or "" for name in ("answer_by", "review_by")}
        address = url("round-step", self.round.pk)
        answer = self.client.post(address, days | data | {"step": step}, follow=True)
        assert answer.redirect_chain[-1][0] == self.page
        self.round.refresh_from_db()
        return " ".join(told(answer))

    def seats(self, **data):
        answer = self.client.post(url("round-seats", self.round.pk), data, follow=True)
        return " ".join(told(answer))

    def text(self):
        return body(self.client.get(self.page))


PANEL = ("law", "law", "policy", "policy", "practice", "practice")


@pytest.fixture
def people_to_ask():
    return [make_expert(f"Person {n}", profile=profile) for n, profile in enumerate(PANEL)]


def prepare(client, sealed, **changes):
    """Send the form that prepares a round."""
    today = timezone.localdate()
    data = {"version": sealed.pk, "answer_by": today + 7 * DAY, "review_by": today + 20 * DAY}
    fields = ("law", "policy", "practice", "history", "language", "economy", "security")
    data |= {f"seats_{field}": PANEL.count(field) for field in fields}
    return client.post(url("experts_reviewround_add"), data | changes)


def test_a_coordinator_conducts_a_round_from_preparing_to_close(
    desks, version, people_to_ask, monkeypatch, who
):
    client, now = desks["coordinator"], timezone.now()
    page = body(client.get(f"{url('experts_reviewround_add')}?version={version.pk}"))
    assert f'<option value="{version.pk}" selected>' in page
    answer = prepare(client, version)
    desk = Desk(client, ReviewRound.objects.get())
    assert answer["Location"] == desk.page
    assert "Choose an expert for every seat" in desk.step("open")
    assert desk.round.phase == "preparing"
    desk.seats(profile="history")
    assert desk.round.seats.count() == 7
    desk.seats(seat=desk.round.seats.get(profile="history").pk)
    seats = list(desk.round.seats.order_by("pk"))
    assert len(seats) == 6
    for seat, expert in zip(seats, people_to_ask, strict=True):
        assert desk.step("choose", seat=seat.pk, expert=expert.pk) == "The seat is taken."
    assert "Take the expert off this seat first." in desk.seats(seat=seats[0].pk)
    assert "taken" in desk.step("choose", seat=seats[0].pk, expert=people_to_ask[1].pk)
    assert "Choose an expert." in desk.step("choose", seat=seats[0].pk, expert="")
    first = members(desk.round)[0]
    assert desk.step("remove", member=first.pk) == "The seat is free."
    desk.step("choose", seat=seats[0].pk, expert=people_to_ask[0].pk)
    assert "round is open" in desk.step("open")
    assert desk.round.phase == "independent"
    assert OutboxLetter.objects.filter(rule="invitation").count() == 6
    panel = members(desk.round)
    assert desk.step("remind", member=panel[1].pk) == "The reminder is on its way."
    assert "A reminder left today already." in desk.step("remind", member=panel[1].pk)
    for member in panel:
        reviewing.accept(member, at=now)
    assert "Say why this expert leaves the panel." in desk.step("remove", member=panel[0].pk)
    later = desk.round.review_by + 5 * DAY
    assert desk.step("extend", review_by=later) == "The days are changed."
    assert desk.round.review_by == later
    assert "Choose the days." in desk.step("extend", review_by="soon")
    discuss_by = timezone.localdate() + 10 * DAY
    assert "Not all reviews are in" in desk.step("release", discuss_by=discuss_by)
    comment_of(panel[0], "Not so.", at=now)
    for member in panel:
        judge(member, at=now)
    assert "6 reviews have arrived" in desk.text()
    assert "Choose the day" in desk.step("release")
    assert desk.step("release", discuss_by=discuss_by) == "The comments are released."
    assert desk.round.phase == "discussion"
    monkeypatch.setattr(timezone, "now", lambda: now + 11 * DAY)
    client.force_login(who["coordinator"])
    assert "Answer every comment first" in desk.step("close")
    reviewing.respond(Comment.objects.get(), "noted", by=who["editor"])
    assert "Say why." in desk.step("cancel", reason=" ")
    assert "The round is closed: not passed." in desk.step("close")  # nobody said a community
    assert desk.round.outcome == "not-passed"
    assert "This round is closed." in desk.step("cancel", reason="Too late.")
    text = desk.text()
    assert "Next steps" not in text
    assert "✗ not met: the panel was balanced" in text


def test_a_round_that_cannot_be_prepared_comes_back_with_its_form(desks, version, now, who):
    client, today = desks["coordinator"], timezone.localdate()
    wrong = {
        "A panel needs seats.": {f"seats_{field}": 0 for field in ("law", "policy", "practice")},
        "Reviews cannot be due before": {"review_by": today + DAY},
        "Select a valid choice.": {"version": 10**6},
        "Enter a valid date.": {"answer_by": "soon"},
        "less than or equal to 9": {"seats_law": 10},
    }
    for words, changes in wrong.items():
        answer = prepare(client, version, **changes)
        assert answer.status_code == 200
        assert words in body(answer)
        if "review_by" not in changes and "version" not in changes:
            assert str(today + 20 * DAY) in body(answer)
    assert not ReviewRound.objects.exists()
    prepared(version, who["coordinator"], at=now)
    assert "Select a valid choice." in body(prepare(client, version))  # it is in review already


def test_a_second_invitation_after_a_refusal_comes_from_the_desk(desks, version, now, who):
    round_ = opened(version, who["coordinator"], at=now)
    desk, member = Desk(desks["coordinator"], round_), members(round_)[0]
    assert desk.step("remove", member=member.pk, reason="Ill.") == "The seat is free."
    assert "not on the panel any more" in desk.step("remove", member=member.pk, reason="Ill.")
    assert "not on the panel any more" in desk.step("remove", member=10**9)
    assert "not on the panel any more" in desk.step("invite", member="x")
    stand_in = make_expert("Stand In", profile=member.seat.profile)
    chosen = {"seat": member.seat_id, "expert": stand_in.pk}
    assert desk.step("choose", **chosen) == "The invitation is on its way."
    seated = stand_in.assignments.get()
    reviewing.decline(seated, reason="No time.", suggests="Ask Ana.", at=now)
    text = desk.text()
    assert "No time." in text
    assert "Ask Ana." in text
    assert desk.step("choose", **chosen) == "The invitation is on its way."
    seated.refresh_from_db()
    assert (seated.state, seated.invitations) == ("invited", 2)
    assert desks["coordinator"].post(url("round-step", round_.pk), {"step": "x"}).status_code == 403


# ── Answers to comments ──────────────────────────────────────────────────────────────────────


def answer_to(comment):
    return url("round-answer", comment.assignment.round_id, comment.key)


def test_an_editor_answers_every_comment_and_a_refusal_has_a_reason(desks, discussed):
    client, comment = desks["editor"], Comment.objects.get()
    page = url("round-comments", discussed.pk)
    assert f"Expert {comment.assignment.alias}" in body(client.get(page))
    kept = client.post(answer_to(comment), {"decision": "rejected", "reason": " "})
    assert "Say why the comment is not accepted." in body(kept)
    assert '<option value="rejected" selected>' in body(kept)
    long = client.post(answer_to(comment), {"decision": "noted", "reason": "y" * 5001}, follow=True)
    assert "Choose what you do with the comment." in told(long)
    unknown = client.post(answer_to(comment), {"decision": "burn"}, follow=True)
    assert "Choose what you do with the comment." in told(unknown)
    assert not comment.responses.exists()
    done = client.post(
        answer_to(comment), {"decision": "rejected", "reason": "The source says so."}
    )
    assert done["Location"] == f"{page}#c-{comment.key}"
    again = client.post(answer_to(comment), {"decision": "noted"}, follow=True)
    assert "The comment is answered." in told(again)
    assert list(comment.responses.values_list("decision", flat=True)) == ["rejected", "noted"]
    empty = client.post(answer_to(comment), {"step": "reply", "text": " "})
    assert "There is nothing in it yet." in body(empty)
    client.post(answer_to(comment), {"step": "reply", "text": "We looked again."})
    assert comment.replies.get().colleague == desks["editor"].user
    assert "Answer again" not in body(desks["coordinator"].get(page))  # reads alone


def test_an_accepted_suggestion_stands_in_the_draft_and_the_comment_is_answered(desks, discussed):
    client, comment = desks["editor"], Comment.objects.get()
    assert "Accept the suggestion" in body(client.get(url("round-comments", discussed.pk)))
    done = client.post(answer_to(comment), {"step": "apply"}, follow=True)
    assert "The wording is in the draft, and the comment is answered." in told(done)
    assert drafting.text_to_write(discussed.agreement).summary_en == "Better."
    assert comment.responses.get().decision == "accepted"
    sealed = Version.objects.get(pk=discussed.version_id)
    assert sealed.summary_en == "Summary."
    twice = client.post(answer_to(comment), {"step": "apply"})
    assert "What stands in the draft by now" in body(twice)
    assert comment.responses.count() == 1


def test_a_suggestion_whose_text_moved_on_shows_three_texts_and_changes_none(desks, discussed):
    comment = Comment.objects.get()
    change(
        discussed.agreement, "summary", "en", "Another editor wrote.", by=desks["publisher"].user
    )
    page = body(desks["editor"].post(answer_to(comment), {"step": "apply"}))
    assert "The draft has another text there by now." in page
    for text in ("Summary.", "Better.", "Another editor wrote."):
        assert f">{text}<" in page
    assert drafting.text_to_write(discussed.agreement).summary_en == "Another editor wrote."
    assert not comment.responses.exists()
    shown = body(desks["editor"].get(url("round-comments", discussed.pk)))
    assert "On changed text. Now there stands:" in shown


def test_a_suggestion_for_a_text_that_is_gone_is_told(desks, version, who, now):
    round_ = opened(version, who["coordinator"], at=now)
    first, *rest = members(round_)
    comment = comment_of(first, "", suggestion="Better.", place="provision.p1.text", at=now)
    for member in (first, *rest):
        judge(member, at=now)
    day = timezone.localdate(now) + 14 * DAY
    reviewing.release(round_, discuss_by=day, by=who["coordinator"], at=now)
    publishing.open_draft(version.agreement, by=who["editor"]).provision_texts.all().delete()
    page = body(desks["editor"].post(answer_to(comment), {"step": "apply"}))
    assert "The draft has another text there by now." in page
    assert "On removed text." in body(desks["editor"].get(url("round-comments", round_.pk)))


def test_answers_cost_the_same_with_many_comments(desks, version, who, now):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    round_ = opened(version, who["coordinator"], at=now)
    panel = members(round_)
    reviewing_comment = comment_of(panel[0], at=now)
    for member in panel:
        judge(member, at=now)
    day = timezone.localdate(now) + 14 * DAY
    reviewing.release(round_, discuss_by=day, by=who["coordinator"], at=now)
    reviewing.reply(reviewing_comment, "Yes.", member=panel[1], at=now)
    reviewing.reply(reviewing_comment, "Yes.", by=who["editor"], at=now)
    reviewing.respond(reviewing_comment, "noted", by=who["editor"], at=now)

    def cost():
        with CaptureQueriesContext(connection) as asked:
            desks["editor"].get(url("round-comments", round_.pk))
        return len(asked)

    few = cost()
    for member in panel:
        for number in range(4):
            comment_of(member, f"Comment {number}", at=now)
    assert cost() == few


# ── What publishers decide ───────────────────────────────────────────────────────────────────

THREE = {"sq": "Sepse.", "sr": "Зато.", "en": "Because."}


def test_a_dissent_is_told_in_three_languages_by_somebody_who_did_not_write(desks, version, who):
    verdicts = ("approve", "not-convinced", "not-convinced", "not-convinced", "approve")
    round_ = closed(version, who["coordinator"], verdicts, editor=who["editor"])
    page = url("round-dissent", round_.pk)
    two = {f"text_{code}": THREE[code] for code in ("sq", "en")}
    kept = body(desks["publisher"].post(page, two))
    assert "Readers need the reason in all three languages." in kept
    assert "Sepse." in kept
    assert not hasattr(ReviewRound.objects.get(), "dissent")
    three = {f"text_{code}": text for code, text in THREE.items()}
    done = desks["publisher"].post(page, three, follow=True)
    assert "It can now be published as reviewed with dissent." in told(done)
    again = body(desks["administrator"].post(page, three))
    assert "Somebody else decided this already." in again
    assert "Because." in body(desks["editor"].get(url("experts_reviewround_change", round_.pk)))
    publishing.publish(version, by=who["publisher"], replacing=None)
    assert badges.standing(version, "en").level == "with-dissent"
    assert "with dissent" in body(Client().get("/en/agreements/test-agreement/"))


def test_a_badge_is_withdrawn_at_once_by_somebody_who_did_not_write(desks, version, who):
    round_ = closed(version, who["coordinator"], editor=who["editor"])
    publishing.publish(version, by=who["publisher"], replacing=None)
    desk = url("experts_reviewround_change", round_.pk)
    page = url("round-withdraw-badge", round_.pk)
    assert page in body(desks["publisher"].get(desk))
    assert page not in body(desks["editor"].get(desk))
    assert "data-verified" in body(Client().get("/en/agreements/test-agreement/"))
    three = {f"reason_{code}": text for code, text in THREE.items()}
    kept = body(desks["publisher"].post(page, three | {"reason_sr": " "}))
    assert "Readers need the reason in all three languages." in kept
    done = desks["publisher"].post(page, three, follow=True)
    assert "The badge is withdrawn. Readers see that already." in told(done)
    public = body(Client().get("/en/agreements/test-agreement/"))
    assert "data-verified" not in public
    assert "Because." in public
    assert "withdrawn already" in body(desks["administrator"].post(page, three))


@pytest.mark.parametrize("passes", [True, False])
def test_nobody_decides_about_the_badge_of_their_own_work(desks, who, passes):
    version = sealed_version(who["publisher"])
    verdicts = ("approve",) * 5 if passes else ("approve", *("not-convinced",) * 4)
    round_ = closed(version, who["coordinator"], verdicts, editor=who["editor"])
    name = "round-withdraw-badge" if passes else "round-dissent"
    field = "reason" if passes else "text"
    data = {f"{field}_{code}": text for code, text in THREE.items()}
    kept = body(desks["publisher"].post(url(name, round_.pk), data))
    assert "You prepared or wrote part of this version" in kept
    assert "Because." in kept
    assert desks["chief"].post(url(name, round_.pk), data).status_code == 403
    round_ = ReviewRound.objects.get()
    assert not hasattr(round_, "dissent")
    assert not hasattr(round_, "badge_withdrawal")


def test_nothing_is_decided_about_a_round_that_did_not_end_so(desks, discussed):
    three = {
        f"{field}_{code}": text for code, text in THREE.items() for field in ("text", "reason")
    }
    dissent = body(desks["publisher"].post(url("round-dissent", discussed.pk), three))
    assert "Only a round that did not pass leaves a dissent." in dissent
    badge = body(desks["publisher"].post(url("round-withdraw-badge", discussed.pk), three))
    assert "This round gave no badge." in badge


# ── Translations, typing errors ──────────────────────────────────────────────────────────────


@pytest.fixture
def translated(person, who):
    """A sealed text whose Serbian is partly the translator's; every role reads all languages."""
    Colleague.objects.update(translates_sq=True, translates_sr=True)
    draft = make_draft(person("author"))
    change(draft, "summary", "sr", "Нови сажетак.", by=who["translator"])
    return publishing.seal(draft.agreement.versions.get(), at=NOON)


def test_a_translator_does_not_confirm_their_own_text_nor_a_superuser_any(desks, who, translated):
    """Case 39."""
    page, yes = url("version-fidelity", translated.pk, "sr"), {"faithful": "yes"}
    own = body(desks["translator"].get(page)).partition("content-main")[2]
    assert "You translated part of it; somebody else has to check it." in own
    assert "<form" not in own.partition("</table>")[2]
    refused = desks["translator"].post(page, yes)
    assert "You translated part of it; somebody else has to check it." in told(refused)
    assert desks["chief"].post(page, yes).status_code == 403
    Colleague.objects.filter(user=who["editor"]).update(translates_sr=False)
    assert "checked by who reads both languages" in body(desks["editor"].get(page))
    assert "A translation is checked by who reads both languages." in told(
        desks["editor"].post(page, yes)
    )
    neither = body(desks["publisher"].post(page, {"note": "Kept as typed"}))
    assert "Say yes or no." in neither
    assert "Kept as typed" in neither
    lacking = body(desks["publisher"].post(page, {"faithful": "no", "note": " "}))
    assert "Say where it does not say the same." in lacking
    assert not FidelityCheck.objects.exists()
    done = desks["publisher"].post(page, yes, follow=True)
    assert "Your check is in. Thank you." in told(done)
    assert FidelityCheck.objects.get().colleague == who["publisher"]
    albanian = desks["translator"].post(url("version-fidelity", translated.pk, "sq"), yes)
    assert albanian["Location"] == "/admin/"


def test_two_editors_keep_a_badge_over_a_typing_error(desks, who, person):
    version = sealed_version(person("author"))
    closed(version, who["coordinator"], editor=who["editor"])
    publishing.publish(version, by=who["publisher"], replacing=None)
    corrected = next_version(version, person("corrector"), "Sumary.")
    page = url("version-carry-over", corrected.pk)
    shown = body(desks["editor"].get(page))
    assert "Ask to keep the badge" in shown
    assert "Sumary." in shown
    asked = desks["editor"].post(page, follow=True)
    assert "Now a second editor has to confirm it." in told(asked)
    assert not badges.standing(corrected, "en").is_verified
    assert "Somebody who did not write it" in body(desks["editor"].post(page, follow=True))
    line = f'href="{page}"'
    assert line in body(desks["publisher"].get("/admin/"))
    assert line not in body(desks["editor"].get("/admin/"))  # their own
    done = desks["publisher"].post(page, follow=True)
    assert "The badge stays; the panel is told and has ten days." in told(done)
    assert badges.standing(corrected, "en").is_verified
    assert "<button" not in body(desks["administrator"].get(page)).partition("content-main")[2]
    late = desks["administrator"].post(page, follow=True)
    assert "Somebody else confirmed it already." in told(late)


def test_there_is_no_badge_to_keep_over_another_kind_of_change(desks, who, version, person):
    page = url("version-carry-over", version.pk)
    assert "There is no badge of an earlier version to keep." in body(desks["editor"].get(page))
    refused = desks["editor"].post(page, follow=True)
    assert "Only a sealed correction can keep a badge." in told(refused)


# ── The rule, the experts, the letters, the alarms ───────────────────────────────────────────


def policy_form(**changes):
    data = {
        "smallest_panel": 5,
        "answered": "7/10",
        "profiles": ["law", "policy"],
        "of_each_perspective": 1,
        "large_panel": 7,
        "of_each_perspective_on_large": 2,
        "largest_share": "1/2",
        "approving": "2/3",
        "approving_inside": "1/2",
    }
    return data | changes


def test_the_rule_is_changed_by_a_new_row_and_bad_shares_come_back_with_words(desks, discussed):
    page = url("experts_quorumpolicy_add")
    first = QuorumPolicy.objects.get()
    assert 'value="2/3"' in body(desks["publisher"].get(page))
    wrong = {
        "Write a share, such as 2/3.": ("thirds", "2", "2/x", "-1/2", "1/2/3", "½"),
        "A share is between 0 and 1.": ("3/2", "1/0", "0/0"),
    }
    for words, shares in wrong.items():
        for share in shares:
            answer = desks["publisher"].post(page, policy_form(approving=share, answered=share))
            assert answer.status_code == 200
            assert words in body(answer), share
            assert f'value="{share}"' in body(answer)
    for changes in ({"smallest_panel": 0}, {"profiles": ["magic"]}, {"approving": "1" * 10}):
        assert desks["publisher"].post(page, policy_form(**changes)).status_code == 200
    assert QuorumPolicy.objects.get() == first
    done = desks["publisher"].post(page, policy_form(smallest_panel=9, approving=" 3 / 4 "))
    assert done.status_code == 302
    newest = QuorumPolicy.objects.first()
    assert (newest.policy.smallest_panel, newest.policy.approving) == (9, (3, 4))
    assert newest.decided_by == desks["publisher"].user
    assert ReviewRound.objects.get().policy == first  # a round keeps its rule
    assert reviewing.current_policy() == newest
    shown = f"/admin/experts/quorumpolicy/{newest.pk}/"
    assert desks["publisher"].get(f"{shown}change/").status_code == 200
    assert desks["publisher"].post(f"{shown}change/", policy_form()).status_code == 403
    assert desks["publisher"].post(f"{shown}delete/", {"post": "yes"}).status_code == 403
    listed = body(desks["administrator"].get("/admin/experts/quorumpolicy/"))
    assert "At least 9 verdicts count." in listed


def expert_form(**changes):
    data = {"name": "New One", "email": "new@example.org", "language": "sq", "profile": "law"}
    return data | changes


def test_coordinators_keep_the_list_of_experts(desks, person):
    add, client = url("experts_expert_add"), desks["coordinator"]
    for wrong in ({"name": ""}, {"email": ""}, {"email": "x"}, {"profile": "magic"}):
        kept = client.post(add, expert_form(affiliation="Kept as typed") | wrong)
        assert kept.status_code == 200
        assert "Kept as typed" in body(kept)
    assert not Expert.objects.exists()
    assert client.post(add, expert_form()).status_code == 302
    twice = client.post(add, expert_form(email="NEW@example.org"))
    assert "There is an expert with this e-mail already." in body(twice)
    expert = Expert.objects.get()
    change_ = url("experts_expert_change", expert.pk)
    client.post(change_, expert_form(name="Renamed", reads_sq="on"))
    assert Expert.objects.get().reads_sq
    assert "Renamed" in body(client.get(f"{EXPERTS}?q=renam"))
    assert "community" not in body(client.get(change_)).lower()


def test_an_erased_expert_leaves_no_name_in_the_admin(desks, version, who):
    """Case 44: not in lists, histories, recent actions or the log of changes."""
    client = desks["coordinator"]
    client.post(url("experts_expert_add"), expert_form(name="Unique Name"))
    expert = Expert.objects.get()
    change_, erase = url("experts_expert_change", expert.pk), url("expert-erase", expert.pk)
    client.post(change_, expert_form(name="Unique Name", affiliation="Unique Place"))
    assert erase in body(client.get(change_))
    assert "Unique Name" in body(client.get(erase))
    client.post(erase, {})
    expert.refresh_from_db()
    assert not expert.erased_at  # asked once
    done = client.post(erase, {"sure": "yes"}, follow=True)
    assert "The person is erased" in body(done)
    for page in (EXPERTS, change_, f"{EXPERTS}{expert.pk}/history/", "/admin/"):
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert "Unique" not in body(answer), page
    assert client.get(erase).status_code == 404
    assert client.post(change_, expert_form()).status_code == 403
    kept = [entry for entry in LogEntry.objects.all() if "Unique" in f"{entry} {entry.object_repr}"]
    assert kept == []


def test_a_stuck_letter_is_shown_and_sent_again_by_a_person(desks, version, who, now, mailoutbox):
    round_ = reviewing.open_round(
        prepared(version, who["coordinator"], at=now), by=who["coordinator"], at=now
    )
    letter = OutboxLetter.objects.first()
    OutboxLetter.objects.filter(pk=letter.pk).update(claimed_at=now, failure="SMTPServerError")
    page, client = url("review-letters"), desks["coordinator"]
    assert 'id="stuck"' in body(client.get("/admin/"))
    text = body(client.get(page))
    assert "Begun and never marked as sent" in text
    assert "SMTPServerError" in text
    for wrong in ("", "x", 10**30, OutboxLetter.objects.last().pk):
        assert "not stuck any more" in body(client.post(page, {"letter": wrong}))
    assert "The letter waits again." in told(client.post(page, {"letter": letter.pk}))
    assert "not stuck any more" in body(client.post(page, {"letter": letter.pk}))
    outbox.send_waiting(at=timezone.now())
    assert len(mailoutbox) == 5
    assert round_.assignments.count() == 5
    for letter in mailoutbox:  # no list of letters holds what they say
        assert re.search(r"/review/enter/(\S+)/", letter.body)[1] not in body(client.get(page))
    assert 'id="stuck"' not in body(client.get("/admin/"))


def test_an_alarm_is_shown_at_once_and_settled_by_one(desks, version, who, now):
    publishing.publish(version, by=who["publisher"], replacing=None, at=now)
    round_ = opened(version, who["coordinator"], at=now)
    member = members(round_)[0]
    alarm = reviewing.raise_alarm(member, "The date is wrong.", at=now)
    page = url("review-alarms")
    for role in ("editor", "publisher", "administrator", "coordinator"):
        assert 'id="alarms"' in body(desks[role].get("/admin/")), role
        text = body(desks[role].get(page))
        assert "The date is wrong." in text
        assert member.expert.name not in text
        assert f"Expert {member.alias}" not in text
    for wrong in ("", "x", 10**30):
        assert desks["editor"].post(page, {"alarm": wrong}).status_code == 200
    assert "Thank you. It is settled." in told(desks["editor"].post(page, {"alarm": alarm.pk}))
    late = desks["publisher"].post(page, {"alarm": alarm.pk})
    assert "Somebody else looked at it already." in told(late)
    alarm.refresh_from_db()
    assert alarm.settled_by == who["editor"]
    assert 'id="alarms"' not in body(desks["editor"].get("/admin/"))


# ── The start page ───────────────────────────────────────────────────────────────────────────


def sections(client):
    """Return the sections of expert review on a start page."""
    ours = {"alarms", "rounds", "answers", "typing", "fidelity", "stuck"}
    return (
        set(re.findall(r'<section class="need" id="([\w-]+)"', body(client.get("/admin/")))) & ours
    )


def test_the_start_page_asks_each_role_for_its_own(desks, version, who, now):
    nobody = {role: set() for role in desks}
    round_ = opened(version, who["coordinator"], at=now)
    comment_of(members(round_)[0], at=now)
    for member in members(round_):
        judge(member, at=now)
    blind = nobody | {"coordinator": {"rounds"}}
    assert {role: sections(client) for role, client in desks.items()} == blind
    assert "5 reviews have arrived; the comments can be released" in body(
        desks["coordinator"].get("/admin/")
    )
    day = timezone.localdate(now) + 14 * DAY
    reviewing.release(round_, discuss_by=day, by=who["coordinator"], at=now)
    answering = blind | {role: {"answers"} for role in ANSWER}
    assert {role: sections(client) for role, client in desks.items()} == answering
    assert "1 comment waits for an answer" in body(desks["coordinator"].get("/admin/"))


def test_a_translation_that_waits_for_the_badge_is_asked_of_who_may_check_it(
    desks, who, translated
):
    closed(translated, who["coordinator"], editor=who["editor"])
    publishing.publish(translated, by=who["publisher"], replacing=None)
    Colleague.objects.filter(user=who["publisher"]).update(translates_sq=False)

    def asked():
        found = set()
        for role, client in desks.items():
            text = body(client.get("/admin/"))
            for language in ("sq", "sr"):
                if url("version-fidelity", translated.pk, language) in text:
                    found.add((role, language))
        return found

    everything = {(role, language) for role in CHECK for language in ("sq", "sr")}
    assert asked() == everything - {("translator", "sr"), ("publisher", "sq")}
    fidelity.check(translated, "sq", is_faithful=True, by=who["editor"])
    assert asked() == {(role, "sr") for role in CHECK - {"translator"}}


def test_the_desk_of_an_agreement_names_its_rounds_and_who_may_prepare_one(desks, version, who):
    desk = url("agreements_agreement_change", version.agreement_id)
    add = f"{url('experts_reviewround_add')}?version={version.pk}"
    for role in ("editor", "translator", "publisher", "administrator", "chief", "coordinator"):
        text = body(desks[role].get(desk))
        assert "No round yet." in text
        assert (add in text) == (role == "coordinator"), role
    round_ = closed(version, who["coordinator"], editor=who["editor"])
    link = url("experts_reviewround_change", round_.pk)
    for role in ("editor", "translator", "chief", "coordinator"):
        text = body(desks[role].get(desk))
        assert "Round 1 on version 1" in text
        leads = desks[role].get(link).status_code == 200
        assert (f'href="{link}"' in text) == leads, role  # no way to a page that is not open
    publish = url("agreement-publish", version.agreement_id, version.number)
    assert "it will carry the badge" in body(desks["publisher"].get(publish))
