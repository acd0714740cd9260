"""The balanced quorum, rule by rule at its edge and for any panel.

Cases 27 (a verdict on another text), 28, 29, 30, 31 (an open objection), 32 (the numbers of a
policy) and 33 of docs/expert-review.md. No database: the quorum is a pure function.
"""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experts.quorum import (
    APPROVING,
    NOT_COUNTED,
    Judgement,
    Kind,
    Policy,
    Seat,
    Verdict,
    evaluate,
    expected,
)

TEXT, OTHER_TEXT = "1:text", "1:other"
DEFAULT = Policy()


def ask(*members, policy=DEFAULT, **left):
    """Return the Report for members such as "law serb approve"; "–": not said, or no verdict."""
    seats, verdicts = [], []
    for number, member in enumerate(members):
        profile, community, judgement, *more = member.split()
        key = str(number)
        community = community.replace("–", "")
        seats.append(Seat(key, profile, community, conflicted="conflicted" in more))
        if judgement != "–":
            text = OTHER_TEXT if "other-text" in more else TEXT
            verdicts.append(Verdict(key, Judgement(judgement), text))
    return evaluate(policy, seats, verdicts, substance=TEXT, **left)


def unmet(report):
    """Return the rules that are not met: "share serb"."""
    return [f"{rule.kind} {rule.about}".strip() for rule in report.missing]


FIVE = (
    "law albanian approve",
    "policy serb approve",
    "practice albanian approve-with-edits",
    "history serb approve",
    "language – approve",
)
SEVEN = (*FIVE, "law albanian approve", "policy serb approve")


def changed(panel, **members):
    """Return a panel with other members: changed(FIVE, _0="law albanian –")."""
    return [members.get(f"_{number}", member) for number, member in enumerate(panel)]


# ── Each rule at its edge ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("panel", [FIVE, SEVEN])
def test_a_balanced_panel_that_approves_passes(panel):
    report = ask(*panel)
    assert report.passed
    assert report.balanced
    assert report.missing == []


@pytest.mark.parametrize(
    ("panel", "lacks"),
    [
        # five verdicts, not four
        (changed(FIVE, _4="language – –"), ["size"]),
        (FIVE[:4], ["size"]),
        # seven tenths of the accepted seats answer
        ((*SEVEN, *["history – –"] * 3), []),
        ((*SEVEN, *["history – –"] * 4), ["answered"]),
        ((*SEVEN, "history – not-my-field", *["history – –"] * 3), []),
        # each required profile speaks
        (changed(FIVE, _2="history albanian approve"), ["profile practice"]),
        (changed(FIVE, _0="history albanian approve"), ["profile law"]),
        # each required community speaks once, on a panel of seven twice
        (changed(FIVE, _3="history – approve"), []),
        (changed(FIVE, _1="policy – approve", _3="history – approve"), ["perspective serb"]),
        ((*changed(FIVE, _3="history – approve"), "law – approve"), []),
        ((*changed(FIVE, _3="history – approve"), *["law – approve"] * 2), ["perspective serb"]),
        # no community has more than half
        (changed(FIVE, _4="language albanian approve"), ["share albanian"]),
        ((*FIVE, "language albanian approve"), []),
        (
            ("law albanian approve", "policy serb approve", *["practice other approve"] * 3),
            ["share other"],
        ),
        # two thirds approve: of five four, of six four
        (changed(FIVE, _4="language – not-convinced"), []),
        (changed(FIVE, _4="language – not-convinced", _0="law albanian object"), ["approval"]),
        (
            (*changed(FIVE, _4="language – not-convinced"), "law – not-convinced"),
            [],
        ),
        # at least half inside each required community
        (changed(FIVE, _3="history serb not-convinced"), []),
        (
            changed(SEVEN, _1="policy – approve", _3="history serb object", _6="law serb object"),
            ["approval-inside serb"],
        ),
        (
            (*changed(SEVEN, _1="policy serb object", _3="history serb object"), "law – approve"),
            ["approval-inside serb"],
        ),
    ],
)
def test_each_rule_holds_to_its_edge_and_not_beyond(panel, lacks):
    assert unmet(ask(*panel)) == lacks


