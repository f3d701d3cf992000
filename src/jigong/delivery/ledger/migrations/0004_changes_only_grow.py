from django.db import migrations

from jigong.audit.chain import only_grows


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_budget_changes"), ("audit", "0002_append_only")]

    operations = [only_grows("ledger_budget_change"), only_grows("ledger_budget_answer")]
