"""`paigham service`: the list of services that flows may ask."""

import pytest
from installed import Installed

CLOUD = "https://169.254.169.254/latest/"


@pytest.fixture
def installed(call, empty_database_url):
    return Installed(call, empty_database_url)


@pytest.mark.parametrize("url", ["http://1.1.1.1/", CLOUD, "https://10.0.0.1/", "no address"])
def test_only_https_addresses_of_public_hosts_are_allowed(installed, url):
    told = installed("service", "allow", "cash", "--url", url)
    assert told.code == 2
    assert "--url" in told.err
    assert installed("service", "list").out.startswith("There is no service yet")


def test_a_service_is_allowed_with_a_secret_and_taken_back(installed):
    told = installed("service", "allow", "cash", "--url", "https://1.1.1.1/ask")
    assert told.code == 0
    secret = told.out.splitlines()[-1]
    assert len(secret) > 30
    assert secret not in installed("service", "list").out
    assert installed("service", "list").out == "cash  https://1.1.1.1/ask\n"
    assert installed("service", "forbid", "cash").code == 0
    assert "no longer asked" in installed("service", "list").out
    assert installed("service", "forbid", "cash").code == 2
    assert [action for _, action, _ in installed.actions()] == ["service.allowed", "service.forbidden"]
