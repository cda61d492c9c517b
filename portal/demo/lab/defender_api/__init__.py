"""A simulated tenant of Defender for Endpoint: sign-in and API over HTTPS on loopback (docs/reference/apis.md).

``tenant.SimulatedTenant`` is the state, ``server.DefenderApi(tenant)`` puts it on a port::

    with DefenderApi() as api:
        api.faults.add(ApiFault.THROTTLED, times=1)
        api.tenant.put_by_person("bad.example", "DomainName", "Block")

A request goes through server (HTTPS, faults), api (routes, permissions, limits), sign_in (tokens), validation and
odata. Where the documentation does not say what the service does, the place says so.
"""
