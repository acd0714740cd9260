from django.db import models


class LoadedEntry(models.Model):
    """What load_content last brought in under a key: tells a newer file from an edited row."""

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=160)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["kind", "key"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="loaded_entry_once"),
        ]

    def __str__(self):
        return f"{self.kind} {self.key}"
