"""The import-linter contract behind "who may know whom": one table, one line per room.

import-linter's own contracts list what is forbidden, and want every module they name to exist. A
table of what is *allowed* reads like the architecture, covers rooms that are not written yet, and
catches a module that nobody has given a room.
"""

import sys
from typing import NamedTuple

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

ANYTHING = "*"
EXCLUDED = "!"


class Room(NamedTuple):
    """A package or module of ours, what its modules may import, and which of the standard library not."""

    name: str
    may_know: frozenset[str]
    may_not: frozenset[str]


class Offence(NamedTuple):
    """One import that no line of the table allows, or a module that has no line."""

    importer: str
    imported: str | None
    line_numbers: tuple[int, ...] = ()


class RoomsField(fields.Field[Room]):
    """Reads ``"counterfoil.storage -> counterfoil.domain, apsw, !sqlite3"``."""

    def parse(self, raw_data: str | list[str]) -> Room:
        name, arrow, known = str(raw_data).partition("->")
        if not arrow or not name.strip():
            message = f"'{raw_data}' is not of the form 'room -> name, name'."
            raise fields.ValidationError(message)
        names = {part.strip() for part in known.split(",")} - {""}
        may_not = {part for part in names if part.startswith(EXCLUDED)}
        return Room(
            name.strip(),
            frozenset(names - may_not),
            frozenset(part.removeprefix(EXCLUDED) for part in may_not),
        )


class RoomsContract(Contract):
    """Every direct import must be allowed by the line of the importer's room.

    Imports within a room, of the root package itself (it holds only the version) and of the standard
    library are free, but for the names that a line excludes with ``!``. Naming a room allows that room
    and not the rooms inside it that have a line of their own; naming a module of a room allows only
    that module.
    """

    type_name = "rooms"

    rooms = fields.ListField(subfield=RoomsField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001
        rooms: list[Room] = vars(self)["rooms"]  # the field's place is taken by the parsed value
        table = {room.name: room for room in rooms}
        root: str = self.session_options["root_packages"][0]
        offences: list[Offence] = []
        for importer in sorted(graph.modules):
            if importer == root or not _within(importer, root):
                continue
            room = _room_of(importer, table)
            if room is None:
                offences.append(Offence(importer, None))
                continue
            offences += [
                Offence(importer, imported, _lines(graph, importer, imported))
                for imported in sorted(graph.find_modules_directly_imported_by(importer))
                if not _allowed(imported, room=room, table=table, root=root)
            ]
        return ContractCheck(kept=not offences, metadata={"offences": offences})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported, line_numbers in check.metadata["offences"]:
            if imported is None:
                output.print_error(f"{importer} has no room: give it a line in pyproject.toml", bold=False)
            else:
                lines = ", ".join(f"l.{number}" for number in line_numbers)
                output.print_error(f"{importer} may not know {imported} ({lines})", bold=False)
        output.new_line()


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _room_of(module: str, table: dict[str, Room]) -> Room | None:
    while module not in table:
        module, _, _ = module.rpartition(".")
        if not module:
            return None
    return table[module]


def _allowed(imported: str, *, room: Room, table: dict[str, Room], root: str) -> bool:
    if imported in room.may_not:
        return False
    if ANYTHING in room.may_know or imported == root:
        return True
    if not _within(imported, root):
        return imported in room.may_know or imported in sys.stdlib_module_names
    target = _room_of(imported, table)
    if target is not None and (target == room or target.name in room.may_know):
        return True
    return any(_within(imported, name) for name in room.may_know if name not in table)


def _lines(graph: ImportGraph, importer: str, imported: str) -> tuple[int, ...]:
    details = graph.get_import_details(importer=importer, imported=imported)
    return tuple(sorted({detail["line_number"] for detail in details}))
