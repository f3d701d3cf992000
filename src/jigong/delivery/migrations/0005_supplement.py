from django.db import migrations, models

# The supplement was marked in the period: 2023-01+1.
_FORWARDS = """
UPDATE delivery_entitlement
SET supplement = split_part(period, '+', 2)::smallint, period = split_part(period, '+', 1)
WHERE position('+' IN period) > 0
"""
_BACKWARDS = "UPDATE delivery_entitlement SET period = period || '+' || supplement WHERE supplement > 0"


class Migration(migrations.Migration):
    dependencies = [("delivery", "0004_queue_indexes")]

    operations = [
        migrations.RemoveConstraint("entitlement", "entitlement_once"),
        migrations.AddField("entitlement", "supplement", models.PositiveSmallIntegerField(default=0)),
        migrations.RunSQL(_FORWARDS, _BACKWARDS),
        migrations.AddConstraint(
            "entitlement",
            models.UniqueConstraint(
                fields=["clause", "subject_hash", "period", "supplement"], name="entitlement_once"
            ),
        ),
        migrations.AlterField("entitlement", "period", models.CharField(default="", max_length=7)),
    ]
