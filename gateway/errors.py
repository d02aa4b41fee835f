"""The whole error tree.

PaighamError
├── SettingsInvalid        one or more settings are wrong; says each of them (exit code 2)
├── CannotStart            something around us is not as it must be: a port, a folder, a server (exit code 2)
├── KeyMissing             a value was written under a key that the ring does not hold
├── CannotDecrypt          a value does not belong to this row, or was changed
├── NothingToDraw          a chart without a number, or with columns that do not fit
├── BadFont                a package of fonts is not the one that was pinned
├── InvalidRequest         a caller's mistake, with a stable code
│   ├── BadSignature       a webhook that its provider did not sign
│   └── MalformedWebhook   a webhook whose body is not what its provider sends
└── SendError              a provider's refusal, which knows whether to try again

Texts of errors carry ids and codes, never names, addresses or what people wrote.
"""

from __future__ import annotations

from enum import StrEnum


class PaighamError(Exception):
    """Whatever Paigham itself has to say about a failure."""


class SettingsInvalid(PaighamError):
    """One or more settings are wrong. `problems` holds one sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class CannotStart(PaighamError):
    """Something around us is not as it must be; the sentence says how to mend it."""


class KeyMissing(PaighamError):
    """A value was written under a key that the ring does not hold."""


class CannotDecrypt(PaighamError):
    """A value does not belong to the row and column it stands in, or was changed."""


class NothingToDraw(PaighamError):
    """A chart without a number, or with columns that do not fit."""


class BadFont(PaighamError):
    """A package of fonts is not the one that was pinned. The text names it."""


class InvalidRequest(PaighamError):
    """A caller's mistake. `code` is stable and for machines."""

    code = "invalid_request"


class BadSignature(InvalidRequest):
    """A webhook that its provider did not sign."""

    code = "bad_signature"


class MalformedWebhook(InvalidRequest):
    """A webhook whose body is not what its provider sends."""

    code = "malformed"


class Refusal(StrEnum):
    """Why a send failed, in words that the outbox acts on."""

    TEMPORARY = "temporary"  # try again with backoff; uses up an attempt
    THROTTLED = "throttled"  # slow down; does not use up an attempt
    UNCERTAIN = "uncertain"  # the provider may have taken it; never silently repeated
    PERMANENT = "permanent"  # this message can never be delivered
    OPTED_OUT = "opted_out"  # the provider knows that the person said STOP: write it down
    INVALID_NUMBER = "invalid_number"  # the address does not exist
    BLOCKED = "blocked"  # the person blocked us on this channel
    CHANNEL = "channel"  # our account or settings: stop the channel, keep the messages


class SendError(PaighamError):
    """A provider's refusal.

    Args:
        refusal: what it means for the message.
        code: the provider's own code, for staff ("21610", "429", "timeout"); no address, no text.
        retry_after: seconds that the provider asks us to wait, if it said so.
    """

    def __init__(self, refusal: Refusal, *, code: str, retry_after: float | None = None) -> None:
        super().__init__(f"{refusal.value}: {code}")
        self.refusal = refusal
        self.code = code
        self.retry_after = retry_after

    @property
    def retryable(self) -> bool:
        """Whether the same message may be sent again by itself."""
        return self.refusal in {Refusal.TEMPORARY, Refusal.THROTTLED, Refusal.CHANNEL}
