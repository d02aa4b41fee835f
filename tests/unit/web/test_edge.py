"""Round every request: known names, ids that nobody else makes, one line in the log."""

import json
from dataclasses import replace

import pytest
from flask import Flask, request
from hypothesis import example, given
from hypothesis import strategies as st

from gateway import log
from gateway.settings import Settings
from gateway.web import edge, gate

SETTINGS = Settings(pages_url="https://staff.example.org", allowed_hosts="Other.example.org, [2001:db8::7]")
PROXY_ID = "5f2b8c1de0a94c7b8d1a2b3c4d5e6f70"
TOKEN = "invented-token-of-a-link"


HOSTS = edge.known_hosts(SETTINGS)


def application(settings=SETTINGS, *, hosts=HOSTS):
    app = edge.Application("gateway", static_folder=None, template_folder=None)

    @app.get("/welcome/<token>")
    def welcome(token):
        log.get("test").info("seen")
        return f"{request.remote_addr} {request.scheme} {request.host}"

    @app.get("/broken")
    def broken():
        raise RuntimeError(TOKEN)

    edge.install(app, settings, part="pages", hosts=hosts)
    return app


def ask(app: Flask, *, host="staff.example.org", path=f"/welcome/{TOKEN}", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().get(path, headers={"Host": host, **named})


def lines(capfd):
    return [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]


@pytest.mark.parametrize(
    "host",
    [
        "staff.example.org",
        "STAFF.example.org:443",
        "other.example.org",
        "[2001:db8::7]:8000",
        "127.0.0.1:8000",
        "localhost",
        "[::1]",
    ],
)
def test_pages_answer_under_their_names(host):
    assert ask(application(), host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "staff.example.org.evil.example",
        "evil.example:staff.example.org",
        "staff.example.org@evil.example",
        "staff.example.org/evil",
        "",
        "[staff.example.org]",
        "[::1].evil.example",
        "[::1",
    ],
)
def test_any_other_name_is_refused_before_the_application_sees_it(host):
    answer = ask(application(), host=host, path="/broken")
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert "evil" not in answer.text


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60))
@example("staff.example.org:")
def test_no_host_header_breaks_us_or_comes_back(host):
    answer = ask(application(), host=host)
    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or answer.text.split()[-1].lower().startswith(
        tuple(edge.known_hosts(SETTINGS))
    )


def test_webhooks_answer_under_any_name():
    assert ask(application(hosts=None), host="evil.example").status_code == 200


def test_each_request_has_an_id_of_its_own_in_its_lines_and_in_its_answer(capfd):
    app = application()
    first, second = ask(app), ask(app)
    ids = [answer.headers.getlist("X-Request-ID") for answer in (first, second)]
    assert len(ids[0]) == len(ids[1]) == 1
    assert ids[0] != ids[1]
    told = lines(capfd)
    assert [(line["event"], line["request"]) for line in told] == [
        ("seen", ids[0][0]),
        ("request", ids[0][0]),
        ("seen", ids[1][0]),
        ("request", ids[1][0]),
    ]
    log.get("test").info("afterwards")
    assert "request" not in lines(capfd)[0]


def test_the_line_of_a_request_names_the_route_and_never_what_was_asked_for(capfd):
    ask(application(), path=f"/welcome/{TOKEN}?search=Zarghuna")
    text = capfd.readouterr().err
    told = [json.loads(line) for line in text.splitlines()][-1]
    assert (told["method"], told["route"], told["status"]) == ("GET", "/welcome/<token>", 200)
    assert 0 <= told["ms"] < 5000
    assert TOKEN not in text
    assert "Zarghuna" not in text


def test_requests_for_nothing_and_for_nobody_leave_a_line_too(capfd):
    ask(application(), path=f"/{TOKEN}")
    ask(application(), host="evil.example")
    ask(application(), path="/broken")
    text = capfd.readouterr().err
    told = [json.loads(line) for line in text.splitlines()]
    assert [(line["route"], line["status"]) for line in told if line["event"] == "request"] == [
        ("none", 404),
        ("none", 400),
        ("/broken", 500),
    ]
    assert TOKEN not in text
    assert "evil" not in text


