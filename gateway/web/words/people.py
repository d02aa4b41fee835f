"""People who write to us, and what they answered."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

MISSING: Mapping[str, str] = {
    "skipped": N_("Skipped"),
    "not_understood": N_("Not understood"),
    "no_reply": N_("No reply"),
    "stopped": N_("Stopped here"),
}
PURPOSE: Mapping[str, str] = {
    "service_news": N_("News about services"),
    "surveys": N_("Surveys"),
    "share_with_partners": N_("Sharing with partners"),
    "call_back": N_("Being called back"),
    "anonymous_statistics": N_("Anonymous statistics"),
    "family_tracing": N_("Family tracing"),
}
SOURCE: Mapping[str, str] = {
    "keyword": N_("Sent STOP"),
    "flow": N_("Asked for it in a conversation"),
    "provider": N_("The provider told us"),
}
SAFE: Mapping[str, str] = {
    "yes": N_("Yes"),
    "no": N_("No"),
    "unknown": N_("Not known: take it for a shared phone"),
}
SEX: Mapping[str, str] = {
    "woman": N_("Woman"),
    "man": N_("Man"),
    "other": N_("Other"),
    "other_or_no_answer": N_("Other, or no answer"),
}
AGE: Mapping[str, str] = {
    "under_18": N_("Under 18"),
    "18_59": N_("18 to 59"),
    "60_plus": N_("60 or more"),
}
METHOD: Mapping[str, str] = {
    "password": N_("With a password"),
    "passkey": N_("With a passkey"),
    "sso": N_("With your organisation's account"),
}

RESPONDENT: Mapping[str, str] = {
    "registered": N_("On the list"),
    "contacted": N_("Asked"),
    "started": N_("Answering"),
    "partial": N_("Stopped on the way"),
    "completed": N_("Completed"),
    "refused": N_("Refused"),
    "ineligible": N_("Not for them"),
    "unresponsive": N_("Never answered"),
    "broken_off": N_("Broken off"),
    "failed": N_("Could not be reached"),
    "opted_out": N_("Said STOP"),
    "quota_full": N_("Enough people already"),
}
REPLY_FAULT: Mapping[str, str] = {
    "unreadable": N_("The draft of this flow cannot be read now. Mend it in the editor first."),
    "meant": N_("The flow would not take this reply for that answer alone: it means something else already."),
    "too_long": N_("This is too long for another word."),
    "changed": N_("A colleague is changing this question just now. Try again in a moment."),
}
TABLES: Mapping[str, Mapping[str, str]] = {
    "missing": MISSING,
    "respondent": RESPONDENT,
    "reply_fault": REPLY_FAULT,
    "purpose": PURPOSE,
    "source": SOURCE,
    "safe": SAFE,
    "sex": SEX,
    "age": AGE,
    "method": METHOD,
}
