"""What the gateway does, one noun a file.

Services take a connection first and are told the time; entry points commit, wake and read the clock.
"""
