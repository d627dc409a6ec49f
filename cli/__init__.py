"""The command `lookalike`: one file a verb."""
