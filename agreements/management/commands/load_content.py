from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from agreements.content import files
from agreements.content.database import Loading


class Command(BaseCommand):
    help = "Bring the content files into the database; new versions only where a text changed."

    def add_arguments(self, parser):
        parser.add_argument("folder", nargs="?", default=settings.BASE_DIR / "content")
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="let files replace what editors changed in the admin (as new versions)",
        )
        parser.add_argument(
            "--check", action="store_true", help="read and check the files, change nothing"
        )

    def handle(self, *args, folder, overwrite, check, **options):
        entries, problems = files.read(folder)
        if problems:
            listing = "\n".join(map(str, problems))
            raise CommandError(f"{listing}\nNothing was changed.")
        if check:
            self.stdout.write(self.style.SUCCESS(f"Checked {len(entries)} entries: no problem."))
            return
        loading = Loading(at=timezone.now(), overwrite=overwrite)
        try:
            with translation.override("en"):
                loading.run(entries)
        except files.ContentError as problem:
            raise CommandError(f"{problem}\nNothing was changed.") from problem
        for kind, key in loading.left_over:
            self.stdout.write(f"Left {kind} {key}: it stands in no file any more.")
        for entry in loading.kept:
            self.stdout.write(
                self.style.WARNING(
                    f"Kept {entry.kind} {entry.key}: both its file and its row were changed. "
                    f"Run dump_content and merge, or load with --overwrite."
                )
            )
        counts = loading.counts
        self.stdout.write(
            self.style.SUCCESS(
                f"Loaded {counts['written']} entries; {counts['unchanged']} were as in the files"
                f", {counts['kept']} kept as edited."
            )
        )
