"""RQ entry points: jobs by name, at most ten lines each, and the processes that run them."""
