"""Times small networks in JAX on the CPU.

    pip install -r requirements.txt
    python jax_bench.py [WORKLOAD ...] [--threads 1] [--seconds 2]

Without a workload it runs all of them. Each runs in a process of its own, so that its peak
memory is its own, and prints one JSON line. A run is as many consecutive steps as take about a
millisecond; median, min and max are over runs, in microseconds per step. Data are random,
float32.

A training step (forward, loss, backward, optimizer) is one jitted function to which parameters
and optimizer state are donated. XLA has no number of threads, so the process is pinned to as many
cores as it may use threads. Every step is waited for. Linux only (affinity and /proc).
"""

import os

import harness


class Random:
    """A stream of random arrays."""

    def __init__(self, seed):
        import jax

        self.key = jax.random.key(seed)

    def next(self):
        import jax

        self.key, key = jax.random.split(self.key)
        return key

    def normal(self, *shape):
        import jax

        return jax.random.normal(self.next(), shape)

    def labels(self, count, classes):
        import jax

        return jax.random.randint(self.next(), (count,), 0, classes)

    def layers(self, sizes):
        """Weights [in, out] and biases, uniform in +-1/sqrt(in)."""
        import jax

        def uniform(shape, bound):
            return jax.random.uniform(self.next(), shape, minval=-bound, maxval=bound)

        pairs = zip(sizes, sizes[1:])
        return [(uniform((i, o), i**-0.5), uniform((o,), i**-0.5)) for i, o in pairs]


def forward(activation, layers, x):
    for weight, bias in layers[:-1]:
        x = activation(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def loss_function(name):
    import jax
    import jax.numpy as jnp

    def cross_entropy(logits, labels):
        chosen = jnp.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
        return jnp.mean(jax.nn.logsumexp(logits, axis=1) - chosen)

    return {
        "mse_sum": lambda p, y: jnp.sum((p - y) ** 2),
        "mse_mean": lambda p, y: jnp.mean((p - y) ** 2),
        "cross_entropy": cross_entropy,
    }[name]


def sgd(lr):
    import jax

    def update(parameters, gradients, state):
        return jax.tree.map(lambda p, g: p - lr * g, parameters, gradients), state

    return lambda parameters: (), update


def adam(lr, b1=0.9, b2=0.999, eps=1e-8):
    import jax
    import jax.numpy as jnp

    def start(parameters):
        zeros = lambda: jax.tree.map(jnp.zeros_like, parameters)
        return zeros(), zeros(), jnp.zeros(())

    def update(parameters, gradients, state):
        m, v, t = state
        t += 1
        m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, gradients)
        v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, gradients)
        rate, root = lr / (1 - b1**t), jnp.sqrt(1 - b2**t)
        move = lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + eps)
        return jax.tree.map(move, parameters, m, v), (m, v, t)

    return start, update


def train(sizes, activation, batch, loss, optimizer, lr, batches):
    """A training step over `batches` fixed batches in turn."""

    def prepare(random):
        import jax
        import jax.numpy as jnp

        act = {"relu": jax.nn.relu, "tanh": jnp.tanh}[activation]
        criterion = loss_function(loss)
        start, update = optimizer(lr)
        parameters = random.layers(sizes)
        state = start(parameters)
        if loss == "cross_entropy":
            target = lambda: random.labels(batch, sizes[-1])
        else:
            target = lambda: random.normal(batch, sizes[-1])
        data = [(random.normal(batch, sizes[0]), target()) for _ in range(batches)]

        def whole_step(parameters, state, x, y):
            objective = lambda parameters: criterion(forward(act, parameters, x), y)
            value, gradients = jax.value_and_grad(objective)(parameters)
            return *update(parameters, gradients, state), value

        compiled = jax.jit(whole_step, donate_argnums=(0, 1))
        turn = 0

        def step():
            nonlocal parameters, state, turn
            x, y = data[turn % batches]
            turn += 1
            parameters, state, value = compiled(parameters, state, x, y)
            return value.block_until_ready()

        return step

    return prepare


def predict(sizes, activation, batch):
    def prepare(random):
        import jax
        import jax.numpy as jnp

        act = {"relu": jax.nn.relu, "tanh": jnp.tanh}[activation]
        compiled = jax.jit(lambda parameters, x: forward(act, parameters, x))
        parameters, x = random.layers(sizes), random.normal(batch, sizes[0])
        return lambda: compiled(parameters, x).block_until_ready()

    return prepare


W4 = [784, 512, 256, 10]
W10 = [6, 64, 8, 4]
WORKLOADS = {
    "W1": train([1000, 100, 10], "relu", 64, "mse_sum", sgd, 1e-4, 1),
    "W2": train([10000, 100, 10], "relu", 64, "mse_sum", sgd, 1e-4, 1),
    "W3": train([3, 1], "relu", 32, "mse_mean", sgd, 1e-2, 1),
    "W4": train(W4, "relu", 128, "cross_entropy", adam, 1e-3, 8),
    "W4-predict": predict(W4, "relu", 128),
    "W9-mlp": predict([784, 128, 10], "relu", 1),
    "W9-policy": predict([4, 64, 64, 2], "tanh", 1),
    "W10-b1": train(W10, "tanh", 1, "mse_mean", sgd, 1e-2, 8),
    "W10-b32": train(W10, "tanh", 32, "mse_mean", sgd, 1e-2, 8),
    "W10-b256": train(W10, "tanh", 256, "mse_mean", sgd, 1e-2, 8),
    "W10-predict": predict(W10, "tanh", 1),
}


def run(name, options):
    harness.pin(options.threads)
    if options.threads == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import numpy

    step = WORKLOADS[name](Random(0))
    harness.report(f"jax {jax.__version__}", name, "jit", step, options)
    assert numpy.isfinite(step()).all(), f"{name} diverged"


if __name__ == "__main__":
    harness.main(__file__, WORKLOADS, run)