def test_a_stranger_chooses_neither_id_nor_address(capfd):
    answer = ask(
        application(), X_Request_ID=PROXY_ID, X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https"
    )
    assert answer.headers["X-Request-ID"] != PROXY_ID
    assert answer.text.split()[:2] == ["127.0.0.1", "http"]


def test_a_trusted_proxy_is_believed_about_the_caller_and_never_about_the_host():
    app = application(replace(SETTINGS, trusted_proxies=1))
    answer = ask(
        app,
        X_Request_ID=PROXY_ID,
        X_Forwarded_For="198.51.100.1, 203.0.113.9",
        X_Forwarded_Proto="https",
        X_Forwarded_Host="evil.example",
    )
    assert answer.headers["X-Request-ID"] == PROXY_ID
    assert answer.text.split() == ["203.0.113.9", "https", "staff.example.org"]


@pytest.mark.parametrize(
    "given_id", ["", "short", "923001234567890123", "a" * 65, "x" * 20, "deadbeef\u00e9" * 3]
)
def test_an_id_that_our_log_would_not_write_is_replaced(given_id):
    answer = ask(application(replace(SETTINGS, trusted_proxies=1)), X_Request_ID=given_id)
    assert answer.headers["X-Request-ID"] != given_id


@pytest.mark.parametrize(
    ("rule", "status", "told"),
    [
        ("/healthz", 200, False),
        ("/readyz", 503, True),
        ("/in/x", 200, False),
        ("/in/x", 403, True),
        ("/contacts", 200, True),
    ],
)
def test_what_is_asked_without_end_leaves_no_line_while_all_is_well(rule, status, told, capfd):
    app = edge.Application("gateway", static_folder=None, template_folder=None)
    app.add_url_rule(rule, "view", lambda: ("", status))
    edge.install(app, SETTINGS, part="pages", hosts=None)
    log.configure("info")
    app.test_client().get(rule)
    assert [line["route"] for line in lines(capfd)] == ([rule] if told else [])


@pytest.mark.parametrize(("secure", "told"), [(True, "max-age=31536000"), (False, None)])
def test_browsers_are_told_to_stay_with_https_where_cookies_are_kept_to_it(secure, told):
    app = application(replace(SETTINGS, secure_cookies=secure))
    for answer in (ask(app), ask(app, host="evil.example"), ask(app, path="/broken")):
        assert answer.headers.get("Strict-Transport-Security") == told


DROPPED = str.maketrans("", "", "\t\r\n")


@given(
    st.one_of(
        st.text(max_size=40),
        st.text("/\\\t\n\r .:@?#evil\x00\x7f%2f", max_size=12).map(lambda text: "/" + text),
        st.sampled_from(
            [
                "//evil.example",
                "/\\evil.example",
                "/\t/evil.example",
                "/\t\\evil.example",
                "https:evil.example",
            ]
        ),
    )
)
def test_nobody_is_led_away(path):
    """A browser drops tabs and line breaks, and reads a backslash as a slash."""
    app = application()
    app.add_url_rule("/", "staff.overview", lambda: "")
    with app.test_request_context("/"):
        found = gate.inside(path)
    as_read = found.translate(DROPPED).replace("\\", "/")
    assert as_read.startswith("/")
    assert not as_read.startswith("//")
    assert found in {path, "/"}


@pytest.mark.parametrize(
    "path", ["/", "/contacts", "/contacts?page=2&q=%D8%B3", "/rounds/1?next=//x", "/me#top"]
)
def test_whoever_signs_in_goes_on_where_they_wanted(path):
    app = application()
    app.add_url_rule("/first", "staff.overview", lambda: "")
    with app.test_request_context("/"):
        assert gate.inside(path) == path
