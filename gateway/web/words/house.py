"""Who is who: roles, organisations, offices, members, agreements, keys."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

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
    "flow": N_("Flows: what is said and asked"),
    "translation": N_("The words of flows in other languages"),
    "flow_override": N_("Letting a flow out that the check refuses"),
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
ACTION: Mapping[str, str] = {
    "see": N_("See"),
    "change": N_("Change"),
    "publish": N_("Publish"),
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

TABLES: Mapping[str, Mapping[str, str]] = {
    "role": ROLE,
    "object": OBJECT,
    "action": ACTION,
    "agreement_kind": AGREEMENT_KIND,
    "agreement_state": AGREEMENT_STATE,
    "shared": SHARED,
    "scope": SCOPE,
    "key_state": KEY_STATE,
    "organisation_kind": ORGANISATION_KIND,
    "office_kind": OFFICE_KIND,
    "member_state": MEMBER_STATE,
    "member_part": MEMBER_PART,
    "leaving": LEAVING,
}
