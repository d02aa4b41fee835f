"""PostgreSQL and Redis as child processes of ours, for one machine and for tests."""
