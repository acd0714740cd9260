"""Closed lists of values, held by the database as well as by forms."""

from django.db import models
from django.db.models import Q


def only(field, choices, *, empty=False):
    """Return the constraint that a column holds one of its choices (or nothing, with `empty`)."""
    values = [*choices.values, ""] if empty else choices.values
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": values}), name=f"%(class)s_{field}_is_known"
    )
