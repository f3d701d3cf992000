"""What a run knows of its own data: to which month facts are counted, what is covered, what waits for nobody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One JSON column; older runs know nothing."""

    dependencies = [("dossiers", "0003_body_is_not_compressible")]
    operations = [
        migrations.AddField(model_name="loadedrun", name="known", field=models.JSONField(default=dict)),
    ]
