"""Checks name the data and the meaning they are about."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0003_new_clauses")]

    operations = [
        migrations.AddField("check", "snapshot", models.CharField(default="", max_length=64)),
        migrations.AddField("check", "known_on", models.DateField(null=True)),
        migrations.AddField("check", "in_force_on", models.DateField(null=True)),
        migrations.AddField("check", "anew", models.BooleanField(default=False)),
        migrations.AddField("check", "meaning", models.CharField(default="", max_length=64)),
        migrations.AddField("check", "base_meaning", models.CharField(default="", max_length=64)),
        migrations.AddField(
            "check",
            "pinned",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="publishing.check",
            ),
        ),
    ]
