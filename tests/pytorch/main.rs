//! Ops, losses, optimizers and whole models against what PyTorch computed.
mod graph_models;
mod initializers;
mod layers;
mod losses;
mod mixed_models;
mod models;
mod ops;
mod optimizers;
mod positions;
mod whole;

fn ok(result: Result<(), String>) {
    result.unwrap_or_else(|error| panic!("{error}"));
}
