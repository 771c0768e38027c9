"""Runs the workloads of Plywood and of its peers in turns, and prints one table.

    cargo build --release -p plywood-benches
    python benches/run.py [WORKLOAD ...] [--rounds 3] [--seconds 1] [--threads 1 2] [--isa avx2] [--out FILE]

Peers run if their packages are installed (peers/requirements.txt). Every round runs every library once on a workload,
one process each, so that a noisy minute meets all of them; a cell is the median over rounds of each process's median,
with the range of those medians. The floor is floating-point operations over the machine's rate for fused multiply-adds:
every process of Plywood measures it in turns with its steps, on one thread and with the instruction set in use, which
`--isa` may restrict, for PyTorch too (JAX has no such setting and is left out then). `--quiet` takes the fastest group of
steps and the highest rate instead of medians, for a machine that others use as well. `--also NAME=COMMAND` adds a
program that takes a workload, threads and seconds like target/release/workloads and prints the same JSON line.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WORKLOADS = "W1 W2 W3 W4 W4-predict W9-mlp W9-policy W10-b1 W10-b32 W10-b256 W10-predict".split()
WHAT = {
    "W1": "1000-100-10 ReLU, MSE sum, SGD, batch 64",
    "W2": "10000-100-10 ReLU, MSE sum, SGD, batch 64",
    "W3": "3-1, MSE, SGD, batch 32",
    "W4": "784-512-256-10 ReLU, cross entropy, Adam, batch 128",
    "W4-predict": "the same, predicting 128 samples",
    "W9-mlp": "784-128-10 ReLU, predicting 1 sample",
    "W9-policy": "4-64-64-2 tanh, predicting 1 sample",
    "W10-b1": "6-64-8-4 tanh, MSE, SGD, batch 1",
    "W10-b32": "the same, batch 32",
    "W10-b256": "the same, batch 256",
    "W10-predict": "the same, predicting 1 sample",
}


def commands(options):
    """Every library's command, up to the workload, threads and seconds."""
    binary = HERE.parent / "target" / "release" / "workloads"
    isa = [options.isa] if options.isa else []
    found = {"plywood": lambda w, t, s: [str(options.binary or binary), w, str(t), str(s), *isa]}
    for peer, module in [("torch", "torch"), ("jax", "jax")]:
        script = str(HERE / "peers" / f"{peer}_bench.py")
        probe = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True)
        if probe.returncode == 0:
            if options.isa and peer == "jax":
                continue
            found[peer] = lambda w, t, s, script=script: [
                sys.executable, script, w, "--threads", str(t), "--seconds", str(s),
            ]
        else:
            print(f"skipped: {peer} is not installed", file=sys.stderr)
    for also in options.also:
        name, command = also.split("=", 1)
        found[name] = lambda w, t, s, command=command: [*command.split(), w, str(t), str(s)]
    return found


def environment(isa):
    """Restricts PyTorch and the libraries that it calls to an instruction set."""
    if not isa:
        return None
    libraries = {"ONEDNN_MAX_CPU_ISA": isa.upper(), "MKL_ENABLE_INSTRUCTIONS": isa.upper()}
    return os.environ | libraries | {"ATEN_CPU_CAPABILITY": isa}


def measure(command, threads, isa):
    """One process, on as many cores as it has threads, like every other."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    pin = lambda: os.sched_setaffinity(0, cores)
    ran = subprocess.run(command, capture_output=True, text=True, preexec_fn=pin, env=environment(isa))
    lines = [line for line in ran.stdout.splitlines() if line.startswith("{")]
    if ran.returncode or not lines:
        print(f"skipped: {' '.join(command)}: {ran.stderr.strip()[-200:]}", file=sys.stderr)
        return None
    return json.loads(lines[-1])


def cell(samples, time):
    medians = [s[time] for s in samples]
    return f"{statistics.median(medians):.4g} ({min(medians):.4g}–{max(medians):.4g})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--isa", choices=["avx512", "avx2"])
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--binary", help="the workloads program, if it is not in target/release")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--out", help="every measurement as JSON lines")
    options = parser.parse_args()
    libraries = commands(options)
    log = open(options.out, "w") if options.out else None
    names = list(libraries)
    time, rate = ("min_us", "best_gflops") if options.quiet else ("median_us", "gflops")
    print("| workload | threads | instruction set | GFLOP/s | floor µs | " + " | ".join(f"{n} µs" for n in names) + " | ×floor | "
          + " | ".join(f"{n} / plywood" for n in names[1:]) + " | MiB " + " | MiB ".join(names) + " |")
    print("|---" * (6 + len(names) * 3 - 1) + "|")
    for workload in options.workloads or WORKLOADS:
        for threads in options.threads:
            runs = {name: [] for name in names}
            for _ in range(options.rounds):
                for name in names:
                    sample = measure(libraries[name](workload, threads, options.seconds), threads, options.isa)
                    if sample:
                        runs[name].append(sample)
                        if log:
                            print(json.dumps({"library": name, **sample}), file=log, flush=True)
            middle = lambda n: (min if options.quiet else statistics.median)(s[time] for s in runs[n])
            own, first = middle("plywood"), runs["plywood"][0]
            gflops = (max if options.quiet else statistics.median)(s[rate] for s in runs["plywood"])
            floor = first["flops"] / (gflops * 1e3 * threads)
            ratio = lambda n: f"{middle(n) / own:.2f}" if runs[n] else "–"
            memory = lambda n: f"{statistics.median(s['peak_rss_mib'] for s in runs[n]):.4g}" if runs[n] else "–"
            row = [f"{workload}: {WHAT[workload]}", str(threads), first["isa"], f"{gflops:.0f}", f"{floor:.3g}"]
            row += [cell(runs[n], time) if runs[n] else "–" for n in names] + [f"{own / floor:.2f}"]
            row += [ratio(n) for n in names[1:]] + [memory(n) for n in names]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
