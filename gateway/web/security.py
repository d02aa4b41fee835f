"""Flask-Security over our own tables: passwords, codes of authenticator apps, recovery codes, and who is signed in.

The library checks and hashes; our views, sessions, throttling and audit stand round it. None of its own views is
registered, and its cookie is not used (docs/adr/0026).
"""

from __future__ import annotations

import unicodedata
from typing import Any
from uuid import UUID

from flask import Flask, Request, current_app
from flask_security import RoleMixin, Security, Totp, UserDatastore, UserMixin, hash_password
from flask_security.recovery_codes import MfRecoveryCodesUtil

from gateway import clock
from gateway.services import second_factor, sign_in, staff
from gateway.web import gate
from gateway.web.resources import connection, resources

ISSUER = "Paigham"
DIGITS = 6
SKEW = 30  # seconds that a phone's clock may be wrong, either way
RECOVERY_CODES = 10


class Role(RoleMixin):
    """What the library calls a role; ours stand in `gateway.web.access`."""


class Account(UserMixin):
    """An account as the library sees it. What is secret is read only when it is asked for."""

    fs_uniquifier: str = ""  # what the library calls the id

    def __init__(self, id_: UUID, *, known: sign_in.Account | None = None) -> None:
        self.staff_id = id_
        self.fs_uniquifier = str(id_)
        self.active = True
        self._known = known

    @property
    def password(self) -> str | None:
        """The hash of the password; None for an account that signs in otherwise."""
        if self._known is None:
            self._known = sign_in.account_of(connection(), self.staff_id)
        return self._known.password_hash

    @password.setter
    def password(self, password_hash: str | None) -> None:
        staff.set_hash(connection(), self.staff_id, password_hash)


class Accounts(UserDatastore):
    """The library's way to our tables. Accounts are made by `gateway.services.staff` alone."""

    def __init__(self) -> None:
        super().__init__(Account, Role)

    def find_user(self, case_insensitive: bool = False, **by: Any) -> Account | None:  # noqa: FBT001, FBT002 - the library's own signature
        """Return an account by its address or id; nothing else finds one."""
        del case_insensitive
        found = None
        if "email" in by:
            found = staff.find(connection(), resources().ring, by["email"])
        elif "fs_uniquifier" in by:
            found = UUID(by["fs_uniquifier"])
        return Account(found) if found is not None else None

    def put(self, model: Account) -> Account:
        """Nothing is left to write: each property writes itself."""
        return model

    def mf_set_recovery_codes(self, user: UserMixin, rcs: list[str] | None) -> None:
        """Keep hashes of recovery codes in place of those before."""
        second_factor.keep_codes(connection(), resources().ring, _id(user), rcs or [])


class Codes(Totp):
    """Codes of authenticator apps, each of which works once. Our key ring seals the secret, so the library does not."""

    def generate_totp_secret(self) -> str:
        """Return a new secret in the library's own notation."""
        return str(self._totp.new().to_json(encrypt=False))

    def get_last_counter(self, user: UserMixin) -> int | None:
        """Return the time step of the last code that was used."""
        return None if isinstance(user, Pending) else second_factor.last_counter(connection(), _id(user))

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        """Use a code up."""
        if isinstance(user, Pending):
            user.counter = tmatch.counter
        else:
            second_factor.use_counter(connection(), _id(user), tmatch.counter)


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes that are looked up by a keyed hash, and used up in one statement."""

    def check_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Say whether a code would work."""
        return second_factor.knows_code(connection(), resources().ring, _id(user), code)

    def delete_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Use a code up; False when somebody was faster."""
        return second_factor.use_code(connection(), resources().ring, _id(user), code, now=clock.now())


class Pending(UserMixin):
    """Whoever sets an app up: its secret is nobody's until a code proves it."""

    counter: int | None = None


