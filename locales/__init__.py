"""Catalogs: one folder a language, in it `gateway.po` (system texts, staff pages) and `flows.po` (library flows)."""
