"""Which unpaid entitlements were looked at again, and with which data."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0006_holds"),
        ("replay", "0002_recoveries"),
    ]

    operations = [
        migrations.CreateModel(
            name="Look",
            fields=[
                (
                    "entitlement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="look",
                        serialize=False,
                        to="delivery.entitlement",
                    ),
                ),
                ("snapshot", models.CharField(max_length=64)),
                (
                    "basis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="delivery.basis"
                    ),
                ),
            ],
        ),
    ]
