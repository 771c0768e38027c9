"""Every elementwise row of Plywood beside PyTorch's function: errors, and numbers per second on one thread.

    cargo build --release -p plywood-benches
    python benches/elementwise.py [ROW ...] [--seconds 0.2] [--binary target/release/elementwise] [--out FILE]

Prints one table. Errors of the values are in units in the last place, not counting what is smaller than the row says
where numbers cancel; errors of slopes are beside their size or 1. Rates are in numbers per nanosecond, for 16 Ki
numbers, which a first-level cache holds, and for 1 Mi. PyTorch's row is left out if it is not installed.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = ["forward_16Ki", "forward_1Mi", "gradient_16Ki", "gradient_1Mi"]


def lines(command, given=None):
    """The JSON that a program prints, on one core."""
    core = sorted(os.sched_getaffinity(0))[:1]
    pin = lambda: os.sched_setaffinity(0, core)
    ran = subprocess.run(command, input=given, capture_output=True, text=True, preexec_fn=pin)
    if ran.returncode:
        sys.exit(f"{' '.join(command)}: {ran.stderr.strip()[-400:]}")
    return {row["row"]: row for row in map(json.loads, ran.stdout.splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    parser.add_argument("--seconds", type=float, default=0.2, help="per measurement")
    parser.add_argument("--binary", default=str(HERE.parent / "target" / "release" / "elementwise"))
    parser.add_argument("--out", help="every measurement as JSON lines")
    options = parser.parse_args()
    own = lines([options.binary, str(options.seconds), *options.rows])
    peer = {}
    if subprocess.run([sys.executable, "-c", "import torch"], capture_output=True).returncode == 0:
        script = str(HERE / "peers" / "elementwise_torch.py")
        given = "".join(json.dumps(row) + "\n" for row in own.values())
        peer = lines([sys.executable, script, "--seconds", str(options.seconds)], given)
    else:
        print("skipped: torch is not installed", file=sys.stderr)
    if options.out:
        everything = [*own.values(), *peer.values()]
        pathlib.Path(options.out).write_text("".join(json.dumps(row) + "\n" for row in everything))
    titles = ["ulp", "slope error", *(name.replace("_", " ") for name in COLUMNS)]
    print("| row | " + " | ".join(f"{title}: Plywood, PyTorch" for title in titles) + " |")
    print("|---" * (1 + len(titles)) + "|")
    for name, row in own.items():
        other = peer.get(name, {})

        def cell(key, form):
            both = [form.format(library[key]) if key in library else "–" for library in (row, other)]
            return ", ".join(both)

        cells = [cell("ulp", "{:.3g}"), cell("slope", "{:.1e}")]
        for library in (row, other):
            library.update({column: library[column] * 1e-9 for column in COLUMNS if column in library})
        cells += [cell(column, "{:.2f}") for column in COLUMNS]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
