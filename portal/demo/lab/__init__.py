"""Simulated Windows PCs that speak WS-Management and PowerShell remoting on loopback."""
