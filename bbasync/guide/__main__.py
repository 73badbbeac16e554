"""`python -m bbasync.guide OUTDIR`: write the documentation as a site of plain files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main() -> int:
    """Build the site; says what to install where its packages are missing."""
    parser = argparse.ArgumentParser(prog="python -m bbasync.guide", description=__doc__)
    parser.add_argument("outdir", type=Path, help="where to write it; made if it is not there")
    outdir: Path = parser.parse_args().outdir
    try:
        from .site import build, left_out  # noqa: PLC0415 - its packages are an extra
    except ImportError as error:
        sys.stderr.write(
            f"bbasync.guide: a package is not installed ({error.name}): "
            "python -m pip install 'bbasync[docs]'\n"
        )
        return 2
    try:
        pages = build(outdir)
    except OSError as error:
        sys.stderr.write(f"bbasync.guide: {error}\n")
        return 1
    for package, name in left_out().items():
        sys.stderr.write(f"bbasync.guide: without {name}: {package} is not installed\n")
    sys.stdout.write(f"{pages} pages: open {outdir / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
