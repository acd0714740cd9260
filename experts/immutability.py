"""Rules of expert review that the database itself holds: see agreements/immutability.py.

- Verdicts, answers, replies, events and what follows from rounds are only added.
- From its opening on, a round keeps its version, its policy and its seats; phases only go forward;
  a closed round never changes.
- A verdict is given by a member of the panel of an open round, on the text of its version.
- A comment that was sent stays as it is; it can only be taken back.
- Nobody decides on dissent where a round passed, or withdraws a badge that a round did not give.
"""

MESSAGE_ADDED_ONLY = "what was said in a review cannot change"
MESSAGE_ROUND_FIXED = "an opened round keeps its version, policy and seats"
MESSAGE_ROUND_FORWARD = "a round only goes forward"
MESSAGE_ROUND_TRUE = "a round reviews a sealed version of its own agreement"
MESSAGE_VERDICT_TRUE = "a verdict is given in an open round, on the text under review"
MESSAGE_COMMENT_TRUE = "a comment belongs to the version under review"
MESSAGE_COMMENT_FIXED = "a comment that was sent cannot change"
MESSAGE_OUTCOME = "this round had another outcome"
MESSAGE_MEMBER_FIXED = "a seat and its expert stay as they are"

_ADDED_ONLY = (
    "verdict",
    "response",
    "reply",
    "roundevent",
    "quorumpolicy",
    "lifting",
    "dissent",
    "badgewithdrawal",
    "fidelitycheck",
    "reviewedpublication",
    "perspectivereading",
)
NEVER_EMPTIED = [
    f"experts_{table}" for table in (*_ADDED_ONLY, "reviewround", "assignment", "comment", "seat")
]

# In brackets: PL/pgSQL reads a condition up to its first bare THEN.
_RANK = (
    "(CASE {row}.phase WHEN 'preparing' THEN 0 WHEN 'independent' THEN 1"
    " WHEN 'discussion' THEN 2 ELSE 3 END)"
)
_ROUND = "EXISTS (SELECT 1 FROM experts_reviewround r WHERE r.id = {row}.round_id AND {condition})"


def rules():
    """Yield the rules, in the form that agreements/immutability.py reads."""
    for table in _ADDED_ONLY:
        for event in ("UPDATE", "DELETE"):
            yield (
                f"expert_{table}_fixed_{event.lower()}",
                f"experts_{table}",
                event,
                "1 = 1",
                MESSAGE_ADDED_ONLY,
                (),
            )
    yield from _round_rules()
    yield from _panel_rules()
    yield from _comment_rules()


def _round_rules():
    table = "experts_reviewround"
    of_sealed = (
        "EXISTS (SELECT 1 FROM agreements_version v WHERE v.id = NEW.version_id"
        " AND v.agreement_id = NEW.agreement_id AND v.sealed_at IS NOT NULL)"
    )
    yield (
        "round_true",
        table,
        "INSERT",
        f"NEW.phase <> 'preparing' OR NOT {of_sealed}",
        MESSAGE_ROUND_TRUE,
        (),
    )
    yield "round_stays_true", table, "UPDATE", f"NOT {of_sealed}", MESSAGE_ROUND_TRUE, ()
    kept = " OR ".join(
        f"NEW.{column} <> OLD.{column}"
        for column in ("agreement_id", "version_id", "policy_id", "number")
    )
    yield (
        "round_keeps",
        table,
        "UPDATE",
        f"OLD.phase <> 'preparing' AND ({kept})",
        MESSAGE_ROUND_FIXED,
        (),
    )
    yield (
        "round_forward",
        table,
        "UPDATE",
        f"OLD.phase = 'closed' OR {_RANK.format(row='NEW')} < {_RANK.format(row='OLD')}",
        MESSAGE_ROUND_FORWARD,
        (),
    )
    yield "round_stays", table, "DELETE", "OLD.phase <> 'preparing'", MESSAGE_ROUND_FORWARD, ()
    for name, outcome in (("dissent", "not-passed"), ("badgewithdrawal", "passed")):
        ended_so = _ROUND.format(row="NEW", condition=f"r.outcome = '{outcome}'")
        yield (
            f"{name}_true",
            f"experts_{name}",
            "INSERT",
            f"NOT {ended_so}",
            MESSAGE_OUTCOME,
            (),
        )


