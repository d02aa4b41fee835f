"""What each role may see, in full, so that no change of the access table goes unseen."""

from collections.abc import Iterator

from gateway.models.staff import Role
from tests.integration.web.visitors import World

REGISTER = {Role.COMMUNITY_STAFF, Role.PARTNER, Role.PROTECTION_REVIEWER, Role.SENSITIVE_FOCAL_POINT}
EVERYBODY = set(Role)
OFFICER = {Role.DATA_PROTECTION_OFFICER}
TRANSLATORS = {Role.TRANSLATOR, Role.IM_OFFICER, Role.COMMUNITY_STAFF}
KEEPERS = {Role.ADMIN, Role.DATA_PROTECTION_OFFICER}
FLOW_WRITERS = {Role.COMMUNITY_STAFF, Role.IM_OFFICER}
FLOW_READERS = (
    FLOW_WRITERS | OFFICER | {Role.TRANSLATOR, Role.PROTECTION_REVIEWER, Role.SENSITIVE_FOCAL_POINT}
)
OVERRIDERS = OFFICER | {Role.SENSITIVE_FOCAL_POINT}

# Path by endpoint, and the roles that get an answer.
PAGES: dict[str, tuple[str, set[Role]]] = {
    "staff.overview": ("/", EVERYBODY),
    "staff.me": ("/me", EVERYBODY),
    "staff.account": ("/me/security", EVERYBODY),
    "staff.start_second_factor": ("/me/security/start", EVERYBODY),
    "staff.set_up_app": ("/me/security/app", EVERYBODY),
    "staff.add_passkey": ("/me/security/passkeys", EVERYBODY),
    "staff.change_password": ("/me/password", EVERYBODY),
    "staff.own_sessions": ("/me/sessions", EVERYBODY),
    "staff.confirm": ("/me/confirm", EVERYBODY),
    "staff.notices": ("/notices", EVERYBODY),
    "staff.my_notices": ("/me/notices", EVERYBODY),
    "staff.rosters": ("/roster", REGISTER | KEEPERS | {Role.IM_OFFICER}),
    "staff.mails": ("/mails", {Role.ADMIN}),
    "staff.help_index": ("/help", EVERYBODY),
    "staff.components": ("/components", EVERYBODY),
    "staff.search": ("/search", EVERYBODY),
    "staff.setup_step": ("/setup/operation", {Role.ADMIN}),
    "staff.shortcuts": ("/shortcuts", EVERYBODY),
    "staff.views": ("/views", EVERYBODY),
    "staff.keep_view": ("/views/keep?list=staff.rounds&query=sort%3Dname", EVERYBODY),
    "staff.contacts": ("/contacts", REGISTER),
    "staff.contact": ("/contacts/{contact}", REGISTER),
    "staff.messages": (
        "/messages?status=failed",
        REGISTER | {Role.IM_OFFICER, Role.ADMIN, Role.DATA_PROTECTION_OFFICER},
    ),
    "staff.rounds": ("/rounds", EVERYBODY - {Role.ADMIN, Role.TRANSLATOR}),
    "staff.round_": ("/rounds/{round}", EVERYBODY - {Role.ADMIN, Role.TRANSLATOR}),
    "staff.grievances": ("/grievances", REGISTER),
    "staff.grievance": ("/grievances/{case}", REGISTER),
    "staff.flows": ("/flows", FLOW_READERS),
    "staff.translations": ("/translations", TRANSLATORS),
    "staff.translate": ("/flows/{flow}/translate", TRANSLATORS),
    "staff.translate_language": ("/flows/{flow}/translate/urd", TRANSLATORS),
    "staff.translate_text": ("/flows/{flow}/translate/urd/monitoring_services.consent.text", TRANSLATORS),
    "staff.translation_file": ("/flows/{flow}/translate/urd/file/po", TRANSLATORS),
    "staff.import_translations": ("/flows/{flow}/translate/urd/import", TRANSLATORS),
    "staff.glossary": ("/glossary", TRANSLATORS),
    "staff.glossary_file": ("/glossary/urd/file", TRANSLATORS),
    "staff.add_term": ("/glossary/urd/add", TRANSLATORS),
    "staff.change_term": ("/glossary/terms/{term}", TRANSLATORS),
    "staff.import_glossary": ("/glossary/urd/import", TRANSLATORS),
    "staff.flow": ("/flows/{flow}", FLOW_READERS),
    "staff.import_form": ("/flows/import", FLOW_WRITERS),
    "staff.new_flow": ("/flows/new", FLOW_WRITERS),
    "staff.publish_flow": ("/flows/{flow}/publish", FLOW_WRITERS),
    "staff.flow_revisions": ("/flows/{flow}/revisions", FLOW_READERS),
    "staff.ask_override": ("/flows/{flow}/override", FLOW_WRITERS),
    "staff.override_list": ("/flow-overrides", OVERRIDERS),
    "staff.override": ("/flow-overrides/{override}", OVERRIDERS),
    "staff.edit_flow": ("/flows/{flow}/edit", FLOW_WRITERS),
    "staff.rehearse_flow": ("/flows/{flow}/rehearse", FLOW_READERS),
    "staff.flow_presence": ("/flows/{flow}/edit/here?part=here", FLOW_WRITERS),
    "staff.flow_picture": ("/flows/{flow}/picture", FLOW_READERS),
    "staff.flow_picture_file": ("/flows/{flow}/picture.svg", FLOW_READERS),
    "staff.flow_results": ("/flows/{flow}/results", EVERYBODY - {Role.ADMIN, Role.TRANSLATOR}),
    "staff.triggers": ("/flows/triggers", FLOW_READERS),
    "staff.add_trigger": ("/flows/triggers/add", FLOW_WRITERS),
    "staff.trigger": ("/flows/triggers/{trigger}", FLOW_READERS),
    "staff.trigger_picture": ("/flows/triggers/{trigger}/1.svg", FLOW_READERS),
    "staff.late_replies": ("/flows/late", REGISTER | {Role.IM_OFFICER}),
    "staff.problems": ("/problems", EVERYBODY - {Role.VIEWER_AGGREGATE}),
    "staff.administration": ("/administration", KEEPERS | {Role.IM_OFFICER}),
    "staff.roles": ("/roles", KEEPERS),
    "staff.audit_lines": ("/audit", OFFICER),
    "staff.audit_line": ("/audit/lines/1", OFFICER),
    "staff.audit_of_person": ("/audit/people/{contact}", OFFICER),
    "staff.audit_of_case": ("/audit/cases/{case}", OFFICER),
    "staff.audit_chain": ("/audit/chain", OFFICER),
    "staff.security_lines": ("/security", KEEPERS),
    "staff.place_list": ("/places", EVERYBODY - {Role.VIEWER_AGGREGATE}),
    "staff.upload_places": ("/places/load", {Role.ADMIN, Role.IM_OFFICER}),
    "staff.preview_places": ("/places/load/{upload}", {Role.ADMIN, Role.IM_OFFICER}),
    "staff.agreement_list": ("/agreements", KEEPERS | {Role.IM_OFFICER}),
    "staff.add_agreement": ("/agreements/add", {Role.DATA_PROTECTION_OFFICER}),
    "staff.partners": ("/partners", KEEPERS | {Role.IM_OFFICER, Role.VIEWER_AGGREGATE}),
    "staff.key_list": ("/api-keys", KEEPERS),
    "staff.add_key": ("/api-keys/add", {Role.ADMIN}),
    "staff.member_list": ("/staff", KEEPERS),
    "staff.invite_member": ("/staff/invite", {Role.ADMIN}),
    "staff.member": ("/staff/{somebody}", KEEPERS),
    "staff.change_member": ("/staff/{somebody}/change", {Role.ADMIN}),
    "staff.leave_member": ("/staff/{somebody}/leave", {Role.ADMIN}),
    "staff.approvals": ("/approvals", KEEPERS),
    "staff.organisation_list": ("/organisations", KEEPERS | {Role.IM_OFFICER}),
    "staff.add_organisation": ("/organisations/add", {Role.ADMIN}),
    "staff.change_organisation": ("/organisations/{organisation}/change", {Role.ADMIN}),
    "staff.office_list": ("/offices", KEEPERS | {Role.IM_OFFICER}),
    "staff.add_office": ("/offices/add", {Role.ADMIN}),
    "staff.change_office": ("/offices/{office}", {Role.ADMIN}),
    "staff.team_list": ("/teams", KEEPERS | {Role.IM_OFFICER}),
    "staff.add_team": ("/teams/add", {Role.ADMIN}),
    "staff.change_team": ("/teams/{team}", {Role.ADMIN}),
    "staff.simulator": ("/simulator", EVERYBODY - {Role.VIEWER_AGGREGATE, Role.DATA_PROTECTION_OFFICER}),
}
# Whose they are, or for how long they are there, decides more than the role; their own tests look at them.
ELSEWHERE = {
    "staff.invite_founder",
    "staff.notice",
    "staff.roster",
    "staff.phone",
    "staff.setup",
    "staff.export_form",  # a file that is no text
    "staff.preview_form",
    "staff.preview_translations",
}


def paths(world: World) -> dict[str, str]:
    return {
        endpoint: path.format(
            contact=world.contact_id,
            round=world.round_id,
            case=world.case_id,
            somebody=world.staff[Role.TRANSLATOR],
            organisation=world.operation.id,
            office=world.office_id,
            team=world.team_id,
            upload=world.upload_id,
            flow=world.flow_id,
            override=world.override_id,
            term=world.term_id,
            trigger=world.trigger_id,
        )
        for endpoint, (path, _) in PAGES.items()
    }


def everything(world: World) -> Iterator[str]:
    """Each page's address, and those of lists and cases that hold more."""
    yield from paths(world).values()
    yield from (f"{path}?part=live" for path in ("/", f"/rounds/{world.round_id}"))
    yield f"/contacts/{world.sealed_contact_id}"
    yield from (f"/grievances/{case}" for case in (world.sensitive_id, world.sealed_id))
    yield from (f"/messages?status={name}" for name in ("uncertain", "parked", "waiting", "unread"))
    yield from (f"/grievances?stage={name}" for name in ("triage", "work", "closed"))