def test_five_of_seven_are_not_enough_where_a_community_stands_apart():
    report = ask(
        "law albanian approve",
        "policy albanian approve",
        "practice albanian approve",
        "history – approve",
        "language – approve",
        "law serb not-convinced",
        "policy serb not-convinced",
    )
    assert unmet(report) == ["approval-inside serb"]
    assert not report.balanced


def test_a_panel_that_says_it_is_not_its_field_does_not_pass():
    report = ask(*[member.rsplit(maxsplit=1)[0] + " not-my-field" for member in FIVE])
    rules = {(rule.kind, rule.about): rule for rule in report.rules}
    assert not report.passed
    assert rules[Kind.ANSWERED, ""].met
    assert rules[Kind.SIZE, ""].lacking == 5
    assert not rules[Kind.APPROVAL, ""].met


@pytest.mark.parametrize("left", [{"open_objections": 1}, {"unanswered": 1}])
def test_what_is_open_blocks_a_panel_that_approves(left):
    report = ask(*FIVE, **left)
    assert not report.passed
    assert [rule.lacking for rule in report.missing] == [1]


@pytest.mark.parametrize("not_a_voice", ["conflicted", "other-text"])
def test_neither_a_conflicted_member_nor_a_verdict_on_another_text_counts(not_a_voice):
    assert "size" in unmet(ask(*FIVE[:4], f"{FIVE[4]} {not_a_voice}"))


def test_a_conflicted_member_has_answered_and_who_judged_another_text_has_not():
    conflicted = ask(*(f"{member} conflicted" for member in FIVE))
    other = ask(*(f"{member} other-text" for member in FIVE))
    assert "answered" not in unmet(conflicted)
    assert "answered" in unmet(other)


@pytest.mark.parametrize(
    ("numbers", "lacks"),
    [
        ({"smallest_panel": 6}, ["size"]),
        ({"answered": (1, 1)}, []),
        ({"profiles": ("law", "security")}, ["profile security"]),
        ({"perspectives": ("albanian", "serb", "other")}, ["perspective other"]),
        ({"of_each_perspective": 3}, ["perspective albanian", "perspective serb"]),
        ({"large_panel": 5, "of_each_perspective_on_large": 3},
         ["perspective albanian", "perspective serb"]),
        ({"largest_share": (1, 3)}, ["share albanian", "share serb"]),
        ({"largest_share": (2, 5)}, []),
        ({"largest_share": (0, 1)}, ["share albanian", "share serb"]),
        ({"approving": (1, 1), "approving_inside": (1, 1)}, []),
    ],
)  # fmt: skip
def test_every_number_of_the_policy_is_asked(numbers, lacks):
    assert unmet(ask(*FIVE, policy=replace(DEFAULT, **numbers))) == lacks


def test_shares_are_exact():
    """Two thirds of three are two, and 7/10 of ten are seven: no float says otherwise."""
    policy = Policy(3, (1, 1), (), (), 0, 99, 0, (1, 1), (2, 3), (0, 1))
    assert ask("law – approve", "law – approve", "law – object", policy=policy).passed
    tenths = replace(policy, approving=(7, 10))
    approve, object_ = ["law – approve"], ["law – object"]
    assert ask(*approve * 7, *object_ * 3, policy=tenths).passed
    assert not ask(*approve * 6, *object_ * 4, policy=tenths).passed


# ── Any panel, any policy ────────────────────────────────────────────────────────────────────

PROFILES = ("law", "policy", "practice", "history")
COMMUNITIES = ("albanian", "serb", "other", "")


ANSWERS = st.sampled_from([None, *Judgement])


