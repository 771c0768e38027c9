"""Times kernels by rows, forward and backward, in PyTorch on the CPU.

    pip install -r requirements.txt
    python torch_kernels.py [KERNEL ...] [--threads 1] [--seconds 2]

The same names and sizes as in kernels.rs, called without autograd: what is timed is the kernels. Float32, random.
"""

import os

import harness

ROWS, COLUMNS = 2048, 768
COUNT, M, K, N = 96, 128, 64, 128
VOCABULARY, WIDTH, WORDS = 50_000, 64, 4096


def softmax(log):
    def prepare(torch):
        x, dy = torch.randn(ROWS, COLUMNS), torch.randn(ROWS, COLUMNS)
        forward = torch.ops.aten._log_softmax if log else torch.ops.aten._softmax
        backward = (
            torch.ops.aten._log_softmax_backward_data if log else torch.ops.aten._softmax_backward_data
        )
        return lambda: backward(dy, forward(x, -1, False), -1, torch.float32)

    return prepare


def layer_norm(torch):
    x, dy = torch.randn(ROWS, COLUMNS), torch.randn(ROWS, COLUMNS)
    weight, bias = torch.randn(COLUMNS), torch.randn(COLUMNS)

    def step():
        _, mean, rstd = torch.ops.aten.native_layer_norm(x, [COLUMNS], weight, bias, 1e-5)
        # The bias's gradient is a sum of its own here.
        return torch.ops.aten.native_layer_norm_backward(
            dy, x, [COLUMNS], mean, rstd, weight, bias, [True, True, False]
        )[0]

    return step


def rms_norm(torch):
    x, dy = torch.randn(ROWS, COLUMNS, requires_grad=True), torch.randn(ROWS, COLUMNS)
    weight = torch.randn(COLUMNS, requires_grad=True)

    def step():
        y = torch.nn.functional.rms_norm(x, [COLUMNS], weight, 1e-5)
        return torch.autograd.grad(y, [x, weight], dy)[0]

    return step


def batch_matmul(torch):
    a, b = torch.randn(COUNT, M, K), torch.randn(COUNT, N, K)

    def step():
        y = a @ b.mT
        return y @ b, y.mT @ a

    return step


def gather(torch):
    table, indices = torch.randn(VOCABULARY, WIDTH), torch.randint(0, VOCABULARY, (WORDS,))
    return lambda: torch.ops.aten.embedding(table, indices)


def scatter(torch):
    dy, indices = torch.randn(WORDS, WIDTH), torch.randint(0, VOCABULARY, (WORDS,))
    return lambda: torch.ops.aten.embedding_dense_backward(dy, indices, VOCABULARY, -1, False)


KERNELS = {
    "softmax": softmax(False),
    "log-softmax": softmax(True),
    "layer-norm": layer_norm,
    "rms-norm": rms_norm,
    "batch-matmul": batch_matmul,
    "gather": gather,
    "scatter": scatter,
}


def run(name, options):
    harness.pin(options.threads)
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(options.threads)
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    step = KERNELS[name](torch)
    harness.report(f"torch {torch.__version__}", name, "eager", step, options)


if __name__ == "__main__":
    harness.main(__file__, KERNELS, run)
