"""Simulated Windows PCs that speak WS-Management and PowerShell remoting on loopback.

``pc.SimulatedPC`` is the state, ``pcs`` makes the PCs of the demo, ``server.LabServer(pc)`` puts one on a port::

    with LabServer(healthy_windows_11()) as server:
        server.pc.faults.add(Fault.SHELL_LOST)
        server.pc.visit("https://invoices.contoso-partner.example")

``python -m portal.demo.lab`` runs all of them. A request goes through connection (HTTP, sign-in,
encryption), service (WS-Management), shell (the server side of PSRP), runner (statements), language and rules (what the
endpoint allows), and the commands in reading, changing, network and native.
"""
