"""Tables that only grow: the database refuses to change or delete a line, and chains each to the one before.

The hash of a line is SHA-256 over the previous line's hash and the line's columns, as text, each
ended by the unit separator (U+001F); see :func:`link`. Anyone who has the lines can check it.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.migrations.operations import RunSQL

START = "0" * 64
"""What the first line is chained to."""
_SEPARATOR = "\x1f"


def link(previous: str, values: Sequence[Any]) -> str:
    """The hash of a line: ``values`` are its columns in the order given to :func:`append_only`.

    A missing value is the empty text, a moment is UTC to the microsecond.
    """
    text = "".join(_text(value) + _SEPARATOR for value in (previous, *values))
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)


def append_only(table: str, columns: Sequence[str], moments: Sequence[str] = ()) -> RunSQL:
    """A migration step that makes ``table`` append-only and chains it by ``columns``.

    The table has ``id``, ``previous`` and ``hash``. ``moments`` names those of the columns that are
    timestamps. Lines are numbered without gaps, one writer at a time: a lock is held from the first
    line a transaction writes until it ends, so no reader ever sees a line before those it rests on.
    """
    parts = []
    for column in columns:
        value = f"NEW.{column}::text"
        if column in moments:
            value = f"""to_char(NEW.{column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        parts.append(f"coalesce({value}, '') || chr(31)")
    refuse, undo_refuse = _refusal(table)
    chain = f"""
CREATE FUNCTION {table}_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('{table}'));
  SELECT id, hash INTO last FROM {table} ORDER BY id DESC LIMIT 1;
  NEW.id := coalesce(last.id, 0) + 1;
  NEW.previous := coalesce(last.hash, '{START}');
  NEW.hash := encode(sha256(convert_to(NEW.previous || chr(31) || {" || ".join(parts)}, 'UTF8')), 'hex');
  RETURN NEW;
END $$;
CREATE TRIGGER {table}_chain_line BEFORE INSERT ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_chain();
"""
    undo_chain = f"DROP TRIGGER {table}_chain_line ON {table};\nDROP FUNCTION {table}_chain();\n"
    return RunSQL(refuse + chain, undo_chain + undo_refuse)


def only_grows(table: str) -> RunSQL:
    """A migration step that makes ``table`` refuse changes and deletions, without a chain."""
    return RunSQL(*_refusal(table))


def _refusal(table: str) -> tuple[str, str]:
    forward = f"""
CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{table} only grows: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_refuse();
CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse();
"""
    backward = f"""
DROP TRIGGER {table}_refuse_truncate ON {table};
DROP TRIGGER {table}_refuse_change ON {table};
DROP FUNCTION {table}_refuse();
"""
    return forward, backward
