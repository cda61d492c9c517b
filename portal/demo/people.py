"""Who lives in the demo. Plain data, so that the terminal can show it without Django."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "demo"  # noqa: S105  for everyone, on loopback, made by the demo only
TIME_ZONE = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One account of the demo; ``role`` is a code of troubleshooting.models.choices.Role."""

    username: str
    first_name: str
    last_name: str
    role: str

    @property
    def email(self) -> str:
        """Return an address that reaches nobody."""
        return f"{self.username}@contoso.example"


PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("emma", "Emma", "Engel", "employee"),
    DemoPerson("erik", "Erik", "Eklund", "employee"),
    DemoPerson("elena", "Elena", "Esposito", "employee"),
    DemoPerson("enno", "Enno", "Ebert", "employee"),
    DemoPerson("esra", "Esra", "Erdem", "employee"),
    DemoPerson("ivo", "Ivo", "Ivanov", "reviewer"),
    DemoPerson("rita", "Rita", "Rossi", "reviewer"),
    DemoPerson("ada", "Ada", "Adler", "auditor"),
    DemoPerson("adam", "Adam", "Arendt", "administrator"),
    DemoPerson("agnes", "Agnes", "Adamo", "administrator"),
)
