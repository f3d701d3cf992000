"""Text, money, dates, identifiers and canonical hashes. No input or output, no clock."""
