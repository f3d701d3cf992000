import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0005_supplement"),
    ]

    operations = [
        migrations.AddField("entitlement", "held", models.BooleanField(default=False, db_default=False)),
        migrations.AddField(
            "entitlement",
            "deducted",
            models.DecimalField(decimal_places=2, default=0, db_default=0, max_digits=14),
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("undecided", "数据不全"),
                            ("changed", "数据有变"),
                            ("outbid", "同组待定"),
                            ("finding", "抽查有误"),
                            ("appeal", "申诉中"),
                            ("death", "死亡通知"),
                        ],
                        max_length=12,
                    ),
                ),
                ("detail", models.TextField(default="")),
                ("since", models.DateTimeField()),
                ("deadline", models.DateField()),
                ("days_left", models.IntegerField(null=True)),
                ("escalated_at", models.DateTimeField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("expired", models.BooleanField(default=False)),
                (
                    "entitlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="delivery.entitlement",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=["deadline", "id"],
                        name="hold_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("entitlement", "cause"),
                        name="hold_once",
                    )
                ],
            },
        ),
    ]
