"""Writers: from a `Flow` to what others read."""
