"""Run every measurement, and print what came out as tables.

How to read them. Every figure is a ratio of two things measured in the same run, in turn; a cell
has the median of the rounds, and the quartiles stand beside it: half of all rounds are between
them. Where the quartiles of two rows overlap, the rows do not differ. Figures of another machine
may differ; what they are measured against was measured there too.

"Plain" is aiohttp with orjson and dicts, written well: one session, `read()` and orjson, each page
let go before the next is awaited, default settings; it reads the same fields of the same bytes.
Each side runs once beforehand and is not measured then, so that classes, hooks and caches are
there; garbage is collected before each run; connections are opened anew in every run, on both
sides. "In flight" is how many walks or calls run at a time, each of a list or an object of its
own. Pages hold 100 objects; a repository is about 3 KB of JSON.

The server has a process and, where there are two, a core of its own. "Busy" is the part of the
time of bbasync's runs in which a process computed: with eight or more in flight the client's is
near 100 %, so that the client is what is measured; with one in flight both wait for each other.
"Headroom" is how many times as long as the server the client computed, on the side where that is
less.

All of it takes about twenty minutes. `--rounds 2` is for trying: quartiles of two rounds say
little.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from . import audits, crawl, crowd, imports, memory, report, speed, walks
from .clients import WORKS
from .crawling import AT_ONCE
from .peers import table as peers
from .rig import Server, server
from .server import LATENCY


class Section(NamedTuple):
    """One table, and what it is of."""

    title: str
    meaning: str
    table: Callable[[Server, int], str]


SPEED: Final = "Speed"
PEERS: Final = "Peers"
SECTIONS: Final = (
    Section(
        SPEED,
        "Objects a second, as a ratio to plain aiohttp: above 1, bbasync is the faster. "
        '"5 fields" and "nested" say what is read of each object.',
        speed.table,
    ),
    Section(
        PEERS,
        "Walks over repositories, five fields read of each. Each client is in a virtual "
        "environment and a process of its own; first it must give what plain aiohttp gives. "
        "All get pages of 100, whatever they ask for.",
        peers.table,
    ),
    Section(
        "Memory",
        "What is kept, as a ratio to its JSON as it was sent, by the memory that the process has; "
        f"at the most {memory.MOST_ROUNDS} rounds.",
        memory.table,
    ),
    Section(
        "Import",
        "The time of a start, without the interpreter's own.",
        lambda _, rounds: imports.table(rounds),
    ),
    Section(
        "Slow service",
        "Walks over a service that takes its time: below 1, waiting was saved.",
        walks.table,
    ),
    Section(
        "Crowd",
        f"{crowd.CALLS:,} GETs at once over {crowd.CONNECTIONS} connections, each answered after "
        f"{LATENCY * 1000:.0f} ms, beside the {crowd.IDEAL:g} seconds that this takes at "
        "the least.",
        crowd.table,
    ),
    Section(
        "Crawl",
        "A crawl of the embedded fake, which has a process of its own, beside the "
        f"{crawl.WIDE.bound:.0f} seconds that {crawl.WIDE.needed:,} requests take at the least, "
        f"{AT_ONCE} at a time, where each is answered after {LATENCY * 1000:.0f} ms on average: "
        "one for each page that there is. Then what is listed of "
        f"{crawl.LONG.workspaces} workspaces, without such a wait. After each crawl, all that the "
        f"fake has must stand in the file, once; at the most {crawl.MOST_ROUNDS} rounds, and one "
        "of the long one. Of lists of full pages, one of each list that is read at a time may wait "
        "to be written: memory grows by so much when a commit first takes long, and no more.",
        crawl.table,
    ),
    Section(
        "Requests",
        "Requests of an audit, beside the full pages of what it must know; counted once, by the "
        "embedded fake.",
        lambda _, __: audits.table(),
    ),
)


def reading() -> str:
    """How to read the tables."""
    return (__doc__ or "").partition("\n\n")[2].strip()


def _chosen(only: str, *, with_peers: bool) -> Iterator[Section]:
    for section in SECTIONS:
        if section.title == PEERS and not with_peers:
            continue
        if only in section.title.lower():
            yield section
        elif section.title == SPEED and any(only in name for name in WORKS):
            yield section._replace(table=lambda on, rounds: speed.table(on, rounds, only))


def main() -> None:
    """Print the tables, and write them down if asked to."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side (default: 7)")
    parser.add_argument(
        "--only",
        default="",
        type=str.lower,
        help="the tables whose title has this in it, or the rows about speed that have",
    )
    parser.add_argument(
        "--peers",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="install other clients and measure them too (default: yes)",
    )
    parser.add_argument(
        "--write", action="store_true", help=f"write them to benchmarks/{report.RESULTS.name} too"
    )
    options = parser.parse_args()
    if options.rounds < 2:  # quartiles need two
        parser.error("--rounds must be at least 2")
    if options.write and options.only:
        parser.error("--write is for all tables, not with --only")
    chosen = list(_chosen(options.only, with_peers=options.peers))
    if not chosen:
        parser.error(f"nothing is called {options.only!r}")
    print(report.versions())
    sections = {}
    with server() as running:
        for section in chosen:
            print(f"\n## {section.title}\n\n{section.meaning}\n", flush=True)
            found = section.table(running, options.rounds)
            print(found, flush=True)
            sections[section.title] = f"{section.meaning}\n\n{found}"
    if options.write:
        text = report.document(options.rounds, reading(), sections)
        report.RESULTS.write_text(text, encoding="utf-8")
        print(f"\nWritten to benchmarks/{report.RESULTS.name}.", file=sys.stderr)


if __name__ == "__main__":
    main()
