from django.conf import settings
from django.db import migrations, models

FILL = """
UPDATE troubleshooting_case SET device_owner_id = device.owner_id
    FROM troubleshooting_device device WHERE device.id = troubleshooting_case.device_id;
"""


class Migration(migrations.Migration):
    """Say on each case whose PC it was; for the cases there are, the PC's owner of now."""

    dependencies = [
        ("troubleshooting", "0006_decisions_bind"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="device_owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
