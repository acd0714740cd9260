from django.core.management.base import BaseCommand

from experts import perspectives


class Command(BaseCommand):
    help = "Erase what experts said of their community, 90 days after their round closed."

    def handle(self, *args, **options):
        erased = perspectives.erase_old()
        self.stdout.write(self.style.SUCCESS(f"Erased {erased} answer(s)."))
