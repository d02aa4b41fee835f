"""The gazetteer in use: loading a file that was read, finding a place by name in any script, and walking its tree.

A newer file takes the place of the older: codes that it does not hold are gone when nothing names them, and stay,
retired, when something does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from flows.folding import fold
from flows.languages import SOURCE, chain
from gateway import ids
from gateway.gazetteer import Place
from gateway.models.areas import Area, AreaName, Gazetteer, GazetteerUpload
from gateway.services.bridge import plain
from gateway.services.unfit import Unfit, filled

BATCH = 5000  # rows written by one statement
FOUND = 50  # places that a search shows
NEAR = 5  # places that are named to whoever wrote one that there is not
SHORTEST, TRIED = 2, 8  # letters that a beginning has at least; letters that are left off at most
OFFERED = 300  # places in a list beside a field
KEPT_FOR = timedelta(days=1)  # an upload that nobody decided about
LARGEST = 32 * 1024 * 1024  # bytes of a file


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file is from: who published it, under which licence, and the date that they gave it."""

    source: str
    licence: str
    dated: date

    def checked(self) -> Origin:
        """Return the same with texts trimmed. Raises Unfit when one is missing."""
        source = filled(self.source, field="source")
        return Origin(source, filled(self.licence, field="licence"), self.dated)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did: how many places are new, known already, retired, gone."""

    added: int
    kept: int
    retired: int
    removed: int


@dataclass(frozen=True, slots=True)
class Found:
    """One place. `path`: the names of the places above it, the highest first."""

    pcode: str
    level: int
    name: str
    path: tuple[str, ...]
    below: int
    retired: bool


# --- Loading


def expected(connection: sa.Connection, places: Sequence[Place]) -> Loaded:
    """Say what loading would do, without doing it."""
    codes = [place.code for place in places]
    known = set(connection.scalars(sa.select(Area.pcode).where(Area.retired_at.is_(None))))
    gone = known - set(codes)
    used = _used(connection) & gone
    kept = len(known & set(codes))
    return Loaded(len(codes) - kept, kept, len(used), len(gone - used))


def load(
    connection: sa.Connection,
    places: Sequence[Place],
    origin: Origin,
    *,
    content: bytes,
    by: UUID | None,
    now: datetime,
) -> Loaded:
    """Write a gazetteer, parents before children. Two at once: the second waits for the first.

    Raises:
        Unfit: there is no place in it, or source or licence are missing.
    """
    if not places:
        raise Unfit("empty", field="file")
    checked = origin.checked()
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    told = expected(connection, places)
    gazetteer_id = ids.new()
    connection.execute(
        sa.insert(Gazetteer).values(
            id=gazetteer_id,
            source=checked.source,
            licence=checked.licence,
            dated=checked.dated,
            digest=hashlib.sha256(content).hexdigest(),
            areas=len(places),
            loaded_by=by,
            created_at=now,
        )
    )
    _write(connection, gazetteer_id, places)
    _retire(connection, gazetteer_id, now)
    return told


def _write(connection: sa.Connection, gazetteer_id: UUID, places: Sequence[Place]) -> None:
    hot = plain(connection)
    connection.execute(sa.delete(AreaName))
    for part in _parts(places):
        areas = [_area(gazetteer_id, place) for place in part]
        hot.execute(_PUT_AREAS, [gazetteer_id, *map(list, zip(*areas, strict=True))])
        names = [(place.code, code, fold(name)) for place in part for code, name in place.names.items()]
        hot.execute(_PUT_NAMES, list(map(list, zip(*names, strict=True))))


def _area(gazetteer_id: UUID, place: Place) -> tuple[Any, ...]:
    del gazetteer_id
    name = best_name(place.names, SOURCE) or place.code
    names = json.dumps(dict(place.names), ensure_ascii=False)
    return place.code, place.level, place.parent, name, names, fold(name)


_PUT_AREAS = """
    INSERT INTO area (gazetteer_id, pcode, level, parent, name, names, folded)
    SELECT %s, * FROM unnest(%s::text[], %s::smallint[], %s::text[], %s::text[], %s::jsonb[], %s::text[])
    ON CONFLICT (pcode) DO UPDATE SET gazetteer_id = excluded.gazetteer_id, level = excluded.level,
        parent = excluded.parent, name = excluded.name, names = excluded.names, folded = excluded.folded,
        retired_at = NULL
