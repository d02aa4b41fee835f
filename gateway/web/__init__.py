"""Everything that speaks HTTP: providers' webhooks, and the pages of staff."""
