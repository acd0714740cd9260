"""Rules that no code path may break, held by the database itself: triggers for both databases.

- A sealed version, its provision texts, parties and sources never change or disappear.
- A version is born as a draft; only the verb `seal` gives it a seal.
- A publication is of a sealed version of its own agreement, names that version's preparer, and
  never changes.
- What an agreement shows the public is a version with a publication.

One list of rules, written once; `create_triggers` puts it into the words of each database. It runs
after every `migrate`, so that a migration that rebuilds a table cannot lose a trigger for good.
"""

from django.db import connections, transaction

MESSAGE_SEALED = "a sealed version cannot change"
MESSAGE_BORN_DRAFT = "a version is born as a draft"
MESSAGE_PUBLICATION_FIXED = "a publication cannot change"
MESSAGE_PUBLICATION_TRUE = "a publication names a sealed version and who prepared it"
MESSAGE_PUBLISHED = "only a version with a publication can be public"

_SEALED_PARENT = (
    "EXISTS (SELECT 1 FROM agreements_version v"
    " WHERE v.id = {row}.version_id AND v.sealed_at IS NOT NULL)"
)


def _rules():
    """Yield (name, table, event, condition under which it is refused, message)."""
    for event in ("UPDATE", "DELETE"):
        yield (
            f"version_sealed_{event.lower()}",
            "agreements_version",
            event,
            "OLD.sealed_at IS NOT NULL",
            MESSAGE_SEALED,
        )
    yield (
        "version_born_draft",
        "agreements_version",
        "INSERT",
        "NEW.sealed_at IS NOT NULL",
        MESSAGE_BORN_DRAFT,
    )
    for table in ("provisiontext", "party", "versionsource"):
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
            )
    for event in ("UPDATE", "DELETE"):
        yield (
            f"publication_fixed_{event.lower()}",
            "agreements_publication",
            event,
            "1 = 1",
            MESSAGE_PUBLICATION_FIXED,
        )
    yield (
        "publication_true",
        "agreements_publication",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM agreements_version v WHERE v.id = NEW.version_id"
        " AND v.agreement_id = NEW.agreement_id AND v.sealed_at IS NOT NULL"
        " AND v.prepared_by_id = NEW.prepared_by_id)",
        MESSAGE_PUBLICATION_TRUE,
    )
    for event in ("INSERT", "UPDATE"):
        yield (
            f"agreement_published_{event.lower()}",
            "agreements_agreement",
            event,
            "NEW.published_id IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM agreements_publication p WHERE p.version_id = NEW.published_id"
            " AND p.agreement_id = NEW.id)",
            MESSAGE_PUBLISHED,
        )


def create_triggers(connection):
    """Create every trigger anew on a connection (SQLite or PostgreSQL), in one transaction."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        drop_triggers(connection)
        for name, table, event, condition, message in _rules():
            for statement in _create(connection.vendor, name, table, event, condition, message):
                cursor.execute(statement)


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


def make_way_for_migrations(sender, using, plan, **kwargs):
    """Before migrations: SQLite rebuilds a table to alter it, which triggers on others forbid."""
    if plan:
        drop_triggers(connections[using])


def stand_guard_again(sender, using, plan=(), **kwargs):
    """After migrations, and after `flush`: no database is left without its triggers."""
    create_triggers(connections[using])


def _create(vendor, name, table, event, condition, message):
    if vendor == "postgresql":
        returned = "OLD" if event == "DELETE" else "NEW"
        return [
            f"""
            CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
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
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition}"
            f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        ]
    raise NotImplementedError(f"No triggers are written for {vendor}.")
