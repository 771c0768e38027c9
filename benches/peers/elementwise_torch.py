"""What PyTorch makes of the elementwise rows that it reads, as elementwise.rs prints them, from its standard input.

    target/release/elementwise | python elementwise_torch.py [--seconds 0.2]

One line of JSON per row, on one thread: the same errors over the same numbers, and numbers per second, eagerly. A
gradient is autograd's backward of a graph that is there already.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import harness

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "fixtures"))
SIZES = {"16Ki": 1 << 14, "1Mi": 1 << 20}


def functions():
    """PyTorch's function for every row."""
    import torch
    import torch.nn.functional as F
    from cases.elementwise import BINARY, POSITIVE, UNARY

    found = {name: function for name, function, *_ in BINARY + UNARY + POSITIVE[:-1]}
    return {**found, "hardsigmoid": F.hardsigmoid, "pow": torch.pow}


def sweep():
    """As in elementwise.rs."""
    import numpy
    import torch

    bits = numpy.arange(0, 2**32, 20_011, dtype=numpy.uint64).astype(numpy.uint32).view(numpy.float32)
    near = numpy.arange(-60_000, 60_000, dtype=numpy.float32) * numpy.float32(0.001)
    x = numpy.concatenate([bits, near])
    return torch.from_numpy(x[~numpy.isnan(x)])


def ulp(found, expected, absolute):
    """The largest error in units in the last place, errors of up to `absolute` not counted."""
    import numpy

    found, expected = found.numpy(), expected.numpy()
    with numpy.errstate(all="ignore"):
        rounded = expected.astype(numpy.float32)
        error = numpy.abs(found.astype(numpy.float64) - expected)
        size = numpy.maximum(numpy.abs(rounded), numpy.finfo(numpy.float32).tiny)
        error /= numpy.spacing(numpy.minimum(size, numpy.finfo(numpy.float32).max)).astype(numpy.float64)
        same = (numpy.isinf(rounded) & (found == rounded)) | (numpy.isnan(found) & numpy.isnan(rounded))
        small = numpy.abs(found - expected) <= absolute
    return float(numpy.where(same | small, 0.0, numpy.where(numpy.isnan(error), numpy.inf, error)).max())


def slope_error(function, x):
    """The largest error of the slope beside its size or 1, where it is a number."""
    import torch

    def slope(x):
        x = x.clone().requires_grad_()
        return torch.autograd.grad(function(x).sum(), x)[0].to(torch.float64)

    found, expected = slope(x), slope(x.to(torch.float64))
    error = (found - expected).abs() / expected.abs().clamp(min=1.0)
    return float(error[found.isfinite() & expected.isfinite()].max())


def rate(step, length, seconds):
    """Numbers per second: the median of runs of about a millisecond."""
    clock = time.perf_counter

    def run(count):
        begin = clock()
        for _ in range(count):
            step()
        return (clock() - begin) / count

    run(3)
    group = max(1, round(1e-3 / run(3)))
    times, start = [], clock()
    while len(times) < 5 or clock() - start < seconds:
        times.append(run(group))
    return length / statistics.median(times)


def measure(function, row, seconds):
    import torch

    one = len(row["domains"]) == 1
    found = {"library": f"torch {torch.__version__}", "row": row["row"]}
    draw = lambda length: [low + (high - low) * torch.rand(length) for low, high in row["domains"]]
    inputs = [sweep()] if one else draw(1 << 20)
    wide = [x.to(torch.float64) for x in inputs]
    if row["row"] == "prelu":
        # PyTorch's takes one slope for all
        function = lambda x, w, f=function: f(x, w[:1])
    with torch.no_grad():
        found["ulp"] = round(ulp(function(*inputs), function(*wide), row["absolute"]), 3)
    if one:
        found["slope"] = slope_error(function, inputs[0])
    for name, length in SIZES.items():
        inputs = draw(length)
        with torch.no_grad():
            found[f"forward_{name}"] = rate(lambda: function(*inputs), length, seconds)
        if one:
            x = inputs[0].requires_grad_()
            y, d = function(x), torch.rand(length)
            backward = lambda: torch.autograd.grad(y, x, d, retain_graph=True)
            found[f"gradient_{name}"] = rate(backward, length, seconds)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.2, help="per measurement")
    options = parser.parse_args()
    harness.pin(1)
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    known = functions()
    for line in sys.stdin:
        row = json.loads(line)
        print(json.dumps(measure(known[row["row"]], row, options.seconds)), flush=True)


if __name__ == "__main__":
    main()
