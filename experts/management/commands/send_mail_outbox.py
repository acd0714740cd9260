from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from experts import outbox, reviewing
from experts.models import OutboxLetter


class Command(BaseCommand):
    help = "Put the letters that are due into the outbox and send what waits there, each once."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="say what waits, send nothing")

    def handle(self, *args, dry_run, **options):
        if dry_run:
            with transaction.atomic():
                reviewing.expire_unanswered()
                outbox.plan()
                waiting = len(outbox.true_letters())
                transaction.set_rollback(True)
            self.stdout.write(f"Would send {waiting} letter(s), sent none.")
            return
        if not settings.SITE_URL:
            raise CommandError("SITE_URL is missing: links in letters would lead nowhere.")
        if not settings.EMAIL_BACKEND:
            raise CommandError("EMAIL_HOST is missing: letters would reach nobody.")
        expired = reviewing.expire_unanswered()
        planned = outbox.plan()
        try:
            done = outbox.send_waiting()
        except OSError as error:
            reason = type(error).__name__
            raise CommandError(f"The mail server cannot be reached ({reason}).") from error
        stuck = OutboxLetter.objects.stuck().count()
        self.stdout.write(
            f"Sent {done.sent} letter(s); {planned} newly planned, {done.dropped} no longer true,"
            f" {done.failed} failed, {expired} invitation(s) expired."
        )
        if stuck:
            self.stderr.write(
                f"{stuck} letter(s) were begun and not finished; they are not sent again by"
                " themselves (see the outbox in the admin)."
            )