@st.composite
def panels(draw, judgements=ANSWERS):
    """Return (seats, verdicts) of up to nine members, who did or did not answer."""
    seats, verdicts = [], []
    for number in range(draw(st.integers(0, 9))):
        seats.append(
            Seat(
                str(number),
                draw(st.sampled_from(PROFILES)),
                draw(st.sampled_from(COMMUNITIES)),
                draw(st.sampled_from([False, False, False, True])),
            )
        )
        judgement = draw(judgements)
        if judgement:
            text = draw(st.sampled_from([TEXT, TEXT, TEXT, OTHER_TEXT]))
            verdicts.append(Verdict(str(number), judgement, text))
    return seats, verdicts


SHARES = st.tuples(st.integers(0, 4), st.integers(1, 5)).filter(lambda pair: pair[0] <= pair[1])
SMALL = st.integers(0, 4)
POLICIES = st.just(DEFAULT) | st.builds(
    Policy,
    smallest_panel=SMALL,
    answered=SHARES,
    profiles=st.sets(st.sampled_from(PROFILES)).map(sorted).map(tuple),
    perspectives=st.sets(st.sampled_from(COMMUNITIES[:3])).map(sorted).map(tuple),
    of_each_perspective=SMALL,
    large_panel=st.integers(0, 9),
    of_each_perspective_on_large=SMALL,
    largest_share=SHARES,
    approving=SHARES,
    approving_inside=SHARES,
)
any_panel = settings(max_examples=60, database=None, deadline=None)


def rule_of(report, like):
    """Return the rule of a report that speaks of the same as another rule."""
    (found,) = [x for x in report.rules if (x.kind, x.about) == (like.kind, like.about)]
    return found


@any_panel
@given(POLICIES, panels(st.none()))
def test_a_panel_without_verdicts_never_passes(policy, panel):
    seats, verdicts = panel
    assert verdicts == []
    assert not evaluate(policy, seats, verdicts, substance=TEXT).passed


@any_panel
@given(POLICIES, panels(), st.integers(0, 2), st.integers(0, 2))
def test_the_report_tells_every_rule_once_and_lacks_nothing_where_it_is_met(
    policy, panel, objections, unanswered
):
    report = evaluate(
        policy, *panel, substance=TEXT, open_objections=objections, unanswered=unanswered
    )
    told = [(rule.kind, rule.about) for rule in report.rules]
    assert len(told) == len(set(told))
    assert {kind for kind, _about in told} >= {
        Kind.SIZE,
        Kind.ANSWERED,
        Kind.APPROVAL,
        Kind.OBJECTIONS,
        Kind.COMMENTS,
    }
    for rule in report.rules:
        assert (rule.lacking > 0) != rule.met
    assert report.passed == (report.missing == [])
    if objections or unanswered:
        assert not report.passed


@any_panel
@given(POLICIES, panels())
def test_a_verdict_on_another_text_is_as_if_it_had_not_been_given(policy, panel):
    seats, verdicts = panel
    here = [verdict for verdict in verdicts if verdict.substance == TEXT]
    assert evaluate(policy, seats, verdicts, substance=TEXT) == evaluate(
        policy, seats, here, substance=TEXT
    )


@any_panel
@given(POLICIES, panels())
def test_who_has_no_seat_has_no_voice(policy, panel):
    seats, verdicts = panel
    stranger = Verdict("stranger", Judgement.APPROVE, TEXT)
    assert evaluate(policy, seats, [*verdicts, stranger], substance=TEXT) == evaluate(
        policy, seats, verdicts, substance=TEXT
    )


@any_panel
@given(POLICIES, panels())
def test_stepping_aside_and_conflicts_are_answers_and_nothing_else(policy, panel):
    seats, verdicts = panel
    conflicted = {seat.key for seat in seats if seat.conflicted}
    voices = [
        verdict
        for verdict in verdicts
        if verdict.judgement not in NOT_COUNTED and verdict.seat not in conflicted
    ]
    with_all = evaluate(policy, seats, verdicts, substance=TEXT)
    without = evaluate(policy, seats, voices, substance=TEXT)
    answered = [rule for rule in with_all.rules if rule.kind == Kind.ANSWERED]
    assert [rule for rule in without.rules if rule.kind != Kind.ANSWERED] == [
        rule for rule in with_all.rules if rule.kind != Kind.ANSWERED
    ]
    assert answered[0].lacking <= rule_of(without, answered[0]).lacking


