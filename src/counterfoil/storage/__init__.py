"""SQL and nothing else: schema and migrations, rows ⇄ nouns, the journal's codec, the engines."""
