"""Times updates of a million parameters by PyTorch's optimizers on the CPU, as benches/optimizers.rs does.

    pip install -r requirements.txt
    python torch_optimizers.py [NAME ...] [--threads 1] [--seconds 2] [--implementation fused]

Without a name it runs all of them, each in a process of its own, and prints a JSON line per
optimizer and weight decay. `fused` is for those that PyTorch has a fused kernel for; the others
run as `foreach`. Linux only.
"""

import os

import harness

PARAMETERS = 1_000_000
NAMES = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "RAdam"]
FUSED = {"SGD", "Adam", "AdamW", "Adagrad"}


def run(name, options):
    harness.pin(options.threads)
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(options.threads)
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    chosen = options.implementation
    if chosen == "fused" and name not in FUSED:
        chosen = "foreach"
    for decay in (0.0, 0.01):
        parameter = torch.rand(PARAMETERS).mul_(2).sub_(1).requires_grad_()
        parameter.grad = torch.rand(PARAMETERS).mul_(2).sub_(1)
        settings = {"lr": 1e-4, "weight_decay": decay, **({} if chosen == "default" else {chosen: True})}
        optimizer = getattr(torch.optim, name)([parameter], **settings)
        mode = f"{chosen}, weight decay {decay}"
        harness.report(f"torch {torch.__version__}", name, mode, optimizer.step, options)


if __name__ == "__main__":
    choices = ["fused", "foreach", "default"]
    harness.main(
        __file__,
        {name: name for name in NAMES},
        run,
        [("--implementation", {"choices": choices, "default": "fused"})],
    )
