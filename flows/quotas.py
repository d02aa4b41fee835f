"""Quotas: who counts for which, and what happens when one is full. The shell counts; here it is only told."""

from __future__ import annotations

from flows.events import QuotaReached, QuotaReleased, QuotaTaken
from flows.facts import Facts


def check(run: Facts) -> bool:
    """After an answer: take the quotas that hold now, release those that hold no more. True: one is full."""
    recheck(run)
    for quota, condition in run.plan.quotas:
        if quota.name in run.quotas or not run.holds(condition, run.plan.nodes[0]):
            continue
        if run.contact.quotas.get(quota.name, 0) >= quota.most:
            run.report(QuotaReached(quota.name))
            return True
        run.quotas = [*run.quotas, quota.name]
        run.report(QuotaTaken(quota.name))
    return False


def recheck(run: Facts) -> None:
    """Release the quotas that hold no more."""
    for quota, condition in run.plan.quotas:
        if quota.name in run.quotas and not run.holds(condition, run.plan.nodes[0]):
            run.quotas = [name for name in run.quotas if name != quota.name]
            run.report(QuotaReleased(quota.name))


def release(run: Facts) -> None:
    """The run ends before its end: the person counts for nothing."""
    for name in run.quotas:
        run.report(QuotaReleased(name))
    run.quotas = []