def install(app: Flask) -> None:
    """Put the library into an application, without its views."""
    hasher = staff.hasher()
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - a method's name
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH={"argon2"},
        SECURITY_PASSWORD_NORMALIZE_FORM=staff.NORMAL_FORM,
        SECURITY_PASSWORD_LENGTH_MIN=staff.SHORTEST_PASSWORD,
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
            "argon2__time_cost": hasher.time_cost,
            "argon2__memory_cost": hasher.memory_cost,
            "argon2__parallelism": hasher.parallelism,
        },
        SECURITY_MULTI_FACTOR_RECOVERY_CODES=True,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_N=RECOVERY_CODES,
        SECURITY_TOTP_ISSUER=ISSUER,
        SECURITY_TOTP_SECRETS={"1": "unused: our key ring seals the secrets"},
        # Flask-Login would write into the form cookie of whoever comes a second time, so that only some answers set it.
        SESSION_PROTECTION=None,
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
    )
    security = Security(
        app,
        Accounts(),
        register_blueprint=False,
        totp_cls=Codes,
        mf_recovery_codes_util_cls=RecoveryCodes,
    )
    # Who asks is known from our session, or not at all: no token in a header, nothing in the form cookie.
    security.login_manager.user_loader(lambda _: None)
    security.login_manager.request_loader(_who_asks)
    security.principal.identity_loaders.clear()  # Else each request would be asked who it is, webhooks too.


def library() -> Security:
    """Return the library's state in the application that serves this request."""
    found: Security = current_app.extensions["security"]
    return found


def password_is_right(account: sign_in.Account, password: str) -> bool:
    """Check a password, and hash it anew when our costs have grown. Nobody's password takes as long to be wrong."""
    given = library().password_util.normalize(password[: staff.LONGEST_PASSWORD])
    if account.id is None or account.password_hash is None:
        hash_password(given)
        return False
    return bool(Account(account.id, known=account).verify_and_update_password(given))


def code_is_right(staff_id: UUID, code: str) -> str | None:
    """Use up a code of the app or a recovery code. Returns which it was, "totp" or "recovery_code"; None: neither."""
    account, plain = Account(staff_id), digits(code)
    if len(plain) == DIGITS:
        secret = second_factor.totp(connection(), resources().ring, staff_id)
        right = secret is not None and library().totp_factory.verify_totp(plain, secret, account, window=SKEW)
        return "totp" if right else None
    util = library().mf_recovery_codes_util
    if util.check_recovery_code(account, code) and util.delete_recovery_code(account, code):
        return "recovery_code"
    return None


def new_secret() -> str:
    """Return a secret for an authenticator app."""
    return str(library().totp_factory.generate_totp_secret())


def proves(secret: str, code: str) -> int | None:
    """Return the time step of a code that proves that an app has a new secret; None when it does not."""
    pending = Pending()
    right = library().totp_factory.verify_totp(digits(code), secret, pending, window=SKEW)
    return pending.counter if right else None


def shown(secret: str, email: str) -> tuple[str, str]:
    """Return the address that an app reads from a picture, and the key for typing it in."""
    factory = library().totp_factory
    return factory.get_totp_uri(email, secret), factory.get_totp_pretty_key(secret)


def new_codes(staff_id: UUID) -> list[str]:
    """Make ten recovery codes in place of those before. They can be shown this once."""
    return list(library().mf_recovery_codes_util.create_recovery_codes(Account(staff_id)))


def digits(code: str) -> str:
    """Return a code of any script's digits as ASCII digits, without what people write between; else as it is.

    >>> digits("۱۲۳ ۴۵۶")
    '123456'
    """
    signs = [sign for sign in code if not sign.isspace() and sign != "-"]
    values = [unicodedata.decimal(sign, None) for sign in signs]
    if any(value is None for value in values):
        return code
    return "".join(map(str, values))


def _id(user: UserMixin) -> UUID:
    return UUID(user.fs_uniquifier)


def _who_asks(_request: Request) -> Account | None:
    member = gate.member()
    return Account(member.id) if member is not None else None
