"""Triggers for the Meta of the models: what PostgreSQL refuses, whoever asks (docs/adr/0008-triggers-on-the-models.md).

A migration names the classes below and holds the SQL of each trigger as it was made. :class:`PromiseSql` is therefore
never edited: another way to create triggers is another class.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

import pgtrigger
from django.db.models import Model
from pgtrigger import compiler

Status = TypeVar("Status", bound=StrEnum)


class PromiseSql(compiler.UpsertTriggerSql):
    """The SQL that creates a trigger: as the library does it, but for two doors that any session could open.

    The library's own template begins with a look at the setting ``pgtrigger.ignore``, which any session may set; it is
    left out. The search path is fixed, since a temporary table of a session would otherwise stand before the real one.
    """

    def get_template(self) -> str:
        """Return the statements, with the places that the base class fills in."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS trigger
            LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE FUNCTION {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class CompiledPromise(compiler.Trigger):
    """A trigger as migrations hold it; it takes its function along when it goes."""

    @property
    def uninstall_sql(self) -> str:
        """Return the statements that remove trigger and function."""
        return f"{super().uninstall_sql} DROP FUNCTION IF EXISTS {self.sql.pgid}();"


class Promise(pgtrigger.Trigger):
    """A trigger before each row. Its name says what is promised, and stands at the beginning of what it raises."""

    when = pgtrigger.Before

    def compile(self, model: type[Model]) -> CompiledPromise:  # type: ignore[override]  # the library says "Model"
        """Return the trigger as migrations hold it."""
        sql = super().compile(model).sql  # type: ignore[arg-type]
        kwargs = {name: value for name, value in sql.kwargs.items() if name != "ignore_func_name"}
        return CompiledPromise(name=self.name, sql=PromiseSql(**kwargs))


class Refuse(Promise):
    """Refuse each row that meets the condition, or every one.

    ``sentence`` may have places (``%``) for ``values``, which are SQL.
    """

    def __init__(
        self,
        *,
        name: str,
        operation: pgtrigger.Operation,
        sentence: str,
        values: tuple[str, ...] = (),
        condition: pgtrigger.Condition | None = None,
    ) -> None:
        super().__init__(
            name=name, operation=operation, condition=condition, func=raising(f"{name}: {sentence}", *values)
        )


class NeverTruncated(Refuse):
    """Refuse TRUNCATE, which asks none of the triggers above; the running role has no right to it either."""

    level = pgtrigger.Statement

    def __init__(self, *, name: str) -> None:
        super().__init__(
            name=name, operation=pgtrigger.Truncate, sentence="table % keeps its rows", values=("TG_TABLE_NAME",)
        )


class AppendOnly(Refuse):
    """Refuse every change of a row, or those that meet the condition."""

    def __init__(
        self,
        *,
        name: str,
        operation: pgtrigger.Operation = pgtrigger.Update | pgtrigger.Delete,
        condition: pgtrigger.Condition | None = None,
    ) -> None:
        super().__init__(
            name=name,
            operation=operation,
            sentence="table % is append-only",
            values=("TG_TABLE_NAME",),
            condition=condition,
        )


class ByRole(Promise):
    """Refuse a row that names a person who has not one of the roles; ``field`` is the person's column."""

    def __init__(
        self,
        *,
        name: str,
        operation: pgtrigger.Operation,
        field: str,
        roles: list[str],
        sentence: str,
        condition: pgtrigger.Condition | None = None,
    ) -> None:
        super().__init__(
            name=name,
            operation=operation,
            condition=condition,
            func=f"""
                IF NOT EXISTS (SELECT FROM troubleshooting_user WHERE id = NEW.{field} AND role IN {listed(roles)}) THEN
                    {raising(f"{name}: {sentence}")}
                END IF;
                RETURN NEW;
            """,
        )


class ChangedAsApproved(Promise):
    """Refuse a change of where a PC in use is visited, but as the last approved address change of it says.

    Its fields are columns; ``subject`` is the address change's column for the table, ``in_use`` an SQL condition. That
    an older change was approved once is not enough.
    """

    def __init__(self, *, name: str, fields: tuple[str, ...], subject: str, in_use: str) -> None:
        super().__init__(
            name=name,
            operation=pgtrigger.Update,
            condition=changed(*fields),
            declare=[("approved", "jsonb")],
            func=f"""
                IF NOT ({in_use}) THEN
                    RETURN NEW;
                END IF;
                SELECT c.values INTO approved FROM troubleshooting_addresschange c
                WHERE c.{subject} = OLD.id AND c.is_approved ORDER BY c.id DESC LIMIT 1;
                IF EXISTS (
                    SELECT FROM unnest(ARRAY[{", ".join(map(literal, fields))}]) AS field
                    WHERE to_jsonb(NEW) -> field IS DISTINCT FROM to_jsonb(OLD) -> field
                        AND jsonb_build_object('old', to_jsonb(OLD) -> field, 'new', to_jsonb(NEW) -> field)
                            IS DISTINCT FROM approved -> field
                ) THEN
                    {raising(f"{name}: a second administrator approves where PCs in use are visited")}
                END IF;
                RETURN NEW;
            """,  # noqa: S608  nothing in it comes from outside
        )


def raising(message: str, *values: str) -> str:
    """Return the PL/pgSQL statement that raises a message."""
    return f"RAISE EXCEPTION {', '.join([literal(message), *values])};"


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'{}'".format(text.replace("'", "''"))


def listed(codes: list[str]) -> str:
    """Return codes as SQL writes a list: ``('a', 'b')``."""
    return f"({', '.join(map(literal, codes))})"


def pairs(transitions: Mapping[Status, frozenset[Status]]) -> list[str]:
    """Return the moves of a table as ``before>after``, in the order of the table, not in that of hashes."""
    return [f"{before}>{after}" for before, others in transitions.items() for after in transitions if after in others]


def changed(*fields: str) -> pgtrigger.Q:
    """Return the condition that at least one of the fields is another one than before."""
    condition = pgtrigger.Q()
    for field in fields:
        condition |= pgtrigger.Q(**{f"old__{field}__df": pgtrigger.F(f"new__{field}")})
    return condition