"""
_PUT_NAMES = """
    INSERT INTO area_name (pcode, language, folded) SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])
    ON CONFLICT (pcode, language) DO UPDATE SET folded = excluded.folded
"""
_LOCK = 5_724_402  # arbitrary but fixed


def _retire(connection: sa.Connection, gazetteer_id: UUID, now: datetime) -> None:
    old = Area.gazetteer_id != gazetteer_id
    used = _used(connection)
    connection.execute(
        sa.update(Area).where(old, Area.retired_at.is_(None), Area.pcode.in_(used)).values(retired_at=now)
    )
    connection.execute(sa.delete(Area).where(old, Area.pcode.not_in(used)))


def _used(connection: sa.Connection) -> set[str]:
    """Codes that records name, of all organisations, and the places above them: retired ones keep their way up."""
    return set(connection.scalars(sa.text("SELECT pcode FROM paigham_areas_in_use() AS used (pcode)")))


def _parts(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    for start in range(0, len(places), BATCH):
        yield places[start : start + BATCH]


# --- Uploads


def keep(
    connection: sa.Connection,
    organisation_id: UUID,
    staff_id: UUID,
    *,
    content: bytes,
    origin: Origin,
    now: datetime,
) -> UUID:
    """Keep a file until somebody has looked at what it comes to; older ones of the organisation go.

    Raises:
        Unfit: source or licence are missing.
    """
    checked = origin.checked()
    connection.execute(
        sa.delete(GazetteerUpload).where(
            GazetteerUpload.organisation_id == organisation_id,
            sa.or_(GazetteerUpload.created_at < now - KEPT_FOR, GazetteerUpload.staff_id == staff_id),
        )
    )
    upload_id = ids.new()
    connection.execute(
        sa.insert(GazetteerUpload).values(
            id=upload_id,
            organisation_id=organisation_id,
            staff_id=staff_id,
            content=content,
            source=checked.source,
            licence=checked.licence,
            dated=checked.dated,
            created_at=now,
        )
    )
    return upload_id


def kept(
    connection: sa.Connection, organisation_id: UUID, upload_id: UUID, *, now: datetime
) -> tuple[bytes, Origin] | None:
    """Return a file that was kept; None when there is none, or it is too old."""
    row = connection.execute(
        sa.select(*GazetteerUpload.__table__.c).where(
            GazetteerUpload.id == upload_id,
            GazetteerUpload.organisation_id == organisation_id,
            GazetteerUpload.created_at >= now - KEPT_FOR,
        )
    ).first()
    return (row.content, Origin(row.source, row.licence, row.dated)) if row else None


def drop(connection: sa.Connection, upload_id: UUID) -> None:
    """Forget a file."""
    connection.execute(sa.delete(GazetteerUpload).where(GazetteerUpload.id == upload_id))


# --- Reading


def latest(connection: sa.Connection) -> Any:
    """Return the gazetteer in use: source, licence, date, how many places; None when none was loaded."""
    return connection.execute(
        sa.select(Gazetteer.source, Gazetteer.licence, Gazetteer.dated, Gazetteer.areas, Gazetteer.created_at)
        .order_by(Gazetteer.created_at.desc(), Gazetteer.id.desc())
        .limit(1)
    ).first()


def search(connection: sa.Connection, text: str, *, language: str) -> list[Found]:
    """Find places by the beginning of a word of their name in any language, or by their code."""
    wanted = fold(text)
    if not wanted:
        return []
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    named = sa.select(AreaName.pcode).where(
        sa.or_(AreaName.folded.like(f"{escaped}%"), AreaName.folded.like(f"% {escaped}%"))
    )
    rows = connection.execute(
        _listed()
        .where(
            Area.retired_at.is_(None),
            sa.or_(Area.pcode.in_(named), sa.func.lower(Area.pcode) == text.strip().casefold()),
        )
        .order_by(Area.folded != wanted, Area.level, Area.folded, Area.pcode)
        .limit(FOUND)
    ).all()
    return _with_paths(connection, rows, language)


def meant(connection: sa.Connection, text: str, *, language: str) -> list[Found]:
    """Return the place that a text means by its code or its name; several when it may mean any of them, or none."""
    codes = sa.func.lower(Area.pcode) == text.strip().casefold()
    by_code = connection.execute(_listed().where(codes).order_by(Area.pcode != text.strip())).first()
    if by_code is not None:
        return _with_paths(connection, [by_code], language)
    found = search(connection, text, language=language)
    called = [place for place in found if fold(place.name) == fold(text)]
    return called if len(called) == 1 else found


def nearest(connection: sa.Connection, text: str, *, language: str) -> list[Found]:
    """Return a few places whose names begin as a text does and are most like it, for a text that means none."""
    wanted = fold(text)
    ends = range(len(wanted) - 1, max(SHORTEST, len(wanted) - TRIED) - 1, -1)
    tries = (search(connection, wanted[:end], language=language) for end in ends)
    found = next((places for places in tries if places), [])
    like = {place.pcode: SequenceMatcher(None, wanted, fold(place.name)).ratio() for place in found}
    return sorted(found, key=lambda place: -like[place.pcode])[:NEAR]


def few(connection: sa.Connection, *, language: str) -> list[Found]:
    """Return the places of the highest levels, as many whole levels as a list that is chosen from can hold."""
    counts = sa.select(Area.level, sa.func.count()).where(Area.retired_at.is_(None)).group_by(Area.level)
    total, levels = 0, []
    for level, count in connection.execute(counts.order_by(Area.level)):
        total += count
        if total > OFFERED:
            break
        levels.append(level)
    listed = _listed().where(Area.retired_at.is_(None), Area.level.in_(levels))
    return _with_paths(connection, connection.execute(listed.order_by(Area.folded)).all(), language)


def loaded(connection: sa.Connection) -> bool:
    """Say whether there is a gazetteer at all."""
    return bool(connection.scalar(sa.select(sa.exists().where(Area.pcode.is_not(None)))))


def below(connection: sa.Connection, parent: str | None, *, language: str) -> list[Found]:
    """Return the places directly below one, or the highest, by name."""
    above = Area.parent.is_(None) if parent is None else Area.parent == parent
    rows = connection.execute(_listed().where(above, Area.retired_at.is_(None))).all()
    return sorted(_with_paths(connection, rows, language), key=lambda place: (fold(place.name), place.pcode))


def place(connection: sa.Connection, pcode: str, *, language: str) -> Found | None:
    """Return one place, retired ones too; None when there is none."""
    rows = connection.execute(_listed().where(Area.pcode == pcode)).all()
    return next(iter(_with_paths(connection, rows, language)), None)


def page(connection: sa.Connection, *, after: str, size: int) -> list[Any]:
    """Return places by code, for programs: (pcode, level, parent, names, retired)."""
    return list(
        connection.execute(
            sa.select(
                Area.pcode, Area.level, Area.parent, Area.names, Area.retired_at.is_not(None).label("retired")
            )
            .where(Area.pcode > after)
            .order_by(Area.pcode)
            .limit(size)
        )
    )


def best_name(names: Any, language: str) -> str:
    """Return a name in a language or its fallbacks, else any."""
    known = (names.get(code) for code in chain(language))
    return next((name for name in known if name), None) or next(iter(names.values()), "")


def _listed() -> sa.Select[Any]:
    child = sa.orm.aliased(Area)
    count = (
        sa.select(sa.func.count())
        .where(child.parent == Area.pcode, child.retired_at.is_(None))
        .correlate(Area)
        .scalar_subquery()
    )
    return sa.select(
        Area.pcode, Area.level, Area.parent, Area.name, Area.names, Area.retired_at, count.label("below")
    )


def _with_paths(connection: sa.Connection, rows: Sequence[Any], language: str) -> list[Found]:
    above = _above(connection, {row.parent for row in rows if row.parent})
    return [
        Found(
            row.pcode,
            row.level,
            best_name(row.names, language) or row.name,
            _path(above, row.parent, language),
            row.below,
            row.retired_at is not None,
        )
        for row in rows
    ]


def _above(connection: sa.Connection, codes: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while codes:
        rows = connection.execute(
            sa.select(Area.pcode, Area.parent, Area.name, Area.names).where(Area.pcode.in_(codes))
        ).all()
        found |= {row.pcode: row for row in rows}
        codes = {row.parent for row in rows if row.parent} - found.keys()
    return found


def _path(above: dict[str, Any], parent: str | None, language: str) -> tuple[str, ...]:
    names: list[str] = []
    while parent is not None and parent in above and len(names) < len(above):
        names.append(best_name(above[parent].names, language) or above[parent].name)
        parent = above[parent].parent
    return tuple(reversed(names))
