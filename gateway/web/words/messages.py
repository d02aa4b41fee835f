"""Messages, channels and where they stand."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

STATUS: Mapping[str, str] = {
    "queued": N_("Waiting to be sent"),
    "sending": N_("Being sent"),
    "uncertain": N_("Not known whether it arrived"),
    "sent": N_("Sent"),
    "delivered": N_("Delivered"),
    "read": N_("Read"),
    "failed": N_("Not delivered"),
    "expired": N_("Too late to send"),
    "cancelled": N_("Cancelled"),
    "opted_out": N_("Not sent: the person said STOP"),
    "invalid_number": N_("The number does not exist"),
    "waiting": N_("Not read by a flow yet"),
    "handled": N_("Handled"),
    "parked": N_("Needs a person"),
}
REASON: Mapping[str, str] = {
    "temporary": N_("The provider could not take it"),
    "throttled": N_("The provider asked us to slow down"),
    "uncertain": N_("The provider did not say whether it took it"),
    "permanent": N_("The provider refused it for good"),
    "opted_out": N_("The person said STOP"),
    "invalid_number": N_("The number does not exist"),
    "blocked": N_("The person blocked us"),
    "channel": N_("Our account at the provider does not work"),
    "expired": N_("It waited too long"),
    "timeout": N_("The provider did not answer in time"),
    "error": N_("A fault of ours; the log has its id"),
    "the person said STOP": N_("The person said STOP"),
    "the address is not reachable": N_("The address cannot be reached"),
    "it waited too long": N_("It waited too long"),
}
HEALTH: Mapping[str, str] = {
    "ok": N_("Works"),
    "faulty": N_("Does not send"),
    "paused": N_("Pauses"),
    "off": N_("Switched off"),
}
LISTING: Mapping[str, str] = {
    "uncertain": N_("Uncertain"),
    "failed": N_("Failed"),
    "parked": N_("Parked"),
    "waiting": N_("Waiting to be sent"),
    "unread": N_("Waiting to be read"),
    "written": N_("Written by us"),
    "delivered": N_("Delivered"),
}
SCHEME: Mapping[str, str] = {
    "tel": N_("Phone"),
    "short": N_("Short code"),
    "telegram": N_("Telegram"),
    "simulator": N_("Simulated phone"),
}
ATTACHMENT: Mapping[str, str] = {
    "image": N_("Picture"),
    "audio": N_("Voice or sound"),
    "video": N_("Video"),
    "file": N_("File"),
    "place": N_("Place"),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "status": STATUS,
    "reason": REASON,
    "health": HEALTH,
    "listing": LISTING,
    "scheme": SCHEME,
    "attachment": ATTACHMENT,
}
