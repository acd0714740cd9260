"""Rules that no code path may break, held by the database itself: triggers for both databases.

- A sealed version, its provision texts, parties and sources never change or disappear.
- A version is born as a draft; only the verb `seal` gives it a seal.
- A publication is of a sealed version of its own agreement, names that version's preparer, is by
  nobody who wrote part of it, and never changes. The same for the withdrawal of a publication.
- What an agreement shows the public is a version with a publication that was not withdrawn, and it
  does not vanish without a withdrawal.
- The history of changes of state is only added to.
- What a sealed text is addressed by stays: the agreement's slug, a provision's and a source's key.
- An edition of a record is born as a draft. Once published, with a source (a reply is its own) and
  by nobody who wrote in it, neither it nor its sources change or disappear; it ends once, when the
  next edition begins.

One list of rules, written once; `create_triggers` puts it into the words of each database. It runs
after every `migrate`, so that a migration that rebuilds a table cannot lose a trigger for good.
"""

from django.apps import apps
from django.db import connections, transaction

from .models.record import RECORD_KINDS, SOURCE_OPTIONAL

MESSAGE_SEALED = "a sealed version cannot change"
MESSAGE_BORN_DRAFT = "a version is born as a draft"
MESSAGE_PUBLICATION_FIXED = "a publication cannot change"
MESSAGE_PUBLICATION_TRUE = "a publication names a sealed version and who prepared it"
MESSAGE_OWN_WORK = "nobody publishes what they wrote part of"
MESSAGE_WITHDRAWAL_TRUE = "nobody withdraws what they prepared"
MESSAGE_HISTORY_FIXED = "history cannot change"
MESSAGE_PUBLISHED = "only a version with a publication can be public"
MESSAGE_STAYS_PUBLIC = "what was published stays public"
MESSAGE_ADDRESS_STAYS = "what a sealed text is addressed by cannot change"
MESSAGE_RECORD_BORN_DRAFT = "a record is born as a draft"
MESSAGE_RECORD_FIXED = "a published record cannot change"
MESSAGE_RECORD_SOURCE = "a published record has a source"
MESSAGE_RECORD_OWN = "nobody publishes a record they wrote in"
MESSAGE_RECORD_CHAIN = "an edition of a record takes the place of the one before it"
MESSAGE_FIRST_EDITION = "an assessment belongs to the first edition of an obligation"

_SEALED_PARENT = (
    "EXISTS (SELECT 1 FROM agreements_version v"
    " WHERE v.id = {row}.version_id AND v.sealed_at IS NOT NULL)"
)

# Somebody whose work a version brings to the public for the first time: who prepared or wrote in
# it, or in one before it that was never public (publishing.authors_of).
_AUTHOR = (
    "EXISTS (SELECT 1 FROM agreements_version v"
    " JOIN agreements_version x ON x.agreement_id = v.agreement_id AND x.number <= v.number"
    " WHERE v.id = {version} AND NOT EXISTS (SELECT 1 FROM agreements_version y"
    " JOIN agreements_publication p ON p.version_id = y.id"
    " WHERE y.agreement_id = v.agreement_id AND y.number >= x.number AND y.number < v.number)"
    " AND ((x.prepared_by_id = {person} AND x.id <> v.id) OR EXISTS (SELECT 1"
    " FROM agreements_edit e WHERE e.version_id = x.id AND e.edited_by_id = {person})))"
)


def _newest_publication(row):
    return (
        "(SELECT MAX(p.id) FROM agreements_publication p"
        f" WHERE p.version_id = {row}.published_id AND p.agreement_id = {row}.id)"
    )


def _withdrawn(row):
    return (
        "EXISTS (SELECT 1 FROM agreements_withdrawal w"
        f" WHERE w.publication_id = {_newest_publication(row)})"
    )


def _rules():
    """Yield (name, table, event, condition under which it is refused, message, parents).

    `parents` is [(table, id)] of the rows that have to be locked before the condition is asked, on
    a database where an uncommitted seal or publication would otherwise not be seen.
    """
    for rules in RULES:
        yield from rules()


