"""Records for tests: one of each kind on an agreement, as a draft or published.

`version` is what conftest's `public()` or `make_draft` returns. The editor of its text prepares
the records, SECOND publishes them. Every text stands in three languages; `changes` overwrite
columns. Two records of one kind need two keys.
"""

from datetime import date

from django.contrib.auth.models import User

from agreements import recording
from agreements.models import Assessment, Event, Obligation, Obstacle, Position, Reply, Source
from dialogue_platform.languages import STORED
from tests.conftest import NOON

SECOND = "second-person"  # the account that publishes what others prepared

WHY = {
    "sq": "Data ishte e gabuar.",
    "sr": "Датум је био погрешан.",
    "en": "The date was wrong.",
}
# The field by which tests tell one content of a record from another.
TELLING = {
    "obligation": "text",
    "assessment": "reason",
    "obstacle": "text",
    "position": "statement",
    "reply": "institution",
    "event": "title",
}


def words(field, text):
    """Return {column: text} of one field in three languages."""
    said = {"sq": f"{text}, shqip", "sr": f"{text}, српски", "en": text}
    return {f"{field}_{language}": said[language] for language in STORED}


def second_person():
    return User.objects.get_or_create(username=SECOND)[0]


def make_source(key="test-source"):
    source, _created = Source.objects.get_or_create(
        key=key,
        defaults={
            **words("title", f"Report {key}"),
            **words("publisher", "Institute"),
            "side": Source.Voice.INDEPENDENT,
            "kind": Source.Kind.REPORT,
            "language": "en",
            "url": f"https://example.org/{key}",
        },
    )
    return source


def make_obligation(version, key="an-obligation", *, publish=False, at=NOON, **changes):
    """Return what Kosovo owes under the first provision."""
    columns = {
        "provision": version.provision_texts.first().provision,
        "owed_by": "kosovo",
        **words("text", f"Duty {key}"),
    }
    return _made(Obligation(key=key, **columns | changes), version.prepared_by, publish, at)


def make_assessment(obligation, as_of=date(2026, 3, 1), *, publish=False, at=NOON, **changes):
    """Return a judgement of an obligation on a day, under a key made of both."""
    columns = {
        "key": f"{obligation.key}-{as_of}",
        "obligation": obligation,
        "as_of": as_of,
        "level": "minimal",
        "confidence": "medium",
        **words("reason", f"Reason {obligation.key} {as_of}"),
    }
    return _made(Assessment(**columns | changes), obligation.prepared_by, publish, at)


def make_obstacle(version, key="an-obstacle", *, publish=False, at=NOON, **changes):
    """Return what holds up the first provision."""
    provision = version.provision_texts.first().provision
    columns = {
        "agreement": version.agreement,
        "obstacle_kind": "legal",
        **words("title", f"Obstacle {key}"),
        **words("text", f"It stands in the way: {key}"),
    }
    row = Obstacle(key=key, **columns | changes)
    return _made(row, version.prepared_by, publish, at, {"provisions": [provision]})


def make_position(version, key="a-position", *, publish=False, at=NOON, **changes):
    """Return what the EU said about the agreement as a whole."""
    columns = {
        "agreement": version.agreement,
        "side": "eu",
        "said_on": date(2026, 2, 3),
        **words("statement", f"The EU said: {key}"),
    }
    return _made(Position(key=key, **columns | changes), version.prepared_by, publish, at)


LETTER = "Поштовани,\n\nодговор је у прилогу.\nС поштовањем"


def make_reply(version, key="a-reply", *, publish=False, at=NOON, **changes):
    """Return what an institution of Serbia answered, in Serbian, with our two translations."""
    columns = {
        "agreement": version.agreement,
        "side": "serbia",
        **words("institution", f"Office {key}"),
        "asked_on": date(2026, 2, 3),
        "replied_on": date(2026, 2, 10),
        "original_language": "sr",
        "original": LETTER,
        **words("translation", f"Dear all,\n\nthe answer is enclosed: {key}"),
        "translation_sr": "",
    }
    return _made(Reply(key=key, **columns | changes), version.prepared_by, publish, at)


def make_unanswered(version, key="a-question", **changes):
    """Return what an institution of Kosovo was asked and has not answered."""
    nothing = {"replied_on": None, "original_language": "", "original": ""}
    nothing |= {f"translation_{language}": "" for language in STORED}
    return make_reply(version, key, **{"side": "kosovo"} | nothing | changes)


def make_event(version, key="an-event", *, publish=False, at=NOON, **changes):
    """Return a round of talks about the agreement."""
    columns = {
        "happened_on": date(2026, 2, 3),
        "event_kind": "round",
        **words("title", f"Event {key}"),
    }
    row = Event(key=key, **columns | changes)
    return _made(row, version.prepared_by, publish, at, {"agreements": [version.agreement]})


def make(kind, version, *, publish=False, at=NOON, **changes):
    """Return a record of any kind; an assessment is one of a published obligation of its own."""
    if kind == "assessment":
        key = changes.get("key", "an-assessment")
        obligation = make_obligation(version, f"owed-for-{key}", publish=True, at=at)
        return make_assessment(obligation, publish=publish, at=at, **{"key": key} | changes)
    makers = {
        "obligation": make_obligation,
        "obstacle": make_obstacle,
        "position": make_position,
        "reply": make_reply,
        "event": make_event,
    }
    return makers[kind](version, publish=publish, at=at, **changes)


def _made(record, by, publish, at, lists=None):
    draft = recording.start(record, by=by, sources=[make_source()], lists=lists, at=at)
    return published(draft, at=at) if publish else draft


def published(draft, *, at=NOON):
    """Publish a draft by the second person."""
    return recording.publish(draft, by=second_person(), seen=draft.revision, at=at)


def corrected(record, text=None, *, by=None, at=NOON, **values):
    """Publish a correction of a record; `text` is what its telling field says from now on."""
    draft = recording.correct(record, by=by or record.prepared_by, notes=WHY, at=at)
    if text is not None:
        values |= words(TELLING[draft.kind], text)
    return published(recording.rewrite(draft, by=draft.prepared_by, seen=0, values=values), at=at)


def withdrawn(record, *, by=None, at=NOON):
    """Publish the withdrawal of a record."""
    return published(
        recording.withdraw(record, by=by or record.prepared_by, notes=WHY, at=at), at=at
    )
