from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0006_holds"),
    ]

    operations = [
        migrations.AddField("hold", "classes", ArrayField(models.TextField(), default=list, db_default=[])),
        migrations.AddField("hold", "records", ArrayField(models.TextField(), default=list, db_default=[])),
        migrations.AddField("hold", "entitled", models.BooleanField(default=False, db_default=False)),
    ]
