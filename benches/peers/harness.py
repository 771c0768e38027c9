"""What the peers' programs share: arguments, one process per workload, timing, the JSON line."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time


def main(script, workloads, run, extra=()):
    """Runs `run(name, options)` here for one workload, or every one asked for in a process of its own."""
    doc = sys.modules["__main__"].__doc__
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=" ".join(workloads))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0, help="per measurement")
    for flag, settings in extra:
        parser.add_argument(flag, **settings)
    options = parser.parse_args()
    unknown = set(options.workloads) - workloads.keys()
    if unknown:
        parser.error(f"unknown workload {min(unknown)}; there are {' '.join(workloads)}")
    if len(options.workloads) == 1:
        return run(options.workloads[0], options)
    flags = [f"--{name}={value}" for name, value in vars(options).items() if name != "workloads"]
    for name in options.workloads or workloads:
        subprocess.run([sys.executable, script, name, *flags], check=True)


def pin(threads):
    """Keeps the process on as many cores as it has threads. Must come before the library is imported."""
    cores = sorted(os.sched_getaffinity(0))
    if threads > len(cores):
        sys.exit(f"{threads} threads asked for, {len(cores)} cores available")
    os.sched_setaffinity(0, cores[:threads])


def peak_rss_mib():
    """Of this process alone: getrusage would carry over what its parent had before exec."""
    with open("/proc/self/status") as status:
        kib = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    return round(int(kib) / 1024, 1)


def report(library, name, mode, step, options):
    """Times `step`, in runs of about a millisecond, and prints the JSON line."""
    clock = time.perf_counter
    step()  # Compiles, where something does.
    start, steps = clock(), 0
    while steps < 5 or clock() - start < min(0.5, options.seconds / 2):
        step()
        steps += 1
    per_run = max(1, round(0.001 * steps / (clock() - start)))
    runs = []
    start = clock()
    while len(runs) < 9 or clock() - start < options.seconds:
        begin = clock()
        for _ in range(per_run):
            step()
        runs.append((clock() - begin) / per_run * 1e6)
    line = {
        "library": library,
        "workload": name,
        "mode": mode,
        "threads": options.threads,
        "median_us": round(statistics.median(runs), 3),
        "min_us": round(min(runs), 3),
        "max_us": round(max(runs), 3),
        "runs": len(runs),
        "steps_per_run": per_run,
        "peak_rss_mib": peak_rss_mib(),
    }
    print(json.dumps(line), flush=True)
