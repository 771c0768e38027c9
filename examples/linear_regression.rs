//! Recovers f(x) = 3 x₁ + x₂ - 2 x₃ from samples of it, with mean squared error and SGD.
use plywood::prelude::*;

network! {
    /// One weight per input.
    pub struct Line: [3] -> [1] {
        line: Linear(1),
    }
}

fn main() -> plywood::Result<()> {
    let xs: Vec<[f32; 3]> =
        (0..200).map(|i| [0, 1, 2].map(|k| ((i * 37 + k * 101) % 97) as f32 / 48.0 - 1.0)).collect();
    let ys: Vec<[f32; 1]> = xs.iter().map(|[a, b, c]| [3.0 * a + b - 2.0 * c]).collect();
    let data = Dataset::new(xs, ys)?;

    let mut trainer =
        Trainer::new(Line::init(1), Mse::mean(), Sgd::new(0.1)).batch(20).quiet().on(Device::best())?;
    for epoch in 1..=60 {
        let report = trainer.epoch(&data)?;
        if epoch % 20 == 0 {
            println!("epoch {epoch}: {report}");
        }
    }
    let line = trainer.finish()?;
    let parameters = line.parameters();
    println!("weights {:.3?}, bias {:.3}", parameters.line.weight[0], parameters.line.bias[0]);
    Ok(())
}
