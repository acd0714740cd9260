"""Factories of expert review: experts, a round at any phase, what its panel says."""

import datetime

from django.utils import timezone

from agreements import publishing
from experts import perspectives, reviewing
from experts.models import Expert
from tests.conftest import NOON, make_draft

DAY = datetime.timedelta(days=1)
# Profile and community of each seat of a balanced panel of five.
BALANCED = (
    ("law", "albanian"),
    ("policy", "serb"),
    ("practice", "albanian"),
    ("history", "serb"),
    ("language", ""),
)


def make_expert(name, **columns):
    """Return an expert who is written to in English unless said otherwise."""
    values = {
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}@example.org",
        "language": "en",
        "profile": "law",
        "reads_sq": True,
        "reads_sr": True,
        "reads_en": True,
    }
    return Expert.objects.create(**values | columns)


def sealed_version(preparer, **draft):
    return publishing.seal(make_draft(preparer, **draft), at=NOON)


def prepared(version, coordinator, panel=BALANCED, at=NOON):
    """Return a prepared round with an expert on every seat."""
    today = timezone.localdate(at)
    round_ = reviewing.prepare(
        version,
        profiles=[profile for profile, _community in panel],
        answer_by=today + 7 * DAY,
        review_by=today + 21 * DAY,
        by=coordinator,
        at=at,
    )
    for number, seat in enumerate(round_.seats.order_by("pk"), 1):
        name = f"Expert{number} of {round_.agreement.slug} {round_.number}"
        expert = make_expert(name, profile=seat.profile)
        reviewing.choose(seat, expert, by=coordinator, at=at)
    return round_


def opened(version, coordinator, panel=BALANCED, at=NOON):
    """Return an open round whose experts all accepted and said where they come from."""
    round_ = reviewing.open_round(prepared(version, coordinator, panel, at), by=coordinator, at=at)
    for assignment, (_profile, community) in zip(members(round_), panel, strict=True):
        reviewing.accept(assignment, at=at)
        if community:
            perspectives.declare(assignment, community, at=at)
    return round_


def members(round_):
    """Return the assignments of a round in the order of the panel it was made with."""
    return list(
        round_.assignments.select_related("round__version", "expert", "seat").order_by("seat__pk")
    )


def comment_of(assignment, text="This is not so.", sent=True, at=NOON, **said):
    """Return a comment on the summary in English unless said otherwise."""
    values = {
        "place": "summary",
        "paragraph": 0,
        "language": "en",
        "kind": "fact",
        "text": text,
    }
    comment = reviewing.save_comment(assignment, at=at, **values | said)
    return reviewing.send_comment(comment, at=at) if sent else comment


def judge(assignment, judgement="approve", at=NOON, **said):
    """Give a verdict of an expert, with what its kind needs."""
    if judgement == "object" and "comment" not in said:
        said["comment"] = comment_of(assignment, at=at)
        said.setdefault("would_lift", "A source.")
    if judgement == "not-convinced":
        said.setdefault("reason", "One side only.")
    return reviewing.give_verdict(
        assignment,
        judgement,
        substance=assignment.round.version.substance_hash,
        at=at,
        **said,
    )


def released(version, coordinator, verdicts=("approve",) * 5, panel=BALANCED, at=NOON):
    """Return a round in discussion; `verdicts` in the order of the panel, None: no answer."""
    round_ = opened(version, coordinator, panel, at)
    for assignment, judgement in zip(members(round_), verdicts, strict=True):
        if judgement:
            judge(assignment, judgement, at=at)
    if None in verdicts:
        at = at + 30 * DAY
    day = timezone.localdate(at) + 14 * DAY
    return reviewing.release(round_, discuss_by=day, by=coordinator, at=at)


def closed(version, coordinator, verdicts=("approve",) * 5, panel=BALANCED, at=NOON, editor=None):
    """Return a closed round; comments are answered as noted by `editor` where there are any."""
    round_ = released(version, coordinator, verdicts, panel, at)
    from experts.panels import unanswered_comments

    for comment in unanswered_comments(round_):
        reviewing.respond(comment, "noted", by=editor, at=at)
    return reviewing.close(round_, by=coordinator, at=last_day(round_, at))


def last_day(round_, at=NOON):
    """Return the moment of a day at which the discussion of a round may be closed."""
    day = type(round_).objects.get(pk=round_.pk).discuss_by
    return max(at, NOON.replace(year=day.year, month=day.month, day=day.day)) if day else at


def next_version(version, by, text="Better."):
    """Return the next sealed version of an agreement: the same with another summary."""
    draft = publishing.open_draft(version.agreement, by=by)
    type(draft).objects.filter(pk=draft.pk).update(summary_en=text, change_class="correction")
    return publishing.seal(type(draft).objects.get(pk=draft.pk), at=NOON)
