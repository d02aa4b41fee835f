"""Codes in the words of staff. What no table knows is shown as it is stored."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.language import gettext


def N_(message: str) -> str:  # noqa: N802 - the name that catalogs are extracted by
    """Mark a text for translation; it is translated when a page shows it."""
    return message


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
MISSING: Mapping[str, str] = {
    "skipped": N_("Skipped"),
    "not_understood": N_("Not understood"),
    "no_reply": N_("No reply"),
    "stopped": N_("Stopped here"),
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
INTAKE: Mapping[str, str] = {
    "sms": N_("SMS"),
    "telegram": N_("Telegram"),
    "whatsapp": N_("WhatsApp"),
    "messenger": N_("Messenger"),
}
METHOD: Mapping[str, str] = {
    "password": N_("With a password"),
    "passkey": N_("With a passkey"),
    "sso": N_("With your organisation's account"),
}
ROLE: Mapping[str, str] = {
    "viewer_aggregate": N_("Viewer of counts"),
    "community_staff": N_("Community staff"),
    "translator": N_("Translator"),
    "protection_reviewer": N_("Protection reviewer"),
    "sensitive_focal_point": N_("Sensitive focal point"),
    "partner": N_("Partner"),
    "im_officer": N_("Information management officer"),
    "data_protection_officer": N_("Data protection officer"),
    "admin": N_("Administrator"),
}
OBJECT: Mapping[str, str] = {
    "overview": N_("Overview: counts of the whole operation"),
    "delivery": N_("Messages by status, without words or person"),
    "contact": N_("People and their conversations, name and number masked"),
    "identity": N_("A person's name and number, shown on request"),
    "survey": N_("Rounds, in counts"),
    "answer": N_("Single coded answers, without the person"),
    "grievance": N_("Cases of levels S0 and S1"),
    "sensitive": N_("Cases and messages of level S2"),
    "sealed": N_("Sealed cases and messages (S3)"),
    "problem": N_("Mistakes in flows"),
    "administration": N_("The first page of the administration"),
    "account": N_("Staff: roles, offices, teams"),
    "approval": N_("Role changes that wait for a second person"),
    "organisation": N_("Organisations, offices and teams"),
    "place": N_("The list of places"),
    "agreement": N_("Agreements on sharing information"),
    "partners": N_("Counts by organisation"),
    "roles": N_("Who may do what (this page)"),
    "api_key": N_("Keys for programs"),
    "api": N_("Counts for programs that have a key"),
    "audit": N_("The audit: who saw and did what"),
    "security": N_("The audit of accounts and access, without persons"),
    "simulator": N_("Phone simulator"),
    "setup": N_("First steps"),
    "roster": N_("Duty roster"),
    "mail": N_("Mails to staff"),
    "self": N_("One's own account"),
}
# What a service did not take, beside the field where it stood.
FORM_FAULT: Mapping[str, str] = {
    "empty": N_("This must not be empty."),
    "too_long": N_("This is too long."),
    "unknown": N_("Choose one of those that there are."),
    "taken": N_("This exists already."),
    "bad_code": N_("Use 2 to 32 small letters, digits and hyphens."),
    "in_use": N_("People still work there. Let them work elsewhere first."),
    "leads": N_("The organisation that leads cannot be closed."),
    "not_lead": N_("Only the organisation that leads adds others."),
    "last_administrator": N_(
        "Nobody else could administer the organisation. Make another administrator first."
    ),
    "unfit_heir": N_("Choose a colleague who may read as much."),
    "unfit_email": N_("This e-mail address cannot be used."),
    "before_it_begins": N_("This day is before the first."),
    "no_date": N_("Write the day as year, month and day."),
}
UNREADABLE: Mapping[str, str] = {
    "encoding": N_("The file is not in UTF-8. Save it as “CSV UTF-8”."),
    "binary": N_("This is no CSV file."),
    "empty": N_("There is no row in it."),
    "too_long": N_("It has more than 300,000 rows."),
    "too_wide": N_("A row has more than 100 columns, or a cell more than 300 characters."),
    "quotes": N_("A quotation mark is not closed."),
    "no_code": N_("Say which column holds the codes."),
    "no_name": N_("Say which column holds the names."),
    "twice": N_("Two columns cannot hold the same."),
    "unknown_role": N_("A column cannot hold that."),
    "mixed": N_("Columns with a level and columns without do not go together."),
    "no_code_of_level": N_("A level has names and no codes."),
}
PLACE_FAULT: Mapping[str, str] = {
    "no_code": N_("The code is missing"),
    "no_name": N_("The name is missing"),
    "bad_level": N_("This is no level"),
    "duplicate": N_("The code stands twice"),
    "orphan": N_("No row has the code of the place above"),
    "own_parent": N_("The place lies in itself"),
    "cycle": N_("The places go round in a circle"),
    "not_above": N_("The place above is not on a higher level"),
    "too_deep": N_("There are too many levels"),
}
AGREEMENT_KIND: Mapping[str, str] = {
    "partner_annex": N_("Partner annex"),
    "data_sharing": N_("Data-sharing agreement"),
    "protocol": N_("Inter-agency protocol"),
    "memorandum": N_("Memorandum of understanding"),
    "letter": N_("Letter"),
}
AGREEMENT_STATE: Mapping[str, str] = {
    "valid": N_("Valid"),
    "soon": N_("Runs out soon"),
    "coming": N_("Not yet"),
    "over": N_("Over"),
    "ended": N_("Ended"),
}
SHARED: Mapping[str, str] = {
    "grievance": N_("Cases"),
    "survey": N_("Rounds, in counts"),
}
SCOPE: Mapping[str, str] = {
    "organisation": N_("The organisation"),
    "offices": N_("Offices"),
    "areas": N_("Places"),
    "rounds": N_("Rounds, in counts"),
    "channels": N_("Health of channels"),
}
KEY_STATE: Mapping[str, str] = {
    "valid": N_("Works"),
    "over": N_("Over"),
    "revoked": N_("Taken back"),
}
ORGANISATION_KIND: Mapping[str, str] = {
    "agency": N_("Agency"),
    "partner": N_("Partner"),
}
OFFICE_KIND: Mapping[str, str] = {
    "office": N_("Office"),
    "site": N_("Site"),
}
MEMBER_STATE: Mapping[str, str] = {
    "invited": N_("Invited"),
    "active": N_("Here"),
    "left": N_("Left"),
}
MEMBER_PART: Mapping[str, str] = {
    "accounts": N_("All accounts"),
    "active": N_("Here"),
    "invited": N_("Invited"),
    "left": N_("Left"),
}
LEAVING: Mapping[str, str] = {
    "sessions": N_("Devices that are signed out"),
    "links": N_("Links that stop working"),
    "factors": N_("Second factors that are removed"),
    "api_keys": N_("Keys for programs that are taken back"),
    "role_changes": N_("Wishes for a role that are dropped"),
    "teams": N_("Places in teams, handed over or given up"),
    "duties": N_("Duties, handed over or given up"),
    "notices": N_("What they were told and have not read, handed over or dropped"),
}
ACTION: Mapping[str, str] = {
    "see": N_("See"),
    "change": N_("Change"),
}

AUDIT_GROUP: Mapping[str, str] = {
    "seen": N_("Somebody looked"),
    "revealed": N_("Name and number shown"),
    "refused": N_("Refused"),
    "exported": N_("Taken out as a file"),
    "unusual": N_("Unusual"),
    "accounts": N_("Accounts and signing in"),
    "audit": N_("The audit itself"),
    "other": N_("Changes and the rest"),
}
AUDIT_ACTION: Mapping[str, str] = {
    "contact.listed": N_("Saw a list of people"),
    "contact.read": N_("Read a conversation"),
    "contact.revealed": N_("Was shown name and number"),
    "grievance.listed": N_("Saw a list of cases"),
    "grievance.read": N_("Read a case"),
    "grievance.revealed": N_("Was shown name and number beside a case"),
    "message.listed": N_("Saw a list of messages"),
    "round.read": N_("Read single answers of a round"),
    "search.made": N_("Searched"),
    "page.opened": N_("Opened a page"),
    "access.refused": N_("Was refused"),
    "staff.signed_in": N_("Signed in"),
    "staff.signed_out": N_("Signed out"),
    "staff.password_set": N_("Set a password"),
    "staff.invited": N_("Was invited"),
    "staff.sign_in_failed": N_("Did not get in"),
    "staff.sign_in_by_passkey": N_("Signed in with a passkey"),
    "staff.second_factor_failed": N_("Gave a wrong second factor"),
    "staff.second_factor_reset": N_("The second factor was taken away"),
    "staff.app_added": N_("Set up an authenticator app"),
    "staff.app_removed": N_("Removed the authenticator app"),
    "staff.sso_linked": N_("Came in with the organisation's own account for the first time"),
    "staff.sso_made": N_("Got an account by the organisation's own account"),
    "staff.confirmation_failed": N_("Did not prove who they are"),
    "staff.confirmed": N_("Proved once more who they are"),
    "staff.password_changed": N_("Changed the password"),
    "staff.password_link_made": N_("A link for a new password was made"),
    "staff.preferences_changed": N_("Changed their own settings"),
    "staff.recovery_codes_made": N_("Made new recovery codes"),
    "staff.passkey_added": N_("Added a passkey"),
    "staff.passkey_removed": N_("Removed a passkey"),
    "staff.session_ended": N_("Ended a session"),
    "staff.sessions_ended": N_("Ended all sessions"),
    "staff.listed": N_("Saw the list of staff"),
    "staff.read": N_("Read an account"),
    "staff.changed": N_("Changed an account"),
    "staff.left": N_("Left; the account was closed"),
    "api_key.made": N_("Made a key for a program"),
    "api_key.revoked": N_("Revoked a key of a program"),
    "organisation.added": N_("Added an organisation"),
    "organisation.changed": N_("Changed an organisation"),
    "office.opened": N_("Opened an office"),
    "office.added": N_("Added an office"),
    "office.changed": N_("Changed an office"),
    "team.added": N_("Added a team"),
    "team.changed": N_("Changed a team"),
    "agreement.registered": N_("Registered an agreement"),
    "agreement.ended": N_("Ended an agreement"),
    "gazetteer.loaded": N_("Loaded a list of places"),
    "operation.named": N_("Named the operation"),
    "channel.added": N_("Added a channel"),
    "channel.opened": N_("Opened a channel"),
    "flow.published": N_("Published a flow"),
    "round.opened": N_("Opened a round"),
    "round.closed": N_("Closed a round"),
    "problem.seen": N_("Marked a flow problem as seen"),
    "notice.read": N_("Read a notice"),
    "patience.changed": N_("Changed after how long the next person is asked"),
    "notice_setting.changed": N_("Changed which notices come"),
    "mail.sent_again": N_("Had a mail sent again"),
    "shift.planned": N_("Planned a duty"),
    "shift.removed": N_("Removed a duty"),
    "roster.copied": N_("Copied a week of the roster"),
    "handover.made": N_("Handed a duty over"),
    "audit.unusual": N_("Showed more names and numbers than usual"),
    "audit.faulty": N_("The audit was found not to be whole"),
    "audit.read": N_("Read the audit"),
    "audit.line_read": N_("Read a line of the audit"),
    "audit.person_read": N_("Looked up who saw a person"),
    "audit.case_read": N_("Looked up who saw a case"),
    "audit.chain_read": N_("Looked whether the audit is whole"),
    "audit.security_read": N_("Read the audit of accounts and access"),
    "audit.searched": N_("Searched the audit for a person or case"),
    "audit.exported": N_("Took the audit out as a file"),
    "audit.export_ended": N_("The file was written to its end"),
}
AUDIT_SUBJECT: Mapping[str, str] = {
    "contact": N_("Person"),
    "case": N_("Case"),
    "staff": N_("Account"),
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

NOTICE: Mapping[str, str] = {
    "new_case": N_("A new case waits for its first look"),
    "sealed_case": N_("Something waits for you"),
    "case_due": N_("A first look is due soon"),
    "case_late": N_("A first look is late"),
    "channel_faulty": N_("A channel does not send"),
    "message_parked": N_("Messages could not be handled"),
    "flow_problem": N_("A flow has a mistake"),
    "mail_failed": N_("Mails to staff did not arrive"),
    "invitation_accepted": N_("Somebody accepted an invitation"),
    "role_change": N_("A change of role waits for a second person"),
    "unusual": N_("The audit shows something unusual"),
    "duty_gap": N_("Nobody is on duty for some hours"),
    "handed_over": N_("Something was handed over to you"),
    "agreement_ends": N_("An agreement ends soon"),
}
NOTICE_LIST: Mapping[str, str] = {
    "unread": N_("Not read yet"),
    "all": N_("All"),
}
PROCESS: Mapping[str, str] = {
    "inbox": N_("Workers that step flows"),
    "outbox": N_("Workers that send"),
    "care": N_("Workers for upkeep"),
    "scheduler": N_("Schedulers"),
}
URGENCY: Mapping[str, str] = {
    "P1": N_("At once"),
    "P2": N_("Urgent"),
    "P3": N_("Soon"),
    "P4": N_("For information"),
}
SHIFT_FAULT: Mapping[str, str] = {
    "not_a_member": N_("This person is not in the team."),
    "same_person": N_("The backup must be somebody else."),
    "too_long": N_("Nobody can be on duty for more than a day. Plan two shifts."),
    "overlap": N_("This person is on duty then already."),
    "empty": N_("The clocks change then, and nothing is left of this shift."),
}
STEP: Mapping[str, str] = {
    "0": N_("Whoever is on duty was told"),
    "1": N_("The backup was told"),
    "2": N_("The lead was told"),
}
MAIL_STATE: Mapping[str, str] = {
    "uncertain": N_("Not known whether it arrived"),
    "refused": N_("The address was refused"),
    "failed": N_("Given up"),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "notice": NOTICE,
    "urgency": URGENCY,
    "process": PROCESS,
    "shift_fault": SHIFT_FAULT,
    "step": STEP,
    "notice_list": NOTICE_LIST,
    "mail_state": MAIL_STATE,
    "status": STATUS,
    "reason": REASON,
    "health": HEALTH,
    "listing": LISTING,
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
    "missing": MISSING,
    "scheme": SCHEME,
    "attachment": ATTACHMENT,
    "purpose": PURPOSE,
    "source": SOURCE,
    "safe": SAFE,
    "sex": SEX,
    "age": AGE,
    "intake": INTAKE,
    "role": ROLE,
    "object": OBJECT,
    "reveal": REVEAL,
    "audit_group": AUDIT_GROUP,
    "audit_action": AUDIT_ACTION,
    "audit_subject": AUDIT_SUBJECT,
    "action": ACTION,
    "organisation_kind": ORGANISATION_KIND,
    "unreadable": UNREADABLE,
    "place_fault": PLACE_FAULT,
    "agreement_kind": AGREEMENT_KIND,
    "agreement_state": AGREEMENT_STATE,
    "shared": SHARED,
    "scope": SCOPE,
    "key_state": KEY_STATE,
    "office_kind": OFFICE_KIND,
    "member_state": MEMBER_STATE,
    "member_part": MEMBER_PART,
    "leaving": LEAVING,
    "form_fault": FORM_FAULT,
    "method": METHOD,
}


def word(code: str | None, table: str) -> str:
    """Return a code in the reader's language."""
    known = TABLES[table].get(code or "")
    return gettext(known) if known is not None else code or ""
