//! Names, views, first values, predictions, the table.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Small, allocations, bits, samples};
use crate::book::optim::Sgd;
use crate::loss::CrossEntropy;
use crate::metric::Metric;
use crate::{Dataset, Device, Error, Predictor, Sample, Trainer, zeroed};

#[test]
fn parameters_have_names_shapes_and_views() {
    let mut model = Small::init(7);
    let names: Vec<_> = model.named_parameters().map(|p| (p.name, p.shape.to_vec())).collect();
    let expected = [
        ("fc1.weight", vec![8, 4]),
        ("fc1.bias", vec![8]),
        ("blocks.0.fc.weight", vec![8, 8]),
        ("blocks.0.fc.bias", vec![8]),
        ("blocks.1.fc.weight", vec![8, 8]),
        ("blocks.1.fc.bias", vec![8]),
        ("blocks.2.fc.weight", vec![8, 8]),
        ("blocks.2.fc.bias", vec![8]),
        ("fc2.weight", vec![3, 8]),
        ("fc2.bias", vec![3]),
    ];
    assert_eq!(names, expected.map(|(name, shape)| (name.to_owned(), shape)));
    assert_eq!(model.named_parameters().map(|p| p.values.len()).sum::<usize>(), Small::PARAMETERS);

    let views = model.parameters_mut();
    let (a, b) = (views.fc1.weight, views.fc2.bias);
    (a[3][2], b[1]) = (1.5, 2.5);
    views.blocks.into_iter().nth(1).unwrap().fc.weight[7][6] = 3.5;
    let value = |name: &str, i: usize| model.named_parameters().find(|p| p.name == name).unwrap().values[i];
    assert_eq!(value("fc1.weight", 3 * 4 + 2), 1.5);
    assert_eq!(value("fc2.bias", 1), 2.5);
    assert_eq!(value("blocks.1.fc.weight", 7 * 8 + 6), 3.5);
    assert_eq!(model.parameters().blocks[1].fc.weight[7][6], 3.5);

    for parameter in model.named_parameters_mut() {
        parameter.values.fill(parameter.shape.len() as f32);
    }
    assert_eq!(model.parameters().fc1.weight, &[[2.0; 4]; 8]);
    assert_eq!(model.parameters().blocks[2].fc.bias, &[1.0; 8]);
}

#[test]
fn first_values_follow_from_the_seed_alone() {
    let model = Small::init(7);
    assert_eq!(bits(&model), bits(&Small::init(7)));
    assert_ne!(bits(&model), bits(&Small::init(8)));
    let p = model.parameters();
    let all = |values: &[f32], bound: f32| {
        assert!(values.iter().all(|x| (-bound..bound).contains(x)), "{values:?}");
        assert!(values.iter().any(|x| x.abs() > 0.7 * bound));
        assert!(values.iter().any(|x| *x < 0.0) && values.iter().any(|x| *x > 0.0));
    };
    all(p.fc1.weight.as_flattened(), 0.5);
    all(p.fc1.bias, 0.5);
    all(p.blocks[1].fc.weight.as_flattened(), 0.125f32.sqrt());
    assert_ne!(p.blocks[0].fc.weight, p.blocks[1].fc.weight, "a stream for each");
    // Of one seed forever: a checkpoint need not be kept where the seed is.
    assert_eq!(p.fc1.weight[0][0].to_bits(), FIRST.to_bits(), "{}", p.fc1.weight[0][0]);
}
const FIRST: f32 = 0.45459712;

#[test]
fn predictions_are_those_of_the_formula() {
    let model = Small::init(3);
    let (xs, _) = samples(600);
    let ys = model.predict(&xs);
    let p = model.parameters();
    for (x, y) in xs.iter().zip(&ys).step_by(37) {
        let dot = |w: &[f32], x: &[f64]| w.iter().zip(x).map(|(w, x)| *w as f64 * x).sum::<f64>();
        let x = x.map(f64::from);
        let mut h: [f64; 8] =
            std::array::from_fn(|o| (dot(&p.fc1.weight[o], &x) + p.fc1.bias[o] as f64).max(0.0));
        for b in &p.blocks {
            h = std::array::from_fn(|o| (dot(&b.fc.weight[o], &h) + b.fc.bias[o] as f64).tanh());
        }
        for (o, y) in y.iter().enumerate() {
            let expected = dot(&p.fc2.weight[o], &h) + p.fc2.bias[o] as f64;
            assert!((*y as f64 - expected).abs() < 1e-6, "{y} {expected}");
        }
    }
    assert!(model.predict(&[]).is_empty());
}