@any_panel
@given(POLICIES, panels(), st.randoms(use_true_random=False))
def test_nobody_gains_by_coming_first(policy, panel, order):
    seats, verdicts = panel
    before = evaluate(policy, seats, verdicts, substance=TEXT)
    seats, verdicts = order.sample(seats, len(seats)), order.sample(verdicts, len(verdicts))
    assert evaluate(policy, seats, verdicts, substance=TEXT) == before


@any_panel
@given(POLICIES, panels())
def test_whoever_is_convinced_after_all_ends_no_rule_that_was_met(policy, panel):
    seats, verdicts = panel
    before = evaluate(policy, seats, verdicts, substance=TEXT)
    for at, verdict in enumerate(verdicts):
        if verdict.judgement != Judgement.NOT_CONVINCED:
            continue
        turned = [*verdicts]
        turned[at] = replace(verdict, judgement=Judgement.APPROVE)
        after = evaluate(policy, seats, turned, substance=TEXT)
        assert not [r for r in before.rules if r.met and not rule_of(after, r).met]


SWAP = {"albanian": "serb", "serb": "albanian"}


def swapped(name):
    return SWAP.get(name, name)


@any_panel
@given(POLICIES, panels())
def test_both_communities_are_measured_with_one_measure(policy, panel):
    seats, verdicts = panel
    other_way = replace(policy, perspectives=tuple(map(swapped, policy.perspectives)))
    turned = [replace(seat, perspective=swapped(seat.perspective)) for seat in seats]
    here = evaluate(policy, seats, verdicts, substance=TEXT)
    there = evaluate(other_way, turned, verdicts, substance=TEXT)
    assert Counter(here.rules) == Counter(
        replace(rule, about=swapped(rule.about)) for rule in there.rules
    )
    assert here.passed == there.passed


SPARE = 30


def with_spare(panel, **seat):
    """Return a panel with more accepted seats, and the verdicts that these could still give."""
    seats, verdicts = panel
    more = [Seat(f"spare{n}", **{"profile": "economy"} | seat) for n in range(SPARE)]
    return [*seats, *more], verdicts, [Verdict(s.key, Judgement.APPROVE, TEXT) for s in more]


def test_a_community_with_too_many_lacks_as_many_others_as_outweigh_it():
    """Four of six where two fifths are allowed: only four more make them four of ten."""
    policy = replace(DEFAULT, largest_share=(2, 5))
    panel = ["law serb approve"] * 4 + ["policy – approve"] * 2
    (rule,) = [rule for rule in ask(*panel, policy=policy).missing if rule.kind == Kind.SHARE]
    assert (rule.about, rule.lacking) == ("serb", 4)
    for more, met in ((3, False), (4, True)):
        report = ask(*panel, *["policy – approve"] * more, policy=policy)
        assert rule_of(report, rule).met is met


@settings(any_panel, max_examples=40)
@given(POLICIES, panels())
def test_what_a_rule_lacks_is_exactly_what_meets_it(policy, panel):
    """So many more verdicts of the right kind meet it, and one fewer does not."""
    right = {Kind.PROFILE: "profile", Kind.PERSPECTIVE: "perspective"}
    for rule in evaluate(policy, *panel, substance=TEXT).rules:
        if rule.kind not in (Kind.SIZE, Kind.ANSWERED, Kind.SHARE, *right):
            continue
        if rule.kind == Kind.SHARE and policy.largest_share[0] == 0:
            continue  # a community that may have nothing is never outweighed
        kind = {right[rule.kind]: rule.about} if rule.kind in right else {}
        seats, verdicts, more = with_spare(panel, **kind)

        def after(number, seats=seats, verdicts=verdicts, more=more, rule=rule):
            said = [*verdicts, *more[:number]]
            return rule_of(evaluate(policy, seats, said, substance=TEXT), rule)

        lacking = after(0).lacking
        if lacking > SPARE:
            continue
        assert after(lacking).met
        assert not lacking or not after(lacking - 1).met


