"""A recovery is heard, appealed and paid in parts. What was open or agreed before is given 30 days from today for each."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0006_holds"),
        ("ledger", "0002_books"),
        ("replay", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Repayment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("reference", models.CharField(max_length=35)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(choices=[("hearing", "说明"), ("appeal", "申诉")], max_length=8)),
                ("text", models.BinaryField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="adjustment",
            name="answer",
            field=models.TextField(default=""),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="answer_by",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="answered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="answered_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="appeal_until",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="due_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="hear_until",
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name="adjustment",
            name="state",
            field=models.CharField(
                choices=[
                    ("proposed", "待决定"),
                    ("accepted", "已同意"),
                    ("appealed", "申诉中"),
                    ("rejected", "不调整"),
                    ("replaced", "已被新的代替"),
                    ("settled", "已结清"),
                ],
                default="proposed",
                max_length=8,
            ),
        ),
        migrations.RunSQL(
            "UPDATE replay_adjustment SET hear_until = CURRENT_DATE + 30 WHERE direction = 'recovery' AND state = 'proposed';"
            "UPDATE replay_adjustment SET appeal_until = CURRENT_DATE + 30, due_on = CURRENT_DATE + 30"
            " WHERE direction = 'recovery' AND state = 'accepted'",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("direction", "recovery"), ("state", "proposed"), _negated=True),
                    ("hear_until__isnull", False),
                    _connector="OR",
                ),
                name="open_recovery_is_heard",
            ),
        ),
        migrations.AddField(
            model_name="repayment",
            name="adjustment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="repayments", to="replay.adjustment"
            ),
        ),
        migrations.AddField(
            model_name="repayment",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="repayment",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="statement",
            name="adjustment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="statements", to="replay.adjustment"
            ),
        ),
        migrations.AddField(
            model_name="statement",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="repayment",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="repayment_amount"),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(fields=("adjustment", "kind"), name="statement_once"),
        ),
    ]
