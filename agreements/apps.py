from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AgreementsConfig(AppConfig):
    """What was agreed and what became of it."""

    name = "agreements"
    verbose_name = _("Agreements")

    def ready(self):
        from . import immutability, roles

        pre_migrate.connect(immutability.make_way_for_migrations, sender=self)
        post_migrate.connect(immutability.stand_guard_again, sender=self)
        post_migrate.connect(roles.make_groups, sender=self)
