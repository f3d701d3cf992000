from django.db import migrations

from jigong.audit.chain import append_only

# Frozen here: a later column needs a migration of its own, and old lines keep the hash they have.
_ENTRY = (
    "id",
    "event",
    "kind",
    "fund",
    "year",
    "amount",
    "lines",
    "at",
    "actor",
    "actor_label",
    "entitlement",
    "payment",
    "reverses",
    "reason",
)
_LINE = ("id", "entry_id", "fund", "year", "account", "amount")

# The update comes first: an INSERT … ON CONFLICT would check the amount alone as if it were the balance.
_BALANCES = """
CREATE FUNCTION ledger_line_apply() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ledger_balance SET balance = balance + NEW.amount
    WHERE fund = NEW.fund AND year = NEW.year AND account = NEW.account;
  IF NOT FOUND THEN
    INSERT INTO ledger_balance (fund, year, account, balance) VALUES (NEW.fund, NEW.year, NEW.account, NEW.amount);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_line_apply_balance AFTER INSERT ON ledger_line
  FOR EACH ROW EXECUTE FUNCTION ledger_line_apply();

CREATE FUNCTION ledger_balance_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP IN ('INSERT', 'UPDATE') AND pg_trigger_depth() > 1 THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'ledger_balance follows the lines: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_balance_only_by_lines BEFORE INSERT OR UPDATE OR DELETE ON ledger_balance
  FOR EACH ROW EXECUTE FUNCTION ledger_balance_refuse();
CREATE TRIGGER ledger_balance_no_truncate BEFORE TRUNCATE ON ledger_balance
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_balance_refuse();
"""
_NO_BALANCES = """
DROP TRIGGER ledger_balance_no_truncate ON ledger_balance;
DROP TRIGGER ledger_balance_only_by_lines ON ledger_balance;
DROP FUNCTION ledger_balance_refuse();
DROP TRIGGER ledger_line_apply_balance ON ledger_line;
DROP FUNCTION ledger_line_apply();
"""

# Asked at the end of the transaction, when all lines of an entry are there; also of a line added to an old entry.
_BALANCED = """
CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asked bigint;
  entry record;
  found_ record;
BEGIN
  IF TG_TABLE_NAME = 'ledger_entry' THEN asked := NEW.id; ELSE asked := NEW.entry_id; END IF;
  SELECT id, fund, year, amount, lines INTO entry FROM ledger_entry WHERE id = asked;
  SELECT count(*) AS lines, coalesce(sum(amount), 0) AS total, coalesce(sum(abs(amount)), 0) AS moved,
         bool_and(fund = entry.fund AND year = entry.year) AS together
    INTO found_ FROM ledger_line WHERE entry_id = asked;
  IF found_.total <> 0 OR found_.lines <> entry.lines OR found_.lines < 2
     OR found_.moved <> 2 * abs(entry.amount) OR NOT found_.together THEN
    RAISE EXCEPTION 'ledger entry % does not balance: % lines of %, sum %', asked, found_.lines, entry.lines, found_.total
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_balanced AFTER INSERT ON ledger_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
CREATE CONSTRAINT TRIGGER ledger_line_balanced AFTER INSERT ON ledger_line
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
"""
_NOT_BALANCED = """
DROP TRIGGER ledger_line_balanced ON ledger_line;
DROP TRIGGER ledger_entry_balanced ON ledger_entry;
DROP FUNCTION ledger_balanced();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("audit", "0002_append_only")]

    operations = [
        append_only("ledger_entry", _ENTRY, moments=("at",)),
        append_only("ledger_line", _LINE),
        migrations.RunSQL(_BALANCES, _NO_BALANCES),
        migrations.RunSQL(_BALANCED, _NOT_BALANCED),
    ]
