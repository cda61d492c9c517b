"""``python -m portal.demo``: what ``make demo`` and ``make demo-reset`` call."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from portal.demo.processes import StartFailed
from portal.demo.runner import ROOT, Demo, say


def main() -> int:
    """Run the demo; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m portal.demo", description="The portal with simulated PCs.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")), help="of the web server")
    parser.add_argument("--var", type=Path, default=ROOT / "var", help="where data and logs are kept")
    parser.add_argument("--reset", action="store_true", help="remove the data of the demo first")
    arguments = parser.parse_args()
    demo = Demo(port=arguments.port, var=arguments.var.resolve())
    try:
        if arguments.reset:
            demo.reset()
        return demo.run()
    except StartFailed as error:
        say(f"The demo cannot start. {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