def _panel_rules():
    opened = "r.phase <> 'preparing'"
    for event, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        yield (
            f"seat_fixed_{event.lower()}",
            "experts_seat",
            event,
            " OR ".join(_ROUND.format(row=row, condition=opened) for row in rows),
            MESSAGE_ROUND_FIXED,
            [("experts_reviewround", f"{row}.round_id") for row in rows],
        )
    yield (
        "member_true",
        "experts_assignment",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM experts_seat s"
        " WHERE s.id = NEW.seat_id AND s.round_id = NEW.round_id)",
        MESSAGE_MEMBER_FIXED,
        (),
    )
    yield (
        "member_fixed",
        "experts_assignment",
        "UPDATE",
        "NEW.round_id <> OLD.round_id OR NEW.expert_id <> OLD.expert_id"
        f" OR ((NEW.seat_id <> OLD.seat_id OR NEW.alias <> OLD.alias)"
        f" AND {_ROUND.format(row='OLD', condition=opened)} AND OLD.accepted_at IS NOT NULL)"
        " OR NOT EXISTS (SELECT 1 FROM experts_seat s"
        " WHERE s.id = NEW.seat_id AND s.round_id = NEW.round_id)",
        MESSAGE_MEMBER_FIXED,
        (),
    )
    yield (
        "member_stays",
        "experts_assignment",
        "DELETE",
        "OLD.invitations > 0",
        MESSAGE_MEMBER_FIXED,
        (),
    )
    yield (
        "verdict_true",
        "experts_verdict",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM experts_assignment a"
        " JOIN experts_reviewround r ON r.id = a.round_id"
        " JOIN agreements_version v ON v.id = r.version_id"
        " WHERE a.id = NEW.assignment_id AND r.phase IN ('independent', 'discussion')"
        " AND a.state IN ('accepted', 'submitted') AND v.substance_hash = NEW.substance_hash)"
        " OR (NEW.comment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM experts_comment c"
        " WHERE c.id = NEW.comment_id AND c.assignment_id = NEW.assignment_id"
        " AND c.sent_at IS NOT NULL))",
        MESSAGE_VERDICT_TRUE,
        [("experts_assignment", "NEW.assignment_id")],
    )


def _comment_rules():
    for event in ("INSERT", "UPDATE"):
        yield (
            f"comment_true_{event.lower()}",
            "experts_comment",
            event,
            "NOT EXISTS (SELECT 1 FROM experts_assignment a"
            " JOIN experts_reviewround r ON r.id = a.round_id"
            " WHERE a.id = NEW.assignment_id AND r.version_id = NEW.version_id)",
            MESSAGE_COMMENT_TRUE,
            (),
        )
    said = (
        "assignment_id key version_id language place paragraph before quote kind is_blocking text"
        " suggestion saved_at sent_at"
    ).split()
    changed = " OR ".join(f'NEW."{column}" <> OLD."{column}"' for column in said[:-1])
    yield (
        "comment_fixed_update",
        "experts_comment",
        "UPDATE",
        f"OLD.sent_at IS NOT NULL AND ({changed} OR NEW.sent_at IS NULL"
        " OR NEW.sent_at <> OLD.sent_at OR OLD.taken_back_at IS NOT NULL)",
        MESSAGE_COMMENT_FIXED,
        (),
    )
    yield (
        "comment_fixed_delete",
        "experts_comment",
        "DELETE",
        "OLD.sent_at IS NOT NULL",
        MESSAGE_COMMENT_FIXED,
        (),
    )
