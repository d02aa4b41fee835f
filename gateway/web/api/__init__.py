"""The API for programs, version 1: counts and health of the organisation whose key is shown. No person is in it."""
