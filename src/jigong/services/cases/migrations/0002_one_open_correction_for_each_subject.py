from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="case", name="one_open_correction"),
        migrations.AddField(
            model_name="case", name="subject_hash", field=models.CharField(default="", max_length=64)
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "correction"), ("state", "open")),
                fields=("person", "fact", "data_class", "subject_hash"),
                name="one_open_correction",
            ),
        ),
    ]