def _text_rules():
    """The rules of versions: what was agreed."""
    for event in ("UPDATE", "DELETE"):
        yield (
            f"version_sealed_{event.lower()}",
            "agreements_version",
            event,
            "OLD.sealed_at IS NOT NULL",
            MESSAGE_SEALED,
            (),
        )
    yield (
        "version_born_draft",
        "agreements_version",
        "INSERT",
        "NEW.sealed_at IS NOT NULL",
        MESSAGE_BORN_DRAFT,
        (),
    )
    for table in ("provisiontext", "party", "versionsource", "original", "edit"):
        for event, rows in (
            ("INSERT", ("NEW",)),
            ("UPDATE", ("OLD", "NEW")),
            ("DELETE", ("OLD",)),
        ):
            yield (
                f"{table}_sealed_{event.lower()}",
                f"agreements_{table}",
                event,
                " OR ".join(_SEALED_PARENT.format(row=row) for row in rows),
                MESSAGE_SEALED,
                [("agreements_version", f"{row}.version_id") for row in rows],
            )
    for table, message in (
        ("publication", MESSAGE_PUBLICATION_FIXED),
        ("withdrawal", MESSAGE_HISTORY_FIXED),
        ("auditentry", MESSAGE_HISTORY_FIXED),
        ("translationpair", MESSAGE_HISTORY_FIXED),
        ("dismissedwarning", MESSAGE_HISTORY_FIXED),
    ):
        for event in ("UPDATE", "DELETE"):
            yield (
                f"{table}_fixed_{event.lower()}",
                f"agreements_{table}",
                event,
                "1 = 1",
                message,
                (),
            )
    yield (
        "publication_true",
        "agreements_publication",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM agreements_version v WHERE v.id = NEW.version_id"
        " AND v.agreement_id = NEW.agreement_id AND v.sealed_at IS NOT NULL"
        " AND v.prepared_by_id = NEW.prepared_by_id)",
        MESSAGE_PUBLICATION_TRUE,
        (),
    )
    yield (
        "publication_not_own",
        "agreements_publication",
        "INSERT",
        _AUTHOR.format(version="NEW.version_id", person="NEW.published_by_id"),
        MESSAGE_OWN_WORK,
        (),
    )
    yield (
        "withdrawal_true",
        "agreements_withdrawal",
        "INSERT",
        "EXISTS (SELECT 1 FROM agreements_publication p WHERE p.id = NEW.publication_id"
        " AND p.prepared_by_id = NEW.withdrawn_by_id) OR EXISTS (SELECT 1 FROM agreements_edit e"
        " JOIN agreements_publication p ON p.version_id = e.version_id"
        " WHERE p.id = NEW.publication_id AND e.edited_by_id = NEW.withdrawn_by_id)",
        MESSAGE_WITHDRAWAL_TRUE,
        (),
    )
    for event in ("INSERT", "UPDATE"):
        yield (
            f"agreement_published_{event.lower()}",
            "agreements_agreement",
            event,
            f"NEW.published_id IS NOT NULL AND ({_newest_publication('NEW')} IS NULL"
            f" OR {_withdrawn('NEW')})",
            MESSAGE_PUBLISHED,
            (),
        )
    yield (
        "agreement_stays_public",
        "agreements_agreement",
        "UPDATE",
        f"OLD.published_id IS NOT NULL AND NEW.published_id IS NULL AND NOT {_withdrawn('OLD')}",
        MESSAGE_STAYS_PUBLIC,
        (),
    )
    for table, columns, sealed in (
        ("agreement", ("slug",), "v.agreement_id = OLD.id"),
        (
            "provision",
            ("key", "agreement_id"),
            "EXISTS (SELECT 1 FROM agreements_provisiontext t"
            " WHERE t.version_id = v.id AND t.provision_id = OLD.id)",
        ),
        (
            "source",
            ("key",),
            "EXISTS (SELECT 1 FROM agreements_versionsource s"
            " WHERE s.version_id = v.id AND s.source_id = OLD.id)",
        ),
    ):
        changed = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)
        yield (
            f"{table}_address_stays",
            f"agreements_{table}",
            "UPDATE",
            f"({changed}) AND EXISTS (SELECT 1 FROM agreements_version v"
            f" WHERE v.sealed_at IS NOT NULL AND {sealed})",
            MESSAGE_ADDRESS_STAYS,
            (),
        )


