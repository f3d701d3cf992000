from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0004_loadedrun_known")]

    operations = [migrations.AddField("loadedrun", "looked", models.JSONField(default=dict))]
