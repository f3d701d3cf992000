from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0002_moves_only_grow")]

    operations = [
        migrations.AlterField(
            model_name="draft",
            name="kind",
            field=models.CharField(
                choices=[("change", "修订"), ("new", "新条款"), ("rollback", "恢复")],
                default="change",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="edit",
            name="kind",
            field=models.CharField(
                choices=[("parameter", "数值"), ("clause", "条文"), ("cases", "例子"), ("values", "新数值")],
                max_length=10,
            ),
        ),
    ]