#[test]
fn more_threads_than_a_system_can_start_are_refused() {
    for n in [1025, 100_000, usize::MAX] {
        let expected = format!("`threads` is {n}\nhelp: it can be 1 or more, up to 1024");
        let predictor = Predictor::new(Small::init(3), Device::Cpu, 1).unwrap();
        assert_eq!(predictor.threads(n).unwrap_err().to_string(), expected);
        let trainer = Trainer::new(Small::init(3), CrossEntropy, Sgd::new(0.1)).threads(n);
        assert_eq!(trainer.on(Device::Cpu).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_predictor_takes_any_number_and_allocates_nothing() {
    let model = Small::init(3);
    let (xs, _) = samples(100);
    let all = model.predict(&xs);
    let predictor = Predictor::new(model, Device::best(), 16).unwrap().threads(2).unwrap();
    let in_pieces = predictor.predict(&xs).unwrap();
    for (a, b) in all.as_flattened().iter().zip(in_pieces.as_flattened()) {
        assert!((a - b).abs() < 1e-6);
    }
    let mut ys = zeroed::<[f32; 3]>(100);
    let calls = allocations(|| predictor.predict_into(&xs, &mut ys).unwrap());
    assert_eq!(calls, 0);
    assert_eq!(*ys, in_pieces);

    let one_thread = Predictor::new(Small::init(3), Device::Cpu, 16).unwrap().threads(1).unwrap();
    assert_eq!(one_thread.predict(&xs).unwrap(), in_pieces);

    let error = predictor.predict_into(&xs, &mut ys[..99]).unwrap_err();
    assert!(matches!(error, Error::Length { expected: 100, found: 99, .. }), "{error}");
    assert!(matches!(
        Predictor::new(Small::init(3), Device::Cpu, 0),
        Err(Error::Setting { name: "capacity", .. })
    ));
    for capacity in [usize::MAX, usize::MAX / 1024] {
        let error = Predictor::new(Small::init(3), Device::Cpu, capacity).unwrap_err();
        assert!(matches!(error, Error::Memory { .. }), "{error}");
    }
    assert_eq!(bits(&predictor.finish()), bits(&Small::init(3)));
}

/// How many of the outputs a predictor gives again, one by one.
struct Again<'a>(&'a Predictor<Small>);
impl Metric<[f32; 3], [f32; 4]> for Again<'_> {
    type Total = usize;
    type Value = usize;
    fn add(&self, total: &mut usize, ys: &[[f32; 3]], xs: &[[f32; 4]]) -> crate::Result<()> {
        for (y, x) in ys.iter().zip(xs) {
            let again = self.0.predict(&[*x])?[0];
            // a single row is summed in another order
            *total += usize::from(again.iter().zip(y).all(|(a, b)| (a - b).abs() < 1e-6));
        }
        Ok(())
    }
    fn result(&self, total: usize) -> usize {
        total
    }
}

/// A metric may predict, on the only lane too, which is handed back before the metric sees the outputs.
#[test]
fn a_metric_may_predict_with_the_predictor_that_it_measures() {
    let (done, ends) = mpsc::channel();
    // on a thread of its own, so that one that waits for itself fails and does not hang
    thread::spawn(move || {
        let predictor = Predictor::new(Small::init(3), Device::Cpu, 16).unwrap().threads(1).unwrap();
        let (xs, _) = samples(40);
        let data = Dataset::new(xs.clone(), xs).unwrap();
        done.send(predictor.evaluate(&data, Again(&predictor)).unwrap()).unwrap();
    });
    assert_eq!(ends.recv_timeout(Duration::from_secs(60)), Ok(40));
}

/// Weights are packed where products have several rows to read them for, once for all lanes.
#[test]
fn a_predictor_says_what_it_takes() {
    let predictor = |capacity| Predictor::new(Small::init(3), Device::Cpu, capacity).unwrap();
    assert_eq!(predictor(1).bytes(), Small::predict_bytes(1));
    // layers from 4 or 8 to 8 or 3, whose columns are filled up to eight, and a cache line to begin on the next one
    let packed = 4 * (4 * 8 + 4 * 8 * 8 + 16);
    assert_eq!(predictor(16).bytes(), Small::predict_bytes(16) + packed);
    for refused in [predictor(1).lanes(0), predictor(1).lanes(1025)] {
        let text = refused.unwrap_err().to_string();
        assert!(
            text.starts_with("`lanes` is ") && text.ends_with("help: it can be 1 or more, up to 1024"),
            "{text}"
        );
    }
    let shared = predictor(16).threads(1).unwrap().lanes(3).unwrap();
    assert_eq!(shared.bytes(), 3 * Small::predict_bytes(16) + packed);
    let (xs, _) = samples(16);
    assert_eq!(*shared.predict(&xs).unwrap(), *Small::init(3).predict(&xs));
}

#[test]
fn a_model_prints_as_a_table() {
    let text = Small::init(0).to_string();
    println!("{text}");
    let expected = "\
Small: [4] -> [3]
name    layer           output  parameters  FLOPs
-------------------------------------------------
fc1     Linear(4 -> 8)  [8]             40     72
1       Relu            [8]                     8
2       Dropout(0.25)   [8]                      
blocks  repeat 3        [8]                      
  fc    Linear(8 -> 8)  [8]            216    408
  1     Tanh            [8]                    24
fc2     Linear(8 -> 3)  [3]             27     51
-------------------------------------------------
total                                  283    563";
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&text), trimmed(expected));
    assert_eq!(format!("{:?}", Small::init(0)), "Small { 283 parameters }");
    assert_eq!(crate::network::display::thousands(27_562), "27,562");
    assert_eq!(crate::network::display::thousands(1_000), "1,000");
    assert_eq!(crate::network::display::thousands(0), "0");
}

