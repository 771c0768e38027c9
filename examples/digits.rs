//! Learns to read 8×8 handwritten digits, on five different splits of 1,797 of them.
use plywood::prelude::*;

network! {
    /// Classifies 8×8 grey digits.
    pub struct Digits: [8, 8] -> [10] {
        Flatten,
        fc1: Linear(128),
        Relu,
        Dropout(0.2),
        fc2: Linear(64),
        Relu,
        fc3: Linear(10),
    }
}

fn main() -> plywood::Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits.csv.gz");
    let digits: Dataset<[[f32; 8]; 8], u32> =
        Csv::open(file)?.no_header().inputs(0..64).targets(64).read()?;
    println!("{}", Digits::init(1));

    let mut accuracies = vec![];
    for split in 1..=5 {
        let (train, test) = digits.split(0.8, split);
        let mut trainer = Trainer::new(Digits::init(split), CrossEntropy, Adam::new(1e-3))
            .batch(32)
            .seed(split)
            .on(Device::best())?;
        let epochs = trainer.epochs(&train, 40)?;
        let accuracy = trainer.evaluate(&test, Accuracy)?;
        println!("split {split}: loss {:.4}, accuracy {accuracy:.4}", epochs[39].loss);
        accuracies.push(accuracy);
    }
    println!("test accuracy: {:.4}", accuracies.iter().sum::<f64>() / 5.0);
    Ok(())
}
