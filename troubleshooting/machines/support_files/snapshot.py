"""From the texts of a CAB to the snapshot of the PC, like one of a visit; what they do not say stays unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from troubleshooting.domain.checks.editions import SERVER
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.places import Place, Places
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    CloudConnectivity,
    Computer,
    ComputerStatus,
    OperatingSystem,
    Preferences,
    Reading,
    ReadState,
    Snapshot,
    Source,
    WindowsVersion,
    WinHttpProxy,
)
from troubleshooting.machines.native_text import read_winhttp_proxy
from troubleshooting.machines.support_files import names, settings
from troubleshooting.machines.support_files.command_log import CloudTest, cloud_tests
from troubleshooting.machines.support_files.events_text import ReadEvents, read_events
from troubleshooting.machines.support_files.facts import Facts
from troubleshooting.machines.support_files.lines import Lines
from troubleshooting.machines.support_files.local_time import UNKNOWN_TIMES
from troubleshooting.machines.support_files.moments import EARLIEST, in_words, last_log_time, made_at
from troubleshooting.machines.support_files.reader import Cab
from troubleshooting.machines.support_files.registry_text import ROOT, Block, read_registry
from troubleshooting.machines.support_files.state_text import (
    State,
    read_network_protection,
    read_products,
    read_state,
)
from troubleshooting.machines.support_files.system_text import EDITION_IDS, System, read_platform, read_system

ENTRIES = (
    "operating_system",
    "windows_version",
    "computer_status",
    "preferences",
    "policy_values",
    "antivirus_products",
    "winhttp_proxy",
    "cloud_connectivity",
    "protection_events",
)
_UNSAID = Reading(ReadState.FAILED)
_STOPPED = Reading(ReadState.FAILED, DeviceErrorCode.DEFENDER_STOPPED.value)
SERVICE_NOT_RUNNING, SIGNATURES_OLD = 1 << 0, 1 << 5  # bits of the product status
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}\b")
FRESH_TEST = timedelta(days=1)  # an older test of the connection says nothing about the PC as it is


@dataclass(frozen=True, slots=True)
class SupportFiles:
    """A PC as its support files show it."""

    snapshot: Snapshot
    places: Places
    event_places: tuple[Place, ...]  # for each event of the snapshot
    is_made_at_known: bool  # else ``collected_at`` is the earliest moment that the files allow


def read_support_files(cab: Cab, *, now: datetime) -> SupportFiles:
    """Return what the CAB says about the PC; no content makes it raise."""
    return _Reading(cab, now).result()


class _Reading:
    """One CAB on its way to a snapshot."""

    def __init__(self, cab: Cab, now: datetime) -> None:
        self.cab, self.now, self.facts = cab, now, Facts()
        self.texts = {member.base_name: Lines(member.name, content) for member, content in cab.files()}
        registry = self.texts.get(names.REGISTRY)
        self.registry: dict[str, Block] = read_registry(registry) if registry else {}
        self.system = read_system(self.texts[names.SYSTEM]) if names.SYSTEM in self.texts else System()
        self.state = read_state(self.texts[names.STATE]) if names.STATE in self.texts else State()
        self.events = self._read_events()
        self.made_at, self.is_made_at_known = made_at(
            cab.members,
            known=self._known_moments(),
            times=self.events.times if self.events else UNKNOWN_TIMES,
            zone=self.system.zone,
            now=now,
        )

    def result(self) -> SupportFiles:
        """Return all of it."""
        facts, events = self.facts, self.events
        self._take_system()
        self._take_status()
        settings.take_preferences(facts, self.registry)
        self._take_mode()
        policies = settings.policy_keys(facts, self.registry)
        products = self._products()
        cloud, proxy = self._cloud_connectivity(), self._winhttp_proxy()
        snapshot = Snapshot(
            collected_at=self.made_at,
            source=Source.FILE,
            readings=tuple({**dict.fromkeys(ENTRIES, _UNSAID), **facts.readings}.items()),
            operating_system=self._part("operating_system", OperatingSystem),
            windows_version=self._part("windows_version", WindowsVersion),
            computer_status=self._part("computer_status", ComputerStatus),
            preferences=self._part("preferences", Preferences),
            antivirus_products=products,
            policy_keys=policies,
            computer=self._part("computer", Computer),
            cloud_connectivity=cloud,
            winhttp_proxy=proxy,
            events=events.events if events else None,
            events_since=events.events[-1].recorded_at if events and events.events else None,
        )
        return SupportFiles(snapshot, facts.places, events.places if events else (), self.is_made_at_known)

    def _part(self, name: str, kind: Any) -> Any:
        fields = self.facts.parts.get(name)
        return kind(**fields) if fields else None

    # --- events and times ---

    def _read_events(self) -> ReadEvents | None:
        """Return the events; None where there is no log, or something else under its name."""
        if names.EVENTS not in self.texts:
            return None
        files = [self.texts[name] for name in (names.EVENTS, *names.OLDER_EVENTS) if name in self.texts]
        read = read_events(files, zone=self.system.zone)
        if not read.is_whole:
            return None
        self.facts.said("protection_events", None)
        return read

    def _known_moments(self) -> Iterator[datetime]:
        logs = [lines for name, lines in self.texts.items() if names.is_log(name)]
        last = last_log_time(logs)
        if last is not None:
            yield last
        yield from (event.recorded_at for event in (self.events.events if self.events else ())[:1])

    # --- Windows ---

    def _take_system(self) -> None:
        facts, system = self.facts, self.system
        for field in ("name", "caption", "version", "build", "sku", "product_type"):
            facts.add("operating_system", field, getattr(system, field))
        facts.add("computer", "name", system.name)
        self._take_edition()
        told = system.build or system.caption
        place = told[1] if told else facts.places.get(("operating_system", "build"))
        if facts.get("operating_system", "build") or facts.get("operating_system", "sku"):
            facts.said("operating_system", place)

    def _take_edition(self) -> None:
        """Take edition and build from the registry, where SystemInfo.txt is silent."""
        edition, build, revision = (
            settings.windows(self.registry, name) for name in ("EditionID", "CurrentBuild", "UBR")
        )
        if edition is not None and isinstance(edition.data, str):
            facts = self.facts
            facts.add("windows_version", "edition_id", (edition.data, edition.place))
            facts.add("operating_system", "sku", (EDITION_IDS.get(edition.data.casefold()), edition.place))
        if build is not None and str(build.data).isdecimal() and len(str(build.data)) < 9:
            self.facts.add("operating_system", "build", (int(str(build.data)), build.place))
        if revision is not None and isinstance(revision.data, int):
            self.facts.add("windows_version", "ubr", (revision.data, revision.place))

    # --- Defender ---

    def _take_status(self) -> None:
        facts, state = self.facts, self.state
        for field, found in state.switches.items():
            facts.add("computer_status", field, found)
        if names.NETWORK_PROTECTION in self.texts:
            warning = read_network_protection(self.texts[names.NETWORK_PROTECTION]).warning
            facts.add("computer_status", "network_inspection", (False, warning) if warning else None)
        settings.take_status(facts, self.registry)
        is_running = facts.get("computer_status", "real_time_protection")
        facts.add("computer_status", "running_mode", settings.running_mode(self.registry, is_running=is_running))
        facts.add("computer_status", "product_version", self._platform())
        self._take_signatures()
        first = next((place for fact, place in facts.places.items() if fact[0] == "computer_status"), None)
        if first is not None:
            facts.said("computer_status", first)
        self._take_stopped()

    def _take_stopped(self) -> None:
        """Say as a visit would that Defender's service does not run."""
        service = settings.first_value(self.registry, ROOT, "IsServiceRunning")
        status = self.state.product_status
        if service is not None and service.data == 0:
            place = service.place
        elif status is not None and status[0] & SERVICE_NOT_RUNNING:
            place = status[1]
        else:
            return
        self.facts.readings["computer_status"] = _STOPPED
        self.facts.places["readings", "computer_status"] = place

    def _take_signatures(self) -> None:
        facts, status = self.facts, self.state.product_status
        if status is not None:
            facts.add("computer_status", "signatures_out_of_date", (bool(status[0] & SIGNATURES_OLD), status[1]))
        for name in ("SignaturesLastUpdated", "AVSignatureApplied"):
            value = settings.first_value(self.registry, "Signature Updates", name)
            updated_at = in_words(value.data) if value is not None and isinstance(value.data, str) else None
            if value is not None and updated_at is not None and self.made_at > EARLIEST:
                age = max(0, (self.made_at - updated_at).days)
                facts.add("computer_status", "signature_updated_at", (updated_at, value.place))
                facts.add("computer_status", "signature_age_days", (age, value.place))

    def _platform(self) -> tuple[str, Place] | None:
        """Return the platform's version: where Defender is installed, else from the last run of its program."""
        installed = settings.first_value(self.registry, ROOT, "InstallLocation")
        if installed is not None:
            told = read_platform(Lines(installed.place.file, str(installed.data).encode()))
            if told is not None:
                return told[0], installed.place
        for name in (*names.COMMAND_LOGS, names.FILE_VERSIONS):
            told = read_platform(self.texts[name]) if name in self.texts else None
            if told is not None:
                return told
        return None

    def _take_mode(self) -> None:
        """Take the mode from NetworkProtectionState.txt, where the registry does not say it."""
        lines = self.texts.get(names.NETWORK_PROTECTION)
        mode = read_network_protection(lines).mode if lines is not None else None
        if mode is not None and "preferences" not in self.facts.readings:
            self.facts.said("preferences", mode[1])
        self.facts.add("preferences", "network_protection", mode)

    # --- what else Windows says ---

    def _products(self) -> tuple[AntivirusProduct, ...] | None:
        """Return the registered products. A server keeps no list; an empty one on a workstation tells nothing."""
        lines = self.texts.get(names.SECURITY_CENTER)
        if lines is None:
            return None
        found = read_products(lines)
        if not found:
            if self.facts.get("operating_system", "product_type") == SERVER:
                self.facts.said("antivirus_products", lines.place(1), ReadState.ABSENT)
            return None
        self.facts.said("antivirus_products", found[0][1])
        for product, place in found:
            self.facts.places.setdefault(("antivirus_products", product.name), place)
        return tuple(product for product, _place in found)

    def _winhttp_proxy(self) -> WinHttpProxy | None:
        """Return what netsh prints; another layout under this name is not believed to name a proxy."""
        lines = self.texts.get(names.PROXY)
        if lines is None:
            return None
        self.facts.said("winhttp_proxy", None)
        read = read_winhttp_proxy([line for _number, line in lines])
        if read.server is not None and not _HOST_AND_PORT.search(read.server):
            return WinHttpProxy(lines=read.lines)
        telling = next((n for n, line in lines if read.server and read.server in line), None) or next(
            (n for n, line in lines if line.strip() and line[0].isspace()), None
        )
        if telling is not None:
            self.facts.places["winhttp_proxy",] = lines.place(telling)
        return read

    def _cloud_connectivity(self) -> CloudConnectivity | None:
        tests = [test for name in names.COMMAND_LOGS if name in self.texts for test in cloud_tests(self.texts[name])]
        fresh = [test for test in tests if self._is_fresh(test)]
        if not fresh:
            return None
        latest = max(fresh, key=lambda test: test.at or datetime.min)  # noqa: DTZ901  local times have no zone
        self.facts.said("cloud_connectivity", latest.place)
        self.facts.places["cloud_connectivity",] = latest.place
        return latest.answer

    def _is_fresh(self, test: CloudTest) -> bool:
        """Tell whether a test was made shortly before the CAB; both times are by the PC's own clock."""
        written = max((member.written_at for member in self.cab.members if member.written_at), default=None)
        return test.at is not None and written is not None and abs(written - test.at) <= FRESH_TEST