def _record_rules():
    """The rules of records: what became of it."""
    for kind in RECORD_KINDS:
        table = f"agreements_{kind}"
        for name, event, condition, message in (
            (
                "born_draft",
                "INSERT",
                "NEW.published_at IS NOT NULL OR NEW.ended_at IS NOT NULL",
                MESSAGE_RECORD_BORN_DRAFT,
            ),
            (
                "fixed_delete",
                "DELETE",
                # Nor a draft that its record waits for: the edition before has ended for it.
                "OLD.published_at IS NOT NULL OR EXISTS (SELECT 1"
                f" FROM {table} r WHERE r.key = OLD.key AND r.edition = OLD.edition - 1"
                " AND r.ended_at IS NOT NULL AND r.change <> 'withdrawal')",
                MESSAGE_RECORD_FIXED,
            ),
            (
                "fixed_update",
                "UPDATE",
                "OLD.published_at IS NOT NULL AND"
                f" (OLD.ended_at IS NOT NULL OR {_any_changed(kind)})",
                MESSAGE_RECORD_FIXED,
            ),
            (
                "chain_end",
                "UPDATE",
                "OLD.published_at IS NOT NULL AND NEW.ended_at IS NOT NULL AND NOT EXISTS (SELECT 1"
                f" FROM {table} r WHERE r.key = NEW.key AND r.edition = NEW.edition + 1)",
                MESSAGE_RECORD_CHAIN,
            ),
            (
                "chain_begin",
                "UPDATE",
                "NEW.published_at IS NOT NULL AND NEW.edition > 1 AND NOT EXISTS (SELECT 1"
                f" FROM {table} r WHERE r.key = NEW.key AND r.edition = NEW.edition - 1"
                " AND r.published_at IS NOT NULL AND r.ended_at IS NOT NULL"
                " AND r.ended_at <= NEW.published_at)",
                MESSAGE_RECORD_CHAIN,
            ),
            (
                "has_source",
                "UPDATE",
                "NEW.published_at IS NOT NULL AND NOT EXISTS (SELECT 1"
                f" FROM agreements_recordsource s WHERE s.{kind}_id = NEW.id)",
                MESSAGE_RECORD_SOURCE,
            ),
            (
                "not_own",
                "UPDATE",
                "NEW.published_at IS NOT NULL AND EXISTS (SELECT 1"
                f" FROM agreements_recordauthor a WHERE a.{kind}_id = NEW.id"
                " AND a.person_id = NEW.published_by_id)",
                MESSAGE_RECORD_OWN,
            ),
        ):
            if name != "has_source" or kind not in SOURCE_OPTIONAL:
                yield f"{kind}_{name}", table, event, condition, message, ()
    for table, kinds in (
        ("recordsource", RECORD_KINDS),
        ("recordauthor", RECORD_KINDS),
        ("obstacle_provisions", ("obstacle",)),
        ("event_agreements", ("event",)),
    ):
        for event, rows in (
            ("INSERT", ("NEW",)),
            ("UPDATE", ("OLD", "NEW")),
            ("DELETE", ("OLD",)),
        ):
            yield (
                f"{table}_fixed_{event.lower()}",
                f"agreements_{table}",
                event,
                " OR ".join(
                    f"EXISTS (SELECT 1 FROM agreements_{kind} r"
                    f" WHERE r.id = {row}.{kind}_id AND r.published_at IS NOT NULL)"
                    for row in rows
                    for kind in kinds
                ),
                MESSAGE_RECORD_FIXED,
                [(f"agreements_{kind}", f"{row}.{kind}_id") for row in rows for kind in kinds],
            )
    for event in ("INSERT", "UPDATE"):
        yield (
            f"assessment_of_first_edition_{event.lower()}",
            "agreements_assessment",
            event,
            "NOT EXISTS (SELECT 1 FROM agreements_obligation o"
            " WHERE o.id = NEW.obligation_id AND o.edition = 1)",
            MESSAGE_FIRST_EDITION,
            (),
        )


