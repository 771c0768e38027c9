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

import os

import harness


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


def run(name, options):
    harness.pin(options.threads)
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(options.threads)
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    mode, step = WORKLOADS[name](options)
    harness.report(f"torch {torch.__version__}", name, mode, step, options)
    assert torch.isfinite(step()).all(), f"{name} diverged"


if __name__ == "__main__":
    optimizer = ("--optimizer", {"choices": ["fused", "foreach", "default"], "default": "fused"})
    harness.main(__file__, WORKLOADS, run, [optimizer])
