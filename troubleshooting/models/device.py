"""PCs, and the groups that say how they are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from troubleshooting.models.triggers import ChangedAsApproved, NeverTruncated, Refuse

if TYPE_CHECKING:
    from troubleshooting.models.user import User

AUTH_CHOICES = [
    ("negotiate", _("Negotiate (Kerberos, else NTLM)")),
    ("kerberos", "Kerberos"),
    ("ntlm", "NTLM"),
    ("certificate", _("Client certificate")),
]
CONFIGURATION_NAME = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z", _("A session configuration's name, such as Microsoft.PowerShell.")
)
PORT_RANGE = (MinValueValidator(1), MaxValueValidator(65535))

# Columns that decide where a PC is visited, and how the portal signs in there (models/address_change.py).
DEVICE_ADDRESS = ("hostname", "address", "port", "group_id")
GROUP_ADDRESS = ("credential_profile", "https", "port", "auth", "configuration_name", "changing_configuration_name")
IN_USE = "{0}.last_visited_at IS NOT NULL OR EXISTS (SELECT FROM troubleshooting_case WHERE device_id = {0}.id)"
ONE_IN_USE = f"EXISTS (SELECT FROM troubleshooting_device d WHERE d.group_id = OLD.id AND ({IN_USE.format('d')}))"


class DeviceGroup(models.Model):
    """PCs that are reached in the same way, with the same credential profile."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    credential_profile = models.SlugField(
        _("credential profile"),
        max_length=50,
        help_text=_("Name of the profile in the environment or the secret mount; never the password itself."),
    )
    https = models.BooleanField(_("HTTPS"), default=True)
    port = models.PositiveIntegerField(_("port"), null=True, blank=True, validators=PORT_RANGE)
    auth = models.CharField(_("sign-in"), max_length=20, choices=AUTH_CHOICES, default="negotiate")
    configuration_name = models.CharField(
        _("endpoint for reading"),
        max_length=100,
        default="Microsoft.PowerShell",
        validators=[CONFIGURATION_NAME],
        help_text=_("The session configuration that checks use; the portal's own: NetworkProtectionPortal.Reading."),
    )
    changing_configuration_name = models.CharField(
        _("endpoint for changing"),
        max_length=100,
        blank=True,
        validators=[CONFIGURATION_NAME],
        help_text=_(
            "Opened only for audit-mode tests, approved exclusions and undoing them; the portal's own: "
            "NetworkProtectionPortal.Changing. Empty: the one for reading."
        ),
    )
    test_needs_approval = models.BooleanField(
        _("audit-mode tests need approval"),
        default=False,
        help_text=_("IT approves each audit-mode test on a PC in this group before it starts."),
    )
    tenant_name = models.CharField(
        _("name in Defender for Endpoint"),
        max_length=200,
        blank=True,
        help_text=_("The name of the device group, exactly as in the tenant. Allow indicators for this group need it."),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("device group")
        verbose_name_plural = _("device groups")
        triggers = [
            ChangedAsApproved(
                name="device_group_reached_as_approved",
                fields=GROUP_ADDRESS,
                subject="group_id",
                in_use=ONE_IN_USE,
            ),
            NeverTruncated(name="device_group_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show the name."""
        return self.name


class DeviceQuerySet(models.QuerySet["Device"]):
    """Questions about PCs."""

    def owned_by(self, person: User) -> DeviceQuerySet:
        """Return the PCs a person may report on."""
        return self.filter(owner=person)


class Device(models.Model):
    """A Windows machine."""

    hostname = models.CharField(
        _("name"),
        max_length=253,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", _("A host name, such as PC-0142."))],
    )
    address = models.CharField(
        _("address"),
        max_length=253,
        blank=True,
        help_text=_("Where to connect, if not the name itself: a host name or an IP address."),
    )
    port = models.PositiveIntegerField(_("port"), null=True, blank=True, validators=PORT_RANGE)
    description = models.CharField(_("description"), max_length=200, blank=True)
    group = models.ForeignKey(DeviceGroup, models.PROTECT, related_name="devices", verbose_name=_("group"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name=_("owner")
    )
    console_user = models.CharField(_("last seen at the console"), max_length=200, blank=True)
    last_visited_at = models.DateTimeField(_("last visited"), null=True, blank=True)

    objects = models.Manager.from_queryset(DeviceQuerySet)()

    class Meta:
        ordering = ["hostname"]
        verbose_name = _("PC")
        verbose_name_plural = _("PCs")
        triggers = [
            ChangedAsApproved(
                name="device_visited_where_approved",
                fields=DEVICE_ADDRESS,
                subject="device_id",
                in_use=IN_USE.format("OLD"),
            ),
            Refuse(
                name="device_stays_in_use",
                operation=pgtrigger.Update,
                sentence="a PC that was visited stays one",
                condition=pgtrigger.Q(old__last_visited_at__isnull=False, new__last_visited_at__isnull=True),
            ),
            NeverTruncated(name="device_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show the name."""
        return self.hostname
