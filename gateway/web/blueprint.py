"""The one blueprint of the staff pages. Its modules hang their views on it, one module a noun."""

from __future__ import annotations

from flask import Blueprint

staff = Blueprint("staff", __name__, template_folder="templates")
