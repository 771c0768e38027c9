"""Times small networks in PyTorch on the CPU.

    pip install -r requirements.txt
    python torch_bench.py [WORKLOAD ...] [--threads 1] [--seconds 2] [--optimizer fused]

Without a workload it runs all of them. Each runs in a process of its own, so that its peak
memory is its own, and prints one JSON line. A run is as many consecutive steps as take about a
millisecond; median, min and max are over runs, in microseconds per step. A training step is
zero_grad, forward, loss, backward and the optimizer's step. Data are random, float32.

Eager mode, fused optimizers, inference_mode for predictions. `--optimizer foreach` or `default`
selects the other implementations. The process is pinned to as many cores as it has threads, as
jax_bench.py is. Linux only (affinity and /proc).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=" ".join(WORKLOADS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0, help="per measurement")
    parser.add_argument("--optimizer", choices=["fused", "foreach", "default"], default="fused")
    parsed = parser.parse_args()
    unknown = set(parsed.workloads) - WORKLOADS.keys()
    if unknown:
        parser.error(f"unknown workload {min(unknown)}; there are {' '.join(WORKLOADS)}")
    return parsed


def mlp(sizes, activation):
    from torch import nn

    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), getattr(nn, activation)()]
    return nn.Sequential(*layers[:-1])


def train(sizes, activation, batch, loss, optimizer, lr, batches):
    """A training step over `batches` fixed batches in turn; like predict, gives (mode, step)."""

    def prepare(options):
        import torch
        from torch import nn

        model = mlp(sizes, activation)
        if loss == "cross_entropy":
            criterion = nn.CrossEntropyLoss()
            target = lambda: torch.randint(0, sizes[-1], (batch,))
        else:
            criterion = nn.MSELoss(reduction=loss.removeprefix("mse_"))
            target = lambda: torch.randn(batch, sizes[-1])
        data = [(torch.randn(batch, sizes[0]), target()) for _ in range(batches)]
        chosen = {} if options.optimizer == "default" else {options.optimizer: True}
        updater = getattr(torch.optim, optimizer)(model.parameters(), lr=lr, **chosen)
        turn = 0

        def step():
            nonlocal turn
            x, y = data[turn % batches]
            turn += 1
            updater.zero_grad()
            value = criterion(model(x), y)
            value.backward()
            updater.step()
            return value

        return f"eager, {options.optimizer}", step

    return prepare


def predict(sizes, activation, batch):
    def prepare(_options):
        import torch

        model = mlp(sizes, activation).eval()
        x = torch.randn(batch, sizes[0])

        def step():
            with torch.inference_mode():
                return model(x)

        return "eager", step

    return prepare


W4 = [784, 512, 256, 10]
W10 = [6, 64, 8, 4]
WORKLOADS = {
    "W1": train([1000, 100, 10], "ReLU", 64, "mse_sum", "SGD", 1e-4, 1),
    "W2": train([10000, 100, 10], "ReLU", 64, "mse_sum", "SGD", 1e-4, 1),
    "W3": train([3, 1], "ReLU", 32, "mse_mean", "SGD", 1e-2, 1),
    "W4": train(W4, "ReLU", 128, "cross_entropy", "Adam", 1e-3, 8),
    "W4-predict": predict(W4, "ReLU", 128),
    "W9-mlp": predict([784, 128, 10], "ReLU", 1),
    "W9-policy": predict([4, 64, 64, 2], "Tanh", 1),
    "W10-b1": train(W10, "Tanh", 1, "mse_mean", "SGD", 1e-2, 8),
    "W10-b32": train(W10, "Tanh", 32, "mse_mean", "SGD", 1e-2, 8),
    "W10-b256": train(W10, "Tanh", 256, "mse_mean", "SGD", 1e-2, 8),
    "W10-predict": predict(W10, "Tanh", 1),
}


def peak_rss_mib():
    """Of this process alone: getrusage would carry over what its parent had before exec."""
    with open("/proc/self/status") as status:
        kib = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    return round(int(kib) / 1024, 1)


def measure(step, seconds):
    """Microseconds per step of every run, and the number of steps in a run."""
    clock = time.perf_counter
    start, steps = clock(), 0
    while steps < 5 or clock() - start < min(0.5, seconds / 2):
        step()
        steps += 1
    per_run = max(1, round(0.001 * steps / (clock() - start)))
    runs = []
    start = clock()
    while len(runs) < 9 or clock() - start < seconds:
        begin = clock()
        for _ in range(per_run):
            step()
        runs.append((clock() - begin) / per_run * 1e6)
    return runs, per_run


def limit_threads(threads):
    """Must come before torch is imported."""
    cores = sorted(os.sched_getaffinity(0))
    if threads > len(cores):
        sys.exit(f"{threads} threads asked for, {len(cores)} cores available")
    os.sched_setaffinity(0, cores[:threads])
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)


def run(name, options):
    limit_threads(options.threads)
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    mode, step = WORKLOADS[name](options)
    runs, per_run = measure(step, options.seconds)
    result = step()
    assert torch.isfinite(result).all(), f"{name} diverged"
    line = {
        "library": f"torch {torch.__version__}",
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


def main():
    options = arguments()
    if len(options.workloads) == 1:
        return run(options.workloads[0], options)
    flags = [f"--threads={options.threads}", f"--seconds={options.seconds}"]
    flags.append(f"--optimizer={options.optimizer}")
    for name in options.workloads or WORKLOADS:
        subprocess.run([sys.executable, __file__, name, *flags], check=True)


if __name__ == "__main__":
    main()
