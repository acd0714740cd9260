"""Ways past the verbs, straight to the database: what it has to refuse by itself."""

from django.db import DatabaseError, connection, transaction


def refused(action):
    """Return what the database says when it refuses an action, '' where it lets it happen."""
    try:
        with transaction.atomic():
            action()
    except DatabaseError as error:
        return str(error)
    return ""


def sql(statement, *values):
    """Return an action that runs a statement."""
    return lambda: connection.cursor().execute(statement, values)
