"""A run: pack and snapshot and date give verdicts with reasons for everybody."""
