import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from jigong.audit.chain import only_grows


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("payments", "0002_return_lines_only_grow"),
        ("audit", "0002_append_only"),
    ]

    operations = [
        migrations.AddField("batch", "left_out", models.JSONField(default=dict)),
        migrations.AddField("returnline", "reference", models.TextField(default="")),
        migrations.CreateModel(
            name="ReturnAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("confirmed", models.BooleanField()),
                ("text", models.TextField(default="")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answer",
                        to="payments.returnline",
                    ),
                ),
            ],
            options={"db_table": "payments_return_answer"},
        ),
        only_grows("payments_return_answer"),
    ]
