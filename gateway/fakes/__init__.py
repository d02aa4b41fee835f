"""Providers and people that live in a process on this machine: for tests, trials and the demonstration.

The servers are real: they check what the providers check, answer in their words, sign their webhooks and fail
on request. Nothing here is imported by the gateway itself.
"""