@any_panel
@given(POLICIES, panels())
def test_what_approval_lacks_is_so_many_who_change_their_mind(policy, panel):
    seats, verdicts = panel
    conflicted = {seat.key for seat in seats if seat.conflicted}
    rule = next(
        rule
        for rule in evaluate(policy, seats, verdicts, substance=TEXT).rules
        if rule.kind == Kind.APPROVAL
    )
    against = [
        at
        for at, verdict in enumerate(verdicts)
        if verdict.judgement not in APPROVING | NOT_COUNTED
        and verdict.seat not in conflicted
        and verdict.substance == TEXT
    ]
    if rule.lacking > len(against):  # of no voices at all nobody can change theirs
        assert (rule.lacking, against) == (1, [])
        return
    for number in range(rule.lacking + 1):
        turned = [*verdicts]
        for at in against[:number]:
            turned[at] = replace(verdicts[at], judgement=Judgement.APPROVE)
        after = rule_of(evaluate(policy, seats, turned, substance=TEXT), rule)
        assert after.met == (number == rule.lacking)


@any_panel
@given(POLICIES, panels())
def test_what_speaks_of_communities_is_private(policy, panel):
    for rule in evaluate(policy, *panel, substance=TEXT).rules:
        assert rule.is_private == (rule.about in COMMUNITIES[:3])


@any_panel
@given(POLICIES, panels())
def test_while_nobody_knows_what_was_said_everybody_is_taken_to_approve(policy, panel):
    seats, verdicts = panel
    answered = [verdict.seat for verdict in verdicts]
    all_approve = [Verdict(seat, Judgement.APPROVE, TEXT) for seat in answered]
    assert expected(policy, seats, answered, substance=TEXT) == evaluate(
        policy, seats, all_approve, substance=TEXT
    )


# ── The numbers ──────────────────────────────────────────────────────────────────────────────


@any_panel
@given(POLICIES)
def test_a_policy_comes_back_from_json_as_it_was(policy):
    assert Policy.from_json(json.loads(json.dumps(policy.as_json()))) == policy


def test_a_policy_with_a_name_that_is_not_known_is_refused():
    with pytest.raises(TypeError):
        Policy.from_json(Policy().as_json() | {"smallest": 3})


@pytest.mark.parametrize("name", ["answered", "largest_share", "approving", "approving_inside"])
@pytest.mark.parametrize("share", [(3, 2), (-1, 2), (0, 0), (1, 0), (-2, -1)])
def test_a_share_is_between_nothing_and_everything(name, share):
    with pytest.raises(ValueError, match=name):
        Policy(**{name: share})


@pytest.mark.parametrize(
    "name",
    ["smallest_panel", "of_each_perspective", "large_panel", "of_each_perspective_on_large"],
)
def test_a_number_of_people_is_not_below_nothing(name):
    with pytest.raises(ValueError, match=name):
        Policy(**{name: -1})
    assert getattr(Policy(**{name: 0}), name) == 0


def test_the_rule_begins_with_the_numbers_that_were_decided():
    assert Policy().as_json() == {
        "smallest_panel": 5,
        "answered": [7, 10],
        "profiles": ["law", "policy", "practice"],
        "perspectives": ["albanian", "serb"],
        "of_each_perspective": 1,
        "large_panel": 7,
        "of_each_perspective_on_large": 2,
        "largest_share": [1, 2],
        "approving": [2, 3],
        "approving_inside": [1, 2],
    }
