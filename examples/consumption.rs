//! The table of cars from its file to the error on new ones: the program of the README, to the letter.
use plywood::prelude::*;

network! {
    /// Miles per gallon, from six numbers of a car and where it was made.
    struct Consumption: [9] -> [1] {
        fc1: Linear(64),
        Silu,
        fc2: Linear(32),
        Silu,
        out: Linear(1, bias_init: constant(20)),
    }
}

fn main() -> plywood::Result<()> {
    let [train, validation, test] = Csv::open("mpg.csv")?.table()?.split_into([0.6, 0.2, 0.2], 7)?;
    let encoding = Encoder::new()
        .inputs(["cylinders", "displacement", "horsepower", "weight", "acceleration", "model_year", "origin"])
        .one_hot("origin")
        .missing("horsepower", Missing::Median)
        .targets("mpg")
        .fit(&train)?;
    let mut train: Dataset<[f32; 9], [f32; 1]> = encoding.dataset(&train)?;
    let (mut validation, mut test) = (encoding.dataset(&validation)?, encoding.dataset(&test)?);
    let scaler = StandardScaler::fit(train.samples())?;
    for part in [&mut train, &mut validation, &mut test] {
        scaler.apply(part.samples_mut());
    }

    let mut trainer = Trainer::new(Consumption::init(7), Huber::mean(), AdamW::new(3e-3))
        .decay_weights_only()
        .group("out", |optimizer| optimizer.learning_rate = 1e-3)
        .on(Device::best())?;
    let history = trainer
        .fit(&train)
        .epochs(500)
        .validate(&validation, Mae::mean())
        .early_stopping(30)
        .checkpoint("training.safetensors")
        .resume()
        .run()?;
    println!("{history}");
    history.save_csv("history.csv")?;
    let (error, r2) = trainer.evaluate(&test, (Mae::mean(), R2))?;
    println!("off by {error:.2} miles per gallon on new cars, R² {r2:.3}");

    encoding.save("encoding.csv")?;
    scaler.save("scaler.safetensors")?;
    trainer.finish()?.save("consumption.safetensors")?;
    println!("a small Japanese car of 1975: {:.1} miles per gallon", predict()?);
    Ok(())
}

/// What another program does with these files.
fn predict() -> plywood::Result<f32> {
    let encoding = Encoding::load("encoding.csv")?;
    let scaler = StandardScaler::load("scaler.safetensors")?;
    let model = Consumption::load("consumption.safetensors")?;
    let mut car: [[f32; 9]; 1] = [encoding.sample([
        ("cylinders", "4"),
        ("displacement", "97"),
        ("horsepower", "75"),
        ("weight", "2171"),
        ("acceleration", "16"),
        ("model_year", "75"),
        ("origin", "japan"),
    ])?];
    scaler.apply(&mut car);
    Ok(model.predict(&car)[0][0])
}
