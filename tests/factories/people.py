"""People."""

from __future__ import annotations

import factory
from django.contrib.auth.hashers import make_password

from troubleshooting.models import User
from troubleshooting.models.choices import Role

PASSWORD = "correct horse battery"


class UserFactory(factory.django.DjangoModelFactory):
    """Emma, an employee; every further one is another Emma."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        reviewer = factory.Trait(username=factory.Sequence(lambda n: f"ivo{n}"), first_name="Ivo", role=Role.REVIEWER)
        auditor = factory.Trait(username=factory.Sequence(lambda n: f"ada{n}"), first_name="Ada", role=Role.AUDITOR)
        administrator = factory.Trait(
            username=factory.Sequence(lambda n: f"adam{n}"),
            first_name="Adam",
            role=Role.ADMINISTRATOR,
            is_staff=True,
            is_superuser=True,
        )
        stranger = factory.Trait(username=factory.Sequence(lambda n: f"sara{n}"), first_name="Sara", last_name="Stern")

    username = factory.Sequence(lambda n: f"emma{n}")
    first_name = "Emma"
    last_name = "Meyer"
    role = Role.EMPLOYEE
    time_zone = "Europe/Berlin"
    password = factory.LazyFunction(lambda: make_password(PASSWORD))
