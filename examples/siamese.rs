//! Learns whether two handwritten digits are the same digit: one body looks at both, and what they differ in decides. Draws
//! some pairs of which it is right and some of which it is wrong.
use std::fs::File;
use std::path::PathBuf;

use plywood::prelude::*;

type Image = [[f32; 8]; 8];
type Pairs = Dataset<SiameseInput<Image, Image>, [f32; 1]>;

network! {
    /// The logit of two images showing one digit.
    struct Siamese: (left: [8, 8], right: [8, 8]) -> [1] {
        body: Body(32),
        out: Linear(1),

        fn forward(left, right) { out((body(left) - body(right)).abs()) }
    }
    block Body(width) { Flatten, fc1: Linear(128), Relu, Dropout(0.2), fc2: Linear(width) }
}

/// Each digit beside `count` others of its class and as many of other classes.
fn pairs(digits: &Dataset<Image, u32>, count: usize, seed: u64) -> plywood::Result<Pairs> {
    let (images, classes, n) = (digits.samples(), digits.targets(), digits.len());
    let starts = random::uniform::<f32>(2 * n * count, 0.0..1.0, seed);
    let (mut input, mut same) = (SiameseInput { left: vec![], right: vec![] }, vec![]);
    for (k, start) in starts.iter().enumerate() {
        let (left, alike) = (k % n, (k / n + k % n).is_multiple_of(2));
        // the first that is wanted, from anywhere on
        let start = (start * n as f32) as usize;
        let mut others = (start..start + n).map(|at| at % n);
        let wanted = |other: &usize| *other != left && (classes[*other] == classes[left]) == alike;
        let Some(right) = others.find(wanted) else { continue };
        input.left.push(images[left]);
        input.right.push(images[right]);
        same.push([alike as u8 as f32]);
    }
    Dataset::new(input, same)
}

/// Pairs in rows of eight: those in the upper half were told right, those in the lower half wrong.
fn draw(pairs: &Pairs, right: &[usize], wrong: &[usize], path: &PathBuf) -> Result<(), png::EncodingError> {
    const SCALE: usize = 4;
    let (cell, rows) = ([18 * SCALE, 10 * SCALE], 4);
    let half = (rows + 1) * cell[1];
    let (width, height) = (8 * cell[0], 2 * half);
    let mut pixels = vec![255; width * height];
    for (part, chosen) in [right, wrong].into_iter().enumerate() {
        for (at, &pair) in chosen.iter().take(8 * rows).enumerate() {
            let corner = [at % 8 * cell[0], part * half + at / 8 * cell[1]];
            for (side, image) in [pairs.samples().left[pair], pairs.samples().right[pair]].iter().enumerate()
            {
                for (y, x) in (0..8 * SCALE).flat_map(|y| (0..8 * SCALE).map(move |x| (y, x))) {
                    let grey = 255.0 * (1.0 - image[y / SCALE][x / SCALE] / 16.0);
                    pixels[(corner[1] + y) * width + corner[0] + side * 8 * SCALE + x] = grey as u8;
                }
            }
        }
    }
    let mut encoder = png::Encoder::new(File::create(path)?, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(&pixels)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits.csv.gz");
    let digits: Dataset<Image, u32> = Csv::open(file)?.no_header().inputs(0..64).targets(64).read()?;
    let (train, test) = digits.split(0.8, 7);
    let (train, test) = (pairs(&train, 5, 1)?, pairs(&test, 5, 2)?);

    let model = Siamese::init(7);
    println!("{model}");
    let mut trainer =
        Trainer::new(model, BceWithLogits::mean(), Adam::new(1e-3)).batch(64).seed(7).on(Device::best())?;
    for epoch in 1..=20 {
        println!("epoch {epoch}: {}", trainer.epoch(&train)?);
    }
    let accuracy = trainer.evaluate(&test, BinaryAccuracy)?;

    let logits = trainer.predict(test.samples())?;
    let told_right = |k: &usize| (logits[*k][0] > 0.0) == (test.targets()[*k] == [1.0]);
    let (right, wrong): (Vec<usize>, Vec<usize>) = (0..test.len()).partition(told_right);
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    let path = path.unwrap_or_else(|| std::env::temp_dir().join("siamese.png"));
    draw(&test, &right, &wrong, &path)?;
    println!("{} pairs told right, {} wrong; some of each in {}", right.len(), wrong.len(), path.display());
    println!("test accuracy: {accuracy:.4}");
    Ok(())
}
