"""The staff pages put together: the blueprint with its views, its gate and its frame."""

from __future__ import annotations

from flask import Flask

from gateway.web import (  # noqa: F401 - importing a module hangs its views on the blueprint
    account,
    administration,
    agreements,
    api_keys,
    assets,
    audit,
    audit_export,
    components,
    confirm,
    contacts,
    errors,
    flow_editor,
    flow_import,
    flow_picture,
    flow_results,
    flow_tabs,
    flows,
    forms,
    founding,
    gate,
    glossary,
    grievances,
    guide,
    language,
    late,
    limits,
    mails,
    members,
    messages,
    notices,
    organisations,
    overrides,
    overview,
    page,
    partners,
    places,
    preferences,
    problems,
    publishing,
    rehearsal,
    roles,
    roster,
    rounds,
    search,
    security,
    setup,
    shortcuts,
    signin,
    simulator,
    sso,
    translation_files,
    translations,
    triggers,
    views,
    wire,
)
from gateway.web.api import v1
from gateway.web.blueprint import staff
from gateway.web.notes import settle
from gateway.web.resources import commit

staff.before_request(gate.guard)
staff.before_request(limits.guard)
staff.before_request(confirm.guard)
staff.before_request(forms.act_once)
# Flask calls these from the last to the first.
staff.after_request(page.harden)
staff.after_request(forms.tell_script)
staff.after_request(commit)
staff.after_request(settle)
staff.after_request(forms.remember)


def install(app: Flask) -> None:
    """Hang the staff pages into an application."""
    language.install(app)
    page.install(app)
    app.jinja_env.globals |= {"go_key": shortcuts.go_key, "views_of": views.of_list}
    app.jinja_env.globals["direction_of"] = language.direction
    app.jinja_env.globals["flow_tabs_of"] = flow_tabs.tabs_of
    errors.install(app)
    security.install(app)
    sso.install(app)
    app.jinja_env.globals |= notices.TEMPLATE_WORDS
    app.register_blueprint(staff)
    app.register_blueprint(v1.api)
    app.after_request(wire.compress)
