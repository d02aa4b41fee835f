"""The linter's rules, one module a subject."""
