"""Cases: their states, clocks, kinds and history."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

STATE: Mapping[str, str] = {
    "received": N_("Received"),
    "acknowledged": N_("Receipt sent"),
    "triaged": N_("Looked at"),
    "assigned": N_("Assigned"),
    "in_progress": N_("In progress"),
    "waiting_person": N_("Waiting for the person"),
    "waiting_third_party": N_("Waiting for a partner"),
    "resolved": N_("Resolved"),
    "closed": N_("Closed"),
    "reopened": N_("Reopened"),
    "appealed": N_("Appealed"),
    "decided": N_("Appeal decided"),
    "duplicate": N_("Duplicate"),
    "spam": N_("Spam"),
    "withdrawn": N_("Withdrawn"),
    "sealed": N_("Sealed"),
    "sealed_accepted": N_("Opened by the focal point"),
    "handed_over": N_("Handed over"),
    "closed_handed_over": N_("Closed after hand-over"),
    "closed_sealed": N_("Closed, sealed"),
}
STAGE: Mapping[str, str] = {
    "triage": N_("To look at"),
    "work": N_("In work"),
    "closed": N_("Closed"),
}
PRIORITY: Mapping[str, str] = {
    "P1": N_("Immediate danger"),
    "P2": N_("Sensitive, or not looked at yet"),
    "P3": N_("Normal"),
    "P4": N_("Information"),
}
SENSITIVITY: Mapping[str, str] = {
    "S0": N_("Open"),
    "S1": N_("Personal"),
    "S2": N_("Protection-sensitive"),
    "S3": N_("Sealed"),
}
TYPE: Mapping[str, str] = {
    "Q": N_("Question"),
    "RQ": N_("Request"),
    "SG": N_("Suggestion"),
    "CN": N_("Concern"),
    "CP": N_("Complaint"),
    "RB": N_("Rumour or belief"),
    "PR": N_("Thanks"),
    "SV": N_("Sensitive"),
    "RP": N_("Reply to us"),
    "DR": N_("Data request"),
    "NA": N_("Unclear"),
}
CLOCK: Mapping[str, str] = {
    "receipt": N_("Receipt"),
    "triage": N_("First look"),
}
EVENT: Mapping[str, str] = {
    "state": N_("State"),
    "alert": N_("Alert"),
    "receipt": N_("Receipt"),
    "assigned": N_("Assigned"),
}
EVENT_REASON: Mapping[str, str] = {
    "message received": N_("A message came in"),
    "possible disclosure": N_("It may be a disclosure"),
    "in the focal point's list, and in nobody else's": N_(
        "It stands in the focal point's list, and in nobody else's"
    ),
    "receipt sent": N_("A receipt was sent"),
    "receipt not sent: it would not be safe": N_("No receipt was sent: it would not be safe"),
}
ACTOR: Mapping[str, str] = {
    "system": N_("The system"),
    "cli": N_("A command on the server"),
    "person": N_("The person"),
}
OUTCOME: Mapping[str, str] = {
    "running": N_("Still answering"),
    "refused": N_("Said no"),
    "under_age": N_("Under 18: nothing kept"),
    "stopped": N_("Said STOP"),
    "expired": N_("Went silent"),
    "ended": N_("Ended early"),
}
INTAKE: Mapping[str, str] = {
    "sms": N_("SMS"),
    "telegram": N_("Telegram"),
    "whatsapp": N_("WhatsApp"),
    "messenger": N_("Messenger"),
}
REVEAL: Mapping[str, str] = {
    "call_back": N_("To call or write to the person"),
    "follow_up": N_("To follow up on a case"),
    "identity_check": N_("To check that it is this person"),
    "rights_request": N_("The person asked about their own data"),
    "referral": N_("To refer the person, with their consent"),
    "danger": N_("Somebody is in danger"),
    "other": N_("Another reason"),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "state": STATE,
    "stage": STAGE,
    "priority": PRIORITY,
    "sensitivity": SENSITIVITY,
    "type": TYPE,
    "clock": CLOCK,
    "event": EVENT,
    "event_reason": EVENT_REASON,
    "actor": ACTOR,
    "outcome": OUTCOME,
    "intake": INTAKE,
    "reveal": REVEAL,
}
