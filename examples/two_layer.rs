//! A two-layer network, 64 samples of 1000 → 100 → 10, trained by a backward pass written by hand and by the generated
//! one, side by side.
use plywood::ops::{Cpu, Identity, Operand::*, map, matmul, matrix, rule, sum};
use plywood::prelude::*;

const SAMPLES: usize = 64;
const RATE: f32 = 1e-4;

network! {
    /// Linear, ReLU, Linear.
    pub struct TwoLayer: [1000] -> [10] {
        hidden: Linear(100),
        Relu,
        out: Linear(10),
    }
}

rule! {
    BiasRelu(x, b) = max(x + b, 0.0);
    Bias(x, b) = x + b;
    TwiceDifference(y, t) = 2.0 * (y - t);
    SquaredDifference(y, t) = (y - t) * (y - t);
    WherePositive(d, h) = select(gt(h, 0.0), d, 0.0);
    Step { rate: f64 } (w, g) = w - rate * g;
}

/// The parameters as plain vectors, and the notes' formulas.
struct ByHand {
    w1: Vec<f32>,
    b1: Vec<f32>,
    w2: Vec<f32>,
    b2: Vec<f32>,
}

impl ByHand {
    fn step(&mut self, cpu: &Cpu, x: &[f32], t: &[f32]) -> f32 {
        // forward: h = max(x w1ᵀ + b1, 0), y = h w2ᵀ + b2
        let mut h = vec![0.0; SAMPLES * 100];
        matmul(cpu, &mut h, matrix(x, 1000), matrix(&self.w1, 1000).t(), [Sums, Row(&self.b1)], &BiasRelu);
        let mut y = vec![0.0; SAMPLES * 10];
        matmul(cpu, &mut y, matrix(&h, 100), matrix(&self.w2, 100).t(), [Sums, Row(&self.b2)], &Bias);
        let mut squares = vec![0.0; SAMPLES * 10];
        map(cpu, &mut squares, 10, [Full(&y), Full(t)], &SquaredDifference);
        let mut loss = [0.0];
        sum(cpu, &mut loss, &squares, squares.len(), 1, 1.0);

        // backward: dy = 2 (y - t), dw2 = dyᵀ h, dh = dy w2 where h > 0, dw1 = dhᵀ x
        let mut dy = vec![0.0; SAMPLES * 10];
        map(cpu, &mut dy, 10, [Full(&y), Full(t)], &TwiceDifference);
        let mut dw2 = vec![0.0; 10 * 100];
        matmul(cpu, &mut dw2, matrix(&dy, 10).t(), matrix(&h, 100), [Sums], &Identity);
        let mut db2 = vec![0.0; 10];
        sum(cpu, &mut db2, &dy, SAMPLES, 10, 1.0);
        let mut dh = vec![0.0; SAMPLES * 100];
        matmul(cpu, &mut dh, matrix(&dy, 10), matrix(&self.w2, 100), [Sums, Full(&h)], &WherePositive);
        let mut dw1 = vec![0.0; 100 * 1000];
        matmul(cpu, &mut dw1, matrix(&dh, 100).t(), matrix(x, 1000), [Sums], &Identity);
        let mut db1 = vec![0.0; 100];
        sum(cpu, &mut db1, &dh, SAMPLES, 100, 1.0);

        for (w, g) in [(&mut self.w1, dw1), (&mut self.b1, db1), (&mut self.w2, dw2), (&mut self.b2, db2)] {
            let before = w.clone();
            map(cpu, w, g.len(), [Full(&before), Full(&g)], &Step { rate: RATE.into() });
        }
        loss[0]
    }
}

fn main() -> plywood::Result<()> {
    let x = random::normal::<[f32; 1000]>(SAMPLES, 1);
    let t = random::normal::<[f32; 10]>(SAMPLES, 101);

    let model = TwoLayer::init(201);
    let p = model.parameters();
    let mut by_hand = ByHand {
        w1: p.hidden.weight.as_flattened().to_vec(),
        b1: p.hidden.bias.to_vec(),
        w2: p.out.weight.as_flattened().to_vec(),
        b2: p.out.bias.to_vec(),
    };
    let mut trainer =
        Trainer::new(model, Mse::sum(), Sgd::new(RATE.into())).batch(SAMPLES).on(Device::best())?;

    let cpu = Cpu::new(1);
    println!("step  by hand      generated");
    for step in 1..=500 {
        let a = by_hand.step(&cpu, x.as_flattened(), t.as_flattened());
        let b = trainer.step(&x, &t)?;
        if step % 50 == 0 {
            println!("{step:4}  {a:<11.5e}  {b:<11.5e}");
        }
        assert!((a - b).abs() <= 1e-5 * a, "step {step}: the two differ, {a} and {b}");
    }
    Ok(())
}
