"""Readers: from what authors write to a `Flow`."""
