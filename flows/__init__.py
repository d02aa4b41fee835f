"""The conversation engine. No clock, no I/O: `(flow, session, contact, reply, now) -> Sprint(session, events)`."""
