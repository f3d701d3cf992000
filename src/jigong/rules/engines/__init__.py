"""Two judges that share no code: ``row`` decides one subject, ``duckdb`` decides everybody at once."""
