"""Who may do what: one table of roles, objects and actions, and a rule on every route.

A route without a rule answers nobody. A rule that does not allow answers as if the page did not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from gateway.models.staff import Role

View = TypeVar("View", bound=Callable[..., Any])


class Object(StrEnum):
    """What pages show or change."""

    OVERVIEW = "overview"  # counts of the whole operation, no person in them
    DELIVERY = "delivery"  # single messages by status and reason, without words or person
    CONTACT = "contact"  # a person: conversation, agreement, safety; number and name masked
    IDENTITY = "identity"  # a person's number and name, shown on request
    SURVEY = "survey"  # rounds: funnels and counts by question
    ANSWER = "answer"  # single coded answers, without the person
    GRIEVANCE = "grievance"  # cases that anyone in the register may read (S0, S1)
    SENSITIVE = "sensitive"  # cases and messages of level S2
    SEALED = "sealed"  # cases and messages of level S3
    PROBLEM = "problem"  # mistakes in flows
    FLOW = "flow"  # conversations: what is said and asked; no person in them
    TRANSLATION = "translation"  # the words of flows in other languages
    FLOW_OVERRIDE = "flow_override"  # letting a flow out that the check refuses; two roles together
    ADMINISTRATION = "administration"  # the first page of the objects that follow
    ACCOUNT = "account"  # members of staff: name, role, office, teams, whether they are here
    APPROVAL = "approval"  # role changes that wait for a second person
    ORGANISATION = "organisation"  # organisations, offices and teams
    PLACE = "place"  # the gazetteer
    AGREEMENT = "agreement"  # what organisations share with one another
    PARTNERS = "partners"  # counts by organisation, for the lead; small ones hidden
    ROLES = "roles"  # this table, in words
    API_KEY = "api_key"  # keys of programs that read counts
    API = "api"  # what programs read with such a key; no role reads it
    SIMULATOR = "simulator"  # invented phones, each seen by whoever opened it
    AUDIT = "audit"  # who saw and did what to whom
    SECURITY = "security"  # the audit's lines about accounts and access, no person in them
    ROSTER = "roster"  # who is on duty when; only a team's lead and administrators change it
    MAIL = "mail"  # mails to staff that did not arrive: whose, when and why; no address, no word
    SETUP = "setup"  # the first steps of a new installation
    SELF = "self"  # one's own account: language, signing out


class Action(StrEnum):
    """What may be done with an object."""

    SEE = "see"
    CHANGE = "change"
    PUBLISH = "publish"


# Pages of these show persons: each look and each refusal is written into the audit.
PERSONAL = frozenset(
    {
        Object.CONTACT,
        Object.IDENTITY,
        Object.ANSWER,
        Object.GRIEVANCE,
        Object.SENSITIVE,
        Object.SEALED,
        Object.AUDIT,
    }
)

ALL = frozenset(Role)
REGISTER = frozenset(
    {Role.COMMUNITY_STAFF, Role.PARTNER, Role.PROTECTION_REVIEWER, Role.SENSITIVE_FOCAL_POINT}
)
PROTECTION = frozenset({Role.PROTECTION_REVIEWER, Role.SENSITIVE_FOCAL_POINT})
FOCAL_POINT = frozenset({Role.SENSITIVE_FOCAL_POINT})
ANALYSIS = frozenset({Role.IM_OFFICER})
AUTHORS = frozenset({Role.COMMUNITY_STAFF, Role.TRANSLATOR, Role.IM_OFFICER})
WRITERS = AUTHORS - {Role.TRANSLATOR}
ADMINISTRATORS = frozenset({Role.ADMIN})
OFFICER = frozenset({Role.DATA_PROTECTION_OFFICER})
KEEPERS = frozenset({Role.ADMIN, Role.DATA_PROTECTION_OFFICER})

TABLE: Mapping[tuple[Object, Action], frozenset[Role]] = {
    (Object.SELF, Action.SEE): ALL,
    (Object.SELF, Action.CHANGE): ALL,
    (Object.OVERVIEW, Action.SEE): ALL,
    (Object.DELIVERY, Action.SEE): REGISTER | ANALYSIS | KEEPERS,
    (Object.CONTACT, Action.SEE): REGISTER,
    (Object.IDENTITY, Action.SEE): REGISTER,
    (Object.SURVEY, Action.SEE): ALL - {Role.ADMIN, Role.TRANSLATOR},
    (Object.ANSWER, Action.SEE): REGISTER | ANALYSIS,
    (Object.GRIEVANCE, Action.SEE): REGISTER,
    (Object.SENSITIVE, Action.SEE): PROTECTION,
    (Object.SEALED, Action.SEE): FOCAL_POINT,
    (Object.PROBLEM, Action.SEE): AUTHORS | REGISTER | KEEPERS,
    (Object.PROBLEM, Action.CHANGE): AUTHORS,
    (Object.FLOW, Action.SEE): AUTHORS | PROTECTION | OFFICER,
    (Object.FLOW, Action.CHANGE): WRITERS,
    (Object.FLOW, Action.PUBLISH): WRITERS,
    (Object.TRANSLATION, Action.SEE): AUTHORS,
    (Object.TRANSLATION, Action.CHANGE): AUTHORS,
    # One of each must agree; neither writes flows.
    (Object.FLOW_OVERRIDE, Action.SEE): FOCAL_POINT | OFFICER,
    (Object.FLOW_OVERRIDE, Action.CHANGE): FOCAL_POINT | OFFICER,
    (Object.ADMINISTRATION, Action.SEE): KEEPERS | ANALYSIS,
    (Object.ACCOUNT, Action.SEE): KEEPERS,
    (Object.ACCOUNT, Action.CHANGE): ADMINISTRATORS,
    (Object.APPROVAL, Action.SEE): KEEPERS,
    (Object.APPROVAL, Action.CHANGE): KEEPERS,
    (Object.ORGANISATION, Action.SEE): KEEPERS | ANALYSIS,
    (Object.ORGANISATION, Action.CHANGE): ADMINISTRATORS,
    (Object.PLACE, Action.SEE): ALL - {Role.VIEWER_AGGREGATE},
    (Object.PLACE, Action.CHANGE): ADMINISTRATORS | ANALYSIS,
    (Object.AGREEMENT, Action.SEE): KEEPERS | ANALYSIS,
    # Whoever runs the server does not decide who else reads what people said.
    (Object.AGREEMENT, Action.CHANGE): frozenset({Role.DATA_PROTECTION_OFFICER}),
    (Object.PARTNERS, Action.SEE): KEEPERS | ANALYSIS | {Role.VIEWER_AGGREGATE},
    (Object.ROLES, Action.SEE): KEEPERS,
    (Object.API_KEY, Action.SEE): KEEPERS,
    (Object.API_KEY, Action.CHANGE): ADMINISTRATORS,
    (Object.AUDIT, Action.SEE): OFFICER,
    (Object.SECURITY, Action.SEE): KEEPERS,
    (Object.ROSTER, Action.SEE): REGISTER | KEEPERS | ANALYSIS,
    (Object.ROSTER, Action.CHANGE): REGISTER | ADMINISTRATORS | ANALYSIS,
    (Object.MAIL, Action.SEE): ADMINISTRATORS,
    (Object.MAIL, Action.CHANGE): ADMINISTRATORS,
    (Object.SETUP, Action.SEE): ADMINISTRATORS,
    (Object.SETUP, Action.CHANGE): ADMINISTRATORS,
    (Object.API, Action.SEE): frozenset(),
    (Object.SIMULATOR, Action.SEE): ALL - {Role.VIEWER_AGGREGATE, Role.DATA_PROTECTION_OFFICER},
    (Object.SIMULATOR, Action.CHANGE): ALL - {Role.VIEWER_AGGREGATE, Role.DATA_PROTECTION_OFFICER},
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks of a role. `object` None: nobody needs to be signed in."""

    object: Object | None
    action: Action = Action.SEE


OPEN = Rule(None)


def allows(role: Role, object_: Object, action: Action = Action.SEE) -> bool:
    """Say whether a role may do this; what the table does not name is forbidden."""
    return role in TABLE.get((object_, action), frozenset())


def needs(object_: Object, action: Action = Action.SEE) -> Callable[[View], View]:
    """Mark a view with its rule."""
    return _mark(Rule(object_, action))


def open_to_all(view: View) -> View:
    """Mark a view that answers strangers too."""
    return _mark(OPEN)(view)


def while_setting_up(view: View) -> View:
    """Mark a view that somebody reaches who must set up a second factor and has none yet; all others wait for it."""
    view.leads_to_a_second_factor = True  # type: ignore[attr-defined]
    return view


def leads_to_a_second_factor(view: Callable[..., Any]) -> bool:
    """Say whether a view is reached before a second factor that must be set up is there."""
    return getattr(view, "leads_to_a_second_factor", False)


def rule_of(view: Callable[..., Any]) -> Rule | None:
    """Return the rule of a view; None: it was forgotten, and nobody gets in."""
    rule: Rule | None = getattr(view, "access_rule", None)
    return rule


def _mark(rule: Rule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access_rule = rule  # type: ignore[attr-defined]
        return view

    return mark
