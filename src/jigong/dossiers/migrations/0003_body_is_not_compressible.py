from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0002_dossier_known_on_dossier_snapshot")]

    operations = [
        # What is sealed cannot be compressed: trying costs more than writing it.
        migrations.RunSQL(
            "ALTER TABLE dossiers_dossier ALTER COLUMN body SET STORAGE EXTERNAL",
            "ALTER TABLE dossiers_dossier ALTER COLUMN body SET STORAGE EXTENDED",
        )
    ]