#[test]
fn sizes_are_constants() {
    const TRAIN: usize = Small::train_bytes(64);
    const { assert!(TRAIN > 64 * 4 * 8) };
    // per sample fc1, dropout, three times fc, fc2 with d_blocks, d_fc2 with d_fc, and two for what goes round; the
    // rest lets slots begin at cache lines
    assert_eq!(TRAIN, (64 * (8 + 8 + 24 + 8 + 8 + 8 + 8) + 11 * 15) * 4);
    assert_eq!(Small::predict_bytes(1), (3 * 8 + 3 * 15) * 4);
    assert_eq!((Small::PARAMETERS, Small::FLOPS), (283, 563));
}

#[test]
fn samples_are_seen_flat_and_never_pass_through_the_stack() {
    // 64 MB: eight times the stack of a test.
    type Large = [[[f32; 4096]; 4096]; 1];
    let mut large = zeroed::<Large>(1);
    large[0][0][4095][4095] = 3.0;
    assert_eq!(Large::flat(&large).last(), Some(&3.0));
    Large::flat_mut(&mut large)[1] = 2.0;
    assert_eq!(large[0][0][0][1], 2.0);
    assert_eq!((Large::LEN, Large::SHAPE), (4096 * 4096, [1, 4096, 4096].as_slice()));
    assert_eq!((<f32 as Sample>::LEN, <f32 as Sample>::SHAPE), (1, [].as_slice()));
    assert!(zeroed::<[f32; 3]>(0).is_empty());
    let data = Dataset::new(zeroed::<Large>(2), [0u32, 1]).unwrap();
    let (a, b) = data.split(0.5, 1);
    assert_eq!((a.len(), b.len()), (1, 1));
}

#[test]
fn flat_numbers_are_whole_samples_or_an_error() {
    type Two = [[f32; 2]; 3];
    let mut numbers: Vec<f32> = (0..12).map(|i| i as f32).collect();
    assert_eq!(Two::from_flat(&numbers).unwrap()[1][2], [10.0, 11.0]);
    Two::from_flat_mut(&mut numbers).unwrap()[0][1][1] = -3.0;
    assert_eq!(numbers[3], -3.0);
    let at = numbers.as_ptr();
    let samples = Two::from_vec(numbers).unwrap();
    assert_eq!((samples.len(), samples[0][1], samples[1][0]), (2, [2.0, -3.0], [6.0, 7.0]));
    assert_eq!(samples.as_ptr().cast::<f32>(), at, "not copied");
    // a capacity that is no whole number of samples
    let mut numbers = Vec::with_capacity(17);
    numbers.extend([1.0; 6]);
    let mut samples = Two::from_vec(numbers).unwrap();
    samples.push([[2.0; 2]; 3]);
    assert_eq!(Two::flat(&samples)[5..7], [1.0, 2.0]);
    assert!(Two::from_vec(vec![]).unwrap().is_empty() && Two::from_flat(&[]).unwrap().is_empty());
    assert_eq!(f32::from_vec(vec![1.0, 2.0]).unwrap(), [1.0, 2.0]);

    let text = "expected a multiple of 6 numbers, as `[[f32; 2]; 3]` has, found 13\n\
                help: 12 numbers make 2 of them, 18 make 3";
    assert_eq!(Two::from_flat(&[1.0; 13]).unwrap_err().to_string(), text);
    assert_eq!(Two::from_flat_mut(&mut [1.0; 13]).unwrap_err().to_string(), text);
    assert_eq!(Two::from_vec(vec![1.0; 13]).unwrap_err().to_string(), text);
}

#[test]
fn samples_are_made_of_one_number() {
    assert_eq!(*crate::ones::<[f32; 3]>(2), [[1.0; 3]; 2]);
    assert_eq!(*crate::full::<f32>(3, 0.25), [0.25; 3]);
    assert!(crate::full::<[f32; 3]>(0, 1.0).is_empty());
    assert_eq!((<[f32; 3]>::DTYPE, <[f32; 3]>::DTYPE.to_string().as_str()), (crate::Dtype::F32, "float32"));
}