def _any_changed(kind):
    """Return the condition that an UPDATE changes any column of a record but its end."""
    columns = [
        field.column
        for field in apps.get_model("agreements", kind)._meta.concrete_fields
        if field.name != "ended_at"
    ]
    # Two NULLs are the same, which `=` does not say.
    return " OR ".join(
        f"NOT COALESCE(NEW.{column} = OLD.{column}, NEW.{column} IS NULL AND OLD.{column} IS NULL)"
        for column in columns
    )


# Functions that yield rules; an app adds its own, all of whose tables are in its own migrations.
RULES = [_text_rules, _record_rules]

# PostgreSQL can empty a whole table past its row triggers.
NEVER_EMPTIED = [
    f"agreements_{table}"
    for table in (
        "version",
        "provisiontext",
        "party",
        "versionsource",
        "original",
        "edit",
        "publication",
        "withdrawal",
        "auditentry",
        *RECORD_KINDS,
        "recordsource",
        "recordauthor",
        "obstacle_provisions",
        "event_agreements",
    )
]


def create_triggers(connection):
    """Create every trigger anew (on SQLite or PostgreSQL), in one transaction.

    An app whose tables are not all there (migrations taken back, or not run yet) gets none.
    """
    tables = set(connection.introspection.table_names())
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        drop_triggers(connection)
        for rules in RULES:
            found = list(rules())
            if not tables >= {rule[1] for rule in found}:
                continue
            for rule in found:
                for statement in _create(connection.vendor, *rule):
                    cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute(_REFUSE_TRUNCATE)
            for table in tables.intersection(NEVER_EMPTIED):
                cursor.execute(
                    f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}"
                    f" EXECUTE FUNCTION refuse_truncate()"
                )


_REFUSE_TRUNCATE = f"""
    CREATE OR REPLACE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{MESSAGE_SEALED}' USING ERRCODE = 'restrict_violation';
    END $$
"""


def drop_triggers(connection):
    """Drop what create_triggers made, where it is there."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, table, *_rest in _rules():
            if table not in tables:
                continue
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                cursor.execute(f"DROP FUNCTION IF EXISTS refuse_{name}()")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        if connection.vendor == "postgresql":
            for table in tables.intersection(NEVER_EMPTIED):
                for name in (table, table.removeprefix("agreements_")):  # as it was once named
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}_never_emptied ON {table}")


def make_way_for_migrations(sender, using, plan, **kwargs):
    """Before migrations: SQLite rebuilds a table to alter it, which triggers on others forbid.

    Should a migration then fail, the next one that succeeds puts the triggers back.
    """
    if plan and connections[using].vendor == "sqlite":
        drop_triggers(connections[using])


def stand_guard_again(sender, using, **kwargs):
    """After migrations, and after `flush`, every trigger stands."""
    create_triggers(connections[using])


def _create(vendor, name, table, event, condition, message, parents):
    """Return the statements that create one trigger."""
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition}"
            f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        ]
    if vendor != "postgresql":
        raise NotImplementedError(f"No triggers are written for {vendor}.")
    # FOR SHARE waits for a seal that is not committed yet, and makes a seal wait for this row.
    locks = " ".join(
        f"PERFORM 1 FROM {parent} p WHERE p.id = {key} FOR SHARE;" for parent, key in parents
    )
    returned = "OLD" if event == "DELETE" else "NEW"
    return [
        f"""
        CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {locks}
            IF {condition} THEN
                RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN {returned};
        END $$
        """,
        f"""
        CREATE TRIGGER {name} BEFORE {event} ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_{name}()
        """,
    ]
