//! A stack of one megabyte is enough, also in a debug build, for a model of about 100 MB and photographs as samples: none
//! of them is ever on it.
use plywood::prelude::*;

network! {
    struct Photographs: [3, 224, 224] -> [10] { Flatten, fc1: Linear(160), Relu, fc2: Linear(10) }
}

fn lifetime() -> plywood::Result<()> {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("photographs.safetensors");
    Photographs::init(1).save(&path)?;
    let model = Photographs::load(&path)?;
    const { assert!(4 * Photographs::PARAMETERS > 96_000_000) };
    assert!(model.parameters().fc1.weight[159][150_527] != 0.0);

    let mut xs = zeroed::<[[[f32; 224]; 224]; 3]>(3);
    Sample::flat_mut(&mut xs).iter_mut().enumerate().for_each(|(i, x)| *x = (i % 255) as f32 / 255.0 - 0.5);
    let data = Dataset::new(xs, vec![1, 2, 3])?;

    let mut trainer = Trainer::new(model, CrossEntropy, Sgd::new(1e-3)).batch(2).quiet().on(Device::Cpu)?;
    let first = trainer.step(&data.samples()[..2], &data.targets()[..2])?;
    let epoch = trainer.epoch(&data)?;
    assert!(first.is_finite() && epoch.loss.is_finite() && epoch.updates == 2);
    trainer.evaluate(&data, Accuracy)?;
    let (left, right) = data.split(0.7, 1);
    assert_eq!((left.len(), right.len()), (2, 1));
    let mut model = trainer.finish()?;

    assert!(model.predict(left.samples()).as_flattened().iter().all(|y| y.is_finite()));
    model.parameters_mut().fc2.bias[3] = 100.0;
    let predictor = Predictor::new(model, Device::Cpu, 2)?;
    let mut ys = zeroed::<[f32; 10]>(3);
    predictor.predict_into(data.samples(), &mut ys)?;
    assert!(ys.iter().all(|y| y[3] > 50.0));
    Ok(())
}

fn with_stack(bytes: usize) {
    let thread = std::thread::Builder::new().stack_size(bytes).spawn(lifetime).expect("a thread");
    thread.join().expect("it does not panic").unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_megabyte_of_stack_is_enough() {
    with_stack(1 << 20);
}

/// A photograph is 600 kB: one alone would fit into a megabyte.
#[test]
fn no_photograph_is_ever_on_the_stack() {
    with_stack(1 << 18);
}
